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
    /// How long to wait at least between two readings that unknown key ids ask for, in seconds.
    pub min_refresh_seconds: u64,
    /// How long reading a key set may take, in seconds.
    pub fetch_timeout_seconds: u64,
    /// Certificates (PEM) of the authorities that are believed when a key set is read over https. None means the
    /// system's.
    pub ca_file: Option<PathBuf>,
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
            fetch_timeout_seconds: 5,
            ca_file: None,
        }
    }
}

/// One trusted issuer, and what it is trusted with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// The `iss` claim, compared byte for byte.
    pub issuer: String,
    /// Where its public keys are.
    pub jwks: JwksSource,
    /// The economies that it may speak for; empty means any.
    #[serde(default)]
    pub economies: Vec<String>,
    /// The bodies that it may speak for, resource names; empty means any.
    #[serde(default)]
    pub bodies: Vec<String>,
    /// The scopes that it may give, others in its tokens count for nothing; empty means any.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl IssuerConfig {
    /// An issuer that is trusted with everything.
    pub fn new(issuer: impl Into<String>, jwks: JwksSource) -> Self {
        Self { issuer: issuer.into(), jwks, economies: Vec::new(), bodies: Vec::new(), scopes: Vec::new() }
    }
}

/// Where a JSON Web Key Set is read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum JwksSource {
    /// A file: `{ file = "/etc/greenlane/jwks.json" }`. It must be there at start.
    File(PathBuf),
    /// An address: `{ url = "https://id.example.org/jwks.json" }`. `https`, or `http` on this machine only: whoever
    /// can change the answer can make tokens.
    Url(String),
}
