//! What the search learns from beside the nomenclature: A to Z terms and taught examples.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::versioned;

pub(super) struct Search;

impl MigrationName for Search {
    fn name(&self) -> &str {
        "classification_0002_search"
    }
}

#[async_trait]
impl MigrationTrait for Search {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(versioned("catalogue_term", &["edition", "code", "language", "term"], &[])).await?;
        let mut example = Table::create();
        example
            .table("taught_example")
            .col(ColumnDef::new("id").text().not_null().primary_key())
            .col(ColumnDef::new("revision").big_integer().not_null())
            .col(ColumnDef::new("body").text().not_null());
        manager.create_table(example.take()).await?;
        let by_revision =
            Index::create().name("taught_example_revision").table("taught_example").col("revision").take();
        manager.create_index(by_revision).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("taught_example").take()).await?;
        manager.drop_table(Table::drop().table("catalogue_term").take()).await
    }
}
