use proptest::prelude::*;

use super::*;
use crate::domain::testing::{at, invented, invented_facts, starter, with_national, with_whole_tables};

fn likeness(catalogue: &Catalogue, first: (&str, &str), second: (&str, &str)) -> (Likeness, Vec<&'static str>) {
    let comparison = compare(catalogue, at(catalogue, first.0, first.1), at(catalogue, second.0, second.1));
    (comparison.likeness, comparison.findings.iter().map(|finding| finding.code).collect())
}

#[test]
fn a_module_of_2022_lies_inside_the_solar_code_of_2017() {
    let catalogue = starter();
    let found = likeness(&catalogue, ("HS2022", "854143"), ("HS2017", "854140"));
    assert_eq!(found, (Likeness::SecondContainsFirst, vec!["correlation"]));
    let turned = likeness(&catalogue, ("HS2017", "854140"), ("HS2022", "854143"));
    assert_eq!(turned.0, Likeness::FirstContainsSecond);
}

#[test]
fn unchanged_codes_are_the_same_goods() {
    let catalogue = starter();
    assert_eq!(likeness(&catalogue, ("HS2017", "850231"), ("HS2022", "850231")).0, Likeness::Same);
    assert_eq!(likeness(&catalogue, ("HS2017", "853950"), ("HS2022", "853952")).0, Likeness::Same);
    assert_eq!(likeness(&catalogue, ("HS2022", "850231"), ("HS2022", "850231")), (Likeness::Same, vec!["same_code"]));
}

#[test]
fn a_module_is_not_a_battery() {
    let catalogue = starter();
    for second in [("HS2022", "850760"), ("HS2017", "850760")] {
        let found = likeness(&catalogue, ("HS2022", "854143"), second);
        assert_eq!(found, (Likeness::Different, vec!["no_common_goods"]));
    }
}

#[test]
fn a_code_lies_under_its_heading_and_not_under_another() {
    let catalogue = starter();
    let under = likeness(&catalogue, ("HS2022", "854143"), ("HS2022", "8541"));
    assert_eq!(under, (Likeness::SecondContainsFirst, vec!["one_above_the_other"]));
    assert_eq!(likeness(&catalogue, ("HS2022", "854143"), ("HS2022", "8507")).0, Likeness::Different);
}

#[test]
fn the_same_digits_with_another_scope_say_so() {
    let catalogue = starter();
    let (likeness, findings) = likeness(&catalogue, ("HS2017", "850131"), ("HS2022", "850131"));
    assert_ne!(likeness, Likeness::Same);
    assert_eq!(findings, ["correlation", "same_digits_changed_scope"]);
}

#[test]
fn a_link_that_is_held_back_decides_nothing() {
    let catalogue = starter();
    let found = likeness(&catalogue, ("HS2017", "854140"), ("HS2022", "854921"));
    assert_eq!(found, (Likeness::Undetermined, vec!["held_back_link_only"]));
}

#[test]
fn that_links_are_held_back_is_told_where_they_lead_beyond_the_two_codes() {
    let links = "01>01 02>02! 02>01! 03>03";
    let catalogue = invented(&["01 02 03", "01 02 03"], &[links]);
    let found = likeness(&catalogue, ("E1", "01"), ("E2", "01"));
    assert_eq!(found, (Likeness::Same, vec!["correlation", "links_held_back"]));
    assert_eq!(likeness(&catalogue, ("E1", "03"), ("E2", "03")), (Likeness::Same, vec!["correlation"]));
    // What only they join is told as that.
    assert_eq!(likeness(&catalogue, ("E1", "02"), ("E2", "02")).1, ["held_back_link_only"]);
}

#[test]
fn of_a_group_that_is_known_in_part_no_more_is_said_than_is_known() {
    let catalogue = starter();
    let (likeness, findings) = likeness(&catalogue, ("HS2017", "8703"), ("HS2022", "8703"));
    assert_eq!(likeness, Likeness::MayOverlap);
    assert!(findings.contains(&"links_incomplete"));
}

#[test]
fn a_national_line_lies_in_the_code_that_it_begins_with_whatever_other_lines_are_known() {
    let links = "854140>854141 854140>854143 010121>010121";
    let facts = invented_facts(&["854140 010121", "854141 854143 010121"], &[links]);
    let facts = with_national(with_whole_tables(facts), "XW", "E2", false, "85414300");
    let facts = with_national(facts, "XP", "E2", true, "0101210010123 8541430010");
    let catalogue = Catalogue::build(1, facts).unwrap();
    let found = |first, second| likeness(&catalogue, first, second);
    // Of an edition that is whole the one line is the code; in that of 2017 the code held others.
    assert_eq!(found(("E2", "854143"), ("XW", "85414300")).0, Likeness::Same);
    assert_eq!(found(("E1", "854140"), ("XW", "85414300")).0, Likeness::FirstContainsSecond);
    assert_eq!(found(("XW", "85414300"), ("E1", "854140")).0, Likeness::SecondContainsFirst);
    // Of one known in part it is not known whether the code holds others.
    let within = (Likeness::SecondContainsFirst, vec!["correlation", "links_incomplete"]);
    assert_eq!(found(("XP", "0101210010123"), ("E2", "010121")), within);
    let comparison = compare(&catalogue, at(&catalogue, "XP", "0101210010123"), at(&catalogue, "E2", "010121"));
    assert!(!comparison.findings[0].message.contains("others"), "{}", comparison.findings[0].message);
    assert_eq!(found(("E1", "010121"), ("XP", "0101210010123")).0, Likeness::FirstContainsSecond);
    // Lines that are not known hide nothing of one that is.
    for second in [("E2", "854141"), ("E2", "010121"), ("E1", "010121")] {
        assert_eq!(found(("XP", "8541430010"), second).0, Likeness::Different, "{second:?}");
    }
}

#[test]
fn that_a_group_of_few_known_lines_does_not_hold_all_of_the_same_heading_is_not_said() {
    let facts = with_national(invented_facts(&["8541 854141 854143"], &[]), "XP", "E1", true, "8541 8541430010");
    let catalogue = Catalogue::build(1, facts).unwrap();
    let unknown = (Likeness::MayOverlap, vec!["correlation", "links_incomplete"]);
    assert_eq!(likeness(&catalogue, ("E1", "8541"), ("XP", "8541")), unknown);
    assert_eq!(likeness(&catalogue, ("XP", "8541"), ("E1", "8541")), unknown);
    // A line that is known does not.
    let line = compare(&catalogue, at(&catalogue, "E1", "8541"), at(&catalogue, "XP", "8541430010"));
    assert_eq!(line.likeness, Likeness::FirstContainsSecond);
    assert!(line.findings[0].message.contains("with others"), "{}", line.findings[0].message);
}

#[test]
fn of_a_special_provision_that_begins_with_no_code_it_is_not_known_which_goods_it_holds() {
    let facts = invented_facts(&["010121 99 9999 999999"], &[]);
    let facts = with_national(facts, "XW", "E1", false, "01012100 98020040 9903 99030101 99999900");
    let catalogue = Catalogue::build(1, facts).unwrap();
    let unknown = (Likeness::Undetermined, vec!["links_incomplete"]);
    for special in ["98020040", "9903", "99030101"] {
        assert_eq!(likeness(&catalogue, ("XW", special), ("E1", "010121")), unknown, "{special}");
        assert_eq!(likeness(&catalogue, ("E1", "010121"), ("XW", special)), unknown, "{special}");
    }
    assert_eq!(likeness(&catalogue, ("XW", "99999900"), ("E1", "010121")).0, Likeness::Different);
    assert_eq!(likeness(&catalogue, ("XW", "01012100"), ("E1", "010121")).0, Likeness::Same);
}

#[test]
fn a_line_below_a_code_that_is_filled_up_with_zeros_is_a_part_of_it() {
    let facts = invented_facts(&["0101210000 8541430000"], &[]);
    let facts = with_national(facts, "XW", "E1", false, "0101210000 8541430010 8541430020");
    let catalogue = Catalogue::build(1, facts).unwrap();
    let found = |second| likeness(&catalogue, ("XW", "8541430010"), ("E1", second)).0;
    assert_eq!(found("8541430000"), Likeness::SecondContainsFirst);
    assert_eq!(found("0101210000"), Likeness::Different);
}

#[test]
fn without_a_table_nothing_is_decided() {
    let catalogue = invented(&["01", "01"], &[]);
    assert_eq!(likeness(&catalogue, ("E1", "01"), ("E2", "01")), (Likeness::Undetermined, vec!["no_correlation"]));
}

proptest! {
    #[test]
    fn turning_the_question_turns_the_answer(
        pairs in proptest::collection::btree_set((10u32..16, 10u32..16), 1..20),
        first in 10u32..16,
        second in 10u32..16,
    ) {
        let all = "10 11 12 13 14 15";
        let rows: Vec<_> = pairs.iter().map(|(a, b)| format!("{a}>{b}")).collect();
        let catalogue = invented(&[all, all], &[&rows.join(" ")]);
        let (first, second) = (first.to_string(), second.to_string());
        let (asked, _) = likeness(&catalogue, ("E1", &first), ("E2", &second));
        let (turned, _) = likeness(&catalogue, ("E2", &second), ("E1", &first));
        let expected = match asked {
            Likeness::FirstContainsSecond => Likeness::SecondContainsFirst,
            Likeness::SecondContainsFirst => Likeness::FirstContainsSecond,
            same => same,
        };
        prop_assert_eq!(turned, expected);
    }
}
