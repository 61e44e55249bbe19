//! What is asked of a database, and by how many connections, is told by the names of OpenTelemetry's conventions.

use greenlane_platform::telemetry::{self, TelemetryConfig};
use greenlane_store::testing::TestDatabase;
use greenlane_store::{Engine, StoreError};
use sea_orm::ConnectionTrait;

use crate::schema::Migrator;

greenlane_store::engine_tests!(
    Migrator: statements_and_connections_are_told_as_the_conventions_for_database_clients_have_it,
);

async fn statements_and_connections_are_told_as_the_conventions_for_database_clients_have_it(db: TestDatabase) {
    let quiet = TelemetryConfig { level: "off".to_owned(), ..TelemetryConfig::default() };
    telemetry::init("test", &quiet).unwrap();
    let store = db.another().await;
    let looked: Result<(), StoreError> =
        store.read("look", |tx| Box::pin(async move { Ok(tx.execute_unprepared("SELECT 1").await.map(drop)?) })).await;
    looked.unwrap();
    let committed: Result<(), StoreError> = store.write("nothing", |_| Box::pin(async move { Ok(()) })).await;
    committed.unwrap();
    let failed: Result<(), StoreError> = store
        .write("fail", |tx| {
            Box::pin(async move { Ok(tx.execute_unprepared("INSERT INTO nowhere VALUES (1)").await.map(drop)?) })
        })
        .await;
    assert!(failed.is_err());

    let text = telemetry::render_metrics();
    let system = format!("db_system_name=\"{}\"", db.engine().name());
    let line = |metric: &str, labels: &[&str]| {
        let mut lines = text.lines().filter(|line| line.starts_with(&format!("{metric}{{")));
        let found = lines.find(|line| labels.iter().all(|label| line.contains(label)));
        found.unwrap_or_else(|| panic!("{metric} {labels:?}:\n{text}"))
    };
    let counted = "db_client_operation_duration_seconds_count";
    for operation in ["SELECT", "COMMIT"] {
        let told = line(counted, &[&system, &format!("db_operation_name=\"{operation}\"")]);
        assert!(told.contains("db_namespace=\"") && !told.contains("error_type"), "{told}");
    }
    let code = match db.engine() {
        Engine::Sqlite => "1",
        Engine::Postgres => "42P01",
    };
    let (kind, status) = (format!("error_type=\"{code}\""), format!("db_response_status_code=\"{code}\""));
    line(counted, &[&system, "db_operation_name=\"INSERT\"", &kind, &status]);
    for pool in ["readers", "writers"] {
        let pool = format!("/{pool}\"");
        for state in ["idle", "used"] {
            line("db_client_connection_count", &[&pool, &format!("db_client_connection_state=\"{state}\"")]);
        }
        line("db_client_connection_max", &[&pool]);
        line("db_client_connection_wait_time_seconds_count", &[&system, &pool]);
    }
}
