//! Economies and blocs.

use serde::{Deserialize, Serialize};

use super::code::CodeScope;
use super::key::EconomyCode;
use super::source::{LocalizedText, Source};
use super::time::Validity;

/// An economy, or a bloc with its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Economy {
    /// Its code.
    #[serde(serialize_with = "as_name")]
    pub name: EconomyCode,
    /// Names for people.
    #[serde(default)]
    pub display_names: Vec<LocalizedText>,
    /// Whether it is a bloc.
    #[serde(default)]
    pub bloc: bool,
    /// Members of a bloc.
    #[serde(default)]
    pub members: Vec<Membership>,
    /// Whether others may be members that are not listed. What was written before this could be said reads as it did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub members_incomplete: bool,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
    /// For which goods the catalogue holds every requirement of it; none: it may lack some for any.
    #[serde(default)]
    pub complete_requirements: Option<CompleteRequirements>,
}

/// That the catalogue holds every requirement of a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteRequirements {
    /// For these goods; empty means all.
    #[serde(default)]
    pub codes: Vec<CodeScope>,
}

/// An economy's membership of a bloc.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The member.
    pub economy: EconomyCode,
    /// When.
    pub validity: Validity,
}

fn as_name<S: serde::Serializer>(code: &EconomyCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(code)
}
