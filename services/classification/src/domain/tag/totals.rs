//! Tagged rows added up.

use std::collections::HashMap;

use super::{Row, Tag};

/// Most different totals of a run.
const MOST: usize = 20_000;

/// What totals are kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TotalKey {
    GreenList,
    Year,
    Reporter,
    Partner,
    Flow,
}

/// The totals would be more than can be told in one answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("there are more than {MOST} different totals")]
pub(crate) struct TooMany;

/// One total.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Total {
    /// Index of the list. None for all goods.
    pub(crate) list: Option<usize>,
    pub(crate) year: String,
    pub(crate) reporter: String,
    pub(crate) partner: String,
    pub(crate) flow: String,
    pub(crate) rows: u64,
    pub(crate) value: f64,
    pub(crate) certain: f64,
    pub(crate) possible: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    rows: u64,
    value: f64,
    certain: f64,
    possible: f64,
}

/// Sums by year, economies and flow: first of all goods, then of each list.
#[derive(Debug)]
pub(super) struct Totals {
    by: Vec<TotalKey>,
    lists: Vec<usize>,
    sums: HashMap<[Box<str>; 4], Vec<Sum>>,
}

impl Totals {
    pub(super) fn new(by: Vec<TotalKey>, lists: Vec<usize>) -> Self {
        let by = if by.is_empty() { vec![TotalKey::GreenList, TotalKey::Year] } else { by };
        Self { by, lists, sums: HashMap::new() }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: &Row<'_>, value: f64, tags: &[Tag]) -> Result<(), TooMany> {
        let part = |key, text: &str| -> Box<str> { Box::from(if self.by.contains(&key) { text } else { "" }) };
        let year = row.period.get(..4).unwrap_or_default();
        let key = [
            part(TotalKey::Year, year),
            part(TotalKey::Reporter, row.reporter),
            part(TotalKey::Partner, row.partner),
            part(TotalKey::Flow, row.flow),
        ];
        let by_list = self.by.contains(&TotalKey::GreenList);
        let kept = if by_list { self.lists.len() + 1 } else { 1 };
        if self.sums.len() * kept >= MOST && !self.sums.contains_key(&key) {
            return Err(TooMany);
        }
        let sums = self.sums.entry(key).or_insert_with(|| vec![Sum::default(); kept]);
        // All goods: what is on any list.
        let most = |share: fn(&Tag) -> f64| tags.iter().map(share).fold(0.0, f64::max);
        let (certain, possible) = (most(|tag| tag.certain), most(|tag| tag.possible));
        sums[0].add(value, certain, possible);
        if by_list {
            for tag in tags {
                if let Some(place) = self.lists.iter().position(|list| *list == tag.list) {
                    sums[place + 1].add(value, tag.certain, tag.possible);
                }
            }
        }
        Ok(())
    }

    /// All totals in the order of their keys, all goods before the lists.
    pub(super) fn all(&self) -> Vec<Total> {
        let mut keys: Vec<_> = self.sums.iter().collect();
        keys.sort_by(|a, b| a.0.cmp(b.0));
        let mut totals = Vec::new();
        for ([year, reporter, partner, flow], sums) in keys {
            let whole = sums[0].value;
            for (place, sum) in sums.iter().enumerate() {
                totals.push(Total {
                    list: place.checked_sub(1).map(|place| self.lists[place]),
                    year: year.to_string(),
                    reporter: reporter.to_string(),
                    partner: partner.to_string(),
                    flow: flow.to_string(),
                    rows: sum.rows,
                    value: whole,
                    certain: sum.certain,
                    possible: sum.possible,
                });
            }
        }
        totals
    }
}

impl Sum {
    fn add(&mut self, value: f64, certain: f64, possible: f64) {
        self.rows += 1;
        self.value += value;
        self.certain += value * certain;
        self.possible += value * possible;
    }
}
