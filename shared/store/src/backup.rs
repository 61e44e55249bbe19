//! Backup and restore of SQLite databases. PostgreSQL has base backups and an archive of its write-ahead log, which
//! are better than anything that could be done from here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteLockingMode};
use sea_orm::sqlx::{self, ConnectOptions, Connection};
use sea_orm_migration::MigratorTrait;

use crate::config::StoreConfig;
use crate::migrate::{self, SchemaError};

/// Why a backup cannot be made or put in place.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is no SQLite file.
    #[error("the database is not SQLite: PostgreSQL is backed up with its own tools")]
    NotSqlite,
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite refuses.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The file is damaged.
    #[error("{} is damaged: {finding}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite says of it.
        finding: String,
    },
    /// Another process has the database open.
    #[error("{} is in use: stop the service first", .0.display())]
    InUse(PathBuf),
    /// The schema is not one that this program knows.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// Copies the database to a new file while it is in use: all of one moment, nobody waits. The copy is on disk when this
/// returns.
///
/// # Errors
/// When the database is not SQLite or not there, or the copy cannot be written.
pub async fn copy(config: &StoreConfig, to: &Path) -> Result<(), BackupError> {
    let from = file(config)?;
    let options = SqliteConnectOptions::new().filename(&from).create_if_missing(false);
    let mut connection = connect(&from, options.busy_timeout(config.busy_timeout())).await?;
    // The copy is of one read transaction, without the pages that deletions left empty.
    let copied = sqlx::query("VACUUM INTO ?").bind(to.display().to_string()).execute(&mut connection).await;
    copied.map_err(|source| BackupError::Sqlite { path: to.to_owned(), source })?;
    connection.close().await.map_err(|source| BackupError::Sqlite { path: from, source })?;
    settle(to).map_err(|source| BackupError::File { path: to.to_owned(), source })
}

/// Which schema a copy is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The last migration in it; empty when there is none.
    pub last: String,
    /// The migrations of this program that it lacks.
    pub missing: Vec<String>,
}

/// Checks a copy: that it is whole, and that every migration in it is one of `M`. Returns its schema.
///
/// # Errors
/// When it cannot be read, is damaged, or is ahead of this program.
pub async fn inspect<M: MigratorTrait>(copy: &Path) -> Result<Schema, BackupError> {
    let failed = |source| BackupError::Sqlite { path: copy.to_owned(), source };
    // Immutable: nobody writes it, and nothing may be written beside it.
    let mut connection = connect(copy, SqliteConnectOptions::new().filename(copy).immutable(true)).await?;
    let findings: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(10)").fetch_all(&mut connection).await.map_err(failed)?;
    if findings.iter().any(|finding| finding != "ok") {
        return Err(BackupError::Damaged { path: copy.to_owned(), finding: findings.join("; ") });
    }
    let applied: Vec<String> =
        sqlx::query_scalar("SELECT version FROM seaql_migrations").fetch_all(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    let missing = migrate::missing::<M>(&applied.iter().cloned().collect())?;
    let mut known = M::migrations().into_iter().rev().map(|migration| migration.name().to_owned());
    let last = known.find(|name| applied.contains(name)).unwrap_or_default();
    Ok(Schema { last, missing })
}

/// Puts a copy where the database is. What was there is moved aside, never deleted; returns where it is now.
///
/// # Errors
/// When a process has the database open, or files cannot be moved or written.
pub async fn put_in_place(config: &StoreConfig, copy: &Path) -> Result<Option<PathBuf>, BackupError> {
    let target = file(config)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    // Refused while somebody has it open, before anything is written.
    if target.exists() {
        fold(&target).await?;
    }
    let fresh = beside(&target, "restoring");
    fs::copy(copy, &fresh).map_err(failed(&fresh))?;
    settle(&fresh).map_err(failed(&fresh))?;
    let aside = if target.exists() {
        let aside = (0..).map(|number| beside(&target, &format!("replaced-{number}"))).find(|path| !path.exists());
        let aside = aside.expect("some number is free");
        fs::rename(&target, &aside).map_err(failed(&aside))?;
        Some(aside)
    } else {
        None
    };
    fs::rename(&fresh, &target).map_err(failed(&target))?;
    settle(&target).map_err(failed(&target))?;
    Ok(aside)
}

/// Takes the file for ourselves, which nobody can while somebody has it open, and folds its write-ahead log into it.
async fn fold(path: &Path) -> Result<(), BackupError> {
    let failed = |source: sqlx::Error| match source.as_database_error().and_then(|error| error.code()) {
        Some(code) if code == "5" => BackupError::InUse(path.to_owned()),
        _ => BackupError::Sqlite { path: path.to_owned(), source },
    };
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false);
    let options = options.locking_mode(SqliteLockingMode::Exclusive).busy_timeout(Duration::ZERO);
    let mut connection = options.disable_statement_logging().connect().await.map_err(failed)?;
    for statement in ["BEGIN EXCLUSIVE", "COMMIT"] {
        sqlx::query(statement).execute(&mut connection).await.map_err(failed)?;
    }
    connection.close().await.map_err(failed)
}

fn file(config: &StoreConfig) -> Result<PathBuf, BackupError> {
    let path = config.url.strip_prefix("sqlite:").ok_or(BackupError::NotSqlite)?;
    Ok(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

async fn connect(path: &Path, options: SqliteConnectOptions) -> Result<SqliteConnection, BackupError> {
    let connected = options.disable_statement_logging().connect().await;
    connected.map_err(|source| BackupError::Sqlite { path: path.to_owned(), source })
}

/// Makes a file its owner's alone, and sees that it and its name are on disk.
fn settle(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    fs::File::open(path)?.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}
