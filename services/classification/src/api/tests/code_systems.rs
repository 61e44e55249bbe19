use greenlane_api::classification::v1::{
    GetCodeSystemRequest, GetEditionRequest, ListCodeSystemsRequest, ListEditionsRequest, ListRevisionsRequest,
    WatchRevisionsRequest,
};
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::running::Running;
use crate::store::testing::redescribe;
use crate::{Config, Migrator};

engine_tests!(Migrator:
    editions_are_listed_and_found,
    a_watch_begins_with_the_current_revision_and_goes_on_with_each_new_one,
    revisions_are_told_page_by_page,
    without_the_starter_the_catalogue_is_empty_until_something_is_published,
    a_database_that_is_not_migrated_is_refused,
);

async fn editions_are_listed_and_found(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut systems = running.code_systems();
    let editions = systems.list_editions(ListEditionsRequest::default()).await.unwrap().into_inner();
    let names: Vec<_> = editions.editions.iter().map(|edition| edition.name.as_str()).collect();
    assert_eq!(names, ["editions/HS2017", "editions/HS2022"]);
    assert!(editions.editions.iter().all(|edition| edition.partial && edition.languages == ["en", "zh"]));
    assert_eq!(editions.editions[0].correlated_editions, ["editions/HS2022"]);

    let on = ListEditionsRequest { in_force_on: "2020-05-05".to_owned(), ..ListEditionsRequest::default() };
    let then = systems.list_editions(on).await.unwrap().into_inner().editions;
    assert_eq!(then.iter().map(|edition| edition.name.as_str()).collect::<Vec<_>>(), ["editions/HS2017"]);

    let get = |name: &str| GetEditionRequest { name: name.to_owned(), ..GetEditionRequest::default() };
    let found = systems.get_edition(get("editions/HS2022")).await.unwrap().into_inner();
    assert_eq!(found.edition.as_ref(), editions.editions.get(1));
    let missing = systems.get_edition(get("editions/HS2028")).await.unwrap_err();
    assert_eq!((missing.code(), Fault::metadata_of(&missing)["editions"].as_str()), (Code::NotFound, "HS2017,HS2022"));

    let all = systems.list_code_systems(ListCodeSystemsRequest::default()).await.unwrap().into_inner().code_systems;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].code_lengths, [2, 4, 6]);
    let get = GetCodeSystemRequest { name: "codeSystems/sitc".to_owned(), ..GetCodeSystemRequest::default() };
    assert_eq!(systems.get_code_system(get).await.unwrap_err().code(), Code::NotFound);
    running.end().await;
}

async fn a_watch_begins_with_the_current_revision_and_goes_on_with_each_new_one(db: TestDatabase) {
    let config = Config { poll_interval_ms: 20, bookmark_interval_ms: 50, store: db.config(), ..Config::default() };
    let running = Running::with(config).await;
    let mut stream =
        running.code_systems().watch_revisions(WatchRevisionsRequest { after_revision: 1 }).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap();
    assert_eq!((first.revision, first.bookmark, first.published_at.is_some()), (1, false, true));
    let silent = stream.message().await.unwrap().unwrap();
    assert_eq!((silent.revision, silent.bookmark), (1, true));
    redescribe(&db, "854143", "Solar panels").await;
    let mut next = stream.message().await.unwrap().unwrap();
    while next.bookmark && next.revision == 1 {
        next = stream.message().await.unwrap().unwrap();
    }
    assert_eq!((next.revision, next.bookmark), (2, false));
    drop(stream);
    running.end().await;
}

async fn revisions_are_told_page_by_page(db: TestDatabase) {
    let running = Running::start(&db).await;
    for words in ["a", "b"] {
        redescribe(&db, "854143", words).await;
    }
    let mut watch =
        running.code_systems().watch_revisions(WatchRevisionsRequest::default()).await.unwrap().into_inner();
    while watch.message().await.unwrap().unwrap().revision < 3 {}
    drop(watch);
    let mut request = ListRevisionsRequest { page_size: 2, page_token: String::new() };
    let page = running.code_systems().list_revisions(request.clone()).await.unwrap().into_inner();
    assert_eq!(page.revisions.iter().map(|row| row.revision).collect::<Vec<_>>(), [3, 2]);
    request.page_token = page.next_page_token;
    let last = running.code_systems().list_revisions(request).await.unwrap().into_inner();
    assert_eq!(last.revisions.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["Starter catalogue"]);
    assert!(last.next_page_token.is_empty());
    running.end().await;
}

async fn without_the_starter_the_catalogue_is_empty_until_something_is_published(db: TestDatabase) {
    let running = Running::with(Config { starter: false, store: db.config(), ..Config::default() }).await;
    let editions = running.code_systems().list_editions(ListEditionsRequest::default()).await.unwrap().into_inner();
    assert_eq!((editions.editions.len(), editions.revision), (0, 0));
    running.end().await;
}

async fn a_database_that_is_not_migrated_is_refused(db: TestDatabase) {
    let config =
        Config { store: greenlane_store::StoreConfig::at(format!("sqlite:{}", scratch())), ..Config::default() };
    let refused = crate::service(&config, greenlane_platform::clock::Clock::system()).await.unwrap_err();
    let cause = std::error::Error::source(&refused).map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("behind"), "{refused}: {cause}");
    crate::migrate(&config).await.unwrap();
    crate::service(&config, greenlane_platform::clock::Clock::system()).await.unwrap();
    drop(db);
}

fn scratch() -> String {
    let directory = tempfile::tempdir().unwrap().keep();
    directory.join("classification.db").display().to_string()
}
