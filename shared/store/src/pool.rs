//! A pool of connections, the queue before it, and how many there are, by OpenTelemetry's conventions for database
//! clients. Waiting happens in the queue, where it can be timed and given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::{KeyValue, global};
use sea_orm::{ConnAcquireErr, DatabaseConnection, DbErr, RuntimeErr, sqlx};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::engine::Engine;

pub(crate) struct Lane {
    pub(crate) connection: DatabaseConnection,
    pub(crate) permits: Semaphore,
    pub(crate) acquire_timeout: Duration,
    /// Whether the last transaction that had a place in the queue got a connection.
    is_reached: AtomicBool,
    /// Its name, as a label.
    pub(crate) name: KeyValue,
}

/// No connection could be opened in time: whoever has a place waits for nobody else's.
pub(crate) fn away() -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::PoolTimedOut)))
}

impl Lane {
    /// Of a pool with so many connections at most.
    pub(crate) fn new(
        name: String,
        (engine, connection): (Engine, DatabaseConnection),
        most: usize,
        acquire_timeout: Duration,
    ) -> Arc<Self> {
        let name = KeyValue::new("db.client.connection.pool.name", name);
        let permits = Semaphore::new(most);
        let lane = Arc::new(Self { connection, permits, acquire_timeout, is_reached: AtomicBool::new(true), name });
        lane.tell(engine, most);
        lane
    }

    /// Waits for a place among those that may have a connection.
    pub(crate) async fn permit(&self) -> Result<SemaphorePermit<'_>, DbErr> {
        let patience = self.acquire_timeout.max(Duration::from_millis(1));
        let permit = tokio::time::timeout(patience, self.permits.acquire()).await.ok().and_then(Result::ok);
        // When those who have a place wait for a database that is away, more callers are not what is wrong.
        permit.ok_or_else(|| {
            let is_busy = self.is_reached.load(Ordering::Relaxed);
            if is_busy { DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) } else { away() }
        })
    }

    /// Takes note of whether whoever had a place got a connection.
    pub(crate) fn note(&self, is_reached: bool) {
        self.is_reached.store(is_reached, Ordering::Relaxed);
    }

    /// Tells of it whenever metrics are read, as long as it is there.
    fn tell(self: &Arc<Self>, engine: Engine, most: usize) {
        let meter = global::meter("greenlane-store");
        let lane = Arc::downgrade(self);
        meter
            .i64_observable_up_down_counter("db.client.connection.count")
            .with_unit("{connection}")
            .with_description("Connections to the database, by their pool and state.")
            .with_callback(move |observer| {
                let Some(lane) = lane.upgrade() else { return };
                let (all, idle) = lane.count(engine);
                for (state, count) in [("idle", idle), ("used", all.saturating_sub(idle))] {
                    let state = KeyValue::new("db.client.connection.state", state);
                    observer.observe(i64::try_from(count).unwrap_or(i64::MAX), &[lane.name.clone(), state]);
                }
            })
            .build();
        let lane = Arc::downgrade(self);
        meter
            .i64_observable_up_down_counter("db.client.connection.max")
            .with_unit("{connection}")
            .with_description("Connections that a pool may have.")
            .with_callback(move |observer| {
                let Some(lane) = lane.upgrade() else { return };
                observer.observe(i64::try_from(most).unwrap_or(i64::MAX), std::slice::from_ref(&lane.name));
            })
            .build();
    }

    /// Connections that there are, and how many of them are idle.
    fn count(&self, engine: Engine) -> (usize, usize) {
        match engine {
            Engine::Sqlite => {
                let pool = self.connection.get_sqlite_connection_pool();
                (pool.size() as usize, pool.num_idle())
            }
            Engine::Postgres => {
                let pool = self.connection.get_postgres_connection_pool();
                (pool.size() as usize, pool.num_idle())
            }
        }
    }
}
