//! Configuration of authentication.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which tokens are believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// The audience that a token must name.
    pub audience: String,
    /// The trusted issuers. None means that no token is believed.
    pub issuers: Vec<IssuerConfig>,
    /// How far clocks may differ, in seconds.
    pub leeway_seconds: u64,
    /// How many verified tokens are remembered.
    pub cache_capacity: usize,
    /// How often key sets are read again, in seconds.
    pub refresh_seconds: u64,
    /// How long to wait at least between two refreshes that unknown key ids ask for, in seconds.
    pub min_refresh_seconds: u64,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            audience: "greenlane".into(),
            issuers: Vec::new(),
            leeway_seconds: 30,
            cache_capacity: 16_384,
            refresh_seconds: 300,
            min_refresh_seconds: 10,
        }
    }
}

/// One trusted issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// The `iss` claim, compared byte for byte.
    pub issuer: String,
    /// Where its public keys are.
    pub jwks: JwksSource,
    /// The economies that the issuer may speak for; empty means any.
    #[serde(default)]
    pub economies: Vec<String>,
    /// The scopes that the issuer may give; empty means any.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// Where a JSON Web Key Set is read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum JwksSource {
    /// A file.
    File(PathBuf),
    /// An `https` address (`http` too, for tests and for a sidecar on this machine).
    Url(String),
}
