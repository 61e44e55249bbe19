//! Mappings from one thing that can be certified to another.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::key::{EquivalenceKey, KeyError, SchemeKey, StandardKey};
use super::source::Source;
use super::time::Validity;
use super::words::EquivalenceDegree;

/// A scheme or a standard edition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKey {
    /// A scheme.
    Scheme(SchemeKey),
    /// A standard edition.
    Standard(StandardKey),
}

impl TargetKey {
    /// Reads a resource name.
    ///
    /// # Errors
    /// When the text names neither a scheme nor a standard.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.starts_with("standards/") {
            StandardKey::parse(text).map(Self::Standard)
        } else {
            SchemeKey::parse(text).map(Self::Scheme).map_err(|error| {
                error.expecting(
                    "the resource name of a scheme (`schemes/{scheme}`) or of a standard (`standards/{standard}`)",
                )
            })
        }
    }

    /// Reads a resource name, or a standard's designation: `IEC 61215-1:2021`.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse_given(text: &str) -> Result<Self, KeyError> {
        Self::parse(text).or_else(|error| {
            // What begins in small letters before a slash is the resource name of something else.
            let is_name = text.contains('/') && text.starts_with(|c: char| c.is_ascii_lowercase());
            if is_name {
                return Err(error);
            }
            StandardKey::parse(text).map(Self::Standard).map_err(|_| {
                error.expecting(
                    "the resource name of a scheme (`schemes/{scheme}`), nor a standard's designation or resource name \
                     (`standards/{standard}`)",
                )
            })
        })
    }
}

impl fmt::Display for TargetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(key) => key.fmt(f),
            Self::Standard(key) => key.fmt(f),
        }
    }
}

impl Serialize for TargetKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TargetKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A scheme at a level, or a standard edition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Which.
    pub name: TargetKey,
    /// The level; empty for none, or for any where something is accepted.
    #[serde(default = "no_text")]
    pub level: Arc<str>,
}

pub(super) fn no_text() -> Arc<str> {
    Arc::from("")
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.level.is_empty() { self.name.fmt(f) } else { write!(f, "{} level {}", self.name, self.level) }
    }
}

/// A dated mapping, one direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivalence {
    /// Its resource name.
    pub name: EquivalenceKey,
    /// From.
    pub from: Target,
    /// To.
    pub to: Target,
    /// Degree.
    pub degree: EquivalenceDegree,
    /// What deviates.
    #[serde(default)]
    pub deviations: Vec<Deviation>,
    /// When.
    pub validity: Validity,
    /// Where it is laid down.
    #[serde(default)]
    pub legal_reference: String,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// A technical deviation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// Clause.
    #[serde(default)]
    pub clause: String,
    /// What deviates.
    #[serde(default)]
    pub description: String,
    /// What bridges it.
    #[serde(default)]
    pub bridging_test: Option<BridgingTest>,
}

/// A test that bridges a deviation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BridgingTest {
    /// Identifier: one that comes up twice is done once.
    #[serde(default = "no_text")]
    pub id: Arc<str>,
    /// What is tested.
    #[serde(default = "no_text")]
    pub description: Arc<str>,
}

impl Equivalence {
    /// Whether results pass along it: every degree but NEQ.
    pub fn passes(&self) -> bool {
        match self.degree {
            EquivalenceDegree::Identical | EquivalenceDegree::Modified | EquivalenceDegree::EquivalentLegacy => true,
            EquivalenceDegree::NotEquivalent => false,
        }
    }

    /// The tests that passing along it costs. IDT costs nothing.
    pub fn bridging_tests(&self) -> impl Iterator<Item = &BridgingTest> {
        let counted = self.degree != EquivalenceDegree::Identical;
        self.deviations.iter().filter(move |_| counted).filter_map(|deviation| deviation.bridging_test.as_ref())
    }
}
