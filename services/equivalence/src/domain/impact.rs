//! What a change does to verdicts.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;

use super::catalogue::Catalogue;
use super::change::Change;
use super::decision::{Condition, Decision, Demand, Finding, Outcome};
use super::key::EconomyCode;
use super::question::Question;
use super::usage::Reported;
use super::words::ConditionKind;

/// How a decision changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shift {
    /// From not accepted to accepted.
    Gains,
    /// From accepted to not accepted.
    Loses,
    /// In another way.
    Otherwise,
}

/// What a decision comes to.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'d> {
    /// The outcome.
    pub outcome: Outcome,
    /// Whether the market demands something of the goods.
    pub demanded: bool,
    /// Whether it may, although nothing is known that it demands; where what it honours is not met.
    pub in_doubt: bool,
    /// What is still to be fulfilled.
    pub conditions: &'d [Condition<'d>],
}

impl<'d> From<&'d Decision<'_>> for Verdict<'d> {
    fn from(decision: &'d Decision<'_>) -> Self {
        let in_doubt = decision.demand == Some(Demand::Unknown);
        Self { outcome: decision.outcome, demanded: decision.demanded, in_doubt, conditions: &decision.conditions }
    }
}

impl Verdict<'_> {
    fn is_recognised(self) -> bool {
        match self.outcome {
            Outcome::Recognised | Outcome::RecognisedOnConditions => true,
            Outcome::Partial
            | Outcome::InformationOnly
            | Outcome::NotRecognised
            | Outcome::NoRequirementApplies
            | Outcome::Undetermined => false,
        }
    }

    /// Whether goods may enter: what is demanded of them is met, if anything is.
    fn enters(self) -> bool {
        !self.demanded || self.is_recognised()
    }

    /// Whether goods have what the market honours beside what it demands.
    fn is_honoured(self) -> bool {
        !self.demanded && self.is_recognised()
    }

    /// Whether the same is still to be fulfilled, in the same words.
    fn asks_the_same(self, other: Verdict<'_>) -> bool {
        self.conditions.len() == other.conditions.len() && self.asks_beyond(other).is_empty()
    }

    /// What is to be fulfilled here and not there, or in other words.
    fn asks_beyond(self, other: Verdict<'_>) -> Vec<ToFulfil> {
        let asked = |one: &Condition<'_>| {
            other.conditions.iter().any(|it| it.is_same(*one) && it.description() == one.description())
        };
        self.conditions.iter().copied().filter(|it| !asked(it)).map(ToFulfil::from).collect()
    }

    /// Whether goods enter and nothing is recognised of them: nothing is asked, or what is honoured is not met.
    fn is_plain(self) -> bool {
        !self.demanded && !self.is_recognised()
    }
}

impl Shift {
    /// How one decision differs from another; none when it does not, or when one of them cannot be told. As a change
    /// tightens, so it takes away: what is newly honoured takes nothing from who does not have it, and what is no longer
    /// demanded nothing from who had it. What enters only as far as anybody knows has gained nothing.
    pub fn between(before: Verdict<'_>, after: Verdict<'_>) -> Option<Self> {
        if before.outcome == Outcome::Undetermined || after.outcome == Outcome::Undetermined {
            return None;
        }
        let gains = |from: Verdict<'_>, to: Verdict<'_>| {
            (!from.enters() && to.enters()) || (from.is_plain() && to.is_honoured())
        };
        if gains(before, after) {
            Some(if after.in_doubt { Self::Otherwise } else { Self::Gains })
        } else if gains(after, before) {
            Some(Self::Loses)
        } else {
            (before.outcome != after.outcome || !before.asks_the_same(after)).then_some(Self::Otherwise)
        }
    }
}

/// The catalogue with changes made to it.
pub fn apply(catalogue: &Catalogue, changes: &[Change]) -> Catalogue {
    let mut entries: BTreeMap<String, _> = catalogue.entries().into_iter().map(|entry| (entry.name(), entry)).collect();
    for change in changes {
        match change {
            Change::Upsert(entry) => drop(entries.insert(entry.name(), entry.clone())),
            Change::Retire(name) => drop(entries.remove(name)),
        }
    }
    Catalogue::new(catalogue.revision() + 1, entries.into_values())
}

/// A number of each kind of shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Gaining.
    pub gaining: u64,
    /// Losing.
    pub losing: u64,
    /// Changing otherwise.
    pub otherwise: u64,
}

impl Counts {
    /// Adds a number of shifts.
    pub fn add(&mut self, shift: Shift, number: u64) {
        match shift {
            Shift::Gains => self.gaining += number,
            Shift::Loses => self.losing += number,
            Shift::Otherwise => self.otherwise += number,
        }
    }

    /// All together.
    pub fn all(self) -> u64 {
        self.gaining + self.losing + self.otherwise
    }
}

/// What changes in one market, or in all.
#[derive(Clone, Debug, Default)]
pub struct Impact {
    /// Certificates.
    pub certificates: Counts,
    /// Keys of holders.
    pub holders: HashSet<String>,
    /// Recent verifications.
    pub verifications: Counts,
}

/// Something to be fulfilled, apart from the catalogue that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToFulfil {
    /// Kind.
    pub kind: ConditionKind,
    /// Identifier.
    pub id: String,
    /// What is to be done.
    pub description: String,
    /// The resource name of where it comes from.
    pub origin: String,
}

impl From<Condition<'_>> for ToFulfil {
    fn from(condition: Condition<'_>) -> Self {
        Self {
            kind: condition.kind(),
            id: condition.id().to_owned(),
            description: condition.description().to_owned(),
            origin: condition.origin(),
        }
    }
}

/// What differs between two decisions.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The outcome before.
    pub before: Outcome,
    /// The outcome after.
    pub after: Outcome,
    /// Whether the market demands something of the goods before.
    pub demanded_before: bool,
    /// Whether it does after.
    pub demanded_after: bool,
    /// What is to be fulfilled after and was not before. Of goods that are recognised before and after.
    pub added: Vec<ToFulfil>,
    /// What was to be fulfilled before and is not after, of the same.
    pub removed: Vec<ToFulfil>,
}

impl Difference {
    /// How one decision differs from another.
    pub fn between(before: Verdict<'_>, after: Verdict<'_>) -> Self {
        // Nobody is spared a condition by losing the way that it was of.
        let both = before.is_recognised() && after.is_recognised();
        Self {
            before: before.outcome,
            after: after.outcome,
            demanded_before: before.demanded,
            demanded_after: after.demanded,
            added: if both { after.asks_beyond(before) } else { Vec::new() },
            removed: if both { before.asks_beyond(after) } else { Vec::new() },
        }
    }
}

/// A decision that changes.
#[derive(Clone, Debug)]
pub struct Example {
    /// The question.
    pub question: Question,
    /// How it changes.
    pub difference: Difference,
    /// Certificates of these facts.
    pub certificates: u64,
    /// Recent verifications of this question.
    pub verifications: u64,
}

/// A decision that cannot be told.
#[derive(Clone, Debug)]
pub struct Untold {
    /// The question.
    pub question: Question,
    /// Certificates of these facts.
    pub certificates: u64,
    /// Recent verifications of this question.
    pub verifications: u64,
    /// What is missing.
    pub findings: Vec<Finding>,
}

/// Everything that changes.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// By market.
    pub markets: BTreeMap<EconomyCode, Impact>,
    /// Over all markets.
    pub totals: Impact,
    /// Examples, of which a page was asked for.
    pub examples: Vec<Example>,
    /// How many examples there are.
    pub example_count: u64,
    /// Certificates decided.
    pub certificates_examined: u64,
    /// Verifications decided.
    pub verifications_examined: u64,
    /// Decisions that could not be told.
    pub undetermined: u64,
    /// Some of these.
    pub untold: Vec<Untold>,
    /// Whether everything was decided.
    pub complete: bool,
    /// The day for which decisions were compared.
    pub date: NaiveDate,
    /// The revision compared with.
    pub revision: u64,
    /// Whose certificates and verifications were decided, and as of when.
    pub reports: Vec<Reported>,
}

#[cfg(test)]
mod tests;
