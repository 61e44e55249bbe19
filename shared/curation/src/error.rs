//! Why a step is refused, and what that looks like from outside.

use chrono::NaiveDate;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::{Fault, FieldViolation};
use greenlane_store::{DomainError, StoreError};

use crate::change_set::Finding;

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
    /// Those concerned have not been heard.
    #[error("{name}: {why}")]
    NotHeard {
        /// The change set.
        name: String,
        /// Its state.
        state: &'static str,
        /// The step.
        step: &'static str,
        /// What is missing.
        why: String,
    },
    /// The comment period is over.
    #[error("comments on {name} were taken until {until}")]
    CommentsClosed {
        /// The change set.
        name: String,
        /// The last day.
        until: NaiveDate,
    },
    /// The comment period that is asked for is not possible.
    #[error("{0}")]
    Clock(String),
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
    /// Only these persons may do this.
    #[error("only {0} may do this")]
    NotOneOf(String),
    /// Something in it is wrong.
    #[error("{} findings", .0.len())]
    Invalid(Vec<Finding>),
    /// What is changed belongs to others.
    #[error("an entry belongs to {0}")]
    NotYours(String),
    /// Entries of it belong to others.
    #[error("{}", belongs(.0))]
    Foreign(Vec<Owned>),
    /// Only a body or an economy does this.
    #[error("the token names neither a body nor an economy")]
    ForNobody,
    /// What a change set did has been changed again, so that undoing it would undo more.
    #[error("{entries:?} have changed since {name}")]
    ChangedSince {
        /// The change set.
        name: String,
        /// What has changed since.
        entries: Vec<String>,
    },
    /// Fields of the request are wrong in the light of what is stored.
    #[error("{} fields are wrong", .0.len())]
    Fields(Vec<FieldViolation>),
    /// The caller has an interest in what it would decide on.
    #[error("{subject} may not decide on {name}: {why}")]
    Conflict {
        /// What would be decided on.
        name: String,
        /// The caller.
        subject: String,
        /// The interest.
        why: String,
    },
    /// The request id was used for something else.
    #[error("request id {0} was used before")]
    RequestIdReused(String),
    /// What is stored cannot be read.
    #[error("{0}")]
    Stored(String),
    /// Not a refusal: only validation was asked for, and this is the answer. Ends the transaction without a trace.
    #[error("validated only")]
    Validated(Vec<u8>),
}

impl DomainError for ChangeError {}

/// An entry that belongs to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Its resource name.
    pub entry: String,
    /// The economies (by code) and bodies (by resource name) of which each may change it.
    pub owners: Vec<String>,
}

impl Owned {
    /// Whether a caller may change it: for the economy or body of the token, or where that names no economy, with the
    /// scope `admin`.
    pub fn is_of(&self, caller: &Caller) -> bool {
        let is = |claim: Option<&str>| claim.is_some_and(|claim| self.owners.iter().any(|owner| owner == claim));
        is(caller.economy()) || is(caller.body()) || (caller.economy().is_none() && caller.is_admin())
    }
}

/// At most so many names in a message.
const NAMED: usize = 10;
/// At most so many entries of the same owners: a message travels in a header, and has to say what to do besides.
const ENTRIES_NAMED: usize = 3;
/// About so long is what a message says of owners.
const OWNERS_BYTES: usize = 320;

/// To whom entries belong, as sentences: those of the same owners in one.
pub(crate) fn belongs(entries: &[Owned]) -> String {
    let mut groups: Vec<(&[String], Vec<String>)> = Vec::new();
    for it in entries {
        let entry = format!("`{}`", it.entry);
        match groups.iter_mut().find(|(owners, _)| *owners == it.owners) {
            Some((_, known)) if known.contains(&entry) => {}
            Some((_, known)) => known.push(entry),
            None => groups.push((&it.owners, vec![entry])),
        }
    }
    let mut text = String::new();
    for (owners, entries) in groups {
        let verb = if entries.len() == 1 { "belongs" } else { "belong" };
        let more = format!("{} {verb} to {}", listed(&entries, ENTRIES_NAMED), listed(owners, NAMED));
        if text.is_empty() {
            text = more;
        } else if text.len() + more.len() <= OWNERS_BYTES {
            text.push_str(&format!("; {more}"));
        } else {
            text.push_str("; and more to others");
            break;
        }
    }
    text
}

fn listed(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let mut list = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        list.push_str(&format!(" and {more} more"));
    }
    list
}

/// The fault of a refused step.
pub fn fault(error: StoreError<ChangeError>) -> Fault {
    error.into_fault(|error| match error {
        ChangeError::NotFound(name) => Fault::not_found(name),
        ChangeError::State { name, state, step } => Fault::state_conflict(name, state, step),
        ChangeError::NotHeard { name, state, step, why } => {
            let message = format!("`{name}` is {state} and cannot be {step}: {why}");
            Fault::state_conflict(name, state, step).with_message(message)
        }
        ChangeError::CommentsClosed { name, until } => {
            let message = format!("comments on `{name}` were taken until {until}");
            Fault::state_conflict(name, "notified", "comment").with_message(message)
        }
        ChangeError::Clock(why) => Fault::invalid("comments_until", why),
        ChangeError::Etag { name, etag } => Fault::etag_mismatch(name, etag),
        ChangeError::FourEyes { name, subject } => Fault::four_eyes(name, subject),
        ChangeError::Fields(violations) => Fault::field_violations(violations),
        ChangeError::Conflict { name, subject, why } => {
            let message = format!("`{subject}` may not take this step on `{name}`: {why}");
            Fault::four_eyes(name, subject).with_message(message)
        }
        ChangeError::NotAuthor(name) => {
            let author = format!("the author of {name}");
            let message = format!("only {author} may do this");
            Fault::not_yours("sub", author).with_message(message)
        }
        ChangeError::NotOneOf(whom) => {
            let message = format!("only {whom} may do this");
            Fault::not_yours("sub", whom).with_message(message)
        }
        ChangeError::NotYours(owners) => {
            let message =
                format!("it belongs to {owners}: the token's `economy` or `body` must be one that it belongs to");
            Fault::not_yours("economy", owners).with_message(message)
        }
        ChangeError::Foreign(entries) => {
            let mut owners: Vec<String> = entries.iter().flat_map(|it| it.owners.clone()).collect();
            owners.sort();
            owners.dedup();
            let common: Vec<String> =
                owners.iter().filter(|owner| entries.iter().all(|it| it.owners.contains(owner))).cloned().collect();
            let (which, required) = match common.as_slice() {
                [] => ("must be one that each of them belongs to, and none is".to_owned(), listed(&owners, NAMED)),
                [one] => (format!("must be {one}"), one.clone()),
                // Any one of them will do.
                several => ("must be one of these".to_owned(), listed(several, NAMED).replace(", ", " or ")),
            };
            let message = format!(
                "{}: the token's `economy` or `body` {which}, or the token one of scope `admin` that names no economy",
                belongs(&entries)
            );
            Fault::not_yours("economy", required).with_message(message)
        }
        ChangeError::ForNobody => Fault::not_yours("economy", "any").with_message(
            "this is done for a body or an economy, and the token names neither: it needs a claim `body` or `economy`",
        ),
        ChangeError::RequestIdReused(request_id) => Fault::request_id_reused(request_id),
        ChangeError::Invalid(findings) => Fault::field_violations(findings.into_iter().map(|finding| {
            let mut field = format!("changes[{}]", finding.index);
            if !finding.field.is_empty() {
                field = format!("{field}.{}", finding.field);
            }
            FieldViolation::new(field, format!("{}: {}", finding.code, finding.message))
        })),
        ChangeError::ChangedSince { name, entries } => {
            let list = listed(&entries, NAMED);
            let message = format!("{list} changed again since `{name}`: undo it by a change set of your own");
            Fault::state_conflict(name, "published", "revert").with_message(message)
        }
        ChangeError::Stored(text) => Fault::internal(text),
        ChangeError::Validated(_) => Fault::internal("a validation was answered as a failure"),
    })
}
