//! The registry service: certificates, keys, verification, the transparency log.
//!
//! [`service`] opens the database, checks the log against its head, and hands over what is to be served. Everything
//! that changes goes through one write queue and one transaction for each group of what waits in it.

mod api;
mod app;
pub mod audit;
pub mod catalogues;
mod config;
mod domain;
pub mod offline;
mod relog;
mod start;
pub mod statement;
mod store;

pub use api::rules::RULES;
pub use config::{Config, PageConfig, Role, SecurityConfig, Shows, WitnessConfig};
pub use relog::{NewLog, RelogError, begin_new_log};
pub use start::{OnRecord, Peers, StartError, check, migrate, on_record, service};
pub use store::Migrator;

#[cfg(test)]
mod tests;
