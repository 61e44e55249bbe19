//! In whose name each reporter of use reports.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

pub(super) struct Reporters;

impl MigrationName for Reporters {
    fn name(&self) -> &str {
        "equivalence_0005_reporters_expand"
    }
}

#[async_trait]
impl MigrationTrait for Reporters {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let caller = ColumnDef::new("caller").text().null().take();
        manager.alter_table(Table::alter().table("use_report").add_column(caller).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("use_report").drop_column("caller").take()).await
    }
}
