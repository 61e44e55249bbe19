//! Catalogues for tests.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::facts::TableFact;
use super::*;
use crate::starter;

pub(crate) mod real;

/// The shipped one.
pub(crate) fn starter() -> Catalogue {
    Catalogue::build(1, starter::facts().unwrap()).unwrap()
}

pub(crate) fn at(catalogue: &Catalogue, edition: &str, code: &str) -> Position {
    let edition = catalogue.edition(edition).unwrap();
    catalogue.find(edition, code).unwrap_or_else(|| panic!("no {code}"))
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An invented catalogue of editions E1, E2, … with these codes and these links between neighbours
/// (`from>to`, `!` behind it when held back, `~` when *ex*).
pub(crate) fn invented(editions: &[&str], links: &[&str]) -> Catalogue {
    Catalogue::build(1, invented_facts(editions, links)).unwrap()
}

pub(crate) fn invented_facts(editions: &[&str], links: &[&str]) -> Facts {
    let mut facts = Facts { systems: vec![system()], ..Facts::default() };
    for (index, codes) in editions.iter().enumerate() {
        let id = format!("E{}", index + 1);
        facts.editions.push(edition(&id, i32::try_from(index).unwrap()));
        facts.codes.extend(codes.split_whitespace().map(|code| self::code(&id, code, code)));
    }
    for (index, links) in links.iter().enumerate() {
        for link in links.split_whitespace() {
            let (earlier, rest) = link.split_once('>').unwrap();
            facts.links.push(LinkFact {
                earlier_edition: format!("E{}", index + 1),
                earlier_code: earlier.to_owned(),
                later_edition: format!("E{}", index + 2),
                later_code: rest.trim_end_matches(['!', '~']).to_owned(),
                ex: rest.contains('~'),
                held_back: rest.contains('!'),
                words: None,
            });
        }
    }
    facts
}

/// A national edition with these lines below an edition of an invented catalogue.
pub(crate) fn with_national(mut facts: Facts, id: &str, extends: &str, partial: bool, codes: &str) -> Facts {
    let (number, system_id) = (i32::try_from(facts.editions.len()).unwrap(), id.to_lowercase());
    facts.systems.push(CodeSystemFact { id: system_id.clone(), extends: "hs".to_owned(), ..system() });
    let national = EditionFact { system: system_id, extends: extends.to_owned(), partial, ..edition(id, number) };
    facts.editions.push(national);
    facts.codes.extend(codes.split_whitespace().map(|code| self::code(id, code, code)));
    facts
}

/// The same where the tables between neighbours are known to be whole.
pub(crate) fn with_whole_tables(mut facts: Facts) -> Facts {
    let pairs: BTreeSet<(String, String)> =
        facts.links.iter().map(|link| (link.earlier_edition.clone(), link.later_edition.clone())).collect();
    facts.tables.extend(pairs.into_iter().map(|(earlier, later)| TableFact {
        earlier,
        later,
        conversion: false,
        unsure: Vec::new(),
        source: SourceFact::default(),
    }));
    facts
}

pub(crate) fn code(edition: &str, code: &str, words: &str) -> CodeFact {
    CodeFact {
        edition: edition.to_owned(),
        code: code.to_owned(),
        descriptions: vec![("en".to_owned(), words.to_owned())],
        ..CodeFact::default()
    }
}

pub(crate) fn system() -> CodeSystemFact {
    CodeSystemFact {
        id: "hs".to_owned(),
        titles: Vec::new(),
        publisher: String::new(),
        economy: String::new(),
        extends: String::new(),
        code_lengths: vec![2, 4, 6],
        has_suffix: false,
    }
}

pub(crate) fn edition(id: &str, index: i32) -> EditionFact {
    let from = |index: i32| NaiveDate::from_ymd_opt(2000 + 5 * index, 1, 1).unwrap();
    EditionFact {
        id: id.to_owned(),
        system: "hs".to_owned(),
        titles: Vec::new(),
        effective_from: from(index),
        effective_to: from(index + 1).pred_opt(),
        predecessor: String::new(),
        extends: String::new(),
        partial: false,
        source: SourceFact::default(),
    }
}

/// A list in an edition of an invented catalogue with these codes (`~` behind one that is there in part).
pub(crate) fn with_list(facts: Facts, edition: &str, codes: &str) -> Facts {
    with_named_list(facts, "list", edition, codes)
}

/// The same by another name.
pub(crate) fn with_named_list(mut facts: Facts, id: &str, edition: &str, codes: &str) -> Facts {
    facts.lists.push(list(id, edition));
    facts.entries.extend(
        codes
            .split_whitespace()
            .map(|code| EntryFact { ex: code.ends_with('~'), ..entry(id, edition, code.trim_end_matches('~')) }),
    );
    facts
}

pub(crate) fn list(id: &str, edition: &str) -> ListFact {
    ListFact {
        id: id.to_owned(),
        titles: Vec::new(),
        owner: String::new(),
        economy: String::new(),
        descriptions: Vec::new(),
        edition: edition.to_owned(),
        version: 1,
        effective_from: Some(day("2001-01-01")),
        effective_to: None,
        partial: false,
        narrowed: false,
        source: SourceFact::default(),
    }
}

pub(crate) fn entry(list: &str, edition: &str, code: &str) -> EntryFact {
    let [list, id, edition, code] = [list, code, edition, code].map(str::to_owned);
    EntryFact { list, id, edition, code, ..EntryFact::default() }
}
