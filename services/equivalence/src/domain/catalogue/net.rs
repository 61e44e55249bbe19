//! The equivalences along which results pass, by what they start from.

use std::sync::Arc;

use super::Catalogue;
use super::numbers::{Held, NONE, Numbers, Wanted, number};
use crate::domain::equivalence::Equivalence;
use crate::domain::time::Validity;

/// A link in numbers.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Link {
    /// Its place among all equivalences: by name.
    pub(in crate::domain) place: u32,
    /// How many bridging tests it takes.
    pub(in crate::domain) tests: u32,
    /// What it starts from, whose scheme or standard is that under which it is listed.
    pub(in crate::domain) from: Wanted,
    /// Where it leads.
    pub(in crate::domain) to: Held,
    pub(in crate::domain) validity: Validity,
}

/// All links, side by side with those that start from the same scheme or standard.
#[derive(Clone, Debug, Default)]
pub(in crate::domain) struct Links {
    /// Every equivalence, by name.
    all: Vec<Arc<Equivalence>>,
    links: Vec<Link>,
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
        for (place, it) in all.iter().enumerate().filter(|(_, it)| it.passes()) {
            let link = Link {
                place: number(place),
                tests: number(it.bridging_tests().count()),
                from: numbers.wanted(&it.from),
                to: numbers.held(&it.to).0,
                validity: it.validity.clone(),
            };
            links.push((numbers.node(&it.from.name), link));
        }
        links.sort_by_key(|(from, _)| *from); // stable: by name
        let first = begins(links.iter().map(|(from, _)| *from), numbers.nodes());
        let mut sources: Vec<(u32, u32)> = links.iter().map(|(from, link)| (link.to.node, *from)).collect();
        sources.retain(|(to, _)| *to != NONE);
        sources.sort_unstable();
        sources.dedup();
        let first_source = begins(sources.iter().map(|(to, _)| *to), numbers.nodes());
        let links = links.into_iter().map(|(_, link)| link).collect();
        Self { all, links, first, sources: sources.into_iter().map(|(_, from)| from).collect(), first_source }
    }

    /// The links that start from something of this number, by name.
    pub(in crate::domain) fn from(&self, node: u32) -> &[Link] {
        part(&self.links, &self.first, node)
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
