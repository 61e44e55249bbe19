//! The contract's face: each handler parses, calls, renders. Who may call is settled before, by [`rules`].

mod changes;
mod code_systems;
mod error;
mod green_lists;
pub(crate) mod lookup;
mod pages;
pub(crate) mod parse;
mod render;
mod rules;

pub(crate) use changes::ChangesApi;
pub(crate) use code_systems::CodeSystems;
pub(crate) use green_lists::GreenLists;
pub(crate) use lookup::Lookup;
pub use rules::RULES;

use greenlane_api::classification::v1::tagging_service_server::TaggingService;

/// The part of the contract that is not built yet: its default answers say so.
#[derive(Debug)]
pub(crate) struct Pending;

#[tonic::async_trait]
impl TaggingService for Pending {}

#[cfg(test)]
mod tests;
