//! Decimal numbers as people report them: at most nine digits before the point and six behind it, so that no sum of
//! products that is computed here leaves 128 bits.

use std::fmt;

const DIGITS: usize = 9;
const DECIMALS: usize = 6;
/// Millionths.
const SCALE: i128 = 1_000_000;

/// A number of millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decimal(i128);

impl Decimal {
    /// Reads a number such as `12.5` or `-0.25`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be a decimal number of at most 9 digits before the point and 6 behind it";
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let good =
            |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !good(whole, DIGITS) || !good(fraction, DECIMALS) {
            return Err(WRONG);
        }
        let millionths: i128 = format!("{whole}{fraction:0<6}").parse().map_err(|_| WRONG)?;
        Ok(Self(sign * millionths))
    }

    /// Reads digits with a point that is to be moved so many places to the right; none when it is no such number then.
    pub(crate) fn parse_moved(text: &str, places: i32) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let exponent = places + DECIMALS as i32 - i32::try_from(fraction.len()).ok()?;
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        let millionths = match exponent {
            0.. => digits.checked_mul(power)?,
            _ => Some(digits / power).filter(|_| digits % power == 0)?,
        };
        (0..SCALE.pow(2) * 1_000).contains(&millionths).then_some(Self(millionths))
    }

    pub(crate) fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// `self` times `factor`, exact.
    pub(crate) fn times(self, factor: Self) -> Product {
        Product(self.0.saturating_mul(factor.0))
    }
}

/// A sum of products, in millionths of millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Product(i128);

impl Product {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Divided by an amount that is not zero, rounded half away from zero to six decimals.
    pub(crate) fn per(self, amount: Decimal) -> Decimal {
        let (dividend, divisor) = (self.0, amount.0);
        let quotient = dividend / divisor;
        let rest = (dividend % divisor).abs();
        let away = if rest.saturating_mul(2) >= divisor.abs() { dividend.signum() * divisor.signum() } else { 0 };
        Decimal(quotient + away)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.abs() / SCALE, self.0.abs() % SCALE);
        let fraction = format!("{fraction:06}");
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}
