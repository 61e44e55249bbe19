//! Entries about registered bodies, their keys, and what is said of them.

use chrono::{DateTime, NaiveDate, Utc};
use greenlane_jose::canonical::Node;

use super::{hash_text, instant, record_hash};
use crate::domain::body::BodyRecord;
use crate::domain::key::Key;
use crate::domain::statement::{Statement, StatementStep};

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum BodyEntry<'a> {
    Updated { body: &'a BodyRecord },
    Key { key: &'a Key, event: KeyEvent<'a> },
    Stated { statement: &'a Statement },
    Stepped { statement: &'a Statement, step: StatementStep, day: NaiveDate, reason_text: &'a str },
}

/// What happened to a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyEvent<'a> {
    Retired { until: DateTime<Utc> },
    Revoked { since: DateTime<Utc>, reason_text: &'a str },
}

impl BodyEntry<'_> {
    pub(super) fn members(&self, put: &mut impl FnMut(&'static str, Node<'static>)) {
        match self {
            Self::Updated { body } => {
                put("event", "body.update".into());
                put("body", body.name().into());
                put("record_sha256", record_hash(body).into());
            }
            Self::Key { key, event } => {
                put("body", key.record.body.name().into());
                put("key", key.name().into());
                match event {
                    KeyEvent::Retired { until } => {
                        put("event", "key.retire".into());
                        put("valid_until", instant(*until));
                    }
                    KeyEvent::Revoked { since, reason_text } => {
                        put("event", "key.revoke".into());
                        put("compromised_since", instant(*since));
                        put("reason_text_sha256", hash_text(reason_text).into());
                    }
                }
            }
            Self::Stated { statement } => {
                of_statement(statement, "create", put);
                put("record_sha256", record_hash(&statement.record).into());
            }
            Self::Stepped { statement, step, day, reason_text } => {
                of_statement(statement, step.as_str(), put);
                put("effective_date", day.to_string().into());
                put("reason_text_sha256", hash_text(reason_text).into());
            }
        }
    }
}

fn of_statement(statement: &Statement, verb: &str, put: &mut impl FnMut(&'static str, Node<'static>)) {
    let kind = statement.record.what.kind().as_str();
    put("event", format!("{kind}.{verb}").into());
    put("body", statement.record.body.name().into());
    put("by", statement.record.by.name().into());
    put(kind, statement.name().into());
}
