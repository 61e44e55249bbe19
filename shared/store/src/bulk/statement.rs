//! The statements that insert rows: on SQLite a list of values, on PostgreSQL an array for each column.

use sea_orm::sea_query::ArrayType;
use sea_orm::{DbBackend, Statement, Value};

use super::{Run, max_variables};
use crate::engine::Engine;

/// Rows in one list of values at most: with longer ones there would be more texts to keep prepared.
const MOST_VALUES: usize = 256;

/// Rows in one statement of arrays at most: their number is not in its text, and only the size of the message counts.
const MOST_IN_ARRAYS: usize = 1_024;

/// What inserts these rows, in their order.
pub(super) fn statements(engine: Engine, run: Run, only_absent: bool) -> Vec<Statement> {
    let kinds: Option<Vec<Kind>> = match engine {
        Engine::Postgres => kinds(&run),
        Engine::Sqlite => None,
    };
    let mut rows = run.rows;
    let mut statements = Vec::new();
    while !rows.is_empty() {
        let size =
            if kinds.is_some() { rows.len().min(MOST_IN_ARRAYS) } else { next_size(engine, &run.columns, rows.len()) };
        let rest = rows.split_off(size);
        let (mut sql, values) = match &kinds {
            Some(kinds) => arrays(kinds, rows),
            None => lists(engine, run.columns.len(), rows),
        };
        sql.insert_str(0, &into(engine, run.table, &run.columns));
        if only_absent {
            sql.push_str(" ON CONFLICT DO NOTHING");
        }
        let backend = match engine {
            Engine::Sqlite => DbBackend::Sqlite,
            Engine::Postgres => DbBackend::Postgres,
        };
        statements.push(Statement::from_sql_and_values(backend, sql, values));
        rows = rest;
    }
    statements
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

/// 256, 128, 64 and so on down to 1. A statement's text depends on how many rows it has, and the engine prepares each text
/// anew that it has not seen: of few sizes, all are soon known.
pub(super) fn next_size(engine: Engine, columns: &[&str], left: usize) -> usize {
    let most = (max_variables(engine) / columns.len().max(1)).clamp(1, MOST_VALUES);
    if left >= most { most } else { 1 << left.ilog2() }
}

fn lists(engine: Engine, columns: usize, rows: Vec<Vec<Value>>) -> (String, Vec<Value>) {
    let mut sql = String::with_capacity(7 + rows.len() * (columns * 5 + 2));
    let mut variable = 0;
    for row in 0..rows.len() {
        sql.push_str(if row == 0 { "VALUES (" } else { ", (" });
        for column in 0..columns {
            if column > 0 {
                sql.push(',');
            }
            variable += 1;
            match engine {
                Engine::Sqlite => sql.push('?'),
                Engine::Postgres => sql.push_str(&format!("${variable}")),
            }
        }
        sql.push(')');
    }
    (sql, rows.into_iter().flatten().collect())
}

fn arrays(kinds: &[Kind], rows: Vec<Vec<Value>>) -> (String, Vec<Value>) {
    let mut columns: Vec<Vec<Value>> = kinds.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    let variables = kinds.iter().enumerate().map(|(place, kind)| format!("${}::{}[]", place + 1, kind.name()));
    let sql = format!("SELECT * FROM UNNEST({})", variables.collect::<Vec<_>>().join(", "));
    let values = kinds.iter().zip(columns).map(|(kind, column)| Value::Array(kind.array(), Some(Box::new(column))));
    (sql, values.collect())
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
    let Some(kind) = values.first().and_then(Kind::of) else { return Err(values) };
    if values.iter().all(|value| Kind::of(value) == Some(kind) && value.is_some()) {
        Ok(Value::Array(kind.array(), Some(Box::new(values))))
    } else {
        Err(values)
    }
}
