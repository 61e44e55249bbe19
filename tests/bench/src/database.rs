//! Where measured databases live.

use anyhow::Context;
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use uuid::Uuid;

/// Names a PostgreSQL server whose user may create databases.
pub const POSTGRES_URL: &str = "GREENLANE_TEST_POSTGRES_URL";
/// Names a folder for SQLite files, so that a disk and not a RAM file system is measured.
pub const FOLDER: &str = "GREENLANE_BENCH_DIR";

/// A temporary folder on the disk that is to be measured.
///
/// # Errors
/// When it cannot be made.
pub fn folder() -> anyhow::Result<TempDir> {
    let made = match std::env::var_os(FOLDER) {
        Some(parent) => tempfile::tempdir_in(parent),
        None => tempfile::tempdir(),
    };
    made.context("making a folder for a database")
}

/// The PostgreSQL server to measure on, when there is one.
#[must_use]
pub fn postgres() -> Option<String> {
    std::env::var(POSTGRES_URL).ok().filter(|url| !url.is_empty())
}

/// Makes an empty database on that server; its URL. Dropped by [`drop_postgres`].
///
/// # Errors
/// When there is no server or it refuses.
pub async fn fresh_postgres() -> anyhow::Result<String> {
    let server = postgres().with_context(|| format!("{POSTGRES_URL} is not set"))?;
    let name = format!("{PREFIX}{}_{}", std::os::unix::process::parent_id(), Uuid::now_v7().simple());
    let connection = Database::connect(&server).await.context("connecting to PostgreSQL")?;
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    connection.close().await?;
    let (base, _) = server.rsplit_once('/').context("a PostgreSQL URL without a database")?;
    Ok(format!("{base}/{name}"))
}

const PREFIX: &str = "greenlane_bench_";

/// Drops the databases that children of this process made.
///
/// # Errors
/// When the server refuses.
pub async fn drop_postgres() -> anyhow::Result<()> {
    let Some(server) = postgres() else { return Ok(()) };
    let connection = Database::connect(&server).await.context("connecting to PostgreSQL")?;
    let mine = format!("{PREFIX}{}_%", std::process::id());
    let backend = connection.get_database_backend();
    let select = "SELECT datname FROM pg_database WHERE datname LIKE $1";
    let found =
        connection.query_all_raw(sea_orm::Statement::from_sql_and_values(backend, select, [mine.into()])).await?;
    for row in found {
        let name: String = row.try_get_by_index(0)?;
        connection.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
    }
    connection.close().await?;
    Ok(())
}
