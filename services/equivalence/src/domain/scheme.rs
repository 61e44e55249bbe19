//! Certification schemes and labels.

use serde::{Deserialize, Serialize};

use super::key::{BodyKey, SchemeKey, StandardKey};
use super::source::{LocalizedText, Source};
use super::time::Validity;
use super::words::SchemeKind;

/// A scheme (ISO/IEC 17067) or label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// Its resource name.
    pub name: SchemeKey,
    /// Names for people.
    #[serde(default)]
    pub display_names: Vec<LocalizedText>,
    /// Kind.
    pub kind: SchemeKind,
    /// Its owner, when known.
    #[serde(default, with = "super::entry::optional_key")]
    pub owner: Option<BodyKey>,
    /// Its levels, best first.
    #[serde(default)]
    pub levels: Vec<SchemeLevel>,
    /// What it certifies to.
    #[serde(default)]
    pub standards: Vec<StandardKey>,
    /// When it is operated, when known.
    #[serde(default)]
    pub validity: Option<Validity>,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// A level of a scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemeLevel {
    /// Identifier.
    #[serde(default)]
    pub id: String,
    /// Name for people.
    #[serde(default)]
    pub display_name: String,
}

impl Scheme {
    /// Where a level stands: 0 is the best.
    pub fn rank(&self, level: &str) -> Option<usize> {
        self.levels.iter().position(|candidate| candidate.id == level)
    }
}
