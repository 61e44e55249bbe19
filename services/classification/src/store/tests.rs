use std::sync::Arc;

use greenlane_store::testing::TestDatabase;
use greenlane_store::{Store, engine_tests, revision};

use super::testing::{publish_starter, redescribe};
use super::*;
use crate::domain::{CodeFact, Facts, LinkWords, Share};
use crate::starter;

engine_tests!(Migrator:
    the_starter_is_read_back_as_it_was_published,
    what_a_table_says_of_a_link_is_read_back,
    many_replicas_publish_the_starter_once,
    nothing_is_published_over_a_catalogue_that_is_there,
    a_revision_is_read_as_it_was,
    revisions_are_listed_newest_first,
);

async fn facts_at(store: &Store, revision: u64) -> Facts {
    let loaded = store.read("test_load", move |tx| Box::pin(async move { Ok(load(tx, revision).await?) })).await;
    sorted(loaded.unwrap_or_else(|error: greenlane_store::StoreError| panic!("{error}")))
}

/// Facts in one order: a catalogue puts them into its own.
fn sorted(mut facts: Facts) -> Facts {
    facts.editions.sort_by(|a, b| a.id.cmp(&b.id));
    facts.codes.sort_by(|a, b| (&a.edition, &a.code).cmp(&(&b.edition, &b.code)));
    facts.links.sort_by(|a, b| (&a.earlier_code, &a.later_code).cmp(&(&b.earlier_code, &b.later_code)));
    facts.lists.sort_by(|a, b| a.id.cmp(&b.id));
    facts.entries.sort_by(|a, b| (&a.list, &a.id).cmp(&(&b.list, &b.id)));
    facts
}

async fn the_starter_is_read_back_as_it_was_published(db: TestDatabase) {
    assert_eq!(current(&db).await.unwrap(), 0);
    assert!(publish_starter(&db).await);
    assert_eq!(current(&db).await.unwrap(), 1);
    assert_eq!(facts_at(&db, 1).await, sorted(starter::facts().unwrap()));
    assert_eq!(facts_at(&db, 0).await, Facts::default());
}

async fn what_a_table_says_of_a_link_is_read_back(db: TestDatabase) {
    let mut facts = starter::facts().unwrap();
    // What stands between the columns of a row stands in no text either.
    let part = vec![("en".to_owned(), "Of \"glass\"\u{1f}, framed".to_owned())];
    let words = LinkWords { part: part.clone(), share_of_earlier: Share::new(0.25), share_of_later: None };
    let link = &mut facts.links[1];
    (link.ex, link.held_back, link.words) = (true, true, Some(Box::new(words)));
    facts.codes[0].descriptions = part;
    let publication = Publication { facts: Arc::new(facts.clone()), ..testing::starter() };
    assert!(publish_first(&db, publication).await.unwrap());
    assert_eq!(facts_at(&db, 1).await, sorted(facts));
}

async fn many_replicas_publish_the_starter_once(db: TestDatabase) {
    let mut replicas = Vec::new();
    for _ in 0..6 {
        let store = db.another().await;
        replicas.push(tokio::spawn(async move { publish_starter(&store).await }));
    }
    let mut published = 0;
    for replica in replicas {
        published += u32::from(replica.await.unwrap());
    }
    assert_eq!(published, 1);
    assert_eq!(current(&db).await.unwrap(), 1);
    assert_eq!(facts_at(&db, 1).await.codes.len(), starter::facts().unwrap().codes.len());
}

async fn nothing_is_published_over_a_catalogue_that_is_there(db: TestDatabase) {
    let moved: Result<u64, greenlane_store::StoreError> =
        db.write("test_move", |tx| Box::pin(async move { Ok(revision::next(tx, COUNTER).await?) })).await;
    assert_eq!(moved.unwrap(), 1);
    assert!(!publish_starter(&db).await);
    assert_eq!(facts_at(&db, 1).await, Facts::default());
}

async fn a_revision_is_read_as_it_was(db: TestDatabase) {
    publish_starter(&db).await;
    let before = facts_at(&db, 1).await;
    assert_eq!(redescribe(&db, "854143", "Solar panels").await, 2);
    assert_eq!(redescribe(&db, "854143", "Sun panels").await, 3);
    assert_eq!(facts_at(&db, 1).await, before);
    for (revision, words) in [(2, "Solar panels"), (3, "Sun panels"), (4, "Sun panels")] {
        let facts = facts_at(&db, revision).await;
        assert_eq!(facts.codes.len(), before.codes.len());
        let panel = |code: &&CodeFact| code.edition == "HS2022" && code.code == "854143";
        assert_eq!(facts.codes.iter().find(panel).unwrap().descriptions[0].1, words);
    }
}

async fn revisions_are_listed_newest_first(db: TestDatabase) {
    publish_starter(&db).await;
    redescribe(&db, "854143", "Solar panels").await;
    let all = list(&db, u64::MAX, 10).await.unwrap();
    assert_eq!(all.iter().map(|row| row.revision).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(all[1].links_changed, 835);
    assert_eq!(all[0].published_at, testing::published_at(2).to_utc());
    assert_eq!(list(&db, 2, 10).await.unwrap(), all[1..]);
}
