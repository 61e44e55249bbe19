//! Files of code systems, correlations, A to Z terms, vague terms and green lists, read row by row.
//!
//! A file arrives in pieces: a [`Reader`] takes them, gives back what is wrong with each row as it goes, and keeps the
//! rows that can be read. At the end [`Reader::finish`] holds them against each other and the catalogue. A bad row
//! stops nothing else.

mod apply;
mod check;
mod columns;
mod eu;
mod json;
mod links;
mod lists;
mod nomenclature;
mod records;
mod synonyms;
mod terms;
mod us_hts;
mod vague;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub(crate) use apply::{Replaced, apply};
pub use columns::Column;
pub(crate) use columns::columns;

use super::catalogue::{Catalogue, Scope};
use super::facts::{
    CodeFact, CodeSystemFact, EditionFact, EntryFact, Level, LinkFact, LinkWords, Localized, NoteFact, Shortfall,
    SourceFact, SynonymGroup, SynonymsFact, TableFact, TermFact, VagueFact, VagueTerm,
};
use records::{Record, Records};

/// Layout of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    CodesCsv,
    CodesJson,
    CorrelationCsv,
    UnsdCorrelation,
    UnsdConversion,
    ComtradeNomenclature,
    UsHtsCsv,
    EuNomenclature,
    UkSearchReferences,
    UkSearchSynonyms,
    UkVagueTerms,
    UkInterceptTerms,
    GreenListCsv,
}

impl Format {
    /// Whether its files hold the codes of editions.
    pub(crate) fn is_nomenclature(self) -> bool {
        match self {
            Self::CodesCsv | Self::CodesJson | Self::ComtradeNomenclature | Self::UsHtsCsv | Self::EuNomenclature => {
                true
            }
            Self::CorrelationCsv
            | Self::UnsdCorrelation
            | Self::UnsdConversion
            | Self::UkSearchReferences
            | Self::UkSearchSynonyms
            | Self::UkVagueTerms
            | Self::UkInterceptTerms
            | Self::GreenListCsv => false,
        }
    }
}

/// What is announced of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Announced {
    pub(crate) format: Format,
    /// The edition that its rows belong to, or the older one of a correlation. None when each row names its own.
    pub(crate) edition: Option<EditionFact>,
    /// The code system of the edition, where it is new.
    pub(crate) system: Option<CodeSystemFact>,
    /// The newer edition of a correlation; empty when each row names it.
    pub(crate) second_edition: String,
    /// A correlation lists only what changed: codes of both editions that no row names are the same goods.
    #[serde(default)]
    pub(crate) unchanged_left_out: bool,
    /// A nomenclature is the whole of its edition without the rows that are refused.
    #[serde(default)]
    pub(crate) whole: bool,
    /// A nomenclature is a part of its edition only. What `edition` says of that is how the edition was held before.
    #[serde(default)]
    pub(crate) in_part: bool,
    pub(crate) source: SourceFact,
}

/// Something wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowFault {
    /// Line in the file, from 1.
    pub(crate) line: u64,
    /// Column by name. Empty for the row as a whole.
    pub(crate) column: String,
    /// Stable identifier. One that a later release stored is told as it is.
    pub(crate) code: String,
    pub(crate) message: String,
    /// The offending text.
    pub(crate) value: String,
    /// The row was mended and taken.
    pub(crate) mended: bool,
}

/// Longest text that a fault repeats, in characters.
const MAX_VALUE: usize = 200;

impl RowFault {
    fn new(line: u64, column: &str, code: &'static str, message: impl Into<String>, value: &str) -> Self {
        let value = value.chars().filter(|c| !c.is_control()).take(MAX_VALUE).collect();
        let (column, code) = (column.to_owned(), code.to_owned());
        Self { line, column, code, message: message.into(), value, mended: false }
    }

    fn mended(mut self) -> Self {
        self.mended = true;
        self
    }
}

/// What a file calls the columns of a code of which it is seen later that something is wrong with them.
#[derive(Clone, Copy, Debug)]
struct Named {
    code: &'static str,
    depth: &'static str,
    last: &'static str,
}

impl Default for Named {
    fn default() -> Self {
        Self { code: "code", depth: "", last: "effective_to" }
    }
}

/// A code as its row says it.
#[derive(Clone, Debug, Default)]
struct CodeRow {
    line: u64,
    named: Named,
    /// Empty: that of the file.
    edition: String,
    code: String,
    suffix: String,
    /// Above it by name.
    parent: String,
    /// How deep it is indented, in layouts where that makes the hierarchy.
    depth: Option<u32>,
    level: Option<Level>,
    descriptions: Localized,
    units: Vec<String>,
    effective_from: Option<chrono::NaiveDate>,
    effective_to: Option<chrono::NaiveDate>,
    notes: Vec<NoteFact>,
}

/// A link as its row says it. Which of the two is the older one is the catalogue's to know.
#[derive(Clone, Debug, Default)]
struct LinkRow {
    line: u64,
    /// Edition and code, each with the column that it came from.
    from: (String, String, &'static str),
    to: (String, String, &'static str),
    ex: bool,
    held_back: bool,
    words: LinkWords,
}

/// An entry of a green list as its row says it.
#[derive(Clone, Debug, Default)]
struct ListRow {
    line: u64,
    entry: Option<EntryFact>,
}

/// A term of an A to Z index as its row says it.
#[derive(Clone, Debug, Default)]
struct TermRow {
    line: u64,
    code: String,
    term: String,
}

/// What can be read of a file's rows.
#[derive(Clone, Debug, Default)]
struct Rows {
    codes: Vec<CodeRow>,
    links: Vec<LinkRow>,
    entries: Vec<ListRow>,
    terms: Vec<TermRow>,
    synonyms: Vec<SynonymGroup>,
    vague: Vec<VagueTerm>,
    /// Editions that rows which cannot be read name. Empty: such a row names none, or that cannot be read either.
    unread: BTreeSet<String>,
}

/// What a whole file comes to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Imported {
    pub(crate) systems: Vec<CodeSystemFact>,
    pub(crate) editions: Vec<EditionFact>,
    /// In their order, by edition.
    pub(crate) codes: Vec<CodeFact>,
    pub(crate) tables: Vec<TableFact>,
    pub(crate) links: Vec<LinkFact>,
    pub(crate) entries: Vec<EntryFact>,
    pub(crate) terms: Vec<TermFact>,
    pub(crate) synonyms: Option<SynonymsFact>,
    pub(crate) vague: Option<VagueFact>,
    pub(crate) faults: Vec<RowFault>,
    pub(crate) rows: u64,
    pub(crate) refused: u64,
}

impl Imported {
    /// The codes and links that it brings.
    pub(crate) fn scope(&self) -> Scope {
        let editions: BTreeSet<&str> = self.codes.iter().map(|code| code.edition.as_str()).collect();
        Scope {
            editions: editions.into_iter().map(str::to_owned).collect(),
            tables: self.tables.iter().map(|table| (table.earlier.clone(), table.later.clone())).collect(),
        }
    }
}

/// Reads a file.
#[derive(Debug)]
pub(crate) struct Reader {
    format: Format,
    records: Records,
    rows: Rows,
    /// Rows read so far, and rows refused.
    read: u64,
    refused: u64,
}

impl Reader {
    pub(crate) fn new(format: Format) -> Self {
        let lines = matches!(format, Format::CodesJson | Format::UkSearchSynonyms | Format::UkVagueTerms);
        let records = Records::new(!lines);
        Self { format, records, rows: Rows::default(), read: 0, refused: 0 }
    }

    /// Rows read and rows refused so far.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.read, self.refused)
    }

    /// Takes the next bytes. Gives what is wrong with the rows that they end.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<RowFault> {
        self.records.push(bytes);
        self.take(false)
    }

    /// Holds all rows against each other and the catalogue. The faults are those not given before.
    pub(crate) fn finish(mut self, catalogue: &Catalogue, announced: &Announced) -> Imported {
        let faults = self.take(true);
        let mut imported = Imported { faults, rows: self.read, refused: self.refused, ..Imported::default() };
        let rows = std::mem::take(&mut self.rows);
        match self.format {
            Format::CodesCsv
            | Format::CodesJson
            | Format::ComtradeNomenclature
            | Format::UsHtsCsv
            | Format::EuNomenclature => check::codes(catalogue, announced, rows.codes, &rows.unread, &mut imported),
            Format::CorrelationCsv | Format::UnsdCorrelation | Format::UnsdConversion => {
                links::check(catalogue, announced, rows.links, &mut imported);
            }
            Format::UkSearchReferences => terms::check(catalogue, announced, rows.terms, &mut imported),
            Format::UkSearchSynonyms => imported.synonyms = Some(synonyms::whole(announced, rows.synonyms)),
            Format::UkVagueTerms | Format::UkInterceptTerms => {
                imported.vague = Some(vague::whole(announced, rows.vague))
            }
            Format::GreenListCsv => lists::check(catalogue, announced, rows.entries, &mut imported),
        }
        imported.faults.sort_by_key(|fault| fault.line);
        imported
    }

    fn take(&mut self, last: bool) -> Vec<RowFault> {
        let mut faults = Vec::new();
        let missing = |columns: &[&'static str], record: &Record| {
            let mut message = format!("The file needs the columns {}.", columns.join(", "));
            if record.has_bars() {
                message.push_str(" Its columns are parted by bars: part them by commas, semicolons or tabs.");
            }
            RowFault::new(record.line(), "", "columns_missing", message, "")
        };
        while let Some(record) = self.records.next(last) {
            let record = match record {
                Ok(record) => record,
                Err(fault) => {
                    self.read += 1;
                    self.refused += 1;
                    self.rows.unread.insert(String::new());
                    faults.push(fault);
                    continue;
                }
            };
            if let Some(needed) = record.header_of().then(|| needed(self.format)).filter(|needed| !record.has(needed)) {
                self.records.give_up();
                faults.push(missing(&needed, &record));
                break;
            }
            if record.header_of() {
                continue;
            }
            self.read += 1;
            let before = faults.len();
            let taken = self.row(&record, &mut faults);
            debug_assert!(taken || faults[before..].iter().any(|fault| !fault.mended));
            if !taken {
                self.refused += 1;
                let named = matches!(self.format, Format::CodesCsv | Format::ComtradeNomenclature);
                let edition = if named { record.get("edition").trim() } else { "" };
                self.rows.unread.insert(edition.to_owned());
            }
        }
        faults
    }

    /// Reads one row. Whether it was taken.
    fn row(&mut self, record: &Record, faults: &mut Vec<RowFault>) -> bool {
        let taken = match self.format {
            Format::CodesCsv => nomenclature::own(record, faults).map(|row| self.rows.codes.push(row)),
            Format::CodesJson => json::row(record, faults).map(|row| self.rows.codes.push(row)),
            Format::ComtradeNomenclature => nomenclature::comtrade(record, faults).map(|row| self.rows.codes.push(row)),
            Format::UsHtsCsv => us_hts::row(record, faults).map(|row| self.rows.codes.push(row)),
            Format::EuNomenclature => eu::row(record, faults).map(|row| self.rows.codes.push(row)),
            Format::CorrelationCsv => links::own(record, faults).map(|row| self.rows.links.push(row)),
            Format::UnsdCorrelation | Format::UnsdConversion => {
                links::unsd(record, faults).map(|row| self.rows.links.push(row))
            }
            Format::UkSearchReferences => terms::uk(record, faults).map(|row| self.rows.terms.push(row)),
            Format::UkSearchSynonyms => synonyms::uk(record, faults).map(|group| self.rows.synonyms.extend(group)),
            Format::UkVagueTerms => vague::uk(record, faults).map(|term| self.rows.vague.push(term)),
            Format::UkInterceptTerms => vague::ambiguous(record, faults).map(|term| self.rows.vague.push(term)),
            Format::GreenListCsv => lists::row(record, faults).map(|row| self.rows.entries.push(row)),
        };
        taken.is_some()
    }
}

/// The columns that a layout cannot do without; of names parted by `|` any one.
fn needed(format: Format) -> Vec<&'static str> {
    columns(format).iter().filter(|column| column.needed).map(|column| column.name).collect()
}

/// A code out of its column, as it is written: which lengths its system has is known when all rows are.
fn code(record: &Record, column: &'static str, faults: &mut Vec<RowFault>) -> Option<String> {
    let raw = record.get(column);
    match super::code::CodeText::parse(raw.trim()) {
        Ok(code) => Some(code.as_str().to_owned()),
        Err(why) => {
            let message = format!("A code {why}.");
            faults.push(RowFault::new(record.line(), record.named(column), "code_malformed", message, raw));
            None
        }
    }
}

/// Puts back the leading zero that a spreadsheet took from a code: only where no code of the system is as long as this
/// one, and some are one digit longer, so that there is no doubt.
fn mend_zero(line: u64, column: &str, code: &mut String, lengths: &[u32], faults: &mut Vec<RowFault>) {
    let has = |long: usize| lengths.iter().any(|length| *length as usize == long);
    let digits = !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit());
    if !digits || has(code.len()) || !has(code.len() + 1) {
        return;
    }
    let mended = format!("0{code}");
    let message = format!("The code has lost its leading zero: {mended}.");
    faults.push(RowFault::new(line, column, "leading_zero_lost", message, code).mended());
    *code = mended;
}

/// A date out of its column; nothing for nothing.
fn date(record: &Record, column: &str, faults: &mut Vec<RowFault>) -> Option<Day> {
    let raw = record.get(column).trim();
    if raw.is_empty() {
        return Some(None);
    }
    let parsed = raw.parse().ok();
    if parsed.is_none() {
        let message = "A date is YYYY-MM-DD.";
        faults.push(RowFault::new(record.line(), column, "date_malformed", message, raw));
    }
    parsed.map(Some)
}

/// A span of days out of two columns.
fn dates(record: &Record, from: &str, to: &str, faults: &mut Vec<RowFault>) -> Option<(Day, Day)> {
    let (first, last) = (date(record, from, faults), date(record, to, faults));
    let (first, last) = (first?, last?);
    if first.zip(last).is_some_and(|(first, last)| last < first) {
        let message = "It ends before it begins.";
        faults.push(RowFault::new(record.line(), to, "date_malformed", message, record.get(to).trim()));
        return None;
    }
    Some((first, last))
}

/// A day, if one is told.
type Day = Option<chrono::NaiveDate>;

/// A text of several lines or with blanks at its ends as one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The columns whose names begin with `prefix`, as texts by the language behind it.
fn texts(record: &Record, prefix: &str) -> Localized {
    #[cfg(test)]
    records::asked::note(&format!("{prefix}{{language}}"));
    let mut texts: Localized = record
        .columns()
        .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_ascii_lowercase(), line(value))))
        .filter(|(language, text)| !language.is_empty() && !text.is_empty())
        .collect();
    texts.sort();
    texts
}

/// Whether a column says yes. Nothing says no; what says neither is no answer.
fn yes(record: &Record, column: &str, faults: &mut Vec<RowFault>) -> Option<bool> {
    let raw = record.get(column).trim();
    match raw.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "x" | "ex" => Some(true),
        "" | "0" | "false" | "f" | "no" | "n" => Some(false),
        _ => {
            let message = "A mark is 1, true, yes, x or ex, or it is 0, false, no or nothing.";
            faults.push(RowFault::new(record.line(), column, "flag_malformed", message, raw));
            None
        }
    }
}

/// What is said of an edition that is not known.
fn unknown_edition(id: &str) -> String {
    match id {
        "" => "Neither the row nor the import names an edition.".to_owned(),
        _ => format!("The edition {id} is not known."),
    }
}

/// The refused lines, each counted once.
fn refuse(imported: &mut Imported, fault: RowFault) {
    let line = fault.line;
    let counted = imported.faults.iter().rev().take(4).any(|other| other.line == line && !other.mended);
    imported.refused += u64::from(!counted);
    imported.faults.push(fault);
}

#[cfg(test)]
mod tests;
