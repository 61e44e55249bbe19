//! The registry's tables.

use async_trait::async_trait;
use sea_orm::sea_query::{ColumnDef, Index, Query, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

mod contestations;
mod declarations;
mod namesakes;
mod publications;
mod trace_uses;
mod write_offs;

use contestations::Contestations;
use declarations::Declarations;
use namesakes::Namesakes;
use publications::Publications;
use trace_uses::TraceUses;
use write_offs::WriteOffs;

/// All migrations of the registry's database.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = greenlane_store::migrations();
        all.push(Box::new(Tables));
        all.push(Box::new(WriteOffs));
        all.push(Box::new(Contestations));
        all.push(Box::new(Declarations));
        all.push(Box::new(TraceUses));
        all.push(Box::new(Publications));
        all.push(Box::new(Namesakes));
        all
    }
}

struct Tables;

/// PostgreSQL moves a value as long as a document out of its row, in pieces with an index of their own, and compresses
/// it first by a method that takes longer than all else that is written of a certificate. With LZ4 it is quick, and the
/// document stays in its row, three to a page. A server that was built without LZ4 keeps to its own way. And again and
/// again it would unpack a sample of what it stored, to know the values of columns that nothing asks by.
const DOCUMENTS_IN_THEIR_ROWS: &str = "
    ALTER TABLE certificate_version SET (toast_tuple_target = 4080);
    DO $$ BEGIN
        EXECUTE 'ALTER TABLE certificate_version ALTER COLUMN document SET COMPRESSION lz4';
    EXCEPTION WHEN feature_not_supported OR syntax_error THEN
        RAISE NOTICE 'no LZ4 here: documents are compressed as all else is';
    END $$;
    ALTER TABLE certificate_version
        ALTER COLUMN content SET STATISTICS 0, ALTER COLUMN document SET STATISTICS 0,
        ALTER COLUMN document_sha256 SET STATISTICS 0, ALTER COLUMN disclosures SET STATISTICS 0;
    ALTER TABLE log_entry ALTER COLUMN leaf SET STATISTICS 0;
";

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "registry_0001_tables"
    }
}

#[async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [bodies(), keys(), certificates(), versions(), events(), terms(manager.get_database_backend())] {
            manager.create_table(table).await?;
        }
        for table in [statements(), body_history(), traces(), entries(), tiles(), head(), checkpoints()] {
            manager.create_table(table).await?;
        }
        for table in [cosignatures(), evidence(), witnessed(), status_entries(manager.get_database_backend())] {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            ("trace_event_gtin", "trace_event", &["gtin", "log_index"][..]),
            ("trace_event_model", "trace_event", &["model", "log_index"][..]),
            ("trace_event_batch", "trace_event", &["batch", "log_index"][..]),
            ("trace_event_corrects", "trace_event", &["corrects"][..]),
            ("body_history_body", "body_history", &["body", "log_index"][..]),
            ("certificate_body", "certificate", &["body", "granted_index"][..]),
            ("certificate_event_certificate", "certificate_event", &["certificate", "log_index"][..]),
            ("log_entry_recorded_at", "log_entry", &["recorded_at"][..]),
        ] {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        let number = Index::create().name("certificate_number").table("certificate").col("number").unique().take();
        manager.create_index(number).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared(DOCUMENTS_IN_THEIR_ROWS).await?;
        }
        let empty = greenlane_log::empty_root();
        let first = Query::insert()
            .into_table("log_head")
            .columns(["id", "size", "root", "note", "signed_at"])
            .values_panic([1.into(), 0i64.into(), empty.to_vec().into(), "".into(), 0i64.into()])
            .take();
        manager.exec_stmt(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "status_entry",
            "witnessed",
            "log_evidence",
            "log_cosignature",
            "log_checkpoint",
            "log_head",
            "log_tile",
            "log_entry",
            "certificate_term",
            "certificate_event",
            "certificate_version",
            "certificate",
            "trace_event",
            "body_history",
            "statement",
            "body_key",
            "body",
        ] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn big(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn integer(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().take()
}

fn binary(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).binary().not_null().take()
}

fn table(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for mut column in columns {
        table.col(&mut column);
    }
    table.take()
}

fn bodies() -> TableCreateStatement {
    let id = text("id").primary_key().take();
    table(
        "body",
        [
            id,
            text("economy"),
            text("record"),
            text("roles"),
            big("created_at"),
            big("updated_at"),
            big("create_index"),
            big("latest_index"),
        ],
    )
}

fn keys() -> TableCreateStatement {
    let id = text("id").primary_key().take();
    let compromised = ColumnDef::new("compromised_since").big_integer().null().take();
    table(
        "body_key",
        [id, text("body"), text("record"), compromised, big("created_at"), big("create_index"), big("latest_index")],
    )
}

fn statements() -> TableCreateStatement {
    let id = big("create_index").primary_key().take();
    table("statement", [id, big("latest_index"), text("state")])
}

fn body_history() -> TableCreateStatement {
    table("body_history", [big("log_index").primary_key().take(), text("body"), text("kind"), text("state")])
}

fn traces() -> TableCreateStatement {
    table(
        "trace_event",
        [
            big("log_index").primary_key().take(),
            text("reporter"),
            text("stage"),
            text("gtin"),
            text("model"),
            text("batch"),
            text("serial"),
            ColumnDef::new("corrects").big_integer().null().take(),
            text("event"),
        ],
    )
}

fn cosignatures() -> TableCreateStatement {
    let columns = [big("size"), text("key"), text("witness"), big("signed_at"), text("line")];
    table("log_cosignature", columns).primary_key(Index::create().col("size").col("key")).take()
}

fn evidence() -> TableCreateStatement {
    table("log_evidence", [big("size").primary_key().take(), text("note"), big("found_at")])
}

fn witnessed() -> TableCreateStatement {
    let origin = text("origin").primary_key().take();
    table("witnessed", [origin, big("size"), binary("root"), big("cosigned_at")])
}

/// Other tables name a certificate by the index of its grant, which counts up: what is written together then lies
/// together. By its number, which is random, each row would touch a page of its own.
fn certificates() -> TableCreateStatement {
    table(
        "certificate",
        [
            big("granted_index").primary_key().take(),
            text("number"),
            text("body"),
            text("state"),
            integer("version"),
            big("latest_index"),
            big("created_at"),
            big("updated_at"),
            ColumnDef::new("effect_floor").big_integer().null().take(),
            ColumnDef::new("superseded_by").text().null().take(),
            text("valid_from"),
            text("valid_until"),
        ],
    )
}

/// Found by the events that made them.
fn versions() -> TableCreateStatement {
    table(
        "certificate_version",
        [
            big("log_index").primary_key().take(),
            big("certificate"),
            integer("version"),
            big("recorded_at"),
            text("content"),
            binary("document"),
            binary("document_sha256"),
            text("disclosures"),
            text("key_id"),
        ],
    )
}

fn events() -> TableCreateStatement {
    table(
        "certificate_event",
        [
            big("log_index").primary_key().take(),
            big("certificate"),
            text("step"),
            ColumnDef::new("reason").text().null().take(),
            text("reason_text"),
            big("effective_at"),
            big("recorded_at"),
            text("actor"),
            integer("version"),
            text("remedy"),
            text("state_after"),
        ],
    )
}

/// Little but its key: on SQLite the key is the table, and not an index beside it.
fn terms(backend: DbBackend) -> TableCreateStatement {
    let mut table = table("certificate_term", [text("kind"), text("value"), big("first"), text("certificates")]);
    table.primary_key(Index::create().col("kind").col("value").col("first"));
    if backend == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table.take()
}

/// On SQLite the key is the table: the entries of a list lie together.
fn status_entries(backend: DbBackend) -> TableCreateStatement {
    let columns = [text("body"), integer("list"), integer("idx"), big("certificate"), integer("version")];
    let mut table = table("status_entry", columns);
    table.primary_key(Index::create().col("body").col("list").col("idx"));
    if backend == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table.take()
}

fn entries() -> TableCreateStatement {
    table("log_entry", [big("idx").primary_key().take(), binary("leaf"), big("recorded_at"), text("subject")])
}

fn tiles() -> TableCreateStatement {
    let mut table = table("log_tile", [integer("level"), big("tile"), binary("hashes")]);
    table.primary_key(Index::create().col("level").col("tile")).take()
}

fn head() -> TableCreateStatement {
    table("log_head", [integer("id").primary_key().take(), big("size"), binary("root"), text("note"), big("signed_at")])
}

fn checkpoints() -> TableCreateStatement {
    table("log_checkpoint", [big("size").primary_key().take(), text("note"), big("signed_at")])
}
