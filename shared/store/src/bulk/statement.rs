//! The statements that insert rows: on SQLite a list of values, on PostgreSQL an array for each column.

use std::fmt::Write as _;

use sea_orm::sea_query::ArrayType;
use sea_orm::sqlx::Arguments as _;
use sea_orm::sqlx::error::BoxDynError;
use sea_orm::sqlx::postgres::PgArguments;
use sea_orm::{DbBackend, DbErr, Statement, Value};

use super::{Run, max_variables};
use crate::engine::Engine;

/// Rows in one list of values at most: with longer ones there would be more texts to keep prepared.
const MOST_VALUES: usize = 256;

/// Rows in one statement of arrays at most: their number is not in its text, and only the size of the message counts.
const MOST_IN_ARRAYS: usize = 1_024;

/// Rows from which on a value that all of them have in a column is sent once. With fewer there is little to save, and on
/// SQLite many more texts: rows have something in common by chance.
const SHARED_FROM: usize = 32;

/// One statement, or a part of one.
pub(super) enum Insert {
    /// A list of values, maybe longer than there are rows.
    Lists(Statement),
    /// An array for each column.
    Arrays(Arrays),
}

/// Rows that PostgreSQL is sent by columns.
pub(super) struct Arrays {
    into: String,
    only_absent: bool,
    kinds: Vec<Kind>,
    /// Of each column, whether all rows have the same there, which is then sent once.
    pub(super) is_shared: Vec<bool>,
    rows: Vec<Vec<Value>>,
}

impl Insert {
    pub(super) fn arrays(&self) -> Option<&Arrays> {
        match self {
            Self::Lists(_) => None,
            Self::Arrays(arrays) => Some(arrays),
        }
    }
}

/// What inserts these rows, in their order.
pub(super) fn statements(engine: Engine, mut run: Run, only_absent: bool) -> Vec<Insert> {
    match engine {
        Engine::Sqlite => {
            let shared = take_shared(&mut run);
            lists(engine, run, &shared, only_absent)
        }
        Engine::Postgres => match kinds(&run) {
            Some(kinds) => arrays(run, &kinds, only_absent),
            None => lists(engine, run, &Shared::default(), only_absent),
        },
    }
}

fn lists(engine: Engine, run: Run, shared: &Shared, only_absent: bool) -> Vec<Insert> {
    let Run { table, mut columns, mut rows } = run;
    let unshared = columns.len();
    columns.extend(&shared.columns);
    let into = into(engine, table, &columns);
    let mut statements = Vec::new();
    while !rows.is_empty() {
        let rest = rows.split_off(size(engine, columns.len(), rows.len()));
        let list = list(engine, &into, unshared, rows, shared.values.clone(), only_absent);
        statements.push(Insert::Lists(list));
        rows = rest;
    }
    statements
}

fn arrays(run: Run, kinds: &[Kind], only_absent: bool) -> Vec<Insert> {
    let Run { table, columns, mut rows } = run;
    let (into, is_shared) = (into(Engine::Postgres, table, &columns), is_shared(&rows));
    let mut statements = Vec::new();
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(MOST_IN_ARRAYS));
        let (into, kinds, is_shared) = (into.clone(), kinds.to_vec(), is_shared.clone());
        statements.push(Insert::Arrays(Arrays { into, only_absent, kinds, is_shared, rows }));
        rows = rest;
    }
    statements
}

/// Of each column, whether all of these rows have the same there. Never of all columns: rows of nothing would be none.
fn is_shared(rows: &[Vec<Value>]) -> Vec<bool> {
    let Some((first, rest)) = rows.split_first() else { return Vec::new() };
    let are_many = rows.len() >= SHARED_FROM;
    let alike = |(column, value): (usize, &Value)| are_many && rest.iter().all(|row| row[column] == *value);
    let is_shared: Vec<bool> = first.iter().enumerate().map(alike).collect();
    if is_shared.contains(&false) { is_shared } else { vec![false; is_shared.len()] }
}

/// What all rows have in common.
#[derive(Default)]
struct Shared {
    columns: Vec<&'static str>,
    values: Vec<Value>,
}

/// Takes out of the rows what all of them have in common. Those of one caller, recorded together, differ in less than half
/// of their columns.
fn take_shared(run: &mut Run) -> Shared {
    let is_shared = is_shared(&run.rows);
    let mut shared = Shared::default();
    if !is_shared.contains(&true) {
        return shared;
    }
    if let Some(first) = run.rows.first() {
        let in_common = first.iter().zip(&is_shared).filter(|(_, is_shared)| **is_shared);
        shared.values = in_common.map(|(value, _)| value.clone()).collect();
    }
    let named = run.columns.iter().zip(&is_shared).filter(|(_, is_shared)| **is_shared);
    shared.columns = named.map(|(name, _)| *name).collect();
    keep_unshared(&mut run.columns, &is_shared);
    run.rows.iter_mut().for_each(|row| keep_unshared(row, &is_shared));
    shared
}

fn keep_unshared<T>(items: &mut Vec<T>, is_shared: &[bool]) {
    let mut is_shared = is_shared.iter();
    items.retain(|_| is_shared.next() == Some(&false));
}

/// One statement of these parts, and its values. It tells the number of rows of the last part.
///
/// Which columns are shared is not in its text: rows have this or that in common by chance, and there would be as many texts
/// as the columns of all tables have combinations. Which parts there are is in it, and which columns each of them leaves out
/// as NULL; rows of which there are more than go into one array are several parts. An array that is shorter than others is
/// filled up with NULL, which no value of ours is, and its first value is taken instead. Whether anything is shared at all is
/// in it: for a few rows the plain text is planned and begun faster.
pub(super) fn together<'a>(parts: impl IntoIterator<Item = &'a Arrays>) -> Result<(String, PgArguments), DbErr> {
    let parts: Vec<&Arrays> = parts.into_iter().collect();
    let is_any_shared = parts.iter().any(|part| part.is_shared.contains(&true));
    let (mut inserts, mut variables) = (Vec::new(), 0);
    let mut values = PgArguments::default();
    for part in parts {
        let arrays = part.kinds.iter().map(|kind| {
            variables += 1;
            format!("${variables}::{}[]", kind.name())
        });
        let arrays: Vec<String> = arrays.collect();
        let from = arrays.join(", ");
        let absent = if part.only_absent { ON_CONFLICT } else { "" };
        let (taken, given) = if is_any_shared {
            let taken = arrays.iter().enumerate().map(|(place, array)| format!("COALESCE(c{place}, ({array})[1])"));
            let names: Vec<String> = (0..arrays.len()).map(|place| format!("c{place}")).collect();
            (taken.collect::<Vec<_>>().join(", "), format!(" AS given ({})", names.join(", ")))
        } else {
            ("*".to_owned(), String::new())
        };
        inserts.push(format!("{}SELECT {taken} FROM UNNEST({from}){given}{absent}", part.into));
        part.bind(&mut values).map_err(|error| DbErr::Type(error.to_string()))?;
    }
    let last = inserts.pop().unwrap_or_default();
    if inserts.is_empty() {
        return Ok((last, values));
    }
    let named = inserts.iter().enumerate().map(|(place, insert)| format!("part_{place} AS ({insert})"));
    Ok((format!("WITH {} {last}", named.collect::<Vec<_>>().join(", ")), values))
}

const ON_CONFLICT: &str = " ON CONFLICT DO NOTHING";

impl Arrays {
    /// Column by column, each value from where it is; of a shared column the first.
    fn bind<'a>(&'a self, values: &mut PgArguments) -> Result<(), BoxDynError> {
        macro_rules! column {
            ($column:ident, $pattern:pat => $value:expr) => {{
                let of_row = |row: &'a Vec<Value>| match &row[$column] {
                    $pattern => Some($value),
                    _ => None,
                };
                let count = if self.is_shared[$column] { 1 } else { self.rows.len() };
                values.add(self.rows[..count].iter().map(of_row).collect::<Vec<_>>())?;
            }};
        }
        for (column, kind) in self.kinds.iter().enumerate() {
            match kind {
                Kind::Bool => column!(column, Value::Bool(Some(value)) => *value),
                Kind::Int => column!(column, Value::Int(Some(value)) => *value),
                Kind::BigInt => column!(column, Value::BigInt(Some(value)) => *value),
                Kind::Double => column!(column, Value::Double(Some(value)) => *value),
                Kind::Text => column!(column, Value::String(Some(value)) => value.as_str()),
                Kind::Bytes => column!(column, Value::Bytes(Some(value)) => value.as_slice()),
            }
        }
        Ok(())
    }
}

/// SQLite keeps aside what it would take to undo the rows before one that is refused, unless it is told that nobody wants
/// them undone: a transaction is never committed here after a statement has failed.
fn into(engine: Engine, table: &str, columns: &[&str]) -> String {
    let verb = match engine {
        Engine::Sqlite => "INSERT OR FAIL",
        Engine::Postgres => "INSERT",
    };
    format!("{verb} INTO \"{table}\" (\"{}\") ", columns.join("\", \""))
}

/// How many rows go into one list of values.
fn size(engine: Engine, columns: usize, left: usize) -> usize {
    let most = 1 << (max_variables(engine) / columns.max(1)).clamp(1, MOST_VALUES).ilog2();
    match engine {
        Engine::Sqlite => left.min(most),
        Engine::Postgres => most.min(1 << left.ilog2()),
    }
}

/// One statement for all rows. Its text depends on how long its list is, and the engine prepares each text anew that it has
/// not seen. So on SQLite the list is as long as a power of two, and its last rows are left empty: they read as NULL, which
/// no value of ours is. What all rows share stands before the list, and is bound before it.
fn list(
    engine: Engine,
    into: &str,
    columns: usize,
    rows: Vec<Vec<Value>>,
    shared: Vec<Value>,
    only_absent: bool,
) -> Statement {
    let length = match engine {
        Engine::Sqlite => rows.len().next_power_of_two(),
        Engine::Postgres => rows.len(),
    };
    let is_padded = engine == Engine::Sqlite && (length > 1 || !shared.is_empty());
    let mut sql = String::with_capacity(into.len() + 60 + length * (columns * 5 + 3));
    sql.push_str(into);
    if is_padded {
        sql.push_str("SELECT *");
        shared.iter().for_each(|_| sql.push_str(",?"));
        sql.push_str(" FROM (");
    }
    let mut variable = 0;
    for row in 0..length {
        sql.push_str(if row == 0 { "VALUES (" } else { ",(" });
        for column in 0..columns {
            if column > 0 {
                sql.push(',');
            }
            variable += 1;
            match engine {
                Engine::Sqlite => sql.push('?'),
                Engine::Postgres => _ = write!(sql, "${variable}"),
            }
        }
        sql.push(')');
    }
    if is_padded {
        sql.push_str(") WHERE column1 IS NOT NULL");
    }
    if only_absent {
        sql.push_str(ON_CONFLICT);
    }
    let backend = match engine {
        Engine::Sqlite => DbBackend::Sqlite,
        Engine::Postgres => DbBackend::Postgres,
    };
    Statement::from_sql_and_values(backend, sql, shared.into_iter().chain(rows.into_iter().flatten()))
}

/// A kind of values that can stand in an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    BigInt,
    Double,
    Text,
    Bytes,
}

impl Kind {
    fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::BigInt(_) => Self::BigInt,
            Value::Double(_) => Self::Double,
            Value::String(_) => Self::Text,
            Value::Bytes(_) => Self::Bytes,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::BigInt => "bigint",
            Self::Double => "double precision",
            Self::Text => "text",
            Self::Bytes => "bytea",
        }
    }

    fn array(self) -> ArrayType {
        match self {
            Self::Bool => ArrayType::Bool,
            Self::Int => ArrayType::Int,
            Self::BigInt => ArrayType::BigInt,
            Self::Double => ArrayType::Double,
            Self::Text => ArrayType::String,
            Self::Bytes => ArrayType::Bytes,
        }
    }
}

/// What the columns hold, if all of it can stand in arrays.
fn kinds(run: &Run) -> Option<Vec<Kind>> {
    let kinds: Vec<Kind> = run.rows.first()?.iter().map(Kind::of).collect::<Option<_>>()?;
    let alike = |row: &Vec<Value>| row.iter().zip(&kinds).all(|(value, kind)| Kind::of(value) == Some(*kind));
    (!kinds.is_empty() && run.rows.iter().all(alike)).then_some(kinds)
}

/// The values in one array, or as they are when they cannot stand in one.
pub(super) fn array(values: Vec<Value>) -> Result<Value, Vec<Value>> {
    typed_array(values).map(|(array, _)| array)
}

/// As [`array`], with the name of the values' type.
pub(super) fn typed_array(values: Vec<Value>) -> Result<(Value, &'static str), Vec<Value>> {
    let Some(kind) = values.first().and_then(Kind::of) else { return Err(values) };
    if values.iter().all(|value| Kind::of(value) == Some(kind) && value.is_some()) {
        Ok((Value::Array(kind.array(), Some(Box::new(values))), kind.name()))
    } else {
        Err(values)
    }
}
