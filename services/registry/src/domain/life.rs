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

/// What of an event decides which other events count: all that the log itself tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    pub(crate) step: Step,
    pub(crate) effective_at: DateTime<Utc>,
    /// The version that it made, or the one that was current.
    pub(crate) version: u32,
    pub(crate) state_after: State,
}

/// Something that was recorded of a certificate's life.
pub(crate) trait Recorded {
    fn taken(&self) -> Taken;
}

impl Recorded for Taken {
    fn taken(&self) -> Taken {
        *self
    }
}

impl Recorded for Event {
    fn taken(&self) -> Taken {
        Taken { step: self.step, effective_at: self.effective_at, version: self.version, state_after: self.state_after }
    }
}

impl Taken {
    /// Grants and annulments count from the start, whatever was announced.
    fn counts_always(&self) -> bool {
        matches!(self.step, Step::Grant | Step::Annul)
    }

    fn counts_at(&self, at: DateTime<Utc>) -> bool {
        self.counts_always() || self.effective_at <= at
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

/// The events that count, the latest first. One that was announced counts no more, and on no day, when another was
/// recorded after it that takes effect before it: it was overtaken.
///
/// The write path lets nothing but a suspension, a withdrawal or a termination overtake, and nothing that had taken
/// effect be overtaken: see [`ground`]. So these events come in the order of the log and in that of their effect.
pub(crate) fn upheld<E: Recorded>(events: &[E]) -> impl Iterator<Item = &E> {
    let mut earliest = DateTime::<Utc>::MAX_UTC;
    events.iter().rev().filter(move |event| {
        let taken = event.taken();
        let upheld = taken.counts_always() || taken.effective_at <= earliest;
        if !taken.counts_always() {
            earliest = earliest.min(taken.effective_at);
        }
        upheld
    })
}

/// For each event, the one that overtook it, if one did: the first one recorded after it that takes effect before it.
pub(crate) fn overtakers<E: Recorded>(events: &[E]) -> Vec<Option<&E>> {
    let overtaker = |(position, event): (usize, &E)| {
        let event = event.taken();
        let overtakes = |later: &&E| {
            let later = later.taken();
            !later.counts_always() && later.effective_at < event.effective_at
        };
        if event.counts_always() { None } else { events[position + 1..].iter().find(overtakes) }
    };
    events.iter().enumerate().map(overtaker).collect()
}

/// Whether a version was announced, and overtaken before it took effect: it never counts.
pub(crate) fn is_overtaken<E: Recorded>(events: &[E], version: u32) -> bool {
    let made = events.iter().position(|event| event.taken().version == version);
    made.is_some_and(|made| overtakers(events)[made].is_some())
}

/// Upon what a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ground {
    /// The last event to count before it.
    pub(crate) upon: Taken,
    /// Whether it overtakes what was announced.
    pub(crate) overtakes: bool,
}

impl Ground {
    /// The state after a step, or `None` when the step is not possible from there.
    ///
    /// What is suspended needs no suspension, unless its end was announced: then another one, which overtakes that, keeps
    /// the product off the market.
    pub(crate) fn after(&self, step: Step) -> Option<State> {
        match (self.upon.state_after, step) {
            (State::Suspended, Step::Suspend) if self.overtakes => Some(State::Suspended),
            (state, step) => after(state, step),
        }
    }
}

/// The event upon which a step is taken: the last one to count before it.
///
/// That is the last one recorded. But a body stops a dangerous product at once, whatever it had announced for later: a
/// suspension, a withdrawal or a termination is taken upon what is in effect by then, and overtakes what is not. Only
/// what counts from a day after that of `now` can be overtaken: days are whole, and what verdicts and lists say already
/// stays as it is.
///
/// # Errors
/// The earliest time at which the step may take effect.
pub(crate) fn ground<E: Recorded>(
    events: &[E],
    step: Step,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Ground, DateTime<Utc>> {
    ground_unless(events, step, at, |event| in_effect(event, now.date_naive()))
}

/// The same of a step that is on record since `now`: earlier versions let it overtake also what took effect later in
/// that day, and what they wrote stays good.
///
/// # Errors
/// As those of [`ground`].
pub(crate) fn ground_on_record<E: Recorded>(
    events: &[E],
    step: Step,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Ground, DateTime<Utc>> {
    ground_unless(events, step, at, |event| event.effective_at <= now)
}

/// The ground of a step that overtakes nothing which `stays`.
fn ground_unless<E: Recorded>(
    events: &[E],
    step: Step,
    at: DateTime<Utc>,
    stays: impl Fn(&Taken) -> bool,
) -> Result<Ground, DateTime<Utc>> {
    let mut recorded: Vec<Taken> = events.iter().map(E::taken).collect();
    let last = Ground { upon: *recorded.last().expect("a certificate has its grant"), overtakes: false };
    if step == Step::Annul {
        return Ok(last);
    }
    let before = recorded.iter().rposition(|event| event.counts_at(at)).unwrap_or_default();
    let later = recorded.split_off(before + 1);
    if later.is_empty() {
        return Ok(last);
    }
    if !matches!(step, Step::Suspend | Step::Withdraw | Step::Terminate) {
        return Err(last.upon.effective_at);
    }
    match later.iter().rfind(|event| stays(event)) {
        Some(staying) => Err(staying.effective_at),
        None => Ok(Ground { upon: recorded[before], overtakes: true }),
    }
}

/// The last event that had taken effect by the end of `day`.
///
/// Days are whole: a step that takes effect in the course of a day counts for that day. An annulment counts for every
/// day, since the certificate was void from the start.
pub(crate) fn last_effective<E: Recorded>(events: &[E], day: NaiveDate) -> Option<&E> {
    upheld(events).find(|event| in_effect(*event, day))
}

fn in_effect(event: &impl Recorded, day: NaiveDate) -> bool {
    let event = event.taken();
    event.counts_always() || event.effective_at.date_naive() <= day
}

/// The last event that takes effect after `day`, if it leaves another state than the certificate has on that day.
pub(crate) fn later_state<E: Recorded>(events: &[E], day: NaiveDate) -> Option<&E> {
    let state = last_effective(events, day)?.taken().state_after;
    let last = upheld(events).next()?;
    (!in_effect(last, day) && last.taken().state_after != state).then_some(last)
}

/// The continuation under whose conditions a certificate goes on, as of the end of `day`. A suspension, a reinstatement
/// or a renewal after it ends them; a change of scope does not.
pub(crate) fn conditions(events: &[Event], day: NaiveDate) -> Option<&Event> {
    let decides = |step| matches!(step, Step::ContinueUnderConditions | Step::Suspend | Step::Reinstate | Step::Renew);
    let last = upheld(events).find(|event| decides(event.step) && in_effect(*event, day));
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
