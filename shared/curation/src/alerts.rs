//! Alerts: what happens to what is curated, and the days that come, told to those who are affected.
//!
//! Alerts are one log that every subscription reads through its filters. An alert is written in the transaction of the
//! step that it tells of ([`append`], from [`Curated::stepped`](crate::Curated::stepped) or
//! [`Curated::publish`](crate::Curated::publish)), or when a day comes within the look-ahead ([`Alerts::follow`]).
//! Positions are handed out in the order of commits, so that nothing appears below a position that was read.
//!
//! A service says by [`Alerting`] what its alerts consist of and whom they affect, by an [`AlertContract`] how they are
//! shown, and [`alert_service!`](crate::alert_service) writes its `AlertService`. Its `Migrator` pushes [`migration()`].

pub mod contract;
mod log;
mod migration;
mod service;
mod store;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::change_set::{ChangeSet, State};

pub use self::contract::AlertContract;
pub use self::log::{Alerts, Message, Page, Told, owner};
pub use self::migration::migration;
pub use self::store::append;

/// What an alert tells of. The numbers are those of the contracts; the names are stored and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlertKind {
    /// A change set was notified.
    Notified = 1,
    /// Its comment period was extended.
    Extended = 2,
    /// What was announced does not come.
    NotAdopted = 3,
    /// A change set was published.
    Published = 4,
    /// A day comes.
    Due = 5,
}

impl AlertKind {
    /// What the last step of a change set tells; none when it tells nothing to others.
    pub fn of<C>(change_set: &ChangeSet<C>) -> Option<Self> {
        let notification = change_set.notification.as_ref();
        match change_set.state {
            State::Published => Some(Self::Published),
            State::Notified if notification.is_some_and(|it| it.addenda.is_empty()) => Some(Self::Notified),
            State::Notified => Some(Self::Extended),
            State::Rejected | State::Withdrawn if notification.is_some() => Some(Self::NotAdopted),
            State::Draft | State::Proposed | State::Approved | State::Rejected | State::Withdrawn => None,
        }
    }

    /// Its number in the contracts.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// Its name in the contracts, without what all begin with.
    fn as_str(self) -> &'static str {
        match self {
            Self::Notified => "NOTIFIED",
            Self::Extended => "EXTENDED",
            Self::NotAdopted => "NOT_ADOPTED",
            Self::Published => "PUBLISHED",
            Self::Due => "DUE",
        }
    }
}

/// Something that happened, or a day that comes. The position is the store's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert<I> {
    /// Resource name, made of what happened.
    pub name: String,
    /// What it tells of.
    pub kind: AlertKind,
    /// When it was written.
    pub raised_at: DateTime<Utc>,
    /// In one line.
    pub title: String,
    /// The change set; empty when a day is due.
    #[serde(default)]
    pub change_set: String,
    /// Symbol of its notification.
    #[serde(default)]
    pub notification_symbol: String,
    /// Last day for comments.
    #[serde(default)]
    pub comments_until: Option<NaiveDate>,
    /// Revision of what is curated.
    pub revision: u64,
    /// Its parts.
    pub items: Vec<I>,
}

impl<I> Alert<I> {
    /// The alert of a change set's last step; `before` is the revision before it.
    pub fn of_step<C>(
        kind: AlertKind,
        change_set: &ChangeSet<C>,
        before: u64,
        now: DateTime<Utc>,
        items: Vec<I>,
    ) -> Self {
        let notification = change_set.notification.as_ref();
        Self {
            name: name(&[kind.as_str(), &change_set.name, &change_set.version.to_string()]),
            kind,
            raised_at: now,
            title: change_set.title.clone(),
            change_set: change_set.name.clone(),
            notification_symbol: notification.map(|it| it.symbol.clone()).unwrap_or_default(),
            comments_until: comments_until(kind, change_set),
            revision: if change_set.published_revision > 0 { change_set.published_revision } else { before },
            items,
        }
    }

    /// The alert of a day that the field of an entry holds, at a revision.
    pub fn of_day(
        on: NaiveDate,
        (entry, field): (&str, &str),
        what: &str,
        revision: (u64, DateTime<Utc>),
        item: I,
    ) -> Self {
        let (revision, now) = revision;
        Self {
            name: name(&[AlertKind::Due.as_str(), entry, field, &on.to_string()]),
            kind: AlertKind::Due,
            raised_at: now,
            title: format!("{on}: {entry} {what}"),
            change_set: String::new(),
            notification_symbol: String::new(),
            comments_until: None,
            revision,
            items: vec![item],
        }
    }
}

/// Until when comments are taken after such a step.
pub fn comments_until<C>(kind: AlertKind, change_set: &ChangeSet<C>) -> Option<NaiveDate> {
    match kind {
        AlertKind::Notified | AlertKind::Extended => change_set.notification.as_ref().map(|it| it.comments_until),
        AlertKind::NotAdopted | AlertKind::Published | AlertKind::Due => None,
    }
}

/// The name of an alert: the same for the same thing that happened.
fn name(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // Each with its length, so that no two lists of parts are the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    format!("alerts/{}", hex::encode(&hash.finalize()[..16]))
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription<I> {
    /// Resource name.
    pub name: String,
    /// Whose it is: a body, an economy or a subject.
    pub owner: String,
    /// A title for people.
    pub title: String,
    /// What it is about.
    pub interest: I,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Whether somebody is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concerns {
    /// No.
    No,
    /// That cannot be told: the codes are of another edition, or a part of one is meant.
    Perhaps,
    /// Yes.
    Yes,
}

/// What a service's alerts are about, and whom they affect.
#[async_trait]
pub trait Alerting: Send + Sync + 'static {
    /// A part of an alert: one entry that changes, or of which a day is due.
    type Item: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What somebody wants to be told of.
    type Interest: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Name of the counter of the curated revisions.
    const COUNTER: &'static str;

    /// The published revision, from memory.
    fn revision(&self) -> u64;

    /// Whether each of some items affects somebody, in their order. They are of many alerts, so that what is found out
    /// about the interest is found out once.
    async fn concerns(&self, items: &[&Self::Item], interest: &Self::Interest) -> Vec<Concerns>;

    /// An alert for each day from `first` to `last`, in an order that stays, and the revision that they were found in.
    fn due(&self, first: NaiveDate, last: NaiveDate, now: DateTime<Utc>) -> (u64, Vec<Alert<Self::Item>>);
}

/// An alert that affects somebody is told with the numbers of those of its items that do.
pub type Affecting = Vec<(usize, Concerns)>;

/// Alerts, shared between the handler and what keeps them.
pub type Shared<A> = Arc<Alerts<A>>;
