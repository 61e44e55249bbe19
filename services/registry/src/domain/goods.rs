//! Commodity codes, product identification, and goods as declared.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// A code in an edition of a code system, separators folded away.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) edition: String,
    pub(crate) code: String,
}

/// The editions of the Harmonized System, each called after the year from which it applies; the first also as trade
/// statistics call it.
const HARMONIZED: [&str; 9] =
    ["HS1988", "HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022", "HS2028"];

/// Whether an edition's identifier is one of the Harmonized System itself (not of a national one below it).
fn is_harmonized(edition: &str) -> bool {
    edition.strip_prefix("HS").is_some_and(|year| year.len() == 4 && year.parse::<u16>().is_ok())
}

impl Code {
    /// The edition, or why it is refused.
    pub(crate) fn edition(raw: &str) -> Result<String, &'static str> {
        let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        if (1..=32).contains(&raw.len()) && raw.bytes().all(good) {
            Ok(raw.to_owned())
        } else {
            Err("must be an edition's identifier such as HS2022: 1 to 32 characters of A-Z 0-9 - .")
        }
    }

    /// The code without separators, or why it is refused.
    pub(crate) fn digits(edition: &str, raw: &str) -> Result<String, &'static str> {
        if raw.len() > 32 {
            return Err("must be at most 32 characters");
        }
        let folded: String = raw.chars().filter(|c| !matches!(c, '.' | ' ' | '-')).collect();
        if is_harmonized(edition) {
            let good = matches!(folded.len(), 2 | 4 | 6) && folded.bytes().all(|b| b.is_ascii_digit());
            return if good { Ok(folded) } else { Err("must be 2, 4 or 6 digits in the Harmonized System") };
        }
        let good = (2..=16).contains(&folded.len()) && folded.bytes().all(|b| b.is_ascii_alphanumeric());
        if good { Ok(folded) } else { Err("must be 2 to 16 letters and digits") }
    }

    /// Whether the edition, when it is one of the Harmonized System, is one that there is.
    pub(crate) fn is_of_known_edition(&self) -> bool {
        !is_harmonized(&self.edition) || HARMONIZED.contains(&self.edition.as_str())
    }

    /// Whether this code is `other`, or a heading or chapter above it, in the same edition.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.edition == other.edition && other.code.starts_with(&self.code)
    }
}

/// What tells one product, or one set of items of it, from another. At least one field is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct ProductId {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) gtin: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) model: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) batch: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) serial: String,
}

impl ProductId {
    pub(crate) fn is_empty(&self) -> bool {
        self.gtin.is_empty() && self.model.is_empty() && self.batch.is_empty() && self.serial.is_empty()
    }
}

/// A GTIN with its check digit right (GS1 General Specifications, 7.9).
pub(crate) fn gtin(raw: &str) -> Result<String, &'static str> {
    if !matches!(raw.len(), 8 | 12 | 13 | 14) || !raw.bytes().all(|b| b.is_ascii_digit()) {
        return Err("must be 8, 12, 13 or 14 digits");
    }
    if raw.bytes().all(|b| b == b'0') {
        return Err("must not be all zeros");
    }
    // Weights run 3, 1, 3, … from the digit left of the check digit; the check digit itself weighs 1.
    let sum: u32 =
        raw.bytes().rev().enumerate().map(|(at, b)| u32::from(b - b'0') * if at % 2 == 1 { 3 } else { 1 }).sum();
    if sum.is_multiple_of(10) { Ok(raw.to_owned()) } else { Err("the check digit is wrong") }
}

/// Whether two GTINs name the same trade item: shorter ones are padded with zeros on the left.
pub(crate) fn same_gtin(a: &str, b: &str) -> bool {
    a.trim_start_matches('0') == b.trim_start_matches('0')
}

/// A type designation, a batch, a serial number or a reference as it is compared: as people read it. Neither case, nor
/// blanks, nor the width of characters, nor which of the dashes it is makes another one.
pub(crate) fn folded(text: &str) -> String {
    as_read(text).into_owned()
}

/// [`folded`], without a copy of what is written so already.
pub(crate) fn as_read(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_lowercase()) {
        return Cow::Borrowed(text);
    }
    let told = |c: &char| !c.is_whitespace();
    if text.is_ascii() {
        return text.chars().filter(told).map(|c| c.to_ascii_uppercase()).collect::<String>().into();
    }
    let capitals = text.nfkc().filter(told).map(one_dash).flat_map(char::to_uppercase);
    // A capital may be made of several characters that are one again.
    capitals.nfkc().collect::<String>().into()
}

/// Texts that are copied from documents have dashes and minus signs where people type a hyphen.
fn one_dash(c: char) -> char {
    if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { c }
}

/// Whether two texts that are told are the same to who reads them.
pub(crate) fn same_text(a: &str, b: &str) -> bool {
    a == b || (!a.is_empty() && as_read(a) == as_read(b))
}

/// Goods as an importer declares them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Goods {
    pub(crate) code: Code,
    pub(crate) origin: String,
    pub(crate) destination: String,
    pub(crate) date: NaiveDate,
    pub(crate) product: ProductId,
    #[serde(skip_serializing_if = "Stock::is_unknown")]
    pub(crate) stock: Stock,
}

/// What is declared of the age of goods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Stock {
    pub(crate) placed_on: Option<NaiveDate>,
    pub(crate) manufactured_on: Option<NaiveDate>,
}

impl Stock {
    pub(crate) fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests;
