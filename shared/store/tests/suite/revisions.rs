//! Revisions: in commit order, without holes.

use std::sync::Arc;

use greenlane_store::testing::TestDatabase;
use greenlane_store::{Engine, Store, StoreError, revision};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tokio::sync::Notify;

use crate::schema::{Migrator, insert_note, note};

greenlane_store::engine_tests!(
    Migrator: a_counter_starts_at_zero_and_advances,
    counters_of_two_names_are_apart,
    a_rolled_back_transaction_leaves_no_hole,
    concurrent_first_locks_of_a_new_counter_all_succeed,
    a_locked_counter_keeps_others_waiting,
    a_watcher_that_pages_by_revision_misses_nothing,
    a_watcher_cannot_pass_a_writer_that_is_held_open,
);

async fn current(store: &Store) -> u64 {
    let read: Result<_, StoreError> =
        store.read("current", |tx| Box::pin(async move { Ok(revision::current(tx, "log").await?) })).await;
    read.unwrap()
}

/// Publishes one note under the next revision.
async fn publish(store: &Store, id: i64) -> u64 {
    let write: Result<_, StoreError> = store
        .write("publish", move |tx| {
            Box::pin(async move {
                let revision = revision::next(tx, "log").await?;
                insert_note(tx, id, revision as i64).await?;
                Ok(revision)
            })
        })
        .await;
    write.unwrap()
}

/// The revisions after `after`, as a watcher pages them.
async fn page(store: &Store, after: u64) -> Vec<u64> {
    let read: Result<Vec<u64>, StoreError> = store
        .read("page", move |tx| {
            Box::pin(async move {
                let rows = note::Entity::find()
                    .filter(note::Column::Revision.gt(after as i64))
                    .order_by_asc(note::Column::Revision)
                    .all(tx)
                    .await?;
                Ok(rows.into_iter().map(|row| row.revision as u64).collect())
            })
        })
        .await;
    read.unwrap()
}

async fn a_counter_starts_at_zero_and_advances(db: TestDatabase) {
    assert_eq!(current(&db).await, 0);
    assert_eq!(publish(&db, 1).await, 1);
    assert_eq!(publish(&db, 2).await, 2);
    let write: Result<_, StoreError> = db
        .write("by_ten", |tx| {
            Box::pin(async move {
                assert_eq!(revision::lock(tx, "log").await?, 2);
                Ok(revision::advance(tx, "log", 10).await?)
            })
        })
        .await;
    assert_eq!(write.unwrap(), 12);
    assert_eq!(current(&db).await, 12);
}

async fn counters_of_two_names_are_apart(db: TestDatabase) {
    publish(&db, 1).await;
    let write: Result<_, StoreError> =
        db.write("other", |tx| Box::pin(async move { Ok(revision::next(tx, "other").await?) })).await;
    assert_eq!(write.unwrap(), 1);
    assert_eq!(current(&db).await, 1);
}

async fn a_rolled_back_transaction_leaves_no_hole(db: TestDatabase) {
    let failed: Result<(), StoreError> = db
        .write("fail", |tx| {
            Box::pin(async move {
                revision::next(tx, "log").await?;
                Err(StoreError::Aborted("on purpose".to_owned()))
            })
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(publish(&db, 1).await, 1);
}

async fn concurrent_first_locks_of_a_new_counter_all_succeed(db: TestDatabase) {
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let store = db.another().await;
        tasks.push(tokio::spawn(async move {
            let write: Result<_, StoreError> = store
                .write("first", |tx| {
                    Box::pin(async move {
                        let before = revision::lock(tx, "log").await?;
                        let after = revision::next(tx, "log").await?;
                        assert_eq!(after, before + 1);
                        Ok(after)
                    })
                })
                .await;
            write.unwrap()
        }));
    }
    let mut got = Vec::new();
    for task in tasks {
        got.push(task.await.unwrap());
    }
    got.sort_unstable();
    assert_eq!(got, [1, 2, 3, 4]);
}

/// Begins a transaction that has moved the counter and then waits to be released.
async fn hold_open(store: &Store, id: i64, release: &Arc<Notify>) -> tokio::task::JoinHandle<u64> {
    let begun = Arc::new(Notify::new());
    let handle = tokio::spawn({
        let (store, begun, release) = (store.clone(), begun.clone(), release.clone());
        async move {
            let write: Result<_, StoreError> = store
                .write("held", move |tx| {
                    let (begun, release) = (begun.clone(), release.clone());
                    Box::pin(async move {
                        let revision = revision::next(tx, "log").await?;
                        insert_note(tx, id, revision as i64).await?;
                        begun.notify_one();
                        release.notified().await;
                        Ok(revision)
                    })
                })
                .await;
            write.unwrap()
        }
    });
    begun.notified().await;
    handle
}

async fn a_locked_counter_keeps_others_waiting(db: TestDatabase) {
    let release = Arc::new(Notify::new());
    let held = hold_open(&db, 1, &release).await;
    let second = tokio::spawn({
        let store = db.another().await;
        async move { publish(&store, 2).await }
    });
    if db.engine() == Engine::Postgres {
        // The second is in the database and waits there for the lock.
        let waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock'";
        while count(&db, waiting).await == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert!(!second.is_finished());
    release.notify_one();
    assert_eq!((held.await.unwrap(), second.await.unwrap()), (1, 2));
}

async fn count(store: &Store, sql: &'static str) -> i64 {
    let read: Result<_, StoreError> = store
        .read("count", move |tx| {
            Box::pin(async move {
                let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
                let row = sea_orm::ConnectionTrait::query_one_raw(tx, statement).await?.unwrap();
                Ok(row.try_get::<i64>("", "n")?)
            })
        })
        .await;
    read.unwrap()
}

async fn a_watcher_that_pages_by_revision_misses_nothing(db: TestDatabase) {
    const WRITERS: i64 = 4;
    const EACH: i64 = 25;
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let store = db.store().clone();
        writers.push(tokio::spawn(async move {
            for n in 0..EACH {
                publish(&store, writer * EACH + n).await;
            }
        }));
    }
    let mut seen = Vec::new();
    while seen.len() < (WRITERS * EACH) as usize {
        seen.extend(page(&db, seen.last().copied().unwrap_or(0)).await);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen, (1..=(WRITERS * EACH) as u64).collect::<Vec<_>>());
}

async fn a_watcher_cannot_pass_a_writer_that_is_held_open(db: TestDatabase) {
    publish(&db, 1).await;
    let release = Arc::new(Notify::new());
    let held = hold_open(&db, 2, &release).await;
    let later = tokio::spawn({
        let store = db.store().clone();
        async move { publish(&store, 3).await }
    });
    assert_eq!(page(&db, 0).await, [1], "neither the held revision nor one after it is visible");
    release.notify_one();
    assert_eq!(held.await.unwrap(), 2);
    assert_eq!(later.await.unwrap(), 3);
    assert_eq!(page(&db, 1).await, [2, 3]);
}
