//! The contract's face: each handler parses, calls, renders. Who may call is settled before, by [`rules`].

mod alerts;
mod changes;
mod code_systems;
mod error;
mod green_lists;
pub(crate) mod lookup;
mod named_list;
mod pages;
pub(crate) mod parse;
mod render;
mod room;
mod rules;
mod tagging;

pub(crate) use alerts::AlertsApi;
pub(crate) use changes::ChangesApi;
pub(crate) use code_systems::CodeSystems;
pub use code_systems::import_columns;
pub(crate) use green_lists::GreenLists;
pub(crate) use lookup::Lookup;
pub use rules::RULES;
pub(crate) use tagging::Tagging;

#[cfg(test)]
mod tests;
