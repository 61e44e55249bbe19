//! The life of a certificate: its states, the steps between them, and where it stands on a day.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A state that is stored. Expiry and "not yet valid" are computed from the dates: see [`Standing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Active,
    Suspended,
    Withdrawn,
    Terminated,
    Annulled,
    Superseded,
}

impl State {
    pub(crate) const ALL: [Self; 6] =
        [Self::Active, Self::Suspended, Self::Withdrawn, Self::Terminated, Self::Annulled, Self::Superseded];

    /// The name in the store, in findings and in messages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Withdrawn => "withdrawn",
            Self::Terminated => "terminated",
            Self::Annulled => "annulled",
            Self::Superseded => "superseded",
        }
    }

    pub(crate) fn from_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A step in a certificate's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Grant,
    ExtendScope,
    ReduceScope,
    Renew,
    Reissue,
    Suspend,
    Reinstate,
    ContinueUnderConditions,
    Withdraw,
    Terminate,
    Annul,
    Supersede,
}

impl Step {
    pub(crate) const ALL: [Self; 12] = [
        Self::Grant,
        Self::ExtendScope,
        Self::ReduceScope,
        Self::Renew,
        Self::Reissue,
        Self::Suspend,
        Self::Reinstate,
        Self::ContinueUnderConditions,
        Self::Withdraw,
        Self::Terminate,
        Self::Annul,
        Self::Supersede,
    ];

    /// The name in the store and in the log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::ExtendScope => "extend_scope",
            Self::ReduceScope => "reduce_scope",
            Self::Renew => "renew",
            Self::Reissue => "reissue",
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
            Self::ContinueUnderConditions => "continue_under_conditions",
            Self::Withdraw => "withdraw",
            Self::Terminate => "terminate",
            Self::Annul => "annul",
            Self::Supersede => "supersede",
        }
    }

    pub(crate) fn from_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }
}

/// Why a step was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    Ordinary,
    Nonconformity,
    ObligationNotMet,
    HolderRequest,
    Misuse,
    StandardChanged,
    Fraud,
    Mistake,
    Safety,
    KeyCompromise,
    Remedied,
    BodyCeased,
    Other,
}

impl Reason {
    pub(crate) const ALL: [Self; 13] = [
        Self::Ordinary,
        Self::Nonconformity,
        Self::ObligationNotMet,
        Self::HolderRequest,
        Self::Misuse,
        Self::StandardChanged,
        Self::Fraud,
        Self::Mistake,
        Self::Safety,
        Self::KeyCompromise,
        Self::Remedied,
        Self::BodyCeased,
        Self::Other,
    ];

    /// The name in the store and in the log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Nonconformity => "nonconformity",
            Self::ObligationNotMet => "obligation_not_met",
            Self::HolderRequest => "holder_request",
            Self::Misuse => "misuse",
            Self::StandardChanged => "standard_changed",
            Self::Fraud => "fraud",
            Self::Mistake => "mistake",
            Self::Safety => "safety",
            Self::KeyCompromise => "key_compromise",
            Self::Remedied => "remedied",
            Self::BodyCeased => "body_ceased",
            Self::Other => "other",
        }
    }

    pub(crate) fn from_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// The state after a step, or `None` when the step is not possible from there.
///
/// Only a suspension can be undone; withdrawn, terminated, annulled and superseded are final, but for the discovery
/// that a certificate was void from the start.
pub(crate) fn after(state: State, step: Step) -> Option<State> {
    use State as S;
    use Step as E;
    match (state, step) {
        (_, E::Grant) => None,
        (S::Active, E::ExtendScope | E::ReduceScope | E::Renew | E::Reissue | E::ContinueUnderConditions) => {
            Some(S::Active)
        }
        (S::Active, E::Suspend) => Some(S::Suspended),
        (S::Suspended, E::ReduceScope | E::Reinstate | E::ContinueUnderConditions) => Some(S::Active),
        (S::Active | S::Suspended, E::Withdraw) => Some(S::Withdrawn),
        (S::Active | S::Suspended, E::Terminate) => Some(S::Terminated),
        (S::Active | S::Suspended, E::Supersede) => Some(S::Superseded),
        (S::Annulled, E::Annul) => None,
        (_, E::Annul) => Some(S::Annulled),
        (S::Active, E::Reinstate)
        | (S::Suspended, E::Suspend | E::ExtendScope | E::Renew | E::Reissue)
        | (
            S::Withdrawn | S::Terminated | S::Annulled | S::Superseded,
            E::ExtendScope
            | E::ReduceScope
            | E::Renew
            | E::Reissue
            | E::Suspend
            | E::Reinstate
            | E::ContinueUnderConditions
            | E::Withdraw
            | E::Terminate
            | E::Supersede,
        ) => None,
    }
}

/// One event of a certificate's life, as far as its standing depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) log_index: u64,
    pub(crate) step: Step,
    pub(crate) reason: Option<Reason>,
    pub(crate) reason_text: String,
    pub(crate) effective_at: DateTime<Utc>,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) actor: String,
    /// The version that it made, or the one that was current.
    pub(crate) version: u32,
    /// What would end a suspension, or the conditions of a continuation.
    pub(crate) remedy: String,
    pub(crate) state_after: State,
}

impl Event {
    /// What a verdict rests on: neither who acted nor, but for conditions, what the body wrote.
    pub(crate) fn for_verdicts(&self) -> Self {
        let remedy = if self.step == Step::ContinueUnderConditions { self.remedy.clone() } else { String::new() };
        Self { reason_text: String::new(), actor: String::new(), remedy, ..self.clone() }
    }
}

/// Where a certificate stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Stored(State),
    Expired,
    NotYetValid,
}

impl Standing {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stored(state) => state.as_str(),
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
        }
    }
}

/// The last event that had taken effect by the end of `day`.
///
/// Days are whole: a step that takes effect in the course of a day counts for that day. An annulment counts for every
/// day, since the certificate was void from the start. Events come in the order of the log, which is also that of
/// their effect: the write path sees to it.
pub(crate) fn last_effective(events: &[Event], day: NaiveDate) -> Option<&Event> {
    events.iter().rev().find(|event| in_effect(event, day))
}

fn in_effect(event: &Event, day: NaiveDate) -> bool {
    matches!(event.step, Step::Grant | Step::Annul) || event.effective_at.date_naive() <= day
}

/// The continuation under whose conditions a certificate goes on, as of the end of `day`. A suspension, a reinstatement
/// or a renewal after it ends them; a change of scope does not.
pub(crate) fn conditions(events: &[Event], day: NaiveDate) -> Option<&Event> {
    let decides = |step| matches!(step, Step::ContinueUnderConditions | Step::Suspend | Step::Reinstate | Step::Renew);
    let last = events.iter().rev().find(|event| decides(event.step) && in_effect(event, day));
    last.filter(|event| event.step == Step::ContinueUnderConditions)
}

/// Where a certificate with these events and this validity stands on `day`.
pub(crate) fn standing(events: &[Event], valid: (NaiveDate, NaiveDate), day: NaiveDate) -> Option<Standing> {
    let state = last_effective(events, day)?.state_after;
    Some(match state {
        State::Active | State::Suspended if day > valid.1 => Standing::Expired,
        State::Active if day < valid.0 => Standing::NotYetValid,
        stored => Standing::Stored(stored),
    })
}

#[cfg(test)]
mod tests;
