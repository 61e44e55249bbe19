//! When each reporter of use last reported.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub(super) struct ReportedAt;

impl MigrationName for ReportedAt {
    fn name(&self) -> &str {
        "equivalence_0004_reported_at_expand"
    }
}

#[async_trait]
impl MigrationTrait for ReportedAt {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let at = ColumnDef::new("reported_at").big_integer().null().take();
        manager.alter_table(Table::alter().table("use_report").add_column(at).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("use_report").drop_column("reported_at").take()).await
    }
}
