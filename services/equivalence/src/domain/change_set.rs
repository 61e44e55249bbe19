//! A change set's life: drafted, proposed, reviewed by somebody else than its author, published, or rejected.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::change::{Change, ChangeFinding};

/// Where a change set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written.
    Draft,
    /// Complete; waits for review.
    Proposed,
    /// Notified; the comment period runs.
    Notified,
    /// Approved; may be published.
    Approved,
    /// Rejected. Final.
    Rejected,
    /// Published. Final.
    Published,
    /// Taken back. Final.
    Withdrawn,
}

impl State {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Proposed => "proposed",
            Self::Notified => "notified",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The number in the contract.
    pub fn number(self) -> i32 {
        match self {
            Self::Draft => 1,
            Self::Proposed => 2,
            Self::Notified => 3,
            Self::Approved => 4,
            Self::Rejected => 5,
            Self::Published => 6,
            Self::Withdrawn => 7,
        }
    }

    /// The state of a number of the contract.
    pub fn from_number(number: i32) -> Option<Self> {
        let all = [
            Self::Draft,
            Self::Proposed,
            Self::Notified,
            Self::Approved,
            Self::Rejected,
            Self::Published,
            Self::Withdrawn,
        ];
        all.into_iter().find(|state| state.number() == number)
    }
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who.
    pub reviewer: String,
    /// Approved, or rejected.
    pub approved: bool,
    /// Why.
    pub comment: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A change set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSet {
    /// Resource name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Why.
    pub reason: String,
    /// What changes.
    pub changes: Vec<Change>,
    /// Where it stands.
    pub state: State,
    /// Subject of its author.
    pub author: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was proposed.
    pub proposed_at: Option<DateTime<Utc>>,
    /// Reviews.
    pub reviews: Vec<Review>,
    /// As which revision it was published; 0 before.
    pub published_revision: u64,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Who published it.
    pub publisher: String,
    /// Why it is urgent; empty when it is not.
    pub urgency_reason: String,
    /// Grows by one with each step.
    pub version: u64,
}

/// A change set after a step, and the catalogue's revision then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The change set.
    pub change_set: ChangeSet,
    /// The revision.
    pub revision: u64,
}

/// Why a step on a change set is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no such change set.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The step is not possible from the state.
    #[error("{name} is {state}")]
    State {
        /// The change set.
        name: String,
        /// Its state.
        state: &'static str,
        /// The step.
        step: &'static str,
    },
    /// The etag is not the current one.
    #[error("{name} has changed")]
    Etag {
        /// The change set.
        name: String,
        /// The current etag.
        etag: String,
    },
    /// The author may not do this.
    #[error("{subject} is the author of {name}")]
    FourEyes {
        /// The change set.
        name: String,
        /// The author.
        subject: String,
    },
    /// Only the author may do this.
    #[error("only the author of {0} may do this")]
    NotAuthor(String),
    /// Something in it is wrong.
    #[error("{} findings", .0.len())]
    Invalid(Vec<ChangeFinding>),
    /// An entry belongs to another economy.
    #[error("an entry belongs to {0}")]
    NotYours(String),
    /// The request id was used for something else.
    #[error("request id {0} was used before")]
    RequestIdReused(String),
    /// What is stored cannot be read.
    #[error("{0}")]
    Stored(String),
    /// Not a refusal: only validation was asked for, and the step is possible. Ends the transaction without a trace.
    #[error("validated only")]
    Validated(Box<Answer>),
}

impl ChangeSet {
    /// What a caller sends back to act on what was seen.
    pub fn etag(&self) -> String {
        format!("v{}", self.version)
    }

    /// Fails unless `etag` is empty or the current one.
    pub fn check_etag(&self, etag: &str) -> Result<(), ChangeError> {
        if etag.is_empty() || etag == self.etag() {
            Ok(())
        } else {
            Err(ChangeError::Etag { name: self.name.clone(), etag: self.etag() })
        }
    }

    fn check_state(&self, from: &[State], step: &'static str) -> Result<(), ChangeError> {
        if from.contains(&self.state) {
            Ok(())
        } else {
            Err(ChangeError::State { name: self.name.clone(), state: self.state.as_str(), step })
        }
    }

    /// Fails when `subject` is the author, by whichever credential.
    fn check_four_eyes(&self, subject: &str) -> Result<(), ChangeError> {
        if subject == self.author {
            Err(ChangeError::FourEyes { name: self.name.clone(), subject: subject.to_owned() })
        } else {
            Ok(())
        }
    }

    fn step(&mut self, state: State) {
        self.state = state;
        self.version += 1;
    }

    /// The author proposes it; `findings` are what validation found.
    pub fn propose(
        &mut self,
        subject: &str,
        findings: Vec<ChangeFinding>,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeError> {
        if subject != self.author {
            return Err(ChangeError::NotAuthor(self.name.clone()));
        }
        self.check_state(&[State::Draft], "propose")?;
        if !findings.is_empty() {
            return Err(ChangeError::Invalid(findings));
        }
        self.proposed_at = Some(now);
        self.step(State::Proposed);
        Ok(())
    }

    /// Somebody else approves or rejects it.
    pub fn review(&mut self, review: Review) -> Result<(), ChangeError> {
        self.check_four_eyes(&review.reviewer)?;
        self.check_state(&[State::Proposed, State::Notified], "review")?;
        let state = if review.approved { State::Approved } else { State::Rejected };
        self.reviews.push(review);
        self.step(state);
        Ok(())
    }

    /// Somebody else than the author publishes it as `revision`; `findings` are what validation found now.
    pub fn publish(
        &mut self,
        subject: &str,
        findings: Vec<ChangeFinding>,
        revision: u64,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeError> {
        self.check_four_eyes(subject)?;
        self.check_state(&[State::Approved], "publish")?;
        if !findings.is_empty() {
            return Err(ChangeError::Invalid(findings));
        }
        self.published_revision = revision;
        self.published_at = Some(now);
        self.publisher = subject.to_owned();
        self.step(State::Published);
        Ok(())
    }
}
