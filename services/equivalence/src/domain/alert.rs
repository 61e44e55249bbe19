//! Alerts: what of the catalogue's changes, and of its days that come, concerns whom.

mod changes;
mod dated;
mod interest;
mod reach;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use self::changes::{of_change_set, tells};
pub use self::dated::due;
pub use self::interest::{Concerns, Interest, Subscription};
pub use self::reach::{Reach, ReachOf};
use super::time::optional_date;
use super::words::AlertKind;

/// Something that happened, or a day that comes. The position is the store's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
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
    #[serde(default, with = "optional_date")]
    pub comments_until: Option<NaiveDate>,
    /// Revision of the catalogue.
    pub revision: u64,
    /// Its parts.
    pub items: Vec<Item>,
}

/// One entry that changes, or of which a day is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Resource name of the entry.
    pub entry: String,
    /// The field that holds the day; empty when the entry changes.
    pub field: String,
    /// What happens.
    pub what: String,
    /// From when; none means from publication on.
    #[serde(with = "optional_date")]
    pub from: Option<NaiveDate>,
    /// Where it is laid down.
    pub legal_reference: String,
    /// What to do.
    pub to_do: String,
    /// Whether somebody could lose access.
    pub tightens: bool,
    /// Whom it concerns.
    pub reach: Reach,
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

#[cfg(test)]
mod tests;
