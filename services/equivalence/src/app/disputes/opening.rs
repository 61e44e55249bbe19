//! How a dispute begins.

use chrono::{DateTime, Utc};
use greenlane_curation::ChangeError;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::FieldViolation;

use super::{Challenge, actor};
use crate::domain::dispute::{Dispute, Event, Parties, Subject};
use crate::store::entries::Loaded;

/// A dispute that was just opened.
///
/// # Errors
/// When the caller may not challenge this, or not with an interim effect.
pub(super) fn opened(
    name: String,
    challenge: Challenge,
    caller: &Caller,
    loaded: &Loaded,
    now: DateTime<Utc>,
) -> std::result::Result<Dispute, ChangeError> {
    let challenger = actor(caller, loaded);
    if challenger.party().is_empty() {
        return Err(ChangeError::ForNobody);
    }
    let field = |field: &str, why: &str| ChangeError::Fields(vec![FieldViolation::new(field, why)]);
    let parties = Parties::of(&challenge.subject, challenge.question.as_ref(), &loaded.catalogue)
        .ok_or_else(|| field("dispute.subject", "is not in the catalogue"))?;
    if parties.responds(&challenger) {
        return Err(field("dispute.subject", "is the challenger's own: it would have to answer itself"));
    }
    if !challenge.interim_effect_reason.is_empty() {
        match challenge.subject {
            Subject::Certificate { .. } => {}
            // The catalogue records it as its economy's contestation.
            Subject::Designation(_) if challenger.economy.is_none() => {
                return Err(field("dispute.interim_effect_reason", "needs a challenger whose economy is known"));
            }
            Subject::Designation(_) => {}
            Subject::Body(_) | Subject::Decision { .. } => {
                return Err(field("dispute.interim_effect_reason", "is for designations and certificates only"));
            }
        }
    }
    let text = format!(
        "{}: {}",
        challenge.subject.reference(),
        if challenge.fast_track_reason.is_empty() { "ordinary clocks" } else { "fast track" }
    );
    let event = Event { at: now, actor: challenger.clone(), step: "opened".to_owned(), text };
    Ok(Dispute {
        name,
        subject: challenge.subject,
        grounds: challenge.grounds,
        evidence: challenge.evidence,
        fast_track_reason: challenge.fast_track_reason,
        interim_effect_reason: challenge.interim_effect_reason,
        challenger,
        parties,
        opened_at: now,
        answer: None,
        objections: Vec::new(),
        appointer: None,
        panel: Vec::new(),
        appointed_at: None,
        votes: Vec::new(),
        interim: None,
        outcome: None,
        change_sets: Vec::new(),
        ended_at: None,
        withdrawn: false,
        closing_text: String::new(),
        events: vec![event],
        version: 1,
    })
}
