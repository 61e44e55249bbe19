//! Tokens of a benchmark: one issuer for the whole run, its key set in the run's folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use greenlane_platform::auth::issuer::{LocalIssuer, TokenRequest};
use greenlane_platform::auth::{AuthConfig, IssuerConfig, JwksSource};
use greenlane_platform::clock::Clock;

/// Longer than any run.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);
const ISSUER: &str = "https://issuer.example.org";
const AUDIENCE: &str = "greenlane";

/// Mints tokens that the children believe.
#[derive(Debug)]
pub struct Identity(LocalIssuer);

impl Identity {
    /// An issuer whose key set is in `folder`, with the token that the services call each other with.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        let issuer = LocalIssuer::generate(ISSUER, AUDIENCE, Clock::system());
        issuer.write_jwks(&key_set(folder)).context("writing the issuer's key set")?;
        let identity = Self(issuer);
        let token =
            identity.mint(TokenRequest::new("services", ["recognise", "use.report", "catalogue.read", "codes.read"]));
        std::fs::write(service_token(folder), token).context("writing the services' token")?;
        Ok(identity)
    }

    /// A token for as long as the run can last.
    #[must_use]
    pub fn mint(&self, request: TokenRequest) -> String {
        self.0.mint(&request.valid_for(LIFETIME))
    }
}

/// Believes the tokens of the issuer whose key set is in `folder`.
#[must_use]
pub fn trust(folder: &Path) -> AuthConfig {
    let jwks = JwksSource::File(key_set(folder));
    let issuer = IssuerConfig { issuer: ISSUER.into(), jwks, economies: vec![], bodies: vec![], scopes: vec![] };
    AuthConfig { audience: AUDIENCE.into(), issuers: vec![issuer], ..AuthConfig::default() }
}

/// The file with the token that the services call each other with.
#[must_use]
pub fn service_token(folder: &Path) -> PathBuf {
    folder.join("services.token")
}

fn key_set(folder: &Path) -> PathBuf {
    folder.join("jwks.json")
}
