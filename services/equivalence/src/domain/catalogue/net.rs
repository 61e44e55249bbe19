//! The equivalences along which results pass, by what they start from.

use std::sync::Arc;

use super::Catalogue;
use super::numbers::{Held, Numbers, Wanted, number};
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
        let mut first = vec![0_u32; numbers.nodes() + 1];
        for (from, _) in &links {
            first[*from as usize + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        Self { all, links: links.into_iter().map(|(_, link)| link).collect(), first }
    }

    /// The links that start from something of this number, by name.
    pub(in crate::domain) fn from(&self, node: u32) -> &[Link] {
        let at = node as usize;
        match (self.first.get(at), self.first.get(at.saturating_add(1))) {
            (Some(from), Some(until)) => &self.links[*from as usize..*until as usize],
            _ => &[],
        }
    }

    /// The equivalence at a place.
    pub(in crate::domain) fn equivalence(&self, place: u32) -> &Arc<Equivalence> {
        &self.all[place as usize]
    }
}
