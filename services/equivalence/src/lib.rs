//! The equivalence service: standards, arrangements, recognition.
//!
//! [`service`] builds it from its [`Config`]; the [`domain`] is usable by itself.

mod api;
mod app;
mod config;
pub mod domain;
pub mod in_part;
pub mod offline;
pub mod pack;
mod service;
mod store;

pub use api::RULES;
pub use config::{Config, OtherPackKey};
pub use service::{check, migrate, service};
pub use store::Migrator;

#[cfg(test)]
mod tests;
