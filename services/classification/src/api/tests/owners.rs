use greenlane_api::classification::v1::change::Change as Raw;
use greenlane_api::classification::v1::change_service_client::ChangeServiceClient;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::{
    Change, ChangeSet, CreateChangeSetRequest, CreateImportRequest, Edition, EndEntry, GetGreenListRequest, GreenList,
    GreenListEntry, ImportFormat, ProposeChangeSetRequest, PublishChangeSetRequest, ReviewChangeSetRequest,
    SearchCodesRequest, UploadImportRequest,
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
    terms_of_the_uk_are_imported_and_found,
);

const SCOPES: &[&str] = &["codes.read", "codes.write", "lists.write"];

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

async fn publish(running: &Running, author: Client, id: &str, made: Vec<Raw>) {
    let name = draft(author.clone(), id, made).await.unwrap();
    let propose = ProposeChangeSetRequest { request_id: format!("{id}-p"), name: name.clone(), ..Default::default() };
    ChangeServiceClient::new(author).propose_change_set(propose).await.unwrap();
    let reviewer = running.client_in("XA", "reviewer", &["codes.read", "catalogue.review", "catalogue.publish"]);
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

async fn upload(client: Client, format: ImportFormat, edition: Option<&str>, text: &str) -> Result<String, Status> {
    let mut systems = CodeSystemServiceClient::new(client);
    let request = CreateImportRequest {
        request_id: hex::encode(&Sha256::digest(text)[..8]),
        format: format.into(),
        edition: edition.map(|id| Edition { name: format!("editions/{id}"), ..Edition::default() }),
        sha256: hex::encode(Sha256::digest(text)),
        source: Some(Source { uri: "https://example.org/file".to_owned(), ..Source::default() }),
        ..CreateImportRequest::default()
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
