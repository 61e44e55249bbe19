//! What entries say against one another, beyond single pairs: circles, one thing said twice for one time, and parts
//! that do not fit what they belong to.

mod others;

use std::collections::{BTreeMap, BTreeSet};

use greenlane_curation::Finding;

pub(super) use self::others::others;
use super::tightening::goods;
use super::{Change, View};
use crate::domain::arrangement::{Annex, Arrangement, Exclusions, Party};
use crate::domain::body::Designation;
use crate::domain::catalogue::Catalogue;
use crate::domain::code::CodeScope;
use crate::domain::dispute::dispute_of;
use crate::domain::economy::Economy;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Equivalence, Target, TargetKey};
use crate::domain::key::{EconomyCode, StandardKey};
use crate::domain::requirement::Requirement;
use crate::domain::standard::EditionTransition;

/// Every such fault of the entries that change.
pub(super) fn of_changed(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let checks = Checks::new(catalogue, changes);
    let mut findings = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let Change::Upsert(entry) = change else { continue };
        let found = match entry {
            Entry::Standard(it) => {
                checks.circles(&it.name.name(), it.supersedes.iter().map(|key| key.name()), "supersedes[]", &supersedes)
            }
            Entry::Economy(it) => checks.bloc(it),
            Entry::EditionTransition(it) => checks.transition(index, it),
            Entry::Annex(it) => checks.annex(it),
            Entry::Designation(it) => checks.designation(index, it),
            Entry::Equivalence(it) => checks.equivalence(it),
            Entry::Requirement(it) => checks.requirement(it),
            Entry::Arrangement(it) => checks.arrangement(it),
            // What others say of them: see `others`.
            Entry::Body(_) | Entry::Scheme(_) => Vec::new(),
        };
        findings.extend(found.into_iter().map(|Fault { code, field, message }| Finding {
            code: code.into(),
            index,
            entry: entry.name(),
            field,
            message,
        }));
    }
    findings
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    code: &'static str,
    field: String,
    message: String,
}

impl Fault {
    fn new(code: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, field: field.into(), message: message.into() }
    }
}

/// Whether some of the goods may be of an annex. What another edition's code means is not told by its digits.
fn may_cover(annex: &Annex, scope: &CodeScope) -> bool {
    let is_excluded = annex.exclusions.iter().flat_map(|not| &not.codes).any(|it| goods::without(scope, it).is_empty());
    !is_excluded && (annex.codes.is_empty() || annex.codes.iter().any(|it| goods::overlap(it, scope)))
}

fn no_party(economy: &EconomyCode, arrangement: &Arrangement) -> String {
    format!("{} {}", economy.as_str(), is_no_party(arrangement))
}

fn is_no_party(arrangement: &Arrangement) -> String {
    format!("is no party to `{}` and no member of one", arrangement.name)
}

struct Checks<'a> {
    catalogue: &'a Catalogue,
    changes: &'a [Change],
    view: View<'a>,
}

fn supersedes(entry: &Entry) -> Vec<String> {
    match entry {
        Entry::Standard(it) => it.supersedes.iter().map(|key| key.name()).collect(),
        _ => Vec::new(),
    }
}

fn members(entry: &Entry) -> Vec<String> {
    match entry {
        Entry::Economy(it) => it.members.iter().map(|member| member.economy.name()).collect(),
        _ => Vec::new(),
    }
}

impl Checks<'_> {
    /// Each way that leads from an entry back to it. In `field` the number of the way goes between the brackets.
    fn circles(
        &self,
        name: &str,
        ways: impl Iterator<Item = String>,
        field: &str,
        next: &dyn Fn(&Entry) -> Vec<String>,
    ) -> Vec<Fault> {
        let mut found = Vec::new();
        for (i, way) in ways.enumerate() {
            let mut seen = BTreeSet::new();
            let mut open = vec![way.clone()];
            while let Some(at) = open.pop() {
                // A direct way to itself is a fault of the entry alone where it is one.
                if at == name {
                    let field = field.replacen("[]", &format!("[{i}]"), 1);
                    found.push(Fault::new("cycle", field, format!("leads back to `{name}` by `{way}`")));
                    break;
                }
                if seen.insert(at.clone()) {
                    open.extend(self.view.find(&at).map(|entry| next(&entry)).unwrap_or_default());
                }
            }
        }
        found
    }

    fn bloc(&self, bloc: &Economy) -> Vec<Fault> {
        let name = bloc.name.name();
        let others = bloc.members.iter().map(|member| member.economy.name());
        // That a bloc is no member of itself is said of the entry alone.
        let mut found = if bloc.members.iter().any(|member| member.economy == bloc.name) {
            Vec::new()
        } else {
            self.circles(&name, others, "members[].economy", &members)
        };
        for (i, member) in bloc.members.iter().enumerate() {
            let earlier = &bloc.members[..i];
            if earlier.iter().any(|it| it.economy == member.economy && it.validity.overlaps(&member.validity)) {
                let message = format!("{} is a member at that time already", member.economy.as_str());
                found.push(Fault::new("overlap", format!("members[{i}].validity"), message));
            }
        }
        found
    }

    /// Entries of a kind as they would be, but those of a later change: of two that clash, the later one is named.
    fn others<T: Clone>(
        &self,
        index: usize,
        published: impl Iterator<Item = (String, T)>,
        of: impl Fn(&Entry) -> Option<T>,
    ) -> Vec<T> {
        let changed: BTreeSet<String> = self.changes.iter().map(Change::entry_name).collect();
        let mut all: Vec<T> = published.filter(|(name, _)| !changed.contains(name)).map(|(_, entry)| entry).collect();
        all.extend(self.changes[..index].iter().filter_map(|change| match change {
            Change::Upsert(entry) => of(entry),
            Change::Retire(_) => None,
        }));
        all
    }

    fn transition(&self, index: usize, it: &EditionTransition) -> Vec<Fault> {
        let published = self.catalogue.transitions.values().map(|it| (it.name.name(), EditionTransition::clone(it)));
        let others = self.others(index, published, |entry| match entry {
            Entry::EditionTransition(it) => Some(it.clone()),
            _ => None,
        });
        let others: Vec<_> =
            others.into_iter().filter(|other| other.market == it.market && other.name != it.name).collect();
        let mut found = Vec::new();
        let same =
            |other: &&EditionTransition| other.from_standard == it.from_standard && other.to_standard == it.to_standard;
        if let Some(other) = others.iter().find(same) {
            found.push(Fault::new("overlap", "to_standard", format!("`{}` is the same transition", other.name)));
        }
        if it.from_standard != it.to_standard && self.supersedes(&it.from_standard, &it.to_standard) {
            let message = format!("is the earlier one: `{}` supersedes it", it.from_standard);
            found.push(Fault::new("contradiction", "to_standard", message));
        }
        let mut next: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for other in &others {
            next.entry(&other.from_standard).or_default().push(&other.to_standard);
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![&it.to_standard];
        while let Some(at) = open.pop() {
            if *at == it.from_standard {
                let message = format!("leads back to `{at}` by the other transitions of {}", it.market.as_str());
                found.push(Fault::new("cycle", "to_standard", message));
                break;
            }
            if seen.insert(at) {
                open.extend(next.get(at).into_iter().flatten().copied());
            }
        }
        found
    }

    /// Whether an edition supersedes another, through whichever others.
    fn supersedes(&self, later: &StandardKey, earlier: &StandardKey) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![later.name()];
        while let Some(at) = open.pop() {
            if at == earlier.name() {
                return true;
            }
            if seen.insert(at.clone()) {
                open.extend(self.view.find(&at).map(|entry| supersedes(&entry)).unwrap_or_default());
            }
        }
        false
    }

    fn designation(&self, index: usize, it: &Designation) -> Vec<Fault> {
        let under = self.catalogue.designations.values().filter(|other| other.annex == it.annex);
        let published = under.map(|it| (it.name.name(), Designation::clone(it)));
        let others = self.others(index, published, |entry| match entry {
            Entry::Designation(it) => Some(it.clone()),
            _ => None,
        });
        let same = |other: &&Designation| {
            other.name != it.name
                && other.annex == it.annex
                && other.body == it.body
                && other.targets == it.targets
                && other.codes == it.codes
                && other.validity.overlaps(&it.validity)
        };
        let mut found = Vec::new();
        if let Some(other) = others.iter().find(same) {
            found.push(Fault::new("overlap", "validity", format!("`{}` designates the same at that time", other.name)));
        }
        found.extend(self.under_its_annex(it));
        found
    }

    /// Whether a designation fits the annex that it is under.
    pub(super) fn under_its_annex(&self, it: &Designation) -> Vec<Fault> {
        let Some(Entry::Annex(annex)) = self.view.find(&it.annex.name()) else { return Vec::new() };
        let mut found = Vec::new();
        if !annex.validity.overlaps(&it.validity) {
            let message = format!("`{}` is in force at no day of it", it.annex);
            found.push(Fault::new("contradiction", "validity", message));
        }
        // A result of a scheme that is covered may be to any standard.
        let of_scheme = annex.covered.iter().any(|it| matches!(it.name, TargetKey::Scheme(_)));
        let covers = |target: &TargetKey| {
            annex.covered.is_empty()
                || annex.covered.iter().any(|it| it.name == *target)
                || (of_scheme && matches!(target, TargetKey::Standard(_)))
        };
        for (i, target) in it.targets.iter().enumerate().filter(|(_, it)| !covers(it)) {
            let message = format!("`{}` does not cover {target}", it.annex);
            found.push(Fault::new("contradiction", format!("targets[{i}]"), message));
        }
        for (i, scope) in it.codes.iter().enumerate().filter(|(_, it)| !may_cover(&annex, it)) {
            let message = format!("`{}` does not cover {}", it.annex, scope.code);
            found.push(Fault::new("contradiction", format!("codes[{i}]"), message));
        }
        let Some(Entry::Arrangement(arrangement)) = self.view.find(&annex.arrangement.name()) else { return found };
        // What is contested in a dispute is so by whoever opened it.
        let recorded = it.contestations.iter().enumerate().filter(|(_, it)| dispute_of(it).is_none());
        for (i, contest) in recorded.filter(|(_, it)| !self.may_be_of_party(&arrangement, &it.party)) {
            let message = no_party(&contest.party, &arrangement);
            found.push(Fault::new("contradiction", format!("contestations[{i}].party"), message));
        }
        found
    }

    fn equivalence(&self, it: &Equivalence) -> Vec<Fault> {
        let levels = [("from", &it.from), ("to", &it.to)];
        levels.iter().filter_map(|(field, target)| self.level(field, target)).collect()
    }

    fn requirement(&self, it: &Requirement) -> Vec<Fault> {
        let targets = it.acceptances.iter().enumerate();
        let named = targets.flat_map(|(i, it)| {
            let beside = it.together_with.iter().enumerate();
            let beside = beside.map(move |(j, it)| (format!("acceptances[{i}].together_with[{j}]"), it));
            std::iter::once((format!("acceptances[{i}].target"), &it.target)).chain(beside)
        });
        named.filter_map(|(field, target)| self.level(&field, target)).collect()
    }

    fn annex(&self, it: &Annex) -> Vec<Fault> {
        let mut found: Vec<Fault> =
            it.covered.iter().enumerate().filter_map(|(i, it)| self.level(&format!("covered[{i}]"), it)).collect();
        let Some(Entry::Arrangement(arrangement)) = self.view.find(&it.arrangement.name()) else { return found };
        let named = it.economies.iter().enumerate().map(|(i, economy)| (format!("economies[{i}]"), economy));
        let periods =
            it.transitions.iter().enumerate().map(|(i, it)| (format!("transitions[{i}].economy"), &it.economy));
        for (field, economy) in named.chain(periods) {
            if !self.takes_part(&arrangement, economy) {
                found.push(Fault::new("contradiction", field, no_party(economy, &arrangement)));
            }
        }
        for (i, condition) in it.conditions.iter().enumerate() {
            let markets = condition.markets.iter().enumerate();
            for (j, market) in markets.filter(|(_, market)| !self.is_of_party(&arrangement, market)) {
                let field = format!("conditions[{i}].markets[{j}]");
                found.push(Fault::new("contradiction", field, no_party(market, &arrangement)));
            }
        }
        if let Some(not) = &it.exclusions {
            found.extend(self.exclusions(not, &arrangement));
        }
        let both_ways = arrangement.parties.iter().filter(|it| it.accepts() && it.is_accepted()).count();
        if it.reciprocal && both_ways < if it.within_party { 1 } else { 2 } {
            let message = format!("no two parties to `{}` both accept and are accepted", it.arrangement);
            found.push(Fault::new("contradiction", "reciprocal", message));
        }
        found
    }

    /// Who is left out and has no part in it: whoever was meant is then let in.
    fn exclusions(&self, not: &Exclusions, arrangement: &Arrangement) -> Vec<Fault> {
        let mut found = Vec::new();
        let economies = not.economies.iter().enumerate();
        for (i, economy) in economies.filter(|(_, economy)| !self.may_be_of_party(arrangement, economy)) {
            let message = no_party(economy, arrangement);
            found.push(Fault::new("contradiction", format!("exclusions.economies[{i}]"), message));
        }
        for (i, body) in not.bodies.iter().enumerate() {
            let Some(Entry::Body(body)) = self.view.find(&body.name()) else { continue };
            if !self.may_be_of_party(arrangement, &body.economy) {
                let economy = body.economy.as_str();
                let message = format!("{} is of {economy}, which {}", body.name, is_no_party(arrangement));
                found.push(Fault::new("contradiction", format!("exclusions.bodies[{i}]"), message));
            }
        }
        found
    }

    /// Parties between whom nothing flows: it takes one that accepts and another that is accepted, or a bloc whose members
    /// do so among themselves.
    fn arrangement(&self, it: &Arrangement) -> Vec<Fault> {
        // That there is none is said of the entry alone.
        let Some(first) = it.parties.first() else { return Vec::new() };
        let may_be_bloc = |economy: &EconomyCode| match self.view.find(&economy.name()) {
            Some(Entry::Economy(it)) => it.bloc,
            _ => true,
        };
        let message = if !it.parties.iter().any(Party::accepts) {
            "none of them accepts: name who does".to_owned()
        } else if !it.parties.iter().any(Party::is_accepted) {
            "of none of them results are accepted: name those of whom they are".to_owned()
        } else if it.parties.iter().all(|party| party.economy == first.economy) && !may_be_bloc(&first.economy) {
            let economy = first.economy.as_str();
            format!("{economy} is the only one and no bloc: name who else accepts, or of whom results are accepted")
        } else {
            return Vec::new();
        };
        vec![Fault::new("contradiction", "parties", message)]
    }

    fn takes_part(&self, arrangement: &Arrangement, economy: &EconomyCode) -> bool {
        arrangement.parties.iter().any(|party| self.view.is_within(economy, &party.economy))
    }

    /// Whether it is a party, a member of one, or a bloc that a party belongs to: what is said of that is said of the party.
    fn is_of_party(&self, arrangement: &Arrangement, economy: &EconomyCode) -> bool {
        self.takes_part(arrangement, economy)
            || arrangement.parties.iter().any(|party| self.view.is_within(&party.economy, economy))
    }

    /// The same, or it may be a member that is not listed, or a bloc of which a party may be one.
    fn may_be_of_party(&self, arrangement: &Arrangement, economy: &EconomyCode) -> bool {
        self.is_of_party(arrangement, economy)
            || self.view.may_have_others(economy)
            || arrangement.parties.iter().any(|party| self.view.may_have_others(&party.economy))
    }

    /// A level that its scheme does not have.
    fn level(&self, field: &str, target: &Target) -> Option<Fault> {
        let TargetKey::Scheme(key) = &target.name else { return None };
        let Some(Entry::Scheme(scheme)) = self.view.find(&key.name()) else { return None };
        (!target.level.is_empty() && scheme.rank(&target.level).is_none()).then(|| {
            let levels: Vec<_> = scheme.levels.iter().map(|level| level.id.as_str()).collect();
            let levels =
                if levels.is_empty() { "it has none".to_owned() } else { format!("it has {}", levels.join(", ")) };
            Fault::new(
                "contradiction",
                format!("{field}.level"),
                format!("`{key}` has no level `{}`; {levels}", target.level),
            )
        })
    }
}

#[cfg(test)]
mod tests;
