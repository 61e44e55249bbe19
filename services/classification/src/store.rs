//! The catalogue's tables. Every row says from which revision it is known and until which, so that the catalogue can be
//! read as it was at any revision; no row is ever changed but to end it.

mod entities;
mod facts;
mod imports;
mod lists;
mod migrations;
mod publish;
mod revisions;
mod since;
mod taught;

pub(crate) use facts::{changed, load, load_within};
pub(crate) use imports::{
    ImportRow, ImportState, Piece, Read, find_import, forget_pieces, get_import, insert_import, keep_piece,
    list_faults, list_imports, move_import, next_piece, publish_import,
};
pub(crate) use lists::{ListVersion, list_at_version, list_versions, lists_only};
pub use migrations::Migrator;
pub(crate) use publish::{Publication, publish_delta, publish_first};
pub(crate) use revisions::{RevisionRow, current, list};
pub(crate) use since::changed_since;
pub(crate) use taught::{Lesson, taught_only, teach};

/// The counter of the catalogue's revisions.
pub(crate) const COUNTER: &str = "classification";

/// Kinds of catalogue items.
const SYSTEM: &str = "system";
const EDITION: &str = "edition";
const LIST: &str = "list";
const TABLE: &str = "table";
const SYNONYMS: &str = "synonyms";
/// A kind of item.
const VAGUE: &str = "vague_terms";

/// What a stored row can be wrong about.
fn corrupt(what: impl std::fmt::Display) -> sea_orm::DbErr {
    sea_orm::DbErr::Type(format!("the stored catalogue cannot be read: {what}"))
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
