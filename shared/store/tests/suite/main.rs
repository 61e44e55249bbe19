//! Storage behaviour, claimed once and proven on both engines.

#![allow(clippy::unwrap_used, reason = "tests")]

mod audit;
mod bulk;
mod idempotency;
mod metrics;
mod migrations;
mod outage;
mod revisions;
mod schema;
mod storm;
mod time;
mod transactions;
