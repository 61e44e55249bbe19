//! Rows that are parts of other rows.
//!
//! UN Comtrade breaks the trade of a code down by mode of transport, customs procedure and second partner, with totals
//! beside the parts. Parts do not add up to their total: modes lie within one another (water, sea), and not all that is
//! traded is broken down. So of the ways in which the rows of an economy, a partner, a flow, a period and a code are
//! broken down, the one that breaks down least counts: the total where there is one.
//!
//! Which rows have totals is known of those alone that are broken down. Most tables have none, and it costs them nothing.

use std::{collections::HashMap, hash::BuildHasher as _};

use foldhash::quality::FixedState;

use super::table::{self, Columns, Row};

/// How a row is broken down: a bit for each column by which it is.
type Way = u8;
/// There are six such columns at most.
const WAYS: Way = 64;

/// By rows of one economy, partner, flow, period and code: the ways in which they are broken down, a bit for each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    ways: HashMap<u64, u64, FixedState>,
}

impl Parts {
    /// Whether no row is broken down.
    pub(crate) fn is_empty(&self) -> bool {
        self.ways.is_empty()
    }

    /// Notes how a row is broken down, if it is.
    pub(crate) fn note(&mut self, number: u32, columns: &Columns, row: &Row<'_>) {
        let way = way(columns, row);
        if way != 0 {
            *self.ways.entry(key(number, columns, row)).or_default() |= 1u64 << way;
        }
    }

    /// Notes that a row is a total, if others break it down.
    pub(crate) fn note_total(&mut self, number: u32, columns: &Columns, row: &Row<'_>) {
        if way(columns, row) == 0
            && let Some(ways) = self.ways.get_mut(&key(number, columns, row))
        {
            *ways |= 1;
        }
    }

    /// The column that shows that a row is a part of what another row holds. None when it is none.
    pub(crate) fn part(&self, number: u32, columns: &Columns, row: &Row<'_>) -> Option<usize> {
        let way = way(columns, row);
        if way == 0 {
            return None;
        }
        let ways = self.ways.get(&key(number, columns, row)).copied()?;
        let there = (0..WAYS).filter(|way| ways & (1u64 << *way) != 0);
        let least = there.min_by_key(|way| (way.count_ones(), *way)).filter(|least| *least != way)?;
        // One that is broken down as much as the other is so by another column.
        let by = if way & !least == 0 { way } else { way & !least };
        columns.further.get(by.trailing_zeros() as usize).copied()
    }
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
