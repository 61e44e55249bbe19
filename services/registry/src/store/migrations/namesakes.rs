//! By what bodies are told apart, where an index finds it.

use async_trait::async_trait;
use sea_orm::sea_query::{ColumnDef, Index, Query, Table};
use sea_orm::{ConnectionTrait as _, DbErr, QueryResult};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::store::namesakes::{AT_ONCE, NOT_INDEXED, indexing};

pub(super) struct Namesakes;

impl MigrationName for Namesakes {
    fn name(&self) -> &str {
        "registry_0007_namesakes_expand"
    }
}

#[async_trait]
impl MigrationTrait for Namesakes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            ColumnDef::new("name_sha256").text().null().take(),
            ColumnDef::new("did_spelled").text().null().take(),
            ColumnDef::new("names_index").big_integer().null().take(),
        ] {
            manager.alter_table(Table::alter().table("body").add_column(column).take()).await?;
        }
        fill_in(manager).await?;
        let name = Index::create().name("body_name").table("body").col("economy").col("name_sha256").take();
        manager.create_index(name).await?;
        manager.create_index(Index::create().name("body_did").table("body").col("did_spelled").take()).await?;
        let others = format!("CREATE INDEX body_not_indexed ON body (id) WHERE {NOT_INDEXED}");
        manager.get_connection().execute_unprepared(&others).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["body_not_indexed", "body_did", "body_name"] {
            manager.drop_index(Index::drop().name(index).table("body").to_owned()).await?;
        }
        for column in ["names_index", "did_spelled", "name_sha256"] {
            manager.alter_table(Table::alter().table("body").drop_column(column).take()).await?;
        }
        Ok(())
    }
}

/// For the bodies that are there. Few statements: on PostgreSQL nobody reads the table meanwhile.
async fn fill_in(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let select = Query::select().columns(["id", "latest_index", "record"]).from("body").take();
    let read =
        |row: QueryResult| Ok((row.try_get("", "id")?, row.try_get("", "latest_index")?, row.try_get("", "record")?));
    let bodies: Result<Vec<(String, i64, String)>, DbErr> =
        connection.query_all(&select).await?.into_iter().map(read).collect();
    for some in bodies?.chunks(AT_ONCE) {
        let some = some.iter().map(|(id, latest_index, record)| (id.as_str(), *latest_index, record.as_str()));
        connection.execute_raw(indexing(manager.get_database_backend(), some)?).await?;
    }
    Ok(())
}
