//! Numbers for names. What recognition compares often it compares as numbers, given anew to each revision.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::HashMap;

use super::Catalogue;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::scheme::Scheme;

/// The number of what the catalogue does not speak of; nothing that it speaks of has it.
pub(in crate::domain) const NONE: u32 = u32::MAX;
/// The number of what cannot be held.
const NEVER: u32 = u32::MAX - 1;

/// A scheme at a level, or a standard edition, that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::domain) struct Held {
    /// The scheme or standard.
    pub(in crate::domain) node: u32,
    /// Where its level stands, 0 the best; [`NONE`] without a known one.
    rank: u32,
}

/// A scheme at a level or better, or a standard edition, that is wanted.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct Wanted {
    node: u32,
    /// The worst rank that is enough.
    worst: u32,
}

impl Wanted {
    /// The scheme or standard; the number of nothing that there is when it cannot be held.
    pub(in crate::domain) fn node(self) -> u32 {
        self.node
    }

    /// Whether something held is it.
    pub(in crate::domain) fn is_met_by(self, held: Held) -> bool {
        self.node == held.node && held.rank <= self.worst
    }
}

/// A name as a key that is found without following a pointer: its beginning in place, and the rest of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    head: [u8; HEAD_BYTES],
    rest: Option<Box<str>>,
}

/// Long enough for most names.
const HEAD_BYTES: usize = 24;

impl Name {
    fn new(text: &str) -> Self {
        let mut head = [0; HEAD_BYTES];
        match text.as_bytes().split_at_checked(HEAD_BYTES) {
            // Names are ASCII; of any other the whole stands in the rest.
            Some((first, rest)) if !rest.is_empty() => {
                head.copy_from_slice(first);
                let rest = text.get(HEAD_BYTES..).unwrap_or(text);
                Self { head, rest: Some(rest.into()) }
            }
            _ => {
                head[..text.len()].copy_from_slice(text.as_bytes());
                Self { head, rest: None }
            }
        }
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.head);
        if let Some(rest) = &self.rest {
            state.write(rest.as_bytes());
        }
    }
}

/// What the catalogue knows of a scheme or standard that it speaks of.
#[derive(Clone, Debug)]
struct Named {
    node: u32,
    /// Whether it has an entry of its own.
    known: bool,
    scheme: Option<Arc<Scheme>>,
}

/// What the catalogue knows of a body that it speaks of.
#[derive(Clone, Debug)]
pub(in crate::domain) struct NamedBody {
    pub(in crate::domain) number: u32,
    /// Its economy, when it has an entry.
    pub(in crate::domain) economy: Option<EconomyCode>,
}

/// Every name that is compared, with its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    economies: HashMap<EconomyCode, u32>,
    bodies: HashMap<Name, NamedBody>,
    schemes: HashMap<Name, Named>,
    standards: HashMap<Name, Named>,
    editions: HashMap<Arc<str>, u32>,
    edition_names: Vec<Arc<str>>,
}

impl Numbers {
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let mut numbers = Self::default();
        numbers.number_economies(catalogue);
        numbers.number_bodies(catalogue);
        numbers.number_targets(catalogue);
        numbers
    }

    fn number_economies(&mut self, catalogue: &Catalogue) {
        let mut all: BTreeSet<&EconomyCode> = catalogue.economies.keys().collect();
        all.extend(catalogue.economies.values().flat_map(|it| &it.members).map(|it| &it.economy));
        all.extend(catalogue.bodies.values().map(|it| &it.economy));
        all.extend(catalogue.arrangements.values().flat_map(|it| &it.parties).map(|it| &it.economy));
        for annex in catalogue.annexes.values() {
            all.extend(&annex.economies);
            all.extend(annex.exclusions.iter().flat_map(|not| not.economies.iter().chain(&not.origins)));
        }
        for requirement in catalogue.requirements.values() {
            all.insert(&requirement.market);
            all.extend(requirement.origins.iter().chain(&requirement.excluded_origins));
            all.extend(requirement.acceptances.iter().flat_map(|it| &it.bodies.economies));
        }
        self.economies = all.into_iter().cloned().zip(0..).collect();
    }

    /// In the order of names, so that what is sorted by name is sorted by number.
    fn number_bodies(&mut self, catalogue: &Catalogue) {
        let mut all: BTreeSet<&BodyKey> = catalogue.bodies.keys().collect();
        all.extend(catalogue.designations.values().map(|it| &it.body));
        all.extend(catalogue.annexes.values().filter_map(|it| it.exclusions.as_ref()).flat_map(|not| &not.bodies));
        let rules = catalogue.requirements.values().flat_map(|it| &it.acceptances).map(|it| &it.bodies);
        all.extend(rules.flat_map(|rule| rule.bodies.iter().chain(&rule.excluded_bodies)));
        let numbered = all.into_iter().zip(0..).map(|(body, number)| {
            let economy = catalogue.bodies.get(body).map(|it| it.economy.clone());
            (Name::new(body.as_str()), NamedBody { number, economy })
        });
        self.bodies = numbered.collect();
    }

    fn number_targets(&mut self, catalogue: &Catalogue) {
        for (key, scheme) in &catalogue.schemes {
            self.name(&TargetKey::Scheme(key.clone()), true, Some(scheme.clone()));
        }
        for key in catalogue.standards.keys() {
            self.name(&TargetKey::Standard(key.clone()), true, None);
        }
        for it in catalogue.equivalences.values() {
            self.name(&it.from.name, false, None);
            self.name(&it.to.name, false, None);
        }
        for annex in catalogue.annexes.values() {
            annex.covered.iter().for_each(|it| self.name(&it.name, false, None));
            let excluded = annex.exclusions.iter().flat_map(|not| &not.targets);
            excluded.for_each(|it| self.name(it, false, None));
        }
        let designated = catalogue.designations.values().flat_map(|it| &it.targets);
        designated.for_each(|it| self.name(it, false, None));
        let accepted = catalogue.requirements.values().flat_map(|it| &it.acceptances);
        let accepted = accepted.flat_map(|it| std::iter::once(&it.target).chain(&it.together_with));
        accepted.for_each(|it| self.name(&it.name, false, None));
    }

    fn name(&mut self, key: &TargetKey, known: bool, scheme: Option<Arc<Scheme>>) {
        let node = number(self.nodes());
        let (names, key) = match key {
            TargetKey::Scheme(key) => (&mut self.schemes, key.as_str()),
            TargetKey::Standard(key) => (&mut self.standards, key.as_str()),
        };
        names.entry(Name::new(key)).or_insert_with(|| Named { node, known, scheme });
    }

    /// The number of an edition of a code system, given now if it has none.
    pub(super) fn edition(&mut self, edition: &Arc<str>) -> u32 {
        let next = number(self.editions.len());
        let known = *self.editions.entry(edition.clone()).or_insert(next);
        if known == next {
            self.edition_names.push(edition.clone());
        }
        known
    }

    pub(super) fn edition_number(&self, edition: &str) -> u32 {
        self.editions.get(edition).copied().unwrap_or(NONE)
    }

    pub(super) fn edition_name(&self, number: u32) -> Option<&Arc<str>> {
        self.edition_names.get(number as usize)
    }

    pub(super) fn nodes(&self) -> usize {
        self.schemes.len() + self.standards.len()
    }

    fn named(&self, key: &TargetKey) -> Option<&Named> {
        match key {
            TargetKey::Scheme(key) => self.schemes.get(&Name::new(key.as_str())),
            TargetKey::Standard(key) => self.standards.get(&Name::new(key.as_str())),
        }
    }

    /// Every economy and bloc that the catalogue speaks of.
    pub(super) fn economies(&self) -> impl ExactSizeIterator<Item = (&EconomyCode, u32)> {
        self.economies.iter().map(|(code, number)| (code, *number))
    }

    pub(super) fn economy(&self, economy: &EconomyCode) -> u32 {
        self.economies.get(economy).copied().unwrap_or(NONE)
    }

    pub(super) fn named_body(&self, body: &BodyKey) -> Option<&NamedBody> {
        self.bodies.get(&Name::new(body.as_str()))
    }

    pub(super) fn body(&self, body: &BodyKey) -> u32 {
        self.named_body(body).map_or(NONE, |it| it.number)
    }

    pub(super) fn node(&self, target: &TargetKey) -> u32 {
        self.named(target).map_or(NONE, |it| it.node)
    }

    /// Something held, and whether the catalogue knows it, with its level if it has one.
    pub(super) fn held(&self, target: &Target) -> (Held, bool) {
        let Some(named) = self.named(&target.name) else { return (Held { node: NONE, rank: NONE }, false) };
        if target.level.is_empty() {
            return (Held { node: named.node, rank: NONE }, named.known);
        }
        // A level of a standard means nothing and is not looked at.
        let Some(scheme) = &named.scheme else { return (Held { node: named.node, rank: NONE }, named.known) };
        let rank = scheme.rank(&target.level).map(number);
        (Held { node: named.node, rank: rank.unwrap_or(NONE) }, named.known && rank.is_some())
    }

    /// Something wanted; a level that is not known is never reached.
    pub(super) fn wanted(&self, target: &Target) -> Wanted {
        let Some(named) = self.named(&target.name) else { return Wanted { node: NEVER, worst: 0 } };
        if target.level.is_empty() {
            return Wanted { node: named.node, worst: NONE };
        }
        match named.scheme.as_ref().and_then(|scheme| scheme.rank(&target.level)) {
            Some(rank) => Wanted { node: named.node, worst: number(rank) },
            None => Wanted { node: NEVER, worst: 0 },
        }
    }
}

/// A place in a list as a number. No catalogue holds so many entries that one is out of reach.
pub(super) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NEVER)
}
