//! Which entries speak of which others: what a change reaches is found by it without reading the whole catalogue. Made
//! when it is first wanted, and then kept: recognition does without it.

use foldhash::{HashMap, HashSet};

use super::Catalogue;
use crate::domain::arrangement::Annex;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Equivalence, TargetKey};
use crate::domain::key::{AnnexKey, ArrangementKey, EquivalenceKey, RequirementKey, SchemeKey};
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::scheme::Scheme;

/// The entry by which one target leads to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) enum By {
    /// A mapping.
    Equivalence(EquivalenceKey),
    /// A scheme that certifies to a standard.
    Scheme(SchemeKey),
}

impl By {
    pub(in crate::domain) fn name(&self) -> String {
        match self {
            Self::Equivalence(key) => key.name(),
            Self::Scheme(key) => key.name(),
        }
    }
}

type Steps = HashMap<TargetKey, Vec<(TargetKey, By)>>;

/// Which entries speak of which others.
#[derive(Clone, Debug, Default)]
pub(in crate::domain) struct References {
    /// What leads to a target, in one step.
    pub(in crate::domain) before: Steps,
    /// What a target leads to, in one step.
    pub(in crate::domain) after: Steps,
    /// The requirements that accept a target, or ask for it beside what they accept.
    pub(in crate::domain) accepting: HashMap<TargetKey, Vec<RequirementKey>>,
    /// The annexes of an arrangement.
    pub(in crate::domain) annexes: HashMap<ArrangementKey, Vec<AnnexKey>>,
}

impl References {
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let mut references = Self::default();
        catalogue.equivalences.values().for_each(|it| references.equivalence(it));
        catalogue.schemes.values().for_each(|it| references.scheme(it));
        catalogue.requirements.values().for_each(|it| references.requirement(it));
        catalogue.annexes.values().for_each(|it| references.annex(it));
        references
    }

    /// Of some entries alone.
    pub(in crate::domain) fn of<'e>(entries: impl Iterator<Item = &'e Entry>) -> Self {
        let mut references = Self::default();
        for entry in entries {
            match entry {
                Entry::Equivalence(it) => references.equivalence(it),
                Entry::Scheme(it) => references.scheme(it),
                Entry::Requirement(it) => references.requirement(it),
                Entry::Annex(it) => references.annex(it),
                Entry::Economy(_)
                | Entry::Body(_)
                | Entry::Standard(_)
                | Entry::EditionTransition(_)
                | Entry::Arrangement(_)
                | Entry::Designation(_) => {}
            }
        }
        references
    }

    fn equivalence(&mut self, it: &Equivalence) {
        if it.passes() {
            self.step(&it.from.name, &it.to.name, By::Equivalence(it.name.clone()));
        }
    }

    fn scheme(&mut self, it: &Scheme) {
        let scheme = TargetKey::Scheme(it.name.clone());
        for standard in &it.standards {
            self.step(&scheme, &TargetKey::Standard(standard.clone()), By::Scheme(it.name.clone()));
        }
    }

    fn step(&mut self, from: &TargetKey, to: &TargetKey, by: By) {
        self.before.entry(to.clone()).or_default().push((from.clone(), by.clone()));
        self.after.entry(from.clone()).or_default().push((to.clone(), by));
    }

    fn requirement(&mut self, it: &Requirement) {
        let accepted: HashSet<&TargetKey> = it.acceptances.iter().flat_map(Acceptance::names).collect();
        for target in accepted {
            self.accepting.entry(target.clone()).or_default().push(it.name.clone());
        }
    }

    fn annex(&mut self, it: &Annex) {
        self.annexes.entry(it.arrangement.clone()).or_default().push(it.name.clone());
    }
}
