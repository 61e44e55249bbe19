//! Tagged rows added up.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use foldhash::quality::RandomState;
use greenlane_tally::{Share, Sum};

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
    /// Those of them with possible value.
    pub(crate) possible_rows: u64,
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

/// Sums by year, economies and flow: first of all goods, then of each list. Those of a part of a flow are kept apart until
/// it is known whether the whole is there.
#[derive(Clone, Debug)]
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

    /// Adds a row; `part` is its flow, where that may be a part of another and no total is kept by flow.
    pub(super) fn add(&mut self, row: &Row<'_>, part: Option<&str>, value: f64, tags: &[Tag]) -> Result<(), TooMany> {
        self.write_key(row, part);
        if let Some(sums) = self.sums.get_mut(self.key.as_str()) {
            add(sums, &self.places, value, tags);
            return Ok(());
        }
        self.open()?;
        if let Some(sums) = self.sums.get_mut(self.key.as_str()) {
            add(sums, &self.places, value, tags);
        }
        Ok(())
    }

    /// The key of a row, under which it may be added later.
    pub(super) fn key(&mut self, row: &Row<'_>, part: Option<&str>) -> Result<Box<str>, TooMany> {
        self.write_key(row, part);
        if !self.sums.contains_key(self.key.as_str()) {
            self.open()?;
        }
        Ok(Box::from(self.key.as_str()))
    }

    /// Writes the key of a row.
    fn write_key(&mut self, row: &Row<'_>, part: Option<&str>) {
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
        self.key.push_str(part.unwrap_or_default());
    }

    /// Makes the sums of the key that is written, where there are none.
    fn open(&mut self) -> Result<(), TooMany> {
        let kept = self.places.len() + 1;
        if self.sums.len() * kept >= MOST {
            return Err(TooMany);
        }
        self.sums.insert(Box::from(self.key.as_str()), vec![Sum::default(); kept]);
        Ok(())
    }

    /// Adds what is of a key.
    pub(super) fn add_to(&mut self, key: &str, value: f64, tags: &[Tag]) {
        if let Some(sums) = self.sums.get_mut(key) {
            add(sums, &self.places, value, tags);
        }
    }

    /// The sums of each key, without those of parts of flows that repeat others.
    fn without_parts(&self, is_part: impl Fn(&str) -> bool) -> BTreeMap<&str, Vec<Sum>> {
        let mut keys: Vec<_> = self.sums.iter().collect();
        keys.sort_by(|a, b| a.0.cmp(b.0));
        let mut merged: BTreeMap<&str, Vec<Sum>> = BTreeMap::new();
        // Sums of no row are of what was kept for later and repeats others.
        for (key, sums) in keys.into_iter().filter(|(_, sums)| sums[0].rows > 0) {
            let key: &str = key;
            let (key, part) = key.rsplit_once(BETWEEN).unwrap_or((key, ""));
            if !part.is_empty() && is_part(part) {
                continue;
            }
            match merged.entry(key) {
                Entry::Vacant(new) => {
                    new.insert(sums.clone());
                }
                Entry::Occupied(mut known) => {
                    known.get_mut().iter_mut().zip(sums).for_each(|(known, sum)| known.merge(sum));
                }
            }
        }
        merged
    }

    /// All totals in the order of their keys, all goods before the lists. `is_part` tells whether a flow is a part of
    /// another that is there.
    pub(super) fn all(&self, is_part: impl Fn(&str) -> bool) -> Vec<Total> {
        let mut totals = Vec::new();
        for (key, sums) in self.without_parts(is_part) {
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
                    possible_rows: sum.possible_rows,
                    value: whole,
                    certain: sum.certain,
                    possible: sum.possible,
                    held_back: sum.held_back,
                    undetermined: sum.undetermined,
                    undetermined_rows: sum.undetermined_rows,
                    estimated: sum.estimated(),
                });
            }
        }
        totals
    }
}

/// Adds what is of a key to its sums. `places` tells by list which of them is its own.
fn add(sums: &mut [Sum], places: &HashMap<usize, usize>, value: f64, tags: &[Tag]) {
    sums[0].count(value);
    sums[0].add(value, Share::of_any(tags.iter().map(|tag| tag.share)));
    for tag in tags {
        if let Some(place) = places.get(&tag.list) {
            // Rows of which it cannot be told are counted by themselves.
            if tag.share.possible > 0.0 {
                sums[*place].count(value);
            }
            sums[*place].add(value, tag.share);
        }
    }
}
