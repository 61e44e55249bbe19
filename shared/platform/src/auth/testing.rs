//! Keys of every kind, and tokens made by hand: what a test of refusals needs.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use chrono::{DateTime, Utc};
use greenlane_jose::{Signer as _, SigningKey, b64};
use serde_json::{Value, json};

pub(super) const ISSUER: &str = "https://id.example.org";
pub(super) const AUDIENCE: &str = "greenlane";

pub(super) static ED: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_ed25519().with_kid("ed"));
pub(super) static EC: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_es256().with_kid("ec"));
pub(super) static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
/// A key that nobody trusts, under the id of one that is trusted.
pub(super) static STRANGER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_ed25519().with_kid("ed"));

/// The instant at which every test begins.
pub(super) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// Which key, and which algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum With {
    Ed,
    Ec,
    RsaPkcs1,
    RsaPss,
    Stranger,
}

impl With {
    pub(super) const GOOD: [Self; 4] = [Self::Ed, Self::Ec, Self::RsaPkcs1, Self::RsaPss];

    pub(super) fn header(self) -> Value {
        let (alg, kid) = match self {
            Self::Ed | Self::Stranger => ("EdDSA", "ed"),
            Self::Ec => ("ES256", "ec"),
            Self::RsaPkcs1 => ("RS256", "rsa"),
            Self::RsaPss => ("PS256", "pss"),
        };
        json!({"alg": alg, "kid": kid, "typ": "at+jwt"})
    }

    pub(super) fn sign(self, message: &[u8]) -> Vec<u8> {
        let rsa = |encoding: &'static dyn aws_lc_rs::signature::RsaEncoding| {
            let mut signature = vec![0; RSA.public_modulus_len()];
            RSA.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        };
        match self {
            Self::Ed => ED.sign(message).unwrap(),
            Self::Ec => EC.sign(message).unwrap(),
            Self::Stranger => STRANGER.sign(message).unwrap(),
            Self::RsaPkcs1 => rsa(&RSA_PKCS1_SHA256),
            Self::RsaPss => rsa(&RSA_PSS_SHA256),
        }
    }

    /// A token of exactly these bytes of JSON.
    pub(super) fn token(self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", b64::encode(header), b64::encode(payload));
        let signature = self.sign(input.as_bytes());
        format!("{input}.{}", b64::encode(signature))
    }

    /// A token of this header and these claims.
    pub(super) fn token_of(self, header: &Value, claims: &Value) -> String {
        self.token(&header.to_string(), &claims.to_string())
    }

    /// A good token, but for whatever `change` does to it.
    pub(super) fn changed(self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let (mut header, mut claims) = (self.header(), claims());
        change(&mut header, &mut claims);
        self.token_of(&header, &claims)
    }
}

/// The claims of a good token.
pub(super) fn claims() -> Value {
    let now = start().timestamp();
    json!({
        "iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "nbf": now - 10, "exp": now + 600, "iat": now - 10,
        "scope": "certificates.read certificates.write something.else",
        "body": "bodies/example", "economy": "XA",
    })
}

/// The public keys, as the issuer publishes them.
pub(super) fn jwks() -> String {
    let components = PublicKeyComponents::<Vec<u8>>::from(RSA.public_key());
    let rsa = |kid: &str, alg: Option<&str>| {
        let mut jwk = json!({
            "kty": "RSA", "kid": kid, "use": "sig", "n": b64::encode(&components.n), "e": b64::encode(&components.e),
        });
        if let Some(alg) = alg {
            jwk["alg"] = alg.into();
        }
        jwk
    };
    let keys =
        [ED.to_public_jwk().to_value(), EC.to_public_jwk().to_value(), rsa("rsa", None), rsa("pss", Some("PS256"))];
    json!({ "keys": keys }).to_string()
}

/// The secrets that a confused verifier would take for an HMAC key.
pub(super) fn public_key_texts() -> Vec<Vec<u8>> {
    let spki = RSA.public_key().as_der().unwrap().as_ref().to_vec();
    vec![ED.public_key().as_ed25519().unwrap().to_vec(), EC.public_key().as_p256().unwrap().to_vec(), spki]
}
