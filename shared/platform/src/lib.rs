//! What every Greenlane process stands on: configuration, identity, telemetry, serving, calling.

pub mod audit;
pub mod auth;
pub mod clock;
pub mod config;
pub mod fault;
pub mod violations;
