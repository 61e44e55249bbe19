//! Organisations known to the registry.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::did;
use super::goods::as_read;
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

impl Role {
    /// In words, for messages.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::CertificationBody => "certification body",
            Self::DesignatingAuthority => "designating authority",
            Self::AccreditationBody => "accreditation body",
            Self::SchemeOwner => "scheme owner",
            Self::CustomsAuthority => "customs authority",
        }
    }
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
    pub(crate) updated_at: DateTime<Utc>,
    /// Index of its registration in the log.
    pub(crate) create_index: u64,
    /// Index of its latest change.
    pub(crate) latest_index: u64,
}

impl BodyRecord {
    /// Its identifier as it is compared.
    pub(crate) fn did_spelled(&self) -> String {
        did::spelled(&self.did)
    }

    /// Whether another record has the same name in the same economy. Neither case, nor blanks, nor the width of characters
    /// makes another name.
    pub(crate) fn is_called_as(&self, other: &Self) -> bool {
        self.economy == other.economy && as_read(&self.display_name) == as_read(&other.display_name)
    }
}

impl Body {
    /// Changes with every change of the record.
    pub(crate) fn etag(&self) -> String {
        format!("{:x}", self.latest_index + 1)
    }
}

/// What is to change of a body's record: what is none stays. Its identifiers do not change: documents carry them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BodyPatch {
    pub(crate) display_name: Option<String>,
    pub(crate) economy: Option<String>,
    pub(crate) roles: Option<Vec<Role>>,
    pub(crate) website: Option<String>,
    pub(crate) accreditation_number: Option<String>,
}

impl BodyPatch {
    /// Whether it changes what a body is called, or where.
    pub(crate) fn renames(&self) -> bool {
        self.display_name.is_some() || self.economy.is_some()
    }

    /// Changes a record.
    pub(crate) fn apply(&self, record: &mut BodyRecord) {
        let set = |field: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        set(&mut record.display_name, &self.display_name);
        set(&mut record.economy, &self.economy);
        set(&mut record.website, &self.website);
        set(&mut record.accreditation_number, &self.accreditation_number);
        if let Some(roles) = &self.roles {
            record.roles.clone_from(roles);
        }
    }
}
