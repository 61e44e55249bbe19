//! The handle that a service holds on its database.

use std::sync::Arc;

use greenlane_platform::authorities::TrustedFile;
use greenlane_platform::database::ShownCertificate;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};
use sea_orm_migration::MigratorTrait;

use crate::config::StoreConfig;
use crate::engine::{self, Engine};
use crate::error::StoreError;
use crate::meter::Meter;
use crate::migrate;
use crate::password;
use crate::pool::Lane;
use crate::transaction::{self, Kind};
use crate::tx::{Body, Tx};

/// A service's database. Cheap to clone; all clones share the pools.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) writer: Arc<Lane>,
    pub(crate) reader: Arc<Lane>,
    pub(crate) meter: Arc<Meter>,
    /// Held so that it is told until when they are good, as is what the server shows.
    authorities: Option<Arc<TrustedFile>>,
    pub(crate) certificate: Option<Arc<ShownCertificate>>,
}

impl Store {
    /// Opens the database that `config` names: makes the SQLite file when absent, connects, checks the engine's
    /// version. Does not touch the schema: see [`Store::migrate`] and [`Store::check_schema`].
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        Self::opened(config, false).await
    }

    /// The same for who stays: tells from now on until when the certificate is good that the server shows.
    pub async fn open_to_serve(config: &StoreConfig) -> Result<Self, StoreError> {
        Self::opened(config, true).await
    }

    async fn opened(config: &StoreConfig, serves: bool) -> Result<Self, StoreError> {
        let pools = engine::open(config).await.map_err(StoreError::Unavailable)?;
        let engine = pools.engine;
        let lane = |kind, connection, most| Self::lane(config, kind, (engine, connection), most);
        let reader = lane("readers", pools.reader, pools.readers);
        // A database that is only read has no connections for writes: what would write is refused on the others.
        let writer = if config.read_only { Arc::clone(&reader) } else { lane("writers", pools.writer, pools.writers) };
        let meter = Arc::new(Meter::new(engine, config.namespace()));
        let authorities = config.authorities().map(|(file, host)| TrustedFile::tell(file.into(), host));
        let certificate =
            pools.tls.filter(|_| serves).map(|tls| ShownCertificate::tell(&tls.host, tls.port, tls.checked));
        Ok(Self::of(config, Shared { engine, writer, reader, meter, authorities, certificate }))
    }

    /// Of these lanes, whose new connections use the password that its file holds by then.
    fn of(config: &StoreConfig, shared: Shared) -> Self {
        let shared = Arc::new(shared);
        if let (Engine::Postgres, Some(secret)) = (shared.engine, &config.password)
            && secret.file().is_some()
        {
            tokio::spawn(password::follow(secret.clone(), Arc::downgrade(&shared)));
        }
        Self { shared }
    }

    fn lane(config: &StoreConfig, kind: &str, connection: (Engine, DatabaseConnection), most: usize) -> Arc<Lane> {
        Lane::new(format!("{}/{kind}", config.namespace()), connection, most, config.acquire_timeout())
    }

    /// The same database with a connection for writes that nobody else uses, for work on a runtime of its own: on
    /// PostgreSQL an answer reaches the runtime that opened the connection, which this one's first use does. SQLite has
    /// one writer, and its answers go to whoever asked.
    pub fn with_own_writer(&self, config: &StoreConfig) -> Result<Self, StoreError> {
        if self.shared.engine == Engine::Sqlite {
            return Ok(self.clone());
        }
        let connection = engine::own_writer(config).map_err(StoreError::Unavailable)?;
        let Shared { engine, reader, meter, authorities, certificate, .. } = self.shared.as_ref();
        let writer = Self::lane(config, "own_writer", (*engine, connection), 1);
        let (reader, meter) = (Arc::clone(reader), Arc::clone(meter));
        let (authorities, certificate) = (authorities.clone(), certificate.clone());
        let shared = Shared { engine: *engine, writer, reader, meter, authorities, certificate };
        Ok(Self::of(config, shared))
    }

    /// The engine below.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.shared.engine
    }

    /// Runs `body` in a transaction that may write, and commits it when the body returns `Ok`.
    ///
    /// * `name` labels the transaction in traces and metrics.
    /// * The body may run **more than once** (serialization failure, deadlock, lost connection before COMMIT), so it
    ///   must have no effect but through its transaction.
    /// * The transaction runs in a task of its own: dropping the returned future never leaves a connection in the
    ///   middle of something. A transaction that has begun runs to its end; one that still waits for a connection is
    ///   then not begun.
    /// * On SQLite transactions are serial (`BEGIN IMMEDIATE`). On PostgreSQL they are READ COMMITTED: lock the row
    ///   you decide on (`revision::lock`, `lock_exclusive()`), or guard the write in its own statement
    ///   (`UPDATE … WHERE id = ? AND state = ?`) and look at the number of rows; or use [`Store::write_serializable`].
    pub async fn write<T, E, F>(&self, name: &'static str, body: F) -> Result<T, StoreError<E>>
    where
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        transaction::run(self, Kind::Write, name, body).await
    }

    /// As [`Store::write`], and on PostgreSQL at isolation level SERIALIZABLE: for decisions that rest on rows which
    /// cannot be locked, such as on the absence of a row. Costs more retries.
    pub async fn write_serializable<T, E, F>(&self, name: &'static str, body: F) -> Result<T, StoreError<E>>
    where
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        transaction::run(self, Kind::WriteSerializable, name, body).await
    }

    /// Runs `body` in a read-only transaction: everything that it reads is of one moment. Writes are refused.
    /// As with [`Store::write`] the body may run more than once.
    pub async fn read<T, E, F>(&self, name: &'static str, body: F) -> Result<T, StoreError<E>>
    where
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        transaction::run(self, Kind::Read, name, body).await
    }

    /// Takes what was deleted or changed out of the files of the database, where SQLite's log of writes still has the pages
    /// as they were. Whether all of it is gone: not when somebody read an earlier state for longer than a writer waits.
    /// On PostgreSQL that is the work of its autovacuum, and nothing is done here.
    pub async fn scrub(&self) -> Result<bool, StoreError> {
        if self.shared.engine == Engine::Postgres {
            return Ok(true);
        }
        let writer = &self.shared.writer;
        let _permit = writer.permit().await.map_err(StoreError::Unavailable)?;
        let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
        let row = writer.connection.query_one_raw(statement).await.map_err(StoreError::Unavailable)?;
        let is_busy: Option<i64> = match row {
            Some(row) => row.try_get_by_index(0).map_err(StoreError::Unavailable)?,
            None => None,
        };
        Ok(is_busy == Some(0))
    }

    /// The same of a database that is only looked at: makes nothing, not even the file.
    pub async fn open_to_read(config: &StoreConfig) -> Result<Self, StoreError> {
        Self::open(&StoreConfig { read_only: true, ..config.clone() }).await
    }

    /// Applies the migrations of `M` that are not yet applied, one process at a time.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), migrate::SchemaError> {
        migrate::up::<M>(self).await
    }

    /// Refuses a database whose applied migrations are not exactly those of `M`.
    pub async fn check_schema<M: MigratorTrait>(&self) -> Result<(), migrate::SchemaError> {
        migrate::check::<M>(self).await
    }

    /// Whether the database answers: for a health probe.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.shared.reader.connection.ping().await.map_err(StoreError::Unavailable)
    }

    /// Ends all connections once the transactions that use them are over. SQLite then folds its WAL into the file.
    pub async fn close(&self) {
        let (reader, writer) = (&self.shared.reader.connection, &self.shared.writer.connection);
        if let Err(error) = reader.close_by_ref().await {
            tracing::warn!(%error, "could not close the readers");
        }
        if let Err(error) = writer.close_by_ref().await {
            tracing::warn!(%error, "could not close the writers");
        }
    }
}
