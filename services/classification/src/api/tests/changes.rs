use greenlane_api::classification::v1 as pb;
use greenlane_api::classification::v1::change_service_client::ChangeServiceClient;
use greenlane_api::common::v1::LocalizedText;
use greenlane_platform::client::Client;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;

use super::running::{Running, code};
use crate::Migrator;

engine_tests!(Migrator:
    a_draft_comes_with_its_findings_and_what_it_tightens,
    change_sets_are_listed_by_author_without_their_changes,
    a_notified_change_set_shows_its_notification_and_what_was_added,
    differences_come_in_pages_that_hold_each_once,
    a_list_that_is_put_as_it_was_read_stays_what_it_is,
    a_list_moves_to_another_edition_where_what_was_on_it_ends,
    an_entry_that_is_put_as_it_was_read_stays_what_it_is,
    what_is_wrong_with_a_list_is_that_of_all_changes_together_in_whatever_order_they_are,
);

const LIST: &str = "greenLists/ours";

fn changes(running: &Running, subject: &str) -> ChangeServiceClient<Client> {
    ChangeServiceClient::new(running.client_of(subject, &["codes.read", "lists.write"]))
}

fn list() -> pb::Change {
    let title = LocalizedText { language: "en".to_owned(), text: "An invented list".to_owned() };
    let list = pb::GreenList { name: LIST.to_owned(), titles: vec![title], ..Default::default() };
    pb::Change { change: Some(pb::change::Change::PutGreenList(list)) }
}

fn entry(digits: &str) -> pb::Change {
    let name = format!("{LIST}/entries/{digits}");
    let entry = pb::GreenListEntry { name, code: code("HS2022", digits), ..Default::default() };
    pb::Change { change: Some(pb::change::Change::PutEntry(entry)) }
}

fn retire(list: &str) -> pb::Change {
    pb::Change { change: Some(pb::change::Change::RetireGreenList(list.to_owned())) }
}

fn create(request_id: &str, changes: Vec<pb::Change>) -> pb::CreateChangeSetRequest {
    let change_set = pb::ChangeSet { title: "Ours".to_owned(), changes, ..Default::default() };
    pb::CreateChangeSetRequest { request_id: request_id.to_owned(), change_set: Some(change_set), ..Default::default() }
}

async fn a_draft_comes_with_its_findings_and_what_it_tightens(db: TestDatabase) {
    let running = Running::start(&db).await;
    let request = create("draft", vec![list(), entry("999999"), retire("greenLists/apec-54")]);
    let dry = pb::CreateChangeSetRequest { validate_only: true, request_id: "dry".to_owned(), ..request.clone() };
    let mut author = changes(&running, "author");
    for request in [dry, request] {
        let answer = author.create_change_set(request).await.unwrap().into_inner();
        let found: Vec<_> = answer.findings.iter().map(|it| (it.code.as_str(), it.entry.as_str())).collect();
        assert_eq!(found, [("code_unknown", "greenLists/ours/entries/999999")]);
        let tightened: Vec<_> = answer.tightening.iter().map(|it| (it.entry.as_str(), it.what.as_str())).collect();
        assert_eq!(tightened, [("greenLists/apec-54", "is retired")]);
    }
    let listed = author.list_change_sets(pb::ListChangeSetsRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.change_sets.len(), 1, "the dry run wrote nothing");
    let name = listed.change_sets[0].name.clone();
    let validated = author.validate_change_set(pb::ValidateChangeSetRequest { name }).await.unwrap().into_inner();
    assert_eq!((validated.findings.len(), validated.tightening.len()), (1, 1));
    running.end().await;
}

async fn change_sets_are_listed_by_author_without_their_changes(db: TestDatabase) {
    let running = Running::start(&db).await;
    for author in ["one", "two", "two"] {
        let request = create(&uuid::Uuid::now_v7().to_string(), vec![list()]);
        changes(&running, author).create_change_set(request).await.unwrap();
    }
    let mut reader = changes(&running, "reader");
    let by = |author: &str| pb::ListChangeSetsRequest { author: author.to_owned(), page_size: 1, ..Default::default() };
    let first = reader.list_change_sets(by("two")).await.unwrap().into_inner();
    assert_eq!((first.change_sets.len(), first.change_sets[0].author.as_str()), (1, "two"));
    assert!(first.change_sets[0].changes.is_empty());
    let rest = pb::ListChangeSetsRequest { page_token: first.next_page_token.clone(), ..by("two") };
    let rest = reader.list_change_sets(rest).await.unwrap().into_inner();
    assert_eq!((rest.change_sets[0].author.as_str(), rest.next_page_token.as_str()), ("two", ""));
    let other = pb::ListChangeSetsRequest { page_token: first.next_page_token, ..by("one") };
    assert!(reader.list_change_sets(other).await.is_err(), "a page token is of its filter");
    running.end().await;
}

async fn a_notified_change_set_shows_its_notification_and_what_was_added(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut author = changes(&running, "author");
    let made = author.create_change_set(create("draft", vec![retire("greenLists/apec-54")])).await.unwrap();
    let name = made.into_inner().change_set.unwrap().name;
    let propose =
        pb::ProposeChangeSetRequest { request_id: "propose".to_owned(), name: name.clone(), ..Default::default() };
    author.propose_change_set(propose).await.unwrap();
    let notify = |id: &str, until: &str| pb::NotifyChangeSetRequest {
        request_id: id.to_owned(),
        name: name.clone(),
        comments_until: until.to_owned(),
        ..Default::default()
    };
    let notified = author.notify_change_set(notify("notify", "")).await.unwrap().into_inner().change_set.unwrap();
    let notification = notified.notification.unwrap();
    assert_eq!((notified.notification_symbol, notified.notification_text), (notification.symbol, notification.text));
    assert_eq!(notified.comments_until, notification.comments_until);
    let longer = author.notify_change_set(notify("longer", "2026-12-01")).await.unwrap().into_inner();
    let notification = longer.change_set.unwrap().notification.unwrap();
    assert_eq!((notification.comments_until.as_str(), notification.addenda.len()), ("2026-12-01", 1));
    running.end().await;
}

async fn differences_come_in_pages_that_hold_each_once(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut author = changes(&running, "author");
    let made = author.create_change_set(create("draft", vec![list(), entry("854143"), entry("850231")])).await.unwrap();
    let name = made.into_inner().change_set.unwrap().name;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = pb::DiffChangeSetRequest { name: name.clone(), page_size: 2, page_token: token };
        let page = author.diff_change_set(request).await.unwrap().into_inner();
        found.extend(page.diffs.into_iter().map(|diff| diff.entry));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, [LIST, "greenLists/ours/entries/854143", "greenLists/ours/entries/850231"]);
    running.end().await;
}

async fn a_list_that_is_put_as_it_was_read_stays_what_it_is(db: TestDatabase) {
    let running = Running::start(&db).await;
    let get = pb::GetGreenListRequest { name: "greenLists/apec-54".to_owned(), ..Default::default() };
    let read = running.green_lists().get_green_list(get).await.unwrap().into_inner().green_list.unwrap();
    assert!(read.narrowed, "its descriptions are not held here");
    let put = pb::Change { change: Some(pb::change::Change::PutGreenList(read)) };
    let mut author = changes(&running, "author");
    let made = author.create_change_set(create("draft", vec![put])).await.unwrap().into_inner();
    assert_eq!(made.tightening, []);
    let request = pb::DiffChangeSetRequest { name: made.change_set.unwrap().name, ..Default::default() };
    let diffs = author.diff_change_set(request).await.unwrap().into_inner().diffs;
    assert_eq!(diffs[0].before_json, diffs[0].after_json);
    running.end().await;
}

async fn what_is_wrong_with_a_list_is_that_of_all_changes_together_in_whatever_order_they_are(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut author = changes(&running, "author");
    let mut findings = async |changes: &[pb::change::Change]| {
        let changes = changes.iter().map(|change| pb::Change { change: Some(change.clone()) }).collect();
        let request = create(&uuid::Uuid::now_v7().to_string(), changes);
        let answer = author.create_change_set(request).await.unwrap().into_inner();
        answer.findings.into_iter().map(|it| (it.change_index, it.code)).collect::<Vec<_>>()
    };
    let put = |id: &str, from: &str, to: &str| {
        pb::change::Change::PutEntry(pb::GreenListEntry {
            name: format!("{LIST}/entries/{id}"),
            code: code("HS2022", "854143"),
            effective_from: from.to_owned(),
            effective_to: to.to_owned(),
            ..Default::default()
        })
    };
    let ours = list().change.unwrap();
    // One follows on another, whichever is written first; and what is not yet on a list has no order at all.
    let (old, new) = (put("old", "", "2026-12-31"), put("new", "2027-01-01", ""));
    assert_eq!(findings(&[ours.clone(), old.clone(), new.clone()]).await, []);
    assert_eq!(findings(&[ours.clone(), new.clone(), old.clone()]).await, []);
    let overlap = |index| vec![(index, "overlap".to_owned())];
    assert_eq!(findings(&[ours.clone(), new.clone(), put("old", "", "")]).await, overlap(2));

    // All entries are of the edition that the list is to be of.
    let of = |edition: &str, narrowed| {
        let pb::change::Change::PutGreenList(list) = ours.clone() else { unreachable!("it is a list") };
        pb::change::Change::PutGreenList(pb::GreenList { edition: edition.to_owned(), narrowed, ..list })
    };
    let wrong = |index| vec![(index, "edition_wrong".to_owned())];
    assert_eq!(findings(&[of("editions/HS2017", false), old.clone()]).await, wrong(1));
    let pb::change::Change::PutGreenList(apec) = of("editions/HS2022", true) else { unreachable!("it is a list") };
    let apec = pb::change::Change::PutGreenList(pb::GreenList { name: "greenLists/apec-54".to_owned(), ..apec });
    assert_eq!(findings(&[apec]).await, wrong(0), "its entries are of HS 2017");

    // A part that is described and not said to be one would bring all of the code.
    let pb::change::Change::PutEntry(entry) = old else { unreachable!("it is an entry") };
    let words = LocalizedText { language: "en".to_owned(), text: "only small ones".to_owned() };
    let described = pb::GreenListEntry {
        ex_descriptions: vec![pb::ExDescription { texts: vec![words], ..Default::default() }],
        ..entry
    };
    let described = pb::change::Change::PutEntry(described);
    assert_eq!(findings(&[ours.clone(), described.clone()]).await, [(1, "description_without_ex".to_owned())]);
    let without = |index| vec![(index, "description_without_ex".to_owned())];
    assert_eq!(findings(&[of("", true), described.clone()]).await, [], "of a narrowed list all are parts");
    assert_eq!(findings(&[described.clone(), of("", false)]).await, [(0, "list_unknown".to_owned())]);
    assert_eq!(findings(&[of("", true), described, of("", false)]).await[0], without(1)[0], "in whatever order");
    let get = pb::GetGreenListRequest { name: "greenLists/apec-54".to_owned(), ..Default::default() };
    let apec = running.green_lists().get_green_list(get).await.unwrap().into_inner().green_list.unwrap();
    let part = pb::GreenListEntry {
        name: "greenLists/apec-54/entries/part".to_owned(),
        code: code("HS2017", "854140"),
        ex: true,
        ..Default::default()
    };
    let wide = pb::change::Change::PutGreenList(pb::GreenList { narrowed: false, ..apec });
    let part = pb::change::Change::PutEntry(part);
    let told = findings(&[part, wide]).await;
    assert!(told.contains(&(0, "ex_without_description".to_owned())), "the list is narrowed no more: {told:?}");
    running.end().await;
}

async fn a_list_moves_to_another_edition_where_what_was_on_it_ends(db: TestDatabase) {
    use pb::change::Change as Raw;
    let running = Running::start(&db).await;
    let mut lists = running.green_lists();
    let name = || "greenLists/oecd-cleg".to_owned();
    let get = pb::GetGreenListRequest { name: name(), ..Default::default() };
    let list = lists.get_green_list(get).await.unwrap().into_inner().green_list.unwrap();
    let on_it = pb::ListGreenListEntriesRequest { name: name(), page_size: 1_000, ..Default::default() };
    let on_it = lists.list_green_list_entries(on_it).await.unwrap().into_inner().entries;
    let moved = Raw::PutGreenList(pb::GreenList { edition: "editions/HS2022".to_owned(), ..list });
    let ends = on_it.iter().map(|entry| {
        let effective_to = "2027-12-31".to_owned();
        Raw::EndEntry(pb::EndEntry { name: entry.name.clone(), effective_to, ..Default::default() })
    });
    let new = pb::GreenListEntry {
        name: format!("{}/entries/new", name()),
        code: code("HS2022", "854143"),
        ..Default::default()
    };
    let all = std::iter::once(moved).chain(ends).chain([Raw::PutEntry(new)]);
    let all = all.map(|change| pb::Change { change: Some(change) }).collect();
    let answer = changes(&running, "author").create_change_set(create("draft", all)).await.unwrap().into_inner();
    assert_eq!(answer.findings, []);
    running.end().await;
}

async fn an_entry_that_is_put_as_it_was_read_stays_what_it_is(db: TestDatabase) {
    let running = Running::start(&db).await;
    let on_it = pb::ListGreenListEntriesRequest { name: "greenLists/apec-54".to_owned(), ..Default::default() };
    let on_it = running.green_lists().list_green_list_entries(on_it).await.unwrap().into_inner().entries;
    assert!(on_it[0].source.is_some(), "it comes from where its list does");
    let put = pb::Change { change: Some(pb::change::Change::PutEntry(on_it[0].clone())) };
    let mut author = changes(&running, "author");
    let made = author.create_change_set(create("draft", vec![put])).await.unwrap().into_inner();
    let request = pb::DiffChangeSetRequest { name: made.change_set.unwrap().name, ..Default::default() };
    let diffs = author.diff_change_set(request).await.unwrap().into_inner().diffs;
    assert_eq!(diffs[0].before_json, diffs[0].after_json);
    running.end().await;
}
