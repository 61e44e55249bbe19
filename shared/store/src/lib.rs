//! Storage for Greenlane services: one sea-orm code path over SQLite and PostgreSQL.
//!
//! * [`Store`] runs **named transactions**: [`Store::write`] and [`Store::read`]. Each runs in a task of its own, is
//!   retried when the database asks for that, and is timed under its name.
//! * [`migrate`] applies migrations under a lock and refuses an unknown schema; [`migrations`] lists the tables that
//!   every service has.
//! * [`idempotency`], [`revision`] and [`audit`] are those tables; [`time::Micros`] is the one timestamp type and
//!   [`bulk`] the one way to insert many rows.
//! * [`backup`] copies an SQLite database while it is in use, and puts a copy in place.
//! * [`testing`] runs a storage test on both engines. It is no feature: with one, what stands on this crate would be
//!   compiled once for programs and once more for tests.

pub mod audit;
pub mod backup;
pub mod bulk;
pub mod config;
mod engine;
pub mod error;
mod fault;
pub mod idempotency;
mod meter;
pub mod migrate;
pub mod migrations;
mod password;
mod pool;
mod retry;
pub mod revision;
mod store;
pub mod testing;
pub mod time;
mod transaction;
mod tx;

pub use config::StoreConfig;
pub use engine::Engine;
pub use error::{DomainError, StoreError};
pub use migrations::migrations;
pub use store::Store;
pub use time::Micros;
pub use tx::{Body, Tx};
