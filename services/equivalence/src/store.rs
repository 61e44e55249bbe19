//! The catalogue's database: entries as versioned rows, revisions, alerts and who is told of them, disputes, and what
//! registries report of the use of recognition.

pub(crate) mod alerts;
pub(crate) mod disputes;
pub(crate) mod entries;
mod migrations;
pub(crate) mod usage;

pub use migrations::Migrator;

/// Name of the counter that is the catalogue's revision.
pub(crate) const REVISION: &str = "catalogue";
