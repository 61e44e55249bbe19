//! Rows out of bytes that arrive in pieces: of CSV with a line of column names, or one a line.

use std::collections::VecDeque;

use super::RowFault;

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
        let at = column.split('|').find_map(|name| self.names.iter().position(|known| known == name));
        at.and_then(|at| self.values.get(at)).map_or("", String::as_str)
    }

    /// All columns with a value.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(String::as_str).zip(self.values.iter().map(String::as_str))
    }

    /// The only value of a row that is not CSV.
    pub(super) fn text(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }
}

/// Cuts rows out of bytes.
#[derive(Debug)]
pub(super) struct Records {
    csv: bool,
    buffer: Vec<u8>,
    /// Up to where the buffer was searched for the end of a row, and whether that is within quotation marks.
    searched: usize,
    quoted: bool,
    /// Line of the buffer's first byte.
    line: u64,
    names: Option<std::sync::Arc<Vec<String>>>,
    /// Ends of rows within the buffer.
    ends: VecDeque<usize>,
    /// Bytes of the buffer that were given out.
    given: usize,
    done: bool,
}

impl Records {
    pub(super) fn new(csv: bool) -> Self {
        Self {
            csv,
            buffer: Vec::new(),
            searched: 0,
            quoted: false,
            line: 1,
            names: None,
            ends: VecDeque::new(),
            given: 0,
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
        self.buffer.drain(..self.given);
        self.searched -= self.given;
        self.given = 0;
        self.buffer.extend_from_slice(bytes);
        for at in self.searched..self.buffer.len() {
            match self.buffer[at] {
                b'"' if self.csv => self.quoted = !self.quoted,
                b'\n' if !self.quoted => self.ends.push_back(at + 1),
                _ => {}
            }
            let start = self.ends.back().copied().unwrap_or(0);
            if at + 1 - start > MAX_ROW {
                self.quoted = false;
                self.ends.push_back(at + 1);
            }
        }
        self.searched = self.buffer.len();
        // Ends are positions in the buffer, which begins anew with each piece.
    }

    /// The next row, or what is wrong with it. `last`: what is left without an end of line is a row.
    pub(super) fn next(&mut self, last: bool) -> Option<Result<Record, RowFault>> {
        loop {
            if self.done {
                return None;
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
            self.line += u64::try_from(bytes.iter().filter(|b| **b == b'\n').count()).unwrap_or(0);
            let blank = bytes.iter().all(u8::is_ascii_whitespace);
            if blank || (self.csv && bytes.starts_with(b"#")) {
                continue;
            }
            return Some(self.record(line, &bytes));
        }
    }

    fn record(&mut self, line: u64, bytes: &[u8]) -> Result<Record, RowFault> {
        if bytes.len() > MAX_ROW {
            let message = "The row is longer than 1 MiB: a quotation mark may not be closed.";
            return Err(RowFault::new(line, "", "row_too_long", message, ""));
        }
        let bytes = if line == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
        if !self.csv {
            let text = std::str::from_utf8(bytes).map_err(|_| encoding(line, "", bytes))?;
            let values = vec![text.trim().to_owned()];
            return Ok(Record { line, names: std::sync::Arc::default(), values, header: false });
        }
        let mut values = Vec::new();
        for (index, field) in fields(bytes).into_iter().enumerate() {
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

/// The fields of one row of CSV.
fn fields(row: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row);
    let mut record = csv::ByteRecord::new();
    // A slice in memory is always read, and every row is some fields.
    match reader.read_byte_record(&mut record) {
        Ok(true) => record.iter().map(<[u8]>::to_vec).collect(),
        Ok(false) | Err(_) => Vec::new(),
    }
}
