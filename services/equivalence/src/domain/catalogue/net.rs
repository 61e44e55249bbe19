//! The equivalences along which results pass, by what they start from.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::HashMap;

use super::Catalogue;
use super::numbers::{Held, NONE, Numbers, Wanted, number};
use crate::domain::equivalence::Equivalence;
use crate::domain::time::Validity;

/// A link in numbers. Eight of them are what the processor reads at once.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// The scheme or standard that it leads to.
    to: u32,
    /// The place of its kind.
    kind: u32,
}

/// What many links have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kind {
    /// From when they are in force.
    since: NaiveDate,
    /// How many bridging tests they take.
    tests: u32,
    /// Whether that is all: no level on either side, and no end.
    plain: bool,
}

/// What few links have.
#[derive(Clone, Debug)]
struct More {
    from: Wanted,
    to: Held,
    validity: Validity,
}

/// Where something held passes to along a link.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Passed {
    /// The link's place among all that pass.
    pub(in crate::domain) link: u32,
    /// How many bridging tests it takes.
    pub(in crate::domain) tests: u32,
    /// Where it leads.
    pub(in crate::domain) to: Held,
}

/// All links, side by side with those that start from the same scheme or standard.
#[derive(Clone, Debug, Default)]
pub(in crate::domain) struct Links {
    /// Every equivalence, by name.
    all: Vec<Arc<Equivalence>>,
    /// Those along which results pass, by what they start from and by name.
    links: Vec<Link>,
    kinds: Vec<Kind>,
    /// The place of each link in the list of all equivalences.
    places: Vec<u32>,
    /// Of links that have more, by their places.
    more: HashMap<u32, More>,
    /// Where the links of each scheme or standard begin; one more than there are of these.
    first: Vec<u32>,
    /// What links to each scheme or standard start from, sorted.
    sources: Vec<u32>,
    /// Where the sources of each begin; one more than there are of these.
    first_source: Vec<u32>,
}

impl Links {
    pub(super) fn new(numbers: &Numbers, catalogue: &Catalogue) -> Self {
        let all: Vec<Arc<Equivalence>> = catalogue.equivalences.values().cloned().collect();
        let passing = all.iter().zip(0..).filter(|(it, _)| it.passes());
        let mut passing: Vec<(u32, u32)> = passing.map(|(it, place)| (numbers.node(&it.from.name), place)).collect();
        passing.sort_unstable(); // by name: that is the order of the places
        let first = begins(passing.iter().map(|(from, _)| *from), numbers.nodes());
        let (mut links, mut kinds, mut more) = (Vec::with_capacity(passing.len()), Vec::new(), HashMap::default());
        let mut known = HashMap::default();
        for (at, (_, place)) in passing.iter().enumerate() {
            let it = &all[*place as usize];
            let (from, to) = (numbers.wanted(&it.from), numbers.held(&it.to).0);
            let plain = from.is_plain() && to.is_plain() && it.validity.until.is_none();
            if !plain {
                more.insert(number(at), More { from, to, validity: it.validity.clone() });
            }
            let kind = Kind { since: it.validity.from, tests: number(it.bridging_tests().count()), plain };
            let kind = *known.entry(kind).or_insert_with(|| {
                kinds.push(kind);
                number(kinds.len() - 1)
            });
            links.push(Link { to: to.node, kind });
        }
        let mut sources: Vec<(u32, u32)> =
            links.iter().zip(&passing).map(|(link, (from, _))| (link.to, *from)).collect();
        sources.retain(|(to, _)| *to != NONE);
        sources.sort_unstable();
        sources.dedup();
        let first_source = begins(sources.iter().map(|(to, _)| *to), numbers.nodes());
        let sources = sources.into_iter().map(|(_, from)| from).collect();
        let places = passing.into_iter().map(|(_, place)| place).collect();
        Self { all, links, kinds, places, more, first, sources, first_source }
    }

    /// Where something held passes to on a day, in one step; in the order of the links' names.
    #[inline]
    pub(in crate::domain) fn from(&self, held: Held, date: NaiveDate) -> impl Iterator<Item = Passed> + '_ {
        let part = part(&self.first, held.node);
        let links = self.links[part.clone()].iter().zip(part);
        links.filter_map(move |(link, at)| self.pass(*link, number(at), held, date))
    }

    #[inline]
    fn pass(&self, link: Link, at: u32, held: Held, date: NaiveDate) -> Option<Passed> {
        let kind = self.kinds[link.kind as usize];
        let to = if kind.plain {
            (kind.since <= date).then_some(Held::plain(link.to))
        } else {
            let more = self.more.get(&at);
            more.filter(|it| it.validity.contains(date) && it.from.is_met_by(held)).map(|it| it.to)
        };
        to.map(|to| Passed { link: at, tests: kind.tests, to })
    }

    /// Reads where the links from something stand: see [`Catalogue::read_ahead`].
    pub(super) fn read_ahead(&self, node: u32) {
        black_box(self.first.get(node as usize).copied());
    }

    /// Reads the first of them.
    pub(super) fn read_on_ahead(&self, node: u32) {
        let first = self.first.get(node as usize).and_then(|at| self.links.get(*at as usize));
        black_box(first.copied());
    }

    /// Reads where the sources of something stand.
    pub(in crate::domain) fn read_sources_ahead(&self, node: u32) {
        black_box(self.first_source.get(node as usize).copied());
    }

    /// What the links to something of this number start from, whenever they are in force; sorted.
    pub(in crate::domain) fn sources_of(&self, node: u32) -> &[u32] {
        &self.sources[part(&self.first_source, node)]
    }

    /// The place of a link among all equivalences: in the order of names.
    pub(in crate::domain) fn place(&self, link: u32) -> u32 {
        self.places[link as usize]
    }

    /// The equivalence that a link is.
    pub(in crate::domain) fn equivalence(&self, link: u32) -> &Arc<Equivalence> {
        &self.all[self.place(link) as usize]
    }
}

/// Where the part of each number begins in a list that is sorted by these; one more than there are of them.
fn begins(sorted: impl Iterator<Item = u32>, numbers: usize) -> Vec<u32> {
    let mut first = vec![0_u32; numbers + 1];
    for number in sorted {
        first[number as usize + 1] += 1;
    }
    for at in 1..first.len() {
        first[at] += first[at - 1];
    }
    first
}

fn part(first: &[u32], number: u32) -> Range<usize> {
    let at = number as usize;
    match (first.get(at), first.get(at.saturating_add(1))) {
        (Some(from), Some(until)) => *from as usize..*until as usize,
        _ => 0..0,
    }
}
