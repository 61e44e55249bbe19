//! What every Greenlane process stands on: configuration, identity, telemetry, serving, calling.

pub mod apart;
pub mod audit;
pub mod auth;
pub mod authorities;
pub mod client;
pub mod clock;
pub mod config;
pub mod consistency;
pub mod database;
pub mod deadline;
mod expiry;
pub mod fault;
pub mod follow;
pub mod names;
pub mod outbound;
pub mod process;
pub mod revisions;
mod rpc;
pub mod server;
pub mod table;
pub mod telemetry;
mod tls;
pub mod violations;

#[cfg(test)]
mod testing;
