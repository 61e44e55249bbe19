//! The tables of the write-off ledger.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::{big, binary, integer, table, text};

pub(super) struct WriteOffs;

impl MigrationName for WriteOffs {
    fn name(&self) -> &str {
        "registry_0002_write_offs"
    }
}

#[async_trait]
impl MigrationTrait for WriteOffs {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [records(), used(), serials()] {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            ("write_off_certificate", "write_off", &["certificate", "log_index"][..]),
            ("write_off_body", "write_off", &["body", "log_index"][..]),
            ("write_off_economy", "write_off", &["economy", "log_index"][..]),
            ("write_off_reverses", "write_off", &["reverses"][..]),
            ("write_off_serial_run", "write_off_serial", &["certificate", "length", "first"][..]),
        ] {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["write_off_serial", "write_off_used", "write_off"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn records() -> TableCreateStatement {
    table(
        "write_off",
        [
            big("log_index").primary_key().take(),
            text("certificate"),
            text("body"),
            text("economy"),
            text("kind"),
            ColumnDef::new("reverses").big_integer().null().take(),
            text("record"),
        ],
    )
}

fn used() -> TableCreateStatement {
    let mut table = table("write_off_used", [text("certificate"), text("product"), text("unit"), text("amount")]);
    table.primary_key(Index::create().col("certificate").col("product").col("unit")).take()
}

/// First and last are bytes, which both engines order alike.
fn serials() -> TableCreateStatement {
    let mut table = table(
        "write_off_serial",
        [
            big("log_index"),
            integer("position"),
            text("certificate"),
            text("product"),
            integer("length"),
            binary("first"),
            binary("last"),
        ],
    );
    table.primary_key(Index::create().col("log_index").col("position")).take()
}
