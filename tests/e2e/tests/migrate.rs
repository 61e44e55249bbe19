//! Schemas: a service does not run on a database that was not prepared for it, and several may prepare it at once.

use std::thread;

use greenlane_e2e::{Database, Installation, Process, greenlane};

const SERVICES: [&str; 3] = ["classification", "equivalence", "registry"];
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serving_an_empty_sqlite_database_is_refused_with_the_way_out() {
    empty_is_refused(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serving_an_empty_postgresql_database_is_refused_with_the_way_out() {
    empty_is_refused(Database::Postgres).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_migrators_at_once_on_an_empty_sqlite_database_succeed() {
    at_once(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_migrators_at_once_on_an_empty_postgresql_database_succeed() {
    at_once(Database::Postgres).await.expect("the test runs");
}

async fn empty_is_refused(database: Database) -> anyhow::Result<()> {
    let Some(installation) = Installation::prepare(database).await? else { return Ok(()) };
    for service in SERVICES {
        let config = installation.configure(service, None)?;
        let refused = Process::start(service, &config).expect_err("an empty database is not served");
        let said = refused.to_string();
        assert!(said.contains("run `greenlane migrate` first"), "{service} does not say what to do: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    Ok(())
}

async fn at_once(database: Database) -> anyhow::Result<()> {
    let Some(installation) = Installation::prepare(database).await? else { return Ok(()) };
    for service in SERVICES {
        let config = installation.configure(service, None)?.display().to_string();
        thread::scope(|scope| {
            let migrate = || greenlane(installation.folder(), ["migrate", service, "--config", &config]);
            let migrators: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(migrate)).collect();
            for migrator in migrators {
                migrator.join().expect("a migrator does not panic")?.expect(0);
            }
            anyhow::Ok(())
        })?;
        // The schema is whole: the service takes it for its own.
        Process::start(service, config.as_ref())?;
    }
    Ok(())
}
