//! The service through its whole stack: server, tokens, database.

mod alerts;
mod catalogue;
mod changes;
mod harness;
mod impact;
mod plan;
mod recognition;
mod replay;
mod rules;
mod workflow;
