//! Routes while they are compared with each other.

use std::sync::Arc;

use crate::domain::decision::{Condition, Conditions, Exemption, Route};
use crate::domain::equivalence::Equivalence;
use crate::domain::words::RecognitionEffect;

/// What passing along an equivalence costs, which has so many bridging tests.
pub(super) fn bridging(link: &Arc<Equivalence>, tests: usize) -> impl Iterator<Item = Condition<'_>> {
    (0..tests).map(move |at| Condition::Bridging(link, at))
}

/// Adds what is not asked already.
pub(super) fn add<'c>(all: &mut Conditions<'c>, condition: Condition<'c>) {
    if !all.iter().any(|known| condition.is_same(*known)) {
        all.push(condition);
    }
}

/// Notes from which transitions the goods are exempt, and what must be shown for that.
pub(super) fn exempt<'c>(route: &mut Route<'c>, exemptions: Vec<Exemption<'c>>) {
    for exemption in &exemptions {
        if exemption.transition.stock_exemption.as_ref().is_some_and(|it| !it.provided.is_empty()) {
            add(&mut route.conditions, Condition::OfStock(exemption.transition));
        }
    }
    route.exemptions = exemptions;
}

/// How good a route is, smaller is better.
pub(super) fn rank(route: &Route<'_>) -> Rank {
    (route.effect, route.conditions.len(), route.links.len())
}

/// Effect, conditions, links.
pub(super) type Rank = (RecognitionEffect, usize, usize);

/// Nothing is better than this.
pub(super) const BEST: Rank = (RecognitionEffect::Full, 0, 0);
