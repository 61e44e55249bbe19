//! Callers that leave in the middle of a transaction, many of them, over a slow network.
//!
//! When a future is dropped while its `BEGIN` is on the way, sqlx 0.9.0 returns the connection to the pool although
//! the server then opens a transaction on it. Nobody knows of that transaction: a statement that the next user sends
//! outside a transaction is acknowledged inside it, and is rolled back when the connection ends.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenlane_store::testing::{TestDatabase, run_postgres};
use greenlane_store::{Store, StoreConfig, StoreError};
use rand::Rng;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait};

use crate::schema::{Migrator, ids, put};

const DELAY: Duration = Duration::from_millis(3);

#[test]
fn every_acknowledged_row_survives_a_storm_of_callers_who_leave() {
    run_postgres::<Migrator, _, _>(|db| async move {
        let (proxy, config) = db.behind_proxy().await;
        let store = Store::open(&StoreConfig { writers: 4, ..config }).await.unwrap();
        put(&store, -1).await.unwrap();
        proxy.set_delay(DELAY);
        let acknowledged = Arc::new(Mutex::new(BTreeSet::from([-1])));
        // It goes on, with more patience, until some came through and some left: a machine may be slow today.
        let (mut left, mut round) = (0, 0);
        while left <= 5 || acknowledged.lock().unwrap().len() <= 5 {
            round += 1;
            left += storm(&store, &acknowledged, round).await;
        }
        let acknowledged = acknowledged.lock().unwrap().clone();
        nothing_is_left_open(&db).await;
        // The store's own connections end here, and with them whatever was never committed.
        store.close().await;
        let stored: BTreeSet<i64> = ids(&db).await.into_iter().collect();
        let lost: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    });
}

/// Eight callers in a row each, giving up after random times around the length of a transaction. Gives the number of
/// those who left.
async fn storm(store: &Store, acknowledged: &Arc<Mutex<BTreeSet<i64>>>, round: u32) -> usize {
    let callers = (0..8_i64).map(|caller| {
        let (store, acknowledged) = (store.clone(), Arc::clone(acknowledged));
        tokio::spawn(async move {
            let mut left = 0;
            for n in 0..40 {
                let id = i64::from(round) * 10_000 + caller * 1_000 + n;
                let patience = Duration::from_millis(90).mul_f64(rand::rng().random_range(0.0..f64::from(round)));
                match tokio::time::timeout(patience, put(&store, id)).await {
                    Ok(Ok(())) => drop(acknowledged.lock().unwrap().insert(id)),
                    Ok(Err(error)) => panic!("{error}"),
                    Err(_) => left += 1,
                }
            }
            left
        })
    });
    futures_util::future::join_all(callers).await.into_iter().map(Result::unwrap).sum()
}

/// Waits until no connection to the database is in a transaction. A transaction that nobody knows of never ends.
async fn nothing_is_left_open(db: &TestDatabase) {
    let open = "SELECT count(*) AS n FROM pg_stat_activity \
                WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()";
    let none = async {
        loop {
            let read: Result<i64, StoreError> = db
                .read("open_transactions", move |tx| {
                    Box::pin(async move {
                        let row = tx.query_one_raw(Statement::from_string(DbBackend::Postgres, open)).await?;
                        Ok(row.unwrap().try_get("", "n")?)
                    })
                })
                .await;
            if read.unwrap() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), none).await.expect("a transaction was left open");
}

/// The control: the same network and the same library without the store. When this fails, the library is mended and
/// the storm above no longer proves anything.
#[test]
fn without_the_store_an_acknowledged_row_is_lost() {
    run_postgres::<Migrator, _, _>(|db| async move {
        let (proxy, config) = db.behind_proxy().await;
        proxy.set_delay(DELAY);
        for id in 0..50 {
            let options = PgConnectOptions::from_str(&config.url).unwrap();
            let pool =
                PgPoolOptions::new().max_connections(1).test_before_acquire(false).connect_with(options).await.unwrap();
            let connection = DatabaseConnection::from(pool);
            // BEGIN has left, its answer has not come: a round trip takes twice the delay.
            let begun = tokio::time::timeout(DELAY, connection.begin()).await;
            let insert = format!("INSERT INTO note (id, revision) VALUES ({id}, 0)");
            connection.execute_unprepared(&insert).await.expect("the row is acknowledged");
            connection.close().await.unwrap();
            if begun.is_err() && !ids(&db).await.contains(&id) {
                return;
            }
        }
        panic!("no acknowledged row was lost in 50 trials");
    });
}
