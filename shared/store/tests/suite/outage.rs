//! A PostgreSQL server that goes away at bad moments.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::testing::{TestDatabase, run_postgres};
use greenlane_store::{Store, StoreConfig, StoreError};

use crate::schema::{Migrator, ids, ids_in, insert_note, put};

#[test]
fn a_commit_whose_answer_is_lost_is_told_apart_from_a_failure() {
    run_postgres::<Migrator, _, _>(|db| async move {
        let (proxy, config) = db.behind_proxy().await;
        let store = Store::open(&config).await.unwrap();
        put(&store, 1).await.unwrap();
        proxy.cut_after(Some("COMMIT"));
        let lost = put(&store, 2).await;
        assert!(matches!(lost, Err(StoreError::CommitUnknown(_))), "{lost:?}");
        assert_eq!(proxy.cuts(), 1, "it was not tried again");
        proxy.cut_after(None);
        // The server may still be at it when the client has already lost the connection.
        while ids(&db).await != [1, 2] {
            tokio::task::yield_now().await;
        }
        put(&store, 3).await.unwrap();
    });
}

#[test]
fn a_connection_lost_before_the_commit_costs_another_attempt_and_no_second_row() {
    run_postgres::<Migrator, _, _>(|db| async move {
        let (proxy, config) = db.behind_proxy().await;
        let store = Store::open(&config).await.unwrap();
        let (proxy, runs) = (Arc::new(proxy), Arc::new(AtomicU32::new(0)));
        let seen = Arc::clone(&runs);
        let write: Result<(), StoreError> = store
            .write("broken_once", move |tx| {
                let (proxy, run) = (Arc::clone(&proxy), seen.fetch_add(1, Ordering::SeqCst));
                Box::pin(async move {
                    insert_note(tx, 1, 0).await?;
                    if run == 0 {
                        proxy.break_connections();
                    }
                    Ok(insert_note(tx, 2, 0).await?)
                })
            })
            .await;
        write.unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 2);
        assert_eq!(ids(&db).await, [1, 2]);
    });
}

#[test]
fn connections_that_died_while_idle_do_not_fail_the_next_callers() {
    run_postgres::<Migrator, _, _>(|db| async move {
        let (proxy, config) = db.behind_proxy().await;
        let store = Store::open(&config).await.unwrap();
        fill_pools(&store).await;
        proxy.break_connections();
        let callers = (0..8).map(|id| {
            let store = store.clone();
            async move {
                put(&store, id).await.unwrap();
                ids(&store).await
            }
        });
        futures_util::future::join_all(callers).await;
        assert_eq!(ids(&db).await.len(), 8);
    });
}

/// Opens every connection of both pools.
async fn fill_pools(store: &Store) {
    let meet = Arc::new(tokio::sync::Barrier::new(4));
    let everyone = (0..4).map(|_| {
        let (store, meet) = (store.clone(), Arc::clone(&meet));
        async move {
            let write: Result<(), StoreError> = store
                .write("meet", move |_| {
                    let meet = Arc::clone(&meet);
                    Box::pin(async move {
                        meet.wait().await;
                        Ok(())
                    })
                })
                .await;
            write.unwrap();
            ids(&store).await;
        }
    });
    futures_util::future::join_all(everyone).await;
}

/// Tries until it is done: a machine that stalls can keep a connection for longer than the store waits for one.
async fn at_last<T, Fut: Future<Output = Result<T, StoreError>>>(mut attempt: impl FnMut() -> Fut) -> T {
    let began = Instant::now();
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => assert!(began.elapsed() < Duration::from_secs(30), "{error}"),
        }
    }
}

#[test]
fn a_server_that_is_away_is_unavailable_and_the_store_recovers_by_itself() {
    run_postgres::<Migrator, _, _>(|db: TestDatabase| async move {
        let (proxy, config) = db.behind_proxy().await;
        let config = StoreConfig { connect_timeout_ms: 300, acquire_timeout_ms: 300, ..config };
        let store = at_last(|| Store::open(&config)).await;
        at_last(|| put(&store, 1)).await;
        proxy.refuse_connections(true);
        proxy.break_connections();
        let away = put(&store, 2).await;
        assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
        assert!(store.ping().await.is_err());
        // Nor are they too many, those who wait for it behind one another.
        let callers = (0..20).map(|_| async {
            let away: StoreError =
                store.read("away", |tx| Box::pin(async move { Ok(ids_in(tx).await?) })).await.unwrap_err();
            Fault::from(away).reason()
        });
        let told = futures_util::future::join_all(callers).await;
        assert!(told.iter().all(|reason| *reason == ErrorReason::NotServing), "{told:?}");
        proxy.refuse_connections(false);
        at_last(|| put(&store, 3)).await;
        at_last(|| store.ping()).await;
        assert_eq!(ids(&db).await, [1, 3]);
        proxy.break_connections();
    });
}
