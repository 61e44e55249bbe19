//! The pass that tags: what was said of each code, put to each row.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, BufWriter, Read, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use greenlane_api::classification::v1::TagTotals;
use indicatif::ProgressBar;

use super::{
    Args,
    ask::{Code, Said},
    seen::Seen,
    survey::{Survey, key_of},
    table::{self, Columns},
    totals::Totals,
};
use crate::client::{exit::Usage, progress};

/// Rows between two looks at the progress bar.
const STEP: u64 = 1 << 15;

/// Tags the rows of a table; gives the totals.
pub(crate) fn run(args: &Args, survey: &Survey, said: &Said) -> anyhow::Result<TagTotals> {
    let bar = progress::bar(Some(survey.rows), "rows");
    let mut out = args.out.as_deref().map(|path| Tagged::open(path, args.resume)).transpose()?;
    let mut faults = args.faults.as_deref().map(writer).transpose()?;
    if let Some(faults) = &mut faults {
        faults.write_record(["line", "column", "fault", "value", "mended"])?;
    }
    let source = table::file(&args.file)?;
    let totals = tag(source, args, survey, said, out.as_mut(), faults.as_mut(), &bar)?;
    if let Some(faults) = &mut faults {
        faults.flush()?;
    }
    if let Some(out) = out {
        out.finish()?;
    }
    bar.finish_and_clear();
    Ok(totals)
}

fn tag<R: Read>(
    source: R,
    args: &Args,
    survey: &Survey,
    said: &Said,
    mut out: Option<&mut Tagged>,
    mut faults: Option<&mut csv::Writer<File>>,
    bar: &ProgressBar,
) -> anyhow::Result<TagTotals> {
    let (mut reader, columns) = table::open(source)?;
    if let Some(out) = &mut out {
        out.header(&columns, said)?;
    }
    let (mut seen, mut totals) = (Seen::new(), Totals::new(&args.by, &columns));
    let nothing = Code::default();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut rows, mut mended_rows) = (0u64, 0u64);
    let (mut record, mut key) = (csv::ByteRecord::new(), Vec::new());
    let mut own: Vec<(&'static str, usize)> = Vec::new();
    while reader.read_byte_record(&mut record)? {
        rows += 1;
        if rows.is_multiple_of(STEP) {
            bar.set_position(rows);
        }
        own.clear();
        let whole = key_of(&columns, &record, &mut key) && record.len() > columns.last();
        let code = if whole { said.codes.get(key.as_slice()).unwrap_or(&nothing) } else { &nothing };
        let value = record.get(columns.value).and_then(number);
        if !whole {
            own.push(("columns_missing", columns.last()));
        } else if value.is_none() {
            own.push(("value_malformed", columns.value));
        }
        let partner = columns.partner.filter(|_| survey.mixed_partners);
        let world = partner.filter(|at| record.get(*at).is_some_and(table::is_world));
        own.extend(world.map(|at| ("aggregate_partner", at)));
        if whole && seen.before(&key, &columns, &record) {
            own.push(("duplicate", columns.code));
        }
        let mut mended = false;
        for (fault, was_mended) in &code.faults {
            *counts.entry(fault).or_default() += 1;
            mended |= was_mended;
        }
        for (fault, _) in &own {
            *counts.entry(fault).or_default() += 1;
        }
        mended_rows += u64::from(mended);
        let counted = whole && !code.aggregate && world.is_none();
        let value = value.unwrap_or_default();
        if counted {
            totals.add(&record, value, said, &code.tags);
        }
        if let Some(faults) = faults.as_mut().filter(|_| !code.faults.is_empty() || !own.is_empty()) {
            write_faults(faults, &columns, &record, code, &own)?;
        }
        if let Some(out) = &mut out {
            out.row(&record, &columns, code, &own, counted, value, said)?;
        }
    }
    Ok(TagTotals {
        totals: totals.all(said),
        rows,
        faults: counts.into_iter().map(|(fault, rows)| (fault.to_owned(), rows)).collect(),
        mended_rows,
    })
}

/// An amount: not negative.
fn number(field: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(field.trim_ascii()).ok()?.parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

fn write_faults(
    faults: &mut csv::Writer<File>,
    columns: &Columns,
    record: &csv::ByteRecord,
    code: &Code,
    own: &[(&'static str, usize)],
) -> anyhow::Result<()> {
    let line = record.position().map_or(0, csv::Position::line).to_string();
    let of_code = code.faults.iter().map(|(fault, mended)| {
        let at = if fault == "period_malformed" { columns.period } else { columns.code };
        (fault.as_str(), at, *mended)
    });
    for (fault, at, mended) in of_code.chain(own.iter().map(|(fault, at)| (*fault, *at, false))) {
        let column = columns.names.get(at).map_or("", String::as_str);
        let value = String::from_utf8_lossy(record.get(at).unwrap_or_default());
        faults.write_record([line.as_str(), column, fault, value.as_ref(), if mended { "1" } else { "0" }])?;
    }
    Ok(())
}

/// Tagged rows on their way to a file. It has its name only when it is whole.
struct Tagged {
    path: PathBuf,
    part: PathBuf,
    rows: csv::Writer<BufWriter<File>>,
    /// Lines that an earlier run wrote.
    skip: u64,
    field: String,
}

impl Tagged {
    fn open(path: &Path, resume: bool) -> anyhow::Result<Self> {
        let part = path.with_added_extension("part");
        let failed = || format!("cannot write {}", part.display());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(!resume);
        let mut file = options.open(&part).with_context(failed)?;
        let (skip, end) = if resume { whole_lines(&file)? } else { (0, 0) };
        file.set_len(end).with_context(failed)?;
        file.seek(SeekFrom::Start(end))?;
        // Rows keep the number of fields that they came with.
        let rows = csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::with_capacity(1 << 18, file));
        Ok(Self { path: path.to_owned(), part, rows, skip, field: String::new() })
    }

    /// Whether a line was written by an earlier run.
    fn skipped(&mut self) -> bool {
        let skipped = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        skipped
    }

    fn header(&mut self, columns: &Columns, said: &Said) -> anyhow::Result<()> {
        if self.skipped() {
            return Ok(());
        }
        for name in &columns.names {
            self.rows.write_field(name)?;
        }
        for name in ["hs_edition", "hs_code", "faults", "counted"] {
            self.rows.write_field(name)?;
        }
        for list in &said.lists {
            let list = list.trim_start_matches("greenLists/");
            self.rows.write_field(format!("certain:{list}"))?;
            self.rows.write_field(format!("possible:{list}"))?;
        }
        Ok(self.rows.write_record(None::<&[u8]>)?)
    }

    #[expect(clippy::too_many_arguments, reason = "a row and all that is known of it")]
    fn row(
        &mut self,
        record: &csv::ByteRecord,
        columns: &Columns,
        code: &Code,
        own: &[(&'static str, usize)],
        counted: bool,
        value: f64,
        said: &Said,
    ) -> anyhow::Result<()> {
        if self.skipped() {
            return Ok(());
        }
        for at in 0..columns.names.len() {
            self.rows.write_field(record.get(at).unwrap_or_default())?;
        }
        self.rows.write_field(&code.edition)?;
        self.rows.write_field(&code.code)?;
        self.field.clear();
        for fault in code.faults.iter().map(|(fault, _)| fault.as_str()).chain(own.iter().map(|(fault, _)| *fault)) {
            if !self.field.is_empty() {
                self.field.push(' ');
            }
            self.field.push_str(fault);
        }
        self.rows.write_field(&self.field)?;
        self.rows.write_field(if counted { "1" } else { "0" })?;
        let mut tags = code.tags.iter().peekable();
        for list in 0..said.lists.len() {
            match tags.next_if(|(of, ..)| *of == list) {
                Some((_, certain, possible)) => {
                    self.rows.write_field((value * certain).to_string())?;
                    self.rows.write_field((value * possible).to_string())?;
                }
                None => {
                    self.rows.write_field("0")?;
                    self.rows.write_field("0")?;
                }
            }
        }
        Ok(self.rows.write_record(None::<&[u8]>)?)
    }

    fn finish(mut self) -> anyhow::Result<()> {
        self.rows.flush()?;
        std::fs::rename(&self.part, &self.path).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// How many whole records a broken output has, and where the last of them ends.
fn whole_lines(file: &File) -> anyhow::Result<(u64, u64)> {
    let mut reader = BufReader::new(file);
    let (mut lines, mut end, mut line) = (0, 0u64, Vec::new());
    let mut quotes = 0usize;
    let mut begun = 0u64;
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok((lines, end));
        }
        begun += read as u64;
        // A line break within quotes ends no record.
        quotes += line.iter().filter(|byte| **byte == b'"').count();
        if quotes.is_multiple_of(2) {
            lines += 1;
            end = begun;
        }
    }
}

fn writer(path: &Path) -> anyhow::Result<csv::Writer<File>> {
    csv::Writer::from_path(path).with_context(|| Usage(format!("cannot write {}", path.display())))
}

#[cfg(test)]
mod tests;
