//! Strict layered configuration: defaults, then a TOML file, then the environment.
//!
//! Every key has a working default. An unknown key is an error that names the key and where it stands. A variable
//! `GREENLANE_REGISTRY__STORE__URL` sets the key `store.url` of the registry: the prefix, then the path with two
//! underscores between its steps.

mod environment;
mod load;
mod secret;

pub use load::{ConfigError, Sources, load};
pub use secret::{Secret, SecretError};

#[cfg(test)]
mod tests;
