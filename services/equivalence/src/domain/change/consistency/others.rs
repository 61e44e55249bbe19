//! What a change makes wrong of entries that stay as they are: told at the entry that changes, which is the one to mend.

use std::collections::{BTreeMap, BTreeSet};

use greenlane_curation::Finding;

use super::super::contradictions::unaccepted;
use super::{Change, Checks, Fault, View};
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::{BodyKey, EconomyCode};

/// Faults that entries which do not change have only by the changes.
pub(in crate::domain::change) fn others(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let upserted: BTreeMap<String, usize> = changes
        .iter()
        .enumerate()
        .filter_map(|(index, change)| match change {
            Change::Upsert(
                it @ (Entry::Economy(_) | Entry::Body(_) | Entry::Scheme(_) | Entry::Arrangement(_) | Entry::Annex(_)),
            ) if catalogue.contains(&it.name()) => Some((it.name(), index)),
            _ => None,
        })
        .collect();
    if upserted.is_empty() {
        return Vec::new();
    }
    let (before, after) = (Checks::new(catalogue, &[]), Checks::new(catalogue, changes));
    let changed: BTreeSet<String> = changes.iter().map(Change::entry_name).collect();
    let mut findings = Vec::new();
    for entry in catalogue.entries() {
        let name = entry.name();
        if changed.contains(&name) {
            continue;
        }
        // The first that changes of what it depends on.
        let Some(index) = after.depends_on(&entry).iter().filter_map(|it| upserted.get(it)).min().copied() else {
            continue;
        };
        let known = before.of_standing(&entry);
        for Fault { code, field, message } in after.of_standing(&entry).into_iter().filter(|it| !known.contains(it)) {
            let message = format!("then `{field}` of `{name}` is wrong: {message}");
            let entry = changes[index].entry_name();
            findings.push(Finding { code: code.into(), index, entry, field: String::new(), message });
        }
    }
    findings
}

impl<'a> Checks<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, changes: &'a [Change]) -> Self {
        Self { catalogue, changes, view: View::new(catalogue, changes) }
    }

    /// What may be wrong of an entry by what others say.
    fn of_standing(&self, entry: &Entry) -> Vec<Fault> {
        match entry {
            Entry::Equivalence(it) => self.equivalence(it),
            Entry::Requirement(it) => self.requirement(it),
            Entry::Annex(it) => self.annex(it),
            Entry::Designation(it) => {
                let mut found = self.under_its_annex(it);
                let unaccepted = unaccepted(&self.view, it);
                found.extend(unaccepted.into_iter().map(|(field, it)| Fault::new("contradiction", field, it)));
                found
            }
            Entry::Arrangement(it) => self.arrangement(it),
            Entry::Economy(_)
            | Entry::Body(_)
            | Entry::Scheme(_)
            | Entry::Standard(_)
            | Entry::EditionTransition(_) => Vec::new(),
        }
    }

    /// The names of the entries that decide over that.
    fn depends_on(&self, entry: &Entry) -> Vec<String> {
        match entry {
            Entry::Equivalence(it) => schemes([&it.from, &it.to]),
            Entry::Requirement(it) => {
                schemes(it.acceptances.iter().flat_map(|it| std::iter::once(&it.target).chain(&it.together_with)))
            }
            Entry::Annex(it) => {
                let mut names = schemes(&it.covered);
                names.extend(self.parties(&it.arrangement.name()));
                let mut named: Vec<String> =
                    it.conditions.iter().flat_map(|it| &it.markets).map(EconomyCode::name).collect();
                if let Some(not) = &it.exclusions {
                    named.extend(not.economies.iter().map(EconomyCode::name));
                    for body in not.bodies.iter().map(BodyKey::name) {
                        if let Some(Entry::Body(body)) = self.view.find(&body) {
                            named.push(body.economy.name());
                        }
                        names.push(body);
                    }
                }
                names.extend(self.with_those_within(named));
                names
            }
            Entry::Arrangement(it) => it.parties.iter().map(|party| party.economy.name()).collect(),
            Entry::Designation(it) => {
                let mut names = vec![it.annex.name(), it.authority.name(), it.body.name()];
                if let Some(Entry::Annex(annex)) = self.view.find(&it.annex.name()) {
                    names.extend(self.parties(&annex.arrangement.name()));
                }
                names.extend(self.with_those_within(it.contestations.iter().map(|it| it.party.name()).collect()));
                names
            }
            _ => Vec::new(),
        }
    }

    /// An arrangement, its parties, and the economies within these.
    fn parties(&self, arrangement: &str) -> Vec<String> {
        let mut names = vec![arrangement.to_owned()];
        if let Some(Entry::Arrangement(it)) = self.view.find(arrangement) {
            names.extend(self.with_those_within(it.parties.iter().map(|party| party.economy.name()).collect()));
        }
        names
    }

    /// Economies, and those within them, through whichever blocs.
    fn with_those_within(&self, mut open: Vec<String>) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(at) = open.pop() {
            if names.contains(&at) {
                continue;
            }
            if let Some(Entry::Economy(bloc)) =
                self.view.find(&at).filter(|it| matches!(it, Entry::Economy(it) if it.bloc))
            {
                open.extend(bloc.members.iter().map(|member| member.economy.name()));
            }
            names.push(at);
        }
        names
    }
}

fn schemes<'t>(targets: impl IntoIterator<Item = &'t Target>) -> Vec<String> {
    let schemes = targets.into_iter().filter(|it| matches!(it.name, TargetKey::Scheme(_)));
    schemes.map(|it| it.name.to_string()).collect()
}
