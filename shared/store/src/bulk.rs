//! Inserting many rows within the engines' limits on bound variables.

use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, Iterable, TryInsertResult};

use crate::engine::Engine;
use crate::tx::Tx;

/// Variables that one statement may bind: SQLite's default `SQLITE_MAX_VARIABLE_NUMBER`, and the 16 bits that
/// PostgreSQL's protocol counts them with.
#[must_use]
pub fn max_variables(engine: Engine) -> usize {
    match engine {
        Engine::Sqlite => 32_766,
        Engine::Postgres => 65_535,
    }
}

/// Inserts all rows, in as few statements as the engine allows. Gives the number inserted.
pub async fn insert<A>(tx: &Tx, rows: impl IntoIterator<Item = A>) -> Result<u64, DbErr>
where
    A: ActiveModelTrait + Send,
{
    let mut inserted = 0;
    for chunk in chunks(tx.engine(), rows) {
        inserted += A::Entity::insert_many(chunk).exec_without_returning(tx).await?;
    }
    Ok(inserted)
}

/// Inserts the rows that are not there yet, by any unique key, and gives their number: 0 when all were there, which
/// sea-orm's plain `exec` would answer with an error.
pub async fn insert_absent<A>(tx: &Tx, rows: impl IntoIterator<Item = A>) -> Result<u64, DbErr>
where
    A: ActiveModelTrait + Send,
{
    let mut inserted = 0;
    for chunk in chunks(tx.engine(), rows) {
        let insert = A::Entity::insert_many(chunk).on_conflict_do_nothing();
        inserted += match insert.exec_without_returning(tx).await? {
            TryInsertResult::Inserted(count) => count,
            TryInsertResult::Empty | TryInsertResult::Conflicted => 0,
        };
    }
    Ok(inserted)
}

fn chunks<A>(engine: Engine, rows: impl IntoIterator<Item = A>) -> impl Iterator<Item = Vec<A>>
where
    A: ActiveModelTrait,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let size = (max_variables(engine) / columns).max(1);
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<A> = rows.by_ref().take(size).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}
