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
    /// Value that only links which are held back lead to the list.
    pub(crate) held_back: f64,
    /// Value and rows of which it cannot be told.
    pub(crate) undetermined: f64,
    pub(crate) undetermined_rows: u64,
    /// By published weights. None without them, or where some were missing.
    pub(crate) estimated: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    rows: u64,
    value: f64,
    certain: f64,
    possible: f64,
    held_back: f64,
    undetermined: f64,
    undetermined_rows: u64,
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
        sums[0].add_row(value);
        if let Some(any) = any(tags) {
            sums[0].add(value, &any);
        }
        for tag in tags {
            if let Some(place) = self.places.get(&tag.list) {
                // Rows of which it cannot be told are counted by themselves.
                if tag.possible > 0.0 {
                    sums[*place].add_row(value);
                }
                sums[*place].add(value, tag);
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
                    held_back: sum.held_back,
                    undetermined: sum.undetermined,
                    undetermined_rows: sum.undetermined_rows,
                    estimated: (sum.weighed && !sum.unweighed).then_some(sum.estimated),
                });
            }
        }
        totals
    }
}

impl Sum {
    fn add_row(&mut self, value: f64) {
        self.rows += 1;
        self.value += value;
    }

    fn add(&mut self, value: f64, tag: &Tag) {
        self.certain += value * tag.certain;
        self.possible += value * tag.possible;
        self.held_back += value * tag.held_back;
        self.undetermined += value * tag.undetermined;
        self.undetermined_rows += u64::from(tag.undetermined > 0.0);
        self.estimated += value * tag.estimated.unwrap_or(tag.certain);
        self.weighed |= tag.estimated.is_some();
        self.unweighed |= tag.estimated.is_none() && tag.certain < tag.possible;
    }
}

/// How a row stands to all lists together: what is on any of them, and of the rest what is held back or cannot be told
/// of any.
fn any(tags: &[Tag]) -> Option<Tag> {
    let first = tags.first()?;
    let most = |share: fn(&Tag) -> f64| tags.iter().map(share).fold(0.0, f64::max);
    let possible = most(|tag| tag.possible);
    let held_back = (most(|tag| tag.possible + tag.held_back) - possible).max(0.0);
    let open = most(|tag| tag.possible + tag.held_back + tag.undetermined);
    // By weights only where one list decides: those of several may be of the same goods or of others.
    let mut deciding = tags.iter().filter(|tag| tag.possible > 0.0);
    let estimated = deciding.next().filter(|_| deciding.next().is_none()).and_then(|only| only.estimated);
    Some(Tag {
        certain: most(|tag| tag.certain),
        possible,
        held_back,
        undetermined: (open - possible - held_back).max(0.0),
        estimated,
        ..*first
    })
}
