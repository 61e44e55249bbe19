//! Quotation marks of a record, one by one, and those that do not match.
//!
//! One that nobody closed would take the lines behind it into its field, up to the next one, and they would be missed
//! nowhere. So a text that goes on behind its closing mark, a file that ends within marks, and a field of many lines or of
//! such lines as the rows of the table are make a record a bad one. Then it is its first line alone, which is told, and the
//! lines behind it are read as rows.

use std::io::{self, Read};

use super::CsvRows;

/// Line breaks that a quoted field may have: no name and no note in a table of trade has as many.
const BREAKS: usize = 16;
/// A table of so few columns has texts in which there are as many separators as in a row.
const FEW: usize = 2;
/// The mark of its encoding that a file in UTF-8 may begin with.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// Where in a record a byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before it: line breaks there are of nothing.
    Before,
    /// At the start of a field: only here a quotation mark opens anything.
    Field,
    /// In a field without quotation marks around it.
    Plain,
    /// Within quotation marks.
    Quoted,
    /// Behind a quotation mark that closes the field, unless another follows it.
    Closed,
    /// In blanks behind that.
    Behind,
}

/// What was found of a record.
#[derive(Debug, Default)]
struct Shape {
    /// The field that is looked at.
    field: usize,
    /// How many fields there are up to the last that says something.
    filled: usize,
    /// Line breaks within the field.
    breaks: usize,
    /// Separators within the field, on the line of it that is looked at.
    separators: usize,
    /// Some line that ends within the field is not as long as a row.
    uneven: bool,
    /// The first field with a line break in it.
    long: Option<usize>,
    /// Where the first line ends.
    first: Option<usize>,
}

impl Shape {
    /// Notes that a line has ended within the field, of a table of so many columns.
    fn end_line(&mut self, columns: usize) {
        let before = if self.breaks == 0 { self.field } else { 0 };
        self.uneven |= before + self.separators + 1 != columns;
        (self.breaks, self.separators) = (self.breaks + 1, 0);
    }

    /// Notes that a field has ended. Whether it holds what looks like the rows of a table of so many columns: then each of
    /// its lines is as long as one, and the last reaches the column in which the first opened it.
    fn end_field(&mut self, columns: usize) -> bool {
        if self.breaks > 0 {
            self.long = self.long.or(Some(self.field));
        }
        let holds_rows = self.breaks > 0 && columns > FEW && !self.uneven && self.separators >= self.field;
        (self.breaks, self.separators, self.uneven) = (0, 0, false);
        holds_rows
    }

    /// The field of a record of several lines that has more fields than the table has columns. Rows may have empty fields
    /// more, and may leave out those at their end.
    fn misfit(&self, columns: usize) -> Option<usize> {
        self.long.filter(|_| columns > 0 && self.filled > columns)
    }
}

impl<R: Read> CsvRows<R> {
    /// Where what follows a record begins, counted from where that does, and which of its fields has quotation marks that
    /// do not match.
    pub(super) fn measure(&mut self) -> io::Result<(usize, Option<usize>)> {
        let mut shape = Shape::default();
        let mut place = Place::Before;
        let mut at = if self.unread().starts_with(MARK) { MARK.len() } else { 0 };
        let broken = loop {
            let Some(byte) = self.unread().get(at).copied() else {
                if !self.ended {
                    self.fill()?;
                    continue;
                }
                let swallowed = place != Place::Quoted && shape.end_field(self.columns);
                let open = (place == Place::Quoted || swallowed).then_some(shape.field);
                break open.or_else(|| shape.misfit(self.columns));
            };
            at += 1;
            let ends_line = matches!(byte, b'\n' | b'\r');
            if ends_line && place != Place::Before && shape.first.is_none() {
                shape.first = Some(at);
            }
            place = match (place, byte) {
                (Place::Before, b'\n' | b'\r') => Place::Before,
                (Place::Before | Place::Field, b'"') => {
                    shape.filled = shape.field + 1;
                    Place::Quoted
                }
                (Place::Quoted, b'"') => Place::Closed,
                (Place::Closed, b'"') => Place::Quoted,
                (Place::Quoted, byte) => {
                    // A line feed behind a carriage return is no break of its own. There is a mark before either.
                    if byte == b'\r' || (byte == b'\n' && self.unread().get(at - 2) != Some(&b'\r')) {
                        shape.end_line(self.columns);
                    }
                    shape.separators += usize::from(byte == self.separator);
                    if shape.breaks > BREAKS {
                        break Some(shape.field);
                    }
                    Place::Quoted
                }
                (_, byte) if ends_line || byte == self.separator => {
                    let field = shape.field;
                    if shape.end_field(self.columns) {
                        break Some(field);
                    }
                    if ends_line {
                        break shape.misfit(self.columns);
                    }
                    shape.field += 1;
                    Place::Field
                }
                (Place::Closed | Place::Behind, b' ' | b'\t') => Place::Behind,
                (Place::Closed | Place::Behind, _) => break Some(shape.field),
                (Place::Before | Place::Field | Place::Plain, _) => {
                    shape.filled = shape.field + 1;
                    Place::Plain
                }
            };
        };
        match (broken, shape.first) {
            (None, _) => Ok((at, None)),
            (Some(_), Some(first)) => Ok((first, broken)),
            (Some(_), None) => Ok((self.line_end(at)?, broken)),
        }
    }

    /// Where a line ends, from one place of it on.
    fn line_end(&mut self, mut from: usize) -> io::Result<usize> {
        loop {
            let unread = self.unread();
            if let Some(end) = memchr::memchr2(b'\n', b'\r', &unread[from..]) {
                return Ok(from + end + 1);
            }
            from = unread.len();
            if self.ended {
                return Ok(from);
            }
            self.fill()?;
        }
    }
}
