use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

/// The tables of alerts and subscriptions. A service's `Migrator` pushes it after that of the change sets and before its
/// own.
#[must_use]
pub fn migration() -> Box<dyn MigrationTrait> {
    Box::new(Tables)
}

struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "curation_0002_alerts"
    }
}

#[async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alerts = Table::create()
            .table("alert")
            .col(ColumnDef::new("position").big_integer().not_null().primary_key())
            .col(ColumnDef::new("name").text().not_null())
            .col(ColumnDef::new("content").text().not_null())
            .take();
        manager.create_table(alerts).await?;
        // What happened is one alert.
        let names = Index::create().name("alert_name").table("alert").col("name").unique().take();
        manager.create_index(names).await?;
        let subscriptions = Table::create()
            .table("alert_subscription")
            .col(ColumnDef::new("name").text().not_null().primary_key())
            .col(ColumnDef::new("owner").text().not_null())
            .col(ColumnDef::new("created_at").big_integer().not_null())
            .col(ColumnDef::new("content").text().not_null())
            .take();
        manager.create_table(subscriptions).await?;
        let of_owner = Index::create()
            .name("alert_subscription_owner")
            .table("alert_subscription")
            .col("owner")
            .col("created_at")
            .col("name")
            .take();
        manager.create_index(of_owner).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["alert_subscription", "alert"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
