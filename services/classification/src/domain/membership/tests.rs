use super::*;
use crate::domain::Facts;
use crate::domain::testing::{at, day, entry, invented_facts, starter, with_list};

fn check(facts: Facts, code: (&str, &str), on: &str) -> (MembershipStatus, Vec<&'static str>) {
    let catalogue = Catalogue::build(1, facts).unwrap();
    let list = catalogue.list("list").unwrap();
    let found = check_membership(&catalogue, list, at(&catalogue, code.0, code.1), day(on), false);
    (found.status, found.findings.iter().map(|finding| finding.code).collect())
}

const ON: &str = "2010-06-01";

#[test]
fn a_code_of_the_lists_edition_is_on_it_or_not() {
    let facts = with_list(invented_facts(&["01 0101 010121 010129"], &[]), "E1", "010121");
    assert_eq!(check(facts.clone(), ("E1", "010121"), ON), (MembershipStatus::Member, vec![]));
    assert_eq!(check(facts.clone(), ("E1", "010129"), ON), (MembershipStatus::NotMember, vec![]));
    assert_eq!(check(facts, ("E1", "0101"), ON), (MembershipStatus::Partly, vec!["above_entries"]));
}

#[test]
fn an_entry_of_one_edition_is_whole_whatever_the_entries_of_others_leave_open() {
    // 02 of E1 became 02 and 03 of E2, whose 02 was of 01 too.
    let facts = invented_facts(&["01 02 04", "02 03 05"], &["01>02 02>02 02>03 04>05"]);
    let mut facts = with_list(facts, "E1", "02 04~");
    facts.lists[0].edition.clear();
    let more = ["02", "05"].map(|code| EntryFact { id: format!("E2-{code}"), ..entry("list", "E2", code) });
    facts.entries.extend(more);
    // 02 of E1 is an entry; of what it became 03 is none.
    assert_eq!(check(facts.clone(), ("E1", "02"), ON), (MembershipStatus::Member, vec![]));
    // 02 of E2 is one; of what it came from 01 is none.
    assert_eq!(check(facts.clone(), ("E2", "02"), ON), (MembershipStatus::Member, vec![]));
    // One edition has a part of it only, another all.
    assert_eq!(check(facts.clone(), ("E1", "04"), ON), (MembershipStatus::Member, vec![]));
    // In none it is whole: each says why.
    let none = check(facts.clone(), ("E2", "03"), ON);
    assert_eq!(none, (MembershipStatus::Member, vec![]), "all that it came from is on the list");
    assert_eq!(check(facts, ("E1", "01"), ON).0, MembershipStatus::Member, "all that it became is");
}

#[test]
fn a_code_that_no_edition_of_a_list_holds_wholly_is_there_in_part_and_each_says_why() {
    let facts = invented_facts(&["01 02", "02 03"], &["01>02 02>02 02>03"]);
    let mut facts = with_list(facts, "E1", "01");
    facts.entries.push(EntryFact { id: "E2-03".to_owned(), ex: true, ..entry("list", "E2", "03") });
    assert_eq!(check(facts.clone(), ("E2", "02"), ON), (MembershipStatus::Partly, vec!["merged_since"]));
    assert_eq!(check(facts, ("E1", "02"), ON), (MembershipStatus::Partly, vec!["ex_entry", "split_since"]));
}

#[test]
fn what_is_under_a_code_is_told_by_the_hierarchy_where_all_codes_are_of_one_length() {
    let mut facts = invented_facts(&["8500000000 8541000000 8541420000 8541430000 8541430010 8542000000"], &[]);
    let above = [("8541000000", "8500000000"), ("8541430000", "8541000000"), ("8541430010", "8541430000")];
    for (code, parent) in above {
        facts.codes.iter_mut().find(|it| it.code == code).unwrap().parent = parent.to_owned();
    }
    let facts = with_list(facts, "E1", "8541430000");
    for code in ["8500000000", "8541000000"] {
        assert_eq!(check(facts.clone(), ("E1", code), ON), (MembershipStatus::Partly, vec!["above_entries"]), "{code}");
    }
    assert_eq!(check(facts.clone(), ("E1", "8541430010"), ON), (MembershipStatus::Member, vec!["below_entry"]));
    assert_eq!(check(facts, ("E1", "8542000000"), ON), (MembershipStatus::NotMember, vec![]));
}

#[test]
fn a_code_under_an_entry_is_on_the_list() {
    let facts = with_list(invented_facts(&["01 0101 010121"], &[]), "E1", "0101");
    assert_eq!(check(facts, ("E1", "010121"), ON), (MembershipStatus::Member, vec!["below_entry"]));
}

#[test]
fn a_part_of_a_code_is_there_in_part() {
    let facts = with_list(invented_facts(&["01"], &[]), "E1", "01~");
    assert_eq!(check(facts, ("E1", "01"), ON), (MembershipStatus::Partly, vec!["ex_entry"]));
}

#[test]
fn an_entry_of_a_whole_code_decides_whatever_parts_of_it_stand_beside_it() {
    let mut facts = with_list(invented_facts(&["01 0101 010121 010129 02"], &[]), "E1", "0101 010121~ 02~");
    let more = |id: &str, ex| EntryFact { id: id.to_owned(), ex, ..entry("list", "E1", "02") };
    facts.entries.push(more("02-another", true));
    assert_eq!(check(facts.clone(), ("E1", "010121"), ON), (MembershipStatus::Member, vec!["below_entry"]));
    assert_eq!(check(facts.clone(), ("E1", "02"), ON), (MembershipStatus::Partly, vec!["ex_entry"]), "told once");
    let catalogue = Catalogue::build(1, facts.clone()).unwrap();
    let found = check_membership(&catalogue, &catalogue.lists[0], at(&catalogue, "E1", "02"), day(ON), false);
    let ids: Vec<&str> = found.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["02", "02-another"], "each part is an entry that decided");
    facts.entries.push(more("02-whole", false));
    assert_eq!(check(facts, ("E1", "02"), ON), (MembershipStatus::Member, vec![]));
}

#[test]
fn a_code_of_which_each_code_below_it_is_on_the_list_is_on_it_wholly() {
    let facts = with_list(invented_facts(&["01 0101 010121 010129"], &[]), "E1", "010121 010129");
    assert_eq!(check(facts.clone(), ("E1", "0101"), ON), (MembershipStatus::Member, vec!["above_entries"]));
    let mut part = facts;
    part.entries[1].ex = true;
    assert_eq!(check(part, ("E1", "0101"), ON), (MembershipStatus::Partly, vec!["above_entries", "ex_entry"]));
}

#[test]
fn several_parts_of_a_code_are_one_code_of_those_under_another() {
    let mut facts = with_list(invented_facts(&["01 0101 010121 010129 010130"], &[]), "E1", "010121~ 010129");
    facts.entries.push(EntryFact { id: "another".to_owned(), ex: true, ..entry("list", "E1", "010121") });
    let catalogue = Catalogue::build(1, facts).unwrap();
    let found = check_membership(&catalogue, &catalogue.lists[0], at(&catalogue, "E1", "0101"), day(ON), false);
    assert_eq!((found.status, found.entries.len()), (MembershipStatus::Partly, 3));
    let told: Vec<_> = found.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(told, ["2 codes under 0101 are on the list.", "The list holds a part of 010121 only."]);
}

#[test]
fn before_its_first_day_nothing_is_on_a_list() {
    let facts = with_list(invented_facts(&["01"], &[]), "E1", "01");
    assert_eq!(check(facts, ("E1", "01"), "2000-12-31").0, MembershipStatus::NotMember);
}

#[test]
fn what_came_out_of_a_listed_code_is_on_the_list() {
    let facts = with_list(invented_facts(&["01", "01 02"], &["01>01 01>02"]), "E1", "01");
    assert_eq!(check(facts, ("E2", "02"), ON), (MembershipStatus::Member, vec![]));
}

#[test]
fn what_was_merged_with_unlisted_goods_is_there_in_part() {
    let facts = with_list(invented_facts(&["01 02", "03"], &["01>03 02>03"]), "E1", "01");
    assert_eq!(check(facts, ("E2", "03"), ON), (MembershipStatus::Partly, vec!["merged_since"]));
}

#[test]
fn what_went_in_part_to_a_listed_code_is_there_in_part() {
    let facts = with_list(invented_facts(&["01", "02 03"], &["01>02 01>03"]), "E2", "02");
    assert_eq!(check(facts, ("E1", "01"), ON), (MembershipStatus::Partly, vec!["split_since"]));
}

#[test]
fn a_link_that_is_held_back_makes_nothing_green_and_nothing_certain() {
    let facts = with_list(invented_facts(&["01", "02"], &["01>02!"]), "E1", "01");
    assert_eq!(check(facts, ("E2", "02"), ON), (MembershipStatus::Undetermined, vec!["held_back_link_only"]));
}

#[test]
fn a_link_that_is_held_back_leaves_open_what_of_a_listed_code_is_on_the_list() {
    let open = (MembershipStatus::Partly, vec!["links_held_back"]);
    let came = |listed: &str| with_list(invented_facts(&["01 02", "01 02"], &["01>01 02>01! 02>02"]), "E1", listed);
    assert_eq!(check(came("01"), ("E2", "01"), ON), open, "goods of another code came into it");
    assert_eq!(check(came("01 02"), ("E2", "01"), ON), (MembershipStatus::Member, vec![]), "those are listed too");
    let went = |listed: &str| with_list(invented_facts(&["01", "01 02"], &["01>01 01>02!"]), "E2", listed);
    assert_eq!(check(went("01"), ("E1", "01"), ON), open, "its goods went into another code");
    assert_eq!(check(went("01 02"), ("E1", "01"), ON), (MembershipStatus::Member, vec![]));
}

#[test]
fn without_a_way_to_the_lists_edition_nothing_is_said() {
    let facts = with_list(invented_facts(&["01", "01"], &[]), "E1", "01");
    assert_eq!(check(facts, ("E2", "01"), ON), (MembershipStatus::Undetermined, vec!["no_correlation"]));
}

#[test]
fn the_shipped_lists_say_what_they_do_not_hold() {
    let catalogue = starter();
    let status = |list: &str, code: (&str, &str)| {
        let list = catalogue.list(list).unwrap();
        check_membership(&catalogue, list, at(&catalogue, code.0, code.1), day("2026-01-01"), false).status
    };
    assert_eq!(status("oecd-cleg", ("HS2022", "854143")), MembershipStatus::Member);
    assert_eq!(status("apec-54", ("HS2022", "854143")), MembershipStatus::Partly, "the list narrows its entries");
    assert_eq!(status("oecd-cleg", ("HS2022", "850760")), MembershipStatus::Undetermined, "a part of the list only");
}
