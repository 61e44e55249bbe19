//! The cheapest chain of equivalences from what was certified to something wanted.
//!
//! The search goes by layers: after `n` links it holds, for each thing that can be reached with exactly `n`, the
//! cheapest way there. A cycle only repeats what an earlier layer holds more cheaply, and the number of layers is the
//! annex's limit, so nothing can blow up or hang.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::{HashMap, HashSet};
use smallvec::SmallVec;

use super::way;
use crate::domain::catalogue::{Catalogue, Held, NONE, Passed};
use crate::domain::decision::Condition;
use crate::domain::equivalence::{Equivalence, Target};

/// The links of a chain, in order.
pub(super) type Chained<'a> = SmallVec<[&'a Arc<Equivalence>; 2]>;

/// A chain, and what it leads from and to, as places in what was certified and in what is accepted.
pub(super) struct Found<'a> {
    pub(super) certified: usize,
    pub(super) accepted: usize,
    pub(super) links: Chained<'a>,
    /// How many bridging tests each of them takes.
    tests: SmallVec<[u32; 2]>,
}

impl<'a> Found<'a> {
    /// The bridging tests that the links take.
    pub(super) fn bridging(&self) -> impl Iterator<Item = Condition<'a>> {
        self.links.iter().zip(&self.tests).flat_map(|(link, tests)| way::bridging(link, *tests as usize))
    }
}

/// The equivalences in force on a day.
#[derive(Clone, Copy)]
pub(super) struct Net<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) date: NaiveDate,
}

impl<'a> Net<'a> {
    /// Where something held passes to along one of them, by their names.
    fn from(self, held: Held) -> impl Iterator<Item = Passed> {
        self.catalogue.links().from(held, self.date)
    }

    fn link(self, link: u32) -> &'a Arc<Equivalence> {
        self.catalogue.links().equivalence(link)
    }
}

/// A way to something: what it costs in bridging tests, which of the certified it starts from, its last link, and the
/// way before that.
#[derive(Clone, Copy)]
struct Way {
    tests: u32,
    length: u32,
    start: u32,
    link: u32,
    before: u32,
}

impl Way {
    fn begin(start: u32) -> Self {
        Self { tests: 0, length: 0, start, link: NONE, before: NONE }
    }

    /// The way that goes on from one, which is held at `at`, along a link.
    fn along(self, at: u32, link: Passed) -> Self {
        let (tests, length) = (self.tests + link.tests, self.length + 1);
        Self { tests, length, start: self.start, link: link.link, before: at }
    }
}

/// Every way that is held, each told by its place.
struct Ways<'a> {
    net: Net<'a>,
    all: SmallVec<[Way; 24]>,
}

impl<'a> Ways<'a> {
    fn of(net: Net<'a>) -> Self {
        Self { net, all: SmallVec::new() }
    }

    fn hold(&mut self, way: Way) -> u32 {
        let at = u32::try_from(self.all.len()).unwrap_or(NONE);
        self.all.push(way);
        at
    }

    fn at(&self, at: u32) -> Way {
        self.all[at as usize]
    }

    /// The links of a way, each with its bridging tests, from the last to the first.
    fn links(&self, mut way: Way) -> impl Iterator<Item = (&'a Arc<Equivalence>, u32)> {
        std::iter::from_fn(move || {
            let link = (way.length > 0).then(|| self.net.link(way.link))?;
            let tests = way.tests;
            way = self.at(way.before);
            Some((link, tests - way.tests))
        })
    }

    /// Fewer tests, then fewer links, then the names of the links, then what comes first in the question.
    fn compare(&self, a: Way, b: Way) -> Ordering {
        (a.tests, a.length)
            .cmp(&(b.tests, b.length))
            .then_with(|| self.by_names(a, b))
            .then_with(|| a.start.cmp(&b.start))
    }

    /// Of two ways of one length. The places of equivalences are in the order of their names.
    fn by_names(&self, a: Way, b: Way) -> Ordering {
        if a.length == 0 {
            return Ordering::Equal;
        }
        let before =
            if a.before == b.before { Ordering::Equal } else { self.by_names(self.at(a.before), self.at(b.before)) };
        let links = self.net.catalogue.links();
        before.then_with(|| links.place(a.link).cmp(&links.place(b.link)))
    }
}

/// How many things a layer holds before it keeps an index of them.
const FEW: usize = 24;

/// What can be reached with so many links, each with the place of the cheapest way there.
#[derive(Default)]
struct Layer {
    all: SmallVec<[(Held, u32); 8]>,
    /// Where each thing is in the list, once there are many.
    index: Option<Box<HashMap<Held, usize>>>,
}

impl Layer {
    fn find(&self, held: Held) -> Option<usize> {
        match &self.index {
            None => self.all.iter().position(|(known, _)| *known == held),
            Some(index) => index.get(&held).copied(),
        }
    }

    fn add(&mut self, held: Held, way: u32) {
        self.all.push((held, way));
        if self.all.len() > FEW {
            let index = self.index.get_or_insert_default();
            let known = index.len();
            index.extend(self.all[known..].iter().zip(known..).map(|((held, _), at)| (*held, at)));
        }
    }
}

/// The cheapest chain of at most `limit` links. `certified` are things held, each with its place in the question;
/// `wanted` gives the place of what something held is good for; `leads` says of the number of a scheme or standard whether
/// any link at all leads from it to something wanted: of the last links, which are the most, few have to be looked at.
pub(super) fn search<'a>(
    net: Net<'a>,
    certified: &[(u32, Held)],
    limit: usize,
    wanted: impl Fn(Held) -> Option<usize>,
    leads: impl Fn(u32) -> bool,
) -> Option<Found<'a>> {
    let direct = certified.iter().find_map(|(start, held)| Some((*start, wanted(*held)?)));
    if let Some((start, accepted)) = direct {
        let (links, tests) = Default::default();
        return Some(Found { certified: start as usize, accepted, links, tests });
    }
    let mut ways = Ways::of(net);
    let mut best: Option<(Way, usize)> = None;
    let mut layer = Layer::default();
    for (start, held) in certified {
        if limit > 0 && layer.find(*held).is_none() {
            let at = ways.hold(Way::begin(*start));
            layer.add(*held, at);
        }
    }
    for length in 1..=limit {
        let mut next = Layer::default();
        for (held, at) in layer.all {
            let before = ways.at(at);
            if length == limit && !leads(held.node) {
                continue;
            }
            // A longer way is better only if it takes fewer tests, and none takes fewer than the one it goes on from.
            if best.is_some_and(|(best, _)| best.length < before.length + 1 && best.tests <= before.tests) {
                continue;
            }
            for link in net.from(held) {
                let way = before.along(at, link);
                if let Some(accepted) = wanted(link.to)
                    && best.is_none_or(|(best, _)| ways.compare(way, best).is_lt())
                {
                    best = Some((way, accepted));
                }
                if length == limit {
                    continue; // nothing follows the last link
                }
                match next.find(link.to) {
                    None => {
                        let at = ways.hold(way);
                        next.add(link.to, at);
                    }
                    Some(known) if ways.compare(way, ways.at(next.all[known].1)).is_lt() => {
                        next.all[known].1 = ways.hold(way);
                    }
                    Some(_) => {}
                }
            }
        }
        layer = next;
    }
    let (way, accepted) = best?;
    let (mut links, mut tests): (Chained<'_>, SmallVec<[u32; 2]>) = ways.links(way).unzip();
    links.reverse();
    tests.reverse();
    Some(Found { certified: way.start as usize, accepted, links, tests })
}

/// The schemes and standards that chains of at most `limit` links lead to, and what they start from.
pub(super) fn reachable(net: Net<'_>, start: Held, limit: usize) -> HashSet<u32> {
    let mut reached: HashSet<Held> = [start].into_iter().collect();
    let mut layer = vec![start];
    for _ in 0..limit {
        let next = layer.iter().flat_map(|held| net.from(*held)).map(|passed| passed.to);
        layer = next.filter(|to| reached.insert(*to)).collect();
    }
    reached.into_iter().map(|held| held.node).collect()
}

/// Everything that chains of at most `limit` links lead to, each with its cheapest chain; nearest first.
pub(super) fn reach<'a, 's>(net: Net<'a>, start: &'s Target, limit: usize) -> Vec<(&'s Target, Chained<'a>)>
where
    'a: 's,
{
    let mut ways = Ways::of(net);
    let first = ways.hold(Way::begin(0));
    let mut layer: BTreeMap<&'s Target, u32> = BTreeMap::from([(start, first)]);
    let mut reached: BTreeMap<&'s Target, u32> = layer.clone();
    for _ in 0..limit {
        let mut next: BTreeMap<&'s Target, u32> = BTreeMap::new();
        for (target, at) in layer {
            let before = ways.at(at);
            for link in net.from(net.catalogue.held(target).0) {
                let way = before.along(at, link);
                let to = &net.link(link.link).to;
                let cheaper = |known: Option<&u32>| known.is_none_or(|at| ways.compare(way, ways.at(*at)).is_lt());
                let (here, ever) = (cheaper(next.get(to)), cheaper(reached.get(to)));
                // A longer way that takes no fewer tests than one that is known leads nowhere more cheaply.
                if here && ever {
                    let at = ways.hold(way);
                    next.insert(to, at);
                    reached.insert(to, at);
                }
            }
        }
        layer = next;
    }
    let mut found: Vec<_> = reached.into_iter().filter(|(target, _)| *target != start).collect();
    found.sort_by_key(|(target, at)| (ways.at(*at).length, ways.at(*at).tests, *target));
    let links = |at| {
        let mut links: Chained<'a> = ways.links(ways.at(at)).map(|(link, _)| link).collect();
        links.reverse();
        links
    };
    found.into_iter().map(|(target, at)| (target, links(at))).collect()
}
