//! The one function that all database work runs in.

use std::sync::Arc;
use std::time::Instant;

use greenlane_platform::telemetry;
use sea_orm::{ConnAcquireErr, DatabaseConnection, DbErr, sqlx};
use tokio::sync::oneshot;
use tracing::Instrument;

use crate::engine::Engine;
use crate::error::StoreError;
use crate::meter::{Meter, Operation};
use crate::pool::{self, Lane};
use crate::retry::{self, Class};
use crate::store::{Shared, Store};
use crate::tx::{self, Body, Failure, Inner, Tx};

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    WriteSerializable,
}

impl Kind {
    /// What begins it. A reader's connection to PostgreSQL has its isolation from its session, READ COMMITTED is
    /// PostgreSQL's own default.
    fn begins(self, engine: Engine) -> &'static str {
        match (engine, self) {
            (Engine::Sqlite, Kind::Write | Kind::WriteSerializable) => "BEGIN IMMEDIATE",
            (Engine::Postgres, Kind::WriteSerializable) => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            (Engine::Sqlite | Engine::Postgres, Kind::Read) | (Engine::Postgres, Kind::Write) => "BEGIN",
        }
    }

    async fn begin(self, engine: Engine, connection: &DatabaseConnection, meter: &Arc<Meter>) -> Result<Tx, DbErr> {
        let begins = self.begins(engine);
        let inner = match engine {
            Engine::Sqlite => connection.get_sqlite_connection_pool().begin_with(begins).await.map(Inner::Sqlite),
            Engine::Postgres => connection.get_postgres_connection_pool().begin_with(begins).await.map(Inner::Postgres),
        };
        inner.map(|inner| Tx::new(inner, Arc::clone(meter))).map_err(|error| match error {
            sqlx::Error::PoolTimedOut => pool::away(),
            sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            error => tx::told(error),
        })
    }
}

/// Runs `body` as one transaction, in a task of its own.
///
/// The task is what keeps acknowledged writes: sqlx marks a connection as being inside a transaction only once BEGIN
/// was answered, so a future dropped in between would hand an untracked open transaction to the next user of that
/// connection, whose rows would vanish with it. A spawned task is not dropped with its caller.
pub(crate) async fn run<T, E, F>(store: &Store, kind: Kind, name: &'static str, body: F) -> Result<T, StoreError<E>>
where
    F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, E> + Send + Sync + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let shared = Arc::clone(&store.shared);
    let (answer, answered) = oneshot::channel();
    let span = if telemetry::is_recording() {
        tracing::info_span!(
            "transaction",
            otel.name = name,
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            db.system.name = shared.engine.name(),
            db.namespace = shared.meter.namespace,
            error.type = tracing::field::Empty,
        )
    } else {
        tracing::Span::none()
    };
    tokio::spawn(telemetry::carry(attempts(shared, kind, name, body, answer).instrument(span)));
    match answered.await {
        Ok(result) => result,
        Err(_) => Err(StoreError::Aborted(format!("{name} ended without an answer"))),
    }
}

async fn attempts<T, E, F>(
    shared: Arc<Shared>,
    kind: Kind,
    name: &'static str,
    body: F,
    answer: oneshot::Sender<Result<T, StoreError<E>>>,
) where
    F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, E>,
{
    let mut run = Run { shared: &shared, kind, name, began: Instant::now(), answer: Some(answer) };
    let (mut attempt, mut lost_connections) = (1, 0);
    loop {
        let (class, error) = match run.attempt(&body).await {
            Attempt::Over => return,
            Attempt::Failed(class, error) => (class, error),
        };
        lost_connections += u32::from(class == Class::Connection);
        match class {
            Class::Permanent => return run.finish(Err(StoreError::Database(error))),
            Class::Unavailable => return run.finish(Err(StoreError::Unavailable(error))),
            Class::Connection if lost_connections >= retry::CONNECTIONS => {
                return run.finish(Err(StoreError::Unavailable(error)));
            }
            _ if attempt >= retry::ATTEMPTS => {
                return run.finish(Err(StoreError::Exhausted { attempts: attempt, last: error }));
            }
            Class::Connection | Class::Contention => {}
        }
        attempt += 1;
        tracing::debug!(attempt, %error, "trying the transaction again");
        shared.meter.retry(name);
        tokio::time::sleep(retry::pause(attempt)).await;
    }
}

enum Attempt {
    /// The caller has its answer, or is gone.
    Over,
    /// Nothing was written; the class says whether to try again.
    Failed(Class, DbErr),
}

struct Run<'a, T, E> {
    shared: &'a Shared,
    kind: Kind,
    name: &'static str,
    began: Instant,
    answer: Option<oneshot::Sender<Result<T, StoreError<E>>>>,
}

impl<T, E> Run<'_, T, E> {
    async fn attempt<F>(&mut self, body: &F) -> Attempt
    where
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, E>,
    {
        let lane = match self.kind {
            Kind::Read => &self.shared.reader,
            Kind::Write | Kind::WriteSerializable => &self.shared.writer,
        };
        let waiting = Instant::now();
        let permit = lane.permit().await;
        self.shared.meter.wait(self.name, &lane.name, waiting.elapsed());
        let _permit = match permit {
            Ok(permit) => permit,
            Err(error) => return Attempt::Failed(Class::Unavailable, error),
        };
        if self.answer.as_ref().is_none_or(oneshot::Sender::is_closed) {
            // Nobody waits any more and nothing has begun: overload is not fed with work that nobody will see.
            return Attempt::Over;
        }
        let started = Instant::now();
        let outcome = self.in_transaction(lane, body).await;
        self.shared.meter.attempt(self.name, started.elapsed());
        outcome
    }

    async fn in_transaction<F>(&mut self, lane: &Lane, body: &F) -> Attempt
    where
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, E>,
    {
        let engine = self.shared.engine;
        let begun = self.kind.begin(engine, &lane.connection, &self.shared.meter).await;
        lane.note(begun.is_ok());
        let tx = match begun {
            Ok(tx) => tx,
            Err(error) => return Attempt::Failed(retry::classify(&error), error),
        };
        let result = body(&tx).await;
        let failure = tx.take_failure();
        let inner = tx.into_inner();
        match (failure, result) {
            (Some(Failure::Contended(error)), _) => {
                roll_back(inner).await;
                Attempt::Failed(Class::Contention, error)
            }
            (Some(Failure::Statement(error)), result) => {
                roll_back(inner).await;
                match (retry::classify(&error), result) {
                    // The body recognised the failed statement as one of its own cases.
                    (Class::Permanent, Err(StoreError::Domain(refusal))) => {
                        self.finish(Err(StoreError::Domain(refusal)));
                        Attempt::Over
                    }
                    (class, _) => Attempt::Failed(class, error),
                }
            }
            (None, Ok(value)) if self.kind == Kind::Read => {
                // A snapshot has nothing to commit: the caller need not wait for the round trip that ends it.
                self.finish(Ok(value));
                roll_back(inner).await;
                Attempt::Over
            }
            (None, Ok(value)) => self.commit(inner, value).await,
            (None, Err(StoreError::Database(error))) => {
                roll_back(inner).await;
                Attempt::Failed(retry::classify(&error), error)
            }
            (None, Err(error)) => {
                roll_back(inner).await;
                self.finish(Err(error));
                Attempt::Over
            }
        }
    }

    async fn commit(&mut self, inner: Inner, value: T) -> Attempt {
        let started = Instant::now();
        let committed = inner.commit().await;
        self.shared.meter.operation(Operation::COMMIT, started.elapsed(), committed.as_ref().err());
        match committed.map_err(tx::told) {
            Ok(()) => {
                self.finish(Ok(value));
                Attempt::Over
            }
            Err(error) => match retry::classify(&error) {
                // The server may have committed before it, or the way to it, went away. Running the body again could
                // do the work twice, so the caller is told.
                Class::Connection => {
                    self.finish(Err(StoreError::CommitUnknown(error)));
                    Attempt::Over
                }
                class => Attempt::Failed(class, error),
            },
        }
    }

    fn finish(&mut self, result: Result<T, StoreError<E>>) {
        let outcome = match &result {
            Ok(_) => "ok",
            Err(StoreError::Domain(_)) => "refused",
            Err(StoreError::Unavailable(_)) => "unavailable",
            Err(StoreError::Exhausted { .. }) => "exhausted",
            Err(StoreError::CommitUnknown(_)) => "commit_unknown",
            Err(StoreError::Database(_) | StoreError::Aborted(_)) => "failed",
        };
        self.shared.meter.whole(self.name, self.began.elapsed(), outcome);
        if !matches!(outcome, "ok" | "refused") {
            let span = tracing::Span::current();
            span.record("otel.status_code", "ERROR");
            span.record("error.type", outcome);
        }
        if let Some(answer) = self.answer.take() {
            // The caller may be gone, which is its right.
            let _ = answer.send(result);
        }
    }
}

/// Ends a transaction that changes nothing. A failure is not news: the pool drops a connection that cannot roll back.
async fn roll_back(inner: Inner) {
    if let Err(error) = inner.rollback().await {
        tracing::debug!(%error, "rollback failed");
    }
}
