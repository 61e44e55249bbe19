//! The catalogue's database: entries as versioned rows, and revisions.

pub(crate) mod entries;
mod migrations;

pub use migrations::Migrator;

/// Name of the counter that is the catalogue's revision.
pub(crate) const REVISION: &str = "catalogue";
