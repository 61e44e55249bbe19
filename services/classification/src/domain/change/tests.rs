use super::*;
use crate::domain::delta::Delta;
use crate::domain::testing::{code, day, edition, entry, invented_facts, list, real, starter, with_list};

const TODAY: &str = "2026-06-01";

fn made(facts: &Facts, change: Change) -> Facts {
    let catalogue = Catalogue::build(1, facts.clone()).unwrap();
    let (mut after, mut findings) = (facts.clone(), Vec::new());
    make(&catalogue, &mut after, &change, 0, day(TODAY), &mut findings);
    assert_eq!(findings, []);
    after
}

#[test]
fn to_retire_a_list_that_has_ended_does_not_put_it_back_in_force() {
    let mut facts = with_list(invented_facts(&["01"], &[]), "E1", "01");
    for (ends, then) in [
        (None, "2026-05-31"),
        (Some("2020-12-31"), "2020-12-31"),
        (Some("2026-05-31"), "2026-05-31"),
        (Some("2030-12-31"), "2026-05-31"),
    ] {
        facts.lists[0].effective_to = ends.map(day);
        let after = made(&facts, Change::RetireList("list".to_owned()));
        assert_eq!(after.lists[0].effective_to, Some(day(then)), "{ends:?}");
    }
}

/// What an import that makes other facts of some takes away.
fn lost(before: &Facts, after: &Facts) -> Vec<String> {
    lost_of(&Catalogue::build(1, before.clone()).unwrap(), before, after)
}

fn lost_of(catalogue: &Catalogue, before: &Facts, after: &Facts) -> Vec<String> {
    let import = [Change::PublishImport("file".to_owned())];
    let all = taken(catalogue, &Delta::between(before, after), &import);
    assert!(all.iter().all(|it| it.field == "publish_import"));
    all.into_iter().map(|it| format!("{} {}", it.entry, it.what)).collect()
}

/// Two editions, a whole table between them, and a list in the first.
fn published() -> Facts {
    let facts = invented_facts(&["01 02 03", "01 02 04"], &["01>01 02>02 03>04"]);
    let mut facts = with_list(facts, "E1", "01 02");
    facts.tables.push(crate::domain::facts::TableFact {
        earlier: "E1".to_owned(),
        later: "E2".to_owned(),
        conversion: false,
        unsure: Vec::new(),
        source: SourceFact::default(),
    });
    facts
}

type Edit = fn(&mut Facts);

#[test]
fn what_an_import_only_adds_takes_nothing_away() {
    let edits: [(&str, Edit); 7] = [
        ("nothing", |_| {}),
        ("an edition with a table to it", |facts| {
            let more = invented_facts(&["", "01", "01"], &["", "01>01"]);
            facts.editions.push(more.editions[2].clone());
            facts.codes.push(code("E3", "01", "goods"));
            facts.links.extend(more.links);
        }),
        ("a code", |facts| facts.codes.push(code("E1", "05", "goods"))),
        ("words", |facts| facts.codes[0].descriptions.push(("zh".to_owned(), "货物".to_owned()))),
        ("an entry", |facts| facts.entries.push(entry("list", "E1", "03"))),
        ("an entry's reason", |facts| facts.entries[0].category = "solar".to_owned()),
        ("a list", |facts| {
            facts.lists.push(list("new", "E1"));
            facts.entries.push(entry("new", "E1", "01"));
        }),
    ];
    for (what, edit) in edits {
        let mut after = published();
        edit(&mut after);
        assert_eq!(lost(&published(), &after), [""; 0], "{what}");
    }
}

#[test]
fn what_an_import_ends_narrows_or_removes_tightens() {
    let edits: [(&str, Edit); 10] = [
        ("greenLists/list/entries/01 is taken off the list", |facts| drop(facts.entries.remove(0))),
        ("greenLists/list/entries/01 ends earlier", |facts| facts.entries[0].effective_to = Some(day("2026-12-31"))),
        ("greenLists/list/entries/01 means only a part of its code", |facts| facts.entries[0].ex = true),
        ("editions/E1/codes/03 is deleted", |facts| {
            facts.codes.retain(|it| (&*it.edition, &*it.code) != ("E1", "03"));
        }),
        ("editions/E1/codes/01 ends earlier", |facts| facts.codes[0].effective_to = Some(day("2026-12-31"))),
        ("editions/E1/codes/01 no longer has goods in 01 of E2", |facts| drop(facts.links.remove(0))),
        ("editions/E1/codes/01 is linked only by what is held back to 01 of E2", |facts| {
            facts.links[0].held_back = true;
        }),
        ("editions/E1/codes/01 has only a part of its goods in 01 of E2", |facts| facts.links[0].ex = true),
        ("editions/E2/codes/01 no longer has all its links with E1", |facts| {
            facts.tables[0].unsure.push(("E2".to_owned(), "01".to_owned()));
        }),
        ("editions/E1/codes/01 has goods, where it had none, in 04 of E2", |facts| {
            let more = facts.links[0].clone();
            facts.links.push(crate::domain::LinkFact { later_code: "04".to_owned(), ..more });
        }),
    ];
    for (what, edit) in edits {
        let mut after = published();
        edit(&mut after);
        assert_eq!(lost(&published(), &after), [what]);
    }
}

#[test]
fn a_code_that_an_import_puts_under_another_heading_loses_the_place_that_it_has_under_its_own() {
    let facts = invented_facts(&["01 0101 02 0202 020210"], &[]);
    let under = |parent: &str| {
        let mut after = facts.clone();
        after.codes.iter_mut().filter(|it| it.code == "0202").for_each(|it| it.parent = parent.to_owned());
        after
    };
    assert_eq!(lost(&facts, &under("01")), ["editions/E1/codes/0202 no longer lies under 02"]);
    assert_eq!(lost(&facts, &under("02")), [""; 0], "where it lies already");
    let mut between = under("020");
    between.codes.push(code("E1", "020", "goods"));
    assert_eq!(lost(&facts, &between), [""; 0], "under a new one that lies there too");
    let mut deleted = under("");
    deleted.codes.retain(|it| it.code != "02");
    assert_eq!(lost(&facts, &deleted), ["editions/E1/codes/02 is deleted"], "it is told once");
    let mut moved = under("01");
    moved.codes.retain(|it| it.code != "02");
    assert_eq!(lost(&facts, &moved), ["editions/E1/codes/02 is deleted"]);
}

#[test]
fn what_other_changes_of_the_set_name_is_not_told_of_its_import() {
    let (before, mut after) = (published(), published());
    after.entries[0].effective_to = Some(day("2026-12-31"));
    let end = EndEntry {
        list: "list".to_owned(),
        entry: "01".to_owned(),
        effective_to: day("2026-12-31"),
        reason: String::new(),
    };
    let catalogue = Catalogue::build(1, before.clone()).unwrap();
    let changes = [Change::EndEntry(end), Change::PublishImport("file".to_owned())];
    assert_eq!(taken(&catalogue, &Delta::between(&before, &after), &changes), []);
}

#[test]
fn the_official_files_take_nothing_from_the_catalogue_that_is_there_at_the_start() {
    let Some(real) = real::facts() else { return };
    let before = crate::starter::facts().unwrap();
    for edition in ["HS2017", "HS2022"] {
        let mut after = before.clone();
        after.codes.retain(|it| it.edition != edition);
        after.codes.extend(real.codes.iter().filter(|it| it.edition == edition).cloned());
        assert_eq!(lost_of(&starter(), &before, &after), [""; 0], "{edition}");
    }
    let mut after = before.clone();
    after.links = real
        .links
        .into_iter()
        .filter(|it| (&*it.earlier_edition, &*it.later_edition) == ("HS2017", "HS2022"))
        .collect();
    assert!(after.links.len() > before.links.len());
    assert_eq!(lost_of(&starter(), &before, &after), [""; 0]);
}

#[test]
fn a_change_of_lists_applies_from_the_first_day_of_any_part_of_it() {
    let facts = with_list(invented_facts(&["01 02"], &[]), "E1", "01 02");
    let mut dated = facts.clone();
    dated.entries[1].effective_to = Some(day("2027-06-30"));
    let catalogue = Catalogue::build(1, dated).unwrap();
    let put = |id: &str, from: &str| {
        let effective_from = (!from.is_empty()).then(|| day(from));
        Change::PutEntry(EntryFact { effective_from, ..entry("list", "E1", id) })
    };
    let end = |id: &str, last: &str| {
        Change::EndEntry(EndEntry {
            list: "list".to_owned(),
            entry: id.to_owned(),
            effective_to: day(last),
            reason: String::new(),
        })
    };
    let new = |from: Option<&str>| Change::PutList(ListFact { effective_from: from.map(day), ..list("new", "E1") });
    let ended = Change::PutEntry(EntryFact { effective_to: Some(day("2026-12-31")), ..entry("list", "E1", "01") });
    let rows: [(&str, Vec<Change>, Option<&str>); 11] = [
        ("a day to come", vec![put("03", "2027-01-01")], Some("2027-01-01")),
        ("the list's first day, long since", vec![put("03", "2027-01-01"), put("04", "")], None),
        ("a new list's first day", vec![new(Some("2027-04-01"))], Some("2027-04-01")),
        ("no day", vec![new(None)], None),
        ("the day after the last", vec![put("03", "2027-06-01"), end("01", "2026-12-31")], Some("2027-01-01")),
        ("what would have ended earlier", vec![end("02", "2027-12-31")], Some("2027-07-01")),
        ("an end that is put", vec![ended], Some("2027-01-01")),
        ("an entry that changes", vec![put("01", "2027-01-01")], None),
        ("a list that is retired", vec![put("03", "2027-01-01"), Change::RetireList("list".to_owned())], None),
        ("an import", vec![put("03", "2027-01-01"), Change::PublishImport("file".to_owned())], None),
        ("a day that is past", vec![put("03", "2026-05-01")], None),
    ];
    for (why, changes, from) in rows {
        assert_eq!(applies_from(&catalogue, &changes, day(TODAY)), from.map(day), "{why}");
    }
}

#[test]
fn a_list_whose_entries_have_changed_since_is_still_the_list_that_is_retired_or_described() {
    let before = with_list(invented_facts(&["01 02"], &[]), "E1", "01");
    let mut after = before.clone();
    after.entries.push(entry("list", "E1", "02"));
    number_versions(&before, &mut after);
    assert_eq!(after.lists[0].version, 2);
    let catalogue = |facts: &Facts| Catalogue::build(1, facts.clone()).unwrap();
    let described = ListFact { owner: "Somebody".to_owned(), ..before.lists[0].clone() };
    let changes = [Change::RetireList("list".to_owned()), Change::PutList(described)];
    assert_eq!(moved(&catalogue(&before), &catalogue(&after), &changes), [0; 0]);
    // A file of its entries gives it their edition.
    let mut anew = after.clone();
    anew.lists[0].edition.clear();
    assert_eq!(moved(&catalogue(&before), &catalogue(&anew), &changes), [1], "to put it would undo that");
    after.lists[0].effective_to = Some(day("2030-12-31"));
    assert_eq!(moved(&catalogue(&before), &catalogue(&after), &changes), [0, 1]);
}

#[test]
fn a_file_without_titles_tells_an_edition_no_other_titles_than_it_has_by_now() {
    let titles = |title: &str| vec![("en".to_owned(), title.to_owned())];
    let titled = |title: &str| {
        let mut facts = invented_facts(&["01"], &[]);
        facts.editions[0].titles = titles(title);
        Catalogue::build(1, facts).unwrap()
    };
    let (was, now) = (titled("One"), titled("Another"));
    let brought = |titles| EditionFact { titles, ..edition("E1", 0) };
    assert!(!is_retold(&was, &now, &brought(Vec::new())));
    assert!(!is_retold(&was, &now, &brought(titles("Another"))));
    assert!(is_retold(&was, &now, &brought(titles("One"))), "that would undo it");
    assert!(!is_retold(&was, &was, &brought(titles("Another"))), "nothing has changed since");
}
