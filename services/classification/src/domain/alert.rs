//! Alerts: what happens to codes and green lists, which of their days come, and whom that affects.

mod changes;
mod dated;
mod interest;
mod words;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub(crate) use self::changes::of_delta;
pub(crate) use self::dated::due;
pub(crate) use self::interest::{Interest, concerns};

/// Something that happened, or a day that comes.
pub(crate) type Alert = greenlane_curation::alerts::Alert<Item>;

/// An edition, a code, a list or an entry that changes, or of which a day is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// Resource name of it.
    pub(crate) entry: String,
    /// The field that holds the day; empty when it changes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) field: String,
    /// What happens.
    pub(crate) what: String,
    /// From when; none means from publication on.
    pub(crate) from: Option<NaiveDate>,
    /// What to do.
    pub(crate) to_do: String,
    /// Whether somebody could lose what they have.
    pub(crate) tightens: bool,
    /// Whom it affects.
    pub(crate) reach: Reach,
}

/// A code with its edition, known here or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) edition: String,
    pub(crate) code: String,
}

impl Code {
    fn new(edition: &str, code: &str) -> Self {
        Self { edition: edition.to_owned(), code: code.to_owned() }
    }

    fn name(&self) -> String {
        format!("editions/{}/codes/{}", self.edition, self.code)
    }
}

/// Whom something affects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reach {
    /// Whose goods are under these codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) codes: Vec<Code>,
    /// Whose goods are under any code of these systems, or of those that extend them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) systems: Vec<String>,
    /// Who follows this list. Empty: it is about codes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) list: String,
    /// To whom the tariff or the list belongs. Empty: to no single economy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) economy: String,
}

#[cfg(test)]
mod tests;
