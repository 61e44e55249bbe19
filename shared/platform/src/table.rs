//! Tables as files of text, as far as everything that reads them has to agree.

/// What parts the columns of a table, as spreadsheets write it: a comma, a semicolon or a tab, or what a line before the table
/// names. Where the table begins, and how many lines stand before it.
pub fn separator(text: &[u8]) -> (u8, usize, u64) {
    let end = memchr::memchr(b'\n', text);
    let first = &text[..end.unwrap_or(text.len())];
    if let Some([separator]) = first.strip_suffix(b"\r").unwrap_or(first).strip_prefix(b"sep=") {
        return (*separator, end.map_or(text.len(), |end| end + 1), 1);
    }
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in first {
        quoted ^= *byte == b'"';
        let count = counts.iter_mut().find(|(separator, _)| separator == byte && !quoted);
        count.into_iter().for_each(|(_, count)| *count += 1);
    }
    // Of several that are as many, the first.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    (most.map_or(b',', |(separator, _)| *separator), 0, 0)
}

/// Digits before a point of which more make `.0` what a program writes behind a number.
const NUMBER: usize = 5;

/// A code without what a spreadsheet puts around it: so that it stays a text (`="854140"`, `'854140`), or behind what it took
/// for a number (`854140.0`). None where there is no such thing, and of a number of an odd number of digits or of few: which
/// code that was nobody knows.
pub fn unwrapped(raw: &str) -> Option<&str> {
    let text = raw.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).or_else(|| raw.strip_prefix('\''));
    let is_whole = |number: &&str| {
        number.len() > NUMBER && number.len().is_multiple_of(2) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.map(str::trim).or_else(|| raw.strip_suffix(".0").filter(is_whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_out_of_what_a_spreadsheet_puts_around_it_unless_it_may_have_lost_a_zero() {
        for (raw, code) in [("=\"8541\"", "8541"), ("'10129", "10129"), ("854140.0", "854140")] {
            assert_eq!(unwrapped(raw), Some(code));
        }
        assert!(["854140", "10121.0", "8541.0", "8541.40", ""].into_iter().all(|raw| unwrapped(raw).is_none()));
    }

    #[test]
    fn columns_are_parted_by_what_the_first_line_has_most_of_or_the_line_before_it_names() {
        assert_eq!(separator(b"a,b\n1,2\n"), (b',', 0, 0));
        assert_eq!(separator(b"a;\"b,c,d\"\n1;2\n"), (b';', 0, 0));
        assert_eq!(separator(b"a\tb"), (b'\t', 0, 0));
        assert_eq!(separator(b"sep=;\r\na;b\r\n"), (b';', 7, 1));
        assert_eq!((separator(b"a"), separator(b"")), ((b',', 0, 0), (b',', 0, 0)));
    }
}
