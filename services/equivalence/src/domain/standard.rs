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

/// What is known of the age of goods, as far as markets exempt earlier stock by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Stock {
    /// When they were placed on the market.
    #[serde(with = "optional_date")]
    pub placed_on: Option<NaiveDate>,
    /// When they were manufactured.
    #[serde(with = "optional_date")]
    pub manufactured_on: Option<NaiveDate>,
}

impl Stock {
    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// The goods that a transition leaves under the earlier edition: those of before every day that is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockExemption {
    /// Placed on the market before this day.
    #[serde(default, with = "optional_date")]
    pub placed_on_market_before: Option<NaiveDate>,
    /// Manufactured before this day.
    #[serde(default, with = "optional_date")]
    pub manufactured_before: Option<NaiveDate>,
    /// The first day on which it is over.
    #[serde(default, with = "optional_date")]
    pub until: Option<NaiveDate>,
    /// What must be shown beside the dates.
    #[serde(default)]
    pub provided: String,
}

impl StockExemption {
    /// Whether goods are exempt on a day. Those of which a day that counts is not known are not.
    pub fn holds(&self, date: NaiveDate, stock: Stock) -> bool {
        let before = |limit: Option<NaiveDate>, day: Option<NaiveDate>| {
            limit.is_none_or(|limit| day.is_some_and(|day| day < limit))
        };
        self.until.is_none_or(|until| date < until)
            && before(self.placed_on_market_before, stock.placed_on)
            && before(self.manufactured_before, stock.manufactured_on)
    }
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
    /// Which stock is exempt, in words.
    #[serde(default)]
    pub exempt_stock: String,
    /// Which stock is exempt, by its dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_exemption: Option<StockExemption>,
    /// Where the fact comes from.
    #[serde(default)]
    pub source: Source,
}

impl EditionTransition {
    /// Whether one of its two editions counts on the day `date` for a result granted on `granted_on` and goods of this age.
    /// The last day for conversion is a day on which an unconverted result still counts.
    pub fn counts(
        &self,
        standard: &StandardKey,
        date: NaiveDate,
        granted_on: Option<NaiveDate>,
        stock: Stock,
    ) -> Counts {
        if *standard == self.to_standard {
            return if self.either_from.is_some_and(|from| date < from) { Counts::No } else { Counts::Yes };
        }
        if *standard != self.from_standard || date < self.new_only_from {
            return Counts::Yes;
        }
        if self.convert_by.is_some_and(|by| date > by) && !self.exempts(standard, date, stock) {
            return Counts::No;
        }
        match granted_on {
            None => Counts::NeedsGrantDate,
            Some(granted_on) if granted_on < self.new_only_from => Counts::Yes,
            Some(_) => Counts::No,
        }
    }

    /// Whether an edition counts on a day only for goods that are exempt, and goods of this age are.
    pub fn exempts(&self, standard: &StandardKey, date: NaiveDate, stock: Stock) -> bool {
        *standard == self.from_standard
            && *standard != self.to_standard
            && date >= self.new_only_from
            && self.convert_by.is_some_and(|by| date > by)
            && self.stock_exemption.as_ref().is_some_and(|exemption| exemption.holds(date, stock))
    }
}
