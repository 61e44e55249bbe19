//! The service through its whole stack: server, tokens, database.

mod alerts;
mod beforehand;
mod catalogue;
mod changes;
mod disputes;
mod harness;
mod impact;
mod packs;
mod plan;
mod recognition;
mod replay;
mod rules;
mod workflow;
