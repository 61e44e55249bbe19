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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_parted_by_what_the_first_line_has_most_of_or_the_line_before_it_names() {
        assert_eq!(separator(b"a,b\n1,2\n"), (b',', 0, 0));
        assert_eq!(separator(b"a;\"b,c,d\"\n1;2\n"), (b';', 0, 0));
        assert_eq!(separator(b"a\tb"), (b'\t', 0, 0));
        assert_eq!(separator(b"sep=;\r\na;b\r\n"), (b';', 7, 1));
        assert_eq!((separator(b"a"), separator(b"")), ((b',', 0, 0), (b',', 0, 0)));
    }
}
