//! Published revisions of the catalogues.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::{big, table, text};

pub(super) struct Publications;

impl MigrationName for Publications {
    fn name(&self) -> &str {
        "registry_0006_publications_expand"
    }
}

#[async_trait]
impl MigrationTrait for Publications {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            big("log_index").primary_key().take(),
            text("catalogue"),
            big("revision"),
            ColumnDef::new("change_set").text().null().take(),
            ColumnDef::new("changes_sha256").text().null().take(),
            ColumnDef::new("published_at").big_integer().null().take(),
            big("recorded_at"),
        ];
        manager.create_table(table("publication", columns)).await?;
        let of_a_catalogue = Index::create()
            .name("publication_catalogue")
            .table("publication")
            .col("catalogue")
            .col("revision")
            .col("log_index")
            .take();
        manager.create_index(of_a_catalogue).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("publication").take()).await
    }
}
