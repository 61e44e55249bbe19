//! What is in a table: its codes and periods, counted.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use super::table::{self, Columns};

/// A code as it is written, with what its row says of its edition and its period.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Written {
    pub(crate) classification: String,
    pub(crate) code: String,
    pub(crate) period: String,
}

/// What is in a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey {
    /// How often each was seen.
    pub(crate) written: BTreeMap<Written, u64>,
    pub(crate) rows: u64,
    /// Some rows name the world as partner, and some an economy: the former repeat the latter.
    pub(crate) mixed_partners: bool,
}

/// Reads a table once.
pub(crate) fn read(path: &Path) -> anyhow::Result<Survey> {
    let (mut reader, columns) = table::open(table::file(path)?)?;
    let mut record = csv::ByteRecord::new();
    let mut found: HashMap<Vec<u8>, u64> = HashMap::new();
    let mut key = Vec::new();
    let (mut rows, mut world, mut economies) = (0u64, false, false);
    while reader.read_byte_record(&mut record)? {
        rows += 1;
        if let Some(partner) = columns.partner.and_then(|at| record.get(at)) {
            if table::is_world(partner) { world = true } else { economies = true }
        }
        if !key_of(&columns, &record, &mut key) {
            continue;
        }
        match found.get_mut(key.as_slice()) {
            Some(count) => *count += 1,
            None => {
                found.insert(key.clone(), 1);
            }
        }
    }
    let written = found.into_iter().map(|(key, count)| (written(&key), count)).collect();
    Ok(Survey { written, rows, mixed_partners: world && economies })
}

/// What a row says of its code, as one key. Whether it says anything.
pub(crate) fn key_of(columns: &Columns, record: &csv::ByteRecord, key: &mut Vec<u8>) -> bool {
    key.clear();
    if let Some(classification) = columns.classification.and_then(|at| record.get(at)) {
        key.extend_from_slice(classification);
    }
    for at in [columns.code, columns.period] {
        let Some(field) = record.get(at) else { return false };
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
