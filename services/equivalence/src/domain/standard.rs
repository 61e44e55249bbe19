//! Editions of standards, and how markets move from one to the next.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::key::{EconomyCode, StandardKey, TransitionKey};
use super::source::Source;
use super::time::{Counts, optional_date};
use super::words::ConversionConsequence;

/// One edition of a standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardEdition {
    /// Its resource name, made of the designation.
    pub name: StandardKey,
    /// Designation.
    #[serde(default)]
    pub designation: String,
    /// Publisher.
    #[serde(default)]
    pub publisher: String,
    /// Title.
    #[serde(default)]
    pub title: String,
    /// When it was published, as exactly as known.
    #[serde(default)]
    pub published_on: String,
    /// When it became applicable.
    #[serde(default, with = "optional_date")]
    pub implemented_on: Option<NaiveDate>,
    /// When it was withdrawn.
    #[serde(default, with = "optional_date")]
    pub withdrawn_on: Option<NaiveDate>,
    /// What it supersedes.
    #[serde(default)]
    pub supersedes: Vec<StandardKey>,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

/// How a market moves from one edition to the next. Requirements say which editions a market accepts; within that this
/// calendar says for which results, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditionTransition {
    /// Its resource name.
    pub name: TransitionKey,
    /// The market.
    pub market: EconomyCode,
    /// The earlier edition.
    pub from_standard: StandardKey,
    /// The later edition.
    pub to_standard: StandardKey,
    /// From when either counts.
    #[serde(default, with = "optional_date")]
    pub either_from: Option<NaiveDate>,
    /// From when only the later one counts for new certificates.
    #[serde(with = "super::time::date")]
    pub new_only_from: NaiveDate,
    /// By when existing certificates are converted.
    #[serde(default, with = "optional_date")]
    pub convert_by: Option<NaiveDate>,
    /// What happens to those that are not.
    #[serde(default, with = "super::entry::optional_word")]
    pub consequence: Option<ConversionConsequence>,
    /// By when they are withdrawn after a suspension.
    #[serde(default, with = "optional_date")]
    pub withdraw_by: Option<NaiveDate>,
    /// Which stock is exempt.
    #[serde(default)]
    pub exempt_stock: String,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

impl EditionTransition {
    /// Whether one of its two editions counts on the day `date` for a result granted on `granted_on`. The last day for
    /// conversion is a day on which an unconverted result still counts.
    pub fn counts(&self, standard: &StandardKey, date: NaiveDate, granted_on: Option<NaiveDate>) -> Counts {
        if *standard == self.to_standard {
            return if self.either_from.is_some_and(|from| date < from) { Counts::No } else { Counts::Yes };
        }
        if *standard != self.from_standard || date < self.new_only_from {
            return Counts::Yes;
        }
        if self.convert_by.is_some_and(|by| date > by) {
            return Counts::No;
        }
        match granted_on {
            None => Counts::NeedsGrantDate,
            Some(granted_on) if granted_on < self.new_only_from => Counts::Yes,
            Some(_) => Counts::No,
        }
    }
}
