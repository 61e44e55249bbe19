//! One open transaction, as a body sees it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::postgres::PgArguments;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, AssertSqlSafe, Postgres, Sqlite, Transaction};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;

use crate::engine::Engine;
use crate::error::StoreError;
use crate::meter::{Meter, Operation};

/// What a transaction's body returns: `Box::pin(async move { … })`.
pub type Body<'tx, T, E> = BoxFuture<'tx, Result<T, StoreError<E>>>;

/// An open transaction. Entities and queries take it wherever sea-orm asks for a connection (`.one(tx)`, `.exec(tx)`).
///
/// After a statement fails the transaction is over on both engines: every later statement is refused and nothing can
/// be committed, even when the body swallows the error. PostgreSQL behaves so by itself, SQLite does not.
///
/// It is held here and not by sea-orm, which copies all values of a statement before it binds them, and does not lend the
/// connection to whoever can bind them from where they are.
pub struct Tx {
    inner: tokio::sync::Mutex<Inner>,
    engine: Engine,
    failure: Mutex<Option<Failure>>,
    meter: Arc<Meter>,
}

/// The transaction of the driver.
pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Inner {
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(inner) => inner.commit().await,
            Self::Postgres(inner) => inner.commit().await,
        }
    }

    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(inner) => inner.rollback().await,
            Self::Postgres(inner) => inner.rollback().await,
        }
        .map_err(told)
    }
}

/// An error of the driver, as sea-orm has it.
pub(crate) fn told(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn bound<DB: sqlx::Database>(statement: Statement) -> Query<'static, DB, SqlxValues>
where
    SqlxValues: sqlx::IntoArguments<DB>,
{
    let values = statement.values.unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

/// A statement on its way.
struct Asked {
    operation: Operation,
    at: Instant,
}

impl Asked {
    fn of(sql: &str) -> Self {
        Self { operation: Operation::of(sql), at: Instant::now() }
    }
}

/// What ended a transaction early.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// A statement was refused.
    Statement(DbErr),
    /// The body found that it lost a race and asks to run again.
    Contended(DbErr),
}

impl Tx {
    pub(crate) fn new(inner: Inner, meter: Arc<Meter>) -> Self {
        let engine = match inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        };
        Self { inner: tokio::sync::Mutex::new(inner), engine, failure: Mutex::new(None), meter }
    }

    /// The engine below. For the rare statement that the two engines cannot share.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Ends this attempt because it lost a race that the database did not notice (a guarded update touched no row, a
    /// unique key was taken meanwhile). Return the error: the transaction is rolled back and its body runs again.
    #[must_use = "return this error from the body"]
    pub fn contended(&self, what: &str) -> DbErr {
        let error = DbErr::Custom(format!("contended: {what}"));
        self.failure().get_or_insert(Failure::Contended(error.clone()));
        error
    }

    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.failure().take()
    }

    pub(crate) fn into_inner(self) -> Inner {
        self.inner.into_inner()
    }

    /// Runs a statement of PostgreSQL's whose values are bound already. Gives the number of rows that it touched.
    pub(crate) async fn run_bound(&self, sql: String, values: PgArguments) -> Result<u64, DbErr> {
        self.refuse_after_failure()?;
        let Inner::Postgres(inner) = &mut *self.inner.lock().await else {
            return self.note(Err(DbErr::Custom("values were bound for another engine".to_owned())));
        };
        let asked = Asked::of(&sql);
        let done = sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut **inner).await;
        self.note(self.timed(asked, done).map(|done| done.rows_affected()).map_err(told))
    }

    /// Notes how long what was asked took, and how it ended.
    fn timed<T>(&self, asked: Asked, done: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.meter.operation(asked.operation, asked.at.elapsed(), done.as_ref().err());
        done
    }

    fn failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse_after_failure(&self) -> Result<(), DbErr> {
        match &*self.failure() {
            None => Ok(()),
            Some(Failure::Statement(error) | Failure::Contended(error)) => {
                Err(DbErr::Custom(format!("the transaction has already failed: {error}")))
            }
        }
    }

    fn note<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        if let Err(error) = &result {
            self.failure().get_or_insert(Failure::Statement(error.clone()));
        }
        result
    }
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        match self.engine {
            Engine::Sqlite => DbBackend::Sqlite,
            Engine::Postgres => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.refuse_after_failure()?;
        let asked = Asked::of(&stmt.sql);
        let done = match &mut *self.inner.lock().await {
            Inner::Sqlite(inner) => bound(stmt).execute(&mut **inner).await.map(ExecResult::from),
            Inner::Postgres(inner) => bound(stmt).execute(&mut **inner).await.map(ExecResult::from),
        };
        self.note(self.timed(asked, done).map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into()))))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.refuse_after_failure()?;
        let asked = Asked::of(sql);
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let done = match &mut *self.inner.lock().await {
            Inner::Sqlite(inner) => sql.execute(&mut **inner).await.map(ExecResult::from),
            Inner::Postgres(inner) => sql.execute(&mut **inner).await.map(ExecResult::from),
        };
        self.note(self.timed(asked, done).map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(error.into()))))
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.refuse_after_failure()?;
        let asked = Asked::of(&stmt.sql);
        let found = match &mut *self.inner.lock().await {
            Inner::Sqlite(inner) => bound(stmt).fetch_optional(&mut **inner).await.map(|row| row.map(Into::into)),
            Inner::Postgres(inner) => bound(stmt).fetch_optional(&mut **inner).await.map(|row| row.map(Into::into)),
        };
        self.note(self.timed(asked, found).map_err(told))
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.refuse_after_failure()?;
        let asked = Asked::of(&stmt.sql);
        let found: Result<Vec<QueryResult>, sqlx::Error> = match &mut *self.inner.lock().await {
            Inner::Sqlite(inner) => {
                bound(stmt).fetch_all(&mut **inner).await.map(|rows| rows.into_iter().map(Into::into).collect())
            }
            Inner::Postgres(inner) => {
                bound(stmt).fetch_all(&mut **inner).await.map(|rows| rows.into_iter().map(Into::into).collect())
            }
        };
        self.note(self.timed(asked, found).map_err(told))
    }
}
