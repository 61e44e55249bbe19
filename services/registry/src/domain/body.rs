//! Organisations known to the registry.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::names::BodyId;

/// What an organisation does (ISO/IEC 17000).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    CertificationBody,
    DesignatingAuthority,
    AccreditationBody,
    SchemeOwner,
    CustomsAuthority,
}

/// What is said of a body when it is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BodyRecord {
    pub(crate) id: BodyId,
    pub(crate) display_name: String,
    pub(crate) economy: String,
    /// Sorted, without repetition, not empty.
    pub(crate) roles: Vec<Role>,
    pub(crate) website: String,
    /// `did:web:…`: the issuer in its documents.
    pub(crate) did: String,
    pub(crate) accreditation_number: String,
}

/// A body as registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) record: BodyRecord,
    pub(crate) created_at: DateTime<Utc>,
    /// Index of its registration in the log.
    pub(crate) create_index: u64,
    /// Index of its latest change.
    pub(crate) latest_index: u64,
}

impl Body {
    /// Changes with every change of the record.
    pub(crate) fn etag(&self) -> String {
        format!("{:x}", self.latest_index + 1)
    }
}
