//! A catalogue with changes laid over it: what they leave is read from the catalogue, and what they bring from them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::arrangement::{Annex, Arrangement};
use crate::domain::catalogue::{By, Catalogue, References};
use crate::domain::change::Change;
use crate::domain::economy::Economy;
use crate::domain::entry::Entry;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::{AnnexKey, ArrangementKey, RequirementKey};
use crate::domain::requirement::{Acceptance, Requirement};

pub(super) struct Over<'c> {
    catalogue: &'c Catalogue,
    known: &'c References,
    /// What each changed entry becomes; none for what is retired.
    changed: BTreeMap<String, Option<&'c Entry>>,
    new: References,
    /// The blocs, by name.
    pub(super) blocs: Vec<&'c Economy>,
}

impl<'c> Over<'c> {
    pub(super) fn new(catalogue: &'c Catalogue, changes: &'c [Change]) -> Self {
        let changed: BTreeMap<String, Option<&Entry>> = changes
            .iter()
            .map(|change| match change {
                Change::Upsert(entry) => (entry.name(), Some(entry)),
                Change::Retire(name) => (name.clone(), None),
            })
            .collect();
        let new = References::of(changed.values().copied().flatten());
        let stay = catalogue.economies.values().filter(|it| it.bloc && !changed.contains_key(&it.name.name()));
        let becomes = changed.values().filter_map(|it| match it {
            Some(Entry::Economy(it)) if it.bloc => Some(it),
            _ => None,
        });
        let mut blocs: Vec<&Economy> = stay.map(|it| &**it).chain(becomes).collect();
        blocs.sort_by(|a, b| a.name.cmp(&b.name));
        Self { catalogue, known: catalogue.references(), changed, new, blocs }
    }

    /// What a changed entry becomes; outer none when it is not changed.
    fn changed(&self, name: impl FnOnce() -> String) -> Option<Option<&'c Entry>> {
        if self.changed.is_empty() { None } else { self.changed.get(&name()).copied() }
    }

    pub(super) fn annex(&self, key: &AnnexKey) -> Option<&'c Annex> {
        match self.changed(|| key.name()) {
            Some(Some(Entry::Annex(it))) => Some(it),
            Some(_) => None,
            None => self.catalogue.annexes.get(key).map(|it| &**it),
        }
    }

    pub(super) fn arrangement(&self, key: &ArrangementKey) -> Option<&'c Arrangement> {
        match self.changed(|| key.name()) {
            Some(Some(Entry::Arrangement(it))) => Some(it),
            Some(_) => None,
            None => self.catalogue.arrangements.get(key).map(|it| &**it),
        }
    }

    fn requirement(&self, key: &RequirementKey) -> Option<&'c Requirement> {
        match self.changed(|| key.name()) {
            Some(Some(Entry::Requirement(it))) => Some(it),
            Some(_) => None,
            None => self.catalogue.requirements.get(key).map(|it| &**it),
        }
    }

    /// The annexes of an arrangement, by name.
    pub(super) fn annexes_of(&self, arrangement: &ArrangementKey) -> Vec<&'c Annex> {
        let all = [self.known, &self.new].into_iter().filter_map(|it| it.annexes.get(arrangement)).flatten();
        let all: BTreeSet<&AnnexKey> = all.collect();
        all.into_iter().filter_map(|key| self.annex(key)).filter(|it| it.arrangement == *arrangement).collect()
    }

    /// The requirements that accept one of these, or ask for it beside what they accept; by name.
    pub(super) fn accepting(&self, targets: &BTreeSet<TargetKey>) -> Vec<&'c Requirement> {
        let of = |references: &References| -> Vec<RequirementKey> {
            targets.iter().filter_map(|it| references.accepting.get(it)).flatten().cloned().collect()
        };
        let all: BTreeSet<RequirementKey> = of(self.known).into_iter().chain(of(&self.new)).collect();
        let accepts =
            |it: &&Requirement| it.acceptances.iter().flat_map(Acceptance::names).any(|it| targets.contains(it));
        all.iter().filter_map(|key| self.requirement(key)).filter(accepts).collect()
    }

    /// These, and everything that leads to them.
    pub(super) fn leading_to(&self, targets: impl IntoIterator<Item = TargetKey>) -> BTreeSet<TargetKey> {
        self.closure(targets, |references, it| references.before.get(it).map(Vec::as_slice))
    }

    /// These, and everything that they lead to.
    pub(super) fn led_to(&self, targets: impl IntoIterator<Item = TargetKey>) -> BTreeSet<TargetKey> {
        self.closure(targets, |references, it| references.after.get(it).map(Vec::as_slice))
    }

    /// Ends on circles too: each target is followed once.
    fn closure(
        &self,
        from: impl IntoIterator<Item = TargetKey>,
        steps: impl for<'r> Fn(&'r References, &TargetKey) -> Option<&'r [(TargetKey, By)]>,
    ) -> BTreeSet<TargetKey> {
        let mut open: Vec<TargetKey> = from.into_iter().collect();
        let mut found = BTreeSet::new();
        while let Some(target) = open.pop() {
            if !found.insert(target.clone()) {
                continue;
            }
            let stay = steps(self.known, &target).into_iter().flatten();
            let stay = stay.filter(|(_, by)| self.changed(|| by.name()).is_none());
            open.extend(stay.chain(steps(&self.new, &target).into_iter().flatten()).map(|(next, _)| next.clone()));
        }
        found
    }
}
