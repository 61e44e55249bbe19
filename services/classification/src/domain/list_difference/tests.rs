use super::*;
use crate::domain::testing::{day, invented_facts, real, with_named_list};

fn catalogue(first: (&str, &str), second: (&str, &str)) -> Catalogue {
    let facts = invented_facts(&["10 11 12 13 14", "20 21 22 30 12"], &["10>20 10>21 11>22 13>22 12>12 14>30"]);
    let facts = with_named_list(facts, "first", first.0, first.1);
    Catalogue::build(1, with_named_list(facts, "second", second.0, second.1)).unwrap()
}

fn compared(catalogue: &Catalogue, edition: &str) -> (Vec<String>, u32) {
    let on = day("2026-01-01");
    let list = |id: &str| (catalogue.list(id).unwrap(), on);
    let edition = catalogue.edition(edition).unwrap();
    let (found, common) = difference(catalogue, list("first"), list("second"), edition, false);
    let code = |found: &Difference<'_>| found.code.map_or("-", |at| catalogue.code(at).fact.code.as_str()).to_owned();
    (found.iter().map(|found| format!("{} {:?}", code(found), found.kind)).collect(), common)
}

#[test]
fn a_list_written_anew_in_a_later_edition_changes_in_writing_only() {
    let catalogue = catalogue(("E1", "10 12 14"), ("E2", "20 21 12 30"));
    let expected = ["12 EditionOnly", "20 EditionOnly", "21 EditionOnly", "30 EditionOnly"].map(str::to_owned).to_vec();
    assert_eq!(compared(&catalogue, "E2"), (expected, 0));
}

#[test]
fn what_was_dropped_and_what_came_are_real_changes() {
    let catalogue = catalogue(("E1", "10 12"), ("E2", "20 12 30"));
    let expected = ["12 EditionOnly", "20 EditionOnly", "21 Removed", "30 Added"].map(str::to_owned).to_vec();
    assert_eq!(compared(&catalogue, "E2"), (expected, 0));
}

#[test]
fn a_merge_that_takes_in_other_goods_is_a_real_change_unless_the_entry_says_part() {
    let whole = catalogue(("E1", "11"), ("E2", "22"));
    assert_eq!(compared(&whole, "E2").0, ["22 ExChanged"]);
    let part = catalogue(("E1", "11"), ("E2", "22~"));
    assert_eq!(compared(&part, "E2").0, ["22 EditionOnly"]);
}

#[test]
fn within_one_edition_the_same_entries_are_common() {
    let catalogue = catalogue(("E1", "10 11~ 12 13"), ("E1", "10 11 12"));
    let expected = ["11 ExChanged", "13 Removed"].map(str::to_owned).to_vec();
    assert_eq!(compared(&catalogue, "E1"), (expected, 2));
}

#[test]
fn other_words_for_the_part_are_a_change() {
    let mut facts = invented_facts(&["10 11"], &[]);
    for (id, words) in [("first", "of glass"), ("second", "of steel")] {
        facts = with_named_list(facts, id, "E1", "10~ 11~");
        for entry in facts.entries.iter_mut().filter(|entry| entry.list == id && entry.code == "10") {
            entry.ex_descriptions = vec![(String::new(), vec![("en".to_owned(), words.to_owned())])];
        }
    }
    let catalogue = Catalogue::build(1, facts).unwrap();
    assert_eq!(compared(&catalogue, "E1"), (vec!["10 ExChanged".to_owned()], 1));
}

#[test]
fn an_entry_without_a_code_in_the_edition_is_told_and_not_guessed() {
    let mut facts = invented_facts(&["10 11", "10"], &["10>10"]);
    facts = with_named_list(facts, "first", "E1", "10 11");
    let catalogue = Catalogue::build(1, with_named_list(facts, "second", "E1", "10")).unwrap();
    assert_eq!(compared(&catalogue, "E2"), (vec!["- Unknown".to_owned()], 1));
}

#[test]
fn apec_is_wholly_within_the_oecd_list() {
    let Some(catalogue) = real::real() else { return };
    let on = day("2026-01-01");
    let list = |id: &str| (catalogue.list(id).unwrap(), on);
    for edition in ["HS2007", "HS2012", "HS2022"] {
        let edition = catalogue.edition(edition).unwrap();
        let (found, _) = difference(catalogue, list("apec-54"), list("oecd-cleg"), edition, false);
        assert!(found.iter().all(|found| found.kind != DifferenceKind::Removed));
        assert!(found.iter().any(|found| found.kind == DifferenceKind::Added));
    }
}
