//! Shapes that many requests share.

use std::fmt;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};

use super::Violations;
use super::hidden::holds_hidden;

/// A caller's id for a mutation: 1 to 64 characters of `[A-Za-z0-9._-]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(String);

impl RequestId {
    /// The id, if it has the right shape.
    pub fn new(raw: impl Into<String>) -> Result<Self, &'static str> {
        let raw = raw.into();
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=64).contains(&raw.len()) && raw.bytes().all(good) {
            Ok(Self(raw))
        } else {
            Err("must be 1 to 64 characters of A-Z a-z 0-9 . _ -")
        }
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An economy: ISO 3166-1 alpha-2, or a bloc's code (`EU`, `ASEAN`): 2 to 16 characters, upper-case letters first,
/// then upper-case letters, digits and hyphens. Whether it is known is the catalogue's business.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EconomyCode(String);

impl EconomyCode {
    /// The code, if it has the right shape.
    pub fn new(raw: impl Into<String>) -> Result<Self, &'static str> {
        let raw = raw.into();
        let bytes = raw.as_bytes();
        let good = match bytes.len() {
            2 => bytes.iter().all(u8::is_ascii_uppercase),
            3..=16 => {
                bytes[0].is_ascii_uppercase()
                    && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'-')
                    && bytes[bytes.len() - 1] != b'-'
            }
            _ => false,
        };
        if good { Ok(Self(raw)) } else { Err("must be an ISO 3166-1 alpha-2 code or a bloc's code, in capitals") }
    }

    /// The code's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code's text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for EconomyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Violations {
    /// The field `request_id` of a mutation.
    pub fn request_id(&mut self, raw: &str) -> Option<RequestId> {
        if raw.is_empty() {
            self.add("request_id", "is required");
            return None;
        }
        self.parse("request_id", RequestId::new(raw))
    }

    /// A text of so many characters, without control characters (NUL among them, which PostgreSQL refuses) and without
    /// characters that do not show, by which a text can read otherwise than it is.
    /// Line feeds and tabs are for [`Violations::paragraphs`].
    pub fn text(&mut self, field: &str, raw: &str, characters: RangeInclusive<usize>) -> Option<String> {
        self.is_text_without(field, raw, characters, char::is_control).then(|| raw.to_owned())
    }

    /// As [`Violations::text`], without a copy: for what comes in numbers.
    pub fn own_text(&mut self, field: &str, raw: String, characters: RangeInclusive<usize>) -> Option<String> {
        self.is_text_without(field, &raw, characters, char::is_control).then_some(raw)
    }

    /// A text of so many characters that may have several lines.
    pub fn paragraphs(&mut self, field: &str, raw: &str, characters: RangeInclusive<usize>) -> Option<String> {
        let refused = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        self.is_text_without(field, raw, characters, refused).then(|| raw.to_owned())
    }

    fn is_text_without(
        &mut self,
        field: &str,
        raw: &str,
        characters: RangeInclusive<usize>,
        refused: fn(char) -> bool,
    ) -> bool {
        let (min, max) = (*characters.start(), *characters.end());
        // Of ASCII, which most texts are, each byte is a character, and only control characters need a closer look.
        let is_ascii = raw.is_ascii();
        // A character takes four bytes at most, so an over-long text is told without counting it.
        let count = if raw.len() > max.saturating_mul(4) {
            usize::MAX
        } else if is_ascii {
            raw.len()
        } else {
            raw.chars().count()
        };
        let is_refused = || match is_ascii {
            true => raw.bytes().any(|byte| byte.is_ascii_control() && refused(char::from(byte))),
            false => raw.contains(refused),
        };
        if min > 0 && raw.trim().is_empty() {
            self.add(field, "is required");
        } else if count < min {
            self.add(field, format!("must have at least {min} characters"));
        } else if count > max {
            self.add(field, format!("must have at most {max} characters"));
        } else if is_refused() {
            self.add(field, "must not contain control characters");
        } else if holds_hidden(raw) {
            self.add(field, "must not contain characters that do not show, such as U+202E or U+200B");
        } else {
            return true;
        }
        false
    }

    /// A calendar date, `YYYY-MM-DD`, of the years 1900 to 9999.
    pub fn date(&mut self, field: &str, raw: &str) -> Option<NaiveDate> {
        if raw.is_empty() {
            self.add(field, "is required");
            return None;
        }
        self.optional_date(field, raw).flatten()
    }

    /// A calendar date that may be left out. The outer option is none when the field is wrong.
    pub fn optional_date(&mut self, field: &str, raw: &str) -> Option<Option<NaiveDate>> {
        if raw.is_empty() {
            return Some(None);
        }
        self.parse(field, parse_date(raw).ok_or("must be a date YYYY-MM-DD of the years 1900 to 9999")).map(Some)
    }

    /// The days on which goods were placed on the market and made, as far as `placed_on_market_on` and `manufactured_on`
    /// say it: neither after the date that counts, nor made after they were placed. The outer option is none when one
    /// cannot be read.
    pub fn days_of_stock(
        &mut self,
        placed_on: &str,
        manufactured_on: &str,
        date: NaiveDate,
    ) -> Option<(Option<NaiveDate>, Option<NaiveDate>)> {
        let placed = self.optional_date("placed_on_market_on", placed_on);
        let manufactured = self.optional_date("manufactured_on", manufactured_on);
        let (placed_on, manufactured_on) = (placed?, manufactured?);
        let is_late = |day: Option<NaiveDate>, than: NaiveDate| day.is_some_and(|day| day > than);
        self.check("placed_on_market_on", !is_late(placed_on, date), "must not be after the date that counts");
        self.check("manufactured_on", !is_late(manufactured_on, date), "must not be after the date that counts");
        if let Some(placed) = placed_on {
            self.check("manufactured_on", !is_late(manufactured_on, placed), "must not be after placed_on_market_on");
        }
        Some((placed_on, manufactured_on))
    }

    /// An economy or bloc.
    pub fn economy(&mut self, field: &str, raw: &str) -> Option<EconomyCode> {
        if raw.is_empty() {
            self.add(field, "is required");
            return None;
        }
        self.parse(field, EconomyCode::new(raw))
    }

    /// The economy where somebody has a seat or something happens: by the form of ISO 3166-1 alpha-2, and none of the
    /// codes that it keeps for something else. Required.
    pub fn seat(&mut self, field: &str, raw: &str) -> Option<EconomyCode> {
        let alpha_2 = raw.len() == 2 && raw.bytes().all(|b| b.is_ascii_uppercase());
        if !raw.is_empty() && !alpha_2 {
            self.add(field, "must be an ISO 3166-1 alpha-2 code, two capitals");
            return None;
        }
        if is_no_economy(raw) {
            self.add(field, format!("must be an economy: ISO 3166-1 keeps {raw} for something else"));
            return None;
        }
        self.economy(field, raw)
    }

    /// An economy or bloc that may be left out. The outer option is none when the field is wrong.
    pub fn optional_economy(&mut self, field: &str, raw: &str) -> Option<Option<EconomyCode>> {
        if raw.is_empty() { Some(None) } else { self.parse(field, EconomyCode::new(raw)).map(Some) }
    }

    /// A resource name of the shape `pattern` (`"bodies/{body}/keys/{key}"`): its ids, in order. `N` is the number of
    /// placeholders in the pattern. Ids are 1 to 64 characters of `[A-Za-z0-9._~-]`.
    pub fn resource_name<const N: usize>(&mut self, field: &str, raw: &str, pattern: &str) -> Option<[String; N]> {
        if raw.is_empty() {
            self.add(field, "is required");
            return None;
        }
        let ids = match_name(raw, pattern).and_then(|ids| <[String; N]>::try_from(ids).ok());
        self.parse(field, ids.ok_or_else(|| format!("must be a resource name of the shape {pattern}")))
    }

    /// An enumeration's value that must be set and known.
    pub fn enumeration<E: TryFrom<i32> + Default + PartialEq>(&mut self, field: &str, raw: i32) -> Option<E> {
        match E::try_from(raw) {
            Ok(value) if value != E::default() => Some(value),
            Ok(_) => {
                self.add(field, "is required");
                None
            }
            Err(_) => {
                self.add(field, format!("has no value {raw}"));
                None
            }
        }
    }

    /// A point in time that must be set and well-formed, cut to microseconds.
    pub fn timestamp(&mut self, field: &str, raw: Option<&prost_types::Timestamp>) -> Option<DateTime<Utc>> {
        let raw = self.required(field, raw)?;
        self.parse(field, parse_timestamp(raw).ok_or("must be a valid timestamp of the years 1900 to 9999"))
    }

    /// A point in time that may be left out. The outer option is none when the field is wrong.
    pub fn optional_timestamp(
        &mut self,
        field: &str,
        raw: Option<&prost_types::Timestamp>,
    ) -> Option<Option<DateTime<Utc>>> {
        match raw {
            None => Some(None),
            Some(raw) => self.timestamp(field, Some(raw)).map(Some),
        }
    }

    /// The field `update_mask`: required, not empty, and naming only `allowed` paths.
    pub fn update_mask(&mut self, raw: Option<&prost_types::FieldMask>, allowed: &[&str]) -> Option<Vec<String>> {
        let paths = raw.map(|mask| mask.paths.as_slice()).unwrap_or_default();
        if paths.is_empty() {
            self.add("update_mask", "is required and names at least one field");
            return None;
        }
        let mut good = true;
        for path in paths {
            good &= self.check("update_mask", allowed.contains(&path.as_str()), format!("cannot change `{path}`"));
        }
        good.then(|| paths.to_vec())
    }
}

fn parse_date(raw: &str) -> Option<NaiveDate> {
    let bytes = raw.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !shape {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    let (year, month, day) = (number(&bytes[..4]), number(&bytes[5..7]), number(&bytes[8..]));
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (date >= NaiveDate::from_ymd_opt(1900, 1, 1)?).then_some(date)
}

fn parse_timestamp(raw: &prost_types::Timestamp) -> Option<DateTime<Utc>> {
    let nanos = u32::try_from(raw.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    let time = DateTime::from_timestamp(raw.seconds, nanos / 1_000 * 1_000)?;
    let years = DateTime::from_timestamp(-2_208_988_800, 0)?..DateTime::from_timestamp(253_402_300_800, 0)?;
    years.contains(&time).then_some(time)
}

fn match_name(raw: &str, pattern: &str) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    let mut parts = raw.split('/');
    for expected in pattern.split('/') {
        let part = parts.next()?;
        if expected.starts_with('{') {
            let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
            if !(1..=64).contains(&part.len()) || !part.bytes().all(good) {
                return None;
            }
            ids.push(part.to_owned());
        } else if part != expected {
            return None;
        }
    }
    parts.next().is_none().then_some(ids)
}

/// What is no economy and never will be: reserved for a bloc or an organisation (European Union, eurozone, United Nations),
/// or for everybody's own use. Of the latter `XA` to `XZ` are those that examples are made of, and one is in common use.
fn is_no_economy(code: &str) -> bool {
    matches!(code, "EU" | "EZ" | "UN" | "AA" | "ZZ") || ("QM"..="QZ").contains(&code)
}
