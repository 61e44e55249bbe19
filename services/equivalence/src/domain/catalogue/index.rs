//! What leads from a question to the entries that matter for it, so that a decision costs what it examines and not what
//! the catalogue holds. Lists are in the order of names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::HashMap;

use super::Catalogue;
use super::scopes::RequirementsByCode;
use crate::domain::arrangement::{Annex, Arrangement};
use crate::domain::body::{Body, Designation};
use crate::domain::equivalence::{Equivalence, TargetKey};
use crate::domain::key::{BodyKey, EconomyCode, StandardKey};
use crate::domain::requirement::Requirement;
use crate::domain::standard::EditionTransition;
use crate::domain::time::Validity;

/// An annex with its arrangement and the designations under it.
#[derive(Clone, Debug)]
pub struct AnnexEntry {
    /// The annex.
    pub annex: Arc<Annex>,
    /// Its arrangement.
    pub arrangement: Arc<Arrangement>,
    /// The designations under it, by body and name.
    pub designations: Vec<Arc<Designation>>,
}

impl AnnexEntry {
    /// The designations of a body.
    pub fn designations_of(&self, body: &BodyKey) -> &[Arc<Designation>] {
        let from = self.designations.partition_point(|it| it.body < *body);
        let until = from + self.designations[from..].partition_point(|it| it.body == *body);
        &self.designations[from..until]
    }
}

#[derive(Clone, Debug)]
struct Membership {
    bloc: EconomyCode,
    periods: Vec<Validity>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    blocs_of: HashMap<EconomyCode, Vec<Membership>>,
    requirements_of: HashMap<EconomyCode, RequirementsByCode>,
    annexes_accepted_by: HashMap<EconomyCode, Vec<Arc<AnnexEntry>>>,
    annexes_between: HashMap<(EconomyCode, EconomyCode), Vec<Arc<AnnexEntry>>>,
    equivalences_from: HashMap<TargetKey, Vec<Arc<Equivalence>>>,
    transitions_of: HashMap<StandardKey, Vec<Arc<EditionTransition>>>,
    bodies_of: HashMap<EconomyCode, Vec<Arc<Body>>>,
    longest_chain: usize,
}

impl Catalogue {
    /// The blocs that an economy belongs to on a day, in the order of their codes.
    pub fn blocs_of(&self, economy: &EconomyCode, date: NaiveDate) -> impl Iterator<Item = &EconomyCode> {
        let blocs = self.index.blocs_of.get(economy).map_or(&[][..], Vec::as_slice);
        let member = move |it: &&Membership| it.periods.iter().any(|period| period.contains(date));
        blocs.iter().filter(member).map(|it| &it.bloc)
    }

    /// Whether `whole` is `economy`, or a bloc that it belongs to on a day.
    pub fn is_within(&self, economy: &EconomyCode, whole: &EconomyCode, date: NaiveDate) -> bool {
        economy == whole || self.blocs_of(economy, date).any(|bloc| bloc == whole)
    }

    /// The requirements of a market.
    pub fn requirements_of(&self, market: &EconomyCode) -> &[Arc<Requirement>] {
        self.requirements_by_code(market).map_or(&[], RequirementsByCode::all)
    }

    /// The requirements of a market, to be found by the goods' code. None when it has none at all.
    pub fn requirements_by_code(&self, market: &EconomyCode) -> Option<&RequirementsByCode> {
        self.index.requirements_of.get(market)
    }

    /// The annexes of the arrangements in which a party of this very code accepts others' results.
    pub fn annexes_accepted_by(&self, party: &EconomyCode) -> &[Arc<AnnexEntry>] {
        self.index.annexes_accepted_by.get(party).map_or(&[], Vec::as_slice)
    }

    /// The annexes by which a party of the code `importer` accepts the results of one of the code `exporter`.
    pub fn annexes_between(&self, importer: &EconomyCode, exporter: &EconomyCode) -> &[Arc<AnnexEntry>] {
        self.index.annexes_between.get(&(importer.clone(), exporter.clone())).map_or(&[], Vec::as_slice)
    }

    /// The equivalences that start at a scheme or standard and along which results pass.
    pub fn equivalences_from(&self, target: &TargetKey) -> &[Arc<Equivalence>] {
        self.index.equivalences_from.get(target).map_or(&[], Vec::as_slice)
    }

    /// The edition transitions that a standard edition is the earlier or the later one of.
    pub fn transitions_of(&self, standard: &StandardKey) -> &[Arc<EditionTransition>] {
        self.index.transitions_of.get(standard).map_or(&[], Vec::as_slice)
    }

    /// The longest chain of equivalences that any annex allows.
    pub fn longest_chain(&self) -> usize {
        self.index.longest_chain
    }

    /// The bodies of an economy.
    pub fn bodies_of(&self, economy: &EconomyCode) -> &[Arc<Body>] {
        self.index.bodies_of.get(economy).map_or(&[], Vec::as_slice)
    }
}

impl Index {
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let mut index = Self::default();
        for bloc in catalogue.economies.values() {
            let mut periods: BTreeMap<_, Vec<Validity>> = BTreeMap::new();
            for member in &bloc.members {
                periods.entry(&member.economy).or_default().push(member.validity.clone());
            }
            for (member, periods) in periods {
                let membership = Membership { bloc: bloc.name.clone(), periods };
                index.blocs_of.entry(member.clone()).or_default().push(membership);
            }
        }
        let mut markets: BTreeMap<&EconomyCode, Vec<Arc<Requirement>>> = BTreeMap::new();
        for requirement in catalogue.requirements.values() {
            markets.entry(&requirement.market).or_default().push(requirement.clone());
        }
        for (market, requirements) in markets {
            index.requirements_of.insert(market.clone(), RequirementsByCode::new(requirements));
        }
        index.arrangements(catalogue);
        for it in catalogue.equivalences.values().filter(|it| it.passes()) {
            index.equivalences_from.entry(it.from.name.clone()).or_default().push(it.clone());
        }
        for it in catalogue.transitions.values() {
            for standard in BTreeSet::from([&it.from_standard, &it.to_standard]) {
                index.transitions_of.entry(standard.clone()).or_default().push(it.clone());
            }
        }
        for it in catalogue.bodies.values() {
            index.bodies_of.entry(it.economy.clone()).or_default().push(it.clone());
        }
        index
    }

    fn arrangements(&mut self, catalogue: &Catalogue) {
        let mut designations: BTreeMap<_, Vec<Arc<Designation>>> = BTreeMap::new();
        for it in catalogue.designations.values() {
            designations.entry(&it.annex).or_default().push(it.clone());
        }
        for annex in catalogue.annexes.values() {
            let Some(arrangement) = catalogue.arrangements.get(&annex.arrangement) else { continue };
            let mut designations = designations.remove(&annex.name).unwrap_or_default();
            designations.sort_by(|a, b| a.body.cmp(&b.body)); // stable: by name within a body
            let entry = Arc::new(AnnexEntry { annex: annex.clone(), arrangement: arrangement.clone(), designations });
            self.longest_chain = self.longest_chain.max(annex.chain_limit());
            let parties = &arrangement.parties;
            let importers: BTreeSet<_> = parties.iter().filter(|it| it.accepts()).map(|it| &it.economy).collect();
            let exporters: BTreeSet<_> = parties.iter().filter(|it| it.is_accepted()).map(|it| &it.economy).collect();
            for importer in importers {
                self.annexes_accepted_by.entry(importer.clone()).or_default().push(entry.clone());
                for exporter in &exporters {
                    if importer != *exporter || annex.within_party {
                        let pair = (importer.clone(), (*exporter).clone());
                        self.annexes_between.entry(pair).or_default().push(entry.clone());
                    }
                }
            }
        }
    }
}
