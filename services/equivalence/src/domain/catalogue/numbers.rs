//! Numbers for names. What recognition compares often it compares as numbers, given anew to each revision.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::HashMap;

use super::Catalogue;
use super::names::Names;
use super::table::Table;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::{BodyKey, EconomyCode, SchemeKey, StandardKey};
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

impl Held {
    /// Without a level.
    pub(in crate::domain) fn plain(node: u32) -> Self {
        Self { node, rank: NONE }
    }

    /// Whether it has a level.
    pub(super) fn is_plain(self) -> bool {
        self.rank == NONE
    }
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

    /// Whether it is wanted at any level.
    pub(super) fn is_plain(self) -> bool {
        self.worst == NONE
    }

    /// Whether something held is it.
    pub(in crate::domain) fn is_met_by(self, held: Held) -> bool {
        self.node == held.node && held.rank <= self.worst
    }
}

/// Every name that is compared, with its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    economies: Table<u128, u32>,
    /// In the order of their numbers.
    economy_codes: Vec<EconomyCode>,
    bodies: Names,
    /// The number of the economy of each body that has an entry, by the body's own.
    homes: Vec<u32>,
    schemes: Names,
    standards: Names,
    /// The schemes that have an entry, by number: they come first.
    known_schemes: Vec<Arc<Scheme>>,
    /// The number of the first standard: all schemes come before.
    first_standard: u32,
    /// How many standards have an entry; these come before the others.
    known_standards: u32,
    /// How many schemes and standards there are.
    nodes: u32,
    editions: HashMap<Arc<str>, u32>,
    edition_names: Vec<Arc<str>>,
}

/// Schemes and standards while they are numbered, each kind from zero.
#[derive(Default)]
struct Targets<'c> {
    schemes: HashMap<&'c str, u32>,
    standards: HashMap<&'c str, u32>,
}

impl<'c> Targets<'c> {
    fn scheme(&mut self, key: &'c SchemeKey) {
        let next = number(self.schemes.len());
        self.schemes.entry(key.as_str()).or_insert(next);
    }

    fn standard(&mut self, key: &'c StandardKey) {
        let next = number(self.standards.len());
        self.standards.entry(key.as_str()).or_insert(next);
    }

    fn add(&mut self, key: &'c TargetKey) {
        match key {
            TargetKey::Scheme(key) => self.scheme(key),
            TargetKey::Standard(key) => self.standard(key),
        }
    }
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
        self.economy_codes = all.into_iter().cloned().collect();
        let numbered = self.economy_codes.iter().zip(0..).map(|(code, number)| (code.as_number(), number));
        self.economies = Table::new(&numbered.collect::<Vec<_>>());
    }

    /// In the order of names, so that what is sorted by name is sorted by number.
    fn number_bodies(&mut self, catalogue: &Catalogue) {
        let mut all: BTreeSet<&BodyKey> = catalogue.bodies.keys().collect();
        all.extend(catalogue.designations.values().map(|it| &it.body));
        all.extend(catalogue.annexes.values().filter_map(|it| it.exclusions.as_ref()).flat_map(|not| &not.bodies));
        let rules = catalogue.requirements.values().flat_map(|it| &it.acceptances).map(|it| &it.bodies);
        all.extend(rules.flat_map(|rule| rule.bodies.iter().chain(&rule.excluded_bodies)));
        let home = |body: &&BodyKey| catalogue.bodies.get(*body).map_or(NONE, |it| self.economy(&it.economy));
        self.homes = all.iter().map(home).collect();
        self.bodies = Names::new(all.into_iter().map(BodyKey::as_str).zip(0..));
    }

    fn number_targets(&mut self, catalogue: &Catalogue) {
        let mut targets = Targets::default();
        catalogue.schemes.keys().for_each(|it| targets.scheme(it));
        catalogue.standards.keys().for_each(|it| targets.standard(it));
        self.known_standards = number(catalogue.standards.len());
        self.known_schemes = catalogue.schemes.values().cloned().collect();
        for it in catalogue.equivalences.values() {
            targets.add(&it.from.name);
            targets.add(&it.to.name);
        }
        for annex in catalogue.annexes.values() {
            annex.covered.iter().for_each(|it| targets.add(&it.name));
            annex.exclusions.iter().flat_map(|not| &not.targets).for_each(|it| targets.add(it));
        }
        catalogue.designations.values().flat_map(|it| &it.targets).for_each(|it| targets.add(it));
        let accepted = catalogue.requirements.values().flat_map(|it| &it.acceptances);
        let accepted = accepted.flat_map(|it| std::iter::once(&it.target).chain(&it.together_with));
        accepted.for_each(|it| targets.add(&it.name));
        let first = number(targets.schemes.len());
        self.first_standard = first;
        self.nodes = first + number(targets.standards.len());
        self.schemes = Names::new(targets.schemes.into_iter());
        self.standards = Names::new(targets.standards.into_iter().map(|(name, number)| (name, first + number)));
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
        self.nodes as usize
    }

    /// Every economy and bloc that the catalogue speaks of, in the order of their numbers.
    pub(super) fn economies(&self) -> &[EconomyCode] {
        &self.economy_codes
    }

    pub(super) fn economy(&self, economy: &EconomyCode) -> u32 {
        self.economies.get(economy.as_number()).unwrap_or(NONE)
    }

    pub(super) fn body(&self, body: &BodyKey) -> u32 {
        self.bodies.get(body.as_str()).unwrap_or(NONE)
    }

    /// The number of the economy of the body of a number, when that has an entry.
    pub(super) fn home(&self, body: u32) -> u32 {
        self.homes.get(body as usize).copied().unwrap_or(NONE)
    }

    pub(super) fn node(&self, target: &TargetKey) -> u32 {
        let number = match target {
            TargetKey::Scheme(key) => self.schemes.get(key.as_str()),
            TargetKey::Standard(key) => self.standards.get(key.as_str()),
        };
        number.unwrap_or(NONE)
    }

    /// The scheme of a number, if it has an entry.
    fn scheme(&self, node: u32) -> Option<&Arc<Scheme>> {
        self.known_schemes.get(node as usize)
    }

    /// Something held, and whether the catalogue knows it, with its level if it has one.
    pub(super) fn held(&self, target: &Target) -> (Held, bool) {
        let node = self.node(&target.name);
        // A level of a standard means nothing and is not looked at.
        match self.scheme(node) {
            Some(scheme) if !target.level.is_empty() => {
                let rank = scheme.rank(&target.level).map(number);
                (Held { node, rank: rank.unwrap_or(NONE) }, rank.is_some())
            }
            scheme => {
                let is_known_standard = node.wrapping_sub(self.first_standard) < self.known_standards;
                (Held::plain(node), scheme.is_some() || is_known_standard)
            }
        }
    }

    /// Whether something held is a scheme, and not a standard.
    pub(super) fn is_scheme(&self, held: Held) -> bool {
        held.node < self.first_standard
    }

    /// Something wanted; a level that is not known is never reached.
    pub(super) fn wanted(&self, target: &Target) -> Wanted {
        let node = self.node(&target.name);
        if node == NONE {
            return Wanted { node: NEVER, worst: 0 };
        }
        if target.level.is_empty() {
            return Wanted { node, worst: NONE };
        }
        match self.scheme(node).and_then(|scheme| scheme.rank(&target.level)) {
            Some(rank) => Wanted { node, worst: number(rank) },
            None => Wanted { node: NEVER, worst: 0 },
        }
    }
}

/// A place in a list as a number. No catalogue holds so many entries that one is out of reach.
pub(super) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NEVER)
}
