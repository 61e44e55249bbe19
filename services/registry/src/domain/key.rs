//! Keys that sign a body's documents, and when each may.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::names::BodyId;

/// Who holds the private half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Custody {
    Body,
    Registry,
}

/// A key to be registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub(crate) body: BodyId,
    /// RFC 7638 thumbprint.
    pub(crate) id: String,
    /// `EdDSA` or `ES256`.
    pub(crate) algorithm: String,
    /// Canonical JSON.
    pub(crate) public_jwk: String,
    pub(crate) custody: Custody,
    pub(crate) valid_from: DateTime<Utc>,
    pub(crate) valid_until: Option<DateTime<Utc>>,
    /// The key's DID URL in documents.
    pub(crate) verification_method: String,
}

/// A key as registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) record: KeyRecord,
    pub(crate) compromised_since: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) create_index: u64,
    pub(crate) latest_index: u64,
}

/// What a key's signature is worth at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStanding {
    Good,
    NotYetValid,
    Expired,
    Compromised,
}

impl KeyStanding {
    /// In a word, for messages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "valid",
            Self::NotYetValid => "not valid yet",
            Self::Expired => "retired",
            Self::Compromised => "compromised",
        }
    }
}

impl Key {
    /// What a signature made at `at` is worth.
    pub(crate) fn standing_at(&self, at: DateTime<Utc>) -> KeyStanding {
        if self.compromised_since.is_some_and(|since| at >= since) {
            KeyStanding::Compromised
        } else if at < self.record.valid_from {
            KeyStanding::NotYetValid
        } else if self.record.valid_until.is_some_and(|until| at > until) {
            KeyStanding::Expired
        } else {
            KeyStanding::Good
        }
    }

    pub(crate) fn name(&self) -> String {
        self.record.body.key_name(&self.record.id)
    }
}

#[cfg(test)]
mod tests;
