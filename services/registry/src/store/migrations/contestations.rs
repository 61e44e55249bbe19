//! What was heard of disputes about certificates.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::{big, table, text};

pub(super) struct Contestations;

impl MigrationName for Contestations {
    fn name(&self) -> &str {
        "registry_0003_contestations"
    }
}

#[async_trait]
impl MigrationTrait for Contestations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            big("log_index").primary_key().take(),
            text("certificate"),
            text("dispute"),
            text("turn"),
            text("since"),
            ColumnDef::new("effect_from").text().null().take(),
            ColumnDef::new("effect_until").text().null().take(),
            big("recorded_at"),
        ];
        manager.create_table(table("contestation", columns)).await?;
        let about = Index::create()
            .name("contestation_certificate")
            .table("contestation")
            .col("certificate")
            .col("log_index")
            .take();
        manager.create_index(about).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("contestation").take()).await
    }
}
