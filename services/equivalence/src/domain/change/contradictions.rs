//! What entries say against one another: two equivalences of one pair at one time, two tests by one identifier, a
//! designation by an authority, or of a body, whose results nobody accepts.

use std::collections::{BTreeMap, BTreeSet};

use greenlane_curation::Finding;

use super::Change;
use crate::domain::body::{Body, Designation};
use crate::domain::catalogue::Catalogue;
use crate::domain::economy::Economy;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{BridgingTest, Equivalence, Target};
use crate::domain::key::EconomyCode;
use crate::domain::words::{BodyRole, RecognitionObject};

/// Every contradiction that the changes bring into the catalogue.
pub(super) fn contradictions(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let mut findings = equivalences(catalogue, changes);
    findings.extend(bridging_tests(catalogue, changes));
    let view = View::new(catalogue, changes);
    for (index, change) in changes.iter().enumerate() {
        let Change::Upsert(Entry::Designation(designation)) = change else { continue };
        findings.extend(unaccepted(&view, designation).into_iter().map(|(field, message)| Finding {
            code: "contradiction".into(),
            index,
            entry: designation.name.name(),
            field: field.to_owned(),
            message,
        }));
    }
    findings
}

/// Equivalences of one pair whose periods overlap: of two degrees a contradiction, of one degree an overlap.
fn equivalences(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let changed: BTreeSet<String> = changes.iter().map(Change::entry_name).collect();
    let mut known: BTreeMap<(&Target, &Target), Vec<&Equivalence>> = BTreeMap::new();
    let new = |change| match change {
        &Change::Upsert(Entry::Equivalence(ref equivalence)) => Some(equivalence),
        _ => None,
    };
    for equivalence in changes.iter().filter_map(new) {
        known.entry((&equivalence.from, &equivalence.to)).or_default();
    }
    if known.is_empty() {
        return Vec::new();
    }
    for equivalence in catalogue.equivalences.values() {
        if let Some(pair) = known.get_mut(&(&equivalence.from, &equivalence.to))
            && !changed.contains(&equivalence.name.name())
        {
            pair.push(equivalence);
        }
    }
    let mut findings = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let Some(equivalence) = new(change) else { continue };
        let Some(pair) = known.get_mut(&(&equivalence.from, &equivalence.to)) else { continue };
        let others =
            pair.iter().filter(|it| it.name != equivalence.name && it.validity.overlaps(&equivalence.validity));
        for other in others {
            let (code, field) =
                if other.degree == equivalence.degree { ("overlap", "validity") } else { ("contradiction", "degree") };
            let until = other.validity.until.map_or_else(String::new, |until| format!(" until {until}"));
            let message = format!(
                "`{}` maps the same pair as {} from {}{until}",
                other.name,
                other.degree.words(),
                other.validity.from
            );
            let (code, field) = (code.into(), field.to_owned());
            findings.push(Finding { code, index, entry: equivalence.name.name(), field, message });
        }
        pair.push(equivalence);
    }
    findings
}

/// Tests that have the identifier of another, which would be taken for done with that: within one equivalence, or of two
/// that may be links of one chain.
fn bridging_tests(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let changed: BTreeSet<String> = changes.iter().map(Change::entry_name).collect();
    let new = |change| match change {
        &Change::Upsert(Entry::Equivalence(ref equivalence)) if equivalence.passes() => Some(equivalence),
        _ => None,
    };
    let mut known: BTreeMap<&str, Vec<(&BridgingTest, &Equivalence)>> = BTreeMap::new();
    for test in changes.iter().filter_map(new).flat_map(Equivalence::bridging_tests) {
        known.entry(&*test.id).or_default();
    }
    if known.is_empty() {
        return Vec::new();
    }
    let stays = |it: &&Equivalence| it.passes() && !changed.contains(&it.name.name());
    for equivalence in catalogue.equivalences.values().map(|it| &**it).filter(stays) {
        for test in equivalence.bridging_tests() {
            if let Some(same) = known.get_mut(&*test.id) {
                same.push((test, equivalence));
            }
        }
    }
    let mut findings = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let Some(equivalence) = new(change) else { continue };
        for (at, deviation) in equivalence.deviations.iter().enumerate() {
            let Some(test) = &deviation.bridging_test else { continue };
            let Some(same) = known.get_mut(&*test.id) else { continue };
            let mut others = same.iter().filter(|(_, of)| of.validity.overlaps(&equivalence.validity));
            if let Some((other, of)) = others.find(|(it, _)| it.description != test.description) {
                findings.push(Finding {
                    code: "contradiction".into(),
                    index,
                    entry: equivalence.name.name(),
                    field: format!("deviations[{at}].bridging_test.id"),
                    message: format!("`{}` is another test in `{}`: {}", test.id, of.name, other.description),
                });
            }
            same.push((test, equivalence));
        }
    }
    findings
}

/// Why the authority of a designation has no say under its annex, or its body no results there, by field; nothing where that
/// cannot be told because a reference dangles.
pub(super) fn unaccepted(view: &View<'_>, designation: &Designation) -> Vec<(&'static str, String)> {
    let Some(Entry::Annex(annex)) = view.find(&designation.annex.name()) else { return Vec::new() };
    let Some(Entry::Arrangement(arrangement)) = view.find(&annex.arrangement.name()) else { return Vec::new() };
    let accepted: Vec<&EconomyCode> =
        arrangement.parties.iter().filter(|party| party.is_accepted()).map(|party| &party.economy).collect();
    // Who has another verify on its behalf says itself who that is, of whichever party: as the owner of a scheme does.
    let by_proxy = annex.objects.contains(&RecognitionObject::ProxyVerification);
    let of_no_party = |it: &Body, accepted: &str| {
        format!("{} of {} is of no party to {}{accepted}", it.name, it.economy.as_str(), arrangement.name)
    };
    let whose_results = " whose results are accepted";
    let mut found = Vec::new();
    let authority = match view.find(&designation.authority.name()) {
        Some(Entry::Body(it)) => Some(it),
        _ => None,
    };
    let with_say: Vec<&EconomyCode> = match &authority {
        Some(it) => {
            let parties = arrangement.parties.iter().filter(|party| by_proxy || party.is_accepted());
            parties.map(|party| &party.economy).filter(|party| view.is_within(&it.economy, party)).collect()
        }
        None => Vec::new(),
    };
    if let Some(it) = &authority {
        // What a body without a known role does is not known.
        let designates = it.roles.is_empty()
            || it.roles.contains(&BodyRole::DesignatingAuthority)
            || (by_proxy && it.roles.contains(&BodyRole::SchemeOwner));
        if with_say.is_empty() {
            found.push(("authority", of_no_party(it, if by_proxy { "" } else { whose_results })));
        } else if !designates {
            found.push(("authority", format!("{} is no designating authority by its roles", it.name)));
        }
    }
    // Of one that designates itself and is of no party it is said already.
    let is_said = designation.body == designation.authority && with_say.is_empty();
    let Some(Entry::Body(body)) = view.find(&designation.body.name()).filter(|_| !is_said) else { return found };
    // It may be a member that is not listed.
    let may_be_of = |party: &EconomyCode| view.is_within(&body.economy, party) || view.may_have_others(party);
    if !accepted.iter().any(|party| may_be_of(party)) {
        found.push(("body", of_no_party(&body, whose_results)));
        return found;
    }
    if let Some(authority) =
        authority.filter(|_| !by_proxy && !with_say.is_empty() && !with_say.iter().any(|it| may_be_of(it)))
    {
        let (of, other) = (authority.economy.as_str(), body.economy.as_str());
        let message = format!(
            "{} of {of} is of another party to {} than {} of {other}",
            authority.name, arrangement.name, body.name
        );
        found.push(("authority", message));
    }
    found
}

/// The catalogue as it would be: what is changed before what is published.
pub(crate) struct View<'a> {
    catalogue: &'a Catalogue,
    changed: BTreeMap<String, Option<&'a Entry>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue, changes: &'a [Change]) -> Self {
        let changed = changes.iter().map(|change| match change {
            Change::Upsert(entry) => (entry.name(), Some(entry)),
            Change::Retire(name) => (name.clone(), None),
        });
        Self { catalogue, changed: changed.collect() }
    }

    /// Whether `whole` is `economy`, or a bloc that it belongs to on some day, through whichever blocs.
    pub(super) fn is_within(&self, economy: &EconomyCode, whole: &EconomyCode) -> bool {
        economy == whole || self.any_within(whole, |bloc| bloc.members.iter().any(|member| member.economy == *economy))
    }

    /// Whether others may belong to `whole` that are not listed.
    pub(super) fn may_have_others(&self, whole: &EconomyCode) -> bool {
        self.any_within(whole, |bloc| bloc.members_incomplete)
    }

    /// Whether something holds of a bloc, or of a bloc that belongs to it on some day, through whichever blocs.
    fn any_within(&self, whole: &EconomyCode, holds: impl Fn(&Economy) -> bool) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![whole.clone()];
        while let Some(at) = open.pop() {
            if seen.insert(at.clone())
                && let Some(Entry::Economy(bloc)) = self.find(&at.name())
            {
                if holds(&bloc) {
                    return true;
                }
                open.extend(bloc.members.into_iter().map(|member| member.economy));
            }
        }
        false
    }

    /// Every entry.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let stay = self.catalogue.entries().into_iter().filter(|entry| !self.changed.contains_key(&entry.name()));
        stay.chain(self.changed.values().copied().flatten().cloned()).collect()
    }

    /// The entry of a resource name; none when it is not there or retired.
    pub(crate) fn find(&self, name: &str) -> Option<Entry> {
        match self.changed.get(name) {
            Some(entry) => entry.cloned(),
            None => self.catalogue.entry(name),
        }
    }
}
