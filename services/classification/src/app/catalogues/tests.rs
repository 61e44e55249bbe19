use std::sync::Arc;
use std::time::Duration;

use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::store::Migrator;
use crate::store::testing::{publish_starter, redescribe, retire_entry};

engine_tests!(Migrator:
    a_read_waits_for_a_revision_that_another_replica_publishes,
    a_revision_that_does_not_come_is_told_with_the_one_that_there_is,
    an_older_revision_is_answered_as_it_was,
    a_revision_of_lists_shares_its_codes_with_the_one_before_it,
    a_follower_notices_what_another_replica_publishes,
    an_empty_database_is_an_empty_catalogue,
    who_waits_for_an_index_keeps_nobody_else_waiting,
    searches_go_on_at_the_revision_before_until_the_words_of_the_new_one_are_indexed,
);

async fn open(db: &TestDatabase, wait_ms: u64) -> Arc<Catalogues> {
    Arc::new(Catalogues::open(db.another().await, 2, Duration::from_millis(wait_ms)).await.unwrap())
}

fn words(catalogue: &Catalogue) -> &str {
    let at = catalogue.find(catalogue.edition("HS2022").unwrap(), "854143").unwrap();
    &catalogue.code(at).fact.descriptions[0].1
}

async fn a_read_waits_for_a_revision_that_another_replica_publishes(db: TestDatabase) {
    publish_starter(&db).await;
    let catalogues = open(&db, 30_000).await;
    let stop = CancellationToken::new();
    let following = tokio::spawn(Arc::clone(&catalogues).follow(Duration::from_millis(10), stop.clone()));
    let reading = tokio::spawn({
        let catalogues = Arc::clone(&catalogues);
        async move { catalogues.read(Consistency::AtLeast(2)).await.unwrap().revision }
    });
    redescribe(&db, "854143", "Solar panels").await;
    assert_eq!(reading.await.unwrap(), 2);
    stop.cancel();
    following.await.unwrap();
}

async fn a_revision_that_does_not_come_is_told_with_the_one_that_there_is(db: TestDatabase) {
    publish_starter(&db).await;
    let catalogues = open(&db, 20).await;
    for consistency in [Consistency::AtLeast(9), Consistency::Exactly(9)] {
        let refused = catalogues.read(consistency).await.unwrap_err();
        assert!(matches!(refused, ReadError::NotReached { required: 9, revision: 1 }), "{refused}");
    }
}

async fn an_older_revision_is_answered_as_it_was(db: TestDatabase) {
    publish_starter(&db).await;
    for words in ["a", "b", "c", "d", "e"] {
        redescribe(&db, "854143", words).await;
    }
    let catalogues = open(&db, 1_000).await;
    assert_eq!(catalogues.current().revision, 6);
    for (revision, expected) in [(2, "a"), (4, "c"), (6, "e"), (3, "b"), (2, "a"), (5, "d")] {
        let catalogue = catalogues.read(Consistency::Exactly(revision)).await.unwrap();
        assert_eq!((catalogue.revision, words(&catalogue)), (revision, expected));
    }
    let first = catalogues.read(Consistency::Exactly(1)).await.unwrap();
    assert!(words(&first).starts_with("Solar modules"));
}

async fn a_revision_of_lists_shares_its_codes_with_the_one_before_it(db: TestDatabase) {
    publish_starter(&db).await;
    let catalogues = open(&db, 1_000).await;
    let first = catalogues.current();
    retire_entry(&db, "oecd-cleg", "854140").await;
    let second = catalogues.read(Consistency::AtLeast(2)).await.unwrap();
    assert!(second.shares_codes(&first));
    let entries = |catalogue: &Catalogue| catalogue.list("oecd-cleg").unwrap().entries.len();
    assert_eq!(entries(&second) + 1, entries(&first));
    assert_eq!(second.list("oecd-cleg").unwrap().fact.version, first.list("oecd-cleg").unwrap().fact.version + 1);
    // The same as when it is read from the beginning, and the one before it is still there as it was.
    let anew = open(&db, 1_000).await.current();
    assert_eq!(anew.list_facts(), second.list_facts());
    assert!(Arc::ptr_eq(&catalogues.read(Consistency::Exactly(1)).await.unwrap(), &first));
    // Codes are not shared when they change.
    redescribe(&db, "854143", "Solar panels").await;
    let third = catalogues.read(Consistency::AtLeast(3)).await.unwrap();
    assert!(!third.shares_codes(&second));
    assert_eq!(words(&third), "Solar panels");
    // But for those of the editions that did not.
    assert!(third.shares_codes_of(&second, "HS2017") && !third.shares_codes_of(&second, "HS2022"));
    let anew = open(&db, 1_000).await.current();
    assert_eq!(anew.facts(), third.facts());
}

async fn a_follower_notices_what_another_replica_publishes(db: TestDatabase) {
    let catalogues = open(&db, 1_000).await;
    let mut published = catalogues.published();
    assert_eq!(published.borrow_and_update().revision, 0);
    let stop = CancellationToken::new();
    let following = tokio::spawn(Arc::clone(&catalogues).follow(Duration::from_millis(10), stop.clone()));
    publish_starter(&db).await;
    let now = *published.wait_for(|now| now.revision == 1).await.unwrap();
    assert_eq!(now.at, Some(crate::store::testing::published_at(1).to_utc()));
    assert!(!catalogues.current().editions.is_empty());
    stop.cancel();
    following.await.unwrap();
}

async fn an_empty_database_is_an_empty_catalogue(db: TestDatabase) {
    let catalogues = open(&db, 1_000).await;
    let catalogue = catalogues.read(Consistency::Latest).await.unwrap();
    assert_eq!((catalogue.revision, catalogue.editions.len()), (0, 0));
}

async fn who_waits_for_an_index_keeps_nobody_else_waiting(db: TestDatabase) {
    publish_starter(&db).await;
    let catalogue = open(&db, 0).await.current();
    let edition = catalogue.edition("HS2022").unwrap();
    let (go_on, waits) = std::sync::mpsc::channel();
    let (begins, has_begun) = tokio::sync::oneshot::channel();
    let building = std::thread::spawn({
        let catalogue = Arc::clone(&catalogue);
        move || {
            catalogue.index_behind(edition, || {
                begins.send(()).unwrap();
                let called = waits.recv_timeout(Duration::from_secs(30));
                assert!(called.is_ok(), "nothing else was done meanwhile");
            });
        }
    });
    has_begun.await.unwrap();
    // In the one task that this test is.
    let editions = [edition];
    tokio::join!(biased; Catalogues::wait_for_words(&catalogue, &editions), async { go_on.send(()).unwrap() });
    assert!(catalogue.is_indexed(&[edition]));
    building.join().unwrap();
}

async fn searches_go_on_at_the_revision_before_until_the_words_of_the_new_one_are_indexed(db: TestDatabase) {
    publish_starter(&db).await;
    let store = db.another().await;
    let catalogues = Catalogues::open_with(store, 2, Duration::from_secs(1), 0).await.unwrap();
    let edition = |catalogue: &Catalogue| catalogue.edition("HS2022").map(|edition| vec![edition]).ok_or(());
    let answers = async |consistency: Consistency| {
        let read = catalogues.read(consistency).await.unwrap();
        let (answering, editions) = catalogues.with_words(read, consistency, edition).await.unwrap();
        assert!(answering.is_indexed(&editions));
        (answering.revision, words(&answering).to_owned())
    };
    until_indexed(&catalogues, 1).await;
    let first = catalogues.current();
    // The indexes of the new revision are kept from being built.
    let turn = catalogues.indexed.turn.lock().await;
    assert_eq!(redescribe(&db, "854143", "Solar panels").await, 2);
    catalogues.refresh().await.unwrap();
    assert_eq!(catalogues.current().revision, 2, "what needs no words is answered from it at once");
    let (revision, described) = answers(Consistency::Latest).await;
    assert!(revision == 1 && described.starts_with("Solar modules"), "{revision}: {described}");
    assert_eq!(answers(Consistency::AtLeast(1)).await.0, 1);
    // And so do its next pages.
    let next = catalogues.read(Consistency::Exactly(1)).await.unwrap();
    assert!(Arc::ptr_eq(&next, &first));
    // Who asks for the new one gets it.
    let newest = (2, "Solar panels".to_owned());
    assert_eq!(answers(Consistency::AtLeast(2)).await, newest);
    assert_eq!(answers(Consistency::Latest).await, newest, "of this edition the words are indexed now");
    drop(turn);
    until_indexed(&catalogues, 2).await;
    assert_eq!(answers(Consistency::Latest).await, newest);
    assert_eq!(answers(Consistency::Exactly(1)).await.0, 1);
}

async fn until_indexed(catalogues: &Catalogues, revision: u64) {
    let last = async {
        while catalogues.indexed.last().revision < revision {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), last).await.unwrap();
}
