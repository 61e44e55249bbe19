//! The one timestamp type of every table.

use chrono::{DateTime, TimeZone, Utc};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// An instant as whole microseconds since 1970-01-01T00:00:00Z, stored as a 64-bit integer on both engines.
///
/// SQLite has no timestamp type: text forms of one instant neither equal nor sort as the instant does. PostgreSQL
/// keeps microseconds only. An integer is the same on both. Finer parts of a `DateTime` are cut off towards the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType)]
pub struct Micros(pub i64);

impl Micros {
    /// The instant as chrono has it. Values beyond chrono's years (about ±262,000) become its nearest bound.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        match Utc.timestamp_micros(self.0) {
            chrono::LocalResult::Single(instant) | chrono::LocalResult::Ambiguous(instant, _) => instant,
            chrono::LocalResult::None if self.0 < 0 => DateTime::<Utc>::MIN_UTC,
            chrono::LocalResult::None => DateTime::<Utc>::MAX_UTC,
        }
    }
}

impl From<DateTime<Utc>> for Micros {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_micros())
    }
}

impl From<Micros> for DateTime<Utc> {
    fn from(micros: Micros) -> Self {
        micros.to_utc()
    }
}

#[cfg(test)]
mod tests;
