//! Editions of standards, and how markets move from one to the next.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::key::{EconomyCode, StandardKey, TransitionKey};
use super::source::Source;
use super::time::optional_date;
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

/// How a market moves from one edition to the next. What recognition accepts when is laid down in requirements; this
/// is the calendar for holders and bodies.
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
