//! Tables of trade statistics: which column is which, under the names that UN Comtrade has given them.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use anyhow::Context as _;

use crate::client::exit::Usage;

/// How much is read at once.
const BUFFER: usize = 1 << 18;

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
    fn of(header: &csv::ByteRecord) -> anyhow::Result<Self> {
        let names: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
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

    /// The last column that a row must reach.
    pub(crate) fn last(&self) -> usize {
        self.period.max(self.code).max(self.value)
    }
}

/// An open table. Rows may be longer or shorter than the header: that is for the row to answer for.
pub(crate) fn open<R: Read>(source: R) -> anyhow::Result<(csv::Reader<R>, Columns)> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER).from_reader(source);
    let columns = Columns::of(reader.byte_headers()?)?;
    Ok((reader, columns))
}

/// A table's file.
pub(crate) fn file(path: &Path) -> anyhow::Result<BufReader<File>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(BufReader::with_capacity(BUFFER, file))
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
