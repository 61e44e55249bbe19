//! What is in a table: its codes and periods, each once, with a number by which its rows are known from then on.

use std::{collections::HashMap, path::Path};

use foldhash::fast::RandomState;
use indicatif::ProgressBar;

use super::{
    pass::STEP,
    table::{self, Columns, Row, Table},
};

/// A code as it is written, with what its row says of its edition and its period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Written {
    pub(crate) classification: String,
    pub(crate) code: String,
    pub(crate) period: String,
}

/// What is in a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    /// By number: what is written, and in how many rows.
    pub(crate) written: Vec<(Written, u64)>,
    /// The number of what is written.
    numbers: HashMap<Vec<u8>, u32, RandomState>,
    pub(crate) rows: u64,
    /// Some rows name the world as partner, and some an economy: the former repeat the latter.
    pub(crate) mixed_partners: bool,
}

/// Reads a table once.
pub(crate) fn read(path: &Path, bar: &ProgressBar) -> anyhow::Result<Survey> {
    let Table { columns, mut rows } = Table::surveyed(path)?;
    let mut survey = Survey::default();
    let mut key = Vec::new();
    let (mut world, mut economies) = (false, false);
    while let Some(row) = rows.next()? {
        survey.rows += 1;
        if survey.rows.is_multiple_of(STEP) {
            bar.set_position(survey.rows);
        }
        if let Some(partner) = columns.partner.and_then(|at| row.get(at)) {
            if table::is_world(partner) { world = true } else { economies = true }
        }
        if !key_of(&columns, &row, &mut key) {
            continue;
        }
        match survey.numbers.get(key.as_slice()) {
            Some(number) => survey.written[*number as usize].1 += 1,
            None => {
                let number = u32::try_from(survey.written.len())?;
                survey.written.push((written(&key), 1));
                survey.numbers.insert(key.clone(), number);
            }
        }
    }
    survey.mixed_partners = world && economies;
    Ok(survey)
}

impl Survey {
    /// The number of what a row says of its code. None when it says nothing.
    pub(crate) fn number(&self, columns: &Columns, row: &Row<'_>, key: &mut Vec<u8>) -> Option<u32> {
        if key_of(columns, row, key) { self.numbers.get(key.as_slice()).copied() } else { None }
    }
}

/// What a row says of its code, as one key. Whether it says anything.
fn key_of(columns: &Columns, row: &Row<'_>, key: &mut Vec<u8>) -> bool {
    key.clear();
    if let Some(classification) = columns.classification.and_then(|at| row.get(at)) {
        key.extend_from_slice(classification);
    }
    for at in [columns.code, columns.period] {
        let Some(field) = row.get(at) else { return false };
        key.push(0);
        key.extend_from_slice(field.trim_ascii());
    }
    true
}

fn written(key: &[u8]) -> Written {
    let mut parts = key.splitn(3, |byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
    let mut next = || parts.next().unwrap_or_default();
    Written { classification: next(), code: next(), period: next() }
}
