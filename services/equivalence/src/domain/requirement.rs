//! What markets demand or honour.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::code::CodeScope;
use super::equivalence::{Target, TargetKey};
use super::key::{BodyKey, EconomyCode, RequirementKey};
use super::source::Source;
use super::time::Validity;
use super::words::RecognitionObject;

/// A requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its resource name.
    pub name: RequirementKey,
    /// The market.
    pub market: EconomyCode,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// Demanded, or only honoured.
    #[serde(default)]
    pub mandatory: bool,
    /// Which goods. One edition.
    #[serde(default)]
    pub codes: Vec<CodeScope>,
    /// Which origins; empty means all.
    #[serde(default)]
    pub origins: Vec<EconomyCode>,
    /// Which origins not.
    #[serde(default)]
    pub excluded_origins: Vec<EconomyCode>,
    /// What is accepted; one is enough.
    #[serde(default)]
    pub acceptances: Vec<Acceptance>,
    /// When.
    pub validity: Validity,
    /// The law or rule.
    #[serde(default)]
    pub legal_reference: String,
    /// Its notification.
    #[serde(default)]
    pub notification_reference: String,
    /// The regulator that makes it, when known.
    #[serde(default, with = "super::entry::optional_key")]
    pub regulator: Option<BodyKey>,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// Something that a requirement accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// What.
    pub target: Target,
    /// Whose, directly.
    #[serde(default)]
    pub bodies: BodyRule,
    /// Which kinds of results, directly; empty means all.
    #[serde(default)]
    pub objects: Vec<RecognitionObject>,
    /// When; none means as long as the requirement.
    #[serde(default)]
    pub validity: Option<Validity>,
    /// What must be certified beside it.
    #[serde(default)]
    pub together_with: Vec<Target>,
}

impl Acceptance {
    /// What is to be certified, in words.
    pub fn wanted(&self) -> String {
        let beside: Vec<_> = self.together_with.iter().map(ToString::to_string).collect();
        if beside.is_empty() {
            self.target.to_string()
        } else {
            format!("{} with {}", self.target, beside.join(" and "))
        }
    }

    /// What a certificate must name: what is accepted, and what must be certified beside it.
    pub fn names(&self) -> impl Iterator<Item = &TargetKey> {
        std::iter::once(&self.target).chain(&self.together_with).map(|it| &it.name)
    }

    /// Whether it stands on a day.
    pub fn in_force(&self, date: NaiveDate) -> bool {
        self.validity.as_ref().is_none_or(|validity| validity.contains(date))
    }
}

/// Whose results a market accepts directly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BodyRule {
    /// Everybody's.
    pub any: bool,
    /// Those of bodies of these economies and blocs.
    pub economies: Vec<EconomyCode>,
    /// Those of these bodies.
    pub bodies: Vec<BodyKey>,
    /// But not those of these.
    pub excluded_bodies: Vec<BodyKey>,
    /// And those of others, which are not listed.
    pub incomplete: bool,
}
