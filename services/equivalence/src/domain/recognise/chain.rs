//! The cheapest chain of equivalences from what was certified to something wanted.
//!
//! The search goes by layers: after `n` links it holds, for each thing that can be reached with exactly `n`, the
//! cheapest way there. A cycle only repeats what an earlier layer holds more cheaply, and the number of layers is the
//! annex's limit, so nothing can blow up or hang.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use super::context::satisfies;
use crate::domain::catalogue::Catalogue;
use crate::domain::equivalence::{Equivalence, Target};

/// A chain, and what it leads from and to.
pub(super) struct Found<'a> {
    pub(super) certified: &'a Target,
    pub(super) accepted: &'a Target,
    pub(super) links: Vec<&'a Arc<Equivalence>>,
}

/// The equivalences in force on a day.
#[derive(Clone, Copy)]
pub(super) struct Net<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) date: NaiveDate,
}

impl<'a> Net<'a> {
    /// Those along which something held passes.
    fn from<'h>(self, held: &'h Target) -> impl Iterator<Item = &'a Arc<Equivalence>> + 'h
    where
        'a: 'h,
    {
        let links = self.catalogue.equivalences_from(&held.name).iter();
        links.filter(move |link| link.validity.contains(self.date) && satisfies(self.catalogue, held, &link.from))
    }
}

/// A way to something: what it costs in bridging tests, its last link and the way before that, and which of the
/// certified it starts from.
#[derive(Clone, Copy)]
struct Way<'a> {
    tests: usize,
    length: usize,
    start: usize,
    last: Option<(&'a Arc<Equivalence>, usize)>,
}

/// Every way that is held, each told by its place.
#[derive(Default)]
struct Ways<'a>(Vec<Way<'a>>);

impl<'a> Ways<'a> {
    fn links(&self, way: &Way<'a>) -> Vec<&'a Arc<Equivalence>> {
        let mut links = Vec::with_capacity(way.length);
        let mut at = way.last;
        while let Some((link, before)) = at {
            links.push(link);
            at = self.0[before].last;
        }
        links.reverse();
        links
    }

    /// Fewer tests, then fewer links, then the names of the links, then what comes first in the question.
    fn compare(&self, a: &Way<'a>, b: &Way<'a>) -> Ordering {
        (a.tests, a.length)
            .cmp(&(b.tests, b.length))
            .then_with(|| {
                let names = |way| self.links(way).into_iter().map(|link| &link.name);
                names(a).cmp(names(b))
            })
            .then_with(|| a.start.cmp(&b.start))
    }
}

/// The cheapest chain of at most `limit` links. `wanted` gives what something held is good for.
pub(super) fn search<'a>(
    net: Net<'a>,
    certified: &[&'a Target],
    limit: usize,
    wanted: &dyn Fn(&Target) -> Option<&'a Target>,
) -> Option<Found<'a>> {
    let mut ways = Ways::default();
    let mut best: Option<(Way<'a>, &'a Target)> = None;
    let mut layer: BTreeMap<&'a Target, usize> = BTreeMap::new();
    for (start, target) in certified.iter().enumerate() {
        let way = Way { tests: 0, length: 0, start, last: None };
        if best.is_none()
            && let Some(accepted) = wanted(target)
        {
            best = Some((way, accepted));
        }
        if limit > 0 && best.is_none() {
            layer.entry(target).or_insert(ways.0.len());
            ways.0.push(way);
        }
    }
    for length in 1..=limit {
        // A longer way is better only if it takes fewer tests, and no way takes fewer than the one it goes on from.
        let fewest = layer.values().map(|at| ways.0[*at].tests).min();
        if best.as_ref().is_some_and(|(best, _)| fewest.is_none_or(|fewest| best.tests <= fewest)) {
            break;
        }
        let mut next: BTreeMap<&'a Target, usize> = BTreeMap::new();
        for (held, at) in layer {
            let before = ways.0[at];
            for link in net.from(held) {
                let tests = before.tests + link.bridging_tests().count();
                let way = Way { tests, length, start: before.start, last: Some((link, at)) };
                if let Some(accepted) = wanted(&link.to)
                    && best.as_ref().is_none_or(|(best, _)| ways.compare(&way, best).is_lt())
                {
                    best = Some((way, accepted));
                }
                // Nothing follows the last link.
                if length < limit && next.get(&link.to).is_none_or(|at| ways.compare(&way, &ways.0[*at]).is_lt()) {
                    next.insert(&link.to, ways.0.len());
                    ways.0.push(way);
                }
            }
        }
        layer = next;
    }
    let (way, accepted) = best?;
    Some(Found { certified: certified[way.start], accepted, links: ways.links(&way) })
}

/// Everything that chains of at most `limit` links lead to, each with its cheapest chain; nearest first.
pub(super) fn reach<'a>(net: Net<'a>, start: &'a Target, limit: usize) -> Vec<(&'a Target, Vec<&'a Arc<Equivalence>>)> {
    let mut ways = Ways(vec![Way { tests: 0, length: 0, start: 0, last: None }]);
    let mut layer: BTreeMap<&'a Target, usize> = BTreeMap::from([(start, 0)]);
    let mut reached: BTreeMap<&'a Target, usize> = layer.clone();
    for length in 1..=limit {
        let mut next: BTreeMap<&'a Target, usize> = BTreeMap::new();
        for (held, at) in layer {
            let before = ways.0[at];
            for link in net.from(held) {
                let tests = before.tests + link.bridging_tests().count();
                let way = Way { tests, length, start: 0, last: Some((link, at)) };
                let cheaper = |known: Option<&usize>| known.is_none_or(|at| ways.compare(&way, &ways.0[*at]).is_lt());
                let (here, ever) = (cheaper(next.get(&link.to)), cheaper(reached.get(&link.to)));
                // A longer way that takes no fewer tests than one that is known leads nowhere more cheaply.
                if here && ever {
                    next.insert(&link.to, ways.0.len());
                    reached.insert(&link.to, ways.0.len());
                    ways.0.push(way);
                }
            }
        }
        layer = next;
    }
    let mut found: Vec<_> = reached.into_iter().filter(|(target, _)| *target != start).collect();
    found.sort_by_key(|(target, at)| (ways.0[*at].length, ways.0[*at].tests, *target));
    found.into_iter().map(|(target, at)| (target, ways.links(&ways.0[at]))).collect()
}
