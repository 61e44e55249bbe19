//! Alerts: what of the catalogue's changes, and of its days that come, concerns whom.

mod changes;
mod dated;
mod interest;
mod reach;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use self::changes::of_change_set;
pub(crate) use self::dated::closing;
pub use self::dated::due;
pub use self::interest::Interest;
pub use self::reach::{Reach, ReachOf};
use super::time::optional_date;

/// Something that happened, or a day that comes.
pub type Alert = greenlane_curation::alerts::Alert<Item>;

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

#[cfg(test)]
mod tests;
