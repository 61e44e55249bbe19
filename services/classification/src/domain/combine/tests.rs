use proptest::prelude::*;

use super::*;
use crate::domain::testing::{day, invented_facts, with_named_list};

fn combined(catalogue: &Catalogue, operation: ListOperation, edition: &str) -> Vec<String> {
    let on = day("2026-01-01");
    let lists: Vec<OnDay<'_>> = catalogue.lists.iter().map(|list| (list, on)).collect();
    let edition = catalogue.edition(edition).unwrap();
    let mark = |row: &Combined| if row.ex { "~" } else { "" };
    combine(catalogue, operation, &lists, edition)
        .rows
        .iter()
        .map(|row| format!("{}{}", catalogue.code(row.code).fact.code, mark(row)))
        .collect()
}

fn catalogue(one: &str, other: &str) -> Catalogue {
    let facts = invented_facts(&["10 11 12 13", "20 21 22"], &["10>20 11>21 12>21 13>22"]);
    let facts = with_named_list(facts, "a", "E1", one);
    Catalogue::build(1, with_named_list(facts, "b", "E1", other)).unwrap()
}

#[test]
fn lists_are_put_together_in_their_own_edition() {
    let catalogue = catalogue("10 11 12~", "11 12 13");
    assert_eq!(combined(&catalogue, ListOperation::Union, "E1"), ["10", "11", "12", "13"]);
    assert_eq!(combined(&catalogue, ListOperation::Intersection, "E1"), ["11", "12~"]);
    assert_eq!(combined(&catalogue, ListOperation::Difference, "E1"), ["10"]);
}

#[test]
fn what_a_merge_makes_uncertain_is_a_part() {
    let catalogue = catalogue("10 11", "12 13");
    assert_eq!(combined(&catalogue, ListOperation::Union, "E2"), ["20", "21~", "22"]);
    assert_eq!(combined(&catalogue, ListOperation::Intersection, "E2"), ["21~"]);
    assert_eq!(combined(&catalogue, ListOperation::Difference, "E2"), ["20", "21~"]);
}

#[test]
fn a_list_without_one_that_holds_all_of_it_is_empty_in_every_edition() {
    let catalogue = catalogue("10 11", "10 11");
    assert!(combined(&catalogue, ListOperation::Difference, "E1").is_empty());
    assert!(combined(&catalogue, ListOperation::Difference, "E2").is_empty(), "21 holds 12 too, which is on neither");
    let catalogue = self::catalogue("11~", "10 11 13");
    assert!(combined(&catalogue, ListOperation::Difference, "E2").is_empty());
}

#[test]
fn what_is_left_of_a_list_is_left_in_part_where_an_edition_merged_it_with_what_was_taken_away() {
    let catalogue = catalogue("11 12", "11");
    assert_eq!(combined(&catalogue, ListOperation::Difference, "E1"), ["12"]);
    assert_eq!(combined(&catalogue, ListOperation::Difference, "E2"), ["21~"]);
}

#[test]
fn the_real_list_of_apec_without_the_list_that_it_is_a_part_of_is_empty() {
    let Some(catalogue) = crate::domain::testing::real::real() else { return };
    let lists = ["apec-54", "oecd-cleg"].map(|id| (catalogue.list(id).unwrap(), day("2026-01-01")));
    for edition in ["HS2007", "HS2012", "HS2017", "HS2022"] {
        let edition = catalogue.edition(edition).unwrap();
        let left = combine(catalogue, ListOperation::Difference, &lists, edition);
        assert!(left.rows.is_empty() && left.unknown.iter().all(|(list, _)| *list == 1), "{:?}", left.rows);
    }
}

#[test]
fn a_row_says_why_it_is_in() {
    let catalogue = catalogue("10 11", "12 13");
    let on = day("2026-01-01");
    let lists: Vec<OnDay<'_>> = catalogue.lists.iter().map(|list| (list, on)).collect();
    let found = combine(&catalogue, ListOperation::Union, &lists, catalogue.edition("E2").unwrap());
    let merged = &found.rows[1];
    assert_eq!(merged.lists, [0, 1]);
    assert!(merged.findings.iter().all(|finding| finding.code == "widened"));
    assert_eq!(merged.findings[1].parameters[1], ("entries", "E1:12".to_owned()));
}

#[test]
fn an_entry_without_a_code_in_the_edition_is_told_apart() {
    let facts = invented_facts(&["10 11", "10"], &["10>10"]);
    let facts = with_named_list(facts, "a", "E1", "10 11");
    let catalogue = Catalogue::build(1, with_named_list(facts, "b", "E1", "10")).unwrap();
    let on = day("2026-01-01");
    let lists: Vec<OnDay<'_>> = catalogue.lists.iter().map(|list| (list, on)).collect();
    let found = combine(&catalogue, ListOperation::Union, &lists, catalogue.edition("E2").unwrap());
    assert_eq!(
        found.unknown.iter().map(|(list, row)| (*list, row.entry.code.as_str())).collect::<Vec<_>>(),
        [(0, "11")]
    );
}

proptest! {
    #[test]
    fn in_one_edition_it_is_the_algebra_of_sets(
        one in proptest::collection::btree_set(10u32..30, 1..15),
        other in proptest::collection::btree_set(10u32..30, 1..15),
    ) {
        let words = |set: &BTreeSet<u32>| set.iter().map(u32::to_string).collect::<Vec<_>>();
        let all: BTreeSet<u32> = (10..30).collect();
        let facts = invented_facts(&[&words(&all).join(" ")], &[]);
        let facts = with_named_list(facts, "a", "E1", &words(&one).join(" "));
        let catalogue = Catalogue::build(1, with_named_list(facts, "b", "E1", &words(&other).join(" "))).unwrap();
        let expected = |set: BTreeSet<u32>| words(&set);
        prop_assert_eq!(combined(&catalogue, ListOperation::Union, "E1"), expected(&one | &other));
        prop_assert_eq!(combined(&catalogue, ListOperation::Intersection, "E1"), expected(&one & &other));
        prop_assert_eq!(combined(&catalogue, ListOperation::Difference, "E1"), expected(&one - &other));
    }
}
