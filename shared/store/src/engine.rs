//! The two engines and how their pools are opened.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use greenlane_platform::database::Checked;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPool, PgSslMode};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sea_orm::sqlx::{self, ConnectOptions, Connection, Database};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};

use crate::config::StoreConfig;
use crate::retry::{self, Class};

/// Which database is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The embedded engine: one file, one writer at a time.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Engine {
    /// The engine's name as OpenTelemetry's `db.system.name` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// Versions of SQLite before this one can corrupt a database in WAL mode that has two writers.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// An idle connection is tested before use only after it has been idle this long: a test costs a round trip.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(5);

pub(crate) struct Pools {
    pub(crate) engine: Engine,
    pub(crate) writer: DatabaseConnection,
    pub(crate) writers: usize,
    pub(crate) reader: DatabaseConnection,
    pub(crate) readers: usize,
    /// None: it is never spoken to by TLS.
    pub(crate) tls: Option<Tls>,
}

impl Pools {
    /// Of a database that is only read: what would write runs on the readers' connections, which refuse it.
    fn of_readers(engine: Engine, reader: DatabaseConnection, readers: u32, tls: Option<Tls>) -> Self {
        let readers = readers as usize;
        Self { engine, writer: reader.clone(), writers: readers, reader, readers, tls }
    }
}

/// A server that is spoken to by TLS, or would be if it offered it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// By what its certificate is looked at. None: it is taken unseen.
    pub(crate) checked: Option<Checked>,
}

impl Tls {
    /// As the driver does it.
    fn of(options: &PgConnectOptions, authorities: Option<&str>) -> Option<Self> {
        let checked = |by_name| Some(Checked { authorities: authorities.map(PathBuf::from), by_name });
        let checked = match options.get_ssl_mode() {
            PgSslMode::Disable | PgSslMode::Allow => return None,
            PgSslMode::Prefer | PgSslMode::Require => None,
            PgSslMode::VerifyCa => checked(false),
            PgSslMode::VerifyFull => checked(true),
        };
        // PostgreSQL speaks no TLS on a socket of its own machine.
        let is_near = options.get_socket().is_some() || options.get_host().starts_with('/');
        (!is_near).then(|| Self { host: options.get_host().to_owned(), port: options.get_port(), checked })
    }
}

pub(crate) async fn open(config: &StoreConfig) -> Result<Pools, DbErr> {
    if let Some(path) = config.url.strip_prefix("sqlite:") {
        open_sqlite(config, Path::new(path.strip_prefix("//").unwrap_or(path))).await
    } else if config.url.starts_with("postgres://") || config.url.starts_with("postgresql://") {
        open_postgres(config).await
    } else {
        Err(refused("store url must begin with sqlite: or postgres://"))
    }
}

/// The writer's page cache: 16 MiB, in SQLite's way of saying KiB. After nearly every transaction that splits a page SQLite
/// looks at all that it holds (it gives pages that it sorts the number of one that is never there, and then takes it for a
/// file that was cut off): with 64 MiB that took as long as a twentieth of an import.
const WRITER_CACHE: &str = "-16384";

/// Pages in the write-ahead log before it is copied into the file: 32 MiB.
const CHECKPOINT_PAGES: &str = "8192";

/// Statements that a connection keeps prepared. On SQLite bulk inserts have nine texts a table, and of many rows up to nine
/// more for each choice of columns that these have in common: four while there are no more than 256 rows, and all of them
/// beyond, where the rest may be of any length. On PostgreSQL they have two for each combination of tables that are written
/// together and of columns that are left out there as NULL, and more where so many rows are written that arrays are cut.
const STATEMENTS: usize = 400;

async fn open_sqlite(config: &StoreConfig, path: &Path) -> Result<Pools, DbErr> {
    if path.as_os_str().is_empty() || path.to_str().is_some_and(|p| p.contains([':', '?'])) {
        return Err(refused("store url sqlite:PATH needs the path of a file, without parameters"));
    }
    if config.read_only {
        return open_sqlite_read_only(config, path).await;
    }
    make_file(path.to_owned()).await.map_err(|error| refused(&format!("cannot make {}: {error}", path.display())))?;
    let base = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(config.busy_timeout())
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    let readers = config.readers.max(1);
    // The writer opens first: it is the one that may create and convert the file. Its cache holds what a large transaction
    // changes; and a checkpoint for each large transaction would write every page twice.
    // The pages that a statement of many rows would restore if it failed are kept in memory, not in a temporary file.
    // What is deleted is overwritten: some of it is deleted for somebody not to find it.
    let writing = base
        .clone()
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("temp_store", "MEMORY")
        .pragma("secure_delete", "ON");
    let writer = sqlite_pool(config, 1, &writing).await?;
    let reader = sqlite_pool(config, readers, &base.clone().pragma("query_only", "ON")).await?;
    let writer = DatabaseConnection::from(writer);
    check_sqlite_version(&writer).await?;
    Ok(Pools {
        engine: Engine::Sqlite,
        writer,
        writers: 1,
        reader: DatabaseConnection::from(reader),
        readers: readers as usize,
        tls: None,
    })
}

/// A file that another process made and writes. What would write here is refused by SQLite.
async fn open_sqlite_read_only(config: &StoreConfig, path: &Path) -> Result<Pools, DbErr> {
    if !path.is_file() {
        return Err(refused(&format!("there is no file {}", path.display())));
    }
    let readers = config.readers.max(1);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(config.busy_timeout())
        .statement_cache_capacity(STATEMENTS)
        .pragma("query_only", "ON")
        .disable_statement_logging();
    let reader = DatabaseConnection::from(sqlite_pool(config, readers, &options).await?);
    check_sqlite_version(&reader).await?;
    Ok(Pools::of_readers(Engine::Sqlite, reader, readers, None))
}

/// Turning a file to WAL needs a lock that the busy timeout does not wait for, so processes that open one new file
/// together are told that it is locked, and ask again.
async fn sqlite_pool(config: &StoreConfig, size: u32, options: &SqliteConnectOptions) -> Result<SqlitePool, DbErr> {
    let began = Instant::now();
    let mut attempt = 1;
    loop {
        let error = match pool_options(config, size).connect_with(options.clone()).await {
            Ok(pool) => return Ok(pool),
            Err(error) => connecting(error),
        };
        if retry::classify(&error) != Class::Contention || began.elapsed() > config.connect_timeout() {
            return Err(error);
        }
        attempt += 1;
        tokio::time::sleep(retry::pause(attempt)).await;
    }
}

fn postgres_options(config: &StoreConfig) -> Result<PgConnectOptions, DbErr> {
    let mut base = PgConnectOptions::from_str(&config.url)
        .map_err(connecting)?
        .application_name("greenlane")
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    if let Some(secret) = &config.password {
        let password = secret.reveal().map_err(|error| refused(&error.to_string()))?;
        base = base.password(&password);
    }
    Ok(base)
}

/// No statement timeout for writers: it would also end a COMMIT's wait for a synchronous standby, and the server would
/// then acknowledge what a failover can lose. Waiting for locks is what can take long, and is bounded.
fn writing(base: PgConnectOptions, config: &StoreConfig) -> PgConnectOptions {
    base.options([("lock_timeout", config.statement_timeout_ms.to_string())])
}

/// A pool of one connection for writes to PostgreSQL, which is opened at its first use.
pub(crate) fn own_writer(config: &StoreConfig) -> Result<DatabaseConnection, DbErr> {
    let options = writing(postgres_options(config)?, config);
    let pool: PgPool = pool_options(config, 1).connect_lazy_with(options);
    Ok(DatabaseConnection::from(pool))
}

async fn open_postgres(config: &StoreConfig) -> Result<Pools, DbErr> {
    let base = postgres_options(config)?;
    let tls = Tls::of(&base, config.authorities().map(|(file, _)| file));
    let limit = config.statement_timeout_ms.to_string();
    let writing = writing(base.clone(), config);
    // A reader's transactions are read-only snapshots by its session's defaults.
    let reading = base.options([
        ("default_transaction_isolation", "repeatable read"),
        ("default_transaction_read_only", "on"),
        ("statement_timeout", &limit),
    ]);
    let (writers, readers) = (config.writers.max(1), config.readers.max(1));
    if config.read_only {
        let reader = DatabaseConnection::from(postgres_pool(config, readers, reading).await?);
        return Ok(Pools::of_readers(Engine::Postgres, reader, readers, tls));
    }
    let writer = postgres_pool(config, writers, writing).await?;
    let reader = postgres_pool(config, readers, reading).await?;
    Ok(Pools {
        engine: Engine::Postgres,
        writer: DatabaseConnection::from(writer),
        writers: writers as usize,
        reader: DatabaseConnection::from(reader),
        readers: readers as usize,
        tls,
    })
}

/// A pool tries until its time is over and then tells only that it is. What the server says, or why it is out of reach,
/// is found by asking once more without the pool.
async fn postgres_pool(config: &StoreConfig, size: u32, options: PgConnectOptions) -> Result<PgPool, DbErr> {
    let error = match pool_options(config, size).connect_with(options.clone()).await {
        Ok(pool) => return Ok(pool),
        Err(sqlx::Error::PoolTimedOut) => {
            match tokio::time::timeout(config.connect_timeout(), options.connect()).await {
                Ok(Err(error)) => error.to_string(),
                Ok(Ok(_)) => "it answers too slowly".to_owned(),
                Err(_) => "it does not answer".to_owned(),
            }
        }
        Err(error) => error.to_string(),
    };
    let (host, port) = (options.get_host(), options.get_port());
    Err(refused(&format!("cannot connect to the PostgreSQL server at {host}:{port}: {error}")))
}

fn pool_options<DB: Database>(config: &StoreConfig, size: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(size)
        .acquire_timeout(config.connect_timeout())
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut DB::Connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= TEST_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        // SQLite ends a transaction by itself when the disk is full, the ROLLBACK that follows then fails, and the library
        // goes on counting a transaction that is none: the next one would be a savepoint in it, whose release is told as
        // a commit. Such a connection is closed.
        .after_release(|connection: &mut DB::Connection, _| {
            Box::pin(async move {
                if connection.is_in_transaction() {
                    // A rollback may only be under way.
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
}

/// Makes the file, readable by its owner alone, and its directory. SQLite gives the WAL the mode of the main file.
async fn make_file(path: PathBuf) -> io::Result<()> {
    tokio::task::spawn_blocking(move || {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map(|_| ())
    })
    .await
    .map_err(io::Error::other)?
}

async fn check_sqlite_version(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let statement = Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version() AS version".to_owned());
    let row = connection.query_one_raw(statement).await?.ok_or_else(|| refused("SQLite does not tell its version"))?;
    require_sqlite(&row.try_get::<String>("", "version")?)
}

/// Refuses a version of SQLite that can lose data.
pub(crate) fn require_sqlite(version: &str) -> Result<(), DbErr> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < OLDEST_SQLITE {
        let (major, minor, patch) = OLDEST_SQLITE;
        return Err(refused(&format!(
            "SQLite {version} can corrupt a WAL database: {major}.{minor}.{patch} or later is needed"
        )));
    }
    Ok(())
}

fn refused(text: &str) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(text.to_owned()))
}

fn connecting(error: sea_orm::sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

#[cfg(test)]
mod tests;
