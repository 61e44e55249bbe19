//! Tagged rows on their way to a file.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use anyhow::Context as _;

use super::{
    ask::{Code, Said},
    faults::OwnFault,
    files::Target,
    table::{Columns, Row},
};
use crate::client::exit::Usage;

/// What tagging adds to a table beside the lists.
const ADDED: [&str; 4] = ["hs_edition", "hs_code", "faults", "counted"];
/// How much is written at once.
const BUFFER: usize = 1 << 18;

/// What is said of a list beside its bounds. Only what is said has a column.
#[derive(Clone, Copy, Debug, Default)]
struct More {
    estimated: bool,
    held_back: bool,
    undetermined: bool,
}

/// Tagged rows on their way to a CSV file. It has its name only when it is whole.
pub(super) struct Tagged {
    target: Target,
    rows: BufWriter<File>,
    /// What an earlier run wrote: this one must come to the same, byte for byte.
    before: Option<io::Take<BufReader<File>>>,
    /// A record of it.
    written: Vec<u8>,
    /// By list: what columns it has beside its bounds.
    more: Vec<More>,
    record: Vec<u8>,
    /// The row's value as text.
    value: Vec<u8>,
}

impl Tagged {
    pub(super) fn open(path: &Path, resume: bool) -> anyhow::Result<Self> {
        let target = Target::of(path)?;
        let failed = || target.cannot_write();
        let (file, before) = match &target {
            Target::Other(path) => (OpenOptions::new().append(true).open(path).with_context(failed)?, None),
            Target::File { part, .. } => {
                let mut options = OpenOptions::new();
                options.read(true).write(true).create(true).truncate(!resume);
                let mut file = options.open(part).with_context(failed)?;
                let end = if resume { whole_records(&file)? } else { 0 };
                if resume {
                    file.set_len(end).with_context(failed)?;
                }
                let before = match end {
                    0 => None,
                    _ => Some(BufReader::with_capacity(BUFFER, File::open(part).with_context(failed)?).take(end)),
                };
                file.seek(SeekFrom::Start(end))?;
                (file, before)
            }
        };
        let rows = BufWriter::with_capacity(BUFFER, file);
        let (written, more) = (Vec::new(), Vec::new());
        Ok(Self { target, rows, before, written, more, record: Vec::new(), value: Vec::new() })
    }

    pub(super) fn header(&mut self, columns: &Columns, said: &Said) -> anyhow::Result<()> {
        self.more = vec![More::default(); said.lists.len()];
        for tag in said.codes.iter().flat_map(|code| &code.tags) {
            let more = &mut self.more[tag.list];
            more.estimated |= tag.share.estimated.is_some();
            more.held_back |= tag.share.held_back > 0.0;
            more.undetermined |= tag.share.undetermined > 0.0;
        }
        self.record.clear();
        // Two columns of one name would be read as one: that of before.
        if let Some(name) = ADDED.into_iter().find(|added| columns.names.iter().any(|name| name == added)) {
            let hint = "tag the table that it was made of, with all lists at once";
            return Err(Usage(format!("the table has a column {name} already: {hint}")).into());
        }
        for name in columns.names.iter().map(String::as_str).chain(ADDED) {
            field(&mut self.record, name.as_bytes());
        }
        for (list, more) in said.lists.iter().zip(&self.more) {
            let list = list.trim_start_matches("greenLists/");
            let more = [
                more.estimated.then_some("estimated"),
                more.held_back.then_some("held_back"),
                more.undetermined.then_some("undetermined"),
            ];
            for what in ["certain", "possible"].into_iter().chain(more.into_iter().flatten()) {
                field(&mut self.record, format!("{what}:{list}").as_bytes());
            }
        }
        self.end()
    }

    #[expect(clippy::too_many_arguments, reason = "a row and all that is known of it")]
    pub(super) fn row(
        &mut self,
        row: &Row<'_>,
        columns: &Columns,
        code: &Code,
        own: &[OwnFault],
        counted: bool,
        value: f64,
        said: &Said,
    ) -> anyhow::Result<()> {
        self.record.clear();
        match row.raw.filter(|_| row.len() == columns.names.len()) {
            Some(raw) => {
                self.record.extend_from_slice(raw);
                self.record.push(b',');
            }
            None => {
                (0..columns.names.len()).for_each(|at| field(&mut self.record, row.get(at).unwrap_or_default()));
            }
        }
        field(&mut self.record, code.edition.as_bytes());
        field(&mut self.record, code.code.as_bytes());
        let of_code = code.faults.iter().map(|(fault, _)| said.faults[*fault].as_str());
        for (place, fault) in of_code.chain(own.iter().map(|(fault, _)| fault.name())).enumerate() {
            if place > 0 {
                self.record.push(b' ');
            }
            self.record.extend_from_slice(fault.as_bytes());
        }
        self.record.extend_from_slice(if counted { b",1," } else { b",0," });
        self.tags(code, value)?;
        self.end()
    }

    /// The value on each list: certainly, possibly, and by weights where there are any.
    fn tags(&mut self, code: &Code, value: f64) -> anyhow::Result<()> {
        self.value.clear();
        if !code.tags.is_empty() {
            write!(self.value, "{value}")?;
        }
        let mut tags = code.tags.iter().peekable();
        for list in 0..self.more.len() {
            let more = self.more[list];
            let tag = tags.next_if(|tag| tag.list == list);
            match tag {
                Some(tag) => {
                    self.part(value, tag.share.certain)?;
                    self.part(value, tag.share.possible)?;
                }
                None => self.record.extend_from_slice(b"0,0,"),
            }
            if more.estimated {
                match tag.and_then(|tag| tag.share.estimated) {
                    Some(estimated) => self.part(value, estimated)?,
                    None => self.record.push(b','),
                }
            }
            if more.held_back {
                self.part(value, tag.map_or(0.0, |tag| tag.share.held_back))?;
            }
            if more.undetermined {
                self.part(value, tag.map_or(0.0, |tag| tag.share.undetermined))?;
            }
        }
        Ok(())
    }

    /// A share of a value. Most are all of it or nothing.
    fn part(&mut self, value: f64, share: f64) -> anyhow::Result<()> {
        if share == 1.0 {
            self.record.extend_from_slice(&self.value);
        } else if share == 0.0 {
            self.record.push(b'0');
        } else {
            write!(self.record, "{}", value * share)?;
        }
        self.record.push(b',');
        Ok(())
    }

    /// Ends the record: every field has put a comma behind itself.
    fn end(&mut self) -> anyhow::Result<()> {
        if let Some(last) = self.record.last_mut() {
            *last = b'\n';
        }
        let Some(before) = &mut self.before else {
            return self.rows.write_all(&self.record).with_context(|| self.cannot_write());
        };
        self.written.resize(self.record.len(), 0);
        let same = match before.read_exact(&mut self.written) {
            Ok(()) => self.written == self.record,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
            Err(error) => return Err(error.into()),
        };
        if before.limit() == 0 {
            self.before = None;
        }
        if same { Ok(()) } else { Err(self.of_another_run()) }
    }

    fn of_another_run(&self) -> anyhow::Error {
        let part = self.target.at().display();
        Usage(format!(
            "{part} is of another run: of another table, other lists or options, or an earlier revision; without --resume it \
             is written anew"
        ))
        .into()
    }

    /// What failed, and what of it can be gone on with.
    fn cannot_write(&self) -> String {
        let failed = self.target.cannot_write();
        match &self.target {
            Target::File { .. } => format!("{failed}: --resume goes on with what of it was written"),
            Target::Other(_) => failed,
        }
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        if self.before.is_some() {
            return Err(self.of_another_run());
        }
        self.rows.flush().with_context(|| self.cannot_write())?;
        self.target.finish()
    }
}

/// Adds a field and a comma, in quotation marks where it needs them (RFC 4180).
fn field(record: &mut Vec<u8>, field: &[u8]) {
    if field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        record.push(b'"');
        for byte in field {
            record.extend_from_slice(if *byte == b'"' { b"\"\"" } else { std::slice::from_ref(byte) });
        }
        record.push(b'"');
    } else {
        record.extend_from_slice(field);
    }
    record.push(b',');
}

/// Where the last whole record of a broken output ends.
fn whole_records(file: &File) -> anyhow::Result<u64> {
    let mut reader = BufReader::new(file);
    let (mut end, mut line) = (0u64, Vec::new());
    let mut quotes = 0usize;
    let mut begun = 0u64;
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok(end);
        }
        begun += read as u64;
        // A line break within quotes ends no record.
        quotes += line.iter().filter(|byte| **byte == b'"').count();
        if quotes.is_multiple_of(2) {
            end = begun;
        }
    }
}
