//! Tagged rows added up.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::table::Table;
use crate::client::exit::Usage;

/// Value, and how much of it is on a list: certainly, and possibly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) value: f64,
    pub(crate) certain: f64,
    pub(crate) possible: f64,
}

/// What a table of tagged rows says.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) lists: Vec<String>,
    /// By year, one for each list.
    years: BTreeMap<String, Vec<Bounds>>,
    /// By partner: what is on any list.
    partners: BTreeMap<String, Bounds>,
}

/// Adds up the rows that count: rows that repeat others are marked by `greenlane tag`.
pub(crate) fn summary(table: Table) -> anyhow::Result<Summary> {
    let Table { columns, mut rows } = table;
    let find = |wanted: &str| columns.names.iter().position(|name| name == wanted);
    let tagged = || Usage("the rows are not tagged: `greenlane tag FILE --out TAGGED` writes them".to_owned());
    let counted = find("counted").with_context(tagged)?;
    let mut summary = Summary::default();
    let mut shares = Vec::new();
    for name in &columns.names {
        if let Some(list) = name.strip_prefix("certain:") {
            let (certain, possible) = (find(name), find(&format!("possible:{list}")));
            shares.push((certain.with_context(tagged)?, possible.with_context(tagged)?));
            summary.lists.push(list.to_owned());
        }
    }
    while let Some(row) = rows.next()? {
        if row.get(counted) != Some(b"1") {
            continue;
        }
        let text = |at: usize| std::str::from_utf8(row.get(at).unwrap_or_default()).unwrap_or_default();
        let number = |at: usize| text(at).parse::<f64>().unwrap_or_default();
        let value = number(columns.value);
        let year = text(columns.period).get(..4).unwrap_or_default();
        if !summary.years.contains_key(year) {
            summary.years.insert(year.to_owned(), vec![Bounds::default(); shares.len()]);
        }
        let mut any = Bounds { value, ..Bounds::default() };
        if let Some(bounds) = summary.years.get_mut(year) {
            for (bounds, (certain, possible)) in bounds.iter_mut().zip(&shares) {
                let own = Bounds { value, certain: number(*certain), possible: number(*possible) };
                bounds.add(own);
                any.certain = any.certain.max(own.certain);
                any.possible = any.possible.max(own.possible);
            }
        }
        if let Some(partner) = columns.partner {
            summary.partners.entry(text(partner).to_owned()).or_default().add(any);
        }
    }
    Ok(summary)
}

impl Bounds {
    fn add(&mut self, other: Self) {
        self.value += other.value;
        self.certain += other.certain;
        self.possible += other.possible;
    }
}

impl Summary {
    /// Each list in each year.
    pub(crate) fn years(&self) -> impl Iterator<Item = (&str, &str, Bounds)> {
        self.lists.iter().enumerate().flat_map(move |(place, list)| {
            self.years.iter().map(move |(year, bounds)| (list.as_str(), year.as_str(), bounds[place]))
        })
    }

    /// Each list over all years.
    pub(crate) fn by_list(&self) -> impl Iterator<Item = (&str, Bounds)> {
        self.lists.iter().enumerate().map(|(place, list)| {
            let mut sum = Bounds::default();
            self.years.values().for_each(|bounds| sum.add(bounds[place]));
            (list.as_str(), sum)
        })
    }

    /// The partners with most on any list.
    pub(crate) fn top_partners(&self, most: usize) -> Vec<(&str, Bounds)> {
        let mut partners: Vec<_> = self.partners.iter().map(|(name, bounds)| (name.as_str(), *bounds)).collect();
        partners.sort_by(|a, b| b.1.possible.total_cmp(&a.1.possible).then(a.0.cmp(b.0)));
        partners.truncate(most);
        partners
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGGED: &str = "\
period,partnerDesc,cmdCode,primaryValue,counted,certain:a,possible:a,certain:b,possible:b
2020,Peru,010121,100,1,100,100,0,100
2020,Chile,010121,50,1,0,50,0,0
2020,World,010121,150,0,100,150,0,0
2021,Peru,020110,10,1,0,0,0,0
";

    fn table(text: &'static str) -> Table {
        Table::csv(Box::new(text.as_bytes())).unwrap()
    }

    #[test]
    fn rows_that_repeat_others_are_left_out_and_bounds_are_kept_apart() {
        let summary = summary(table(TAGGED)).unwrap();
        let bounds = |value, certain, possible| Bounds { value, certain, possible };
        assert_eq!(
            summary.years().collect::<Vec<_>>(),
            [
                ("a", "2020", bounds(150.0, 100.0, 150.0)),
                ("a", "2021", bounds(10.0, 0.0, 0.0)),
                ("b", "2020", bounds(150.0, 0.0, 100.0)),
                ("b", "2021", bounds(10.0, 0.0, 0.0)),
            ]
        );
        assert_eq!(summary.top_partners(1), [("Peru", bounds(110.0, 100.0, 100.0))]);
    }

    #[test]
    fn rows_that_are_not_tagged_are_refused() {
        assert!(summary(table("period,cmdCode,primaryValue\n2020,01,1\n")).is_err());
    }
}
