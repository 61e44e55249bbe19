//! Tagged rows added up.

use std::collections::HashMap;

use foldhash::quality::RandomState;

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
    /// By published weights. None without them, or where some were missing.
    pub(crate) estimated: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    rows: u64,
    value: f64,
    certain: f64,
    possible: f64,
    estimated: f64,
    /// Weights said something.
    weighed: bool,
    /// Somewhere they would have, and there were none.
    unweighed: bool,
}

/// Sums by year, economies and flow: first of all goods, then of each list.
#[derive(Debug)]
pub(super) struct Totals {
    by: Vec<TotalKey>,
    lists: Vec<usize>,
    /// By list: the place of its sum among those of a key. Zero is for all goods.
    places: HashMap<usize, usize>,
    key: String,
    sums: HashMap<Box<str>, Vec<Sum>, RandomState>,
}

/// What stands between the parts of a key. No text of a row that is worth keeping apart has it.
const BETWEEN: char = '\u{1f}';

impl Totals {
    pub(super) fn new(by: Vec<TotalKey>, lists: Vec<usize>) -> Self {
        let by = if by.is_empty() { vec![TotalKey::GreenList, TotalKey::Year] } else { by };
        let by_list = by.contains(&TotalKey::GreenList);
        let places = lists.iter().enumerate().filter(|_| by_list).map(|(place, list)| (*list, place + 1)).collect();
        Self { by, lists, places, key: String::new(), sums: HashMap::default() }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: &Row<'_>, value: f64, tags: &[Tag]) -> Result<(), TooMany> {
        self.key.clear();
        let year = row.period.get(..4).unwrap_or_default();
        for (key, text) in [
            (TotalKey::Year, year),
            (TotalKey::Reporter, row.reporter),
            (TotalKey::Partner, row.partner),
            (TotalKey::Flow, row.flow),
        ] {
            if self.by.contains(&key) {
                self.key.push_str(text);
            }
            self.key.push(BETWEEN);
        }
        let kept = self.places.len() + 1;
        let full = self.sums.len() * kept >= MOST;
        let sums = match self.sums.get_mut(self.key.as_str()) {
            Some(sums) => sums,
            None if full => return Err(TooMany),
            None => self.sums.entry(Box::from(self.key.as_str())).or_insert_with(|| vec![Sum::default(); kept]),
        };
        // All goods: what is on any list.
        let most = |share: fn(&Tag) -> f64| tags.iter().map(share).fold(0.0, f64::max);
        // By weights only where one list decides: those of several may be of the same goods or of others.
        let estimated = if let [only] = tags { only.estimated } else { None };
        sums[0].add(value, most(|tag| tag.certain), most(|tag| tag.possible), estimated);
        for tag in tags {
            if let Some(place) = self.places.get(&tag.list) {
                sums[*place].add(value, tag.certain, tag.possible, tag.estimated);
            }
        }
        Ok(())
    }

    /// All totals in the order of their keys, all goods before the lists.
    pub(super) fn all(&self) -> Vec<Total> {
        let mut keys: Vec<_> = self.sums.iter().collect();
        keys.sort_by(|a, b| a.0.cmp(b.0));
        let mut totals = Vec::new();
        for (key, sums) in keys {
            let mut parts = key.split(BETWEEN);
            let [year, reporter, partner, flow] = std::array::from_fn(|_| parts.next().unwrap_or_default());
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
                    estimated: (sum.weighed && !sum.unweighed).then_some(sum.estimated),
                });
            }
        }
        totals
    }
}

impl Sum {
    fn add(&mut self, value: f64, certain: f64, possible: f64, estimated: Option<f64>) {
        self.rows += 1;
        self.value += value;
        self.certain += value * certain;
        self.possible += value * possible;
        self.estimated += value * estimated.unwrap_or(certain);
        self.weighed |= estimated.is_some();
        self.unweighed |= estimated.is_none() && certain < possible;
    }
}
