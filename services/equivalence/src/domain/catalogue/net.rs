//! The equivalences along which results pass, by what they start from.

use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::HashMap;

use super::Catalogue;
use super::numbers::{Held, NONE, Numbers, Wanted, number};
use crate::domain::equivalence::Equivalence;
use crate::domain::time::Validity;

/// A link in numbers. Four of them are what the processor reads at once.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// Its place among all equivalences: by name.
    place: u32,
    /// The scheme or standard that it leads to.
    to: u32,
    /// From when it is in force.
    since: NaiveDate,
    /// How many bridging tests it takes.
    tests: u16,
    /// Whether that is all: no level on either side, and no end.
    plain: bool,
}

const _: () = assert!(size_of::<Link>() <= 16);

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
    /// The link's place among all equivalences: by name.
    pub(in crate::domain) place: u32,
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
    links: Vec<Link>,
    /// By the places of those that have more.
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
        let mut links: Vec<(u32, Link)> = Vec::with_capacity(all.len());
        let mut more = HashMap::default();
        for (place, it) in all.iter().enumerate().filter(|(_, it)| it.passes()) {
            let (from, to) = (numbers.wanted(&it.from), numbers.held(&it.to).0);
            let tests = u16::try_from(it.bridging_tests().count()).unwrap_or(u16::MAX);
            let plain = from.is_plain() && to.is_plain() && it.validity.until.is_none();
            if !plain {
                more.insert(number(place), More { from, to, validity: it.validity.clone() });
            }
            let link = Link { place: number(place), to: to.node, since: it.validity.from, tests, plain };
            links.push((numbers.node(&it.from.name), link));
        }
        links.sort_by_key(|(from, _)| *from); // stable: by name
        let first = begins(links.iter().map(|(from, _)| *from), numbers.nodes());
        let mut sources: Vec<(u32, u32)> = links.iter().map(|(from, link)| (link.to, *from)).collect();
        sources.retain(|(to, _)| *to != NONE);
        sources.sort_unstable();
        sources.dedup();
        let first_source = begins(sources.iter().map(|(to, _)| *to), numbers.nodes());
        let links = links.into_iter().map(|(_, link)| link).collect();
        let sources = sources.into_iter().map(|(_, from)| from).collect();
        Self { all, links, more, first, sources, first_source }
    }

    /// Where something held passes to on a day, in one step; in the order of the links' names.
    #[inline]
    pub(in crate::domain) fn from(&self, held: Held, date: NaiveDate) -> impl Iterator<Item = Passed> + '_ {
        part(&self.links, &self.first, held.node).iter().filter_map(move |link| self.pass(*link, held, date))
    }

    fn pass(&self, link: Link, held: Held, date: NaiveDate) -> Option<Passed> {
        let to = if link.plain {
            (link.since <= date).then_some(Held::plain(link.to))
        } else {
            let more = self.more.get(&link.place);
            more.filter(|it| it.validity.contains(date) && it.from.is_met_by(held)).map(|it| it.to)
        };
        to.map(|to| Passed { place: link.place, tests: u32::from(link.tests), to })
    }

    /// What the links to something of this number start from, whenever they are in force; sorted.
    pub(in crate::domain) fn sources_of(&self, node: u32) -> &[u32] {
        part(&self.sources, &self.first_source, node)
    }

    /// The equivalence at a place.
    pub(in crate::domain) fn equivalence(&self, place: u32) -> &Arc<Equivalence> {
        &self.all[place as usize]
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

fn part<'l, T>(all: &'l [T], first: &[u32], number: u32) -> &'l [T] {
    let at = number as usize;
    match (first.get(at), first.get(at.saturating_add(1))) {
        (Some(from), Some(until)) => &all[*from as usize..*until as usize],
        _ => &[],
    }
}
