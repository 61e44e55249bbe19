//! One open transaction, as a body sees it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use crate::engine::Engine;
use crate::error::StoreError;

/// What a transaction's body returns: `Box::pin(async move { … })`.
pub type Body<'tx, T, E> = BoxFuture<'tx, Result<T, StoreError<E>>>;

/// An open transaction. Entities and queries take it wherever sea-orm asks for a connection (`.one(tx)`, `.exec(tx)`).
///
/// After a statement fails the transaction is over on both engines: every later statement is refused and nothing can
/// be committed, even when the body swallows the error. PostgreSQL behaves so by itself, SQLite does not.
pub struct Tx {
    inner: DatabaseTransaction,
    engine: Engine,
    failure: Mutex<Option<Failure>>,
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
    pub(crate) fn new(inner: DatabaseTransaction, engine: Engine) -> Self {
        Self { inner, engine, failure: Mutex::new(None) }
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

    pub(crate) fn into_inner(self) -> DatabaseTransaction {
        self.inner
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
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.refuse_after_failure()?;
        self.note(self.inner.execute_raw(stmt).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.refuse_after_failure()?;
        self.note(self.inner.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.refuse_after_failure()?;
        self.note(self.inner.query_one_raw(stmt).await)
    }

    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.refuse_after_failure()?;
        self.note(self.inner.query_all_raw(stmt).await)
    }
}
