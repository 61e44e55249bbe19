//! What events of products' lives used up, and which EPCIS events they are. What was recorded before it is not in it: no
//! version without it was released.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::{big, table, text};

pub(super) struct TraceUses;

impl MigrationName for TraceUses {
    fn name(&self) -> &str {
        "registry_0005_trace_uses"
    }
}

#[async_trait]
impl MigrationTrait for TraceUses {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut inputs = table("trace_input", [big("input"), big("log_index")]);
        manager.create_table(inputs.primary_key(Index::create().col("input").col("log_index")).take()).await?;
        let columns = [big("log_index").primary_key().take(), text("reporter"), text("epcis")];
        manager.create_table(table("trace_epcis", columns)).await?;
        let same = Index::create().name("trace_epcis_event").table("trace_epcis").col("epcis").take();
        manager.create_index(same).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["trace_epcis", "trace_input"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
