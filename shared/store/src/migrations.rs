//! The tables that every service's database has: idempotency records, revision counters, the audit trail.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// The shared migrations. A service's `Migrator` lists them before its own:
///
/// ```
/// use sea_orm_migration::{MigrationTrait, MigratorTrait};
/// struct Migrator;
/// impl MigratorTrait for Migrator {
///     fn migrations() -> Vec<Box<dyn MigrationTrait>> {
///         let mut all = greenlane_store::migrations();
///         all.extend([/* the service's own, boxed */]);
///         all
///     }
/// }
/// ```
#[must_use]
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(SharedTables)]
}

/// A migrator of the shared tables alone.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migrations()
    }
}

struct SharedTables;

impl MigrationName for SharedTables {
    fn name(&self) -> &str {
        "store_0001_shared_tables"
    }
}

#[async_trait]
impl MigrationTrait for SharedTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(idempotency()).await?;
        let by_age =
            Index::create().name("idempotency_record_created_at").table("idempotency_record").col("created_at").take();
        manager.create_index(by_age).await?;
        manager.create_table(revisions()).await?;
        manager.create_table(audit()).await?;
        let by_time = Index::create().name("audit_record_at").table("audit_record").col("at").take();
        manager.create_index(by_time).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["audit_record", "revision_counter", "idempotency_record"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn idempotency() -> TableCreateStatement {
    Table::create()
        .table("idempotency_record")
        .col(ColumnDef::new("key").binary().not_null().primary_key())
        .col(ColumnDef::new("caller").text().not_null())
        .col(ColumnDef::new("method").text().not_null())
        .col(ColumnDef::new("request_id").text().not_null())
        .col(ColumnDef::new("payload_hash").binary().not_null())
        .col(ColumnDef::new("response").binary().null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .take()
}

fn revisions() -> TableCreateStatement {
    Table::create()
        .table("revision_counter")
        .col(ColumnDef::new("name").text().not_null().primary_key())
        .col(ColumnDef::new("value").big_integer().not_null())
        .take()
}

fn audit() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("audit_record")
        .col(ColumnDef::new("id").big_integer().not_null().auto_increment().primary_key())
        .col(ColumnDef::new("at").big_integer().not_null());
    for text in [
        "subject",
        "issuer",
        "body",
        "economy",
        "method",
        "resource",
        "outcome",
        "reason",
        "request_id",
        "trace_id",
        "peer",
    ] {
        table.col(ColumnDef::new(text).text().not_null());
    }
    table.col(ColumnDef::new("times").big_integer().not_null());
    table
}
