//! The cheapest chain of equivalences from what was certified to something accepted.
//!
//! The search goes by layers: after `n` links it holds, for each thing that can be reached with exactly `n`, the
//! cheapest way there. A cycle only repeats what an earlier layer holds more cheaply, and the number of layers is the
//! annex's limit, so nothing can blow up or hang.

use std::collections::BTreeMap;

use super::context::Context;
use crate::domain::equivalence::{Equivalence, Target};
use crate::domain::requirement::Acceptance;

/// A chain, and what it leads from and to.
pub(super) struct Found<'a> {
    pub(super) certified: &'a Target,
    pub(super) accepted: &'a Target,
    pub(super) links: Vec<&'a Equivalence>,
}

/// A way to something: what it costs in bridging tests, its links, and which of the certified it starts from.
#[derive(Clone)]
struct Way<'a> {
    tests: usize,
    links: Vec<&'a Equivalence>,
    start: usize,
}

impl Way<'_> {
    /// Fewer tests, then fewer links, then the names of the links, then what comes first in the question.
    fn cheaper_than(&self, other: &Self) -> bool {
        let names = |way: &Self| way.links.iter().map(|link| link.name.clone()).collect::<Vec<_>>();
        (self.tests, self.links.len())
            .cmp(&(other.tests, other.links.len()))
            .then_with(|| names(self).cmp(&names(other)))
            .then_with(|| self.start.cmp(&other.start))
            .is_lt()
    }
}

/// The cheapest chain of at most `limit` links.
pub(super) fn search<'a>(
    ctx: &Context<'a>,
    certified: &[&'a Target],
    acceptances: &'a [Acceptance],
    limit: usize,
) -> Option<Found<'a>> {
    let accepted = |held: &Target| {
        let mut in_force = acceptances.iter().filter(|acceptance| acceptance.in_force(ctx.date()));
        in_force.find(|acceptance| ctx.satisfies(held, &acceptance.target)).map(|acceptance| &acceptance.target)
    };
    let mut layer: BTreeMap<&'a Target, Way<'a>> = BTreeMap::new();
    for (start, target) in certified.iter().enumerate() {
        layer.entry(target).or_insert(Way { tests: 0, links: Vec::new(), start });
    }
    let mut best: Option<(Way<'a>, &'a Target)> = None;
    for links in 0..=limit {
        for (held, way) in &layer {
            if let Some(target) = accepted(held)
                && best.as_ref().is_none_or(|(best, _)| way.cheaper_than(best))
            {
                best = Some((way.clone(), target));
            }
        }
        // A longer way is better only if it takes fewer tests, and no way takes fewer than the one it goes on from.
        let fewest = layer.values().map(|way| way.tests).min();
        let settled = best.as_ref().is_some_and(|(best, _)| fewest.is_none_or(|fewest| best.tests <= fewest));
        if links == limit || settled || layer.is_empty() {
            break;
        }
        layer = next(ctx, &layer);
    }
    let (way, accepted) = best?;
    Some(Found { certified: certified[way.start], accepted, links: way.links })
}

fn next<'a>(ctx: &Context<'a>, layer: &BTreeMap<&'a Target, Way<'a>>) -> BTreeMap<&'a Target, Way<'a>> {
    let mut reached: BTreeMap<&'a Target, Way<'a>> = BTreeMap::new();
    for (held, way) in layer {
        for link in ctx.catalogue.equivalences_from(&held.name) {
            if !link.validity.contains(ctx.date()) || !ctx.satisfies(held, &link.from) {
                continue;
            }
            let mut longer = way.clone();
            longer.tests += link.bridging_tests().count();
            longer.links.push(link);
            if reached.get(&link.to).is_none_or(|known| longer.cheaper_than(known)) {
                reached.insert(&link.to, longer);
            }
        }
    }
    reached
}
