//! Named transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use greenlane_store::testing::TestDatabase;
use greenlane_store::{DomainError, Engine, Store, StoreConfig, StoreError};
use sea_orm::{ConnectionTrait, EntityTrait};
use tokio::sync::{Barrier, Notify};

use crate::schema::{Migrator, ids, ids_in, insert_note, note, put};

greenlane_store::engine_tests!(
    Migrator: what_is_acknowledged_is_read_back_by_another_store,
    a_refused_body_leaves_nothing,
    a_swallowed_statement_error_cannot_be_committed,
    a_statement_after_an_error_is_refused,
    a_body_may_answer_a_failed_statement_with_its_own_error,
    a_panicking_body_leaves_nothing_and_the_store_goes_on,
    a_contended_body_runs_again,
    a_body_that_always_loses_is_given_up_after_a_bound,
    a_read_cannot_write,
    a_read_sees_one_moment,
    a_begun_write_ends_though_its_caller_left,
    a_caller_who_left_before_its_turn_costs_nothing,
    a_full_queue_is_told_from_a_failure,
    writers_and_readers_of_two_stores_never_meet_a_locked_database,
    bodies_that_read_before_they_write_run_once,
    a_decision_on_an_absent_row_holds_under_write_serializable,
    transactions_that_lock_crosswise_both_end,
);

#[derive(Debug, PartialEq)]
struct Refusal(&'static str);

impl DomainError for Refusal {}

async fn what_is_acknowledged_is_read_back_by_another_store(db: TestDatabase) {
    put(&db, 1).await.unwrap();
    assert_eq!(ids(&db.another().await).await, [1]);
}

async fn a_refused_body_leaves_nothing(db: TestDatabase) {
    let refused: Result<(), _> = db
        .write("refuse", |tx| {
            Box::pin(async move {
                insert_note(tx, 1, 0).await?;
                Err(Refusal("no"))?;
                Ok(())
            })
        })
        .await;
    assert!(matches!(refused, Err(StoreError::Domain(Refusal("no")))), "{refused:?}");
    assert!(ids(&db).await.is_empty());
}

async fn a_swallowed_statement_error_cannot_be_committed(db: TestDatabase) {
    put(&db, 1).await.unwrap();
    let swallowed: Result<(), StoreError> = db
        .write("swallow", |tx| {
            Box::pin(async move {
                insert_note(tx, 2, 0).await?;
                let duplicate = insert_note(tx, 1, 0).await;
                assert!(duplicate.is_err());
                Ok(())
            })
        })
        .await;
    assert!(matches!(swallowed, Err(StoreError::Database(_))), "{swallowed:?}");
    assert_eq!(ids(&db).await, [1]);
}

async fn a_statement_after_an_error_is_refused(db: TestDatabase) {
    let result: Result<(), StoreError> = db
        .write("after_error", |tx| {
            Box::pin(async move {
                assert!(tx.execute_unprepared("SELECT no_such_column FROM note").await.is_err());
                let later = tx.execute_unprepared("INSERT INTO note (id, revision) VALUES (9, 9)").await;
                assert!(later.unwrap_err().to_string().contains("already failed"));
                Ok(())
            })
        })
        .await;
    assert!(matches!(result, Err(StoreError::Database(_))), "{result:?}");
}

async fn a_body_may_answer_a_failed_statement_with_its_own_error(db: TestDatabase) {
    put(&db, 1).await.unwrap();
    let taken = db
        .write("taken", |tx| Box::pin(async move { Ok(insert_note(tx, 1, 0).await.map_err(|_| Refusal("taken"))?) }))
        .await;
    assert!(matches!(taken, Err(StoreError::Domain(Refusal("taken")))), "{taken:?}");
}

async fn a_panicking_body_leaves_nothing_and_the_store_goes_on(db: TestDatabase) {
    let panicked: Result<(), StoreError> = db
        .write("panic", |tx| {
            Box::pin(async move {
                insert_note(tx, 1, 0).await?;
                panic!("on purpose");
            })
        })
        .await;
    assert!(matches!(panicked, Err(StoreError::Aborted(_))), "{panicked:?}");
    for id in 2..12 {
        put(&db, id).await.unwrap();
    }
    assert_eq!(ids(&db).await, (2..12).collect::<Vec<_>>());
}

async fn a_contended_body_runs_again(db: TestDatabase) {
    let runs = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&runs);
    let result: Result<u32, StoreError> = db
        .write("contended", move |tx| {
            let run = seen.fetch_add(1, Ordering::SeqCst) + 1;
            Box::pin(async move {
                insert_note(tx, i64::from(run), 0).await?;
                if run < 3 {
                    return Err(tx.contended("on purpose").into());
                }
                Ok(run)
            })
        })
        .await;
    assert_eq!(result.unwrap(), 3);
    assert_eq!(ids(&db).await, [3], "lost attempts leave nothing");
}

async fn a_body_that_always_loses_is_given_up_after_a_bound(db: TestDatabase) {
    let result: Result<(), StoreError> =
        db.write("hopeless", |tx| Box::pin(async move { Err(tx.contended("always").into()) })).await;
    assert!(matches!(result, Err(StoreError::Exhausted { attempts: 2.., .. })), "{result:?}");
}

async fn a_read_cannot_write(db: TestDatabase) {
    let result: Result<(), StoreError> =
        db.read("write_in_read", |tx| Box::pin(async move { Ok(insert_note(tx, 1, 0).await?) })).await;
    assert!(result.is_err());
    assert!(ids(&db).await.is_empty());
}

async fn a_read_sees_one_moment(db: TestDatabase) {
    put(&db, 1).await.unwrap();
    let writer = db.store().clone();
    let seen: Result<_, StoreError> = db
        .read("two_looks", move |tx| {
            let writer = writer.clone();
            Box::pin(async move {
                let before = ids_in(tx).await?;
                put(&writer, 2).await.unwrap();
                Ok((before, ids_in(tx).await?))
            })
        })
        .await;
    assert_eq!(seen.unwrap(), (vec![1], vec![1]));
    assert_eq!(ids(&db).await, [1, 2]);
}

async fn a_begun_write_ends_though_its_caller_left(db: TestDatabase) {
    let (begun, go_on, over) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let caller = tokio::spawn({
        let (store, begun, go_on, over) = (db.store().clone(), begun.clone(), go_on.clone(), over.clone());
        async move {
            let write: Result<(), StoreError> = store
                .write("slow", move |tx| {
                    let (begun, go_on, over) = (begun.clone(), go_on.clone(), over.clone());
                    Box::pin(async move {
                        insert_note(tx, 1, 0).await?;
                        begun.notify_one();
                        go_on.notified().await;
                        insert_note(tx, 2, 0).await?;
                        over.notify_one();
                        Ok(())
                    })
                })
                .await;
            write.unwrap();
        }
    });
    begun.notified().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go_on.notify_one();
    over.notified().await;
    // The commit follows the body; a write behind it on the one writer, or a few looks, see it.
    while ids(&db).await.len() < 2 {
        tokio::task::yield_now().await;
    }
}

/// A store of one writer on the same database.
async fn one_writer(db: &TestDatabase, acquire_timeout_ms: u64) -> Store {
    Store::open(&StoreConfig { writers: 1, acquire_timeout_ms, ..db.config() }).await.unwrap()
}

/// Occupies a writer until the given notification.
async fn occupy(store: &Store, release: &Arc<Notify>) -> tokio::task::JoinHandle<Result<(), StoreError>> {
    let begun = Arc::new(Notify::new());
    let handle = tokio::spawn({
        let (store, begun, release) = (store.clone(), begun.clone(), release.clone());
        async move {
            store
                .write("occupy", move |_| {
                    let (begun, release) = (begun.clone(), release.clone());
                    Box::pin(async move {
                        begun.notify_one();
                        release.notified().await;
                        Ok(())
                    })
                })
                .await
        }
    });
    begun.notified().await;
    handle
}

async fn a_caller_who_left_before_its_turn_costs_nothing(db: TestDatabase) {
    let store = one_writer(&db, 60_000).await;
    let release = Arc::new(Notify::new());
    let occupied = occupy(&store, &release).await;
    let ran = Arc::new(AtomicU32::new(0));
    {
        let ran = Arc::clone(&ran);
        let waiting = store.write("impatient", move |_| {
            ran.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move { Ok::<(), StoreError>(()) })
        });
        // Polled once, so that it is in the queue, then dropped.
        assert!(futures_util::FutureExt::now_or_never(waiting).is_none());
    }
    release.notify_one();
    occupied.await.unwrap().unwrap();
    put(&store, 1).await.unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

async fn a_full_queue_is_told_from_a_failure(db: TestDatabase) {
    let store = one_writer(&db, 20).await;
    let release = Arc::new(Notify::new());
    let occupied = occupy(&store, &release).await;
    let refused = put(&store, 1).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    release.notify_one();
    occupied.await.unwrap().unwrap();
    put(&store, 1).await.unwrap();
}

async fn writers_and_readers_of_two_stores_never_meet_a_locked_database(db: TestDatabase) {
    let stores = [db.store().clone(), db.another().await];
    let mut tasks = Vec::new();
    for worker in 0..8_i64 {
        let store = stores[worker as usize % 2].clone();
        tasks.push(tokio::spawn(async move {
            for n in 0..15 {
                put(&store, worker * 100 + n).await.unwrap();
                let seen = ids(&store).await;
                assert!(seen.contains(&(worker * 100 + n)));
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(ids(&db).await.len(), 8 * 15);
}

/// A SQLite transaction that takes the write lock only at its first write has to start over whenever another process
/// wrote since its first read.
async fn bodies_that_read_before_they_write_run_once(db: TestDatabase) {
    let stores = [db.store().clone(), db.another().await];
    let runs = Arc::new(AtomicU32::new(0));
    let mut tasks = Vec::new();
    for (worker, store) in (0_i64..).zip(stores) {
        let runs = Arc::clone(&runs);
        tasks.push(tokio::spawn(async move {
            for n in 0..25 {
                let runs = Arc::clone(&runs);
                let write: Result<(), StoreError> = store
                    .write("read_then_write", move |tx| {
                        runs.fetch_add(1, Ordering::SeqCst);
                        Box::pin(async move {
                            let seen = ids_in(tx).await?;
                            tokio::task::yield_now().await;
                            assert!(!seen.contains(&(worker * 100 + n)));
                            Ok(insert_note(tx, worker * 100 + n, 0).await?)
                        })
                    })
                    .await;
                write.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(runs.load(Ordering::SeqCst), 50);
}

/// Two transactions each add a row only when there is none. Serial execution leaves one; READ COMMITTED leaves two.
async fn a_decision_on_an_absent_row_holds_under_write_serializable(db: TestDatabase) {
    // On SQLite the second cannot even begin before the first is over, so there they do not meet.
    let meet = Arc::new(Barrier::new(if db.engine() == Engine::Postgres { 2 } else { 1 }));
    let mut tasks = Vec::new();
    for id in 1..=2 {
        let (store, meet) = (db.store().clone(), Arc::clone(&meet));
        let first = Arc::new(AtomicU32::new(0));
        tasks.push(tokio::spawn(async move {
            let write: Result<(), StoreError> = store
                .write_serializable("if_absent", move |tx| {
                    let (meet, run) = (Arc::clone(&meet), first.fetch_add(1, Ordering::SeqCst));
                    Box::pin(async move {
                        let none = ids_in(tx).await?.is_empty();
                        if run == 0 {
                            meet.wait().await;
                        }
                        if none {
                            insert_note(tx, id, 0).await?;
                        }
                        Ok(())
                    })
                })
                .await;
            write.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(ids(&db).await.len(), 1);
}

async fn transactions_that_lock_crosswise_both_end(db: TestDatabase) {
    put(&db, 1).await.unwrap();
    put(&db, 2).await.unwrap();
    let meet = Arc::new(Barrier::new(if db.engine() == Engine::Postgres { 2 } else { 1 }));
    let mut tasks = Vec::new();
    for (first, second) in [(1, 2), (2, 1)] {
        let (store, meet) = (db.store().clone(), Arc::clone(&meet));
        let runs = Arc::new(AtomicU32::new(0));
        tasks.push(tokio::spawn(async move {
            let write: Result<(), StoreError> = store
                .write("crosswise", move |tx| {
                    let (meet, run) = (Arc::clone(&meet), runs.fetch_add(1, Ordering::SeqCst));
                    Box::pin(async move {
                        let bump = |id: i64| format!("UPDATE note SET revision = revision + 1 WHERE id = {id}");
                        tx.execute_unprepared(&bump(first)).await?;
                        if run == 0 {
                            meet.wait().await;
                        }
                        tx.execute_unprepared(&bump(second)).await?;
                        Ok(())
                    })
                })
                .await;
            write.unwrap();
        }));
    }
    let both = futures_util::future::join_all(tasks);
    for task in tokio::time::timeout(Duration::from_secs(60), both).await.unwrap() {
        task.unwrap();
    }
    let read: Result<_, StoreError> =
        db.read("notes", |tx| Box::pin(async move { Ok(note::Entity::find().all(tx).await?) })).await;
    assert!(read.unwrap().iter().all(|row| row.revision == 2));
}
