//! Change sets and comments. A change set is one document with the columns that are asked for beside it; its changes
//! are a document of their own, so that a list need not read them.

mod change_sets;
mod comments;
mod migration;

pub use change_sets::{get, ordered};
pub(crate) use change_sets::{insert, list, replace, update};
pub(crate) use comments::{comment, comments};
pub use migration::migration;

/// Where a page of a list ended: time in microseconds, and name or identifier.
pub type Cursor = (i64, String);
