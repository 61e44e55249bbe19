//! A database for one test.

use std::ops::Deref;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sea_orm::sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, postgres::PgConnectOptions};
use sea_orm_migration::MigratorTrait;

use crate::config::StoreConfig;
use crate::engine::Engine;
use crate::store::Store;
use crate::testing::ChaosProxy;

const PATIENCE: Duration = Duration::from_secs(180);

/// A fresh, migrated database that is removed when its test is over.
#[derive(Clone)]
pub struct TestDatabase {
    store: Store,
    config: StoreConfig,
}

impl TestDatabase {
    /// The open store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How to open the same database again, as another process would.
    #[must_use]
    pub fn config(&self) -> StoreConfig {
        self.config.clone()
    }

    /// A proxy before this PostgreSQL database, and how to open the database through it.
    ///
    /// # Panics
    /// When this is not PostgreSQL.
    pub async fn behind_proxy(&self) -> (ChaosProxy, StoreConfig) {
        assert_eq!(self.engine(), Engine::Postgres, "there is nothing to break between a program and a file");
        let options = PgConnectOptions::from_str(&self.config.url).expect("a PostgreSQL URL");
        let mut server =
            tokio::net::lookup_host((options.get_host().to_owned(), options.get_port())).await.expect("the server");
        let proxy = ChaosProxy::start(server.next().expect("an address")).await.expect("a free port");
        let options = options.host(&proxy.address().ip().to_string()).port(proxy.address().port());
        let config = StoreConfig { url: options.to_url_lossy().to_string(), ..self.config() };
        (proxy, config)
    }

    /// A second store on the same database, with pools of its own.
    pub async fn another(&self) -> Store {
        Store::open(&self.config).await.expect("the database opens a second time")
    }

    /// The engine of this run.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.store.engine()
    }
}

impl Deref for TestDatabase {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// Runs a test on a SQLite file in a directory of its own.
///
/// # Panics
/// When the test does.
pub fn run_sqlite<M, F, Fut>(test: F)
where
    M: MigratorTrait,
    F: FnOnce(TestDatabase) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let directory = Scratch::new();
    let url = format!("sqlite:{}", directory.0.join("test.db").display());
    let config = StoreConfig { readers: 4, ..StoreConfig::at(url) };
    runtime().block_on(async { bounded(async { test(open::<M>(config).await).await }).await });
}

/// Runs a test on a PostgreSQL database of its own, or says why not.
///
/// # Panics
/// When the test does, and when PostgreSQL is required and not there.
pub fn run_postgres<M, F, Fut>(test: F)
where
    M: MigratorTrait,
    F: FnOnce(TestDatabase) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let Some(server) = postgres_url() else { return };
    runtime().block_on(async {
        let name = format!("greenlane_test_{}", uuid::Uuid::now_v7().simple());
        administer(&server, format!("CREATE DATABASE {name}")).await;
        let url =
            PgConnectOptions::from_str(&server).expect("a PostgreSQL URL").database(&name).to_url_lossy().to_string();
        let config = StoreConfig { readers: 4, writers: 4, ..StoreConfig::at(url) };
        // The database must go even when the test fails, so a panic is held back until then.
        let outcome = tokio::spawn(bounded(async move { test(open::<M>(config).await).await })).await;
        administer(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        if let Err(failed) = outcome {
            std::panic::resume_unwind(failed.into_panic());
        }
    });
}

/// The PostgreSQL server for tests, from `GREENLANE_TEST_POSTGRES_URL`. Without it the test is to be skipped, and this
/// says so.
///
/// # Panics
/// When `GREENLANE_TEST_REQUIRE` contains `postgres` and there is none.
#[must_use]
#[allow(clippy::print_stderr, reason = "a skipped test must say so to whoever runs it")]
pub fn postgres_url() -> Option<String> {
    let url = std::env::var("GREENLANE_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        let required = std::env::var("GREENLANE_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.contains("postgres"), "PostgreSQL is required and GREENLANE_TEST_POSTGRES_URL is not set");
        eprintln!("skipped: GREENLANE_TEST_POSTGRES_URL is not set");
    }
    url
}

/// A test that waits for what never comes fails instead of standing still.
async fn bounded(test: impl Future<Output = ()>) {
    tokio::time::timeout(PATIENCE, test).await.expect("the test ends in time");
}

async fn open<M: MigratorTrait>(config: StoreConfig) -> TestDatabase {
    let store = Store::open(&config).await.expect("the database opens");
    store.migrate::<M>().await.expect("the migrations apply");
    TestDatabase { store, config }
}

async fn administer(server: &str, statement: String) {
    let options = PgConnectOptions::from_str(server).expect("a PostgreSQL URL").disable_statement_logging();
    let mut connection = options.connect().await.expect("the PostgreSQL server for tests answers");
    connection.execute(AssertSqlSafe(statement)).await.expect("a test database can be made and removed");
    connection.close().await.expect("the connection closes");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be built")
}

/// A directory that is removed with everything in it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("greenlane-test-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir_all(&path).expect("a temporary directory can be made");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left-overs in the temporary directory are no reason to fail a test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
