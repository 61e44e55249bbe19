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

/// Inserts all rows, many in a statement. Gives the number inserted.
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

/// Rows in one statement at most: with longer ones there would be more texts to keep prepared.
const MOST_ROWS: usize = 64;

/// Rows in chunks of 64, 32, 16 and so on down to 1. A statement's text depends on how many rows it has, and the engine
/// prepares each text anew that it has not seen: of few sizes, all are soon known.
fn chunks<A>(engine: Engine, rows: impl IntoIterator<Item = A>) -> impl Iterator<Item = Vec<A>>
where
    A: ActiveModelTrait,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let most = (max_variables(engine) / columns).clamp(1, MOST_ROWS);
    let mut rows = rows.into_iter().collect::<Vec<_>>().into_iter();
    std::iter::from_fn(move || {
        let left = rows.len();
        let size = if left >= most { most } else { 1 << left.checked_ilog2()? };
        let chunk: Vec<A> = rows.by_ref().take(size).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// Values for an `IN (…)`, the last one repeated until there are a power of two of them: so that few texts are prepared,
/// as for the rows above.
pub fn in_list<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

#[cfg(test)]
mod tests;
