//! The catalogue's database: entries as versioned rows, revisions, change sets.

pub(crate) mod change_sets;
pub(crate) mod entries;
mod migrations;

pub use migrations::Migrator;

/// Name of the counter that is the catalogue's revision.
pub(crate) const REVISION: &str = "catalogue";
