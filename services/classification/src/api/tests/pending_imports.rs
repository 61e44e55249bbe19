//! What becomes of imports, and of changes of lists, while the catalogue moves under them.

use greenlane_api::classification::v1 as pb;
use greenlane_api::classification::v1::change::Change as Raw;
use greenlane_api::classification::v1::change_service_client::ChangeServiceClient;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::common::v1::{ErrorReason, LocalizedText};
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tonic::{Code, Status};

use super::owners::{SCOPES, upload};
use super::running::{Running, code};
use crate::Migrator;

engine_tests!(Migrator:
    an_import_that_takes_something_away_is_open_for_comments_and_one_that_adds_is_not,
    an_import_undoes_nothing_that_was_published_after_it_was_written,
    a_list_is_retired_whatever_is_put_on_it_meanwhile,
    the_record_of_a_published_import_is_of_its_rows_as_they_were_published,
    an_import_of_which_rows_would_be_refused_by_now_is_not_published,
    what_an_import_adds_removes_and_changes_is_told_before_it_is_published_and_after,
);

fn author(running: &Running) -> Client {
    running.client_of("author", SCOPES)
}

fn changes(running: &Running) -> ChangeServiceClient<Client> {
    ChangeServiceClient::new(author(running))
}

fn reviewer(running: &Running) -> ChangeServiceClient<Client> {
    ChangeServiceClient::new(running.client_of("reviewer", &["codes.read", "catalogue.review", "catalogue.publish"]))
}

async fn propose(running: &Running, id: &str, made: Vec<Raw>) -> Result<pb::ProposeChangeSetResponse, Status> {
    let change_set = pb::ChangeSet {
        title: "A change".to_owned(),
        reason: "To test.".to_owned(),
        changes: made.into_iter().map(|change| pb::Change { change: Some(change) }).collect(),
        ..Default::default()
    };
    let create =
        pb::CreateChangeSetRequest { request_id: id.to_owned(), change_set: Some(change_set), ..Default::default() };
    let made = changes(running).create_change_set(create).await?.into_inner().change_set.unwrap();
    let request = pb::ProposeChangeSetRequest { request_id: format!("{id}-p"), name: made.name, ..Default::default() };
    Ok(changes(running).propose_change_set(request).await?.into_inner())
}

async fn approve(running: &Running, id: &str, name: &str) -> Result<(), Status> {
    let review = pb::ReviewChangeSetRequest {
        request_id: format!("{id}-r"),
        name: name.to_owned(),
        approve: true,
        ..Default::default()
    };
    reviewer(running).review_change_set(review).await.map(drop)
}

async fn publish(running: &Running, id: &str, name: &str) -> Result<(), Status> {
    let publish =
        pb::PublishChangeSetRequest { request_id: format!("{id}-x"), name: name.to_owned(), ..Default::default() };
    reviewer(running).publish_change_set(publish).await.map(drop)
}

/// Sixty days of comments.
async fn heard(running: &Running, id: &str, name: &str) -> String {
    let notify =
        pb::NotifyChangeSetRequest { request_id: format!("{id}-n"), name: name.to_owned(), ..Default::default() };
    let notified = changes(running).notify_change_set(notify).await.unwrap().into_inner().change_set.unwrap();
    running.clock.advance(chrono::TimeDelta::days(61));
    notified.notification_text
}

async fn published(running: &Running, id: &str, made: Vec<Raw>) {
    let name = propose(running, id, made).await.unwrap().change_set.unwrap().name;
    approve(running, id, &name).await.unwrap();
    publish(running, id, &name).await.unwrap();
}

fn list() -> Raw {
    Raw::PutGreenList(pb::GreenList {
        name: "greenLists/example".to_owned(),
        titles: vec![LocalizedText { language: "en".to_owned(), text: "An invented list".to_owned() }],
        edition: "editions/HS2022".to_owned(),
        ..Default::default()
    })
}

fn entry(digits: &str, category: &str) -> Raw {
    Raw::PutEntry(pb::GreenListEntry {
        name: format!("greenLists/example/entries/{digits}"),
        code: code("HS2022", digits),
        category: category.to_owned(),
        ..Default::default()
    })
}

async fn file(running: &Running, text: &str) -> Raw {
    let name = upload(author(running), pb::ImportFormat::GreenListCsv, None, text).await.unwrap();
    Raw::PublishImport(name)
}

async fn an_import_that_takes_something_away_is_open_for_comments_and_one_that_adds_is_not(db: TestDatabase) {
    let running = Running::start(&db).await;
    published(&running, "new", vec![list(), entry("854143", ""), entry("850231", "")]).await;
    let more = "list,edition,code\nexample,HS2022,854143\nexample,HS2022,850231\nexample,HS2022,850760\n";
    let more = file(&running, more).await;
    published(&running, "more", vec![more]).await;

    let ends = "list,edition,code,effective_to\nexample,HS2022,854143,\nexample,HS2022,850231,2026-12-31\n\
                example,HS2022,850760,\n";
    let ends = file(&running, ends).await;
    let proposed = propose(&running, "ends", vec![ends]).await.unwrap();
    let told: Vec<_> = proposed.tightening.iter().map(|it| (it.entry.as_str(), it.what.as_str())).collect();
    assert_eq!(told, [("greenLists/example/entries/850231", "ends earlier")]);
    assert!(proposed.notification_duty.unwrap().required);
    let name = proposed.change_set.unwrap().name;
    let early = approve(&running, "early", &name).await.unwrap_err();
    assert_eq!(Fault::reason_of(&early), Some(ErrorReason::StateConflict));
    let text = heard(&running, "ends", &name).await;
    assert!(text.contains("greenLists/example/entries/850231 ends earlier"), "{text}");
    approve(&running, "late", &name).await.unwrap();
    publish(&running, "ends", &name).await.unwrap();
    running.end().await;
}

async fn an_import_undoes_nothing_that_was_published_after_it_was_written(db: TestDatabase) {
    let running = Running::start(&db).await;
    published(&running, "new", vec![list(), entry("854143", ""), entry("850231", "")]).await;
    let text = "list,edition,code\nexample,HS2022,854143\nexample,HS2022,850231\nexample,HS2022,850760\n";
    let file = file(&running, text).await;
    let name = propose(&running, "file", vec![file.clone()]).await.unwrap().change_set.unwrap().name;
    // Of another list nothing is undone.
    let Raw::PutGreenList(other) = list() else { unreachable!("it is a list") };
    let other = Raw::PutGreenList(pb::GreenList { name: "greenLists/other".to_owned(), ..other });
    published(&running, "other", vec![other]).await;
    approve(&running, "file", &name).await.unwrap();

    published(&running, "meanwhile", vec![entry("850231", "wind")]).await;
    let refused = publish(&running, "file", &name).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let violations = Fault::violations_of(&refused);
    assert!(violations[0].description.starts_with("entry_changed"), "{violations:?}");
    running.end().await;
}

async fn a_list_is_retired_whatever_is_put_on_it_meanwhile(db: TestDatabase) {
    let running = Running::start(&db).await;
    published(&running, "new", vec![list(), entry("854143", "")]).await;
    let retire = vec![Raw::RetireGreenList("greenLists/example".to_owned())];
    let name = propose(&running, "retire", retire).await.unwrap().change_set.unwrap().name;
    published(&running, "meanwhile", vec![entry("850231", "")]).await;
    let text = heard(&running, "retire", &name).await;
    assert!(text.contains("Proposed date of entry into force: on publication"), "{text}");
    approve(&running, "retire", &name).await.unwrap();
    publish(&running, "retire", &name).await.unwrap();
    let get = pb::GetGreenListRequest { name: "greenLists/example".to_owned(), ..Default::default() };
    let retired = running.green_lists().get_green_list(get).await.unwrap().into_inner().green_list.unwrap();
    assert_eq!(retired.effective_to, "2026-07-31");
    running.end().await;
}

const CODES: &str = "code,description_en\n01,Live animals\n0101,Horses\n010121,For breeding\n";

async fn nomenclature(running: &Running, text: &str) -> Raw {
    let format = pb::ImportFormat::CodesCsv;
    Raw::PublishImport(upload(author(running), format, Some("HS2028"), text).await.unwrap())
}

const LIVE: &str = "list,edition,code\nlive,HS2028,010121\nlive,HS2028,010129\n";

async fn record(running: &Running, import: &Raw) -> ((u64, u64, u64), usize) {
    let Raw::PublishImport(name) = import else { unreachable!("it is an import") };
    let mut systems = CodeSystemServiceClient::new(author(running));
    let get = pb::GetImportRequest { name: name.clone() };
    let found = systems.get_import(get).await.unwrap().into_inner().import.unwrap();
    let faults = pb::ListImportFaultsRequest { name: name.clone(), ..Default::default() };
    let faults = systems.list_import_faults(faults).await.unwrap().into_inner().faults;
    ((found.rows, found.accepted_rows, found.refused_rows), faults.len())
}

async fn the_record_of_a_published_import_is_of_its_rows_as_they_were_published(db: TestDatabase) {
    let running = Running::start(&db).await;
    let first = nomenclature(&running, CODES).await;
    published(&running, "first", vec![first]).await;
    let live = file(&running, LIVE).await;
    assert_eq!(record(&running, &live).await, ((2, 1, 1), 1), "one of the codes is not there yet");
    let second = nomenclature(&running, &format!("{CODES}010129,Others\n")).await;
    published(&running, "second", vec![second]).await;
    published(&running, "live", vec![live.clone()]).await;
    assert_eq!(record(&running, &live).await, ((2, 2, 0), 0));
    let get = pb::GetGreenListRequest { name: "greenLists/live".to_owned(), ..Default::default() };
    let live = running.green_lists().get_green_list(get).await.unwrap().into_inner().green_list.unwrap();
    assert_eq!(live.entry_count, 2);
    running.end().await;
}

async fn an_import_of_which_rows_would_be_refused_by_now_is_not_published(db: TestDatabase) {
    let running = Running::start(&db).await;
    let first = nomenclature(&running, &format!("{CODES}010129,Others\n")).await;
    published(&running, "first", vec![first]).await;
    let live = file(&running, LIVE).await;
    assert_eq!(record(&running, &live).await, ((2, 2, 0), 0));
    let fewer = nomenclature(&running, CODES).await;
    let proposed = propose(&running, "fewer", vec![fewer]).await.unwrap();
    let told: Vec<_> = proposed.tightening.iter().map(|it| (it.entry.as_str(), it.what.as_str())).collect();
    assert_eq!(told, [("editions/HS2028/codes/010129", "is deleted")]);
    let name = proposed.change_set.unwrap().name;
    heard(&running, "fewer", &name).await;
    approve(&running, "fewer", &name).await.unwrap();
    publish(&running, "fewer", &name).await.unwrap();
    let refused = propose(&running, "live", vec![live]).await.unwrap_err();
    let violations = Fault::violations_of(&refused);
    assert!(violations[0].description.starts_with("import_changed: 1 row of the file"), "{violations:?}");
    running.end().await;
}

/// What the first import of a change set does to codes.
async fn done_to_codes(running: &Running, name: &str) -> pb::ImportEffect {
    let request = pb::DiffChangeSetRequest { name: name.to_owned(), ..Default::default() };
    let diffs = changes(running).diff_change_set(request).await.unwrap().into_inner().diffs;
    let codes = diffs[0].import_effects.iter().find(|effect| effect.kind == "codes");
    codes.cloned().unwrap_or_default()
}

async fn what_an_import_adds_removes_and_changes_is_told_before_it_is_published_and_after(db: TestDatabase) {
    let running = Running::start(&db).await;
    let first = nomenclature(&running, CODES).await;
    let name = propose(&running, "first", vec![first]).await.unwrap().change_set.unwrap().name;
    let added = done_to_codes(&running, &name).await;
    assert_eq!((added.added, added.removed, added.changed), (3, 0, 0));
    assert_eq!(added.first_added, ["HS2028 01", "HS2028 0101", "HS2028 010121"]);
    approve(&running, "first", &name).await.unwrap();
    publish(&running, "first", &name).await.unwrap();
    assert_eq!(done_to_codes(&running, &name).await, added, "as it did when it was published");

    let other = "code,description_en\n01,Live animals\n0101,Horses and asses\n010129,Others\n";
    let other = nomenclature(&running, other).await;
    let name = propose(&running, "other", vec![other]).await.unwrap().change_set.unwrap().name;
    let expected = pb::ImportEffect {
        kind: "codes".to_owned(),
        added: 1,
        removed: 1,
        changed: 1,
        first_added: vec!["HS2028 010129".to_owned()],
        first_removed: vec!["HS2028 010121".to_owned()],
        first_changed: vec!["HS2028 0101".to_owned()],
    };
    assert_eq!(done_to_codes(&running, &name).await, expected);
    running.end().await;
}
