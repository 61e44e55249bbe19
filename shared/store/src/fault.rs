//! What the caller of a service is told when its database fails.

use std::convert::Infallible;
use std::time::Duration;

use greenlane_platform::fault::Fault;
use sea_orm::{ConnAcquireErr, DbErr};

use crate::error::{DomainError, StoreError};

/// When to come back after losing against others, and when the database is away.
const AFTER_CONTENTION: Duration = Duration::from_millis(200);
const AFTER_OUTAGE: Duration = Duration::from_secs(1);

impl DomainError for Fault {}

impl<E> StoreError<E> {
    /// The fault that the caller gets, the domain error told by `domain`. What the database said goes to the operator
    /// alone.
    pub fn into_fault(self, domain: impl FnOnce(E) -> Fault) -> Fault {
        let text = match &self {
            Self::Domain(_) => String::new(),
            Self::Unavailable(error) => format!("database unavailable: {error}"),
            Self::Exhausted { attempts, last } => format!("gave up after {attempts} attempts: {last}"),
            Self::CommitUnknown(error) => format!("connection lost at COMMIT: {error}"),
            Self::Database(error) => format!("database: {error}"),
            Self::Aborted(text) => text.clone(),
        };
        match self {
            Self::Domain(error) => domain(error),
            Self::Unavailable(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) | Self::Exhausted { .. } => {
                Fault::overloaded("database", AFTER_CONTENTION).with_operator_text(text)
            }
            Self::Unavailable(_) => Fault::not_serving(AFTER_OUTAGE, text),
            Self::CommitUnknown(_) => Fault::not_serving(AFTER_OUTAGE, text).with_message(
                "the database was lost while the change was being committed: it may have happened; repeat it with the \
                 same request id",
            ),
            Self::Database(_) | Self::Aborted(_) => Fault::internal(text),
        }
    }
}

impl From<StoreError<Infallible>> for Fault {
    fn from(error: StoreError<Infallible>) -> Self {
        error.into_fault(|never| match never {})
    }
}

impl From<StoreError<Fault>> for Fault {
    fn from(error: StoreError<Fault>) -> Self {
        error.into_fault(|fault| fault)
    }
}

#[cfg(test)]
mod tests;
