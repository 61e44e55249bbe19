//! The equivalence service: standards, arrangements, recognition.

mod app;
mod config;
pub mod domain;
mod store;

pub use config::Config;
pub use store::Migrator;
