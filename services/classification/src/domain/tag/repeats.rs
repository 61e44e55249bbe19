//! Rows that repeat others of their run: of the world beside those of its economies, and of a part of a flow beside those of
//! the whole. Whether a run has what they repeat is known when it ends: until then they are kept apart.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::quality::RandomState;
use greenlane_tally::{Flows, flow_within, is_economy, is_world};

use super::{Row, Said};
use crate::domain::catalogue::Position;

/// How many rows of the world are kept, and what is known of the rows of so many codes and trades, until it begins anew.
const MOST: usize = 1 << 18;

/// What a row is beside others of its run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beside {
    /// Nothing that repeats a row for its partner.
    Single,
    /// One of the world, which rows before it repeat.
    Repeated,
    /// One of the world, which rows behind it may repeat.
    Open(Trade),
}

/// Of what a row is, as hashes: two different ones share theirs once in 2^64.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trade {
    /// Its code in its edition and period.
    code: u64,
    /// Its economy, flow, edition and period.
    trade: u64,
}

/// Of what all rows are of a code as it is written, in its edition and period, as hashes: found once for all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    /// All of it: the code as it was understood, or else as it is written.
    pub(super) code: u64,
    /// Its edition and period alone.
    period: u64,
}

/// What of a row counts in totals.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) key: Box<str>,
    pub(super) value: f64,
    pub(super) said: Arc<Said>,
}

/// What repeats what.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    hasher: RandomState,
    /// Those of which some row names an economy as partner.
    codes: HashSet<u64, RandomState>,
    trades: HashSet<u64, RandomState>,
    flows: Flows,
    /// Rows of parts of flows, by flow.
    parts: BTreeMap<String, u64>,
    /// Rows of the world, each with what of it counts if it repeats none.
    waiting: Vec<(Trade, Option<Counted>)>,
    /// Rows of the world that repeat others, as far as is known.
    repeated: u64,
}

impl Repeats {
    /// The flow of a row, where it may be a part of another.
    pub(super) fn part<'r>(row: &Row<'r>) -> Option<&'r str> {
        flow_within(row.flow.as_bytes()).map(|_| row.flow.trim())
    }

    /// What a row is of as it is written, and understood where it is.
    pub(super) fn written(&self, row: &Row<'_>, at: Option<Position>) -> Written {
        let (edition, period) = (row.edition, row.period.trim());
        let code = match at {
            Some(at) => self.hasher.hash_one((at.edition, at.row, period)),
            None => self.hasher.hash_one((row.code.trim(), edition, period)),
        };
        Written { code, period: self.hasher.hash_one((edition, period)) }
    }

    /// Notes a row, of which it is known what it is of and whether it is of a part of a flow.
    pub(super) fn note(&mut self, row: &Row<'_>, written: Written, part: Option<&str>) -> Beside {
        self.flows.note(row.flow.as_bytes());
        if let Some(part) = part {
            match self.parts.get_mut(part) {
                Some(rows) => *rows += 1,
                None => {
                    self.parts.insert(part.to_owned(), 1);
                }
            }
        }
        let partner = row.partner.as_bytes();
        let (economy, world) = (is_economy(partner), is_world(partner));
        if !economy && !world {
            return Beside::Single;
        }
        let trade = Trade { code: written.code, trade: self.hasher.hash_one((row.reporter, row.flow, written.period)) };
        if economy {
            if self.codes.len().max(self.trades.len()) >= MOST {
                self.forget();
            }
            self.codes.insert(trade.code);
            self.trades.insert(trade.trade);
            return Beside::Single;
        }
        if self.is_repeated(trade) {
            self.repeated += 1;
            return Beside::Repeated;
        }
        Beside::Open(trade)
    }

    /// Keeps a row of the world. Whether there are so many that they are to be settled.
    pub(super) fn wait(&mut self, trade: Trade, counted: Option<Counted>) -> bool {
        self.waiting.push((trade, counted));
        self.waiting.len() >= MOST
    }

    /// What of the rows that wait counts, by what is known; and no row waits any longer.
    pub(super) fn settle(&mut self) -> Vec<Counted> {
        let mut counted = Vec::new();
        for (trade, of_row) in std::mem::take(&mut self.waiting) {
            if self.is_repeated(trade) {
                self.repeated += 1;
            } else {
                counted.extend(of_row);
            }
        }
        counted
    }

    /// Begins anew with what is too much to be known. What repeats others by it does so for good, and waits no longer.
    fn forget(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let waited = waiting.len();
        let open: Vec<_> = waiting.into_iter().filter(|(trade, _)| !self.is_repeated(*trade)).collect();
        self.repeated += (waited - open.len()) as u64;
        self.waiting = open;
        for known in [&mut self.codes, &mut self.trades] {
            if known.len() >= MOST {
                known.clear();
            }
        }
    }

    /// What of the rows that wait counts if no more rows come.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Counted> {
        let open = self.waiting.iter().filter(move |(trade, _)| !self.is_repeated(*trade));
        open.filter_map(|(_, counted)| counted.as_ref())
    }

    /// How many rows of the world repeat others.
    pub(super) fn of_the_world(&self) -> u64 {
        let waiting = self.waiting.iter().filter(|(trade, _)| self.is_repeated(*trade)).count();
        self.repeated + waiting as u64
    }

    /// How many rows of parts of flows repeat others.
    pub(super) fn of_parts(&self) -> u64 {
        self.parts.iter().filter(|(flow, _)| self.is_part(flow)).map(|(_, rows)| rows).sum()
    }

    /// Whether a flow is a part of another one that the run has.
    pub(super) fn is_part(&self, flow: &str) -> bool {
        self.flows.is_part(flow.as_bytes())
    }

    /// Whether rows of economies are there of the same code, and of the same trade.
    fn is_repeated(&self, trade: Trade) -> bool {
        self.codes.contains(&trade.code) && self.trades.contains(&trade.trade)
    }
}
