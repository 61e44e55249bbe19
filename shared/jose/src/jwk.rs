//! Public keys as JSON: JWK and JWK sets (RFC 7517, RFC 8037).

use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::json::{self, JsonError};
use crate::key::{KeyError, PublicKey};
use crate::{b64, canonical};

/// Members that carry secrets (RFC 7518 section 6); a public key with one of them is a leak, not a key.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The deepest nesting in a JWK set: the set, its list, a key, a list such as `key_ops`.
const MAX_DEPTH: usize = 6;

/// The longest key identifier that is accepted, in bytes.
pub const MAX_KID_BYTES: usize = 512;

/// A public key with the members that say how it may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    /// The key.
    pub key: PublicKey,
    /// Its identifier.
    pub kid: Option<String>,
    /// The one algorithm it may be used with, if it names one.
    pub algorithm: Option<Algorithm>,
}

/// Why a JWK or a set of them is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not strict JSON, or not an object.
    #[error("not a JWK: {0}")]
    Json(#[from] JsonError),
    /// A secret in a place for public keys.
    #[error("a private member ({0:?}) in a public key")]
    Private(&'static str),
    /// A required member is missing or not of its type.
    #[error("member {0:?} is missing or not of its type")]
    Member(&'static str),
    /// Another type, curve, algorithm or use than those of this product.
    #[error("unsupported {0}")]
    Unsupported(&'static str),
    /// The key material is refused.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The set is larger than the limits allow.
    #[error("the key set is too large")]
    TooLarge,
    /// Two keys of the set have the same identifier.
    #[error("two keys with the same kid")]
    DuplicateKid,
}

impl Jwk {
    /// A key with an identifier, bound to no algorithm but those of its type.
    pub fn new(key: PublicKey, kid: impl Into<String>) -> Self {
        Self { key, kid: Some(kid.into()), algorithm: None }
    }

    /// Reads a JWK from its JSON text.
    pub fn parse(bytes: &[u8]) -> Result<Self, JwkError> {
        Self::from_members(&json::parse_object(bytes, MAX_DEPTH)?)
    }

    /// Reads a JWK from a JSON object, for example a member of a larger document.
    pub fn from_members(members: &Map<String, Value>) -> Result<Self, JwkError> {
        if let Some(private) = PRIVATE_MEMBERS.into_iter().find(|name| members.contains_key(*name)) {
            return Err(JwkError::Private(private));
        }
        check_use(members)?;
        let key = public_key(members)?;
        let kid = optional_text(members, "kid")?.map(str::to_owned);
        if kid.as_ref().is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID_BYTES) {
            return Err(JwkError::Member("kid"));
        }
        let algorithm = match optional_text(members, "alg")? {
            None => None,
            Some(name) => {
                let algorithm: Algorithm = name.parse().map_err(|_| JwkError::Unsupported("alg"))?;
                if algorithm.key_type() != key.key_type() {
                    return Err(JwkError::Member("alg"));
                }
                Some(algorithm)
            }
        };
        Ok(Self { key, kid, algorithm })
    }

    /// Whether the key may check signatures of this algorithm.
    pub fn permits(&self, algorithm: Algorithm) -> bool {
        match self.algorithm {
            Some(pinned) => pinned == algorithm,
            None => algorithm.key_type() == self.key.key_type(),
        }
    }

    /// The JWK as a JSON object, with `"use": "sig"`.
    pub fn to_value(&self) -> Value {
        let mut value = self.key.to_jwk_value();
        value["use"] = "sig".into();
        if let Some(kid) = &self.kid {
            value["kid"] = kid.as_str().into();
        }
        if let Some(algorithm) = self.algorithm {
            value["alg"] = algorithm.as_str().into();
        }
        value
    }

    /// The JWK as canonical JSON text.
    pub fn to_json(&self) -> String {
        canonical::to_string(&self.to_value()).expect("a JWK of strings is canonical")
    }
}

/// How large a JWK set may be.
#[derive(Clone, Copy, Debug)]
pub struct JwksLimits {
    /// Bytes of the JSON text.
    pub max_bytes: usize,
    /// Keys in the set, counting those that are passed over.
    pub max_keys: usize,
}

impl Default for JwksLimits {
    fn default() -> Self {
        Self { max_bytes: 256 * 1024, max_keys: 100 }
    }
}

/// A set of public keys, each with its identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jwks {
    keys: Vec<Jwk>,
    passed_over: Vec<JwkError>,
}

impl Jwks {
    /// A set of these keys; each must have an identifier of its own.
    pub fn new(keys: Vec<Jwk>) -> Result<Self, JwkError> {
        let mut seen = std::collections::HashSet::new();
        for key in &keys {
            let kid = key.kid.as_deref().ok_or(JwkError::Member("kid"))?;
            if !seen.insert(kid) {
                return Err(JwkError::DuplicateKid);
            }
        }
        Ok(Self { keys, passed_over: Vec::new() })
    }

    /// Reads a JWK set.
    ///
    /// Keys for another purpose (unsupported type, curve, algorithm or use; no `kid`) are passed over, as RFC 7517
    /// section 5 asks, and listed in [`passed_over`](Self::passed_over). A malformed or weak key, a private member or a
    /// repeated `kid` refuses the whole set: then something is wrong with its source.
    pub fn parse(bytes: &[u8], limits: &JwksLimits) -> Result<Self, JwkError> {
        if bytes.len() > limits.max_bytes {
            return Err(JwkError::TooLarge);
        }
        let members = json::parse_object(bytes, MAX_DEPTH)?;
        let listed = members.get("keys").and_then(Value::as_array).ok_or(JwkError::Member("keys"))?;
        if listed.len() > limits.max_keys {
            return Err(JwkError::TooLarge);
        }
        let mut keys = Vec::new();
        let mut passed_over = Vec::new();
        for item in listed {
            let members = item.as_object().ok_or(JwkError::Member("keys"))?;
            match Jwk::from_members(members) {
                Ok(key) if key.kid.is_none() => passed_over.push(JwkError::Member("kid")),
                Ok(key) => keys.push(key),
                Err(error @ JwkError::Unsupported(_)) => passed_over.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(Self { passed_over, ..Self::new(keys)? })
    }

    /// The key with this identifier.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }

    /// All usable keys.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// Why keys of the set were passed over, for the operator's log.
    pub fn passed_over(&self) -> &[JwkError] {
        &self.passed_over
    }

    /// The set as canonical JSON text.
    pub fn to_json(&self) -> String {
        let keys: Vec<Value> = self.keys.iter().map(Jwk::to_value).collect();
        canonical::to_string(&serde_json::json!({ "keys": keys })).expect("JWKs of strings are canonical")
    }
}

fn check_use(members: &Map<String, Value>) -> Result<(), JwkError> {
    match optional_text(members, "use")? {
        None | Some("sig") => {}
        Some(_) => return Err(JwkError::Unsupported("use")),
    }
    match members.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().all(Value::is_string) => {
            if operations.iter().any(|operation| operation == "verify") {
                Ok(())
            } else {
                Err(JwkError::Unsupported("key_ops"))
            }
        }
        Some(_) => Err(JwkError::Member("key_ops")),
    }
}

/// The key material of a JWK object, whatever else the object holds.
pub(crate) fn public_key(members: &Map<String, Value>) -> Result<PublicKey, JwkError> {
    match required_text(members, "kty")? {
        "OKP" => match required_text(members, "crv")? {
            "Ed25519" => Ok(PublicKey::ed25519(&bytes(members, "x")?)?),
            _ => Err(JwkError::Unsupported("crv")),
        },
        "EC" => match required_text(members, "crv")? {
            "P-256" => Ok(PublicKey::p256(&bytes(members, "x")?, &bytes(members, "y")?)?),
            _ => Err(JwkError::Unsupported("crv")),
        },
        "RSA" => Ok(PublicKey::rsa(&bytes(members, "n")?, &bytes(members, "e")?)?),
        _ => Err(JwkError::Unsupported("kty")),
    }
}

pub(crate) fn required_text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, JwkError> {
    optional_text(members, name)?.ok_or(JwkError::Member(name))
}

fn optional_text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, JwkError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwkError::Member(name)),
    }
}

fn bytes(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    b64::decode(required_text(members, name)?).map_err(|_| JwkError::Member(name))
}

#[cfg(test)]
mod tests;
