//! Rows of a CSV file, each with the line that it begins in, as an editor counts lines.
//!
//! `csv::Position` is where reading went on: before the second byte of a CRLF, and before lines with nothing in them.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use memchr::memchr2;

pub(crate) use greenlane_platform::table::separator;

/// The rows of a file behind its header.
pub(crate) struct Sheet<R> {
    reader: csv::Reader<Marked<R>>,
    header: StringRecord,
}

impl<R: Read> Sheet<R> {
    /// Reads the header.
    pub(crate) fn open(builder: &ReaderBuilder, input: R) -> csv::Result<Self> {
        let mut reader = builder.from_reader(Marked::new(input));
        let header = reader.headers()?.clone();
        Ok(Self { reader, header })
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> &StringRecord {
        &self.header
    }

    /// Reads the next row, and says in which line it begins; none at the end.
    pub(crate) fn next(&mut self, record: &mut StringRecord) -> Option<(u64, csv::Result<()>)> {
        let from = self.reader.position().clone();
        let read = self.reader.read_record(record);
        if matches!(read, Ok(false)) {
            return None;
        }
        let line = self.reader.get_mut().line_from(from.byte()).unwrap_or(from.line());
        Some((line, read.map(|_| ())))
    }
}

/// What is wrong with a row, but for its place, which [`Sheet::next`] tells.
pub(crate) fn why(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} columns, and the header has {expected_len}")
        }
        ErrorKind::Utf8 { err, .. } => format!("column {} is no text in UTF-8", err.field() + 1),
        _ => error.to_string(),
    }
}

/// Where a fault is: a line, and a column of it where that is known.
pub(crate) fn place(line: u64, column: &str) -> String {
    if column.is_empty() { format!("line {line}") } else { format!("line {line} {column}") }
}

/// Notes on the way where lines begin that have something in them.
struct Marked<R> {
    inner: R,
    /// Bytes that were read.
    read: u64,
    last: u8,
    line: u64,
    /// Whether nothing of the line was read yet.
    blank: bool,
    /// First byte and number of each line that is not behind the reader yet.
    begins: VecDeque<(u64, u64)>,
}

impl<R> Marked<R> {
    fn new(inner: R) -> Self {
        Self { inner, read: 0, last: 0, line: 1, blank: true, begins: VecDeque::new() }
    }

    /// The first line with something in it that begins at a byte or behind it.
    fn line_from(&mut self, byte: u64) -> Option<u64> {
        while self.begins.front().is_some_and(|(begin, _)| *begin < byte) {
            self.begins.pop_front();
        }
        self.begins.front().map(|(_, line)| *line)
    }

    fn note(&mut self, text: &[u8]) {
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let end = memchr2(b'\r', b'\n', rest);
            if self.blank && end != Some(0) {
                self.begins.push_back((self.read + at as u64, self.line));
                self.blank = false;
            }
            let Some(end) = end else { break };
            let before = if at + end == 0 { self.last } else { text[at + end - 1] };
            // The two of a CRLF are one end.
            self.line += u64::from(!(rest[end] == b'\n' && before == b'\r'));
            self.blank = true;
            at += end + 1;
        }
        self.read += text.len() as u64;
        self.last = text.last().copied().unwrap_or(self.last);
    }
}

impl<R: Read> Read for Marked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.note(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes at a time.
    struct Slow<'t>(&'t [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = self.1.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }

    fn lines(text: &str, at_a_time: usize) -> Vec<(u64, String)> {
        let mut sheet = Sheet::open(&ReaderBuilder::new(), Slow(text.as_bytes(), at_a_time)).unwrap();
        let mut record = StringRecord::new();
        let mut found = Vec::new();
        while let Some((line, read)) = sheet.next(&mut record) {
            let told = read.map(|()| record.get(0).unwrap_or_default().to_owned());
            found.push((line, told.unwrap_or_else(|error| why(&error))));
        }
        found
    }

    #[test]
    fn a_place_is_a_line_with_its_column_where_that_is_known() {
        assert_eq!((place(2, "code"), place(2, "")), ("line 2 code".to_owned(), "line 2".to_owned()));
    }

    #[test]
    fn a_row_is_of_the_line_that_an_editor_shows_whatever_ends_lines_and_however_many_are_empty() {
        let text = "a,b\nx,1\n\n\ny,\"two\nlines\"\nz,2\n   \nw,1\n";
        let expected = [(2, "x"), (5, "y"), (7, "z"), (8, "it has 1 columns, and the header has 2"), (9, "w")];
        let expected = expected.map(|(line, told)| (line, told.to_owned()));
        for end in ["\n", "\r\n", "\r"] {
            let text = text.replace('\n', end);
            for at_a_time in [1, 2, 3, 7, 8_192] {
                assert_eq!(lines(&text, at_a_time), expected, "{text:?} by {at_a_time}");
                assert_eq!(lines(&format!("{end}{text}"), at_a_time)[0], (3, "x".to_owned()), "a blank line first");
            }
            assert_eq!(lines(&format!("\u{feff}{text}"), 8_192), expected, "with a byte order mark");
        }
        assert!(lines("", 1).is_empty() && lines("a,b", 1).is_empty());
    }
}
