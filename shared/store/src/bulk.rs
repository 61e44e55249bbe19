//! Inserting many rows with few statements, each of a text that is prepared once.
//!
//! The statements are written here and not by the query builder, which makes a tree of every value of every row first:
//! for rows like ours that took longer than the engine takes to store them.

mod statement;

use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityName, EntityTrait, IdenStatic,
    Iterable, QueryFilter, Statement, Value,
};

use self::statement::Insert;
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
    write(tx, rows, false).await
}

/// Inserts the rows that are not there yet, by any unique key, and gives their number: 0 when all were there, which
/// sea-orm's plain `exec` would answer with an error.
pub async fn insert_absent<A>(tx: &Tx, rows: impl IntoIterator<Item = A>) -> Result<u64, DbErr>
where
    A: ActiveModelTrait + Send,
{
    write(tx, rows, true).await
}

async fn write<A>(tx: &Tx, rows: impl IntoIterator<Item = A>, only_absent: bool) -> Result<u64, DbErr>
where
    A: ActiveModelTrait + Send,
{
    let runs = runs(rows);
    let mut inserted = 0;
    for run in runs {
        for statement in statement::statements(tx.engine(), run, only_absent) {
            inserted += execute(tx, statement).await?;
        }
    }
    Ok(inserted)
}

async fn execute(tx: &Tx, statement: Insert) -> Result<u64, DbErr> {
    match statement {
        Insert::Lists(statement) => Ok(tx.execute_raw(statement).await?.rows_affected()),
        Insert::Arrays(arrays) => {
            let (sql, values) = statement::together([&arrays])?;
            tx.run_bound(sql, values).await
        }
    }
}

/// Rows of several tables, none of which is refused for one of another: they may be written in any order. On PostgreSQL
/// one statement writes them all, which saves the way to the server and back for each table.
#[derive(Default)]
pub struct Inserts {
    runs: Vec<Run>,
}

impl Inserts {
    /// Rows of one more table. Those with the same columns go together, wherever they stood: a group of different
    /// mutations would else be cut into many pieces, and each order of pieces be a text of its own to prepare.
    pub fn add<A: ActiveModelTrait>(&mut self, rows: impl IntoIterator<Item = A>) {
        let first = self.runs.len();
        for run in runs(rows) {
            match self.runs[first..].iter_mut().find(|known| known.columns == run.columns) {
                Some(known) => known.rows.extend(run.rows),
                None => self.runs.push(run),
            }
        }
        self.runs[first..].sort_by(|one, other| one.columns.cmp(&other.columns));
    }

    /// Writes them, and with them those of these rows that are not there yet by any unique key; gives the number of these.
    pub async fn write_with_absent<A: ActiveModelTrait>(
        self,
        tx: &Tx,
        rows: impl IntoIterator<Item = A>,
    ) -> Result<u64, DbErr> {
        let of = |run, only_absent| statement::statements(tx.engine(), run, only_absent);
        let mut first: Vec<Insert> = self.runs.into_iter().flat_map(|run| of(run, false)).collect();
        let mut absent: Vec<Insert> = runs(rows).into_iter().flat_map(|run| of(run, true)).collect();
        // What cannot stand in arrays goes by itself.
        let lists: Vec<Insert> = first.extract_if(.., |insert| matches!(insert, Insert::Lists(_))).collect();
        for insert in lists {
            execute(tx, insert).await?;
        }
        // The rows that a statement touched are those of its last part.
        if let Some(Insert::Arrays(last)) = absent.pop_if(|insert| matches!(insert, Insert::Arrays(_))) {
            let mut inserted = 0;
            for insert in absent {
                inserted += execute(tx, insert).await?;
            }
            let parts = first.iter().filter_map(Insert::arrays).chain([&last]);
            let (sql, values) = statement::together(parts)?;
            return Ok(inserted + tx.run_bound(sql, values).await?);
        }
        let mut inserted = 0;
        for insert in first {
            execute(tx, insert).await?;
        }
        for insert in absent {
            inserted += execute(tx, insert).await?;
        }
        Ok(inserted)
    }
}

/// Rows of one table that give values to the same columns, one after the other as they came.
struct Run {
    table: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

/// The rows, and between them a cut wherever one leaves out another column than the one before. A value that is NULL is
/// left out: no column of ours has another default, and an array of PostgreSQL's does not tell what its NULLs are.
fn runs<A: ActiveModelTrait>(rows: impl IntoIterator<Item = A>) -> Vec<Run> {
    let table = A::Entity::default();
    let all: Vec<_> = <A::Entity as EntityTrait>::Column::iter().map(|column| (column, column.as_str())).collect();
    let mut runs: Vec<Run> = Vec::new();
    let mut columns = Vec::with_capacity(all.len());
    for mut row in rows {
        columns.clear();
        let mut values = Vec::with_capacity(all.len());
        for (column, name) in &all {
            match row.take(*column) {
                ActiveValue::Set(value) | ActiveValue::Unchanged(value) if value.is_some() => {
                    columns.push(*name);
                    values.push(value);
                }
                ActiveValue::Set(_) | ActiveValue::Unchanged(_) | ActiveValue::NotSet => {}
            }
        }
        match runs.last_mut() {
            Some(run) if run.columns == columns => run.rows.push(values),
            _ => runs.push(Run { table: table.table_name(), columns: columns.clone(), rows: vec![values] }),
        }
    }
    runs
}

/// That a column has one of these values; no row has, when there are none. One text is prepared on PostgreSQL, which is
/// given an array, and few on SQLite.
pub fn is_in<C, V>(engine: Engine, column: C, values: impl IntoIterator<Item = V>) -> Expr
where
    C: ColumnTrait,
    V: Into<Value>,
{
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    match engine {
        Engine::Sqlite => column.is_in(in_list(values)),
        Engine::Postgres => match statement::array(values) {
            Ok(array) => Expr::col(column.as_column_ref()).eq(PgFunc::any(Expr::value(array))),
            Err(values) => column.is_in(values),
        },
    }
}

/// The rows that have one of these values in a column without duplicates.
///
/// PostgreSQL plans a statement for the table that it first sees, and keeps to the plan until it has gathered statistics:
/// of an empty table it would read all rows, and hold each against every value, when there are a hundred thousand. So it
/// is told to look each value up.
pub async fn find_unique<E, V>(
    tx: &Tx,
    column: E::Column,
    values: impl IntoIterator<Item = V>,
) -> Result<Vec<E::Model>, DbErr>
where
    E: EntityTrait,
    V: Into<Value>,
{
    let values: Vec<Value> = values.into_iter().map(Into::into).collect();
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let array = match tx.engine() {
        Engine::Sqlite => return E::find().filter(is_in(Engine::Sqlite, column, values)).all(tx).await,
        Engine::Postgres => statement::typed_array(values),
    };
    match array {
        Ok((array, kind)) => {
            // Named one by one: a statement that was prepared before a migration added a column would give one more.
            let columns: Vec<String> = E::Column::iter().map(|it| format!("one.\"{}\"", it.as_str())).collect();
            let sql = format!(
                "SELECT found.* FROM UNNEST($1::{kind}[]) AS wanted (value) CROSS JOIN LATERAL \
                 (SELECT {} FROM \"{}\" AS one WHERE one.\"{}\" = wanted.value LIMIT 1) AS found",
                columns.join(", "),
                E::default().table_name(),
                column.as_str(),
            );
            E::find().from_raw_sql(Statement::from_sql_and_values(DbBackend::Postgres, sql, [array])).all(tx).await
        }
        Err(values) => E::find().filter(column.is_in(values)).all(tx).await,
    }
}

/// Values for an `IN (…)`, the last one repeated until there are a power of two of them: so that few texts are prepared,
/// as for the rows above.
fn in_list<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

#[cfg(test)]
mod tests;
