//! The catalogue's database: entries as versioned rows, revisions, disputes, and what registries report of the
//! use of recognition. Change sets and alerts are kept by the shared crate.

pub(crate) mod disputes;
pub(crate) mod entries;
mod migrations;
pub(crate) mod usage;

pub use migrations::Migrator;

/// Name of the counter that is the catalogue's revision.
pub(crate) const REVISION: &str = "catalogue";
