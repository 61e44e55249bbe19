//! Does it count on the date?

use chrono::NaiveDate;

use super::{Finding, Outcome, Part, unknown_certificate};
use crate::domain::contestation::{Contestation, Turn, standing as contested_by, without_effect};
use crate::domain::life::{Event, Standing, State, conditions, is_overtaken, last_effective, later_state, standing};

/// What the part rests on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life<'a> {
    /// The events known at the revision, in the order of the log. Not empty.
    pub(crate) events: &'a [Event],
    /// First and last day of validity of the version that is judged.
    pub(crate) valid: (NaiveDate, NaiveDate),
    /// The version that is judged.
    pub(crate) version: u32,
    /// The version that is current on the date.
    pub(crate) current: u32,
}

/// The part and the standing on the date.
pub(crate) fn judge(life: Option<Life<'_>>, day: NaiveDate) -> (Part, Option<Standing>) {
    let Some(life) = life else { return (Part::because(Outcome::No, unknown_certificate()), None) };
    let Some(standing) = standing(life.events, life.valid, day) else {
        let finding = Finding::new("not_known_then", "The certificate was not granted yet at that revision.");
        return (Part::because(Outcome::No, finding), None);
    };
    let last = last_effective(life.events, day);
    let mut findings = Vec::with_capacity(2);
    let code = standing.as_str();
    let outcome = match standing {
        Standing::Stored(State::Active) => {
            findings.push(Finding::new(code, "The certificate is in force."));
            Outcome::Yes
        }
        Standing::Stored(state) => {
            findings.push(explain(state, last));
            Outcome::No
        }
        Standing::Expired => {
            findings.push(
                Finding::new(code, "Its last day of validity has passed.")
                    .with("valid_until", life.valid.1.to_string()),
            );
            Outcome::No
        }
        Standing::NotYetValid => {
            findings.push(
                Finding::new(code, "Its first day of validity has not come.")
                    .with("valid_from", life.valid.0.to_string()),
            );
            Outcome::No
        }
    };
    let conditional = conditions(life.events, day).filter(|_| outcome == Outcome::Yes);
    if let Some(event) = conditional {
        findings.push(Finding::new("continued_under_conditions", event.remedy.clone()));
    }
    findings.extend(later_state(life.events, day).map(later));
    if life.version > life.current {
        let finding = if is_overtaken(life.events, life.version) {
            let message = "This version of the certificate was announced, and overtaken before it took effect.";
            Finding::new("version_overtaken", message)
        } else {
            Finding::new("not_yet_valid", "This version of the certificate takes effect on a later day.")
        };
        findings.insert(0, finding.with("version", life.version.to_string()));
        return (Part::new(Outcome::No, findings), Some(standing));
    }
    if life.version < life.current {
        findings.push(
            Finding::new("older_version_presented", "A newer version of this certificate has replaced the document.")
                .with("version", life.version.to_string())
                .with("current_version", life.current.to_string()),
        );
        return (Part::new(Outcome::No, findings), Some(standing));
    }
    let outcome = if conditional.is_some() { Outcome::YesOnConditions } else { outcome };
    (Part::new(outcome, findings), Some(standing))
}

/// Why the records at hand may lack a later step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// They contradict what the registry has signed.
    Records,
    /// The log's head was not read for longer than it may be.
    Unheard,
}

impl Doubt {
    fn finding(self) -> Finding {
        match self {
            Self::Records => Finding::new(
                "records_in_doubt",
                "This registry's records do not match what it has signed: a later step may be missing here.",
            ),
            Self::Unheard => Finding::new(
                "head_not_read",
                "The registry's records could not be read for longer than they may be unread here: a later step may be \
                 missing.",
            ),
        }
    }
}

/// The part when the registry's records are in doubt: a step that is missing may have ended what seems to be in force.
pub(crate) fn in_doubt(mut part: Part, doubt: Doubt) -> Part {
    if matches!(part.outcome, Outcome::Yes | Outcome::YesOnConditions) {
        part.outcome = Outcome::Undetermined;
        part.findings.insert(0, doubt.finding());
    }
    part
}

/// Tells of the disputes about it, which have no say in the outcome: a certificate is good until its body says otherwise;
/// but for the days on which a panel has ordered that it be without effect. `heard` is what had been heard of them at the
/// revision, in the order of the log.
pub(crate) fn disputed(mut part: Part, heard: &[Contestation], day: NaiveDate) -> Part {
    if heard.is_empty() {
        return part;
    }
    part.findings.extend(contested_by(heard).into_iter().map(|it| {
        let (code, message) = match it.turn {
            Turn::Upheld => (
                "contestation_upheld",
                "A panel has found a challenge to this certificate right; its body has yet to say what becomes of it.",
            ),
            Turn::Opened | Turn::Dismissed | Turn::Withdrawn | Turn::Closed => {
                ("contested", "This certificate is challenged: a dispute about it is open.")
            }
        };
        Finding::new(code, message).with("dispute", it.dispute.as_str()).with("since", it.since.to_string())
    }));
    let orders = without_effect(heard, day);
    if orders.is_empty() {
        return part;
    }
    part.outcome = Outcome::No;
    for finding in part.findings.iter_mut().filter(|finding| finding.code == State::Active.as_str()) {
        finding.message = "By its body's word alone the certificate would be in force.".to_owned();
    }
    let told = orders.into_iter().filter_map(|it| {
        let order = it.order?;
        let message = "By the order of the panel of a dispute the certificate is without effect on this date.";
        let finding = Finding::new("without_effect", message)
            .with("dispute", it.dispute.as_str())
            .with("from", order.from.to_string());
        Some(match order.until {
            Some(until) => finding.with("until", until.to_string()),
            None => finding,
        })
    });
    part.findings.splice(0..0, told.collect::<Vec<_>>());
    part
}

/// The day was asked about, but who releases goods wants to know what came, or comes, after it.
fn later(event: &Event) -> Finding {
    let (state, from) = (event.state_after.as_str(), event.effective_at.date_naive());
    Finding::new(
        "later_step",
        format!("A later step: {state} from {from}, which is after the date that was asked about."),
    )
    .with("state", state)
    .with("from", from.to_string())
}

fn explain(state: State, last: Option<&Event>) -> Finding {
    let message = match state {
        State::Active => "The certificate is in force.",
        State::Suspended => "The certificate is suspended.",
        State::Withdrawn => "The body has withdrawn the certificate.",
        State::Terminated => "The certificate was ended at the holder's wish.",
        State::Annulled => "The certificate is void from the start.",
        State::Superseded => "Another certificate has taken its place.",
    };
    let finding = Finding::new(state.as_str(), message);
    let Some(event) = last else { return finding };
    let finding = finding.with("since", event.effective_at.date_naive().to_string());
    match event.reason {
        Some(reason) => finding.with("reason", reason.as_str()),
        None => finding,
    }
}

#[cfg(test)]
mod tests;
