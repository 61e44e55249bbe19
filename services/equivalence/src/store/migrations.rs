//! The schema.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// The migrations of this service's database.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = greenlane_store::migrations();
        all.push(Box::new(Catalogue));
        all
    }
}

struct Catalogue;

impl MigrationName for Catalogue {
    fn name(&self) -> &str {
        "equivalence_0001_catalogue"
    }
}

#[async_trait]
impl MigrationTrait for Catalogue {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let entries = Table::create()
            .table("catalogue_entry")
            .col(ColumnDef::new("name").text().not_null())
            .col(ColumnDef::new("revision_from").big_integer().not_null())
            .col(ColumnDef::new("revision_to").big_integer().null())
            .col(ColumnDef::new("content").text().not_null())
            .primary_key(Index::create().col("name").col("revision_from"))
            .take();
        manager.create_table(entries).await?;
        let revisions = Table::create()
            .table("catalogue_revision")
            .col(ColumnDef::new("revision").big_integer().not_null().primary_key())
            .col(ColumnDef::new("published_at").big_integer().not_null())
            .col(ColumnDef::new("change_set").text().not_null())
            .take();
        manager.create_table(revisions).await?;
        let change_sets = Table::create()
            .table("change_set")
            .col(ColumnDef::new("name").text().not_null().primary_key())
            .col(ColumnDef::new("state").text().not_null())
            .col(ColumnDef::new("author").text().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("created_at").big_integer().not_null())
            .col(ColumnDef::new("content").text().not_null())
            .col(ColumnDef::new("changes").text().not_null())
            .take();
        manager.create_table(change_sets).await?;
        let newest_first =
            Index::create().name("change_set_created_at").table("change_set").col("created_at").col("name").take();
        manager.create_index(newest_first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["change_set", "catalogue_revision", "catalogue_entry"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
