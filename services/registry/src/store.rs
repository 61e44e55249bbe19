//! Persistence: entities, migrations, queries. Speaks the domain's words and keeps sea-orm to itself.

pub(crate) mod bodies;
pub(crate) mod contestation;
pub(crate) mod cosign;
mod entity;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod log;
mod migrations;
mod namesakes;
pub(crate) mod packed;
pub(crate) mod publication;
pub(crate) mod rows;
pub(crate) mod status;
pub(crate) mod trace;
pub(crate) mod world;
pub(crate) mod write_off;

pub use migrations::Migrator;

use sea_orm::DbErr;

/// Values in one `IN (…)`.
const IN_LIST: usize = 1_000;

/// Indices and sizes are kept as signed 64-bit integers, which both engines have.
pub(crate) fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The other way; what is stored is never negative.
pub(crate) fn to_u64(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// A stored value that this program did not write.
pub(crate) fn corrupt(what: &str) -> DbErr {
    DbErr::Custom(format!("a stored {what} cannot be read"))
}
