//! Rows that are parts of other rows.
//!
//! UN Comtrade breaks the trade of a code down by mode of transport, customs procedure and second partner, with totals
//! beside the parts. Parts do not add up to their total: modes lie within one another (water, sea), and not all that is
//! traded is broken down. So of the ways in which the rows of an economy, a partner, a flow, a period and a code are
//! broken down, the one that breaks down least counts: the total where there is one.
//!
//! Which rows have totals is known of those alone that are broken down. Most tables have none, or but rows that all are so in
//! one way, and it costs them nothing. Of the others nearly all rows that are broken down have one beside them that is so in
//! the way that breaks down least of all in the table: what is kept is of those that have not, and of those that have it far
//! away, until all rows are read once.

use std::{collections::HashMap, hash::BuildHasher as _};

use foldhash::quality::FixedState;

use super::table::{self, Columns, Row};

/// How a row is broken down: a bit for each column by which it is.
type Way = u8;
/// There are six such columns at most.
const WAYS: Way = 64;
/// Places, 8 MiB of them, for the rows of the coarsest way that came last.
const PLACES: usize = 1 << 20;

/// Which rows are parts of others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    /// The ways in which rows of the table are broken down, a bit for each.
    all: u64,
    /// That of them which breaks down least.
    coarsest: Way,
    /// By rows of one economy, partner, flow, period and code, of which none is known to be of the coarsest way: the ways in
    /// which they are broken down.
    ways: HashMap<u64, u64, FixedState>,
    /// While they are looked for: of which rows one of the coarsest way came before. Each has one place, and drives out what
    /// was there.
    recent: Vec<u64>,
    /// Something was driven out.
    driven_out: bool,
}

impl Parts {
    /// Notes how a row is broken down.
    pub(crate) fn note(&mut self, columns: &Columns, row: &Row<'_>) {
        let way = 1u64 << way(columns, row);
        if self.all & way == 0 {
            self.all |= way;
            self.coarsest = coarsest(self.all);
        }
    }

    /// Whether rows are broken down in more ways than one.
    pub(crate) fn are_possible(&self) -> bool {
        self.all.count_ones() > 1
    }

    /// Keeps how a row is broken down, when all ways are noted, unless one of the coarsest is beside it.
    pub(crate) fn keep(&mut self, number: u32, columns: &Columns, row: &Row<'_>) {
        if self.recent.is_empty() {
            self.recent = vec![0; PLACES];
        }
        let (way, key) = (way(columns, row), key(number, columns, row));
        let places = self.recent.len();
        let place = &mut self.recent[usize::try_from(key >> 8).map_or(0, |hash| hash % places)];
        if way == self.coarsest {
            self.driven_out |= *place != 0 && *place != key;
            *place = key;
            self.ways.remove(&key);
        } else if *place != key {
            *self.ways.entry(key).or_default() |= 1u64 << way;
        }
    }

    /// Ends that. Whether something may be kept beside which a row of the coarsest way is: then these are to be read again.
    pub(crate) fn are_open(&mut self) -> bool {
        self.recent = Vec::new();
        self.driven_out && !self.ways.is_empty()
    }

    /// Lets go of what is kept of the rows beside one of the coarsest way.
    pub(crate) fn release(&mut self, number: u32, columns: &Columns, row: &Row<'_>) {
        if way(columns, row) == self.coarsest {
            self.ways.remove(&key(number, columns, row));
        }
    }

    /// The column that shows that a row is a part of what another row holds. None when it is none.
    pub(crate) fn part(&self, number: u32, columns: &Columns, row: &Row<'_>) -> Option<usize> {
        let way = way(columns, row);
        if way == self.coarsest {
            return None;
        }
        let least = self.ways.get(&key(number, columns, row)).map_or(self.coarsest, |ways| coarsest(*ways));
        if way == least {
            return None;
        }
        // One that is broken down as much as the other is so by another column.
        let by = if way & !least == 0 { way } else { way & !least };
        columns.further.get(by.trailing_zeros() as usize).copied()
    }
}

/// Of several ways that which breaks down least.
fn coarsest(ways: u64) -> Way {
    let there = (0..WAYS).filter(|way| ways & (1u64 << *way) != 0);
    there.min_by_key(|way| (way.count_ones(), *way)).unwrap_or_default()
}

fn way(columns: &Columns, row: &Row<'_>) -> Way {
    let mut way = 0;
    for (place, at) in columns.further.iter().enumerate() {
        way |= Way::from(row.get(*at).is_some_and(|field| !table::is_whole(field))) << place;
    }
    way
}

/// Two different ones share a key once in 2^64.
fn key(number: u32, columns: &Columns, row: &Row<'_>) -> u64 {
    let of = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default();
    let flow = columns.flow_of(row).unwrap_or_default();
    FixedState::default().hash_one((number, of(columns.reporter), flow, of(columns.partner)))
}

#[cfg(test)]
mod tests;
