//! Revisions: counters whose order is the order of commits.
//!
//! A database sequence is not: it hands out numbers before the commit, so a reader that asks for "everything after the
//! last number I saw" misses whoever took a smaller number and committed later. A counter row is locked by the
//! transaction that moves it, until that transaction ends, so a number is visible only after all smaller ones are.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{ExprTrait, QuerySelect, Set};

use crate::tx::Tx;

mod counter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "revision_counter")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(super) name: String,
        pub(super) value: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The counter's value as of this transaction; 0 when it was never moved. Takes no lock.
pub async fn current(tx: &Tx, name: &str) -> Result<u64, DbErr> {
    let row = counter::Entity::find_by_id(name).one(tx).await?;
    Ok(row.map_or(0, |row| to_u64(row.value)))
}

/// The counter's value, held still until this transaction ends: whoever else wants to lock or move it waits.
pub async fn lock(tx: &Tx, name: &str) -> Result<u64, DbErr> {
    let find = || counter::Entity::find_by_id(name).lock_exclusive().one(tx);
    if let Some(row) = find().await? {
        return Ok(to_u64(row.value));
    }
    // No row, nothing to lock: make it. A concurrent maker is waited for.
    let zero = counter::ActiveModel { name: Set(name.to_owned()), value: Set(0) };
    counter::Entity::insert(zero)
        .on_conflict(OnConflict::column(counter::Column::Name).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    let row = find().await?;
    row.map(|row| to_u64(row.value)).ok_or_else(|| tx.contended("the revision counter was removed"))
}

/// Moves the counter by `by` and gives its new value. Locks it until this transaction ends, so do it last when others
/// wait for it.
pub async fn advance(tx: &Tx, name: &str, by: u64) -> Result<u64, DbErr> {
    let by = i64::try_from(by).map_err(|_| DbErr::Type("a revision step beyond 63 bits".to_owned()))?;
    let add = Expr::col((counter::Entity, counter::Column::Value)).add(by);
    let statement = Query::insert()
        .into_table(counter::Entity)
        .columns([counter::Column::Name, counter::Column::Value])
        .values_panic([name.into(), by.into()])
        .on_conflict(OnConflict::column(counter::Column::Name).value(counter::Column::Value, add).to_owned())
        .returning_col(counter::Column::Value)
        .take();
    let row = tx.query_one(&statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(format!("revision counter {name}")))?;
    Ok(to_u64(row.try_get("", "value")?))
}

/// Moves the counter by one and gives its new value.
pub async fn next(tx: &Tx, name: &str) -> Result<u64, DbErr> {
    advance(tx, name, 1).await
}

/// Counters begin at 0 and only grow.
fn to_u64(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
