//! The schema.

mod disputes;
mod reported_at;
mod reporters;

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// The migrations of this service's database.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = greenlane_store::migrations();
        all.push(greenlane_curation::migration());
        all.push(greenlane_curation::alerts::migration());
        all.push(Box::new(Catalogue));
        all.push(Box::new(disputes::Disputes));
        all.push(Box::new(reported_at::ReportedAt));
        all.push(Box::new(reporters::Reporters));
        all
    }
}

struct Catalogue;

impl MigrationName for Catalogue {
    fn name(&self) -> &str {
        "equivalence_0001_catalogue"
    }
}

#[async_trait]
impl MigrationTrait for Catalogue {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let entries = Table::create()
            .table("catalogue_entry")
            .col(ColumnDef::new("name").text().not_null())
            .col(ColumnDef::new("revision_from").big_integer().not_null())
            .col(ColumnDef::new("revision_to").big_integer().null())
            .col(ColumnDef::new("content").text().not_null())
            .primary_key(Index::create().col("name").col("revision_from"))
            .take();
        manager.create_table(entries).await?;
        let revisions = Table::create()
            .table("catalogue_revision")
            .col(ColumnDef::new("revision").big_integer().not_null().primary_key())
            .col(ColumnDef::new("published_at").big_integer().not_null())
            .col(ColumnDef::new("change_set").text().not_null())
            .take();
        manager.create_table(revisions).await?;
        usage(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["use_report", "use_question", "use_certificate", "use_profile", "catalogue_revision", "catalogue_entry"];
        for table in tables {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// What registries report: certificates by their profile, questions by day.
async fn usage(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let profiles = Table::create()
        .table("use_profile")
        .col(ColumnDef::new("profile").text().not_null().primary_key())
        .col(ColumnDef::new("content").text().not_null())
        .take();
    manager.create_table(profiles).await?;
    let certificates = Table::create()
        .table("use_certificate")
        .col(ColumnDef::new("reporter").text().not_null())
        .col(ColumnDef::new("certificate").text().not_null())
        .col(ColumnDef::new("holder").text().not_null())
        .col(ColumnDef::new("profile").text().not_null())
        .col(ColumnDef::new("in_force_from").text().not_null())
        .col(ColumnDef::new("in_force_until").text().not_null())
        .primary_key(Index::create().col("reporter").col("certificate"))
        .take();
    manager.create_table(certificates).await?;
    let by_profile = Index::create()
        .name("use_certificate_profile")
        .table("use_certificate")
        .col("profile")
        .col("reporter")
        .col("certificate")
        .take();
    manager.create_index(by_profile).await?;
    let questions = Table::create()
        .table("use_question")
        .col(ColumnDef::new("day").text().not_null())
        .col(ColumnDef::new("question").text().not_null())
        .col(ColumnDef::new("content").text().not_null())
        .col(ColumnDef::new("count").big_integer().not_null())
        .primary_key(Index::create().col("day").col("question"))
        .take();
    manager.create_table(questions).await?;
    let reports = Table::create()
        .table("use_report")
        .col(ColumnDef::new("reporter").text().not_null().primary_key())
        .col(ColumnDef::new("through").big_integer().not_null())
        .take();
    manager.create_table(reports).await
}
