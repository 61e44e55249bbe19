//! The catalogue at one revision: immutable and indexed for recognition.

mod annexes;
mod blocs;
mod index;
mod names;
mod net;
mod numbers;
mod references;
mod requirements;
mod scopes;
mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub use self::annexes::AnnexEntry;
pub(in crate::domain) use self::annexes::{Only, PartyTerms, Terms};
pub(in crate::domain) use self::index::EconomyEntry;
use self::index::Index;
pub(in crate::domain) use self::net::Passed;
pub(in crate::domain) use self::numbers::{Held, NONE};
pub(in crate::domain) use self::references::{By, References};
pub use self::requirements::RequirementEntry;
pub(in crate::domain) use self::requirements::{AcceptanceTerms, Calendar, Requirements};
pub(in crate::domain) use self::scopes::{Code, EditionScopes, Scopes};
use super::arrangement::{Annex, Arrangement};
use super::body::{Body, Designation};
use super::economy::Economy;
use super::entry::Entry;
use super::equivalence::Equivalence;
use super::key::{
    AnnexKey, ArrangementKey, BodyKey, DesignationKey, EconomyCode, EquivalenceKey, RequirementKey, SchemeKey,
    StandardKey, TransitionKey,
};
use super::requirement::Requirement;
use super::scheme::Scheme;
use super::standard::{EditionTransition, StandardEdition};

/// Everything that was published up to a revision and not retired.
///
/// Entries may refer to what is not there (validation keeps that from being published); recognition treats such a
/// reference as leading nowhere.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    revision: u64,
    /// Economies and blocs.
    pub economies: BTreeMap<EconomyCode, Arc<Economy>>,
    /// Bodies.
    pub bodies: BTreeMap<BodyKey, Arc<Body>>,
    /// Schemes.
    pub schemes: BTreeMap<SchemeKey, Arc<Scheme>>,
    /// Standard editions.
    pub standards: BTreeMap<StandardKey, Arc<StandardEdition>>,
    /// Edition transitions.
    pub transitions: BTreeMap<TransitionKey, Arc<EditionTransition>>,
    /// Equivalences.
    pub equivalences: BTreeMap<EquivalenceKey, Arc<Equivalence>>,
    /// Arrangements.
    pub arrangements: BTreeMap<ArrangementKey, Arc<Arrangement>>,
    /// Annexes.
    pub annexes: BTreeMap<AnnexKey, Arc<Annex>>,
    /// Designations.
    pub designations: BTreeMap<DesignationKey, Arc<Designation>>,
    /// Requirements.
    pub requirements: BTreeMap<RequirementKey, Arc<Requirement>>,
    index: Index,
    references: OnceLock<References>,
}

impl Catalogue {
    /// The catalogue of these entries. Of two with one name the later counts.
    pub fn new(revision: u64, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut catalogue = Self { revision, ..Self::default() };
        for entry in entries {
            catalogue.insert(entry);
        }
        Index::write(&mut catalogue);
        catalogue
    }

    /// The revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Which entries speak of which others.
    pub(in crate::domain) fn references(&self) -> &References {
        self.references.get_or_init(|| References::new(self))
    }

    /// Finds out what alerts are made with, so that no transaction waits for it.
    pub fn prepare_for_alerts(&self) {
        self.references();
    }

    fn insert(&mut self, entry: Entry) {
        match entry {
            Entry::Economy(it) => drop(self.economies.insert(it.name.clone(), it.into())),
            Entry::Body(it) => drop(self.bodies.insert(it.name.clone(), it.into())),
            Entry::Scheme(it) => drop(self.schemes.insert(it.name.clone(), it.into())),
            Entry::Standard(it) => drop(self.standards.insert(it.name.clone(), it.into())),
            Entry::EditionTransition(it) => drop(self.transitions.insert(it.name.clone(), it.into())),
            Entry::Equivalence(it) => drop(self.equivalences.insert(it.name.clone(), it.into())),
            Entry::Arrangement(it) => drop(self.arrangements.insert(it.name.clone(), it.into())),
            Entry::Annex(it) => drop(self.annexes.insert(it.name.clone(), it.into())),
            Entry::Designation(it) => drop(self.designations.insert(it.name.clone(), it.into())),
            Entry::Requirement(it) => drop(self.requirements.insert(it.name.clone(), it.into())),
        }
    }

    /// Every entry, by kind and name.
    pub fn entries(&self) -> Vec<Entry> {
        fn all<K, T: Clone>(map: &BTreeMap<K, Arc<T>>, wrap: fn(T) -> Entry) -> impl Iterator<Item = Entry> {
            map.values().map(move |it| wrap(T::clone(it)))
        }
        let mut entries: Vec<Entry> = all(&self.economies, Entry::Economy).collect();
        entries.extend(all(&self.bodies, Entry::Body));
        entries.extend(all(&self.schemes, Entry::Scheme));
        entries.extend(all(&self.standards, Entry::Standard));
        entries.extend(all(&self.transitions, Entry::EditionTransition));
        entries.extend(all(&self.equivalences, Entry::Equivalence));
        entries.extend(all(&self.arrangements, Entry::Arrangement));
        entries.extend(all(&self.annexes, Entry::Annex));
        entries.extend(all(&self.designations, Entry::Designation));
        entries.extend(all(&self.requirements, Entry::Requirement));
        entries
    }

    /// Whether an entry of this resource name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// The entry of this resource name.
    pub fn entry(&self, name: &str) -> Option<Entry> {
        macro_rules! in_collection {
            ($map:ident, $key:ty, $kind:path) => {
                self.$map.get(&<$key>::parse(name).ok()?).map(|it| $kind((**it).clone()))
            };
        }
        match name.split_once('/')?.0 {
            "economies" => in_collection!(economies, EconomyCode, Entry::Economy),
            "bodies" => in_collection!(bodies, BodyKey, Entry::Body),
            "schemes" => in_collection!(schemes, SchemeKey, Entry::Scheme),
            "standards" => in_collection!(standards, StandardKey, Entry::Standard),
            "editionTransitions" => in_collection!(transitions, TransitionKey, Entry::EditionTransition),
            "equivalences" => in_collection!(equivalences, EquivalenceKey, Entry::Equivalence),
            "arrangements" => in_collection!(arrangements, ArrangementKey, Entry::Arrangement),
            "annexes" => in_collection!(annexes, AnnexKey, Entry::Annex),
            "designations" => in_collection!(designations, DesignationKey, Entry::Designation),
            "requirements" => in_collection!(requirements, RequirementKey, Entry::Requirement),
            _ => None,
        }
    }
}
