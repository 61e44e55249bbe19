//! The catalogue at one revision: immutable and indexed for recognition.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use super::arrangement::{Annex, Arrangement};
use super::body::{Body, Designation};
use super::economy::Economy;
use super::entry::Entry;
use super::equivalence::{Equivalence, TargetKey};
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
}

/// What leads from a question to the entries that matter for it. Lists are in the order of names.
#[derive(Clone, Debug, Default)]
struct Index {
    blocs_of: HashMap<EconomyCode, Vec<Arc<Economy>>>,
    requirements_of: HashMap<EconomyCode, Vec<Arc<Requirement>>>,
    annexes_accepted_by: HashMap<EconomyCode, Vec<Arc<Annex>>>,
    designations_of: HashMap<(AnnexKey, BodyKey), Vec<Arc<Designation>>>,
    designations_under: HashMap<AnnexKey, Vec<Arc<Designation>>>,
    equivalences_from: HashMap<TargetKey, Vec<Arc<Equivalence>>>,
}

impl Catalogue {
    /// The catalogue of these entries. Of two with one name the later counts.
    pub fn new(revision: u64, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut catalogue = Self { revision, ..Self::default() };
        for entry in entries {
            catalogue.insert(entry);
        }
        catalogue.index = Index::new(&catalogue);
        catalogue
    }

    /// The revision.
    pub fn revision(&self) -> u64 {
        self.revision
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

    /// The blocs that an economy belongs to on a day, in the order of their codes.
    pub fn blocs_of(&self, economy: &EconomyCode, date: NaiveDate) -> impl Iterator<Item = &EconomyCode> {
        let blocs = self.index.blocs_of.get(economy).map_or(&[][..], Vec::as_slice);
        let member =
            move |bloc: &&Arc<Economy>| bloc.members.iter().any(|m| m.economy == *economy && m.validity.contains(date));
        blocs.iter().filter(member).map(|bloc| &bloc.name)
    }

    /// Whether `whole` is `economy`, or a bloc that it belongs to on a day.
    pub fn is_within(&self, economy: &EconomyCode, whole: &EconomyCode, date: NaiveDate) -> bool {
        economy == whole || self.blocs_of(economy, date).any(|bloc| bloc == whole)
    }

    /// Whether one of `wholes` is `economy` or a bloc that it belongs to on a day.
    pub fn is_within_any(&self, economy: &EconomyCode, wholes: &[EconomyCode], date: NaiveDate) -> bool {
        wholes.iter().any(|whole| self.is_within(economy, whole, date))
    }

    /// The requirements of a market.
    pub fn requirements_of(&self, market: &EconomyCode) -> &[Arc<Requirement>] {
        self.index.requirements_of.get(market).map_or(&[], Vec::as_slice)
    }

    /// The annexes of the arrangements in which a party of this very code accepts others' results.
    pub fn annexes_accepted_by(&self, party: &EconomyCode) -> &[Arc<Annex>] {
        self.index.annexes_accepted_by.get(party).map_or(&[], Vec::as_slice)
    }

    /// The designations of a body under an annex.
    pub fn designations_of(&self, annex: &AnnexKey, body: &BodyKey) -> &[Arc<Designation>] {
        self.index.designations_of.get(&(annex.clone(), body.clone())).map_or(&[], Vec::as_slice)
    }

    /// The designations under an annex.
    pub fn designations_under(&self, annex: &AnnexKey) -> &[Arc<Designation>] {
        self.index.designations_under.get(annex).map_or(&[], Vec::as_slice)
    }

    /// The equivalences that start at a scheme or standard.
    pub fn equivalences_from(&self, target: &TargetKey) -> &[Arc<Equivalence>] {
        self.index.equivalences_from.get(target).map_or(&[], Vec::as_slice)
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

impl Index {
    fn new(catalogue: &Catalogue) -> Self {
        let mut index = Self::default();
        for bloc in catalogue.economies.values() {
            let members: BTreeSet<_> = bloc.members.iter().map(|member| &member.economy).collect();
            for member in members {
                index.blocs_of.entry(member.clone()).or_default().push(bloc.clone());
            }
        }
        for requirement in catalogue.requirements.values() {
            index.requirements_of.entry(requirement.market.clone()).or_default().push(requirement.clone());
        }
        for annex in catalogue.annexes.values() {
            let Some(arrangement) = catalogue.arrangements.get(&annex.arrangement) else { continue };
            let accepting: BTreeSet<_> =
                arrangement.parties.iter().filter(|party| party.accepts()).map(|party| &party.economy).collect();
            for party in accepting {
                index.annexes_accepted_by.entry(party.clone()).or_default().push(annex.clone());
            }
        }
        for it in catalogue.designations.values() {
            index.designations_under.entry(it.annex.clone()).or_default().push(it.clone());
            index.designations_of.entry((it.annex.clone(), it.body.clone())).or_default().push(it.clone());
        }
        for it in catalogue.equivalences.values().filter(|it| it.passes()) {
            index.equivalences_from.entry(it.from.name.clone()).or_default().push(it.clone());
        }
        index
    }
}
