//! The service through its whole stack: server, tokens, database.

mod catalogue;
mod changes;
mod harness;
mod impact;
mod recognition;
mod rules;
mod workflow;
