//! Rows seen before, within fixed memory.

use std::hash::BuildHasher as _;

use foldhash::quality::RandomState;

use super::Row;
use super::repeats::Written;

/// Places. Each row has one, and drives out the row that was there: of the last hundred thousand rows or so every
/// repetition is found, of those before most.
const PLACES: usize = 1 << 18;

/// Hashes of rows.
#[derive(Debug)]
pub(super) struct Seen {
    places: Vec<u64>,
    hasher: RandomState,
}

impl Default for Seen {
    fn default() -> Self {
        Self { places: vec![0; PLACES], hasher: RandomState::default() }
    }
}

impl Seen {
    /// Whether a row of the same code, period, economies and flow was there; notes this one. Two different rows share a
    /// hash once in 2^64.
    pub(super) fn before(&mut self, row: &Row<'_>, written: Written) -> bool {
        let key = (written.code, row.reporter, row.partner, row.flow);
        let hash = self.hasher.hash_one(key) | 1;
        let place = &mut self.places[(hash >> 8) as usize % PLACES];
        std::mem::replace(place, hash) == hash
    }
}
