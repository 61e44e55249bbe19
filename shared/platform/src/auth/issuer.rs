//! A small issuer of our own: for `greenlane up`, tests and measurements. A real installation has its own.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use greenlane_jose::compact::{self, NewHeader};
use greenlane_jose::{Jwks, KeyFileError, SigningKey};
use serde_json::{Value, json};

use super::CertificateThumbprint;
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
    /// The client's certificate that it is bound to (claim `cnf`, RFC 8705).
    pub certificate: Option<CertificateThumbprint>,
    /// How long it holds.
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

    /// Binds the token to a client's certificate.
    #[must_use]
    pub fn bound_to(mut self, certificate: CertificateThumbprint) -> Self {
        self.certificate = Some(certificate);
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
    key: SigningKey,
}

impl LocalIssuer {
    /// An issuer with a fresh key, whose id is its thumbprint.
    pub fn generate(issuer: impl Into<String>, audience: impl Into<String>, clock: Clock) -> Self {
        Self::with_key(SigningKey::generate_ed25519(), issuer, audience, clock)
    }

    /// An issuer with this key.
    pub fn with_key(key: SigningKey, issuer: impl Into<String>, audience: impl Into<String>, clock: Clock) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), clock, key }
    }

    /// An issuer with the key in `key_file` (a private JWK, mode 0600), which is made if it is not there.
    pub fn load_or_create(
        key_file: &Path,
        issuer: impl Into<String>,
        audience: impl Into<String>,
        clock: Clock,
    ) -> Result<Self, KeyFileError> {
        let key = if key_file.exists() {
            SigningKey::load(key_file)?
        } else {
            let key = SigningKey::generate_ed25519();
            key.save(key_file)?;
            key
        };
        Ok(Self::with_key(key, issuer, audience, clock))
    }

    /// The `iss` claim of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The `aud` claim of its tokens.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// Its public key as a JSON Web Key Set.
    pub fn jwks(&self) -> String {
        Jwks::new(vec![self.key.to_public_jwk()]).expect("one key with an id is a set").to_json()
    }

    /// Writes its JSON Web Key Set to a file, whole or not at all.
    pub fn write_jwks(&self, path: &Path) -> io::Result<()> {
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = std::fs::File::create(&temporary)?;
        file.write_all(self.jwks().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    }

    /// Mints a token.
    pub fn mint(&self, request: &TokenRequest) -> String {
        self.mint_with(request, |_| ())
    }

    /// Mints a token whose claims `change` has had its hands on: for claims of one's own, and for wrong ones.
    pub fn mint_with(&self, request: &TokenRequest, change: impl FnOnce(&mut Value)) -> String {
        let now = self.clock.now().timestamp();
        let lifetime = i64::try_from(request.lifetime.as_secs()).unwrap_or(i64::MAX);
        let mut claims = json!({
            "iss": self.issuer,
            "sub": request.subject,
            "aud": self.audience,
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(lifetime),
            "jti": uuid::Uuid::now_v7().to_string(),
            "scope": request.scopes.join(" "),
        });
        for (name, claim) in [("body", &request.body), ("economy", &request.economy)] {
            if let Some(claim) = claim {
                claims[name] = claim.as_str().into();
            }
        }
        if let Some(certificate) = &request.certificate {
            claims["cnf"] = json!({ "x5t#S256": certificate.to_string() });
        }
        change(&mut claims);
        let header = NewHeader { typ: Some("at+jwt"), ..NewHeader::default() };
        compact::sign(&self.key, header, claims.to_string().as_bytes()).expect("a key in memory signs")
    }
}
