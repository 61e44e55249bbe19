//! Applying migrations one process at a time, and refusing a schema that is not ours.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use sea_orm::sea_query::Query;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use crate::engine::Engine;
use crate::error::StoreError;
use crate::retry::{self, Class};
use crate::store::Store;

/// How long a migrator waits for another one to finish.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a statement of a migration waits for a table before all is taken back and tried again: readers that come
/// after it wait as long.
const TABLE_PATIENCE: &str = "1s";

/// The advisory lock that migrators of one PostgreSQL database share: "GREENLAN" in ASCII.
const ADVISORY_LOCK: i64 = 0x4752_4545_4e4c_414e;

/// What the name of a migration ends with that only adds what the program before it does not miss: a table, a column with
/// a default. That program goes on with such a schema, and may be started on it, so that an upgrade can be rolled out, and
/// back, one replica after the other. What takes away comes in the release after (expand and contract).
pub const EXPANDS: &str = "_expand";

/// Why a schema was refused or could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Migrations of this program are not applied.
    #[error("the database schema is behind this program: not applied: {}; run `greenlane migrate` first", names(.0))]
    Behind(Vec<String>),
    /// Migrations are applied that this program does not know: it is older than the database, and they are not of those
    /// that only add (see [`EXPANDS`]).
    #[error("the database schema is ahead of this program: unknown: {}; run a newer program", names(.0))]
    Ahead(Vec<String>),
    /// The program lists two migrations of one name.
    #[error("two migrations are named {0}")]
    Duplicate(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for SchemaError {
    fn from(error: DbErr) -> Self {
        Self::Store(StoreError::Database(error))
    }
}

fn names(names: &[String]) -> impl fmt::Display + use<> {
    names.join(", ")
}

/// Applies what is missing, all of it in one transaction that holds the lock: sea-orm's migrator takes none itself.
pub(crate) async fn up<M: MigratorTrait>(store: &Store) -> Result<(), SchemaError> {
    let known = known::<M>()?;
    let began = Instant::now();
    let mut attempt = 1;
    loop {
        match up_once::<M>(store, &known).await {
            Err(SchemaError::Store(StoreError::Database(error)))
                if retry::classify(&error) != Class::Permanent && began.elapsed() < PATIENCE =>
            {
                attempt += 1;
                tracing::debug!(attempt, %error, "waiting to migrate");
                tokio::time::sleep(retry::pause(attempt)).await;
            }
            other => return other,
        }
    }
}

async fn up_once<M: MigratorTrait>(store: &Store, known: &BTreeSet<String>) -> Result<(), SchemaError> {
    let tx = begin_locked(store).await?;
    let applied = applied::<M, _>(&tx).await?;
    refuse_unknown(known, &applied)?;
    if known.iter().any(|name| !applied.contains(name)) {
        M::up(&tx, None).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub(crate) async fn check<M: MigratorTrait>(store: &Store) -> Result<(), SchemaError> {
    let applied = applied::<M, _>(&store.shared.reader.connection).await?;
    let missing = missing::<M>(&applied)?;
    if missing.is_empty() { Ok(()) } else { Err(SchemaError::Behind(missing)) }
}

/// The migrations of `M` that are not among those applied, all of which must be of `M`.
pub(crate) fn missing<M: MigratorTrait>(applied: &BTreeSet<String>) -> Result<Vec<String>, SchemaError> {
    let known = known::<M>()?;
    refuse_unknown(&known, applied)?;
    Ok(known.difference(applied).cloned().collect())
}

fn refuse_unknown(known: &BTreeSet<String>, applied: &BTreeSet<String>) -> Result<(), SchemaError> {
    let unknown: Vec<String> = applied.difference(known).filter(|name| !name.ends_with(EXPANDS)).cloned().collect();
    if unknown.is_empty() { Ok(()) } else { Err(SchemaError::Ahead(unknown)) }
}

async fn begin_locked(store: &Store) -> Result<DatabaseTransaction, DbErr> {
    let connection = &store.shared.writer.connection;
    match store.engine() {
        // The write lock is taken by BEGIN itself; readers go on.
        Engine::Sqlite => {
            let options = TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            };
            connection.begin_with_options(options).await
        }
        // Held until the transaction ends, however it ends. Waiting for it may take longer than a lock should. Waiting for
        // a table may not: whoever wants to read it queues behind.
        Engine::Postgres => {
            let tx = connection.begin().await?;
            let lock = format!(
                "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({ADVISORY_LOCK}); \
                 SET LOCAL lock_timeout = '{TABLE_PATIENCE}'"
            );
            tx.execute_unprepared(&lock).await?;
            Ok(tx)
        }
    }
}

fn known<M: MigratorTrait>() -> Result<BTreeSet<String>, SchemaError> {
    let mut known = BTreeSet::new();
    for migration in M::migrations() {
        let name = migration.name().to_owned();
        if !known.insert(name.clone()) {
            return Err(SchemaError::Duplicate(name));
        }
    }
    Ok(known)
}

async fn applied<M, C>(connection: &C) -> Result<BTreeSet<String>, DbErr>
where
    M: MigratorTrait,
    C: ConnectionTrait,
    for<'c> &'c C: sea_orm::IntoDatabaseExecutor<'c>,
{
    let table = M::migration_table_name();
    if !SchemaManager::new(connection).has_table(table.to_string()).await? {
        return Ok(BTreeSet::new());
    }
    let select = Query::select().column("version").from(table).take();
    let rows = connection.query_all(&select).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}
