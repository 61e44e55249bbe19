//! Faults of rows beside those of their codes, and all of them on their way to a file.

use std::{
    fs::{File, OpenOptions},
    path::Path,
};

use anyhow::Context as _;

use super::{
    ask::{Code, Said},
    files::Target,
    table::{Columns, Row},
};
use crate::client::exit::Usage;

/// A fault of a row beside its code's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    ColumnsMissing,
    ColumnsSurplus,
    ValueMalformed,
    AggregatePartner,
    Duplicate,
    DuplicateClassification,
    PartOfTotal,
    PartOfFlow,
    QuotationMalformed,
    RowTooLong,
}

impl Fault {
    pub(super) const ALL: [Self; 10] = [
        Self::ColumnsMissing,
        Self::ColumnsSurplus,
        Self::ValueMalformed,
        Self::AggregatePartner,
        Self::Duplicate,
        Self::DuplicateClassification,
        Self::PartOfTotal,
        Self::PartOfFlow,
        Self::QuotationMalformed,
        Self::RowTooLong,
    ];

    /// Stable identifier.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ColumnsMissing => "columns_missing",
            Self::ColumnsSurplus => "columns_surplus",
            Self::ValueMalformed => "value_malformed",
            Self::AggregatePartner => "aggregate_partner",
            Self::Duplicate => "duplicate",
            Self::DuplicateClassification => "duplicate_classification",
            Self::PartOfTotal => "part_of_total",
            Self::PartOfFlow => "part_of_flow",
            // As imports call it.
            Self::QuotationMalformed => "quotation_malformed",
            Self::RowTooLong => "row_too_long",
        }
    }
}

/// A fault of a row beside its code's, and the column that shows it.
pub(super) type OwnFault = (Fault, usize);

/// Faults on their way to a CSV file. It has its name only when it is whole.
pub(super) struct Faults {
    target: Target,
    rows: csv::Writer<File>,
}

impl Faults {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let target = Target::of(path)?;
        let at = target.at();
        let file = match &target {
            Target::File { .. } => File::create(at),
            Target::Other(_) => OpenOptions::new().append(true).open(at),
        };
        let rows = file.with_context(|| Usage(format!("cannot write {}", at.display())))?;
        let rows = csv::Writer::from_writer(rows);
        let mut faults = Self { target, rows };
        faults.record(["line", "column", "fault", "value", "mended"])?;
        Ok(faults)
    }

    fn record(&mut self, fields: [&str; 5]) -> anyhow::Result<()> {
        self.rows.write_record(fields).with_context(|| self.target.cannot_write())
    }

    /// Writes the faults of a row.
    pub(super) fn row(
        &mut self,
        columns: &Columns,
        row: &Row<'_>,
        said: &Said,
        code: &Code,
        own: &[OwnFault],
    ) -> anyhow::Result<()> {
        let line = row.line.to_string();
        let of_code = code.faults.iter().map(|(fault, mended)| {
            let fault = said.faults[*fault].as_str();
            let at = match fault {
                "period_malformed" => columns.period,
                "edition_early" => columns.classification.unwrap_or(columns.code),
                _ => columns.code,
            };
            (fault, at, *mended)
        });
        for (fault, at, mended) in of_code.chain(own.iter().map(|(fault, at)| (fault.name(), *at, false))) {
            // What is behind the last column is beside that one.
            let column = columns.names.get(at).or(columns.names.last()).map_or("", String::as_str);
            let value = String::from_utf8_lossy(row.get(at).unwrap_or_default());
            self.record([line.as_str(), column, fault, value.as_ref(), if mended { "1" } else { "0" }])?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.rows.flush().with_context(|| self.target.cannot_write())?;
        self.target.finish()
    }
}
