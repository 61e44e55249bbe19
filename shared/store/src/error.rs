//! How a transaction can fail.

use std::convert::Infallible;
use std::fmt;

use sea_orm::{DbErr, RuntimeErr};

/// Marks a service's own error type, so that `?` in a transaction's body carries it out unchanged and the transaction
/// is rolled back.
///
/// ```
/// #[derive(Debug)]
/// enum IssueError { UnknownBody }
/// impl greenlane_store::DomainError for IssueError {}
/// ```
pub trait DomainError: Send + 'static {}

impl DomainError for Infallible {}

/// The end of a transaction that did not succeed. `E` is the caller's own error.
#[derive(Debug)]
pub enum StoreError<E = Infallible> {
    /// The body refused, by its own rules. Nothing was written.
    Domain(E),
    /// The database cannot be reached, or no connection came free in time. Nothing was written; trying later may help.
    Unavailable(DbErr),
    /// The transaction lost to others as often as it may be tried. Nothing was written; trying later may help.
    Exhausted {
        /// How often it was tried.
        attempts: u32,
        /// What ended the last attempt.
        last: DbErr,
    },
    /// The connection was lost while COMMIT was on its way: what was written may or may not be there. Asking again
    /// with the same request id tells.
    CommitUnknown(DbErr),
    /// The database refused a statement, or answered what it should not have. A fault of this program or its data.
    Database(DbErr),
    /// The body panicked, and nothing was written; or the runtime is going down, and what was written is not known.
    Aborted(String),
}

impl<E> From<DbErr> for StoreError<E> {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl<E: DomainError> From<E> for StoreError<E> {
    fn from(error: E) -> Self {
        Self::Domain(error)
    }
}

impl<E> StoreError<E> {
    /// The same failure with the domain error translated.
    pub fn map_domain<F>(self, translate: impl FnOnce(E) -> F) -> StoreError<F> {
        match self {
            Self::Domain(error) => StoreError::Domain(translate(error)),
            Self::Unavailable(error) => StoreError::Unavailable(error),
            Self::Exhausted { attempts, last } => StoreError::Exhausted { attempts, last },
            Self::CommitUnknown(error) => StoreError::CommitUnknown(error),
            Self::Database(error) => StoreError::Database(error),
            Self::Aborted(text) => StoreError::Aborted(text),
        }
    }

    /// The domain error, or the failure that is not one.
    pub fn into_domain(self) -> Result<E, StoreError> {
        match self {
            Self::Domain(error) => Ok(error),
            Self::Unavailable(error) => Err(StoreError::Unavailable(error)),
            Self::Exhausted { attempts, last } => Err(StoreError::Exhausted { attempts, last }),
            Self::CommitUnknown(error) => Err(StoreError::CommitUnknown(error)),
            Self::Database(error) => Err(StoreError::Database(error)),
            Self::Aborted(text) => Err(StoreError::Aborted(text)),
        }
    }
}

impl StoreError<Infallible> {
    /// The same failure as seen by a caller with a domain error of its own.
    #[must_use]
    pub fn widen<E>(self) -> StoreError<E> {
        self.map_domain(|never| match never {})
    }
}

impl<E: fmt::Display> fmt::Display for StoreError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(error) => write!(f, "{error}"),
            // Our own words, which say what is wrong.
            Self::Unavailable(DbErr::Conn(RuntimeErr::Internal(text))) => f.write_str(text),
            Self::Unavailable(error) => write!(f, "the database is unavailable: {error}"),
            Self::Exhausted { attempts, last } => write!(f, "gave up after {attempts} attempts: {last}"),
            Self::CommitUnknown(error) => write!(f, "the outcome of the commit is unknown: {error}"),
            Self::Database(error) => write!(f, "{error}"),
            Self::Aborted(text) => write!(f, "the transaction was aborted: {text}"),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> std::error::Error for StoreError<E> {}
