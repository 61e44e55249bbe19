//! What a file makes of the catalogue.
//!
//! A nomenclature is the whole of its edition: codes that it does not have are gone, words in languages that it does
//! not have stay. A table is the whole of the links between its two editions, a green list the whole of its entries, an
//! A to Z index the whole of its edition's terms in its language, synonyms and vague or ambiguous terms
//! the whole of their language's.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Imported;
use crate::domain::facts::{CodeFact, EditionFact, Facts, ListFact, SourceFact, VagueFact};
use crate::domain::harmonized;

/// Puts what was imported in the place of what was there.
pub(crate) fn apply(facts: &mut Facts, imported: Imported, source: &SourceFact) {
    for system in imported.systems {
        if !facts.systems.iter().any(|known| known.id == system.id) {
            facts.systems.push(system);
        }
    }
    for mut edition in imported.editions {
        let known = facts.editions.iter().position(|known| known.id == edition.id);
        if !facts.systems.iter().any(|system| system.id == edition.system) {
            facts.systems.extend(harmonized::system(&edition.system));
        }
        match known {
            Some(at) => {
                if edition.titles.is_empty() {
                    edition.titles = std::mem::take(&mut facts.editions[at].titles);
                }
                // One that was announced before its last day was known does not take that away.
                edition.effective_to = edition.effective_to.or(facts.editions[at].effective_to);
                facts.editions[at] = edition;
            }
            None => facts.editions.push(edition),
        }
    }
    harmonized::tie(&mut facts.editions);
    codes(facts, imported.codes);
    let pairs: HashSet<(String, String)> =
        imported.tables.iter().map(|table| (table.earlier.clone(), table.later.clone())).collect();
    let replaced = |earlier: &str, later: &str| pairs.contains(&(earlier.to_owned(), later.to_owned()));
    facts.tables.retain(|table| !replaced(&table.earlier, &table.later));
    facts.tables.extend(imported.tables);
    if !pairs.is_empty() {
        facts.links.retain(|link| !replaced(&link.earlier_edition, &link.later_edition));
        facts.links.extend(imported.links);
    }
    let lists: BTreeSet<String> = imported.entries.iter().map(|entry| entry.list.clone()).collect();
    facts.entries.retain(|entry| !lists.contains(&entry.list));
    for id in &lists {
        let editions: BTreeSet<&str> =
            imported.entries.iter().filter(|entry| entry.list == *id).map(|entry| entry.edition.as_str()).collect();
        let edition =
            if editions.len() == 1 { editions.iter().map(|it| (*it).to_owned()).collect() } else { String::new() };
        match facts.lists.iter_mut().find(|list| list.id == *id) {
            Some(list) => (list.edition, list.partial) = (edition, false),
            None => facts.lists.push(new_list(id, edition, source)),
        }
    }
    facts.entries.extend(imported.entries);
    if let Some(first) = imported.terms.first() {
        // A file of terms is of one edition and one language.
        let (edition, language) = (first.edition.clone(), first.language.clone());
        facts.terms.retain(|term| (&term.edition, &term.language) != (&edition, &language));
        facts.terms.extend(imported.terms);
    }
    if let Some(synonyms) = imported.synonyms {
        facts.synonyms.retain(|known| known.language != synonyms.language);
        facts.synonyms.push(synonyms);
    }
    if let Some(vague) = imported.vague {
        facts.vague.retain(|known| known.id() != vague.id());
        facts.vague.push(vague);
    }
}

/// What [`apply`] puts something in the place of: each a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// What is said of them, and their codes.
    pub(crate) editions: Vec<EditionFact>,
    /// Their links: the earlier edition and the later one.
    pub(crate) tables: Vec<(String, String)>,
    /// Their entries.
    pub(crate) lists: BTreeSet<String>,
    /// The terms of an edition in a language.
    pub(crate) terms: Option<(String, String)>,
    /// The synonyms of a language.
    pub(crate) synonyms: Option<String>,
    /// The vague or ambiguous terms of a language, by their identifier.
    pub(crate) vague: Option<String>,
}

impl Replaced {
    pub(crate) fn by(imported: &Imported) -> Self {
        Self {
            editions: imported.editions.clone(),
            tables: imported.tables.iter().map(|table| (table.earlier.clone(), table.later.clone())).collect(),
            lists: imported.entries.iter().map(|entry| entry.list.clone()).collect(),
            terms: imported.terms.first().map(|term| (term.edition.clone(), term.language.clone())),
            synonyms: imported.synonyms.as_ref().map(|synonyms| synonyms.language.clone()),
            vague: imported.vague.as_ref().map(VagueFact::id),
        }
    }
}

/// A list that is known by its entries only.
fn new_list(id: &str, edition: String, source: &SourceFact) -> ListFact {
    ListFact {
        id: id.to_owned(),
        titles: vec![("en".to_owned(), id.to_owned())],
        owner: String::new(),
        economy: String::new(),
        descriptions: Vec::new(),
        edition,
        version: 0,
        effective_from: None,
        effective_to: None,
        partial: false,
        narrowed: false,
        source: source.clone(),
    }
}

fn codes(facts: &mut Facts, codes: Vec<CodeFact>) {
    let editions: HashSet<String> = codes.iter().map(|code| code.edition.clone()).collect();
    if editions.is_empty() {
        return;
    }
    let (gone, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut facts.codes).into_iter().partition(|code| editions.contains(&code.edition));
    facts.codes = kept;
    let mut before: HashMap<(String, String), CodeFact> =
        gone.into_iter().map(|code| ((code.edition.clone(), code.code.clone()), code)).collect();
    for mut code in codes {
        if let Some(before) = before.remove(&(code.edition.clone(), code.code.clone())) {
            for (language, text) in before.descriptions {
                if !code.descriptions.iter().any(|(known, _)| *known == language) {
                    code.descriptions.push((language, text));
                }
            }
            code.descriptions.sort();
            if code.notes.is_empty() {
                code.notes = before.notes;
            }
            code.links_partial = before.links_partial;
        }
        facts.codes.push(code);
    }
}
