//! The audit trail in the database.
//!
//! A mutation writes its record in its own transaction with [`insert`]: there is one exactly when there is the other.
//! Everything else (refusals, failures) goes through [`StoreSink`], which never makes a caller wait.

mod sink;
mod strangers;
mod trail;

pub use sink::{SinkConfig, StoreSink};
pub use trail::{Entry, add, insert, page};
