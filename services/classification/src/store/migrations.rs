//! The schema, step by step.

mod search;

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// The classification database's migrations, the shared ones first.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = greenlane_store::migrations();
        all.push(Box::new(Catalogue));
        all.push(Box::new(search::Search));
        all
    }
}

struct Catalogue;

impl MigrationName for Catalogue {
    fn name(&self) -> &str {
        "classification_0001_catalogue"
    }
}

#[async_trait]
impl MigrationTrait for Catalogue {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(versioned("catalogue_item", &["kind", "id"], &["body"])).await?;
        manager.create_table(versioned("catalogue_code", &["edition", "code"], &["body"])).await?;
        let ends = ["earlier_edition", "earlier_code", "later_edition", "later_code"];
        let mut link = versioned("catalogue_link", &ends, &[]);
        link.col(ColumnDef::new("ex").boolean().not_null()).col(ColumnDef::new("held_back").boolean().not_null());
        manager.create_table(link).await?;
        let entry = versioned("catalogue_list_entry", &["list", "id"], &["edition", "code", "body"]);
        manager.create_table(entry).await?;
        manager.create_table(revisions()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["catalogue_revision", "catalogue_list_entry", "catalogue_link", "catalogue_code", "catalogue_item"];
        for table in tables {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// A table whose rows are known from a revision until another.
fn versioned(name: &'static str, key: &[&'static str], texts: &[&'static str]) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    let mut primary = Index::create();
    for column in key {
        table.col(ColumnDef::new(*column).text().not_null());
        primary.col(*column);
    }
    table.col(ColumnDef::new("revision_from").big_integer().not_null());
    table.col(ColumnDef::new("revision_to").big_integer().null());
    for column in texts {
        table.col(ColumnDef::new(*column).text().not_null());
    }
    table.primary_key(primary.col("revision_from"));
    table.take()
}

fn revisions() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("catalogue_revision")
        .col(ColumnDef::new("revision").big_integer().not_null().primary_key())
        .col(ColumnDef::new("published_at").big_integer().not_null());
    for text in ["publisher", "title", "change_set"] {
        table.col(ColumnDef::new(text).text().not_null());
    }
    for count in ["codes_changed", "links_changed", "entries_changed"] {
        table.col(ColumnDef::new(count).big_integer().not_null());
    }
    table.take()
}
