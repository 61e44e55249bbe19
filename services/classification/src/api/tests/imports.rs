use greenlane_api::classification::v1::change::Change as Raw;
use greenlane_api::classification::v1::change_service_client::ChangeServiceClient;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::{
    AbandonImportRequest, Change, ChangeSet, ChangeSetState, CreateChangeSetRequest, CreateImportRequest, Edition,
    EndEntry, GetChangeSetRequest, GetCodeRequest, GetEditionRequest, GetGreenListRequest, GetImportRequest, GreenList,
    GreenListEntry, Import, ImportFormat, ImportState, ListImportFaultsRequest, ListImportsRequest,
    NotifyChangeSetRequest, ProposeChangeSetRequest, PublishChangeSetRequest, RevertChangeSetRequest,
    ReviewChangeSetRequest, UploadImportRequest, UploadImportResponse, ValidateChangeSetRequest,
};
use greenlane_api::common::v1::{ErrorReason, LocalizedText, Source};
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use sha2::{Digest as _, Sha256};
use tonic::{Code, Status};

use super::running::{Running, code};
use crate::Migrator;

engine_tests!(Migrator:
    a_file_is_received_checked_proposed_and_published_as_one_revision,
    a_broken_upload_goes_on_where_it_ended,
    a_bad_row_is_told_with_its_line_and_stops_nothing_else,
    a_file_that_is_not_the_announced_one_changes_nothing,
    an_import_that_is_given_up_was_never_seen,
    every_bad_field_of_an_import_is_named,
    a_list_changes_by_change_sets_and_back,
    what_is_wrong_with_changes_of_lists_is_told_at_once,
);

const TEXT: &str =
    "code,description_en,description_zh\n01,Live animals,活动物\n0101,Horses,马\n010121,For breeding,种马\n";

fn edition() -> Edition {
    Edition { name: "editions/HS2028".to_owned(), ..Edition::default() }
}

fn create(id: &str, text: &str) -> CreateImportRequest {
    CreateImportRequest {
        request_id: id.to_owned(),
        format: ImportFormat::CodesCsv.into(),
        edition: Some(edition()),
        sha256: hex::encode(Sha256::digest(text)),
        source: Some(Source { uri: "https://example.org/hs2028".to_owned(), ..Source::default() }),
        ..CreateImportRequest::default()
    }
}

fn codes(running: &Running) -> CodeSystemServiceClient<Client> {
    CodeSystemServiceClient::new(running.client(&["codes.read", "codes.write"]))
}

fn changes(running: &Running) -> ChangeServiceClient<Client> {
    ChangeServiceClient::new(running.client(&["codes.read", "lists.write"]))
}

fn reviewer(running: &Running) -> ChangeServiceClient<Client> {
    ChangeServiceClient::new(running.client_of("reviewer", &["codes.read", "catalogue.review", "catalogue.publish"]))
}

async fn announce(running: &Running, request: CreateImportRequest) -> Import {
    codes(running).create_import(request).await.unwrap().into_inner().import.unwrap()
}

fn piece(name: &str, offset: usize, data: &str, last: bool) -> UploadImportRequest {
    UploadImportRequest { name: name.to_owned(), offset: offset as u64, data: data.as_bytes().to_vec().into(), last }
}

async fn upload(running: &Running, pieces: Vec<UploadImportRequest>) -> Result<Vec<UploadImportResponse>, Status> {
    let mut answers = codes(running).upload_import(tokio_stream::iter(pieces)).await?.into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await? {
        all.push(answer);
    }
    Ok(all)
}

async fn drafted(running: &Running, id: &str, changes_made: Vec<Raw>) -> ChangeSet {
    let change_set = ChangeSet {
        title: "A change".to_owned(),
        reason: "To test.".to_owned(),
        changes: changes_made.into_iter().map(|change| Change { change: Some(change) }).collect(),
        ..ChangeSet::default()
    };
    let request = CreateChangeSetRequest {
        request_id: id.to_owned(),
        change_set: Some(change_set),
        ..CreateChangeSetRequest::default()
    };
    changes(running).create_change_set(request).await.unwrap().into_inner().change_set.unwrap()
}

async fn proposed(running: &Running, id: &str, changes_made: Vec<Raw>) -> String {
    let name = drafted(running, id, changes_made).await.name;
    let request = ProposeChangeSetRequest { request_id: format!("{id}-p"), name: name.clone(), ..Default::default() };
    changes(running).propose_change_set(request).await.unwrap();
    name
}

async fn published(running: &Running, id: &str, changes_made: Vec<Raw>) -> (String, u64) {
    let name = proposed(running, id, changes_made).await;
    let review = ReviewChangeSetRequest {
        request_id: format!("{id}-r"),
        name: name.clone(),
        approve: true,
        ..Default::default()
    };
    reviewer(running).review_change_set(review).await.unwrap();
    let publish = PublishChangeSetRequest { request_id: format!("{id}-x"), name: name.clone(), ..Default::default() };
    let revision = reviewer(running).publish_change_set(publish).await.unwrap().into_inner().revision;
    (name, revision)
}

async fn import(running: &Running, name: &str) -> Import {
    let request = GetImportRequest { name: name.to_owned() };
    codes(running).get_import(request).await.unwrap().into_inner().import.unwrap()
}

async fn a_file_is_received_checked_proposed_and_published_as_one_revision(db: TestDatabase) {
    let running = Running::start(&db).await;
    let made = announce(&running, create("one", TEXT)).await;
    assert_eq!((made.state(), made.edition.as_str()), (ImportState::Receiving, "editions/HS2028"));
    let again = announce(&running, create("one", TEXT)).await;
    assert_eq!(again, made, "the same request is done once");
    let answers = upload(&running, vec![piece(&made.name, 0, TEXT, true)]).await.unwrap();
    let done = answers.last().unwrap().import.clone().unwrap();
    assert_eq!((done.state(), done.rows, done.accepted_rows, done.refused_rows), (ImportState::Complete, 3, 3, 0));

    let get = GetEditionRequest { name: "editions/HS2028".to_owned(), ..Default::default() };
    let unseen = running.code_systems().get_edition(get.clone()).await.unwrap_err();
    assert_eq!(unseen.code(), Code::NotFound, "nothing is seen before it is published");

    let name = proposed(&running, "change", vec![Raw::PublishImport(made.name.clone())]).await;
    let marked = import(&running, &made.name).await;
    assert_eq!((marked.state(), &marked.change_set), (ImportState::Proposed, &name));
    let review =
        ReviewChangeSetRequest { request_id: "r".to_owned(), name: name.clone(), approve: true, ..Default::default() };
    reviewer(&running).review_change_set(review).await.unwrap();
    let publish = PublishChangeSetRequest { request_id: "x".to_owned(), name: name.clone(), ..Default::default() };
    assert_eq!(reviewer(&running).publish_change_set(publish).await.unwrap().into_inner().revision, 2);
    let after = import(&running, &made.name).await;
    assert_eq!((after.state(), after.published_revision), (ImportState::Published, 2));

    let edition = running.code_systems().get_edition(get).await.unwrap().into_inner().edition.unwrap();
    assert_eq!((edition.code_count, edition.effective_from.as_str()), (3, "2028-01-01"));
    assert_eq!(edition.source.unwrap().uri, "https://example.org/hs2028");
    let request =
        GetCodeRequest { code: code("HS2028", "010121"), include_ancestors: true, ..GetCodeRequest::default() };
    let found = running.lookup().get_code(request).await.unwrap().into_inner();
    assert_eq!((found.code.unwrap().descriptions.len(), found.ancestors.len(), found.revision), (2, 2, 2));
    let hs2022 = GetEditionRequest { name: "editions/HS2022".to_owned(), ..Default::default() };
    let hs2022 = running.code_systems().get_edition(hs2022).await.unwrap().into_inner().edition.unwrap();
    assert_eq!(hs2022.effective_to, "2027-12-31", "the one before it ends");
    running.end().await;
}

async fn a_broken_upload_goes_on_where_it_ended(db: TestDatabase) {
    let running = Running::start(&db).await;
    let made = announce(&running, create("one", TEXT)).await;
    let (first, second) = TEXT.split_at(50);
    upload(&running, vec![piece(&made.name, 0, first, false)]).await.unwrap();
    let kept = import(&running, &made.name).await;
    assert_eq!((kept.state(), kept.received_bytes), (ImportState::Receiving, 50));
    let wrong = upload(&running, vec![piece(&made.name, 49, second, true)]).await.unwrap_err();
    assert_eq!(Fault::violations_of(&wrong)[0].field, "offset");
    let answers = upload(&running, vec![piece(&made.name, 50, second, true)]).await.unwrap();
    let done = answers.last().unwrap().import.clone().unwrap();
    assert_eq!((done.state(), done.accepted_rows), (ImportState::Complete, 3));
    let late = upload(&running, vec![piece(&made.name, TEXT.len(), "x", true)]).await.unwrap_err();
    assert_eq!(Fault::reason_of(&late), Some(ErrorReason::StateConflict));
    running.end().await;
}

async fn a_bad_row_is_told_with_its_line_and_stops_nothing_else(db: TestDatabase) {
    let running = Running::start(&db).await;
    let text = "code,description_en\n01,Live animals\n0101,\n102,Cattle\n0102,Again\n";
    let made = announce(&running, create("one", text)).await;
    let (first, second) = text.split_at(41);
    let pieces = vec![piece(&made.name, 0, first, false), piece("", 41, second, true)];
    let answers = upload(&running, pieces).await.unwrap();
    let told = answers.iter().flat_map(|answer| &answer.faults).map(|fault| (fault.line, fault.code.as_str()));
    let expected = [(3, "description_empty"), (4, "leading_zero_lost"), (5, "duplicate")];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let done = import(&running, &made.name).await;
    assert_eq!((done.rows, done.accepted_rows, done.refused_rows), (4, 2, 2));
    let mut paged = Vec::new();
    let mut request = ListImportFaultsRequest { name: made.name.clone(), page_size: 2, ..Default::default() };
    loop {
        let page = codes(&running).list_import_faults(request.clone()).await.unwrap().into_inner();
        paged.extend(page.faults);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(paged.iter().map(|fault| (fault.line, fault.code.as_str())).collect::<Vec<_>>(), expected);
    assert!(paged[1].mended && paged[1].column == "code" && paged[1].value == "102");
    published(&running, "change", vec![Raw::PublishImport(made.name)]).await;
    let request = GetCodeRequest { code: code("HS2028", "0102"), ..GetCodeRequest::default() };
    assert!(running.lookup().get_code(request).await.is_ok());
    running.end().await;
}

async fn a_file_that_is_not_the_announced_one_changes_nothing(db: TestDatabase) {
    let running = Running::start(&db).await;
    let made = announce(&running, create("one", "another file")).await;
    let refused = upload(&running, vec![piece(&made.name, 0, TEXT, true)]).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "data");
    assert_eq!(import(&running, &made.name).await.received_bytes, 0);
    let draft = drafted(&running, "change", vec![Raw::PublishImport(made.name.clone())]).await;
    let validate = ValidateChangeSetRequest { name: draft.name };
    let findings = changes(&running).validate_change_set(validate).await.unwrap().into_inner().findings;
    assert_eq!(findings[0].code, "import_incomplete");

    // A file of which no row can be taken is not published either.
    let text = "code,description_en\nx,y\n";
    let made = announce(&running, create("two", text)).await;
    upload(&running, vec![piece(&made.name, 0, text, true)]).await.unwrap();
    let draft = drafted(&running, "empty", vec![Raw::PublishImport(made.name)]).await;
    let propose = ProposeChangeSetRequest { request_id: "p".to_owned(), name: draft.name, ..Default::default() };
    let refused = changes(&running).propose_change_set(propose).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(Fault::violations_of(&refused)[0].description.starts_with("import_incomplete"));
    running.end().await;
}

async fn an_import_that_is_given_up_was_never_seen(db: TestDatabase) {
    let running = Running::start(&db).await;
    let made = announce(&running, create("one", TEXT)).await;
    upload(&running, vec![piece(&made.name, 0, TEXT, true)]).await.unwrap();
    let abandon = |id: &str| AbandonImportRequest {
        request_id: id.to_owned(),
        name: made.name.clone(),
        ..AbandonImportRequest::default()
    };
    let dry = AbandonImportRequest { validate_only: true, ..abandon("dry") };
    codes(&running).abandon_import(dry).await.unwrap();
    assert_eq!(import(&running, &made.name).await.state(), ImportState::Complete);
    let gone = codes(&running).abandon_import(abandon("a")).await.unwrap().into_inner().import.unwrap();
    assert_eq!(gone.state(), ImportState::Abandoned);
    let again = codes(&running).abandon_import(abandon("b")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&again), Some(ErrorReason::StateConflict));
    let listed = ListImportsRequest { state: ImportState::Abandoned.into(), ..Default::default() };
    assert_eq!(codes(&running).list_imports(listed).await.unwrap().into_inner().imports, [gone]);
    running.end().await;
}

async fn every_bad_field_of_an_import_is_named(db: TestDatabase) {
    let running = Running::start(&db).await;
    let bad = CreateImportRequest {
        request_id: "?".to_owned(),
        edition: Some(Edition { name: "HS2028".to_owned(), ..Edition::default() }),
        second_edition: "HS2022".to_owned(),
        sha256: "12".to_owned(),
        ..CreateImportRequest::default()
    };
    let refused = codes(&running).create_import(bad).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["request_id", "format", "edition.name", "second_edition", "sha256", "source"]);
    let new = CreateImportRequest {
        edition: Some(Edition { name: "editions/XA-2026".to_owned(), ..Edition::default() }),
        ..create("new", TEXT)
    };
    let refused = codes(&running).create_import(new).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["edition.effective_from", "edition.code_system"]);
    let ended = CreateImportRequest {
        edition: Some(Edition {
            name: "editions/XA-2026".to_owned(),
            effective_from: "2026-01-01".to_owned(),
            effective_to: "2025-12-31".to_owned(),
            ..Edition::default()
        }),
        ..create("ended", TEXT)
    };
    let refused = codes(&running).create_import(ended).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["edition.effective_to", "edition.code_system"]);
    let terms = CreateImportRequest {
        format: ImportFormat::UkSearchReferences.into(),
        edition: Some(Edition { name: "editions/HS2022".to_owned(), ..Edition::default() }),
        ..create("part", TEXT)
    };
    for (bad, field) in [
        (CreateImportRequest { in_part: true, ..terms.clone() }, "in_part"),
        (CreateImportRequest { whole: true, ..terms }, "whole"),
        (CreateImportRequest { in_part: true, whole: true, ..create("part", TEXT) }, "whole"),
    ] {
        let refused = codes(&running).create_import(bad).await.unwrap_err();
        let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
        assert_eq!(fields, [field]);
    }
    let none = GetImportRequest { name: "imports/none".to_owned() };
    assert_eq!(codes(&running).get_import(none).await.unwrap_err().code(), Code::NotFound);
    running.end().await;
}

fn words(text: &str) -> Vec<LocalizedText> {
    vec![LocalizedText { language: "en".to_owned(), text: text.to_owned() }]
}

fn list() -> Raw {
    Raw::PutGreenList(GreenList {
        name: "greenLists/example".to_owned(),
        titles: words("An invented list"),
        edition: "editions/HS2022".to_owned(),
        source: Some(Source { example: true, ..Source::default() }),
        ..GreenList::default()
    })
}

fn entry(digits: &str) -> Raw {
    Raw::PutEntry(GreenListEntry {
        name: format!("greenLists/example/entries/{digits}"),
        code: code("HS2022", digits),
        ..GreenListEntry::default()
    })
}

async fn a_list_changes_by_change_sets_and_back(db: TestDatabase) {
    let running = Running::start(&db).await;
    let (_, revision) = published(&running, "new", vec![list(), entry("854143"), entry("850231")]).await;
    assert_eq!(revision, 2);
    let get = || GetGreenListRequest { name: "greenLists/example".to_owned(), ..Default::default() };
    let made = running.green_lists().get_green_list(get()).await.unwrap().into_inner().green_list.unwrap();
    assert_eq!((made.version, made.entry_count), (1, 2));
    let (added, _) = published(&running, "more", vec![entry("850760")]).await;
    let more = running.green_lists().get_green_list(get()).await.unwrap().into_inner().green_list.unwrap();
    assert_eq!((more.version, more.entry_count), (2, 3));

    // What takes something off a list is open for comment first.
    let end = Raw::EndEntry(EndEntry {
        name: "greenLists/example/entries/850231".to_owned(),
        effective_to: "2026-05-31".to_owned(),
        reason: "To test.".to_owned(),
    });
    let name = proposed(&running, "end", vec![end]).await;
    let review = |id: &str| ReviewChangeSetRequest {
        request_id: id.to_owned(),
        name: name.clone(),
        approve: true,
        ..Default::default()
    };
    let early = reviewer(&running).review_change_set(review("early")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&early), Some(ErrorReason::StateConflict));
    let notify = NotifyChangeSetRequest { request_id: "n".to_owned(), name: name.clone(), ..Default::default() };
    changes(&running).notify_change_set(notify).await.unwrap();
    running.clock.advance(chrono::TimeDelta::days(61));
    reviewer(&running).review_change_set(review("late")).await.unwrap();
    let publish = PublishChangeSetRequest { request_id: "x".to_owned(), name: name.clone(), ..Default::default() };
    reviewer(&running).publish_change_set(publish).await.unwrap();
    let ended = running.green_lists().get_green_list(get()).await.unwrap().into_inner().green_list.unwrap();
    assert_eq!((ended.version, ended.entry_count), (3, 2));

    let revert = RevertChangeSetRequest {
        request_id: "revert".to_owned(),
        name: added.clone(),
        reason: "A mistake.".to_owned(),
        ..Default::default()
    };
    let reverted = changes(&running).revert_change_set(revert).await.unwrap().into_inner().change_set.unwrap();
    assert_eq!((reverted.reverts.as_str(), reverted.state()), (added.as_str(), ChangeSetState::Draft));
    let get = GetChangeSetRequest { name: reverted.name.clone() };
    assert_eq!(changes(&running).get_change_set(get).await.unwrap().into_inner().change_set, Some(reverted));
    running.end().await;
}

async fn what_is_wrong_with_changes_of_lists_is_told_at_once(db: TestDatabase) {
    let running = Running::start(&db).await;
    let part = Raw::PutEntry(GreenListEntry {
        name: "greenLists/example/entries/part".to_owned(),
        code: code("HS2022", "850760"),
        ex: true,
        ..GreenListEntry::default()
    });
    let other = Raw::PutEntry(GreenListEntry {
        name: "greenLists/example/entries/other".to_owned(),
        code: code("HS2022", "854143"),
        ..GreenListEntry::default()
    });
    let changes_made = vec![
        list(),
        entry("854143"),
        entry("854140"),
        part,
        other,
        entry("854143"),
        Raw::RetireGreenList("greenLists/none".to_owned()),
        Raw::PublishImport("imports/none".to_owned()),
    ];
    let draft = drafted(&running, "draft", changes_made).await;
    let validate = ValidateChangeSetRequest { name: draft.name };
    let findings = changes(&running).validate_change_set(validate).await.unwrap().into_inner().findings;
    let told: Vec<_> = findings.iter().map(|finding| (finding.change_index, finding.code.as_str())).collect();
    let expected = [
        (2, "code_unknown"),
        (3, "ex_without_description"),
        (4, "overlap"),
        (5, "entry_repeated"),
        (6, "list_unknown"),
        (7, "import_unknown"),
    ];
    assert_eq!(told, expected);
    running.end().await;
}
