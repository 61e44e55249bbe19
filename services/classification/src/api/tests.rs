//! The service in its real server, asked through its real contract, on both engines.

mod alerts;
mod bad_input;
mod changes;
mod code_systems;
mod green_lists;
mod imports;
mod living_lists;
mod lookup;
mod owners;
mod pending_imports;
mod rules;
mod running;
mod served;
mod suggest;
mod tagging;
mod vague;
