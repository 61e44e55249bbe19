//! A route while it is compared with others: borrowed from the catalogue and the question.

use std::sync::Arc;

use crate::domain::arrangement::{Annex, AnnexCondition};
use crate::domain::body::Designation;
use crate::domain::catalogue::{AnnexEntry, RequirementEntry};
use crate::domain::decision::{Condition, ConditionOrigin, Route};
use crate::domain::equivalence::{BridgingTest, Equivalence, Target};
use crate::domain::words::{ConditionKind, RecognitionEffect};

/// A route.
#[derive(Clone, Debug)]
pub(super) struct Way<'a> {
    /// The requirement that it meets.
    pub(super) entry: &'a RequirementEntry,
    pub(super) certified: &'a Target,
    /// The place of what is accepted in the requirement.
    pub(super) accepted: usize,
    /// None for a direct route.
    pub(super) annex: Option<&'a AnnexEntry>,
    pub(super) designation: Option<&'a Arc<Designation>>,
    pub(super) links: Vec<&'a Arc<Equivalence>>,
    pub(super) effect: RecognitionEffect,
    pub(super) conditions: Vec<Asked<'a>>,
}

/// A condition.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked<'a> {
    /// A test that bridges a deviation.
    Bridging(&'a BridgingTest, &'a Equivalence),
    /// What an annex asks for.
    ByAnnex(&'a AnnexCondition, &'a Annex),
}

impl<'a> Asked<'a> {
    fn identity(self) -> (ConditionKind, &'a str) {
        match self {
            Self::Bridging(test, _) => (ConditionKind::BridgingTest, &test.id),
            Self::ByAnnex(condition, _) => (condition.kind, &condition.id),
        }
    }

    /// Whether it is fulfilled when the other is, wherever the two come from.
    pub(super) fn is_same(self, other: Self) -> bool {
        self.identity() == other.identity()
    }

    /// On its own.
    pub(super) fn condition(self) -> Condition {
        match self {
            Self::Bridging(test, link) => Condition {
                kind: ConditionKind::BridgingTest,
                id: test.id.clone(),
                description: test.description.clone(),
                origin: ConditionOrigin::Equivalence(link.name.clone()),
            },
            Self::ByAnnex(condition, annex) => Condition {
                kind: condition.kind,
                id: condition.id.clone(),
                description: condition.description.clone(),
                origin: ConditionOrigin::Annex(annex.name.clone()),
            },
        }
    }
}

/// What passing along an equivalence costs.
pub(super) fn bridging(link: &Equivalence) -> impl Iterator<Item = Asked<'_>> {
    link.bridging_tests().map(move |test| Asked::Bridging(test, link))
}

/// Adds what is not asked already.
pub(super) fn add<'a>(all: &mut Vec<Asked<'a>>, condition: Asked<'a>) {
    if !all.iter().any(|known| condition.is_same(*known)) {
        all.push(condition);
    }
}

impl Way<'_> {
    /// How good it is, smaller is better.
    pub(super) fn rank(&self) -> Rank {
        (self.effect, self.conditions.len(), self.links.len())
    }

    /// On its own.
    pub(super) fn route(&self) -> Route {
        Route {
            requirement: self.entry.requirement.clone(),
            certified: self.certified.clone(),
            accepted: self.entry.requirement.acceptances[self.accepted].target.clone(),
            annex: self.annex.map(|it| it.annex.clone()),
            designation: self.designation.cloned(),
            links: self.links.iter().map(|link| Arc::clone(link)).collect(),
            effect: self.effect,
            conditions: self.conditions.iter().map(|it| it.condition()).collect(),
        }
    }
}

/// Effect, conditions, links.
pub(super) type Rank = (RecognitionEffect, usize, usize);

/// Nothing is better than this.
pub(super) const BEST: Rank = (RecognitionEffect::Full, 0, 0);
