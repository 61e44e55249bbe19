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
        all.push(greenlane_curation::migration());
        all.push(greenlane_curation::alerts::migration());
        all.push(Box::new(Catalogue));
        all.push(Box::new(search::Search));
        all.push(Box::new(Imports));
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
        link.col(ColumnDef::new("words").text().null());
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

struct Imports;

impl MigrationName for Imports {
    fn name(&self) -> &str {
        "classification_0002_imports"
    }
}

#[async_trait]
impl MigrationTrait for Imports {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut import = Table::create();
        import.table("import").col(ColumnDef::new("id").text().not_null().primary_key());
        for text in ["state", "announced", "sha256", "author", "owner", "change_set"] {
            import.col(ColumnDef::new(text).text().not_null());
        }
        for number in ["created_at", "received_bytes", "rows_read", "refused_rows", "faults", "published_revision"] {
            import.col(ColumnDef::new(number).big_integer().not_null());
        }
        manager.create_table(import.take()).await?;
        let newest_first = Index::create().name("import_created_at").table("import").col("created_at").col("id").take();
        manager.create_index(newest_first).await?;
        let mut piece = Table::create();
        piece
            .table("import_piece")
            .col(ColumnDef::new("import").text().not_null())
            .col(ColumnDef::new("at").big_integer().not_null())
            .col(ColumnDef::new("data").blob().not_null())
            .primary_key(Index::create().col("import").col("at"));
        manager.create_table(piece.take()).await?;
        let mut fault = Table::create();
        fault
            .table("import_fault")
            .col(ColumnDef::new("import").text().not_null())
            .col(ColumnDef::new("at").big_integer().not_null())
            .col(ColumnDef::new("line").big_integer().not_null());
        for text in ["column_name", "code", "message", "value"] {
            fault.col(ColumnDef::new(text).text().not_null());
        }
        fault.col(ColumnDef::new("mended").boolean().not_null());
        manager.create_table(fault.primary_key(Index::create().col("import").col("at")).take()).await?;
        let by_line =
            Index::create().name("import_fault_line").table("import_fault").col("import").col("line").col("at").take();
        manager.create_index(by_line).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["import_fault", "import_piece", "import"] {
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
