use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::*;
use crate::domain::{Catalogue, Level, history};

const EARLIER: &str = "HS2017";
const LATER: &str = "HS2022";

/// The reference data, or none when they are not here; then the test says so, unless they are required.
fn reference(file: &str) -> Option<PathBuf> {
    let required =
        std::env::var("GREENLANE_TEST_REQUIRE").is_ok_and(|list| list.split([',', ' ']).any(|w| w == "data"));
    match std::env::var_os("GREENLANE_TEST_DATA") {
        Some(root) => Some(PathBuf::from(root).join("data").join(file)),
        None if required => panic!("GREENLANE_TEST_REQUIRE names data, and GREENLANE_TEST_DATA is not set"),
        None => {
            // The test's own output, for people.
            #[expect(clippy::print_stderr, reason = "says that the test was skipped")]
            {
                eprintln!("skipped: GREENLANE_TEST_DATA is not set");
            }
            None
        }
    }
}

fn table(file: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let path = reference(file)?;
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(reader.deserialize().collect::<Result<_, _>>().unwrap())
}

/// Rows of the published table of 2022 to 2017, as (2017, 2022).
fn published() -> Option<BTreeSet<(String, String)>> {
    let rows = table("hs_correlation_unsd.csv")?;
    let between = rows.into_iter().filter(|row| row["from_edition"] == LATER && row["to_edition"] == EARLIER);
    Some(between.map(|row| (row["to_code"].clone(), row["from_code"].clone())).collect())
}

#[test]
fn the_files_fit_together() {
    let catalogue = Catalogue::build(1, facts().unwrap()).unwrap();
    assert_eq!(catalogue.edition_ids().collect::<Vec<_>>(), [EARLIER, LATER]);
    for edition in catalogue.editions.iter() {
        assert!((150..=300).contains(&edition.codes.len()), "{} codes", edition.codes.len());
        for code in &edition.codes {
            assert_eq!(code.parent.is_none(), code.level == Level::Chapter, "{}", code.fact.code);
            assert_eq!(code.children.is_empty(), code.level == Level::Subheading, "{}", code.fact.code);
        }
    }
}

#[test]
fn every_chinese_word_is_one_that_texts_are_cut_into_and_means_words_of_its_own() {
    let facts = facts().unwrap();
    let mut seen = BTreeSet::new();
    for group in facts.synonyms.iter().flat_map(|fact| &fact.groups) {
        let [word] = group.asked.as_slice() else { panic!("{group:?}") };
        let cut = crate::domain::words(word);
        assert!(cut.iter().any(|part| part.shown == *word), "{word} is cut into {cut:?}");
        assert!(seen.insert(word) && (1..=3).contains(&group.meant.len()), "{group:?}");
    }
}

#[test]
fn every_code_is_described_in_english_and_chinese() {
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for code in facts().unwrap().codes {
        let [(en, english), (zh, chinese)] = code.descriptions.as_slice() else { panic!("{}", code.code) };
        assert_eq!((en.as_str(), zh.as_str()), ("en", "zh"));
        assert!(english.is_ascii() && english.len() > 3, "{}: {english}", code.code);
        assert!(chinese.chars().any(han), "{}: {chinese}", code.code);
    }
}

#[test]
fn codes_that_are_described_alike_in_one_edition_are_parent_and_only_child_or_say_other() {
    let catalogue = Catalogue::build(1, facts().unwrap()).unwrap();
    for edition in catalogue.editions.iter() {
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for code in &edition.codes {
            let words = code.fact.descriptions[0].1.as_str();
            if let Some(before) = seen.insert(words, &code.fact.code) {
                let alone = code.fact.code.starts_with(before) || words.starts_with("Other");
                assert!(alone, "{before} and {} are both described as {words}", code.fact.code);
            }
        }
    }
}

#[test]
fn every_shipped_code_is_one_of_the_published_nomenclature() {
    let Some(rows) = table("hs_nomenclature_all_editions.csv") else { return };
    let published: BTreeSet<_> = rows.iter().map(|row| (row["edition"].as_str(), row["code"].as_str())).collect();
    for code in facts().unwrap().codes {
        let (edition, code) = (code.edition.as_str(), code.code.as_str());
        assert!(published.contains(&(edition, code)), "{edition} has no {code}");
    }
}

#[test]
fn the_shipped_correlation_is_the_published_one_row_by_row() {
    let Some(published) = published() else { return };
    let facts = facts().unwrap();
    let shipped: BTreeSet<_> =
        facts.links.iter().map(|link| (link.earlier_code.clone(), link.later_code.clone())).collect();
    assert_eq!(shipped.len(), facts.links.len());
    let codes = |edition: &str, whole: bool| -> BTreeSet<&str> {
        let of = facts.codes.iter().filter(|code| code.edition == edition && !(whole && code.links_partial));
        of.map(|code| code.code.as_str()).collect()
    };
    let (whole_earlier, whole_later) = (codes(EARLIER, true), codes(LATER, true));
    let (earlier, later) = (codes(EARLIER, false), codes(LATER, false));
    let expected: BTreeSet<_> = published
        .into_iter()
        .filter(|(a, b)| {
            let touched = whole_earlier.contains(a.as_str()) || whole_later.contains(b.as_str());
            touched || (earlier.contains(a.as_str()) && later.contains(b.as_str()))
        })
        .collect();
    let missing: Vec<_> = expected.difference(&shipped).collect();
    let invented: Vec<_> = shipped.difference(&expected).collect();
    assert!(missing.is_empty() && invented.is_empty(), "missing {missing:?}, invented {invented:?}");
}

#[test]
fn only_the_explosive_codes_are_held_back() {
    let Some(published) = published() else { return };
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, later) in &published {
        *sources.entry(later).or_default() += 1;
    }
    let held: BTreeSet<String> =
        facts().unwrap().links.into_iter().filter(|l| l.held_back).map(|l| l.later_code).collect();
    for code in &held {
        assert!(sources[code.as_str()] > 50, "{code} has {} sources", sources[code.as_str()]);
    }
    for link in facts().unwrap().links.iter().filter(|link| !link.held_back) {
        assert!(sources[link.later_code.as_str()] <= 50, "{} is not held back", link.later_code);
    }
}

#[test]
fn no_code_is_called_new_that_the_published_nomenclature_had_before() {
    let Some(rows) = table("hs_nomenclature_all_editions.csv") else { return };
    let before: BTreeSet<_> =
        rows.iter().filter(|row| row["edition"] == EARLIER).map(|row| row["code"].as_str()).collect();
    let catalogue = Catalogue::build(1, facts().unwrap()).unwrap();
    let edition = catalogue.edition(LATER).unwrap();
    for code in &catalogue.editions[edition].codes {
        let at = catalogue.find(edition, &code.fact.code).unwrap();
        let created = history(&catalogue, at).iter().any(|step| step.event == crate::domain::Event::Created);
        assert!(!created || !before.contains(code.fact.code.as_str()), "{} is not new", code.fact.code);
    }
}

#[test]
fn every_green_list_entry_is_the_same_single_code_in_the_edition_of_the_list() {
    let Some(listed) = table("green_cleg_hs2007.csv") else { return };
    let Some(rows) = table("hs_correlation_unsd.csv") else { return };
    let steps: Vec<_> = rows
        .iter()
        .filter(|row| row["from_edition"] == EARLIER && row["to_edition"] == "HS2007")
        .map(|row| (row["from_code"].as_str(), row["to_code"].as_str()))
        .collect();
    for entry in facts().unwrap().entries {
        let code = entry.code.as_str();
        let row =
            listed.iter().find(|row| row["hs2007"] == code).unwrap_or_else(|| panic!("{code} is not on the list"));
        assert!(entry.list == "oecd-cleg" || row["apec"] == "1", "{code} is not on the APEC list");
        assert_eq!(entry.category, row["medium"]);
        let touching: Vec<_> = steps.iter().filter(|(from, to)| *from == code || *to == code).collect();
        assert_eq!(touching, [&(code, code)], "{code} changed between the editions");
    }
}
