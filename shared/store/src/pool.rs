//! A pool of connections, the queue before it, and how many there are, by OpenTelemetry's conventions for database
//! clients. Waiting happens in the queue, where it can be timed and given up.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{KeyValue, global};
use sea_orm::DatabaseConnection;
use tokio::sync::Semaphore;

use crate::engine::Engine;

pub(crate) struct Lane {
    pub(crate) connection: DatabaseConnection,
    pub(crate) permits: Semaphore,
    pub(crate) acquire_timeout: Duration,
    /// Its name, as a label.
    pub(crate) name: KeyValue,
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
        let lane = Arc::new(Self { connection, permits: Semaphore::new(most), acquire_timeout, name });
        lane.tell(engine, most);
        lane
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
