//! What of the catalogue changes when a panel has decided.

use chrono::NaiveDate;
use greenlane_curation::{ChangeError, clock};
use greenlane_platform::fault::FieldViolation;

use super::{Dispute, Matter};
use crate::domain::body::{Contestation, Designation};
use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, tightening};
use crate::domain::entry::Entry;
use crate::domain::key::{DesignationKey, EconomyCode};
use crate::domain::time::Validity;

/// The changes that apply what was decided: what the service draws up, and what was `given`.
///
/// # Errors
/// Which of the given changes are not of this dispute, or that nothing is to be changed.
pub fn applied(
    dispute: &Dispute,
    matter: Matter,
    given: Vec<Change>,
    catalogue: &Catalogue,
    today: NaiveDate,
) -> Result<Vec<Change>, ChangeError> {
    let wrong = |field: &str, why: &str| Err(ChangeError::Fields(vec![FieldViolation::new(field, why)]));
    let upheld = dispute.ruling(matter).is_some_and(|ruling| ruling.upheld);
    let draws_up = matter == Matter::Interim || !upheld;
    if draws_up && !given.is_empty() {
        return wrong("changes", "must be empty: the service draws up what is changed");
    }
    let Some(name) = dispute.designation() else {
        return if matter == Matter::Interim {
            wrong("matter", "there is nothing to apply: the order acts on the certificate by itself")
        } else if draws_up {
            wrong("matter", "there is nothing to change: close the dispute")
        } else if given.is_empty() {
            wrong("changes", "are required")
        } else {
            Ok(given)
        };
    };
    let current = DesignationKey::parse(name).ok().and_then(|key| catalogue.designations.get(&key));
    let Some(current) = current else { return wrong("name", "the designation is not in the catalogue any more") };
    let mut designation = Designation::clone(current);
    if matter == Matter::Interim {
        if still_contested(dispute, catalogue) {
            return wrong("matter", "is applied: the designation is without effect by it");
        }
        contest(&mut designation, dispute, today);
        return Ok(vec![Change::Upsert(Entry::Designation(designation))]);
    }
    if !upheld {
        return if settle(&mut designation, dispute, today, today) {
            Ok(vec![Change::Upsert(Entry::Designation(designation))])
        } else {
            wrong("matter", "there is nothing to change: close the dispute")
        };
    }
    if given.is_empty() {
        return wrong("changes", "are required");
    }
    let mut given = given;
    // The record of the contestation is the service's.
    for its_own in given.iter_mut().filter_map(|change| designation_in(change, name)) {
        its_own.contestations.clone_from(&designation.contestations);
    }
    // Until it can be published, an interim effect is what acts.
    let until = if tightening(catalogue, &given).is_empty() { today } else { clock::earliest_publication(today) };
    for its_own in given.iter_mut().filter_map(|change| designation_in(change, name)) {
        settle(its_own, dispute, today, until);
    }
    Ok(given)
}

/// What a change set of the dispute is upon a catalogue that has moved on since it was drawn up on `drawn_up_on`: what the
/// service draws up, drawn up anew, and `changes` where they were given, carried over already.
///
/// # Errors
/// That it cannot be applied any more, or is none of the dispute.
pub fn applied_anew(
    dispute: &Dispute,
    change_set: &str,
    changes: &[Change],
    catalogue: &Catalogue,
    drawn_up_on: NaiveDate,
) -> Result<Vec<Change>, ChangeError> {
    let matter = dispute.change_sets.iter().find(|(_, name)| name == change_set).map(|(matter, _)| *matter);
    let matter = matter.ok_or_else(|| ChangeError::NotFound(change_set.to_owned()))?;
    let upheld = dispute.ruling(matter).is_some_and(|ruling| ruling.upheld);
    let given = if matter == Matter::Outcome && upheld { changes.to_vec() } else { Vec::new() };
    applied(dispute, matter, given, catalogue, drawn_up_on)
}

/// The designation of a name, if that is what changes.
fn designation_in<'c>(change: &'c mut Change, name: &str) -> Option<&'c mut Designation> {
    match change {
        Change::Upsert(Entry::Designation(it)) if it.name.name() == name => Some(it),
        Change::Upsert(_) | Change::Retire(_) => None,
    }
}

/// Whether the catalogue still records the contestation as open.
pub fn still_contested(dispute: &Dispute, catalogue: &Catalogue) -> bool {
    let key = dispute.designation().and_then(|name| DesignationKey::parse(name).ok());
    let designation = key.and_then(|key| catalogue.designations.get(&key));
    let note = note(dispute);
    designation.is_some_and(|it| it.contestations.iter().any(|it| it.note == note && it.settled_on.is_none()))
}

/// How a contestation in the catalogue names its dispute.
pub(super) fn note(dispute: &Dispute) -> String {
    let grounds: String = dispute.grounds.lines().next().unwrap_or_default().chars().take(300).collect();
    format!("{}: {grounds}", dispute.name)
}

/// Adds the contestation, and that the designation is without effect. Who asks for that has an economy.
fn contest(designation: &mut Designation, dispute: &Dispute, today: NaiveDate) {
    let party = dispute.challenger.economy.as_deref().and_then(|economy| EconomyCode::parse(economy).ok());
    designation.contestations.extend(party.map(|party| Contestation {
        party,
        raised_on: dispute.opened_at.date_naive(),
        answer_by: Some(dispute.answer_by()),
        object_by: Some(dispute.object_by()),
        interim_suspension: Some(Validity { from: today, until: None }),
        settled_on: None,
        note: note(dispute),
        fast_track_reason: dispute.fast_track_reason.clone(),
    }));
}

/// Settles the contestation of the dispute today, and ends its interim effect on `until`. Whether there was one.
fn settle(designation: &mut Designation, dispute: &Dispute, today: NaiveDate, until: NaiveDate) -> bool {
    let note = note(dispute);
    let mut found = false;
    for contest in designation.contestations.iter_mut().filter(|it| it.note == note && it.settled_on.is_none()) {
        found = true;
        contest.settled_on = Some(today);
        match &mut contest.interim_suspension {
            // It was never in effect.
            Some(period) if period.from >= until => contest.interim_suspension = None,
            Some(period) => period.until = Some(until),
            None => {}
        }
    }
    found
}
