use std::time::Duration;

use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::auth::issuer::TokenRequest;
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::TestDatabase;

use super::changes::{create, propose, publish, review, upsert};
use super::harness::{at_least, exactly, serve, serve_with};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    the_starter_is_published_once_however_many_replicas_begin,
    without_the_starter_nothing_is_published,
    entries_are_read_and_listed_page_by_page,
    members_of_a_bloc_are_listed_and_not_members_of_these,
    a_revision_that_is_not_there_is_refused,
    a_caller_without_the_scope_is_denied,
);

async fn the_starter_is_published_once_however_many_replicas_begin(db: TestDatabase) {
    let (one, two, three) = tokio::join!(serve(&db), serve(&db), serve(&db));
    for served in [&one, &two, &three] {
        let mut watch =
            served.catalogue().watch_revisions(pb::WatchRevisionsRequest::default()).await.unwrap().into_inner();
        let first = watch.message().await.unwrap().unwrap();
        assert_eq!((first.revision, first.bookmark), (1, false));
        assert!(first.published_at.is_some());
    }
}

async fn without_the_starter_nothing_is_published(db: TestDatabase) {
    let served = serve_with(&db, |config| {
        config.starter = false;
        config.bookmark_interval_ms = 50;
    })
    .await;
    let mut watch =
        served.catalogue().watch_revisions(pb::WatchRevisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().revision, 0);
    let second = watch.message().await.unwrap().unwrap();
    assert_eq!((second.revision, second.bookmark), (0, true));
}

async fn entries_are_read_and_listed_page_by_page(db: TestDatabase) {
    let served = serve(&db).await;
    let mut client = served.catalogue();
    let get = |name: &str| pb::GetStandardEditionRequest { name: name.into(), ..Default::default() };
    let found = client.get_standard_edition(get("standards/iec-61215-1-2021")).await.unwrap().into_inner();
    assert_eq!(found.standard.unwrap().designation, "IEC 61215-1:2021");
    assert_eq!((found.revision, found.known_from_revision), (1, 1));
    let status = client.get_standard_edition(get("standards/none")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::ResourceNotFound));
    let status = client.get_standard_edition(get("schemes/ccc")).await.unwrap_err();
    assert_eq!(Fault::violations_of(&status)[0].field, "name");

    let mut names = Vec::new();
    let mut request = pb::ListEconomiesRequest { page_size: 7, ..Default::default() };
    loop {
        let page = client.list_economies(request.clone()).await.unwrap().into_inner();
        assert!(page.economies.len() <= 7);
        names.extend(page.economies.into_iter().map(|economy| economy.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert!(names.len() > 14 && names.is_sorted(), "{names:?}");
    request.blocs_only = true;
    let status = client.list_economies(request).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::PageTokenInvalid));

    let of_market = pb::ListRequirementsRequest { market: "XC".into(), ..Default::default() };
    let listed = client.list_requirements(of_market).await.unwrap().into_inner();
    assert_eq!(listed.requirements.len(), 1);
}

async fn members_of_a_bloc_are_listed_and_not_members_of_these(db: TestDatabase) {
    let served = serve(&db).await;
    let member = |economy: &str, until: &str| pb::Membership {
        economy: economy.into(),
        validity: Some(pb::Validity { from: "2020-01-01".into(), until: until.into() }),
    };
    let outer = pb::Economy {
        name: "economies/XBLOC".into(),
        bloc: true,
        members: vec![member("EU", ""), member("XB", "2021-01-01")],
        source: Some(greenlane_api::common::v1::Source { example: true, ..Default::default() }),
        ..Default::default()
    };
    let admin = |subject: &str| {
        let token = TokenRequest::new(subject, ["admin"]);
        pb::change_service_client::ChangeServiceClient::new(served.channel_with(token))
    };
    let request = create("create", vec![upsert(pb::catalogue_entry::Entry::Economy(outer))]);
    let name = admin("author").create_change_set(request).await.unwrap().into_inner().change_set.unwrap().name;
    admin("author").propose_change_set(propose(&name)).await.unwrap();
    admin("reviewer").review_change_set(review(&name)).await.unwrap();
    admin("publisher").publish_change_set(publish(&name)).await.unwrap();
    let request = pb::ListEconomiesRequest { member_of: "XBLOC".into(), ..Default::default() };
    let listed = served.catalogue().list_economies(request).await.unwrap().into_inner().economies;
    // Who was one and is none any more too; of the European Union's members none.
    assert_eq!(listed.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["economies/EU", "economies/XB"]);
}

async fn a_revision_that_is_not_there_is_refused(db: TestDatabase) {
    let served = serve_with(&db, |config| config.revision_wait_ms = 50).await;
    for consistency in [exactly(9), at_least(9)] {
        let request = pb::GetEconomyRequest { name: "economies/XA".into(), consistency };
        let status = served.catalogue().get_economy(request).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::FailedPrecondition);
        assert_eq!(Fault::reason_of(&status), Some(ErrorReason::RevisionNotReached));
        assert_eq!(Fault::metadata_of(&status)["revision"], "1");
    }
}

async fn a_caller_without_the_scope_is_denied(db: TestDatabase) {
    let served = serve(&db).await;
    let token = TokenRequest::new("somebody", ["certificates.read"]).valid_for(Duration::from_secs(60));
    let mut client = pb::catalogue_service_client::CatalogueServiceClient::new(served.channel_with(token));
    let status = client.list_schemes(pb::ListSchemesRequest::default()).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::ScopeMissing));
}
