//! One token, checked: first what it looks like, then who signed it, then what it says.
//!
//! The strict parser comes first, because jsonwebtoken alone takes tokens of any size and `typ`, duplicate members,
//! most `crit` headers and `b64: false`. Times are compared here, not there, because jsonwebtoken knows the system's
//! clock only.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use greenlane_jose::compact::{Limits, parse_strict};
use greenlane_jose::{Algorithm, Jwk, KeyType};
use jsonwebtoken::{DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::{Caller, CertificateThumbprint, IssuerConfig};
use crate::violations::EconomyCode;

/// Why a token is refused: a short fixed phrase. Nothing that the sender chose goes into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Whatever it is, it stays wrong.
    Invalid(&'static str),
    /// It was valid once, or will be.
    Expired(&'static str),
    /// Its key is not among the issuer's; a fresh key set may have it.
    UnknownKey,
}

/// A key that an issuer signs with.
#[derive(Debug)]
pub(super) struct TrustedKey {
    /// The one algorithm that it is used with.
    algorithm: Algorithm,
    decoding: DecodingKey,
}

impl TrustedKey {
    /// Pins the key to one algorithm: the one that it names, or its type's usual one.
    pub(super) fn new(jwk: &Jwk) -> Result<Self, &'static str> {
        let algorithm = jwk.algorithm.unwrap_or(match jwk.key.key_type() {
            KeyType::Ed25519 => Algorithm::EdDSA,
            KeyType::P256 => Algorithm::Es256,
            KeyType::Rsa => Algorithm::Rs256,
        });
        let plain = serde_json::from_value(jwk.to_value()).map_err(|_| "a key is not understood")?;
        let decoding = DecodingKey::from_jwk(&plain).map_err(|_| "a key is not understood")?;
        Ok(Self { algorithm, decoding })
    }
}

/// The keys of one issuer by their id.
pub(super) type KeySet = HashMap<String, TrustedKey>;

/// Whom a token may come from and what it must say.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a IssuerConfig,
    pub(super) audience: &'a str,
    pub(super) leeway: TimeDelta,
    pub(super) now: DateTime<Utc>,
}

/// A verified token.
#[derive(Clone, Debug)]
pub(super) struct Verified {
    pub(super) caller: Caller,
    pub(super) window: Window,
}

/// When a token holds, in seconds since the epoch, leeway included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    from: i64,
    until: i64,
}

impl Window {
    pub(super) fn check(self, now: DateTime<Utc>) -> Result<(), Refusal> {
        match now.timestamp() {
            now if now >= self.until => Err(Refusal::Expired("it is expired")),
            now if now < self.from => Err(Refusal::Expired("it is not valid yet")),
            _ => Ok(()),
        }
    }

    /// How long it still is.
    pub(super) fn left(self, now: DateTime<Utc>) -> Duration {
        let left = self.until.saturating_mul(1_000).saturating_sub(now.timestamp_millis());
        Duration::from_millis(u64::try_from(left).unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: Number,
    nbf: Number,
    iat: Option<Number>,
    scope: Option<String>,
    body: Option<String>,
    economy: Option<String>,
    cnf: Option<Confirmation>,
}

/// How its presenter proves that the token is his (RFC 7800).
#[derive(Deserialize)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    certificate: Option<String>,
    /// Other ways, which nobody checks here.
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// The issuer that a token names. Not to be believed: it says only whose keys to try.
pub(super) fn claimed_issuer(token: &str) -> Result<String, Refusal> {
    let compact = parse_strict(token.as_bytes(), &Limits::TOKEN).map_err(|_| Refusal::Invalid("it is malformed"))?;
    match compact.claims.get("iss").and_then(|iss| iss.as_str()) {
        Some(issuer) => Ok(issuer.to_owned()),
        None => Err(Refusal::Invalid("it names no issuer")),
    }
}

/// Checks everything about a token.
pub(super) fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Verified, Refusal> {
    let compact = parse_strict(token.as_bytes(), &Limits::TOKEN).map_err(|_| Refusal::Invalid("it is malformed"))?;
    let typ = compact.header.typ.as_deref().unwrap_or_default();
    if !["JWT", "at+jwt", "application/at+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known)) {
        // A signed certificate is a JWS too, and must not pass for a token.
        return Err(Refusal::Invalid("its type is not that of an access token"));
    }
    let key = keys.get(&compact.header.kid).ok_or(Refusal::UnknownKey)?;
    if key.algorithm != compact.header.alg {
        return Err(Refusal::Invalid("its algorithm is not that of its key"));
    }
    let mut validation = Validation::new(match key.algorithm {
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
    });
    validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    validation.set_issuer(&[&expected.issuer.issuer]);
    validation.set_audience(&[expected.audience]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let decoded = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation).map_err(|error| {
        use jsonwebtoken::errors::ErrorKind as E;
        Refusal::Invalid(match error.kind() {
            E::InvalidSignature => "its signature is wrong",
            E::InvalidIssuer => "its issuer is not trusted",
            E::InvalidAudience => "it is for another audience",
            _ => "a required claim is missing or not of its type",
        })
    })?;
    let claims = decoded.claims;
    if claims.iss != expected.issuer.issuer {
        return Err(Refusal::Invalid("its issuer is not trusted"));
    }
    let for_us = match &claims.aud {
        Audience::One(audience) => audience == expected.audience,
        Audience::Several(audiences) => audiences.iter().any(|audience| audience == expected.audience),
    };
    if !for_us {
        return Err(Refusal::Invalid("it is for another audience"));
    }
    let window = window(&claims, expected.leeway)?;
    window.check(expected.now)?;
    let caller = caller(claims, expected.issuer)?;
    Ok(Verified { caller, window })
}

fn window(claims: &Claims, leeway: TimeDelta) -> Result<Window, Refusal> {
    const NOT_A_TIME: Refusal = Refusal::Invalid("a time in it is not a number of seconds");
    if let Some(iat) = &claims.iat {
        seconds(iat, f64::floor).ok_or(NOT_A_TIME)?;
    }
    // A fraction of a second never lengthens the window.
    let exp = seconds(&claims.exp, f64::floor).ok_or(NOT_A_TIME)?;
    let nbf = seconds(&claims.nbf, f64::ceil).ok_or(NOT_A_TIME)?;
    if exp <= nbf {
        return Err(Refusal::Invalid("it ends before it begins"));
    }
    let leeway = leeway.num_seconds();
    Ok(Window { from: nbf.saturating_sub(leeway), until: exp.saturating_add(leeway) })
}

/// A NumericDate (RFC 7519 section 2), which may have a fraction; from the epoch to the year 9999.
fn seconds(number: &Number, round: fn(f64) -> f64) -> Option<i64> {
    const LAST: i64 = 253_402_300_799;
    let seconds = match number.as_i64() {
        Some(seconds) => seconds,
        // The cast saturates, and what it saturates to is out of range.
        None => number.as_f64().filter(|seconds| seconds.is_finite()).map(|seconds| round(seconds) as i64)?,
    };
    (0..=LAST).contains(&seconds).then_some(seconds)
}

fn caller(claims: Claims, issuer: &IssuerConfig) -> Result<Caller, Refusal> {
    if claims.sub.is_empty() || claims.sub.len() > 256 || claims.sub.contains(char::is_control) {
        return Err(Refusal::Invalid("its subject is empty, too long or not text"));
    }
    let scopes = claims.scope.as_deref().unwrap_or_default().split(' ');
    let scopes = scopes.filter(|scope| issuer.scopes.is_empty() || issuer.scopes.iter().any(|given| given == scope));
    // Who names nobody acts for everybody: an issuer that is trusted with some is not trusted with that.
    let body_missing = !issuer.bodies.is_empty() && claims.body.is_none();
    let economy_missing = !issuer.economies.is_empty() && claims.economy.is_none();
    let named = (claims.body.is_some() && !issuer.bodies.is_empty())
        || (claims.economy.is_some() && !issuer.economies.is_empty());
    if (body_missing || economy_missing) && !named {
        return Err(Refusal::Invalid("its issuer may speak for some only, and it names none of them"));
    }
    let mut caller = Caller::new(claims.sub, claims.iss, scopes);
    if let Some(confirmation) = claims.cnf {
        let certificate = confirmation.certificate.as_deref().and_then(CertificateThumbprint::parse);
        match certificate.filter(|_| confirmation.others.is_empty()) {
            Some(certificate) => caller = caller.bound_to(certificate),
            None => return Err(Refusal::Invalid("it is bound to its presenter in a way that is not checked here")),
        }
    }
    if let Some(body) = claims.body {
        if !is_body_name(&body) {
            return Err(Refusal::Invalid("its body is not a resource name bodies/{body}"));
        }
        if !issuer.bodies.is_empty() && !issuer.bodies.contains(&body) {
            return Err(Refusal::Invalid("its issuer may not speak for this body"));
        }
        caller = caller.for_body(body);
    }
    if let Some(economy) = claims.economy {
        if EconomyCode::new(economy.as_str()).is_err() {
            return Err(Refusal::Invalid("its economy is not an economy's code"));
        }
        if !issuer.economies.is_empty() && !issuer.economies.contains(&economy) {
            return Err(Refusal::Invalid("its issuer may not speak for this economy"));
        }
        caller = caller.for_economy(economy);
    }
    Ok(caller)
}

fn is_body_name(name: &str) -> bool {
    name.strip_prefix("bodies/").is_some_and(|id| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-'))
    })
}

#[cfg(test)]
mod tests;
