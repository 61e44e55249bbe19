//! When things are in force, and what their end does to what went before.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::words::LapseRule;

/// Reads an empty text as no date, as the contract writes it.
pub(crate) mod optional_date {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(date: &Option<NaiveDate>, serializer: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => serializer.collect_str(date),
            None => serializer.serialize_str(""),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(None);
        }
        super::parse_date(&text).map(Some).ok_or_else(|| de::Error::custom(format_args!("`{text}` is no YYYY-MM-DD")))
    }
}

/// Reads a date as the contract writes it.
pub(crate) mod date {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(date)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_date(&text).ok_or_else(|| de::Error::custom(format_args!("`{text}` is no YYYY-MM-DD")))
    }
}

/// Reads `YYYY-MM-DD` and nothing else.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    if shaped { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

/// Whether it is a date of the calendar as exactly as a source has it: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
pub fn is_date_in_part(text: &str) -> bool {
    earliest_day(text).is_some()
}

/// The first day that such a date can mean; none where it is no date.
pub fn earliest_day(text: &str) -> Option<NaiveDate> {
    ["", "-01", "-01-01"].iter().find_map(|rest| parse_date(&format!("{text}{rest}")))
}

/// From which day, and to which day without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// First day.
    #[serde(with = "date")]
    pub from: NaiveDate,
    /// First day after.
    #[serde(default, with = "optional_date")]
    pub until: Option<NaiveDate>,
}

impl Validity {
    /// Whether the day lies within.
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.from <= date && self.until.is_none_or(|until| date < until)
    }

    /// Whether what it is of, and what may end by a rule, counts on the day `date` for a result granted on `granted_on`:
    /// from the day of the end on by the rule, also beyond this period. What was over before that day stays over.
    pub fn counts(&self, ending: Option<&Ending>, date: NaiveDate, granted_on: Option<NaiveDate>) -> Counts {
        if date < self.from {
            return Counts::No;
        }
        match self.ended(ending, date) {
            Some(ending) => ending.counts(date, granted_on),
            None if self.contains(date) => Counts::Yes,
            None => Counts::No,
        }
    }

    /// The end that has come, if one has before the period was over.
    pub fn ended<'e>(&self, ending: Option<&'e Ending>, date: NaiveDate) -> Option<&'e Ending> {
        ending.filter(|it| it.on <= date && self.until.is_none_or(|until| it.on <= until))
    }

    /// Whether some day lies within both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_before_end = |a: &Self, b: &Self| b.until.is_none_or(|until| a.from < until);
        begins_before_end(self, other) && begins_before_end(other, self)
    }

    /// Whether every day of another lies within it.
    pub fn holds(&self, other: &Self) -> bool {
        self.from <= other.from && self.until.is_none_or(|until| other.until.is_some_and(|it| it <= until))
    }

    /// Whether it ends before it begins.
    pub fn is_empty(&self) -> bool {
        self.until.is_some_and(|until| until <= self.from)
    }
}

/// An end and its rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// First day after.
    #[serde(with = "date")]
    pub on: NaiveDate,
    /// What becomes of earlier results.
    #[serde(default = "cut_off")]
    pub rule: LapseRule,
    /// Until when grandfathered results count.
    #[serde(default, with = "optional_date")]
    pub earlier_results_until: Option<NaiveDate>,
    /// Where it is laid down.
    #[serde(default)]
    pub legal_reference: String,
}

fn cut_off() -> LapseRule {
    LapseRule::CutOff
}

/// Whether something counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// It counts.
    Yes,
    /// It does not.
    No,
    /// That depends on when the result was granted, which is not known.
    NeedsGrantDate,
    /// When it enters into force is not known.
    NeedsEntryIntoForce,
}

impl Ending {
    /// Whether what ends here counts on the day `date` for a result granted on `granted_on`.
    pub fn counts(&self, date: NaiveDate, granted_on: Option<NaiveDate>) -> Counts {
        if date < self.on {
            return Counts::Yes;
        }
        if self.rule == LapseRule::CutOff || self.earlier_results_until.is_some_and(|until| date >= until) {
            return Counts::No;
        }
        match granted_on {
            None => Counts::NeedsGrantDate,
            Some(granted_on) if granted_on < self.on => Counts::Yes,
            Some(_) => Counts::No,
        }
    }
}
