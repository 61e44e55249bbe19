//! Disputes: a challenge, its clocks, its panel and what the panel decides.

mod apply;
mod held;
mod parties;
mod steps;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use self::apply::{applied, applied_anew, still_contested};
pub use self::held::{Applied, Hold};
pub(crate) use self::held::{Moved, contested_in, dispute_of, held};
pub use self::parties::{Parties, with_blocs};
use super::body::{ANSWER_DAYS, DECIDE_DAYS, FAST_ANSWER_DAYS, FAST_DECIDE_DAYS, FAST_OBJECT_DAYS, OBJECT_DAYS};
use super::time::Validity;

/// Where a dispute stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The time to answer runs.
    AwaitingAnswer = 1,
    /// Objections are taken.
    OpenToObjections = 2,
    /// A panel is to be appointed.
    AwaitingPanel = 3,
    /// The panel may decide.
    WithPanel = 4,
    /// The outcome is to be applied.
    Decided = 5,
    /// Over.
    Closed = 6,
    /// Taken back.
    Withdrawn = 7,
}

impl State {
    /// Its name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingAnswer => "awaiting an answer",
            Self::OpenToObjections => "open to objections",
            Self::AwaitingPanel => "awaiting a panel",
            Self::WithPanel => "with its panel",
            Self::Decided => "decided",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What a panel votes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// The interim effect.
    Interim,
    /// The outcome.
    Outcome,
}

/// What is challenged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A body.
    Body(String),
    /// A designation.
    Designation(String),
    /// A certificate of a registry.
    Certificate {
        /// Its name or number.
        certificate: String,
        /// Its body.
        body: String,
        /// The economy of its body.
        body_economy: String,
    },
    /// A recognition decision.
    Decision {
        /// Its identifier.
        id: String,
        /// The question, as the contract encodes it.
        question: Vec<u8>,
        /// The revision that it was made at.
        revision: u64,
        /// The revision of classification.
        classification_revision: u64,
    },
}

impl Subject {
    /// What disputes about it are found by.
    pub fn reference(&self) -> &str {
        match self {
            Self::Body(name) | Self::Designation(name) => name,
            Self::Certificate { certificate, .. } => certificate,
            Self::Decision { id, .. } => id,
        }
    }
}

/// Something that proves a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Where it is.
    pub uri: String,
    /// What it is and shows.
    pub text: String,
}

/// Who takes a step, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The `sub` claim.
    pub subject: String,
    /// The body that the token names.
    pub body: Option<String>,
    /// The economy that the token names.
    pub economy: Option<String>,
}

impl Actor {
    /// For whom: its body, else its economy; empty for neither.
    pub fn party(&self) -> &str {
        self.body.as_deref().or(self.economy.as_deref()).unwrap_or_default()
    }

    /// The names that it goes by.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.body.as_deref().into_iter().chain(self.economy.as_deref())
    }
}

/// What somebody states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Who.
    pub by: Actor,
    /// What.
    pub text: String,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether its deadline had passed.
    pub late: bool,
}

/// A member of a panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The `sub` claim.
    pub subject: String,
    /// Name for people.
    pub display_name: String,
    /// Economy.
    pub economy: String,
    /// Body; none for none.
    pub body: Option<String>,
    /// What the member is an expert of.
    pub expertise: Vec<String>,
}

/// A vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Subject of the member.
    pub member: String,
    /// On what.
    pub matter: Matter,
    /// For the challenger.
    pub uphold: bool,
    /// Why.
    pub finding: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it counts no more: another panel was appointed before the matter was decided.
    #[serde(default)]
    pub lapsed: bool,
}

/// What a panel decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// For the challenger.
    pub upheld: bool,
    /// When the majority was reached.
    pub at: DateTime<Utc>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What.
    pub step: String,
    /// More about it.
    pub text: String,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Resource name.
    pub name: String,
    /// What is challenged.
    pub subject: Subject,
    /// Why.
    pub grounds: String,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// Why it takes the fast track; empty when it does not.
    pub fast_track_reason: String,
    /// Why what is challenged should be without effect meanwhile; empty when that is not asked for.
    pub interim_effect_reason: String,
    /// The challenger.
    pub challenger: Actor,
    /// Respondents, and who else has a part in it.
    pub parties: Parties,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// The answer.
    pub answer: Option<Statement>,
    /// What others state.
    pub objections: Vec<Statement>,
    /// Who appointed the panel.
    pub appointer: Option<Actor>,
    /// The panel.
    pub panel: Vec<Member>,
    /// When it was appointed.
    #[serde(default)]
    pub appointed_at: Option<DateTime<Utc>>,
    /// The votes.
    pub votes: Vec<Vote>,
    /// What was decided on the interim effect.
    pub interim: Option<Ruling>,
    /// What was decided.
    pub outcome: Option<Ruling>,
    /// The change sets that apply it, by what they apply.
    pub change_sets: Vec<(Matter, String)>,
    /// When it was closed or withdrawn.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// What was said at its end.
    pub closing_text: String,
    /// Every step.
    pub events: Vec<Event>,
    /// Grows by one with each step.
    pub version: u64,
}

impl Dispute {
    fn is_fast(&self) -> bool {
        !self.fast_track_reason.is_empty()
    }

    fn after_days(&self, days: u64) -> NaiveDate {
        days_after(self.opened_at, days)
    }

    /// Last day to answer.
    pub fn answer_by(&self) -> NaiveDate {
        self.after_days(if self.is_fast() { FAST_ANSWER_DAYS } else { ANSWER_DAYS })
    }

    /// Last day for objections.
    pub fn object_by(&self) -> NaiveDate {
        self.after_days(if self.is_fast() { FAST_OBJECT_DAYS } else { OBJECT_DAYS })
    }

    /// Day by which the panel is to decide. One that was appointed late has as much time as one that waited for objections.
    pub fn decide_by(&self) -> NaiveDate {
        let (object, decide) =
            if self.is_fast() { (FAST_OBJECT_DAYS, FAST_DECIDE_DAYS) } else { (OBJECT_DAYS, DECIDE_DAYS) };
        let own = self.appointed_at.map(|at| days_after(at, decide));
        own.into_iter().fold(self.after_days(object + decide), NaiveDate::max)
    }

    /// Where it stands on a day.
    pub fn state(&self, today: NaiveDate) -> State {
        if self.ended_at.is_some() {
            return if self.withdrawn { State::Withdrawn } else { State::Closed };
        }
        if self.outcome.is_some() {
            return State::Decided;
        }
        if self.answer.is_none() && today <= self.answer_by() {
            return State::AwaitingAnswer;
        }
        if today <= self.object_by() {
            return State::OpenToObjections;
        }
        if self.panel.is_empty() { State::AwaitingPanel } else { State::WithPanel }
    }

    /// Whether a deadline has passed without what it was for.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.ended_at.is_none()
            && self.outcome.is_none()
            && ((self.answer.is_none() && today > self.answer_by()) || today > self.decide_by())
    }

    /// The days on which a certificate is without effect by the panel's order: from the day of its vote until the panel
    /// decides for the body, or the dispute ends. None for what is no certificate, without such an order, and when it was
    /// over on its first day.
    pub fn effect_on_certificate(&self) -> Option<Validity> {
        let Subject::Certificate { .. } = self.subject else { return None };
        let from = self.interim.as_ref().filter(|ruling| ruling.upheld)?.at.date_naive();
        let dismissed = self.outcome.as_ref().filter(|ruling| !ruling.upheld).map(|ruling| ruling.at);
        let until = dismissed.or(self.ended_at).map(|at| at.date_naive());
        until.is_none_or(|until| from < until).then_some(Validity { from, until })
    }

    /// What a caller sends back to act on what was seen.
    pub fn etag(&self) -> String {
        format!("v{}", self.version)
    }

    /// Votes for and against the challenger.
    pub fn count(&self, matter: Matter) -> (u32, u32) {
        let counts = |it: &&Vote| it.matter == matter && !it.lapsed;
        let of = |uphold: bool| self.votes.iter().filter(counts).filter(|it| it.uphold == uphold).count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (number(of(true)), number(of(false)))
    }

    /// What was decided on a matter.
    pub fn ruling(&self, matter: Matter) -> Option<&Ruling> {
        match matter {
            Matter::Interim => self.interim.as_ref(),
            Matter::Outcome => self.outcome.as_ref(),
        }
    }
}

fn days_after(at: DateTime<Utc>, days: u64) -> NaiveDate {
    at.date_naive().checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests;
