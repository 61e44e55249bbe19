//! Identifiers and resource names.

use std::fmt;

use greenlane_platform::names::check_body_id;
use serde::{Deserialize, Serialize};

/// The identifier in a body's resource name, by the rule that the catalogue of equivalence has too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct BodyId(String);

impl BodyId {
    pub(crate) fn new(raw: &str) -> Result<Self, &'static str> {
        check_body_id(raw).map(|()| Self(raw.to_owned()))
    }

    /// From `bodies/{body}`.
    pub(crate) fn from_name(name: &str) -> Result<Self, &'static str> {
        name.strip_prefix("bodies/").map_or(Err("must be a resource name of the shape bodies/{body}"), Self::new)
    }

    /// An identifier that was read back from our own database.
    pub(crate) fn trusted(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `bodies/{body}`.
    pub(crate) fn name(&self) -> String {
        format!("bodies/{}", self.0)
    }

    /// `bodies/{body}/keys/{key}`.
    pub(crate) fn key_name(&self, key: &str) -> String {
        format!("bodies/{}/keys/{key}", self.0)
    }
}

impl fmt::Display for BodyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Splits `bodies/{body}/keys/{key}`. A key's identifier is an RFC 7638 thumbprint: 43 characters of base64url.
pub(crate) fn parse_key_name(name: &str) -> Result<(BodyId, String), &'static str> {
    const SHAPE: &str = "must be a resource name of the shape bodies/{body}/keys/{key}";
    let (body, key) = name.strip_prefix("bodies/").and_then(|rest| rest.split_once("/keys/")).ok_or(SHAPE)?;
    let good = key.len() == 43 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !good {
        return Err(SHAPE);
    }
    Ok((BodyId::new(body)?, key.to_owned()))
}

/// A certificate number in its canonical form: with its check characters right.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct CertificateNumber(String);

impl CertificateNumber {
    /// A number that was made by, or read back from, this registry.
    pub(crate) fn trusted(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `certificates/{number}`.
    pub(crate) fn name(&self) -> String {
        format!("certificates/{}", self.0)
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
