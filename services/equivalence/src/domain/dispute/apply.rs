//! What of the catalogue changes when a panel has decided.

use chrono::NaiveDate;
use greenlane_curation::ChangeError;
use greenlane_platform::fault::FieldViolation;

use super::{Dispute, Matter, Subject};
use crate::domain::body::{Contestation, Designation};
use crate::domain::catalogue::Catalogue;
use crate::domain::change::Change;
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
        return if draws_up {
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
        contest(&mut designation, dispute, today);
        return Ok(vec![Change::Upsert(Entry::Designation(designation))]);
    }
    if !upheld {
        return if settle(&mut designation, dispute, today) {
            Ok(vec![Change::Upsert(Entry::Designation(designation))])
        } else {
            wrong("matter", "there is nothing to change: close the dispute")
        };
    }
    if given.is_empty() {
        return wrong("changes", "are required");
    }
    let mut given = given;
    for change in &mut given {
        if let Change::Upsert(Entry::Designation(it)) = change
            && it.name.name() == name
        {
            // The record of the contestation is the service's.
            it.contestations.clone_from(&designation.contestations);
            settle(it, dispute, today);
        }
    }
    Ok(given)
}

/// Whether those whom changes concern were all heard in the dispute.
pub fn needs_no_notice(dispute: &Dispute, changes: &[Change], catalogue: &Catalogue) -> bool {
    let designation_of = |name: &str| catalogue.designations.get(&DesignationKey::parse(name).ok()?).cloned();
    changes.iter().all(|change| {
        let name = change.entry_name();
        match &dispute.subject {
            Subject::Designation(challenged) => name == *challenged,
            Subject::Body(challenged) => {
                let before = designation_of(&name).is_some_and(|it| it.body.name() == *challenged);
                let after = match change {
                    Change::Upsert(Entry::Designation(it)) => it.body.name() == *challenged,
                    Change::Upsert(_) => false,
                    Change::Retire(_) => true,
                };
                name.starts_with("designations/") && before && after
            }
            Subject::Certificate { .. } | Subject::Decision { .. } => false,
        }
    })
}

/// Whether the catalogue still records the contestation as open.
pub fn still_contested(dispute: &Dispute, catalogue: &Catalogue) -> bool {
    let key = dispute.designation().and_then(|name| DesignationKey::parse(name).ok());
    let designation = key.and_then(|key| catalogue.designations.get(&key));
    let note = note(dispute);
    designation.is_some_and(|it| it.contestations.iter().any(|it| it.note == note && it.settled_on.is_none()))
}

/// How a contestation in the catalogue names its dispute.
fn note(dispute: &Dispute) -> String {
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

/// Ends the contestation of the dispute. Whether there was one.
fn settle(designation: &mut Designation, dispute: &Dispute, today: NaiveDate) -> bool {
    let note = note(dispute);
    let mut found = false;
    for contest in designation.contestations.iter_mut().filter(|it| it.note == note && it.settled_on.is_none()) {
        found = true;
        contest.settled_on = Some(today);
        match &mut contest.interim_suspension {
            // It was never in effect.
            Some(period) if period.from >= today => contest.interim_suspension = None,
            Some(period) => period.until = Some(today),
            None => {}
        }
    }
    found
}
