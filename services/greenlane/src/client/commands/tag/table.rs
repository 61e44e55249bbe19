//! Tables of trade statistics: which column is which, under the names that UN Comtrade has given them.

use std::{
    fs::File,
    io::{Read, Seek as _, SeekFrom},
    path::Path,
};

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;
use greenlane_platform::table::unwrapped;
use greenlane_tally::flow_code;
pub(crate) use greenlane_tally::{is_economy, is_world};

use super::{csv::CsvRows, parquet::ParquetRows, stamp::Stamp};
use crate::client::exit::Usage;

/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";
/// What a compressed file begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// What text of two bytes a letter begins with, as spreadsheets write "Unicode text".
const UTF_16: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// Names of the columns, the best first. Those of old exports have blanks in them, but for year and
/// classification.
const PERIOD: &[&str] = &["period", "refyear", "year"];
const REPORTER: &[&str] = &["reporteriso", "reporter iso", "reportercode", "reporter code", "reporterdesc", "reporter"];
const PARTNER: &[&str] = &["partneriso", "partner iso", "partnercode", "partner code", "partnerdesc", "partner"];
const FLOW: &[&str] = &["flowcode", "trade flow code", "flowdesc", "trade flow", "flow"];
pub(crate) const CODE: &[&str] = &["cmdcode", "commodity code", "hs6", "code"];
const VALUE: &[&str] = &["primaryvalue", "trade value (us$)", "value", "value_usd"];
const CLASSIFICATION: &[&str] =
    &["classificationcode", "classification", "edition", "hs edition", "hsedition", "版本", "hs版本"];
/// What else tells rows of one code and period apart.
const FURTHER: &[&str] = &["partner2code", "partner2iso", "customscode", "moscode", "motcode", "2nd partner code"];

/// Where the columns are.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) period: usize,
    pub(crate) reporter: Option<usize>,
    pub(crate) partner: Option<usize>,
    pub(crate) flow: Option<usize>,
    pub(crate) code: usize,
    pub(crate) value: usize,
    pub(crate) classification: Option<usize>,
    pub(crate) further: Vec<usize>,
    /// Of a table that was put together of old and new exports: columns, each with those that a row may fill instead.
    other: Vec<(usize, Vec<usize>)>,
    /// As they stand in the file.
    pub(crate) names: Vec<String>,
}

/// The columns of a field, the best first. Old exports have `Period` where new ones have `period`.
fn columns_of(names: &[String], wanted: &[&str]) -> Vec<usize> {
    let mut found = Vec::new();
    for wanted in wanted {
        let exact = (0..names.len()).filter(|at| names[*at] == *wanted);
        let in_any_case = (0..names.len()).filter(|at| names[*at].eq_ignore_ascii_case(wanted));
        for at in exact.chain(in_any_case) {
            if !found.contains(&at) {
                found.push(at);
            }
        }
    }
    found
}

/// Whether a table was put together of old and new exports: the names of the old ones have blanks in them.
fn is_of_both(names: &[String]) -> bool {
    let has = |old: bool| columns_of(names, VALUE).into_iter().any(|at| names[at].contains(' ') == old);
    has(true) && has(false)
}

impl Columns {
    fn of(names: Vec<String>) -> anyhow::Result<Self> {
        let find = |wanted: &[&str]| columns_of(&names, wanted).first().copied();
        let required = |wanted: &[&str], what: &str| {
            let hint =
                || Usage(format!("the table has no column for the {what}: none is called {}", wanted.join(", ")));
            find(wanted).with_context(hint)
        };
        // Where there are two columns for the value, all others may be there several times as well.
        let both = is_of_both(&names);
        let fields = [PERIOD, REPORTER, PARTNER, FLOW, CODE, VALUE, CLASSIFICATION].into_iter().filter(|_| both);
        let several = fields.filter_map(|wanted| {
            let columns = columns_of(&names, wanted);
            let (first, rest) = columns.split_first()?;
            (!rest.is_empty()).then(|| (*first, rest.to_vec()))
        });
        let other = several.collect();
        let columns = Self {
            other,
            period: required(PERIOD, "period")?,
            code: required(CODE, "code")?,
            value: required(VALUE, "value")?,
            reporter: find(REPORTER),
            partner: find(PARTNER),
            flow: find(FLOW),
            classification: find(CLASSIFICATION),
            further: FURTHER.iter().filter_map(|name| find(&[*name])).collect(),
            names,
        };
        let names = &columns.names;
        let twice = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
        if let Some(name) = columns.needed().into_iter().map(|at| &names[at]).find(|name| twice(name)) {
            let text = format!("the table has several columns called {name}: which of them is meant is not known");
            return Err(Usage(text).into());
        }
        Ok(columns)
    }

    /// Whether the table was put together of old and new exports.
    pub(crate) fn is_of_both(&self) -> bool {
        !self.other.is_empty()
    }

    /// The flow of a row, its code in large letters: of a table of old and new exports by the name that new ones have for it.
    pub(crate) fn flow_of<'t>(&self, row: &Row<'t>) -> Option<&'t [u8]> {
        let field = flow_code(row.get(self.flow?)?);
        Some(if self.is_of_both() { flow_now(field) } else { field })
    }

    /// The columns that tagging looks at.
    fn needed(&self) -> Vec<usize> {
        let optional = [self.reporter, self.partner, self.flow, self.classification];
        let mut needed = vec![self.period, self.code, self.value];
        needed.extend(optional.into_iter().flatten().chain(self.further.iter().copied()));
        needed.extend(self.other.iter().flat_map(|(_, others)| others));
        needed
    }

    /// The columns that say what a row is of.
    fn surveyed(&self) -> Vec<usize> {
        let optional = [self.partner, self.classification, self.flow, self.reporter];
        let further = self.further.iter().copied();
        let of_row = [self.period, self.code].into_iter().chain(optional.into_iter().flatten()).chain(further);
        of_row.chain(self.other.iter().flat_map(|(_, others)| others.iter().copied())).collect()
    }

    /// The last column that a row must reach.
    pub(crate) fn last(&self) -> usize {
        self.period.max(self.code).max(self.value)
    }
}

/// Whether values of a table may have decimal commas: those of tabs and semicolons, and of commas those that have some
/// among their first rows. Others are not looked at for it.
fn values_have_commas(rows: &CsvRows<Box<dyn Read>>, value: usize) -> bool {
    if rows.separator() != b',' {
        return true;
    }
    let mut first = CsvRows::new(rows.unread());
    while let Ok(Some(row)) = first.next() {
        if row.get(value).is_some_and(|field| field.contains(&b',')) {
            return true;
        }
    }
    false
}

/// Behind the last of some columns.
fn end(columns: &[usize]) -> usize {
    columns.iter().max().map_or(0, |last| last + 1)
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'t> {
    /// All its fields.
    pub(crate) bytes: &'t [u8],
    /// Where each begins and ends.
    pub(crate) fields: &'t [(u32, u32)],
    /// Line of the file, or number of the row where there are no lines.
    pub(crate) line: u64,
    /// As it stands in a CSV file, when what is quoted of it are whole fields without quotation marks in them.
    pub(crate) raw: Option<&'t [u8]>,
    /// The field whose quotation marks do not match: then it is no row of the table, and which field is which is not known.
    pub(crate) broken: Option<usize>,
    /// It is broken because it is longer than a row may be, and has no fields.
    pub(crate) too_long: bool,
}

impl<'t> Row<'t> {
    /// A field.
    pub(crate) fn get(&self, at: usize) -> Option<&'t [u8]> {
        let (from, to) = *self.fields.get(at)?;
        self.bytes.get(from as usize..to as usize)
    }

    /// How many fields it has: they may be more or fewer than the table's columns.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }
}

/// How many fields the rows of a table have.
pub(crate) struct Width {
    columns: usize,
    /// Fields of the first row: all may end in a separator that the header has not.
    first: Option<usize>,
}

impl Width {
    pub(crate) fn of(columns: &Columns) -> Self {
        Self { columns: columns.names.len(), first: None }
    }

    /// Whether a row is one of the table.
    pub(crate) fn is_row(&mut self, row: &Row<'_>, columns: &Columns) -> bool {
        row.broken.is_none() && self.surplus(row).is_none() && row.len() > columns.last()
    }

    /// The first field of a row that is more than the table has columns: which of its fields is which nobody knows.
    pub(crate) fn surplus(&mut self, row: &Row<'_>) -> Option<usize> {
        let first = *self.first.get_or_insert(row.len());
        if row.len() <= self.columns {
            return None;
        }
        let more = (self.columns..row.len()).find(|at| row.get(*at).is_some_and(|it| !it.trim_ascii().is_empty()));
        more.or((row.len() != first).then_some(self.columns))
    }
}

/// An open table: CSV with commas or tabs, compressed by gzip or not, or Parquet. Which is told from its first bytes.
pub(crate) struct Table {
    pub(crate) columns: Columns,
    pub(crate) rows: Rows,
    /// Its values are to be surveyed too, for how they are written.
    pub(crate) values: bool,
    /// What its file was when it was opened. None of what is no file.
    pub(crate) stamp: Option<Stamp>,
}

/// The rows of a table.
pub(crate) struct Rows {
    source: Source,
    /// Columns, each with those of which the first that is not empty is taken where it is.
    other: Vec<(usize, Vec<usize>)>,
    /// Where the fields of such a row are.
    fields: Vec<(u32, u32)>,
}

/// Where rows come from.
enum Source {
    Csv(Box<CsvRows<Box<dyn Read>>>),
    Parquet(Box<ParquetRows>),
}

impl Table {
    /// Opens a table of which all fields are read.
    pub(crate) fn whole(path: &Path) -> anyhow::Result<Self> {
        let cannot_read = || format!("cannot read {}", path.display());
        let mut file = File::open(path).with_context(cannot_read)?;
        let metadata = file.metadata().with_context(cannot_read)?;
        if !metadata.is_file() {
            let path = path.display();
            return Err(Usage(format!("{path} is no file: a table is read more than once, so write it to one")).into());
        }
        let stamp = Some(Stamp::of(&metadata));
        let mut first = Vec::new();
        file.by_ref().take(4).read_to_end(&mut first).with_context(cannot_read)?;
        file.seek(SeekFrom::Start(0)).with_context(cannot_read)?;
        if first == PARQUET {
            let rows = ParquetRows::open(file).with_context(cannot_read)?;
            let columns = Columns::of(rows.names())?;
            let rows = Rows::of(&columns, Source::Parquet(Box::new(rows)));
            return Ok(Self { rows, columns, values: false, stamp });
        }
        let source: Box<dyn Read> =
            if first.starts_with(GZIP) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Ok(Self { stamp, ..Self::csv(source).with_context(cannot_read)? })
    }

    /// Opens a table of which those fields are read that tagging asks for: of a Parquet file all others are empty, of a
    /// CSV file those behind the last of them are not there but in rows that have more fields than the table has columns.
    pub(crate) fn needed(path: &Path) -> anyhow::Result<Self> {
        let mut table = Self::whole(path)?;
        let needed = table.columns.needed();
        match &mut table.rows.source {
            Source::Parquet(rows) => rows.only(&needed),
            Source::Csv(rows) => rows.first(end(&needed), table.columns.names.len()),
        }
        Ok(table)
    }

    /// Opens a table of which those fields are read that say what its rows are of.
    pub(crate) fn surveyed(path: &Path) -> anyhow::Result<Self> {
        let mut table = Self::needed(path)?;
        if let Source::Csv(rows) = &mut table.rows.source {
            table.values = values_have_commas(rows, table.columns.value);
            let value = table.columns.value + 1;
            let most = end(&table.columns.surveyed());
            rows.first(if table.values { most.max(value) } else { most }, usize::MAX);
        }
        Ok(table)
    }

    /// Refuses a table whose file is not what it was when it was opened first.
    pub(crate) fn must_be(&self, first: Option<Stamp>) -> anyhow::Result<()> {
        match (first, self.stamp) {
            (Some(first), Some(now)) => first.must_be(now),
            (None, _) | (_, None) => Ok(()),
        }
    }

    /// Opens a CSV table.
    pub(crate) fn csv(source: Box<dyn Read>) -> anyhow::Result<Self> {
        let mut rows = CsvRows::new(source);
        rows.sniff()?;
        if rows.unread().is_empty() {
            return Err(Usage("there is nothing in it".to_owned()).into());
        }
        if UTF_16.iter().any(|mark| rows.unread().starts_with(mark)) {
            return Err(Usage("it is text in UTF-16: save it as CSV in UTF-8".to_owned()).into());
        }
        let name = |name: &[u8]| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned();
        let header = rows.next()?;
        if header.as_ref().is_some_and(|row| row.broken.is_some()) {
            return Err(Usage("the quotation marks of its first line do not match".to_owned()).into());
        }
        let names = header.iter().flat_map(|row| (0..row.len()).filter_map(|at| row.get(at))).map(name);
        let columns = Columns::of(names.collect())?;
        Ok(Self { rows: Rows::of(&columns, Source::Csv(Box::new(rows))), columns, values: false, stamp: None })
    }
}

impl Rows {
    fn of(columns: &Columns, source: Source) -> Self {
        Self { source, other: columns.other.clone(), fields: Vec::new() }
    }

    /// The next row. Rows may be longer or shorter than the header: that is for the row to answer for.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Row<'_>>> {
        let row = match &mut self.source {
            Source::Csv(rows) => rows.next()?,
            Source::Parquet(rows) => rows.next()?,
        };
        let Some(row) = row.filter(|_| !self.other.is_empty()) else { return Ok(row) };
        self.fields.clear();
        self.fields.extend_from_slice(row.fields);
        let is_empty = |at: usize| row.get(at).is_none_or(|field| field.trim_ascii().is_empty());
        for (first, others) in &self.other {
            if *first < row.len()
                && is_empty(*first)
                && let Some(filled) = others.iter().find(|at| !is_empty(**at))
            {
                self.fields[*first] = row.fields[*filled];
            }
        }
        Ok(Some(Row { fields: &self.fields, raw: None, ..row }))
    }
}

/// Editions of the Harmonized System as Comtrade counts them from `H0` on. A number is one edition, whichever of them a
/// catalogue has: of which edition a later one is nobody knows yet.
const NUMBERED: [&str; 8] = ["HS1992", "HS1996", "HS2002", "HS2007", "HS2012", "HS2017", "HS2022", "HS2028"];

/// What a row says of the classification of its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Classification {
    /// By its name: the catalogue may have it, as it has editions (`HS2022`) and tariffs, or not, as of SITC (`S3`).
    Named(String),
    /// The Harmonized System as it was reported or in an edition that has no such name, or nothing: in which edition is to
    /// be found out.
    Harmonized,
}

impl Classification {
    pub(crate) fn of(field: &str) -> Self {
        let field = field.trim().trim_start_matches("editions/");
        let named = || Self::Named(field.to_owned());
        let text = field.replace(' ', "").to_ascii_uppercase();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // Of such a year the catalogue may have an edition that this program does not know.
        let is_later =
            |text: &str| text.strip_prefix("HS").is_some_and(|year| year.len() == 4 && digits(year) && year >= "2027");
        match text.strip_prefix('H') {
            None if text.is_empty() => Self::Harmonized,
            // A year alone, as in a column for the edition.
            None if digits(&text) => {
                let name = format!("HS{text}");
                if NUMBERED.contains(&name.as_str()) { Self::Named(name) } else { Self::Harmonized }
            }
            None => named(),
            Some(rest) if digits(rest) => {
                let edition = rest.parse().ok().and_then(|number: usize| NUMBERED.get(number).copied());
                edition.map_or_else(named, |edition| Self::Named(edition.to_owned()))
            }
            Some(_) if NUMBERED.contains(&text.as_str()) || is_later(&text) => Self::Named(text),
            // Other spellings say no more than that: `HS17`, `HS 1988/92`.
            Some(_) => Self::Harmonized,
        }
    }
}

/// An edition and a code that are written as one, `HS2022:854143`, as this program does.
pub(crate) fn parted(text: &str) -> Option<(&str, &str)> {
    let (edition, code) = text.split_once(':')?;
    let edition = edition.trim().trim_start_matches("editions/");
    let is_name = edition.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_name && edition.bytes().any(|byte| byte.is_ascii_alphabetic())).then(|| (edition, code.trim()))
}

/// A code without the edition that may stand before it, and without what a spreadsheet may have put around it.
pub(crate) fn bare(text: &str) -> &str {
    let code = parted(text).map_or(text, |(_, code)| code);
    unwrapped(code).unwrap_or(code)
}

/// Whether an economy is the European Union, with the trade of its members.
pub(crate) fn is_union(economy: &[u8]) -> bool {
    matches!(
        economy,
        b"EU-28"
            | b"EU-27"
            | b"EU-25"
            | b"EU-15"
            | b"EU28"
            | b"EU27"
            | b"EU"
            | b"EUR"
            | b"EU2"
            | b"97"
            | b"European Union"
    )
}

/// Whether a mode of transport, a customs procedure or a second partner stands for all of them together.
pub(crate) fn is_whole(field: &[u8]) -> bool {
    matches!(field.trim_ascii(), b"" | b"0" | b"C00") || is_world(field)
}

/// A flow as new exports name it.
pub(crate) fn flow_now(flow: &[u8]) -> &[u8] {
    match flow {
        b"1" | b"Import" | b"Imports" => b"M",
        b"2" | b"Export" | b"Exports" => b"X",
        b"3" | b"Re-Export" | b"Re-export" | b"Re-exports" => b"RX",
        b"4" | b"Re-Import" | b"Re-import" | b"Re-imports" => b"RM",
        other => other,
    }
}

#[cfg(test)]
mod tests;
