//! Bodies as the catalogue knows them, and their designations.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::code::CodeScope;
use super::equivalence::TargetKey;
use super::key::{AnnexKey, BodyKey, DesignationKey, EconomyCode};
use super::source::Source;
use super::time::{Ending, Validity, optional_date};
use super::words::BodyRole;

/// A body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its resource name, the same as in the registry.
    pub name: BodyKey,
    /// Name for people.
    #[serde(default)]
    pub display_name: String,
    /// Its economy.
    pub economy: EconomyCode,
    /// What it does.
    #[serde(default)]
    pub roles: Vec<BodyRole>,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// A designating authority's statement that a body may act under an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Designation {
    /// Its resource name.
    pub name: DesignationKey,
    /// The body.
    pub body: BodyKey,
    /// Who designates.
    pub authority: BodyKey,
    /// The annex.
    pub annex: AnnexKey,
    /// For which schemes and standards; empty means all of the annex's.
    #[serde(default)]
    pub targets: Vec<TargetKey>,
    /// For which goods; empty means all of the annex's.
    #[serde(default)]
    pub codes: Vec<CodeScope>,
    /// When.
    pub validity: Validity,
    /// When not.
    #[serde(default)]
    pub suspensions: Vec<Validity>,
    /// How it ends, if earlier results are to count on.
    #[serde(default)]
    pub ending: Option<Ending>,
    /// Contests.
    #[serde(default)]
    pub contestations: Vec<Contestation>,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// A contest of a designation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contestation {
    /// Who contests.
    pub party: EconomyCode,
    /// Since when.
    pub raised_on: NaiveDate,
    /// By when an answer is due.
    #[serde(default, with = "optional_date")]
    pub answer_by: Option<NaiveDate>,
    /// Until when others may object.
    #[serde(default, with = "optional_date")]
    pub object_by: Option<NaiveDate>,
    /// When the designation is without effect meanwhile.
    #[serde(default)]
    pub interim_suspension: Option<Validity>,
    /// When it was settled.
    #[serde(default, with = "optional_date")]
    pub settled_on: Option<NaiveDate>,
    /// Grounds and outcome.
    #[serde(default)]
    pub note: String,
}

impl Designation {
    /// Whether it is suspended on a day, by itself or while it is contested.
    pub fn is_suspended(&self, date: NaiveDate) -> bool {
        let contested = self.contestations.iter().filter_map(|contest| contest.interim_suspension.as_ref());
        self.suspensions.iter().chain(contested).any(|period| period.contains(date))
    }
}
