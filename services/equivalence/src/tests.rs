//! The service through its whole stack: server, tokens, database.

mod catalogue;
mod changes;
mod harness;
mod recognition;
mod rules;
mod workflow;
