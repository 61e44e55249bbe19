use greenlane_api::classification::v1::change::Change as Raw;
use greenlane_api::classification::v1::change_service_client::ChangeServiceClient;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::{
    AbandonImportRequest, Change, ChangeSet, CodeSystem, CreateChangeSetRequest, CreateImportRequest, Edition,
    EndEntry, GetCodeSystemRequest, GetGreenListRequest, GetImportRequest, GreenList, GreenListEntry, ImportFormat,
    NotifyChangeSetRequest, ProposeChangeSetRequest, PublishChangeSetRequest, ReviewChangeSetRequest,
    SearchCodesRequest, UpdateChangeSetRequest, UploadImportRequest,
};
use greenlane_api::common::v1::{ErrorReason, LocalizedText, Source};
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use sha2::{Digest as _, Sha256};
use tonic::{Code, Status};

use super::running::{Running, code, digits};
use crate::Migrator;

engine_tests!(Migrator:
    a_list_of_an_economy_is_changed_by_its_own_administrators_only,
    a_code_system_of_an_economy_is_imported_by_its_own_administrators_only,
    an_import_is_gone_on_with_given_up_and_proposed_by_its_own_only,
    every_step_of_an_import_is_for_those_to_whom_its_list_belongs_now,
    an_import_of_lists_of_two_economies_is_said_to_be_one_of_which_no_token_of_either_can_take_a_step,
    terms_of_the_uk_are_imported_and_found,
    synonyms_of_the_uk_are_imported_and_what_they_mean_is_found,
);

pub(super) const SCOPES: &[&str] = &["codes.read", "codes.write", "lists.write"];

fn list(economy: &str) -> Raw {
    Raw::PutGreenList(GreenList {
        name: "greenLists/national".to_owned(),
        titles: vec![LocalizedText { language: "en".to_owned(), text: "An invented national list".to_owned() }],
        edition: "editions/HS2022".to_owned(),
        economy: economy.to_owned(),
        source: Some(Source { example: true, ..Source::default() }),
        ..GreenList::default()
    })
}

fn entry() -> Raw {
    Raw::PutEntry(GreenListEntry {
        name: "greenLists/national/entries/854143".to_owned(),
        code: code("HS2022", "854143"),
        ..GreenListEntry::default()
    })
}

async fn draft(client: Client, id: &str, made: Vec<Raw>) -> Result<String, Status> {
    let change_set = ChangeSet {
        title: "A change".to_owned(),
        reason: "To test.".to_owned(),
        changes: made.into_iter().map(|change| Change { change: Some(change) }).collect(),
        ..ChangeSet::default()
    };
    let request = CreateChangeSetRequest {
        request_id: id.to_owned(),
        change_set: Some(change_set),
        ..CreateChangeSetRequest::default()
    };
    let made = ChangeServiceClient::new(client).create_change_set(request).await?;
    Ok(made.into_inner().change_set.unwrap().name)
}

pub(super) async fn publish(running: &Running, author: Client, id: &str, made: Vec<Raw>) {
    let reviewer = running.client_in("XA", "reviewer", &["codes.read", "catalogue.review", "catalogue.publish"]);
    publish_by(author, reviewer, id, made).await;
}

async fn publish_by(author: Client, reviewer: Client, id: &str, made: Vec<Raw>) {
    let name = draft(author.clone(), id, made).await.unwrap();
    let propose = ProposeChangeSetRequest { request_id: format!("{id}-p"), name: name.clone(), ..Default::default() };
    ChangeServiceClient::new(author).propose_change_set(propose).await.unwrap();
    let mut reviewer = ChangeServiceClient::new(reviewer);
    let review = ReviewChangeSetRequest {
        request_id: format!("{id}-r"),
        name: name.clone(),
        approve: true,
        ..Default::default()
    };
    reviewer.review_change_set(review).await.unwrap();
    let publish = PublishChangeSetRequest { request_id: format!("{id}-x"), name, ..Default::default() };
    reviewer.publish_change_set(publish).await.unwrap();
}

pub(super) async fn upload(
    client: Client,
    format: ImportFormat,
    edition: Option<&str>,
    text: &str,
) -> Result<String, Status> {
    let request = CreateImportRequest {
        format: format.into(),
        edition: edition.map(|id| Edition { name: format!("editions/{id}"), ..Edition::default() }),
        ..CreateImportRequest::default()
    };
    send(client, request, text).await
}

async fn send(client: Client, request: CreateImportRequest, text: &str) -> Result<String, Status> {
    let mut systems = CodeSystemServiceClient::new(client);
    let request = CreateImportRequest {
        request_id: hex::encode(&Sha256::digest(text)[..8]),
        sha256: hex::encode(Sha256::digest(text)),
        source: Some(Source { uri: "https://example.org/file".to_owned(), ..Source::default() }),
        ..request
    };
    let name = systems.create_import(request).await?.into_inner().import.unwrap().name;
    let piece =
        UploadImportRequest { name: name.clone(), offset: 0, data: text.as_bytes().to_vec().into(), last: true };
    let mut answers = systems.upload_import(tokio_stream::iter([piece])).await?.into_inner();
    while answers.message().await?.is_some() {}
    Ok(name)
}

async fn a_list_of_an_economy_is_changed_by_its_own_administrators_only(db: TestDatabase) {
    let running = Running::start(&db).await;
    let (own, other) = (running.client_in("XA", "author", SCOPES), running.client_in("XB", "author", SCOPES));
    publish(&running, own.clone(), "new", vec![list("XA"), entry()]).await;
    let get = GetGreenListRequest { name: "greenLists/national".to_owned(), ..Default::default() };
    let made = running.green_lists().get_green_list(get).await.unwrap().into_inner().green_list.unwrap();
    assert_eq!((made.economy.as_str(), made.entry_count), ("XA", 1));

    let end = Raw::EndEntry(EndEntry {
        name: "greenLists/national/entries/854143".to_owned(),
        effective_to: "2026-12-31".to_owned(),
        reason: String::new(),
    });
    let retire = Raw::RetireGreenList("greenLists/national".to_owned());
    let changes = [vec![list("XB")], vec![list("")], vec![entry()], vec![end], vec![retire]];
    for (number, made) in changes.into_iter().enumerate() {
        // Not of another economy, and not of nobody: only of the installation's own administrators.
        for client in [other.clone(), running.client(SCOPES)] {
            let refused = draft(client, &format!("other-{number}"), made.clone()).await.unwrap_err();
            assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours), "{made:?}");
        }
        draft(running.client_of("operator", &["admin"]), &format!("admin-{number}"), made).await.unwrap();
    }
    // Nor may anybody give a list to another economy.
    let given = draft(own.clone(), "given", vec![list("XB")]).await.unwrap_err();
    assert_eq!(given.code(), Code::PermissionDenied);
    let text = "list,edition,code\nnational,HS2022,854143\nnational,HS2022,850231\n";
    let refused = upload(other, ImportFormat::GreenListCsv, None, text).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours));
    upload(own, ImportFormat::GreenListCsv, None, &format!("{text}\n")).await.unwrap();
    running.end().await;
}

/// A first edition of a code system that is not here yet.
fn tariff(economy: &str) -> CreateImportRequest {
    CreateImportRequest {
        format: ImportFormat::CodesCsv.into(),
        edition: Some(Edition {
            name: "editions/XA2026".to_owned(),
            code_system: "codeSystems/xa-tariff".to_owned(),
            effective_from: "2026-01-01".to_owned(),
            ..Edition::default()
        }),
        code_system: Some(CodeSystem {
            name: "codeSystems/xa-tariff".to_owned(),
            economy: economy.to_owned(),
            code_lengths: vec![2, 4, 6],
            ..CodeSystem::default()
        }),
        ..CreateImportRequest::default()
    }
}

async fn a_code_system_of_an_economy_is_imported_by_its_own_administrators_only(db: TestDatabase) {
    let running = Running::start(&db).await;
    let client = |economy: &str| running.client_in(economy, "author", SCOPES);
    let refused = |answer: Result<String, Status>| {
        let refused = answer.unwrap_err();
        assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::NotYours), "{refused:?}");
        assert_eq!(Fault::metadata_of(&refused)["required"], "XA");
    };
    let text = "code,description_en\n01,Live animals\n0101,Horses\n010121,For breeding\n";
    // Nobody brings a code system for another economy, nor does one that belongs to none.
    refused(send(client("XB"), tariff("XA"), text).await);
    refused(send(running.client(SCOPES), tariff("XA"), text).await);
    let name = send(client("XA"), tariff("XA"), text).await.unwrap();
    publish(&running, client("XA"), "tariff", vec![Raw::PublishImport(name)]).await;
    let get = GetCodeSystemRequest { name: "codeSystems/xa-tariff".to_owned(), ..Default::default() };
    let made = running.code_systems().get_code_system(get).await.unwrap().into_inner().code_system.unwrap();
    assert_eq!(made.economy, "XA");

    // Once it is here it belongs to whom it belongs, whatever a file says of it.
    let text = format!("{text}010129,Others\n");
    refused(send(client("XB"), tariff("XB"), &text).await);
    refused(send(running.client(SCOPES), tariff(""), &text).await);
    let terms = "term,commodity_code\nhorse,0101210000\n";
    refused(upload(client("XB"), ImportFormat::UkSearchReferences, Some("XA2026"), terms).await);
    // Rows that name their edition themselves are found out when they are here.
    let rows = "edition,code,description_en\nXA2026,01,Live animals\n";
    refused(upload(client("XB"), ImportFormat::CodesCsv, None, rows).await);
    let links = "earlier,later\n010121,010121\n";
    let linked = |earlier: &str, later: &str| CreateImportRequest {
        format: ImportFormat::CorrelationCsv.into(),
        edition: Some(Edition { name: format!("editions/{earlier}"), ..Edition::default() }),
        second_edition: format!("editions/{later}"),
        ..CreateImportRequest::default()
    };
    refused(send(client("XB"), linked("HS2022", "XA2026"), links).await);
    refused(send(client("XB"), linked("XA2026", "HS2022"), links).await);

    // Its own administrators may, and those of the installation; and what is international anybody with the scope.
    send(client("XA"), tariff("XA"), &text).await.unwrap();
    send(running.client_of("operator", &["admin"]), tariff("XA"), &format!("{text}\n")).await.unwrap();
    upload(client("XB"), ImportFormat::UkSearchReferences, Some("HS2022"), &format!("{terms}\n")).await.unwrap();
    running.end().await;
}

async fn an_import_is_gone_on_with_given_up_and_proposed_by_its_own_only(db: TestDatabase) {
    let running = Running::start(&db).await;
    let codes = |number: u32| format!("code,description_en\n85,Invented goods of file {number}\n");
    let made = || CreateImportRequest {
        format: ImportFormat::CodesCsv.into(),
        edition: Some(Edition { name: "editions/HS2028".to_owned(), ..Edition::default() }),
        ..CreateImportRequest::default()
    };
    let (own, colleague, other) = (
        running.client_in("XA", "author", SCOPES),
        running.client_in("XA", "colleague", SCOPES),
        running.client_in("XB", "author", SCOPES),
    );
    let (nobodys, another) = (running.client_of("ann", SCOPES), running.client_of("ben", SCOPES));
    let installation = running.client_of("operator", &["admin"]);
    let of_economy = send(own.clone(), made(), &codes(1)).await.unwrap();
    let of_subject = send(nobodys.clone(), made(), &codes(2)).await.unwrap();

    let refused = |status: Status, claim: &str, required: &str| {
        assert_eq!((status.code(), Fault::reason_of(&status)), (Code::PermissionDenied, Some(ErrorReason::NotYours)));
        let metadata = Fault::metadata_of(&status);
        assert_eq!((metadata["claim"].as_str(), metadata["required"].as_str()), (claim, required));
    };
    let propose = |name: &str| vec![Raw::PublishImport(name.to_owned())];
    let abandon = |id: &str, name: &str| AbandonImportRequest {
        request_id: id.to_owned(),
        name: name.to_owned(),
        validate_only: true,
    };
    let piece =
        |name: &str| UploadImportRequest { name: name.to_owned(), offset: 0, data: Vec::new().into(), last: false };
    for stranger in [&other, &another] {
        let mut systems = CodeSystemServiceClient::new(stranger.clone());
        refused(draft(stranger.clone(), "theirs", propose(&of_economy)).await.unwrap_err(), "economy", "XA");
        refused(systems.abandon_import(abandon("a", &of_economy)).await.unwrap_err(), "economy", "XA");
        let upload = systems.upload_import(tokio_stream::iter([piece(&of_economy)])).await;
        refused(upload.err().unwrap(), "economy", "XA");
        let whose = format!("the author of {of_subject}");
        refused(draft(stranger.clone(), "ours", propose(&of_subject)).await.unwrap_err(), "sub", &whose);
        refused(systems.abandon_import(abandon("b", &of_subject)).await.unwrap_err(), "sub", &whose);
    }
    // Nor is it brought in by way of a draft that has something else in it.
    let name = draft(other.clone(), "harmless", vec![list("")]).await.unwrap();
    let update = UpdateChangeSetRequest {
        request_id: "sneak".to_owned(),
        change_set: Some(ChangeSet {
            name,
            changes: propose(&of_economy).into_iter().map(|change| Change { change: Some(change) }).collect(),
            ..ChangeSet::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["changes".to_owned()] }),
        ..UpdateChangeSetRequest::default()
    };
    refused(ChangeServiceClient::new(other).update_change_set(update).await.unwrap_err(), "economy", "XA");

    // Whoever acts for the same, and the installation's administrators, may. Who reviews need not be its owner.
    draft(installation, "installation", propose(&of_economy)).await.unwrap();
    CodeSystemServiceClient::new(colleague.clone()).abandon_import(abandon("c", &of_economy)).await.unwrap();
    draft(colleague, "colleague", propose(&of_economy)).await.unwrap();
    publish(&running, nobodys, "publish", propose(&of_subject)).await;
    running.end().await;
}

async fn every_step_of_an_import_is_for_those_to_whom_its_list_belongs_now(db: TestDatabase) {
    let running = Running::start(&db).await;
    let all = &["codes.read", "codes.write", "lists.write", "catalogue.review", "catalogue.publish"];
    let (own, other) = (running.client_in("XA", "author", all), running.client_in("XB", "author", all));
    let refused = |status: Status| {
        assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotYours), "{status:?}");
        assert_eq!(Fault::metadata_of(&status)["required"], "XA");
    };
    // Received while nobody had such a list.
    let text = "list,edition,code\nnational,HS2022,854143\nnational,HS2022,850231\n";
    let early = upload(other.clone(), ImportFormat::GreenListCsv, None, text).await.unwrap();
    let theirs = draft(other.clone(), "theirs", vec![Raw::PublishImport(early.clone())]).await.unwrap();
    publish(&running, own.clone(), "new", vec![list("XA"), entry()]).await;
    let propose = |name: &str| ProposeChangeSetRequest {
        request_id: format!("propose-{name}").replace('/', "-"),
        name: name.to_owned(),
        ..Default::default()
    };
    refused(ChangeServiceClient::new(other.clone()).propose_change_set(propose(&theirs)).await.unwrap_err());
    let again = draft(other.clone(), "again", vec![Raw::PublishImport(early)]).await.unwrap();
    refused(ChangeServiceClient::new(other.clone()).propose_change_set(propose(&again)).await.unwrap_err());

    // What its own have brought is notified, reviewed and published by its own.
    let ours = upload(own.clone(), ImportFormat::GreenListCsv, None, &format!("{text}\n")).await.unwrap();
    let ours = draft(own.clone(), "ours", vec![Raw::PublishImport(ours)]).await.unwrap();
    ChangeServiceClient::new(own).propose_change_set(propose(&ours)).await.unwrap();
    let mut strangers = ChangeServiceClient::new(other);
    let mut colleague = ChangeServiceClient::new(running.client_in("XA", "colleague", all));
    let notify = NotifyChangeSetRequest { request_id: "notify".to_owned(), name: ours.clone(), ..Default::default() };
    refused(strangers.notify_change_set(notify).await.unwrap_err());
    for approve in [false, true] {
        let review = ReviewChangeSetRequest {
            request_id: format!("review-{approve}"),
            name: ours.clone(),
            approve,
            comment: "To test.".to_owned(),
            ..Default::default()
        };
        refused(strangers.review_change_set(review.clone()).await.unwrap_err());
        if approve {
            colleague.review_change_set(review).await.unwrap();
        }
    }
    let publish = PublishChangeSetRequest { request_id: "publish".to_owned(), name: ours, ..Default::default() };
    refused(strangers.publish_change_set(publish.clone()).await.unwrap_err());
    colleague.publish_change_set(publish).await.unwrap();
    let get = GetGreenListRequest { name: "greenLists/national".to_owned(), ..Default::default() };
    let made = running.green_lists().get_green_list(get).await.unwrap().into_inner().green_list.unwrap();
    assert_eq!((made.economy.as_str(), made.entry_count), ("XA", 2));
    running.end().await;
}

async fn an_import_of_lists_of_two_economies_is_said_to_be_one_of_which_no_token_of_either_can_take_a_step(
    db: TestDatabase,
) {
    let running = Running::start(&db).await;
    let admin = running.client_of("author", &["admin", "codes.read", "codes.write", "lists.write"]);
    let of = |id: &str, economy: &str| {
        let Raw::PutGreenList(list) = list(economy) else { unreachable!("it is a list") };
        Raw::PutGreenList(GreenList { name: format!("greenLists/{id}"), ..list })
    };
    let reviewer = ["admin", "codes.read", "catalogue.review", "catalogue.publish"];
    let reviewer = running.client_of("reviewer", &reviewer);
    publish_by(admin.clone(), reviewer, "lists", vec![of("one", "XA"), of("two", "XB")]).await;
    let propose = async |id: &str, text: &str| {
        let import = upload(admin.clone(), ImportFormat::GreenListCsv, None, text).await.unwrap();
        let name = draft(admin.clone(), id, vec![Raw::PublishImport(import.clone())]).await.unwrap();
        let propose = ProposeChangeSetRequest { request_id: format!("{id}-p"), name, ..Default::default() };
        let proposed = ChangeServiceClient::new(admin.clone()).propose_change_set(propose).await.unwrap();
        (import, proposed.into_inner().findings)
    };
    let (import, findings) = propose("both", "list,edition,code\none,HS2022,854143\ntwo,HS2022,850231\n").await;
    let found: Vec<_> = findings.iter().map(|it| (it.code.as_str(), it.entry.as_str(), it.blocking)).collect();
    assert_eq!(found, [("no_common_owner", import.as_str(), false)]);
    assert!(findings[0].message.contains("belongs to XA; "), "{findings:?}");
    let (_, findings) = propose("one", "list,edition,code\none,HS2022,854143\n").await;
    assert_eq!(findings, []);
    running.end().await;
}

async fn terms_of_the_uk_are_imported_and_found(db: TestDatabase) {
    let running = Running::start(&db).await;
    let client = running.client(SCOPES);
    let text = "term,commodity_code\nsun catcher,8541430010\nwindmill,8502310000\n";
    let search = async |query: &str| {
        let request = SearchCodesRequest {
            query: query.to_owned(),
            editions: vec!["HS2022".to_owned()],
            ..SearchCodesRequest::default()
        };
        let hits = running.lookup().search_codes(request).await.unwrap().into_inner().hits;
        hits.into_iter().map(|hit| hit.code.unwrap().reference.unwrap()).collect::<Vec<_>>()
    };
    assert!(search("catcher").await.is_empty());
    let unknown = upload(client.clone(), ImportFormat::UkSearchReferences, Some("XA2026"), text).await.unwrap_err();
    assert_eq!(Fault::violations_of(&unknown)[0].field, "edition.name");
    let name = upload(client.clone(), ImportFormat::UkSearchReferences, Some("HS2022"), text).await.unwrap();
    publish(&running, client.clone(), "terms", vec![Raw::PublishImport(name)]).await;
    let found = search("catcher").await;
    assert_eq!(digits(found.iter().map(Some)), ["854143"]);
    // The next file takes the place of the first.
    let text = "term,commodity_code\nwindmill,8502310000\n";
    let name = upload(client.clone(), ImportFormat::UkSearchReferences, Some("HS2022"), text).await.unwrap();
    publish(&running, client, "fewer", vec![Raw::PublishImport(name)]).await;
    assert!(search("catcher").await.is_empty());
    assert_eq!(digits(search("windmill").await.iter().map(Some)), ["850231"]);
    running.end().await;
}

async fn synonyms_of_the_uk_are_imported_and_what_they_mean_is_found(db: TestDatabase) {
    let running = Running::start(&db).await;
    let client = running.client(SCOPES);
    let search = async |query: &str| {
        let editions = vec!["HS2022".to_owned()];
        let request = SearchCodesRequest { query: query.to_owned(), editions, ..SearchCodesRequest::default() };
        let hits = running.lookup().search_codes(request).await.unwrap().into_inner().hits;
        hits.into_iter().next().map(|hit| hit.matched_words)
    };
    assert_eq!(search("helioplate").await, None);
    let text = "# invented\nhelioplate,photovoltaic,helio plate\nwindthing=>turbine\n";
    let name = upload(client.clone(), ImportFormat::UkSearchSynonyms, None, text).await.unwrap();
    publish(&running, client.clone(), "synonyms", vec![Raw::PublishImport(name)]).await;
    assert_eq!(search("helioplate").await, Some(vec!["helioplate".to_owned()]));
    assert!(search("windthing").await.is_some());
    // The next file takes the place of the first; a line that says nothing is told and stops nothing else.
    let text = "helioplate\nwindthing=>turbine\n";
    let name = upload(client.clone(), ImportFormat::UkSearchSynonyms, None, text).await.unwrap();
    let get = GetImportRequest { name: name.clone() };
    let import = CodeSystemServiceClient::new(client.clone()).get_import(get).await.unwrap().into_inner().import;
    assert_eq!(import.map(|import| (import.rows, import.refused_rows)), Some((2, 1)));
    publish(&running, client, "fewer", vec![Raw::PublishImport(name)]).await;
    assert_eq!(search("helioplate").await, None);
    assert!(search("windthing").await.is_some());
    running.end().await;
}
