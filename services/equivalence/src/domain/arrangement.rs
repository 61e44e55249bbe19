//! Arrangements (MRAs) and their annexes.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::code::CodeScope;
use super::equivalence::{Target, TargetKey, no_text};
use super::key::{AnnexKey, ArrangementKey, BodyKey, EconomyCode};
use super::source::Source;
use super::time::{Counts, Ending, Validity, optional_date};
use super::words::{ConditionKind, OriginRule, PartyDirection, RecognitionBasis, RecognitionEffect, RecognitionObject};

/// An arrangement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    /// Its resource name.
    pub name: ArrangementKey,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// Who takes part.
    #[serde(default)]
    pub parties: Vec<Party>,
    /// When it was signed, as exactly as known.
    #[serde(default)]
    pub signed_on: String,
    /// From when it is applied provisionally.
    #[serde(default, with = "optional_date")]
    pub provisional_from: Option<NaiveDate>,
    /// When it entered into force.
    #[serde(default, with = "optional_date")]
    pub in_force_from: Option<NaiveDate>,
    /// When it is suspended.
    #[serde(default)]
    pub suspensions: Vec<Validity>,
    /// How it ends.
    #[serde(default)]
    pub lapse: Option<Ending>,
    /// The instrument.
    #[serde(default)]
    pub legal_reference: String,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// A party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// An economy or bloc.
    pub economy: EconomyCode,
    /// In which direction results flow.
    #[serde(default = "both")]
    pub direction: PartyDirection,
}

fn both() -> PartyDirection {
    PartyDirection::Both
}

impl Party {
    /// Whether it accepts the others' results.
    pub fn accepts(&self) -> bool {
        self.direction != PartyDirection::IsAccepted
    }

    /// Whether its results are accepted.
    pub fn is_accepted(&self) -> bool {
        self.direction != PartyDirection::Accepts
    }
}

impl Arrangement {
    /// The first day on which it applies, provisionally or fully.
    pub fn applies_from(&self) -> Option<NaiveDate> {
        match (self.provisional_from, self.in_force_from) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Whether it counts on a day for a result granted on `granted_on`.
    pub fn counts(&self, date: NaiveDate, granted_on: Option<NaiveDate>) -> Counts {
        let from = self.applies_from();
        if from.is_some_and(|from| date < from) || self.suspensions.iter().any(|period| period.contains(date)) {
            return Counts::No;
        }
        match self.lapse.as_ref().map_or(Counts::Yes, |lapse| lapse.counts(date, granted_on)) {
            Counts::No => Counts::No,
            _ if from.is_none() => Counts::NeedsEntryIntoForce,
            counts => counts,
        }
    }
}

/// A sectoral annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annex {
    /// Its resource name.
    pub name: AnnexKey,
    /// The arrangement.
    pub arrangement: ArrangementKey,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// Article, chapter or clause.
    #[serde(default)]
    pub legal_reference: String,
    /// When it is in force.
    pub validity: Validity,
    /// When it is suspended.
    #[serde(default)]
    pub suspensions: Vec<Validity>,
    /// How it ends, apart from its arrangement.
    #[serde(default)]
    pub lapse: Option<Ending>,
    /// What is recognised.
    #[serde(default)]
    pub objects: Vec<RecognitionObject>,
    /// What recognition rests on.
    #[serde(default, with = "super::entry::optional_word")]
    pub basis: Option<RecognitionBasis>,
    /// What it obliges to.
    #[serde(default = "full")]
    pub effect: RecognitionEffect,
    /// Whether the parties grant each other the same: then only those take part that both accept and are accepted.
    #[serde(default)]
    pub reciprocal: bool,
    /// Whose results are covered; empty means all.
    #[serde(default)]
    pub covered: Vec<Target>,
    /// Which goods; empty means all.
    #[serde(default)]
    pub codes: Vec<CodeScope>,
    /// Which economies of the parties; empty means all.
    #[serde(default)]
    pub economies: Vec<EconomyCode>,
    /// What is not covered.
    #[serde(default)]
    pub exclusions: Option<Exclusions>,
    /// Where goods must come from.
    #[serde(default = "anywhere")]
    pub origin_rule: OriginRule,
    /// Whether only designated bodies count.
    #[serde(default)]
    pub designation_required: bool,
    /// Conditions on every result.
    #[serde(default)]
    pub conditions: Vec<AnnexCondition>,
    /// When a party does not take part yet.
    #[serde(default)]
    pub transitions: Vec<TransitionPeriod>,
    /// How many equivalences may follow one another; none means one.
    #[serde(default)]
    pub max_chain_links: Option<u32>,
    /// Whether it works between members of one party.
    #[serde(default)]
    pub within_party: bool,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

fn full() -> RecognitionEffect {
    RecognitionEffect::Full
}

fn anywhere() -> OriginRule {
    OriginRule::Any
}

/// The longest chain that an annex may allow: what keeps a search short whatever the catalogue says.
pub const MAX_CHAIN_LINKS: u32 = 8;

impl Annex {
    /// How many equivalences may follow one another.
    pub fn chain_limit(&self) -> usize {
        self.max_chain_links.unwrap_or(1).min(MAX_CHAIN_LINKS) as usize
    }

    /// Whether it counts on a day for a result granted on `granted_on`, its arrangement apart.
    pub fn counts(&self, date: NaiveDate, granted_on: Option<NaiveDate>) -> Counts {
        if self.suspensions.iter().any(|period| period.contains(date)) {
            return Counts::No;
        }
        self.validity.counts(self.lapse.as_ref(), date, granted_on)
    }
}

/// What an annex does not cover.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exclusions {
    /// Economies, issuing or importing.
    pub economies: Vec<EconomyCode>,
    /// Bodies.
    pub bodies: Vec<BodyKey>,
    /// Schemes and standards.
    pub targets: Vec<TargetKey>,
    /// Goods.
    #[serde(default)]
    pub codes: Vec<CodeScope>,
    /// Origins of goods.
    pub origins: Vec<EconomyCode>,
}

/// A condition on every result under an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnexCondition {
    /// Identifier.
    #[serde(default = "no_text")]
    pub id: Arc<str>,
    /// Kind.
    pub kind: ConditionKind,
    /// What is to be done.
    #[serde(default = "no_text")]
    pub description: Arc<str>,
    /// Who asks for it; empty means all.
    #[serde(default)]
    pub markets: Vec<EconomyCode>,
}

/// A period in which a party does not take part yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionPeriod {
    /// The party, or a member of it.
    pub economy: EconomyCode,
    /// The first day on which it takes part.
    #[serde(with = "super::time::date")]
    pub ends_on: NaiveDate,
    /// Whether it is special and differential treatment.
    #[serde(default)]
    pub special_and_differential: bool,
    /// Where it is laid down.
    #[serde(default)]
    pub legal_reference: String,
}
