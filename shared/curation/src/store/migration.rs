use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

/// The tables of change sets and comments. A service's `Migrator` pushes it after the shared ones and before its own.
#[must_use]
pub fn migration() -> Box<dyn MigrationTrait> {
    Box::new(ChangeSets)
}

struct ChangeSets;

impl MigrationName for ChangeSets {
    fn name(&self) -> &str {
        "curation_0001_change_sets"
    }
}

#[async_trait]
impl MigrationTrait for ChangeSets {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
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
        manager.create_index(newest_first).await?;
        let comments = Table::create()
            .table("change_comment")
            .col(ColumnDef::new("id").text().not_null().primary_key())
            .col(ColumnDef::new("change_set").text().not_null())
            .col(ColumnDef::new("author").text().not_null())
            .col(ColumnDef::new("economy").text().not_null())
            .col(ColumnDef::new("text").text().not_null())
            .col(ColumnDef::new("at").big_integer().not_null())
            .take();
        manager.create_table(comments).await?;
        let oldest_first = Index::create()
            .name("change_comment_at")
            .table("change_comment")
            .col("change_set")
            .col("at")
            .col("id")
            .take();
        manager.create_index(oldest_first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["change_comment", "change_set"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
