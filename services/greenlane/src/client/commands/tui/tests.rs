use std::time::Duration;

use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
};
use serde_json::json;

use super::{
    by_hand,
    model::{AsRead, Ask, Input, Mode, Model, Section},
    view,
};
use crate::client::commands::{catalogue::Kind, change::workflow::Of};

fn key(model: &mut Model, code: KeyCode) -> Vec<Ask> {
    model.take(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn typed(model: &mut Model, text: &str) {
    for letter in text.chars() {
        assert!(key(model, KeyCode::Char(letter)).is_empty());
    }
}

#[test]
fn a_yes_that_comes_at_once_behind_another_key_is_pasted_and_decides_nothing() {
    let yes = KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE);
    assert!(matches!(by_hand(yes, Duration::from_millis(1)), Input::Paste(text) if text == "y"));
    assert!(matches!(by_hand(yes, Duration::from_millis(200)), Input::Key(_)));
    let no = KeyEvent::new(KeyCode::Char('n'), KeyModifiers::NONE);
    assert!(matches!(by_hand(no, Duration::from_millis(1)), Input::Key(_)));
}

fn answer(model: &mut Model, ask: Ask, answer: serde_json::Value) -> Vec<Ask> {
    model.take(Input::Answer(ask, Ok(answer)))
}

/// The first change set, as it is open.
fn read() -> AsRead {
    AsRead { name: "changeSets/a".to_owned(), etag: Some("e1".to_owned()) }
}

/// Two change sets that wait, and one that is done with.
fn pending() -> Model {
    let (mut model, asks) = Model::new();
    assert_eq!(asks, [Ask::List(Section::Changes(Of::Catalogue))]);
    let set = |name: &str, state: &str, title: &str| {
        json!({ "name": format!("changeSets/{name}"), "state": format!("CHANGE_SET_STATE_{state}"), "title": title,
                "author": "ada", "createdAt": "2026-05-01T10:00:00Z" })
    };
    let sets =
        [set("a", "PROPOSED", "Accept a standard"), set("b", "APPROVED", "An annex"), set("c", "PUBLISHED", "Old")];
    answer(&mut model, asks[0].clone(), json!({ "changeSets": sets }));
    model
}

/// The same with the first one open.
fn open() -> Model {
    let mut model = pending();
    let asks = key(&mut model, KeyCode::Enter);
    assert_eq!(asks, [Ask::ChangeSet(Of::Catalogue, "changeSets/a".to_owned())]);
    let set = json!({ "changeSet": { "name": "changeSets/a", "title": "Accept a standard", "etag": "e1" } });
    let after = r#"{"equivalence":{"degree":"IDENTICAL"}}"#;
    let diffs = json!({ "diffs": [{ "entry": "equivalences/x", "beforeJson": "", "afterJson": after }] });
    let tightens = json!([{ "entry": "requirements/y", "what": "no longer accepts schemes/z" }]);
    let comments = json!([{ "author": "bo", "economy": "XA", "text": "Fine.", "commentedAt": "2026-05-02T10:00:00Z" }]);
    let asks = answer(&mut model, asks[0].clone(), set);
    assert_eq!(asks.len(), 4, "what it does is read behind its etag");
    answer(&mut model, asks[0].clone(), diffs);
    let duty = json!({ "required": true, "reason": "it tightens access", "earliestPublication": "2026-07-01" });
    let check = json!({ "findings": [], "tightening": tightens, "notificationDuty": duty });
    answer(&mut model, asks[1].clone(), check);
    let totals = json!({ "certificatesLosing": 4 });
    answer(&mut model, asks[3].clone(), json!({ "totals": totals, "certificatesExamined": 9, "complete": true }));
    answer(&mut model, asks[2].clone(), json!({ "comments": comments }));
    model
}

/// What stands on a screen of this size.
fn screen(model: &mut Model, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view::draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let rows = buffer.content().chunks(usize::from(width));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned() + "\n").collect()
}

#[test]
fn it_begins_with_what_waits_for_somebody() {
    let mut model = pending();
    assert_eq!(
        model.visible().iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
        ["changeSets/a", "changeSets/b"]
    );
    let screen = screen(&mut model, 100, 20);
    for text in ["Pending changes", "requirements", "proposed", "Accept a standard", "ada", "enter open"] {
        assert!(screen.contains(text), "`{text}` is not on\n{screen}");
    }
    assert!(!screen.contains("Old"), "{screen}");
}

#[test]
fn an_open_change_set_says_what_it_does_tightens_and_what_was_said_of_it() {
    for (width, height) in [(100, 40), (160, 40)] {
        let screen = screen(&mut open(), width, height);
        for text in [
            "WHAT IT DOES",
            "+ equivalences/x",
            "degree: IDENTICAL",
            "CHECK",
            "no longer accepts schemes/z",
            "must be notified, and can be published from 2026-07-01",
            "of 9 certificates in force 0 gain, 4 lose",
            "bo XA: Fine.",
        ] {
            assert!(screen.contains(text), "`{text}` is not on\n{screen}");
        }
    }
    // What is decided on is seen first, and that there is more below.
    let small = screen(&mut open(), 80, 24);
    assert!(small.contains("degree: IDENTICAL") && small.contains("more below"), "{small}");
    assert!(small.contains("q leave"), "{small}");
    // However small the screen, it is drawn.
    for (width, height) in [(1, 1), (30, 5), (80, 3)] {
        screen(&mut open(), width, height);
    }
}

#[test]
fn a_review_is_of_what_was_read_asks_for_a_yes_and_looks_again() {
    let mut model = open();
    key(&mut model, KeyCode::Char('a'));
    typed(&mut model, "as agreed");
    key(&mut model, KeyCode::Enter);
    assert!(screen(&mut model, 100, 30).contains("Approve changeSets/a?"));
    let asks = key(&mut model, KeyCode::Char('y'));
    let [Ask::Review { name, etag, approve: true, comment, .. }] = asks.as_slice() else { panic!("{asks:?}") };
    assert_eq!((name.as_str(), etag.as_str(), comment.as_str()), ("changeSets/a", "e1", "as agreed"));
    let next = answer(&mut model, asks[0].clone(), json!({}));
    assert_eq!(next[..2], [Ask::List(Section::Changes(Of::Catalogue)), Ask::ChangeSet(Of::Catalogue, name.clone())]);
    assert_eq!(model.note, "changeSets/a is approved");
    assert!(model.detail.is_some(), "it waits to be published");
}

#[test]
fn nothing_is_decided_without_reading_without_a_reason_to_reject_and_without_a_yes() {
    let mut model = pending();
    key(&mut model, KeyCode::Char('p'));
    assert_eq!((&model.mode, model.note.as_str()), (&Mode::Browse, "open it first, with enter"));
    let mut model = open();
    key(&mut model, KeyCode::Char('r'));
    key(&mut model, KeyCode::Enter);
    assert_eq!(model.note, "a rejection says why");
    key(&mut model, KeyCode::Esc);
    key(&mut model, KeyCode::Char('p'));
    assert!(key(&mut model, KeyCode::Char('n')).is_empty());
    assert_eq!(model.note, "nothing was done");
    // A long refusal is told in whole words.
    let why = "a word ".repeat(20) + "end";
    model.take(Input::Answer(Ask::Impact(read()), Err(why)));
    assert!(screen(&mut model, 80, 24).contains("a word end"));
    let (mut entries, _) = Model::new();
    key(&mut entries, KeyCode::BackTab);
    key(&mut entries, KeyCode::Char('p'));
    assert_eq!(entries.note, "only change sets are decided on");
}

#[test]
fn nothing_is_decided_before_it_is_known_what_it_does() {
    let mut model = pending();
    let asks = key(&mut model, KeyCode::Enter);
    let set = json!({ "changeSet": { "name": "changeSets/a", "title": "Accept a standard", "etag": "e1" } });
    let parts = answer(&mut model, asks[0].clone(), set);
    key(&mut model, KeyCode::Char('a'));
    assert_eq!((&model.mode, model.note.as_str()), (&Mode::Browse, "what it does has not come yet: enter asks again"));
    model.take(Input::Answer(parts[0].clone(), Err("it is away".to_owned())));
    key(&mut model, KeyCode::Char('p'));
    assert_eq!(model.mode, Mode::Browse);
    answer(&mut model, parts[0].clone(), json!({ "diffs": [] }));
    key(&mut model, KeyCode::Char('p'));
    assert!(matches!(model.mode, Mode::Confirm(..)));
}

#[test]
fn nothing_is_decided_on_what_a_change_set_did_before_it_was_opened_again() {
    let mut model = pending();
    let opened = |model: &mut Model, etag: &str| {
        let asks = key(model, KeyCode::Enter);
        let set = json!({ "changeSet": { "name": "changeSets/a", "title": "Accept a standard", "etag": etag } });
        answer(model, asks[0].clone(), set)
    };
    let after = r#"{"equivalence":{"degree":"IDENTICAL"}}"#;
    let diff = |entry: &str| json!({ "diffs": [{ "entry": entry, "beforeJson": "", "afterJson": after }] });
    let before = opened(&mut model, "e1");
    let now = opened(&mut model, "e2");
    // What was asked for first comes last.
    answer(&mut model, before[0].clone(), diff("equivalences/before"));
    let late = json!({ "findings": [{ "entry": "equivalences/before", "message": "is wrong" }] });
    answer(&mut model, before[1].clone(), late.clone());
    key(&mut model, KeyCode::Char('p'));
    assert_eq!((&model.mode, model.note.as_str()), (&Mode::Browse, "what it does has not come yet: enter asks again"));
    answer(&mut model, now[0].clone(), diff("equivalences/now"));
    answer(&mut model, before[0].clone(), diff("equivalences/before"));
    answer(&mut model, before[1].clone(), late);
    let screen = screen(&mut model, 100, 40);
    assert!(screen.contains("equivalences/now") && !screen.contains("equivalences/before"), "{screen}");
    key(&mut model, KeyCode::Char('p'));
    let asks = key(&mut model, KeyCode::Char('y'));
    assert!(matches!(asks.as_slice(), [Ask::Publish { etag, .. }] if etag == "e2"), "{asks:?}");
}

#[test]
fn of_two_steps_the_second_waits_and_whoever_has_gone_on_stays_where_they_are() {
    let mut model = open();
    key(&mut model, KeyCode::Char('a'));
    key(&mut model, KeyCode::Enter);
    let asks = key(&mut model, KeyCode::Char('y'));
    key(&mut model, KeyCode::Char('a'));
    assert_eq!(model.note, "a step is on its way: wait what becomes of it");
    key(&mut model, KeyCode::BackTab);
    let elsewhere = model.shown();
    assert!(answer(&mut model, asks[0].clone(), json!({})).is_empty());
    assert_eq!((model.shown(), model.note.as_str()), (elsewhere, "changeSets/a is approved"));
    // Nor is somebody told what could not be read of what is not open any more.
    model.take(Input::Answer(Ask::Check(Of::Catalogue, read()), Err("it is away".to_owned())));
    assert_eq!(model.note, "changeSets/a is approved");
}

#[test]
fn neither_a_pasted_text_nor_a_letter_with_another_key_decides() {
    let mut model = open();
    let with = |code, modifiers| Input::Key(KeyEvent::new(code, modifiers));
    assert!(model.take(with(KeyCode::Char('a'), KeyModifiers::CONTROL)).is_empty());
    model.take(Input::Paste("a\ny".to_owned()));
    assert_eq!(model.mode, Mode::Browse);
    key(&mut model, KeyCode::Char('a'));
    model.take(Input::Paste("as agreed\ny".to_owned()));
    model.take(with(KeyCode::Char('w'), KeyModifiers::CONTROL));
    assert!(matches!(&model.mode, Mode::Comment(_, text) if text == "as agreed y"), "{:?}", model.mode);
    key(&mut model, KeyCode::Enter);
    model.take(Input::Paste("y".to_owned()));
    assert!(model.take(with(KeyCode::Char('y'), KeyModifiers::ALT)).is_empty());
    assert!(matches!(model.mode, Mode::Confirm(..)), "it still asks");
    assert_eq!(key(&mut model, KeyCode::Char('y')).len(), 1);
}

#[test]
fn a_long_comment_leaves_what_is_asked_on_the_screen() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut model = open();
        key(&mut model, KeyCode::Char('r'));
        typed(&mut model, &"a word ".repeat(60));
        assert!(screen(&mut model, width, height).contains("enter goes on"), "{}", screen(&mut model, width, height));
        key(&mut model, KeyCode::Enter);
        assert!(screen(&mut model, width, height).contains("y does it"), "{}", screen(&mut model, width, height));
    }
}

#[test]
fn what_is_refused_is_told_and_what_is_late_is_dropped() {
    let mut model = open();
    model.take(Input::Answer(Ask::Check(Of::Catalogue, read()), Err("four eyes".to_owned())));
    assert!(screen(&mut model, 100, 30).contains("four eyes"));
    let before = model.visible().len();
    answer(&mut model, Ask::List(Section::Entries(Kind::Schemes)), json!({ "schemes": [{ "name": "schemes/late" }] }));
    assert_eq!(model.visible().len(), before);
}

#[test]
fn a_section_that_could_not_be_read_is_not_told_as_empty_until_it_is_read() {
    let (mut model, asks) = Model::new();
    let refused = || Input::Answer(asks[0].clone(), Err("the service cannot be reached".to_owned()));
    model.take(refused());
    // Another key takes away what is said at the bottom.
    key(&mut model, KeyCode::Down);
    let shown = screen(&mut model, 100, 20);
    assert!(shown.contains("not known: the service cannot be reached") && !shown.contains(" 0\n"), "{shown}");
    assert_eq!(key(&mut model, KeyCode::Char('R')), asks);
    answer(&mut model, asks[0].clone(), json!({ "changeSets": [] }));
    let shown = screen(&mut model, 100, 20);
    assert!(shown.contains(" 0\n") && !shown.contains("not known"), "{shown}");

    let mut model = pending();
    model.take(refused());
    key(&mut model, KeyCode::Down);
    assert!(screen(&mut model, 100, 20).contains("2, as they were"));
}

#[test]
fn sections_go_round_rows_are_searched_and_it_can_be_left() {
    let (mut model, _) = Model::new();
    assert_eq!(key(&mut model, KeyCode::BackTab), [Ask::List(*Section::all().last().unwrap())]);
    assert_eq!(key(&mut model, KeyCode::Tab), [Ask::List(Section::all()[0])]);
    let mut model = pending();
    key(&mut model, KeyCode::Down);
    key(&mut model, KeyCode::Down);
    assert_eq!(model.selected, 1, "it stops at the last row");
    key(&mut model, KeyCode::Char('/'));
    typed(&mut model, "Annex");
    key(&mut model, KeyCode::Enter);
    assert_eq!(model.visible().len(), 1);
    assert!(screen(&mut model, 100, 20).contains("1 with `Annex`"));
    key(&mut model, KeyCode::Char('?'));
    assert!(screen(&mut model, 100, 30).contains("approve or reject"));
    key(&mut model, KeyCode::Esc);
    key(&mut model, KeyCode::Char('q'));
    assert!(model.is_over());
}

#[test]
fn an_open_green_list_shows_what_is_on_it_and_when() {
    let (mut model, _) = Model::new();
    let section = Section::Entries(Kind::GreenLists);
    while model.shown() != section {
        key(&mut model, KeyCode::Tab);
    }
    answer(&mut model, Ask::List(section), json!({ "greenLists": [{ "name": "greenLists/example" }] }));
    let asks = key(&mut model, KeyCode::Enter);
    let name = || "greenLists/example".to_owned();
    assert_eq!(asks, [Ask::Entry(Kind::GreenLists, name()), Ask::OnList(name())]);
    answer(&mut model, asks[0].clone(), json!({ "greenList": { "name": name(), "owner": "example.org" } }));
    let code = |code: &str| json!({ "edition": "HS2022", "code": code });
    let entries = json!([
        { "code": code("854143"), "effectiveFrom": "2024-01-01", "effectiveTo": "2027-12-31" },
        { "code": code("854142"), "ex": true,
          "exDescriptions": [{ "texts": [{ "language": "en", "text": "for panels" }] }] },
    ]);
    answer(&mut model, asks[1].clone(), json!({ "entries": entries, "nextPageToken": "more" }));
    let screen = screen(&mut model, 100, 30);
    for text in [
        "ENTRIES",
        "HS2022:854143 since 2024-01-01 until 2027-12-31",
        "HS2022:854142: for panels",
        "and more: see all with `greenlane list entries greenLists/example --all`",
    ] {
        assert!(screen.contains(text), "`{text}` is not on\n{screen}");
    }
}

#[test]
fn names_are_whole_on_a_screen_of_80_columns() {
    let (mut model, _) = Model::new();
    let name = "requirements/xb-photovoltaic-module-qualification";
    let section = Section::Entries(Kind::Requirements);
    while model.shown() != section {
        key(&mut model, KeyCode::Tab);
    }
    let row =
        json!({ "name": name, "market": "XB", "title": "Design qualification of photovoltaic modules (invented)" });
    answer(&mut model, Ask::List(section), json!({ "requirements": [row] }));
    let screen = screen(&mut model, 80, 24);
    assert!(screen.lines().any(|line| line.contains(name) && !line.contains('·')), "{screen}");
}

#[test]
fn a_narrow_screen_gives_its_width_to_the_list_and_its_height_to_what_is_open() {
    let mut model = pending();
    let narrow = screen(&mut model, 60, 20);
    assert!(narrow.lines().next().is_some_and(|line| line.starts_with("‹ Pending changes › 1 of ")), "{narrow}");
    assert!(narrow.lines().any(|line| line.contains("proposed") && line.contains("Accept a standard")), "{narrow}");
    let opened = screen(&mut open(), 60, 20);
    let at = opened.lines().position(|line| line.contains("WHAT IT DOES"));
    assert!(at.is_some_and(|line| line < 7), "{opened}");
}
