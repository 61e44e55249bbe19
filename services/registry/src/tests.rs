//! The registry as its callers see it: over gRPC, through the real server stack, on both engines.

mod bodies;
mod bundle;
mod cosign;
mod disclose;
mod fuzz;
mod harness;
mod import;
mod independent;
mod input;
mod issue;
mod life;
mod log;
mod model;
mod qr;
mod recognition;
mod replicas;
mod revise;
mod rollback;
mod sequencer;
mod statements;
mod status;
mod trace;
mod verify;
mod watch;
mod write_off;
