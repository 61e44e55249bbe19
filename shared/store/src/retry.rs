//! Which failures are worth another attempt, and when to make it.

use std::time::Duration;

use rand::Rng;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

/// How often a transaction is tried before its caller is told that it lost.
pub(crate) const ATTEMPTS: u32 = 10;

/// How often a transaction is tried over lost connections. More than the others wait for would only hide an outage.
pub(crate) const CONNECTIONS: u32 = 4;

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// What a database error means for the transaction that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Lost against another transaction: run the body again.
    Contention,
    /// The connection or the server went away.
    Connection,
    /// No connection came free, or none could be made: the database is not there or is overloaded.
    Unavailable,
    /// Anything else: running it again would end the same way.
    Permanent,
}

pub(crate) fn classify(error: &DbErr) -> Class {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed) => Class::Unavailable,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => classify_sqlx(error),
        _ => Class::Permanent,
    }
}

fn classify_sqlx(error: &sqlx::Error) -> Class {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Class::Connection,
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => Class::Unavailable,
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                classify_sqlstate(&code)
            } else {
                classify_sqlite(&code)
            }
        }
        _ => Class::Permanent,
    }
}

/// SQLSTATE classes of PostgreSQL's appendix A: 40 transaction rollback, 08 connection exception,
/// 57P operator intervention, 53 insufficient resources; 55P03 lock not available, 57014 query cancelled, 25P03 idle
/// for too long, 25006 read-only transaction, which a writer meets after its server was demoted, 40003 completion
/// unknown, by which distributed databases say at COMMIT that they cannot tell, 28 invalid authorization, which a new
/// connection meets between a password's change here and there.
fn classify_sqlstate(code: &str) -> Class {
    match code {
        "40001" | "40P01" => Class::Contention,
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25006" | "40003" => Class::Connection,
        _ if code.starts_with("08") => Class::Connection,
        // Timed out, while running or while waiting for a lock: once more would take as long.
        "55P03" | "57014" => Class::Unavailable,
        _ if code.starts_with("53") || code.starts_with("28") => Class::Unavailable,
        _ => Class::Permanent,
    }
}

/// Extended result codes keep the primary code in their low byte: 5 is SQLITE_BUSY, 6 is SQLITE_LOCKED.
fn classify_sqlite(code: &str) -> Class {
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6) => Class::Contention,
        Ok(13 | 14) => Class::Unavailable,
        _ => Class::Permanent,
    }
}

/// The pause before attempt number `attempt` (2 is the first retry): doubled each time up to a bound, then a random
/// part of that, so that losers do not meet again.
pub(crate) fn pause(attempt: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(2).min(16));
    doubled.min(LONGEST_PAUSE).mul_f64(rand::rng().random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests;
