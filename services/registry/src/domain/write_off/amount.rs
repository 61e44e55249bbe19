//! Amounts that are added up exactly: up to 24 digits before the point and nine behind it.

use std::fmt;

const DIGITS: usize = 24;
const DECIMALS: usize = 9;
const SCALE: i128 = 1_000_000_000;

/// A number of billionths, not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(i128);

impl Amount {
    /// Reads a number such as `1200` or `0.5`, exactly.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (whole, fraction) = parts(text).ok_or(WRONG)?;
        let whole = whole.trim_start_matches('0');
        if whole.len() > DIGITS || fraction.len() > DECIMALS {
            return Err(WRONG);
        }
        format!("0{whole}{fraction:0<9}").parse().map(Self).map_err(|_| WRONG)
    }

    /// Reads what a certificate states. What is more exact, or larger, than can be added up is taken for less.
    pub(crate) fn certified(text: &str) -> Self {
        let Some((whole, fraction)) = parts(text) else { return Self::default() };
        let whole = whole.trim_start_matches('0');
        let whole = if whole.len() > DIGITS { "9".repeat(DIGITS) } else { whole.to_owned() };
        let fraction = &fraction[..fraction.len().min(DECIMALS)];
        Self(format!("0{whole}{fraction:0<9}").parse().unwrap_or_default())
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left; nothing when more is taken than there is.
    pub(crate) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }
}

const WRONG: &str = "must be a decimal number of at most 24 digits before the point and 9 behind it";

/// Digits before and behind the point.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(fraction)).then_some((whole, fraction))
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / SCALE, self.0 % SCALE);
        match format!("{fraction:09}").trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            fraction => write!(f, "{whole}.{fraction}"),
        }
    }
}
