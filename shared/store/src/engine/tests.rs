use std::path::PathBuf;
use std::str::FromStr;

use greenlane_platform::database::Checked;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Tls, open, require_sqlite};
use crate::config::StoreConfig;
use crate::store::Store;

#[test]
fn a_version_of_sqlite_that_can_corrupt_a_wal_database_is_refused() {
    for old in ["3.51.2", "3.40.1", "3.7.17", "2.8.0", "nonsense", ""] {
        assert!(require_sqlite(old).is_err(), "{old}");
    }
    for safe in ["3.51.3", "3.51.10", "3.52.0", "4.0.0"] {
        assert!(require_sqlite(safe).is_ok(), "{safe}");
    }
}

#[tokio::test]
async fn a_sqlite_file_and_its_directory_are_made_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made/on/demand.db");
    let store = Store::open(&StoreConfig::at(format!("sqlite:{}", path.display()))).await.unwrap();
    store.migrate::<crate::migrations::Migrator>().await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let file = format!("{}{suffix}", path.display());
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
}

#[tokio::test]
async fn sqlite_connections_are_durable_checked_and_readers_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("x.db").display());
    let pools = open(&StoreConfig::at(url)).await.unwrap();
    let pragmas = [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000")];
    for connection in [&pools.writer, &pools.reader] {
        for (pragma, expected) in pragmas {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
            let row = connection.query_one_raw(statement).await.unwrap().unwrap();
            let text: Result<String, _> = row.try_get_by_index(0);
            let found = text.unwrap_or_else(|_| row.try_get_by_index::<i64>(0).unwrap().to_string());
            assert_eq!(found, expected, "{pragma}");
        }
    }
    assert!(pools.reader.execute_unprepared("CREATE TABLE t (id integer)").await.is_err());
}

#[tokio::test]
async fn a_url_of_no_known_kind_is_refused() {
    for url in ["", "mysql://x", "sqlite:", "sqlite::memory:", "sqlite:x.db?mode=memory", "data/x.db"] {
        assert!(open(&StoreConfig::at(url)).await.is_err(), "{url}");
    }
    let error = Store::open(&StoreConfig::at("mysql://x")).await.err().unwrap();
    assert_eq!(error.to_string(), "store url must begin with sqlite: or postgres://");
}

#[test]
fn which_server_is_spoken_to_by_tls_and_by_what_its_certificate_is_checked_is_what_the_address_says() {
    let checked =
        |authorities: Option<&str>, by_name| Some(Checked { authorities: authorities.map(PathBuf::from), by_name });
    for (url, expected) in [
        (
            "postgres://me@db.example.org/registry?sslmode=verify-full&sslrootcert=ca.pem",
            Some(("db.example.org", 5432, checked(Some("ca.pem"), true))),
        ),
        (
            "postgres://me@db.example.org:5433/registry?sslmode=verify-ca",
            Some(("db.example.org", 5433, checked(None, false))),
        ),
        ("postgres://me@[2001:db8::1]/registry?sslmode=require", Some(("[2001:db8::1]", 5432, None))),
        ("postgres://me@db/registry?sslmode=prefer&sslrootcert=ca.pem", Some(("db", 5432, None))),
        ("postgres://me@db/registry?sslmode=allow", None),
        ("postgres://me@db/registry?sslmode=disable&sslrootcert=ca.pem", None),
        ("postgres://me@%2Fvar%2Frun%2Fpostgresql/registry?sslmode=require", None),
        ("postgres:///registry?host=/var/run/postgresql&sslmode=require", None),
    ] {
        let config = StoreConfig::at(url);
        let told = Tls::of(&PgConnectOptions::from_str(url).unwrap(), config.authorities().map(|(file, _)| file));
        let expected = expected.map(|(host, port, checked)| Tls { host: host.to_owned(), port, checked });
        assert_eq!(told, expected, "{url}");
    }
}

#[tokio::test]
async fn a_server_is_asked_for_its_certificate_by_who_serves_and_not_by_who_only_looks() {
    let Some(url) = crate::testing::postgres_url() else { return };
    let by_tls = Tls::of(&PgConnectOptions::from_str(&url).unwrap(), None).is_some();
    let config = StoreConfig::at(url);
    for (opened, expected) in [
        (Store::open(&config).await, false),
        (Store::open_to_read(&config).await, false),
        (Store::open_to_serve(&config).await, by_tls),
    ] {
        let store = opened.unwrap();
        assert_eq!(store.shared.certificate.is_some(), expected);
        store.close().await;
    }
}

#[tokio::test]
async fn a_server_that_is_out_of_reach_is_named_with_the_cause() {
    // Nothing listens on port 1 of this machine.
    let config =
        StoreConfig { connect_timeout_ms: 300, ..StoreConfig::at("postgres://somebody:secret@127.0.0.1:1/registry") };
    let error = Store::open(&config).await.err().unwrap().to_string();
    assert!(error.contains("127.0.0.1:1") && error.to_lowercase().contains("refused"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[tokio::test]
async fn after_a_full_disk_nothing_is_told_as_committed_that_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("x.db").display());
    let store = Store::open(&StoreConfig::at(url)).await.unwrap();
    let run = async |statements: &'static [&'static str]| {
        let ran = store.write::<_, std::convert::Infallible, _>("run", move |tx| {
            Box::pin(async move {
                for statement in statements {
                    tx.execute_unprepared(statement).await?;
                }
                Ok(())
            })
        });
        ran.await
    };
    run(&["CREATE TABLE t (x BLOB)"]).await.unwrap();
    // SQLite answers as on a full disk, and ends the transaction by itself.
    let full = run(&["PRAGMA max_page_count = 3", "INSERT INTO t VALUES (zeroblob(1000000))"]).await;
    assert!(full.unwrap_err().to_string().contains("full"));
    // What is wrong with it is rolled back, to a savepoint if the library counts a transaction that is none.
    assert!(run(&["INSERT INTO missing VALUES (1)"]).await.is_err());
    run(&["INSERT INTO t VALUES (x'01')"]).await.unwrap();
    let rows = store.read::<_, std::convert::Infallible, _>("count", |tx| {
        Box::pin(async move {
            let count = Statement::from_string(DbBackend::Sqlite, "SELECT count(*) FROM t".to_owned());
            let row = tx.query_one_raw(count).await?;
            Ok(row.map_or(0, |row| row.try_get_by_index::<i64>(0).unwrap_or(0)))
        })
    });
    assert_eq!(rows.await.unwrap(), 1, "another connection sees what was told as committed");
}
