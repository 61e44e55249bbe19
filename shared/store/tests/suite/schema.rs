//! Tables that the tests write to, and the smallest things to do with them.

use async_trait::async_trait;
use greenlane_store::{Micros, Store, StoreError, Tx};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm::{QueryOrder, QuerySelect, Set};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// The shared tables, and the tests' own.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = greenlane_store::migrations();
        all.push(Box::new(Tables));
        all
    }
}

pub(crate) struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "test_0001_tables"
    }
}

#[async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let note = Table::create()
            .table("note")
            .col(ColumnDef::new("id").big_integer().not_null().primary_key())
            .col(ColumnDef::new("revision").big_integer().not_null())
            .take();
        manager.create_table(note).await?;
        let moment = Table::create()
            .table("moment")
            .col(ColumnDef::new("id").big_integer().not_null().primary_key())
            .col(ColumnDef::new("at").big_integer().not_null())
            .col(ColumnDef::new("until").big_integer().null())
            .take();
        manager.create_table(moment).await?;
        let mut wide = Table::create();
        wide.table("wide").col(ColumnDef::new("id").big_integer().not_null().primary_key());
        for column in ["a", "b", "c", "d", "e", "f", "g"] {
            wide.col(ColumnDef::new(column).text().not_null());
        }
        manager.create_table(wide).await?;
        let mixed = Table::create()
            .table("mixed")
            .col(ColumnDef::new("id").big_integer().not_null().primary_key())
            .col(ColumnDef::new("said").text().not_null())
            .col(ColumnDef::new("bytes").binary().not_null())
            .col(ColumnDef::new("is_so").boolean().not_null())
            .col(ColumnDef::new("measured").double().not_null())
            .col(ColumnDef::new("counted").big_integer().not_null())
            .col(ColumnDef::new("own").text().not_null())
            .take();
        manager.create_table(mixed).await
    }
}

/// A row with nothing to it.
pub(crate) mod note {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "note")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: i64,
        pub(crate) revision: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row with times.
pub(crate) mod moment {
    use greenlane_store::Micros;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "moment")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: i64,
        pub(crate) at: Micros,
        pub(crate) until: Option<Micros>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row of eight columns.
pub(crate) mod wide {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "wide")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: i64,
        pub(crate) a: String,
        pub(crate) b: String,
        pub(crate) c: String,
        pub(crate) d: String,
        pub(crate) e: String,
        pub(crate) f: String,
        pub(crate) g: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row with a value of each kind.
pub(crate) mod mixed {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "mixed")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: i64,
        pub(crate) said: String,
        pub(crate) bytes: Vec<u8>,
        pub(crate) is_so: bool,
        pub(crate) measured: f64,
        pub(crate) counted: i64,
        pub(crate) own: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Inserts a note within a transaction.
pub(crate) async fn insert_note(tx: &Tx, id: i64, revision: i64) -> Result<(), DbErr> {
    let row = note::ActiveModel { id: Set(id), revision: Set(revision) };
    note::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())
}

/// Inserts a note in a transaction of its own.
pub(crate) async fn put(store: &Store, id: i64) -> Result<(), StoreError> {
    store.write("put", move |tx| Box::pin(async move { Ok(insert_note(tx, id, 0).await?) })).await
}

/// The ids of all notes that this transaction sees, in order.
pub(crate) async fn ids_in(tx: &Tx) -> Result<Vec<i64>, DbErr> {
    note::Entity::find()
        .select_only()
        .column(note::Column::Id)
        .order_by_asc(note::Column::Id)
        .into_tuple()
        .all(tx)
        .await
}

/// The ids of all notes, in order.
pub(crate) async fn ids(store: &Store) -> Vec<i64> {
    let read: Result<_, StoreError> = store.read("ids", |tx| Box::pin(async move { Ok(ids_in(tx).await?) })).await;
    read.unwrap()
}

/// A fixed instant, `micros` after it.
pub(crate) fn instant(micros: i64) -> Micros {
    Micros(1_795_392_000_000_000 + micros)
}
