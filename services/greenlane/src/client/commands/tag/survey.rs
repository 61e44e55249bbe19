//! What is in a table: its codes and periods, each once, with a number by which its rows are known from then on.

use std::{collections::HashMap, path::Path};

use foldhash::fast::RandomState;
use greenlane_tally::Flows;
use indicatif::ProgressBar;

use super::{
    amount,
    parts::Parts,
    pass::STEP,
    repeats::Repeats,
    stamp::Stamp,
    table::{self, Columns, Row, Table, Width},
};

/// A code as it is written, with what its row says of its edition and its period.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Rows that are parts of others.
    pub(crate) parts: Parts,
    /// Rows that repeat others.
    pub(crate) repeats: Repeats,
    /// Points part thousands in some values.
    pub(crate) by_points: bool,
    /// What the file was that it was read from.
    pub(crate) stamp: Option<Stamp>,
    flows: Flows,
    reporters: Economies,
    partners: Economies,
}

/// Whether the European Union is among economies, as it is written, and others are.
#[derive(Clone, Debug, Default)]
struct Economies {
    union: Option<Vec<u8>>,
    others: bool,
}

impl Economies {
    fn note(&mut self, economy: &[u8]) {
        if !table::is_union(economy) {
            self.others = true;
        } else if self.union.is_none() {
            self.union = Some(economy.to_vec());
        }
    }
}

/// Reads a table once.
pub(crate) fn read(path: &Path, bar: &ProgressBar) -> anyhow::Result<Survey> {
    let Table { columns, mut rows, values, stamp } = Table::surveyed(path)?;
    let mut survey = Survey { stamp, ..Survey::default() };
    let mut key = Vec::new();
    let (mut world, mut economies) = (false, false);
    while let Some(row) = rows.next()? {
        survey.rows += 1;
        if survey.rows.is_multiple_of(STEP) {
            bar.set_position(survey.rows);
        }
        if row.broken.is_some() {
            continue;
        }
        if let Some(partner) = columns.partner.and_then(|at| row.get(at)) {
            world |= table::is_world(partner);
            if table::is_economy(partner) {
                economies = true;
                survey.partners.note(partner);
            }
        }
        if let Some(reporter) = columns.reporter.and_then(|at| row.get(at)) {
            survey.reporters.note(reporter);
        }
        if let Some(flow) = columns.flow_of(&row) {
            survey.flows.note(flow);
        }
        if values && !survey.by_points {
            survey.by_points = row.get(columns.value).is_some_and(amount::is_by_points);
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
        if !columns.further.is_empty() {
            survey.parts.note(&columns, &row);
        }
    }
    survey.repeats = Repeats::among(&survey.written, world && economies);
    let (broken_down, repeats) = (survey.parts.are_possible(), survey.repeats.are_possible());
    if broken_down || repeats {
        again(path, &mut survey, |survey, number, columns, row| {
            if broken_down {
                survey.parts.keep(number, columns, row);
            }
            if repeats {
                survey.repeats.note(number, columns, row);
            }
        })?;
    }
    if broken_down && survey.parts.are_open() {
        again(path, &mut survey, |survey, number, columns, row| survey.parts.release(number, columns, row))?;
    }
    Ok(survey)
}

/// Reads a table again whose rows are broken down or may repeat others: for what is beside these.
fn again(
    path: &Path,
    survey: &mut Survey,
    mut each: impl FnMut(&mut Survey, u32, &Columns, &Row<'_>),
) -> anyhow::Result<()> {
    let table = Table::needed(path)?;
    table.must_be(survey.stamp)?;
    let Table { columns, mut rows, .. } = table;
    let (mut width, mut key) = (Width::of(&columns), Vec::new());
    while let Some(row) = rows.next()? {
        if !width.is_row(&row, &columns) {
            continue;
        }
        if let Some(number) = survey.number(&columns, &row, &mut key) {
            each(survey, number, &columns, &row);
        }
    }
    Ok(())
}

impl Survey {
    /// Whether any row names the economy that reports it.
    pub(crate) fn has_reporters(&self) -> bool {
        self.reporters.others || self.reporters.union.is_some()
    }

    /// Whether there is such a flow.
    pub(crate) fn has_parts_of_flows(&self) -> bool {
        self.flows.have_parts()
    }

    /// Whether a flow is a part of another one that the table has.
    pub(crate) fn is_part(&self, flow: &[u8]) -> bool {
        self.flows.is_part(flow)
    }

    /// The flows that are added up where they are not kept apart, when there are several.
    pub(crate) fn added_flows(&self) -> Option<String> {
        let added: Vec<_> = self.flows.wholes().into_iter().map(String::from_utf8_lossy).collect();
        (added.len() > 1).then(|| added.join(", "))
    }

    /// The European Union as it is written, where its members may be beside it.
    pub(crate) fn union(&self) -> Option<String> {
        let mut beside = [&self.reporters, &self.partners].into_iter().filter(|economies| economies.others);
        let union = beside.find_map(|economies| economies.union.as_deref());
        union.map(|union| String::from_utf8_lossy(union).into_owned())
    }

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
