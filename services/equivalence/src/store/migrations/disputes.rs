//! Disputes.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub(super) struct Disputes;

impl MigrationName for Disputes {
    fn name(&self) -> &str {
        "equivalence_0003_disputes"
    }
}

#[async_trait]
impl MigrationTrait for Disputes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let disputes = Table::create()
            .table("dispute")
            .col(ColumnDef::new("name").text().not_null().primary_key())
            .col(ColumnDef::new("subject").text().not_null())
            .col(ColumnDef::new("opened_at").big_integer().not_null())
            .col(ColumnDef::new("ended").boolean().not_null())
            .col(ColumnDef::new("version").big_integer().not_null())
            .col(ColumnDef::new("position").big_integer().not_null())
            .col(ColumnDef::new("content").text().not_null())
            .take();
        manager.create_table(disputes).await?;
        let newest_first =
            Index::create().name("dispute_opened_at").table("dispute").col("opened_at").col("name").take();
        manager.create_index(newest_first).await?;
        let moved = Index::create().name("dispute_position").table("dispute").col("position").unique().take();
        manager.create_index(moved).await?;
        let about = Index::create().name("dispute_subject").table("dispute").col("subject").col("opened_at").take();
        manager.create_index(about).await?;
        let respondents = Table::create()
            .table("dispute_respondent")
            .col(ColumnDef::new("respondent").text().not_null())
            .col(ColumnDef::new("dispute").text().not_null())
            .primary_key(Index::create().col("respondent").col("dispute"))
            .take();
        manager.create_table(respondents).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("dispute_respondent").take()).await?;
        manager.drop_table(Table::drop().table("dispute").take()).await
    }
}
