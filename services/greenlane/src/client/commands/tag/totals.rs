//! Tagged rows added up.

use std::collections::HashMap;

use greenlane_api::classification::v1::TagTotal;

use super::{By, ask::Said, table::Columns};

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    rows: u64,
    value: f64,
    certain: f64,
    possible: f64,
}

/// Sums by year, economies and flow: first of all goods, then of each list.
pub(crate) struct Totals {
    columns: [Option<usize>; 4],
    by_list: bool,
    key: Vec<u8>,
    sums: HashMap<Vec<u8>, Vec<Sum>>,
}

impl Totals {
    pub(crate) fn new(by: &[By], columns: &Columns) -> Self {
        let kept = |key: By, at: Option<usize>| at.filter(|_| by.contains(&key));
        Self {
            columns: [
                kept(By::Year, Some(columns.period)),
                kept(By::Reporter, columns.reporter),
                kept(By::Partner, columns.partner),
                kept(By::Flow, columns.flow),
            ],
            by_list: by.contains(&By::List),
            key: Vec::new(),
            sums: HashMap::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, record: &csv::ByteRecord, value: f64, said: &Said, tags: &[(usize, f64, f64)]) {
        self.key.clear();
        for (place, at) in self.columns.iter().enumerate() {
            let field = at.and_then(|at| record.get(at)).unwrap_or_default();
            let field = if place == 0 { field.get(..4).unwrap_or_default() } else { field };
            self.key.extend_from_slice(field);
            self.key.push(0);
        }
        let kept = if self.by_list { said.lists.len() + 1 } else { 1 };
        let sums = match self.sums.get_mut(self.key.as_slice()) {
            Some(sums) => sums,
            None => self.sums.entry(self.key.clone()).or_insert_with(|| vec![Sum::default(); kept]),
        };
        let most = tags.iter().fold((0.0f64, 0.0f64), |most, tag| (most.0.max(tag.1), most.1.max(tag.2)));
        sums[0].add(value, most.0, most.1);
        if self.by_list {
            for (list, certain, possible) in tags {
                sums[list + 1].add(value, *certain, *possible);
            }
        }
    }

    /// All totals in the order of their keys, all goods before the lists.
    pub(crate) fn all(&self, said: &Said) -> Vec<TagTotal> {
        let mut keys: Vec<_> = self.sums.iter().collect();
        keys.sort_by(|a, b| a.0.cmp(b.0));
        let mut totals = Vec::new();
        for (key, sums) in keys {
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
                    value_usd: sums[0].value,
                    certain_value_usd: sum.certain,
                    possible_value_usd: sum.possible,
                    estimated_value_usd: None,
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
