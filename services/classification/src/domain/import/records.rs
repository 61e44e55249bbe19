//! Rows out of bytes that arrive in pieces: of CSV with a line of column names, or one a line.

use std::collections::VecDeque;

use csv_core::ReadRecordResult;
use greenlane_platform::table::separator;

use super::RowFault;

/// What parts columns unless a file does it otherwise.
const COMMA: u8 = b',';
/// The longest row, in bytes: what is longer is a quotation mark that was never closed.
const MAX_ROW: usize = 1 << 20;

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Record {
    line: u64,
    /// Names of the columns; in a row of names the names themselves.
    names: std::sync::Arc<Vec<String>>,
    values: Vec<String>,
    header: bool,
}

impl Record {
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Whether it is the row of names.
    pub(super) fn header_of(&self) -> bool {
        self.header
    }

    /// Whether it has all these columns.
    pub(super) fn has(&self, needed: &[&str]) -> bool {
        let known = |name: &str| self.names.iter().any(|known| known == name);
        needed.iter().all(|any| any.split('|').any(known))
    }

    /// The value of a column; of names parted by `|` the first that there is. Empty when there is none.
    pub(super) fn get(&self, column: &str) -> &str {
        #[cfg(test)]
        asked::note(column);
        let at = column.split('|').find_map(|name| self.names.iter().position(|known| known == name));
        at.and_then(|at| self.values.get(at)).map_or("", String::as_str)
    }

    /// What the file calls a column; of names parted by `|` the first that there is.
    pub(super) fn named(&self, column: &'static str) -> &'static str {
        let mut names = column.split('|');
        names.find(|name| self.names.iter().any(|known| known == name)).unwrap_or(column)
    }

    /// All columns with a value.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(String::as_str).zip(self.values.iter().map(String::as_str))
    }

    /// Whether its columns are parted by bars, as it seems.
    pub(super) fn has_bars(&self) -> bool {
        matches!(self.values.as_slice(), [only] if only.contains('|'))
    }

    /// The only value of a row that is not CSV.
    pub(super) fn text(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }
}

/// Which columns are asked for, for the test that people are told them.
#[cfg(test)]
pub(super) mod asked {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static ASKED: RefCell<BTreeSet<String>> = RefCell::default();
    }

    pub(in super::super) fn note(column: &str) {
        ASKED.with_borrow_mut(|asked| asked.insert(column.to_owned()));
    }

    /// Those since the last time.
    pub(in super::super) fn take() -> BTreeSet<String> {
        ASKED.take()
    }
}

/// Where in a row of CSV a byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the start of a row.
    Row,
    /// In a row that is a comment.
    Comment,
    /// At the start of a field: only here a quotation mark opens anything.
    Field,
    /// In a field without quotation marks around it, or behind those.
    Plain,
    /// Within quotation marks.
    Quoted,
    /// Behind a quotation mark that closes the field, unless another follows it.
    Closed,
}

impl Place {
    /// Where the byte after this one stands, and whether this one may not stand here: a text goes on behind the
    /// quotation mark that closed it.
    fn after(self, byte: u8, separator: u8) -> (Self, bool) {
        match (self, byte) {
            (Self::Quoted, b'"') => (Self::Closed, false),
            (Self::Quoted, _) | (Self::Closed, b'"') => (Self::Quoted, false),
            (_, b'\n' | b'\r') => (Self::Row, false),
            (Self::Row, b'#') | (Self::Comment, _) => (Self::Comment, false),
            (Self::Row | Self::Field, b'"') => (Self::Quoted, false),
            (_, byte) if byte == separator => (Self::Field, false),
            (Self::Closed, b' ' | b'\t') => (Self::Closed, false),
            (Self::Row | Self::Field | Self::Plain | Self::Closed, _) => (Self::Plain, self == Self::Closed),
        }
    }

    /// Whether the quotation marks of a row do not match.
    fn mismatched(row: &[u8], separator: u8) -> bool {
        let mut place = Self::Row;
        for byte in row {
            let (next, wrong) = place.after(*byte, separator);
            if wrong {
                return true;
            }
            place = next;
        }
        place == Self::Quoted
    }
}

/// The mark of a file's encoding that a text in UTF-8 may begin with.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How many bytes of a file are read again, those of lines behind a quotation mark that does not match. Beyond that such
/// rows are refused as they stand, so that no file is read for ever.
const MAX_REREAD: usize = 16 << 20;

/// Cuts rows out of bytes.
#[derive(Debug)]
pub(super) struct Records {
    csv: bool,
    /// What parts the columns: of CSV not known before its first line is.
    separator: Option<u8>,
    /// The first line only names the separator.
    preface: bool,
    buffer: Vec<u8>,
    /// Up to where the buffer was searched for the end of a row, and what stands there.
    searched: usize,
    place: Place,
    /// A text went on behind the quotation mark that closed it.
    mismatch: bool,
    /// Bytes that may still be read again.
    reread: usize,
    /// Line of the buffer's first byte.
    line: u64,
    names: Option<std::sync::Arc<Vec<String>>>,
    fields: Fields,
    /// Ends of rows within the buffer.
    ends: VecDeque<usize>,
    /// Bytes of the buffer that were given out.
    given: usize,
    /// No more bytes come, and all were searched.
    whole: bool,
    done: bool,
}

impl Records {
    pub(super) fn new(csv: bool) -> Self {
        Self {
            csv,
            separator: (!csv).then_some(COMMA),
            preface: false,
            buffer: Vec::new(),
            searched: 0,
            place: Place::Row,
            mismatch: false,
            reread: MAX_REREAD,
            line: 1,
            names: None,
            fields: Fields::new(COMMA),
            ends: VecDeque::new(),
            given: 0,
            whole: false,
            done: false,
        }
    }

    /// Gives nothing more.
    pub(super) fn give_up(&mut self) {
        self.done = true;
        self.buffer.clear();
        self.ends.clear();
    }

    /// Takes bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.done {
            return;
        }
        // Ends are positions in the buffer, which begins anew with each piece: all were given out.
        self.buffer.drain(..self.given);
        self.searched -= self.given;
        self.given = 0;
        self.buffer.extend_from_slice(bytes);
        self.search(false);
    }

    /// Takes the separator from the first line that says anything. None before all of that is there, unless what is there
    /// is longer than a row may be: a file that begins with comments only is not to be kept as a whole.
    fn settle(&mut self, last: bool) -> Option<u8> {
        let mut rest = self.buffer.strip_prefix(MARK).unwrap_or(&self.buffer);
        let line = loop {
            let ended = (1..=rest.len()).find(|end| line_ends(rest, *end));
            let end = ended.or_else(|| (last || self.buffer.len() > MAX_ROW).then_some(rest.len()))?;
            let (line, behind) = rest.split_at(end);
            if line.is_empty() || !is_void(line) {
                break line;
            }
            rest = behind;
        };
        let (separator, begins, _) = separator(line);
        // By what opens a text, a comment or a line nothing can be parted.
        let separator = if b"\"#\r\n".contains(&separator) { COMMA } else { separator };
        self.preface = begins > 0;
        self.fields = Fields::new(separator);
        self.separator = Some(separator);
        self.separator
    }

    /// Searches the buffer for ends of rows. `last`: nothing comes after it.
    fn search(&mut self, last: bool) {
        let Some(separator) = self.separator.or_else(|| self.settle(last)) else { return };
        let mut at = self.searched;
        loop {
            let start = self.ends.back().copied().unwrap_or(self.given);
            let Some(byte) = self.buffer.get(at).copied() else {
                if last && self.csv && (self.mismatch || self.place == Place::Quoted) && self.recover(start, &mut at) {
                    continue;
                }
                break;
            };
            // A line ends with a line feed, a carriage return or both: what follows a carriage return tells which.
            if byte == b'\r' && self.place != Place::Quoted && at + 1 == self.buffer.len() && !last {
                break;
            }
            let (next, wrong) = if self.csv { self.place.after(byte, separator) } else { (Place::Plain, false) };
            let ended = match byte {
                b'\n' => !self.csv || next == Place::Row,
                b'\r' => (!self.csv || next == Place::Row) && self.buffer.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            let mark = self.line == 1 && start == 0 && at < MARK.len() && MARK[at] == byte;
            self.place = if mark { self.place } else { next };
            self.mismatch |= wrong;
            at += 1;
            let long = at - start > MAX_ROW;
            if (ended && self.mismatch || long && self.csv) && self.recover(start, &mut at) {
                continue;
            }
            if ended || long {
                self.end(at);
            }
        }
        self.searched = at;
    }

    /// The row ends here.
    fn end(&mut self, at: usize) {
        self.place = Place::Row;
        self.mismatch = false;
        self.ends.push_back(at);
    }

    /// Goes back to the end of a row's first line, if it has more: its quotation marks do not match, and the lines behind
    /// it may be rows that have nothing to do with that.
    fn recover(&mut self, start: usize, at: &mut usize) -> bool {
        let row = &self.buffer[start..*at];
        let Some(first) = (1..row.len()).find(|end| line_ends(row, *end)) else { return false };
        let Some(reread) = self.reread.checked_sub(row.len()) else { return false };
        self.reread = reread;
        *at = start + first;
        self.end(*at);
        true
    }

    /// The next row, or what is wrong with it. `last`: what is left without an end of line is a row.
    pub(super) fn next(&mut self, last: bool) -> Option<Result<Record, RowFault>> {
        loop {
            if self.done {
                return None;
            }
            if last && !std::mem::replace(&mut self.whole, true) {
                self.search(true);
            }
            let start = self.given;
            let end = match self.ends.pop_front() {
                Some(end) => end,
                None if last && start < self.buffer.len() => self.buffer.len(),
                None => return None,
            };
            self.given = end;
            let line = self.line;
            let bytes = self.buffer[start..end].to_vec();
            self.line += (1..=bytes.len()).map(|end| u64::from(line_ends(&bytes, end))).sum::<u64>();
            let text = if line == 1 { bytes.strip_prefix(MARK).unwrap_or(&bytes) } else { bytes.as_slice() };
            let blank = text.iter().all(u8::is_ascii_whitespace);
            if blank || (self.csv && is_void(text)) || std::mem::take(&mut self.preface) {
                continue;
            }
            let record = self.record(line, &bytes);
            if self.csv && self.names.is_none() {
                // Without the row of names no other can be read.
                self.give_up();
            }
            return Some(record);
        }
    }

    fn record(&mut self, line: u64, bytes: &[u8]) -> Result<Record, RowFault> {
        if bytes.len() > MAX_ROW {
            let message = "The row is longer than 1 MiB: a quotation mark may not be closed.";
            return Err(RowFault::new(line, "", "row_too_long", message, ""));
        }
        let bytes = if line == 1 { bytes.strip_prefix(MARK).unwrap_or(bytes) } else { bytes };
        if line == 1 && (bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.contains(&0)) {
            self.give_up();
            let message = "The file is not UTF-8 but UTF-16, as it seems: write it as UTF-8.";
            return Err(RowFault::new(line, "", "encoding", message, ""));
        }
        if !self.csv {
            let text = std::str::from_utf8(bytes).map_err(|_| encoding(line, "", bytes))?;
            let values = vec![text.trim().to_owned()];
            return Ok(Record { line, names: std::sync::Arc::default(), values, header: false });
        }
        let mut values = Vec::new();
        let separator = self.separator.unwrap_or(COMMA);
        let fields = if Place::mismatched(bytes, separator) { None } else { self.fields.of(bytes) };
        let Some(fields) = fields else {
            let message = "The quotation marks of the row do not match: one that is opened is not closed, or a text goes on \
                           behind one that is closed.";
            return Err(RowFault::new(line, "", "quotation_malformed", message, &String::from_utf8_lossy(bytes)));
        };
        if let Some((first, names)) =
            self.names.as_ref().and_then(|names| Some((surplus(&fields, names.len())?, names)))
        {
            let mark = match separator {
                COMMA => "a comma",
                b';' => "a semicolon",
                b'\t' => "a tab",
                _ => "what parts the columns",
            };
            let message = format!(
                "The row has {} fields and the file {} columns: a text with {mark} in it stands within quotation marks.",
                fields.len(),
                names.len()
            );
            return Err(RowFault::new(line, "", "fields_too_many", message, &String::from_utf8_lossy(first)));
        }
        for (index, field) in fields.into_iter().enumerate() {
            let name = self.names.as_ref().and_then(|names| names.get(index).cloned());
            let name = name.unwrap_or_else(|| (index + 1).to_string());
            values.push(String::from_utf8(field).map_err(|bad| encoding(line, &name, bad.as_bytes()))?);
        }
        match &self.names {
            None => {
                let names = std::sync::Arc::new(values.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>());
                self.names = Some(names.clone());
                Ok(Record { line, names, values, header: true })
            }
            Some(names) => Ok(Record { line, names: names.clone(), values, header: false }),
        }
    }
}

fn encoding(line: u64, column: &str, bytes: &[u8]) -> RowFault {
    let value = String::from_utf8_lossy(bytes);
    RowFault::new(line, column, "encoding", "The text is not UTF-8.", &value)
}

/// Whether a line of CSV says nothing: it is blank, or a comment.
fn is_void(line: &[u8]) -> bool {
    line.starts_with(b"#") || line.iter().all(u8::is_ascii_whitespace)
}

/// Whether a line ends before this place: with a line feed, or with a carriage return that none follows.
fn line_ends(bytes: &[u8], end: usize) -> bool {
    match bytes[end - 1] {
        b'\n' => true,
        b'\r' => bytes.get(end) != Some(&b'\n'),
        _ => false,
    }
}

/// The first field beyond the columns of a file that says something: a spreadsheet ends its rows with empty ones.
fn surplus(fields: &[Vec<u8>], columns: usize) -> Option<&[u8]> {
    let mut beyond = fields.iter().skip(columns).map(Vec::as_slice);
    beyond.find(|field| !field.trim_ascii().is_empty())
}

/// Reads the fields of single rows of CSV: kept from one row to the next, as a reader takes longer to build than to read one.
#[derive(Debug)]
struct Fields {
    reader: csv_core::Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Fields {
    fn new(separator: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new().delimiter(separator).build();
        Self { reader, bytes: vec![0; 1 << 12], ends: vec![0; 1 << 7] }
    }

    /// The fields of one row. None when it is more than one row.
    fn of(&mut self, row: &[u8]) -> Option<Vec<Vec<u8>>> {
        self.reader.reset();
        let (read, cut) = self.read(row);
        let ends = self.ends[..cut].iter().copied();
        let fields = ends.scan(0, |from, end| Some(self.bytes[std::mem::replace(from, end)..end].to_vec())).collect();
        (self.read(&row[read..]).1 == 0).then_some(fields)
    }

    /// Reads one row: how many bytes it takes, and how many fields it has. None where there is none.
    fn read(&mut self, row: &[u8]) -> (usize, usize) {
        let (mut read, mut written, mut cut) = (0, 0, 0);
        loop {
            let (result, taken, given, ended) =
                self.reader.read_record(&row[read..], &mut self.bytes[written..], &mut self.ends[cut..]);
            (read, written, cut) = (read + taken, written + given, cut + ended);
            match result {
                // With nothing more to read, the reader is told that the row ends.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(2 * self.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => return (read, cut),
            }
        }
    }
}

#[cfg(test)]
mod tests;
