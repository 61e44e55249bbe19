//! Migrations: one process at a time, and no unknown schema.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use greenlane_store::migrate::SchemaError;
use greenlane_store::testing::TestDatabase;
use greenlane_store::{StoreError, migrations};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use tokio::sync::{Notify, mpsc};

use crate::schema::{Migrator, Tables, ids, note, put};

struct Nothing;

impl MigratorTrait for Nothing {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        Vec::new()
    }
}

greenlane_store::engine_tests!(
    Nothing: four_migrators_at_once_on_an_empty_database_all_succeed,
    a_schema_that_is_behind_is_refused_by_name,
    a_schema_that_is_ahead_is_refused_by_name,
    a_schema_that_was_only_added_to_is_taken_by_the_program_before,
    who_reads_is_not_kept_waiting_by_a_migration_that_waits_for_somebody_else,
    a_failing_migration_leaves_the_schema_as_it_was,
    migrating_twice_changes_nothing,
    two_migrations_of_one_name_are_refused,
);

async fn four_migrators_at_once_on_an_empty_database_all_succeed(db: TestDatabase) {
    let mut migrators = Vec::new();
    for _ in 0..4 {
        let config = db.config();
        migrators.push(tokio::spawn(async move {
            // As four processes would: each with pools of its own.
            let store = greenlane_store::Store::open(&config).await.unwrap();
            store.migrate::<Migrator>().await
        }));
    }
    for migrator in migrators {
        migrator.await.unwrap().unwrap();
    }
    db.check_schema::<Migrator>().await.unwrap();
    put(&db, 1).await.unwrap();
    assert_eq!(ids(&db).await, [1]);
}

async fn a_schema_that_is_behind_is_refused_by_name(db: TestDatabase) {
    let refused = db.check_schema::<Migrator>().await.unwrap_err();
    let SchemaError::Behind(missing) = &refused else { panic!("{refused:?}") };
    assert_eq!(missing[..], ["store_0001_shared_tables", "test_0001_tables"]);
    assert!(refused.to_string().contains("test_0001_tables"), "{refused}");
}

async fn a_schema_that_is_ahead_is_refused_by_name(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    let refused = db.check_schema::<migrations::Migrator>().await.unwrap_err();
    assert!(matches!(&refused, SchemaError::Ahead(unknown) if unknown[..] == ["test_0001_tables"]), "{refused:?}");
    let refused = db.migrate::<migrations::Migrator>().await.unwrap_err();
    assert!(matches!(refused, SchemaError::Ahead(_)), "an old program does not migrate a newer database");
}

struct Adds;

impl MigrationName for Adds {
    fn name(&self) -> &str {
        "test_0002_words_expand"
    }
}

#[async_trait]
impl MigrationTrait for Adds {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let text = "ALTER TABLE note ADD COLUMN words text NOT NULL DEFAULT ''";
        manager.get_connection().execute_unprepared(text).await.map(|_| ())
    }
}

struct Next;

impl MigratorTrait for Next {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = Migrator::migrations();
        all.push(Box::new(Adds));
        all
    }
}

async fn a_schema_that_was_only_added_to_is_taken_by_the_program_before(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    put(&db, 1).await.unwrap();
    db.migrate::<Next>().await.unwrap();
    db.check_schema::<Migrator>().await.expect("the program before may be started");
    db.migrate::<Migrator>().await.expect("and finds nothing to do");
    put(&db, 2).await.expect("and writes");
    assert_eq!(ids(&db).await, [1, 2]);
    db.check_schema::<Next>().await.unwrap();
    // The program after it misses what it needs, as ever.
    let behind = db.check_schema::<Later>().await.unwrap_err();
    assert!(matches!(&behind, SchemaError::Behind(missing) if missing[..] == ["test_0003_drop"]), "{behind:?}");
}

struct Drops;

impl MigrationName for Drops {
    fn name(&self) -> &str {
        "test_0003_drop"
    }
}

#[async_trait]
impl MigrationTrait for Drops {
    async fn up(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

struct Later;

impl MigratorTrait for Later {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = Next::migrations();
        all.push(Box::new(Drops));
        all
    }
}

/// As long as it may take to find out that something waits for ever.
const PATIENCE: Duration = Duration::from_secs(20);

async fn who_reads_is_not_kept_waiting_by_a_migration_that_waits_for_somebody_else(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    put(&db, 1).await.unwrap();
    let (begun, mut has_begun) = mpsc::unbounded_channel();
    let end = Arc::new(Notify::new());
    let (other, ends) = (db.another().await, Arc::clone(&end));
    // As a backup does: it reads, and holds on to what it has read.
    let backup = tokio::spawn(async move {
        let read = other.read("backup", move |tx| {
            let (begun, ends) = (begun.clone(), Arc::clone(&ends));
            Box::pin(async move {
                note::Entity::find().all(tx).await?;
                begun.send(()).ok();
                ends.notified().await;
                Ok::<_, StoreError>(())
            })
        });
        read.await
    });
    has_begun.recv().await.unwrap();
    let store = db.store().clone();
    let migration = tokio::spawn(async move { store.migrate::<Next>().await });
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let read = tokio::time::timeout(PATIENCE, ids(&db)).await;
        assert_eq!(read.expect("the backup goes on, and so do readers"), [1]);
    }
    end.notify_one();
    backup.await.unwrap().unwrap();
    migration.await.unwrap().expect("it tries again until it can");
    db.check_schema::<Next>().await.unwrap();
}

struct Fails;

impl MigrationName for Fails {
    fn name(&self) -> &str {
        "test_0002_fails"
    }
}

#[async_trait]
impl MigrationTrait for Fails {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection.execute_unprepared("CREATE TABLE half_way (id bigint)").await?;
        connection.execute_unprepared("SELECT no_such_column FROM half_way").await.map(|_| ())
    }
}

struct Failing;

impl MigratorTrait for Failing {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Tables), Box::new(Fails)]
    }
}

async fn a_failing_migration_leaves_the_schema_as_it_was(db: TestDatabase) {
    let failed = db.migrate::<Failing>().await.unwrap_err();
    assert!(matches!(failed, SchemaError::Store(StoreError::Database(_))), "{failed:?}");
    // Neither the failing step nor the one before it in the same run is there.
    let refused = db.check_schema::<Failing>().await.unwrap_err();
    assert!(matches!(&refused, SchemaError::Behind(missing) if missing.len() == 2), "{refused:?}");
    db.migrate::<Migrator>().await.unwrap();
}

async fn migrating_twice_changes_nothing(db: TestDatabase) {
    db.migrate::<Migrator>().await.unwrap();
    put(&db, 1).await.unwrap();
    db.migrate::<Migrator>().await.unwrap();
    assert_eq!(ids(&db).await, [1]);
}

struct Twins;

impl MigratorTrait for Twins {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Tables), Box::new(Tables)]
    }
}

async fn two_migrations_of_one_name_are_refused(db: TestDatabase) {
    assert!(matches!(db.migrate::<Twins>().await, Err(SchemaError::Duplicate(_))));
}
