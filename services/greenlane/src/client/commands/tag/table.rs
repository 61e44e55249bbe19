//! Tables of trade statistics: which column is which, under the names that UN Comtrade has given them.

use std::{
    fs::File,
    io::{Read, Seek as _, SeekFrom},
    path::Path,
};

use anyhow::Context as _;
use flate2::read::MultiGzDecoder;

use super::{csv::CsvRows, parquet::ParquetRows};
use crate::client::exit::Usage;

/// What a Parquet file begins with.
const PARQUET: &[u8] = b"PAR1";
/// What a compressed file begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Names of the columns, the best first.
const PERIOD: &[&str] = &["period", "refyear", "year"];
const REPORTER: &[&str] = &["reporteriso", "reporter iso", "reportercode", "reporter code", "reporterdesc", "reporter"];
const PARTNER: &[&str] = &["partneriso", "partner iso", "partnercode", "partner code", "partnerdesc", "partner"];
const FLOW: &[&str] = &["flowcode", "trade flow code", "flowdesc", "trade flow", "flow"];
const CODE: &[&str] = &["cmdcode", "commodity code", "hs6", "code"];
const VALUE: &[&str] = &["primaryvalue", "trade value (us$)", "value", "value_usd"];
const CLASSIFICATION: &[&str] = &["classificationcode", "classification"];
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
    /// As they stand in the file.
    pub(crate) names: Vec<String>,
}

impl Columns {
    fn of(names: Vec<String>) -> anyhow::Result<Self> {
        let find = |wanted: &[&str]| {
            wanted.iter().find_map(|wanted| names.iter().position(|name| name.eq_ignore_ascii_case(wanted)))
        };
        let required = |wanted: &[&str], what: &str| {
            let hint =
                || Usage(format!("the table has no column for the {what}: none is called {}", wanted.join(", ")));
            find(wanted).with_context(hint)
        };
        Ok(Self {
            period: required(PERIOD, "period")?,
            code: required(CODE, "code")?,
            value: required(VALUE, "value")?,
            reporter: find(REPORTER),
            partner: find(PARTNER),
            flow: find(FLOW),
            classification: find(CLASSIFICATION),
            further: FURTHER.iter().filter_map(|name| find(&[*name])).collect(),
            names,
        })
    }

    /// The columns that tagging looks at.
    fn needed(&self) -> Vec<usize> {
        let optional = [self.reporter, self.partner, self.flow, self.classification];
        let mut needed = vec![self.period, self.code, self.value];
        needed.extend(optional.into_iter().flatten().chain(self.further.iter().copied()));
        needed
    }

    /// The columns that say what a row is of.
    fn surveyed(&self) -> Vec<usize> {
        // By whom it was reported is asked where rows may be parts of others.
        let reporter = self.reporter.filter(|_| !self.further.is_empty());
        let optional = [self.partner, self.classification, self.flow, reporter];
        let further = self.further.iter().copied();
        [self.period, self.code].into_iter().chain(optional.into_iter().flatten()).chain(further).collect()
    }

    /// The last column that a row must reach.
    pub(crate) fn last(&self) -> usize {
        self.period.max(self.code).max(self.value)
    }
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

/// An open table: CSV with commas or tabs, compressed by gzip or not, or Parquet. Which is told from its first bytes.
pub(crate) struct Table {
    pub(crate) columns: Columns,
    pub(crate) rows: Rows,
}

/// The rows of a table.
pub(crate) enum Rows {
    Csv(Box<CsvRows<Box<dyn Read>>>),
    Parquet(Box<ParquetRows>),
}

impl Table {
    /// Opens a table of which all fields are read.
    pub(crate) fn whole(path: &Path) -> anyhow::Result<Self> {
        let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut first = Vec::new();
        file.by_ref().take(4).read_to_end(&mut first)?;
        file.seek(SeekFrom::Start(0))?;
        if first == PARQUET {
            let rows = ParquetRows::open(file).with_context(|| format!("cannot read {}", path.display()))?;
            return Ok(Self { columns: Columns::of(rows.names())?, rows: Rows::Parquet(Box::new(rows)) });
        }
        let source: Box<dyn Read> =
            if first.starts_with(GZIP) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Self::csv(source).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Opens a table of which those fields are read that tagging asks for: of a Parquet file all others are empty, of a
    /// CSV file those behind the last of them are not there.
    pub(crate) fn needed(path: &Path) -> anyhow::Result<Self> {
        let mut table = Self::whole(path)?;
        let needed = table.columns.needed();
        match &mut table.rows {
            Rows::Parquet(rows) => rows.only(&needed),
            Rows::Csv(rows) => rows.first(end(&needed)),
        }
        Ok(table)
    }

    /// Opens a table of which those fields are read that say what its rows are of.
    pub(crate) fn surveyed(path: &Path) -> anyhow::Result<Self> {
        let mut table = Self::needed(path)?;
        if let Rows::Csv(rows) = &mut table.rows {
            rows.first(end(&table.columns.surveyed()));
        }
        Ok(table)
    }

    /// Opens a CSV table.
    pub(crate) fn csv(source: Box<dyn Read>) -> anyhow::Result<Self> {
        let mut rows = CsvRows::new(source);
        rows.sniff()?;
        let name = |name: &[u8]| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned();
        let header = rows.next()?;
        let names = header.iter().flat_map(|row| (0..row.len()).filter_map(|at| row.get(at))).map(name);
        let columns = Columns::of(names.collect())?;
        Ok(Self { columns, rows: Rows::Csv(Box::new(rows)) })
    }
}

impl Rows {
    /// The next row. Rows may be longer or shorter than the header: that is for the row to answer for.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Row<'_>>> {
        match self {
            Self::Csv(rows) => Ok(rows.next()?),
            Self::Parquet(rows) => rows.next(),
        }
    }
}

/// The edition that a Comtrade classification names: `H3`, `H6`. None for `HS` (as reported) and other systems.
pub(crate) fn edition(classification: &[u8]) -> Option<&'static str> {
    match classification {
        b"H0" => Some("HS1992"),
        b"H1" => Some("HS1996"),
        b"H2" => Some("HS2002"),
        b"H3" => Some("HS2007"),
        b"H4" => Some("HS2012"),
        b"H5" => Some("HS2017"),
        b"H6" => Some("HS2022"),
        _ => None,
    }
}

/// Whether a partner stands for all others together.
pub(crate) fn is_world(partner: &[u8]) -> bool {
    matches!(partner, b"World" | b"WORLD" | b"W00" | b"WLD" | b"0")
}

/// Whether a mode of transport, a customs procedure or a second partner stands for all of them together.
pub(crate) fn is_whole(field: &[u8]) -> bool {
    matches!(field.trim_ascii(), b"" | b"0" | b"C00") || is_world(field)
}

/// The names of the flow that a flow is a part of: re-exports of exports, say.
pub(crate) fn flow_within(flow: &[u8]) -> Option<&'static [&'static [u8]]> {
    const EXPORTS: &[&[u8]] = &[b"X", b"Export", b"Exports"];
    const IMPORTS: &[&[u8]] = &[b"M", b"Import", b"Imports"];
    match flow {
        b"RX" | b"DX" | b"XIP" | b"XOP" | b"Re-Export" | b"Re-export" | b"Re-exports" | b"Domestic Export" => {
            Some(EXPORTS)
        }
        b"RM" | b"FM" | b"MIP" | b"MOP" | b"Re-Import" | b"Re-import" | b"Re-imports" | b"Foreign Import" => {
            Some(IMPORTS)
        }
        // As they were numbered.
        b"3" => Some(&[b"2"]),
        b"4" => Some(&[b"1"]),
        _ => None,
    }
}
