//! Rows of a CSV file.
//!
//! A table of world trade has hundreds of millions of lines, and nothing in them but fields that are quoted as a whole or
//! not at all. Such a record is cut at its separators where it lies in the buffer, eight bytes at a time, which is several
//! times as fast as a parser that looks at each byte. So is one with quotation marks within fields that do not begin with
//! one: there they are letters (5" pipes). Of any other the marks are looked at one by one, and the `csv` crate's parser
//! reads it; where they do not match, the record is its first line, and the lines behind it are read as if it had none. So
//! is a record that is longer than any row of trade, of which nothing is kept.

mod marks;

use std::io::{self, Read};

use csv_core::ReadRecordResult;

use super::table::Row;

/// How much is read at once.
const BUFFER: usize = 1 << 18;
/// Longest row. Of what is longer it is told that it is.
const LONGEST: usize = 1 << 24;

/// Rows on their way out of a file.
pub(crate) struct CsvRows<R> {
    source: R,
    buffer: Vec<u8>,
    /// What was read and not yet given lies here.
    start: usize,
    end: usize,
    ended: bool,
    /// Line on which the next record begins.
    line: u64,
    separator: u8,
    /// So many fields of a record are looked for: bulk files have many more behind those that are needed.
    most: usize,
    /// Of a record that has more than these, all are looked for nevertheless: it is no row of the table.
    width: usize,
    parser: csv_core::Reader,
    /// What the parser made of a record.
    parsed: Vec<u8>,
    ends: Vec<usize>,
    fields: Vec<(u32, u32)>,
    /// Where fields of the record are quoted: the opening and the closing mark.
    quoted: Vec<(u32, u32)>,
    /// Some of its fields that are not quoted have quotation marks in them.
    marked: bool,
    /// Fields of the first record, the header. Zero before it.
    columns: usize,
    /// The record that is looked at is longer than a row may be.
    too_long: bool,
}

/// Where a record was found.
#[derive(Clone, Copy)]
enum Found {
    /// In the buffer, up to here; the next begins there.
    Plain(usize, usize),
    /// Among what was parsed; the next begins there. And the field whose quotation marks do not match.
    Parsed(usize, Option<usize>),
}

impl<R: Read> CsvRows<R> {
    /// The rows of a file, its header the first of them.
    pub(crate) fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            ended: false,
            line: 1,
            separator: b',',
            most: usize::MAX,
            width: usize::MAX,
            parser: csv_core::Reader::new(),
            parsed: vec![0; 1 << 12],
            ends: vec![0; 1 << 7],
            fields: Vec::new(),
            quoted: Vec::new(),
            marked: false,
            columns: 0,
            too_long: false,
        }
    }

    /// Looks for the first fields of each record only: those behind them may be there or not. Those of a record that is
    /// wider than the table are there.
    pub(crate) fn first(&mut self, most: usize, width: usize) {
        (self.most, self.width) = (most, width);
    }

    /// Takes the table's separator from its first line: tabs, as Comtrade's bulk files have, semicolons, as spreadsheets
    /// write them where commas part decimals, or commas.
    pub(crate) fn sniff(&mut self) -> io::Result<()> {
        while !self.ended && !self.buffer[self.start..self.end].contains(&b'\n') {
            self.fill()?;
        }
        let first = self.buffer[self.start..self.end].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let other = [b'\t', b';'].into_iter().find(|other| first.contains(other));
        if let Some(other) = other.filter(|_| !first.contains(&b',')) {
            self.separator = other;
            self.parser = csv_core::ReaderBuilder::new().delimiter(other).build();
        }
        Ok(())
    }

    pub(crate) fn separator(&self) -> u8 {
        self.separator
    }

    /// What was read and not yet given.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The next row. Empty lines are none.
    pub(crate) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        let (line, begin, found) = loop {
            let found = match self.find() {
                // Without a header there is no table.
                Err(_) if self.too_long && self.columns > 0 => return self.skip().map(Some),
                found => found?,
            };
            let Some(found) = found else { return Ok(None) };
            let (line, begin) = (self.line, self.start);
            let next = match found {
                Found::Plain(_, next) | Found::Parsed(next, _) => next,
            };
            self.line += match found {
                Found::Plain(..) => 1,
                Found::Parsed(..) => memchr::memchr_iter(b'\n', &self.buffer[begin..next]).count() as u64,
            };
            self.start = next;
            if !matches!(found, Found::Plain(end, _) if end == begin) {
                break (line, begin, found);
            }
        };
        Ok(Some(match found {
            Found::Plain(end, _) => {
                let bytes = &self.buffer[begin..end];
                cut(bytes, self.separator, &self.quoted, self.most, &mut self.fields);
                let width = || self.fields.len() + rest(bytes, self.separator, &self.quoted, &self.fields);
                if self.width < usize::MAX && width() > self.width {
                    cut(bytes, self.separator, &self.quoted, usize::MAX, &mut self.fields);
                }
                if self.columns == 0 {
                    self.columns = self.fields.len();
                }
                let raw = (self.separator == b',' && !self.marked).then_some(bytes);
                Row { bytes, fields: &self.fields, line, raw, broken: None, too_long: false }
            }
            Found::Parsed(_, broken) => {
                if self.columns == 0 {
                    self.columns = self.fields.len();
                }
                Row { bytes: &self.parsed, fields: &self.fields, line, raw: None, broken, too_long: false }
            }
        }))
    }

    /// Leaves out the first line of a record that is too long, which is a row without fields.
    fn skip(&mut self) -> io::Result<Row<'static>> {
        self.too_long = false;
        let line = self.line;
        loop {
            if let Some(end) = memchr::memchr2(b'\n', b'\r', self.unread()) {
                self.line += u64::from(self.unread()[end] == b'\n');
                self.start += end + 1;
                break;
            }
            (self.start, self.end) = (0, 0);
            if self.ended {
                break;
            }
            self.fill()?;
        }
        Ok(Row { bytes: &[], fields: &[], line, raw: None, broken: Some(0), too_long: true })
    }

    /// Finds the next record, and what of it is quoted.
    fn find(&mut self) -> io::Result<Option<Found>> {
        let mut looked = 0;
        self.quoted.clear();
        self.marked = false;
        loop {
            let unread = &self.buffer[self.start..self.end];
            let Some(at) = memchr::memchr3(b'\n', b'"', b'\r', &unread[looked..]).map(|at| looked + at) else {
                if self.ended {
                    let end = self.end;
                    return Ok((self.start < end).then_some(Found::Plain(end, end)));
                }
                looked = unread.len();
                self.fill()?;
                continue;
            };
            match (unread[at], unread.get(at + 1)) {
                (b'\n', _) => return Ok(Some(Found::Plain(self.start + at, self.start + at + 1))),
                (b'\r', Some(b'\n')) => return Ok(Some(Found::Plain(self.start + at, self.start + at + 2))),
                (b'"', _) => {
                    let opens = at == 0 || unread[at - 1] == self.separator;
                    let is_first = at == marks::MARK.len() && unread.starts_with(marks::MARK);
                    if !opens && !is_first {
                        self.marked = true;
                        looked = at + 1;
                        continue;
                    }
                    let close = memchr::memchr2(b'"', b'\n', &unread[at + 1..]).map(|close| at + 1 + close);
                    match (close, close.and_then(|close| unread.get(close + 1))) {
                        (Some(close), Some(next)) if opens && unread[close] == b'"' && self.ends_field(*next) => {
                            self.quoted.push((position(at), position(close)));
                            looked = close + 1;
                        }
                        // What follows is not read yet.
                        (_, None) if opens && !self.ended => {
                            looked = at;
                            self.fill()?;
                        }
                        // A mark within marks, a line break within them, or the last thing of a file.
                        _ => return self.parse(),
                    }
                }
                (b'\r', None) if !self.ended => {
                    looked = at;
                    self.fill()?;
                }
                _ => return self.parse(),
            }
        }
    }

    fn ends_field(&self, byte: u8) -> bool {
        byte == self.separator || matches!(byte, b'\n' | b'\r')
    }

    /// Lets the parser read the next record.
    fn parse(&mut self) -> io::Result<Option<Found>> {
        let (next, broken) = self.measure()?;
        let mut end = next;
        // To the parser, the line break behind a mark that nobody closed is a part of the field.
        while broken.is_some() && matches!(self.buffer[self.start..self.start + end], [.., b'\n' | b'\r']) {
            end -= 1;
        }
        self.parser.reset();
        let (mut read, mut written, mut ended) = (0, 0, 0);
        loop {
            let record = &self.buffer[self.start + read..self.start + end];
            let (result, taken, given, cut) =
                self.parser.read_record(record, &mut self.parsed[written..], &mut self.ends[ended..]);
            (read, written, ended) = (read + taken, written + given, ended + cut);
            match result {
                // When there is no more, the parser is told so by an empty input.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.parsed.resize(2 * self.parsed.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => break,
            }
        }
        self.fields.clear();
        let mut from = 0;
        for end in &self.ends[..ended] {
            self.fields.push((from, position(*end)));
            from = position(*end);
        }
        Ok(Some(Found::Parsed(self.start + next, broken)))
    }

    /// Reads more behind what is not yet given.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.buffer.len() {
            if self.end >= LONGEST {
                self.too_long = true;
                let message = format!("the row on line {} is longer than {} MiB", self.line, LONGEST >> 20);
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            self.buffer.resize(2 * self.end, 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(0) => {
                    self.ended = true;
                    return Ok(());
                }
                Ok(read) => {
                    self.end += read;
                    return Ok(());
                }
            }
        }
    }
}

/// Cuts a record into its first fields, `most` of them or a few more.
fn cut(bytes: &[u8], separator: u8, quoted: &[(u32, u32)], most: usize, fields: &mut Vec<(u32, u32)>) {
    fields.clear();
    let mut from = 0;
    for (open, close) in quoted {
        // All fields before a quoted one end at a separator.
        split(&bytes[..*open as usize], separator, from, most, fields);
        if fields.len() >= most {
            return;
        }
        fields.push((open + 1, *close));
        from = close + 2;
        if from as usize == bytes.len() + 1 {
            return;
        }
    }
    let from = split(bytes, separator, from, most, fields);
    if fields.len() < most {
        fields.push((from, position(bytes.len())));
    }
}

/// How many fields follow those into which a record was cut.
fn rest(bytes: &[u8], separator: u8, quoted: &[(u32, u32)], fields: &[(u32, u32)]) -> usize {
    let from = fields.last().map_or(0, |(_, end)| *end);
    let separators = |from: u32, to: usize| memchr::memchr_iter(separator, &bytes[from as usize..to]).count();
    let behind = quoted.iter().filter(|(open, _)| *open >= from);
    let within: usize = behind.map(|(open, close)| separators(*open, *close as usize)).sum();
    separators(from, bytes.len()) - within
}

/// Adds the fields that end at a separator, from one place on; gives where what follows them begins.
fn split(bytes: &[u8], separator: u8, mut from: u32, most: usize, fields: &mut Vec<(u32, u32)>) -> u32 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    let pattern = u64::from_ne_bytes([separator; 8]);
    let (words, rest) = bytes[from as usize..].as_chunks();
    let mut at = from;
    for word in words {
        // The highest bit of each byte that is the separator, and no other bit.
        let other = u64::from_le_bytes(*word) ^ pattern;
        let mut found = !(((other & LOW) + LOW) | other | LOW);
        while found != 0 {
            let end = at + found.trailing_zeros() / 8;
            fields.push((from, end));
            from = end + 1;
            found &= found - 1;
        }
        if fields.len() >= most {
            return from;
        }
        at += 8;
    }
    for (end, byte) in (at..).zip(rest) {
        if *byte == separator {
            fields.push((from, end));
            from = end + 1;
        }
    }
    from
}

/// A place in a row.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it has in pieces of so many bytes.
    struct Pieces<'b>(&'b [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(into.len()).min(self.0.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn rows(text: &str, piece: usize) -> Vec<(u64, Vec<String>)> {
        let mut rows = CsvRows::new(Pieces(text.as_bytes(), piece));
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let fields = (0..row.len()).map(|at| String::from_utf8_lossy(row.get(at).unwrap()).into_owned());
            all.push((row.line, fields.collect()));
        }
        all
    }

    #[test]
    fn rows_are_those_of_the_csv_crate_however_the_bytes_come() {
        let texts = [
            "a,b,c\n1,2,3\n",
            "a,b\r\n1,2\r\n\r\n3,4",
            "a,b\n\"x,\ny\",2\n\"say \"\"hi\"\"\",\n,\n\n5",
            "a,b\rc,d\re",
            "5\" pipe,6\na\"b,c\n",
            "a,\"b\nc\",d\n",
            "\n\n",
            "",
            "\"\"\n\"x\"\r\n1",
            "\"a,b\",\"c\"\n1,\"d,\ne\"\n\"\"\"f\"",
            "\u{feff}\"a\",b\n\"c\" ,d\n",
            "a,\"b\"",
            "a field of some bytes,,,\"b, of some more\",,,,,,,,,,,,c\u{ac},d\u{2c}\u{12c},e\n\"f\",\n\"g\",h,",
        ];
        for text in texts {
            let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> =
                reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
            for piece in [1, 2, 3, 7, 1000] {
                let found: Vec<Vec<String>> = rows(text, piece).into_iter().map(|(_, fields)| fields).collect();
                assert_eq!(found, expected, "{text:?} in pieces of {piece}");
            }
        }
    }

    /// The fields of each record with its line, and which of them is broken.
    fn broken(text: &str, piece: usize) -> Vec<(u64, Option<usize>, String)> {
        let mut rows = CsvRows::new(Pieces(text.as_bytes(), piece));
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let fields = (0..row.len()).map(|at| String::from_utf8_lossy(row.get(at).unwrap()).into_owned());
            all.push((row.line, row.broken, fields.collect::<Vec<_>>().join("|")));
        }
        all
    }

    #[test]
    fn quotation_marks_that_do_not_match_make_one_line_a_bad_one_and_take_no_other_with_it() {
        let good = |line: u64, fields: &str| (line, None, fields.to_owned());
        let bad = |line: u64, field: usize, fields: &str| (line, Some(field), fields.to_owned());
        let header = good(1, "a|b|c");
        let many = format!("1,\"2,3\n{}", "4,5,6\n".repeat(40));
        let mut of_many = vec![bad(2, 1, "1|2,3")];
        of_many.extend((3..43).map(|line| good(line, "4|5|6")));
        for (text, expected) in [
            // Nothing behind it closes it.
            ("1,\"2,3\n4,5,6\n", vec![bad(2, 1, "1|2,3"), good(3, "4|5|6")]),
            // A field behind it seems to, and a text follows that.
            ("1,\"2,3\n4,\"5,5\",6\n7,8,9", vec![bad(2, 1, "1|2,3"), good(3, "4|5,5|6"), good(4, "7|8|9")]),
            ("\"1\"st,2,3\n4,5,6\n", vec![bad(2, 0, "1st|2|3"), good(3, "4|5|6")]),
            ("\"1\" \"st\",2,3\r\n4,5,6\r\n", vec![bad(2, 0, "1 \"st\"|2|3"), good(3, "4|5|6")]),
            // A second one closes it: in another column there are then too many fields or too few, in the same one the
            // lines between are rows.
            ("1,2,\"3\n4,5\",6\n", vec![bad(2, 2, "1|2|3"), good(3, "4|5\"|6")]),
            ("1,\"2,3\n4,5,6\"\n", vec![bad(2, 1, "1|2,3"), good(3, "4|5|6\"")]),
            ("1,\"2,3\n4,5\",6\n", vec![bad(2, 1, "1|2,3"), good(3, "4|5\"|6")]),
            (many.as_str(), of_many),
            // A name of two lines is a field.
            ("1,\"2,\n2\",3\n\"4\n\",5,6,\n", vec![good(2, "1|2,\n2|3"), good(4, "4\n|5|6|")]),
            ("1,2,\"3", vec![bad(2, 2, "1|2|3")]),
        ] {
            for piece in [1, 3, 1000] {
                let found = broken(&format!("a,b,c\n{text}"), piece);
                assert_eq!(found[0], header);
                assert_eq!(found[1..], expected, "{text:?} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_mark_within_a_field_that_is_not_quoted_is_a_letter_and_needs_no_parser() {
        let mut rows = CsvRows::new(&b"a,b,c\n5\" pipe,\"x,y\",6\"\n1,2,3\n"[..]);
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let fields = (0..row.len()).map(|at| String::from_utf8_lossy(row.get(at).unwrap()).into_owned());
            all.push((fields.collect::<Vec<_>>().join("|"), row.raw.is_some()));
        }
        let expected = [("a|b|c", true), ("5\" pipe|x,y|6\"", false), ("1|2|3", true)];
        assert_eq!(all, expected.map(|(fields, raw)| (fields.to_owned(), raw)));
        assert!(rows.parsed.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_text_of_several_lines_is_a_field_also_where_it_has_separators_and_the_row_leaves_out_its_last_columns() {
        for text in [
            "2020,854140,\"Tubes, pipes,\nhoses, and fittings\",5\n",
            "2020,854140,\"Tubes, pipes,\r\nhoses, and fittings\",5\r\n",
            "2020,854140,\"Tubes,\nhoses\"\n",
            "2020,\"854140\n\",5\n",
        ] {
            for piece in [1, 3, 1000] {
                let found = broken(&format!("period,code,description,value\n{text}2021,854140,Tubes,6\n"), piece);
                assert_eq!(found.len(), 3, "{text:?} in pieces of {piece}: {found:?}");
                assert!(
                    found.iter().all(|(_, broken, _)| broken.is_none()),
                    "{text:?} in pieces of {piece}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn only_the_fields_that_are_needed_are_looked_for() {
        let mut rows = CsvRows::new(&b"a,b,c\n\"1,1\",2,\"3\n3\"\n4\n"[..]);
        // The header says how many fields a row has.
        assert_eq!(rows.next().unwrap().unwrap().len(), 3);
        rows.first(2, usize::MAX);
        let mut next = || {
            let row = rows.next().unwrap()?;
            Some((row.line, (0..row.len()).filter_map(|at| row.get(at)).map(<[u8]>::to_vec).collect::<Vec<_>>()))
        };
        let two = |row: Option<(u64, Vec<Vec<u8>>)>| row.map(|(line, fields)| (line, fields[..2].to_vec()));
        assert_eq!(two(next()), Some((2, vec![b"1,1".to_vec(), b"2".to_vec()])));
        assert_eq!(next(), Some((4, vec![b"4".to_vec()])));
        assert_eq!(next(), None);
    }

    #[test]
    fn a_row_that_is_wider_than_the_table_has_all_its_fields_and_no_other_needs_to() {
        for (text, fields) in [
            ("a,b,c,d\n", 4),
            ("a,b,\"c,d\",e\n", 4),
            ("\"a,b\",\"c,d\",\"e,f\",\"g,h\"\n", 4),
            ("a,b,c,\n", 4),
            ("some field,another,one of them,more,and more", 5),
        ] {
            let mut rows = CsvRows::new(text.as_bytes());
            rows.first(1, 3);
            assert_eq!(rows.next().unwrap().unwrap().len(), fields, "{text}");
        }
        let mut rows = CsvRows::new(&b"a_,\"b,b\",\"c,c\"\n\"a,a\",b,c\n"[..]);
        rows.first(1, 3);
        assert_eq!(rows.next().unwrap().unwrap().get(0), Some(&b"a_"[..]));
        assert!(rows.next().unwrap().unwrap().len() < 3);
    }

    #[test]
    fn each_row_knows_its_line() {
        let lines: Vec<u64> = rows("a\n\n\"x\ny\"\nb\r\nc", 4).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 3, 5, 6]);
    }

    #[test]
    fn a_header_that_does_not_end_is_refused_and_does_not_fill_the_memory() {
        let mut rows = CsvRows::new(io::repeat(b'"').take(1).chain(io::repeat(b'x')));
        assert!(rows.next().unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn a_row_that_is_too_long_is_told_with_its_line_and_takes_no_other_with_it() {
        let long = "x".repeat(LONGEST + 1);
        for text in [format!("1,\"{long}\",3\n"), format!("1,{long}\r\n"), format!("\"{long}\"\"\n")] {
            let text = format!("a,b,c\n{text}4,5,6\n{long}");
            let mut rows = CsvRows::new(Pieces(text.as_bytes(), usize::MAX));
            let mut all = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                all.push((row.line, row.len(), row.too_long));
            }
            assert_eq!(all, [(1, 3, false), (2, 0, true), (3, 3, false), (4, 0, true)]);
            assert!(rows.buffer.len() <= LONGEST);
        }
    }

    #[test]
    fn a_table_of_tabs_or_semicolons_is_read_as_one() {
        for text in ["year\tcode\n2020\t\"01,02\"\n", "year;code\n2020;\"01,02\"\n"] {
            let mut rows = CsvRows::new(text.as_bytes());
            rows.sniff().unwrap();
            assert_eq!(rows.next().unwrap().unwrap().get(1), Some(&b"code"[..]));
            assert_eq!(rows.next().unwrap().unwrap().get(1), Some(&b"01,02"[..]));
        }
    }
}
