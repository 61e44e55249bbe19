use chrono::{DateTime, Utc};
use greenlane_curation::alerts::{AlertKind, Concerns};

use super::*;
use crate::domain::testing::{code, day, edition, invented_facts, system, with_list};
use crate::domain::{Catalogue, CodeSystemFact, Delta, EditionFact, Facts, LinkFact};

/// E1 and E2 of the Harmonized System with a national tariff over E2, and a list in E1.
fn facts() -> Facts {
    let links = "010110>010110 010120>010121 010120>010122 010130>010131 010140>010131";
    let codes = ["01 0101 010110 010120 010130 010140 0201 020110", "01 0101 010110 010121 010122 010131 0201 020110"];
    let mut facts = with_list(invented_facts(&codes, &[&format!("{links} 020110>020110")]), "E1", "010120 010130");
    let national =
        CodeSystemFact { id: "xa".to_owned(), extends: "hs".to_owned(), economy: "XA".to_owned(), ..system() };
    facts.systems.push(national);
    facts.editions.push(EditionFact { system: "xa".to_owned(), extends: "E2".to_owned(), ..edition("N2", 1) });
    facts.codes.extend(["01011010", "01012110", "01012190"].map(|digits| code("N2", digits, digits)));
    facts
}

fn catalogue() -> Catalogue {
    Catalogue::build(1, facts()).unwrap()
}

/// What a change from the facts to these tells.
fn told(kind: AlertKind, change: impl FnOnce(&mut Facts)) -> Vec<Item> {
    let mut after = facts();
    change(&mut after);
    of_delta(&catalogue(), &Delta::between(&facts(), &after), kind, Some(day("2026-08-01")))
}

fn interest(codes: &[(&str, &str)], lists: &[&str], economies: &[&str]) -> Interest {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Interest {
        codes: codes.iter().map(|(edition, code)| Code::new(edition, code)).collect(),
        lists: owned(lists),
        economies: owned(economies),
    }
}

fn of(item: &Item, interest: &Interest) -> Concerns {
    concerns(&catalogue(), &[item], interest)[0]
}

#[test]
fn a_deleted_code_concerns_those_whose_goods_are_under_it_in_any_edition() {
    let items = told(AlertKind::Published, |facts| {
        facts.codes.retain(|code| (code.edition.as_str(), code.code.as_str()) != ("E2", "010121"));
    });
    let item = &items[0];
    assert_eq!((items.len(), item.entry.as_str()), (1, "editions/E2/codes/010121"));
    assert_eq!((item.what.as_str(), item.tightens), ("deletes E2 010121 (010121)", true));
    let of = |edition: &str, code: &str| of(item, &interest(&[(edition, code)], &[], &[]));
    // Itself, a heading above, a national line below, and what became a part of it.
    for (edition, code) in [("E2", "010121"), ("E2", "0101"), ("N2", "01012190"), ("E1", "010120")] {
        assert_eq!(of(edition, code), Concerns::Yes, "{edition} {code}");
    }
    for (edition, code) in [("E2", "010122"), ("N2", "01011010"), ("E1", "010110"), ("E1", "0201")] {
        assert_eq!(of(edition, code), Concerns::No, "{edition} {code}");
    }
}

#[test]
fn goods_of_an_edition_without_a_way_to_the_changed_one_are_perhaps_concerned() {
    let mut after = facts();
    after.links.clear();
    let unlinked = Catalogue::build(1, after).unwrap();
    let items = told(AlertKind::Published, |facts| facts.codes.retain(|code| code.code != "010121"));
    let of = |codes: &[(&str, &str)]| concerns(&unlinked, &[&items[0]], &interest(codes, &[], &[]))[0];
    assert_eq!([of(&[("E1", "0201")]), of(&[("E2", "0201")])], [Concerns::Perhaps, Concerns::No]);
}

#[test]
fn a_change_of_codes_concerns_the_lists_that_they_are_on_and_no_others() {
    let items = told(AlertKind::Published, |facts| {
        let reworded = facts.codes.iter_mut().filter(|code| code.edition == "E2");
        reworded.for_each(|code| code.descriptions[0].1.push('!'));
    });
    let on_list: Vec<&str> = items
        .iter()
        .filter(|item| of(item, &interest(&[], &["list"], &[])) == Concerns::Yes)
        .map(|item| item.entry.as_str())
        .collect();
    let expected = ["01", "0101", "010121", "010122", "010131"].map(|code| format!("editions/E2/codes/{code}"));
    assert_eq!(on_list, expected);
    assert!(items[0].what.starts_with("redescribes E2 01: \"01!\", before \"01\""), "{items:?}");
}

#[test]
fn what_belongs_to_an_economy_concerns_others_only_if_they_ask_for_it() {
    let items = told(AlertKind::Published, |facts| facts.codes.retain(|code| code.code != "01012190"));
    assert_eq!(items.len(), 1);
    let of = |economies: &[&str]| of(&items[0], &interest(&[("E1", "010120")], &[], economies));
    assert_eq!([of(&[]), of(&["XA"]), of(&["XB"])], [Concerns::Yes, Concerns::Yes, Concerns::No]);
}

#[test]
fn an_edition_to_come_is_told_once_with_the_codes_that_do_not_stay_as_they_are() {
    let codes = ["010110", "010121", "010131", "010199"];
    let link = |earlier: &str, later: &str| LinkFact {
        earlier_edition: "E2".to_owned(),
        earlier_code: earlier.to_owned(),
        later_edition: "E3".to_owned(),
        later_code: later.to_owned(),
        ex: false,
        held_back: later == "010199" && earlier == "010110",
        words: None,
    };
    let items = told(AlertKind::Notified, |facts| {
        facts.editions.push(edition("E3", 2));
        facts.codes.extend(codes.map(|digits| code("E3", digits, digits)));
        let links = [("010110", "010110"), ("010110", "010199"), ("010121", "010121"), ("010121", "010199")];
        facts.links.extend(links.map(|(earlier, later)| link(earlier, later)));
        facts.links.extend([("010122", "010131"), ("010131", "010131")].map(|(earlier, later)| link(earlier, later)));
    });
    let whats: Vec<&str> = items.iter().map(|item| item.what.as_str()).collect();
    assert_eq!(
        whats,
        [
            "adds editions/E3, in force from 2010-01-01 until 2014-12-31",
            "splits E2 010121 into 010121, 010199 of E3",
            "makes E2 010122 a part of 010131 of E3, together with others",
            "makes E2 010131 a part of 010131 of E3, together with others",
        ]
    );
    assert_eq!(items.iter().map(|item| item.tightens).collect::<Vec<_>>(), [false, false, true, false]);
    assert!(items.iter().all(|item| item.from == Some(day("2010-01-01"))));
    assert!(items[0].to_do.starts_with("Comment until 2026-08-01. Once it is published, rehearse"), "{items:?}");
    // Everybody is told of the edition, and of codes those whose they are, also by a code of an edition before.
    let of = |item: usize, edition: &str, code: &str| of(&items[item], &interest(&[(edition, code)], &[], &[]));
    assert_eq!([of(0, "N2", "01011010"), of(1, "E2", "0101"), of(1, "E1", "010120")], [Concerns::Yes; 3]);
    assert_eq!([of(1, "E2", "010110"), of(2, "E1", "010110")], [Concerns::No; 2]);
}

#[test]
fn what_the_change_workflow_finds_to_tighten_is_told_so_in_its_alert() {
    let moved = told(AlertKind::Published, |facts| {
        facts.codes.iter_mut().filter(|code| code.code == "0201").for_each(|code| code.parent = "01".to_owned());
    });
    let told_of = |items: &[Item]| items.iter().map(|item| (item.entry.clone(), item.tightens)).collect::<Vec<_>>();
    // Nothing is above it but what begins so, and there is no 02: so nothing is lost.
    assert_eq!(told_of(&moved), ["E1", "E2"].map(|edition| (format!("editions/{edition}/codes/0201"), false)));
    let moved = told(AlertKind::Published, |facts| {
        facts.codes.iter_mut().filter(|code| code.code == "010130").for_each(|code| code.parent = "01".to_owned());
    });
    assert_eq!(told_of(&moved), [("editions/E1/codes/010130".to_owned(), true)], "it lies under 0101 no longer");
    let unlinked = told(AlertKind::Published, |facts| facts.links.retain(|link| link.later_code != "010122"));
    assert_eq!(told_of(&unlinked), [("editions/E1/codes/010120".to_owned(), true)]);
}

#[test]
fn a_list_tells_what_it_gains_loses_and_when_it_ends() {
    let items = told(AlertKind::Published, |facts| {
        facts.entries.retain(|entry| entry.code != "010130");
        facts.entries[0].effective_to = Some(day("2027-06-30"));
        let mut gained = facts.entries[0].clone();
        (gained.id, gained.code, gained.effective_to) = ("020110".to_owned(), "020110".to_owned(), None);
        facts.entries.push(gained);
        facts.lists[0].version += 1;
    });
    let told: Vec<_> = items.iter().map(|item| (item.what.as_str(), item.tightens)).collect();
    let expected = [
        ("has E1 010120 on greenLists/list until 2027-06-30", true),
        ("takes E1 010130 off greenLists/list", true),
        ("puts E1 020110 on greenLists/list", false),
    ];
    assert_eq!(told, expected);
    assert_eq!(items[0].from, Some(day("2027-07-01")));
    let interested = interest(&[("E2", "020110")], &["list"], &[]);
    assert_eq!([of(&items[0], &interested), of(&items[2], &interested)], [Concerns::No, Concerns::Yes]);
    assert_eq!(of(&items[2], &interest(&[], &["another"], &[])), Concerns::No);

    let ended = told_end();
    assert_eq!((ended[0].entry.as_str(), ended[0].tightens, ended.len()), ("greenLists/list", true, 1));
    assert_eq!(of(&ended[0], &interest(&[("E2", "010131")], &[], &[])), Concerns::Yes);
    assert_eq!(of(&ended[0], &interest(&[("E2", "020110")], &[], &[])), Concerns::No);
}

fn told_end() -> Vec<Item> {
    told(AlertKind::Published, |facts| facts.lists[0].effective_to = Some(day("2026-12-31")))
}

#[test]
fn words_by_which_codes_are_found_and_where_facts_come_from_are_no_news() {
    let items = told(AlertKind::Published, |facts| {
        facts.codes.iter_mut().for_each(|code| code.source.uri = "https://example.org/elsewhere".to_owned());
        facts.codes.iter_mut().for_each(|code| code.descriptions.push(("zh".to_owned(), "马".to_owned())));
    });
    assert_eq!(items, []);
}

#[test]
fn days_are_told_within_the_look_ahead_by_names_that_stay() {
    let mut facts = facts();
    facts.entries[0].effective_to = Some(day("2004-11-30"));
    let catalogue = Catalogue::build(7, facts).unwrap();
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let found = due(&catalogue, day("2004-10-01"), day("2005-01-31"), now);
    let told: Vec<_> = found.iter().map(|alert| (alert.title.as_str(), alert.items[0].field.as_str())).collect();
    assert_eq!(
        told,
        [
            ("2004-11-30: greenLists/list/entries/010120 no longer has E1 010120 on the list", "effective_to"),
            ("2004-12-31: editions/E1 is no longer in force", "effective_to"),
            ("2005-01-01: editions/E2 comes into force", "effective_from"),
            ("2005-01-01: editions/N2 comes into force", "effective_from"),
        ]
    );
    assert_eq!(found[0].items[0].from, Some(day("2004-12-01")));
    let later = due(&catalogue, day("2004-11-30"), day("2005-02-28"), now);
    assert_eq!(later, found);
    assert_eq!(due(&catalogue, day("2005-01-02"), day("2005-03-31"), now), []);
}
