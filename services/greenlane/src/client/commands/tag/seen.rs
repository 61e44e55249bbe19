//! Rows seen before, within fixed memory.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use foldhash::quality::FixedState;

use super::table::{Columns, Row};

/// Places, 32 MiB of them. Each row has one, and drives out the row that was there: of the last million rows or so
/// nearly every repetition is found, of those before most.
const PLACES: usize = 1 << 22;

/// Hashes of rows.
pub(crate) struct Seen {
    places: Vec<u64>,
    hasher: FixedState,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self { places: vec![0; PLACES], hasher: FixedState::default() }
    }

    /// Whether a row of the same code, period, economies and flow was there; notes this one. Two different rows share a
    /// hash once in 2^64.
    pub(crate) fn before(&mut self, code: u32, columns: &Columns, row: &Row<'_>) -> bool {
        let of = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default();
        let three = (of(columns.reporter), of(columns.partner), columns.flow_of(row).unwrap_or_default());
        let mut hasher = self.hasher.build_hasher();
        (code, three).hash(&mut hasher);
        columns.further.iter().for_each(|at| of(Some(*at)).hash(&mut hasher));
        let hash = hasher.finish() | 1;
        let place = usize::try_from(hash >> 8).map_or(0, |hash| hash % PLACES);
        std::mem::replace(&mut self.places[place], hash) == hash
    }
}
