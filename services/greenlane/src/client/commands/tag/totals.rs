//! Tagged rows added up.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use greenlane_api::classification::v1::TagTotal;
use greenlane_tally::{Share, Sum, flow_code};

use super::{
    By,
    ask::{Said, Tag},
    table::{self, Columns, Row},
};

/// Sums by year, economies and flow: first of all goods, then of each list.
pub(crate) struct Totals {
    columns: [Option<usize>; 4],
    /// Flows are named as new exports name them.
    flows_now: bool,
    /// Sums of one key.
    width: usize,
    key: Vec<u8>,
    /// The key before, and where its sums are: rows of one key often follow one another.
    last: (Vec<u8>, usize),
    places: HashMap<Vec<u8>, usize, RandomState>,
    sums: Vec<Sum>,
}

impl Totals {
    pub(crate) fn new(by: &[By], columns: &Columns, lists: usize) -> Self {
        let kept = |key: By, at: Option<usize>| at.filter(|_| by.contains(&key));
        Self {
            columns: [
                kept(By::Year, Some(columns.period)),
                kept(By::Reporter, columns.reporter),
                kept(By::Partner, columns.partner),
                kept(By::Flow, columns.flow),
            ],
            flows_now: columns.is_of_both(),
            width: if by.contains(&By::List) { lists + 1 } else { 1 },
            key: Vec::new(),
            last: (Vec::new(), 0),
            places: HashMap::default(),
            sums: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: &Row<'_>, value: f64, tags: &[Tag]) {
        self.key.clear();
        for (place, at) in self.columns.iter().enumerate() {
            let field = at.and_then(|at| row.get(at)).unwrap_or_default();
            let field = match place {
                0 => field.trim_ascii().get(..4).unwrap_or_default(),
                3 if self.flows_now => table::flow_now(flow_code(field)),
                3 => flow_code(field),
                _ => field,
            };
            self.key.extend_from_slice(field);
            self.key.push(0);
        }
        let place = self.place();
        let sums = &mut self.sums[place..place + self.width];
        sums[0].count(value);
        sums[0].add(value, Share::of_any(tags.iter().map(|tag| tag.share)));
        if sums.len() > 1 {
            for tag in tags {
                // Rows of which it cannot be told are counted by themselves.
                if tag.share.possible > 0.0 {
                    sums[tag.list + 1].count(value);
                }
                sums[tag.list + 1].add(value, tag.share);
            }
        }
    }

    /// Where the sums of the key are.
    fn place(&mut self) -> usize {
        if self.last.0 != self.key {
            let place = match self.places.get(self.key.as_slice()) {
                Some(place) => *place,
                None => {
                    let place = self.sums.len();
                    self.sums.resize(place + self.width, Sum::default());
                    self.places.insert(self.key.clone(), place);
                    place
                }
            };
            self.last.0.clone_from(&self.key);
            self.last.1 = place;
        }
        self.last.1
    }

    /// All totals in the order of their keys, all goods before the lists.
    pub(crate) fn all(&self, said: &Said) -> Vec<TagTotal> {
        let mut keys: Vec<_> = self.places.iter().collect();
        keys.sort_unstable();
        let mut totals = Vec::new();
        for (key, place) in keys {
            let sums = &self.sums[*place..place + self.width];
            let mut parts = key.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
            let [year, reporter, partner, flow] = std::array::from_fn(|_| parts.next().unwrap_or_default());
            for (place, sum) in sums.iter().enumerate() {
                totals.push(TagTotal {
                    green_list: place.checked_sub(1).map(|list| said.lists[list].clone()).unwrap_or_default(),
                    year: year.clone(),
                    reporter: reporter.clone(),
                    partner: partner.clone(),
                    flow: flow.clone(),
                    rows: sum.rows,
                    possible_rows: sum.possible_rows,
                    value_usd: sums[0].value,
                    certain_value_usd: sum.certain,
                    possible_value_usd: sum.possible,
                    held_back_value_usd: sum.held_back,
                    undetermined_value_usd: sum.undetermined,
                    undetermined_rows: sum.undetermined_rows,
                    estimated_value_usd: sum.estimated(),
                });
            }
        }
        totals
    }
}
