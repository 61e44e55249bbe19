use std::collections::BTreeMap;

use super::*;
use crate::domain::testing::{at, day, invented_facts, real, starter, with_list};

/// Rows as `entry>target class`.
fn rows(catalogue: &Catalogue, edition: &str, held: bool) -> Vec<String> {
    let (list, edition) = (&catalogue.lists[0], catalogue.edition(edition).unwrap());
    let target = |row: &Projected<'_>| row.target.map_or("-", |at| catalogue.code(at).fact.code.as_str()).to_owned();
    project(catalogue, list, day("2026-01-01"), edition, held)
        .iter()
        .map(|row| format!("{}>{} {:?}", row.entry.code, target(row), row.class))
        .collect()
}

fn catalogue(editions: &[&str], links: &[&str], codes: &str) -> Catalogue {
    Catalogue::build(1, with_list(invented_facts(editions, links), "E1", codes)).unwrap()
}

#[test]
fn each_row_has_its_class() {
    let links = "10>10 11>20 11>21 12>22 13>22 14>23 14>24 15>24 16>30!";
    let catalogue = catalogue(&["10 11 12 13 14 15 16 17", "10 20 21 22 23 24 30"], &[links], "10 11 12 14 16 17");
    assert_eq!(
        rows(&catalogue, "E2", false),
        [
            "10>10 Exact",
            "11>20 PartOnly",
            "11>21 PartOnly",
            "12>22 Widened",
            "14>23 PartOnly",
            "14>24 Widened",
            "16>- Unknown",
            "17>- Unknown",
        ]
    );
}

#[test]
fn a_merge_of_entries_of_the_list_is_not_widened() {
    let catalogue = catalogue(&["10 11 12", "20 21"], &["10>20 11>20 12>21"], "10 11");
    assert_eq!(rows(&catalogue, "E2", false), ["10>20 Exact", "11>20 Exact"]);
}

#[test]
fn an_entry_of_a_part_stays_one_and_does_not_make_others_whole() {
    let catalogue = catalogue(&["10 11 12", "20 21"], &["10>20 11>20 12>21"], "10 11~ 12~");
    assert_eq!(rows(&catalogue, "E2", false), ["10>20 Widened", "11>20 Widened", "12>21 PartOnly"]);
}

#[test]
fn a_link_that_is_held_back_is_told_apart() {
    let catalogue = catalogue(&["10 11", "10 30"], &["10>10 10>30! 11>30!"], "10");
    assert_eq!(rows(&catalogue, "E2", false), ["10>10 Exact"]);
    assert_eq!(rows(&catalogue, "E2", true), ["10>10 PartOnly", "10>30 Widened"]);
    let edition = catalogue.edition("E2").unwrap();
    let held = project(&catalogue, &catalogue.lists[0], day("2026-01-01"), edition, true);
    assert_eq!(held.iter().map(|row| row.held_back).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_code_into_which_others_came_by_links_that_are_held_back_is_not_on_the_list_wholly() {
    let links = "10>10 11>10! 11>11";
    let one = catalogue(&["10 11", "10 11"], &[links], "10");
    assert_eq!(rows(&one, "E2", false), ["10>10 Widened"]);
    let edition = one.edition("E2").unwrap();
    let projected = project(&one, &one.lists[0], day("2026-01-01"), edition, false);
    assert!(!projected[0].whole && projected[0].findings.iter().any(|it| it.code == "links_held_back"));
    let both = catalogue(&["10 11", "10 11"], &[links], "10 11");
    assert_eq!(rows(&both, "E2", false), ["10>10 Exact", "11>11 Exact"]);
}

#[test]
fn a_list_that_narrows_its_entries_holds_no_code_wholly() {
    let catalogue = starter();
    let apec = catalogue.list("apec-54").unwrap();
    let edition = catalogue.edition("HS2022").unwrap();
    let rows = project(&catalogue, apec, day("2026-01-01"), edition, false);
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row.class != ProjectionClass::Exact && !row.whole));
}

#[test]
fn the_apec_list_in_hs_2022_turns_no_chips_green() {
    let Some(catalogue) = real::real() else { return };
    let apec = catalogue.list("apec-54").unwrap();
    let edition = catalogue.edition("HS2022").unwrap();
    let rows = project(catalogue, apec, day("2026-01-01"), edition, false);
    let codes: Vec<&str> =
        rows.iter().filter_map(|row| row.target).map(|at| catalogue.code(at).fact.code.as_str()).collect();
    for explosive in ["8542", "8549", "8524", "85415", "852990"] {
        assert!(codes.iter().all(|code| !code.starts_with(explosive)), "{explosive}");
    }
    assert!(codes.contains(&"854143"), "solar modules are on it");
    let entries: BTreeSet<&str> = rows.iter().map(|row| row.entry.code.as_str()).collect();
    assert_eq!(entries.len(), 54, "no entry is passed over");
    // On request they are shown, each as held back and never as exact.
    let all = project(catalogue, apec, day("2026-01-01"), edition, true);
    let chips = |row: &&Projected<'_>| row.target.is_some_and(|at| catalogue.code(at).fact.code.starts_with("8542"));
    assert!(all.iter().filter(chips).count() > 0);
    assert!(all.iter().filter(chips).all(|row| row.held_back && row.class == ProjectionClass::Widened));
}

#[test]
fn the_classes_of_the_oecd_list_in_later_editions_are_those_of_a_naive_reading_of_the_tables() {
    let Some(catalogue) = real::real() else { return };
    let list = catalogue.list("oecd-cleg").unwrap();
    let on_list: BTreeSet<&str> = list.entries.iter().map(|entry| entry.code.as_str()).collect();
    for edition in ["HS2012", "HS2017", "HS2022"] {
        let index = catalogue.edition(edition).unwrap();
        let links: Vec<_> = real::facts()
            .unwrap()
            .links
            .into_iter()
            .filter(|link| link.earlier_edition == "HS2007" && link.later_edition == edition && !link.held_back)
            .collect();
        let (mut later, mut earlier) =
            (BTreeMap::<&str, BTreeSet<&str>>::new(), BTreeMap::<&str, BTreeSet<&str>>::new());
        for link in &links {
            later.entry(&link.earlier_code).or_default().insert(&link.later_code);
            earlier.entry(&link.later_code).or_default().insert(&link.earlier_code);
        }
        for row in project(catalogue, list, day("2026-01-01"), index, false) {
            let Some(target) = row.target else {
                assert!(!later.contains_key(row.entry.code.as_str()));
                continue;
            };
            let code = catalogue.code(target).fact.code.as_str();
            let marked = links.iter().any(|link| link.ex && link.earlier_code == row.entry.code);
            let naive = if !earlier[code].is_subset(&on_list) {
                ProjectionClass::Widened
            } else if later[row.entry.code.as_str()].len() > 1 || marked {
                ProjectionClass::PartOnly
            } else {
                ProjectionClass::Exact
            };
            assert_eq!(row.class, naive, "{} in {edition}: {code}", row.entry.code);
        }
    }
}

#[test]
fn a_heading_of_the_list_is_taken_apart_into_its_codes() {
    let catalogue = catalogue(&["10 1001 1002", "10 1001 1003"], &["1001>1001 1002>1003"], "10");
    assert_eq!(rows(&catalogue, "E2", false), ["10>1001 PartOnly", "10>1003 PartOnly"]);
    let edition = catalogue.edition("E2").unwrap();
    let covered = cover(&catalogue, &catalogue.lists[0], day("2026-01-01"), edition, false);
    assert!(covered.codes[&at(&catalogue, "E2", "1001")].whole && covered.codes[&at(&catalogue, "E2", "1003")].whole);
}
