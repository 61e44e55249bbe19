//! Amounts as tables write them.

use greenlane_tally::is_amount;

/// What may part thousands beside a comma or a point.
const APART: [char; 5] = [' ', '\u{a0}', '\u{202f}', '\'', '’'];
/// Digits between two marks.
const GROUP: usize = 3;

/// An amount: not negative, and no more than a value of trade may be. Thousands may be parted (`1,234,567`, `1 234 567`)
/// and decimals may stand behind a comma (`1234,5`, `1.234,56`). What may mean either (`1,234`) means nothing; nor does
/// `1.234` in a table where points part thousands.
pub(crate) fn amount(field: &[u8], by_points: bool) -> Option<f64> {
    let text = std::str::from_utf8(field.trim_ascii()).ok()?;
    if by_points && may_be_thousands(text) {
        return None;
    }
    let value: f64 = match text.parse() {
        Ok(value) => value,
        Err(_) => plain(text)?.parse().ok()?,
    };
    is_amount(value).then_some(value)
}

/// Whether an amount shows that points part thousands in its table: `1234,5`, `1.234.567`.
pub(crate) fn is_by_points(field: &[u8]) -> bool {
    let count = |mark: u8| memchr::memchr_iter(mark, field).count();
    let good = || std::str::from_utf8(field.trim_ascii()).is_ok_and(|text| plain(text).is_some());
    match (count(b','), count(b'.')) {
        (0, 0 | 1) => false,
        (0, _) | (1, 0) => good(),
        // Decimals stand behind the last mark.
        (1, _) => memchr::memrchr2(b',', b'.', field).is_some_and(|last| field[last] == b',') && good(),
        (_, _) => false,
    }
}

/// Whether a point may part thousands: `1.234`.
fn may_be_thousands(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, part)| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        part.len() == GROUP && (1..=GROUP).contains(&whole.len()) && whole != "0" && digits(whole) && digits(part)
    })
}

/// The same as a program writes it.
fn plain(text: &str) -> Option<String> {
    let count = |mark: char| text.matches(mark).count();
    let decimal = match (count(','), count('.')) {
        (0, 0) => None,
        (1, 0) => Some(','),
        (0, 1) => Some('.'),
        (0, _) | (_, 0) => None,
        (_, _) => text.chars().rev().find(|letter| matches!(letter, ',' | '.')),
    };
    let (whole, part) = match decimal {
        Some(mark) => text.split_once(mark)?,
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let marks = |letter: char| matches!(letter, ',' | '.') || APART.contains(&letter);
    let mut parted = whole.matches(marks);
    let first = parted.next();
    // One comma before three digits may part thousands.
    let thousands = first.is_none() && part.len() == GROUP && (1..=GROUP).contains(&whole.len()) && whole != "0";
    if !digits(part) || (decimal.is_some() && part.is_empty()) || (decimal == Some(',') && thousands) {
        return None;
    }
    let groups: Vec<&str> = whole.split(marks).collect();
    let (head, tail) = groups.split_first()?;
    let grouped = tail.iter().all(|group| group.len() == GROUP && digits(group)) && parted.all(|it| Some(it) == first);
    let good = !head.is_empty() && digits(head) && grouped && (tail.is_empty() || head.len() <= GROUP);
    good.then(|| format!("{}.{part}0", groups.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_however_their_thousands_and_decimals_are_parted() {
        for (text, value) in [
            ("1234.5", 1234.5),
            ("1e3", 1000.0),
            (" 7 ", 7.0),
            ("1,234,567", 1_234_567.0),
            ("1,234.56", 1234.56),
            ("12,345,678.9", 12_345_678.9),
            ("1.234,56", 1234.56),
            ("1.234.567", 1_234_567.0),
            ("1 234 567,8", 1_234_567.8),
            ("1\u{202f}234,567", 1234.567),
            ("1'234.50", 1234.5),
            ("1234,5", 1234.5),
            ("1234,567", 1234.567),
            ("0,125", 0.125),
        ] {
            assert_eq!(amount(text.as_bytes(), false), Some(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_or_may_be_two_is_none() {
        for text in [
            "",
            "-7",
            "-1,5",
            "NaN",
            "inf",
            "1e308",
            "1,000,000,000,000,000,000,000",
            "1,234",
            "12,345",
            "1,23,456",
            "1,2345,678",
            ",5",
            "5,",
            "1..2",
            "1,2.3,4",
            "1.234,567.8",
            "1 234'567",
            "12 34",
            "USD 5",
            "1,,234",
            "1234,567,890",
        ] {
            assert_eq!(amount(text.as_bytes(), false), None, "{text}");
        }
    }

    #[test]
    fn a_point_before_three_digits_may_part_thousands_where_others_do() {
        for text in ["1234,5", "1.234,56", "1.234.567", "12.345.678,9", "0,125"] {
            assert!(is_by_points(text.as_bytes()), "{text}");
        }
        for text in ["1234", "1234.5", "1.234", "1,234", "1,234,567", "1,234.56", "1,234,567.8", "a,5", "1..2"] {
            assert!(!is_by_points(text.as_bytes()), "{text}");
        }
        for text in ["1.234", "12.345", "123.456"] {
            assert_eq!(amount(text.as_bytes(), true), None, "{text}");
        }
        for (text, value) in [("0.125", 0.125), ("1234.567", 1234.567), ("1.5", 1.5), ("1.234,5", 1234.5), ("7", 7.0)] {
            assert_eq!(amount(text.as_bytes(), true), Some(value), "{text}");
        }
    }
}
