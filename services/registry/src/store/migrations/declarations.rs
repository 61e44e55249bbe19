//! Which declarations are written off. What was recorded before it is not in it: no version without it was released.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::{big, table, text};

pub(super) struct Declarations;

impl MigrationName for Declarations {
    fn name(&self) -> &str {
        "registry_0004_declarations"
    }
}

#[async_trait]
impl MigrationTrait for Declarations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            big("log_index").primary_key().take(),
            text("certificate"),
            text("economy"),
            text("declaration"),
            text("product"),
        ];
        manager.create_table(table("write_off_declaration", columns)).await?;
        let once = Index::create()
            .name("write_off_declaration_once")
            .table("write_off_declaration")
            .col("certificate")
            .col("economy")
            .col("declaration")
            .col("product")
            .unique()
            .take();
        manager.create_index(once).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("write_off_declaration").take()).await
    }
}
