//! Publications: the revisions of the two catalogues that verdicts rest on, each an entry of the log.
//!
//! The catalogues are the equivalence and the classification service's. That a revision was published, by which change
//! set and with what in it, is on record here, so that nobody can say later that it was another one: not the service, and
//! not one that was restored from a backup and went on from there.

use std::fmt;

use chrono::{DateTime, Utc};

/// A catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Catalogue {
    Equivalence,
    Classification,
}

impl Catalogue {
    pub(crate) const ALL: [Self; 2] = [Self::Equivalence, Self::Classification];

    /// The name in the store and in the log: the service's.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Equivalence => "equivalence",
            Self::Classification => "classification",
        }
    }

    pub(crate) fn from_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|catalogue| catalogue.as_str() == text)
    }
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a service says of one published revision of its catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    pub(crate) catalogue: Catalogue,
    pub(crate) revision: u64,
    /// What it was published by; none of what a service begins with, and of what it was taught.
    pub(crate) change_set: Option<PublishedChanges>,
    /// Of what a service begins with: the hash of what it has. See `LogEntry` of the contract. None where it was
    /// recorded before this was.
    pub(crate) entries_sha256: Option<[u8; 32]>,
    /// None where the service does not tell.
    pub(crate) published_at: Option<DateTime<Utc>>,
}

/// A published change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishedChanges {
    /// `changeSets/{change_set}` of the service.
    pub(crate) name: String,
    /// See `LogEntry` of the contract.
    pub(crate) sha256: [u8; 32],
}

impl Publication {
    /// `catalogues/{catalogue}/revisions/{revision}`, as the audit trail names it.
    pub(crate) fn name(&self) -> String {
        format!("catalogues/{}/revisions/{}", self.catalogue, self.revision)
    }
}

/// A publication that is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) log_index: u64,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) publication: Publication,
}

/// Of both catalogues, what a group of mutations may follow on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Publications {
    /// The last record of each revision that is published once more.
    pub(crate) last: std::collections::HashMap<(Catalogue, u64), Recorded>,
    /// The highest revision on record.
    pub(crate) highest: std::collections::HashMap<Catalogue, u64>,
}
