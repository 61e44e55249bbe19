//! Tagged rows added up.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use greenlane_tally::{Share, Sum, flow_text};

use super::table::Table;
use crate::client::commands::tag::amount::amount;
use crate::client::exit::Usage;

/// What a table of tagged rows says.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) lists: Vec<String>,
    /// By year, one for each list.
    years: BTreeMap<String, Vec<Sum>>,
    /// By partner: what is on any list.
    partners: BTreeMap<String, Sum>,
    /// Those that were added up.
    pub(crate) flows: BTreeSet<String>,
    /// Rows that count and whose code was not understood.
    pub(crate) unknown: u64,
}

/// Where the columns of a list are.
struct Columns {
    certain: usize,
    possible: usize,
    undetermined: Option<usize>,
    held_back: Option<usize>,
    estimated: Option<usize>,
}

/// Adds up the rows that count, of one flow or of all: rows that repeat others are marked by `greenlane tag`.
pub(crate) fn summary(table: Table, flow: Option<&str>) -> anyhow::Result<Summary> {
    let Table { columns, mut rows, .. } = table;
    let flow = flow.map(flow_text);
    if flow.is_some() && columns.flow.is_none() {
        return Err(Usage("the table has no column for the flow".to_owned()).into());
    }
    let find = |wanted: &str| columns.names.iter().position(|name| name == wanted);
    let tagged = || Usage("the rows are not tagged: `greenlane tag FILE --out TAGGED` writes them".to_owned());
    let counted = find("counted").with_context(tagged)?;
    let mut summary = Summary::default();
    let mut shares = Vec::new();
    for name in &columns.names {
        if let Some(list) = name.strip_prefix("certain:") {
            let beside = |what: &str| find(&format!("{what}:{list}"));
            shares.push(Columns {
                certain: find(name).with_context(tagged)?,
                possible: beside("possible").with_context(tagged)?,
                // Where there is none, there is no such column.
                undetermined: beside("undetermined"),
                held_back: beside("held_back"),
                estimated: beside("estimated"),
            });
            summary.lists.push(list.to_owned());
        }
    }
    let (faults, understood) = (find("faults"), find("hs_code"));
    while let Some(row) = rows.next()? {
        let text = |at: usize| std::str::from_utf8(row.get(at).unwrap_or_default()).unwrap_or_default();
        let flow_of_row = std::str::from_utf8(columns.flow_of(&row).unwrap_or_default()).unwrap_or_default();
        if flow.is_some_and(|flow| flow != flow_of_row) {
            continue;
        }
        // A flow that is a part of another counts by itself when it is asked for.
        let by_itself = flow.is_some() && faults.is_some_and(|at| is_out_as_part_of_flow_alone(text(at)));
        if text(counted) != "1" && !by_itself {
            continue;
        }
        if !summary.flows.contains(flow_of_row) {
            summary.flows.insert(flow_of_row.to_owned());
        }
        summary.unknown += u64::from(understood.is_some_and(|at| text(at).is_empty()));
        let number = |at: usize| text(at).parse::<f64>().unwrap_or_default();
        // As it was tagged: what is no amount counts as nothing.
        let malformed = faults.is_some_and(|at| text(at).split(' ').any(|fault| fault == "value_malformed"));
        let value = row.get(columns.value).filter(|_| !malformed).and_then(|field| amount(field, false));
        let value = value.unwrap_or_default();
        let year = text(columns.period).trim().get(..4).unwrap_or_default();
        if !summary.years.contains_key(year) {
            summary.years.insert(year.to_owned(), vec![Sum::default(); shares.len()]);
        }
        let mut shares_of_row = Vec::with_capacity(shares.len());
        if let Some(sums) = summary.years.get_mut(year) {
            for (sum, at) in sums.iter_mut().zip(&shares) {
                let own = Share {
                    certain: number(at.certain),
                    possible: number(at.possible),
                    undetermined: at.undetermined.map_or(0.0, number),
                    held_back: at.held_back.map_or(0.0, number),
                    // Where nothing is open, or there are no weights, nothing stands there.
                    estimated: at.estimated.and_then(|at| text(at).parse().ok()),
                };
                add(sum, value, own);
                shares_of_row.push(own);
            }
        }
        let any = Share::of_any(shares_of_row);
        if let Some(partner) = columns.partner {
            // Names that are no UTF-8 are not all one partner.
            let partner = String::from_utf8_lossy(row.get(partner).unwrap_or_default()).into_owned();
            add(summary.partners.entry(partner).or_default(), value, any);
        }
    }
    if let Some(flow) = flow.filter(|_| summary.flows.is_empty()) {
        return Err(Usage(format!("no row of the flow {flow} counts")).into());
    }
    Ok(summary)
}

/// Adds a row of a value of which such parts are on a list, in the value's units.
fn add(sum: &mut Sum, value: f64, parts: Share) {
    sum.count(value);
    sum.add(1.0, parts);
}

/// Whether a row counts in no totals for no other reason than that its flow is a part of another.
fn is_out_as_part_of_flow_alone(faults: &str) -> bool {
    const OUT: [&str; 5] =
        ["aggregate_code", "aggregate_partner", "columns_missing", "columns_surplus", "part_of_total"];
    let has = |fault: &str| faults.split(' ').any(|it| it == fault);
    has("part_of_flow") && !OUT.into_iter().any(has)
}

impl Summary {
    /// Each list in each year.
    pub(crate) fn years(&self) -> impl Iterator<Item = (&str, &str, Sum)> {
        self.lists.iter().enumerate().flat_map(move |(place, list)| {
            self.years.iter().map(move |(year, bounds)| (list.as_str(), year.as_str(), bounds[place]))
        })
    }

    /// Each list over all years.
    pub(crate) fn by_list(&self) -> impl Iterator<Item = (&str, Sum)> {
        self.lists.iter().enumerate().map(|(place, list)| {
            let mut sum = Sum::default();
            self.years.values().for_each(|sums| sum.merge(&sums[place]));
            (list.as_str(), sum)
        })
    }

    /// The partners with most on any list.
    pub(crate) fn top_partners(&self, most: usize) -> Vec<(&str, Sum)> {
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
        let summary = summary(table(TAGGED), None).unwrap();
        let bounds = |sum: &Sum| (sum.value, sum.certain, sum.possible);
        assert_eq!(
            summary.years().map(|(list, year, sum)| (list, year, bounds(&sum))).collect::<Vec<_>>(),
            [
                ("a", "2020", (150.0, 100.0, 150.0)),
                ("a", "2021", (10.0, 0.0, 0.0)),
                ("b", "2020", (150.0, 0.0, 100.0)),
                ("b", "2021", (10.0, 0.0, 0.0)),
            ]
        );
        let top: Vec<_> = summary.top_partners(1).iter().map(|(name, sum)| (*name, bounds(sum))).collect();
        assert_eq!(top, [("Peru", (110.0, 100.0, 100.0))]);
    }

    #[test]
    fn what_weights_say_is_added_up_and_nothing_is_said_where_some_are_missing() {
        let text = "\
period,partnerDesc,cmdCode,primaryValue,counted,certain:a,possible:a,estimated:a,certain:b,possible:b
2020,Peru,010121,100,1,0,100,70,0,0
2020,Chile,010121,50,1,50,50,,0,0
2021,Peru,010121,10,1,0,10,4,0,10
2022,Peru,010121,10,1,0,10,,0,0
";
        let summary = summary(table(text), None).unwrap();
        let of_years: Vec<_> = summary.years().map(|(list, _, sum)| (list, sum.estimated())).collect();
        let of_a = [("a", Some(120.0)), ("a", Some(4.0)), ("a", None)];
        assert_eq!(of_years, [&of_a[..], &[("b", None), ("b", None), ("b", None)]].concat());
        assert_eq!(summary.by_list().map(|(_, sum)| sum.estimated()).collect::<Vec<_>>(), [None, None]);
        let of_partners = summary.top_partners(2).into_iter().map(|(name, sum)| (name, sum.estimated()));
        assert_eq!(of_partners.collect::<Vec<_>>(), [("Peru", None), ("Chile", None)], "nothing of Chile's is open");
    }

    #[test]
    fn what_cannot_be_told_is_kept_apart_from_what_is_possible() {
        let text = "\
period,partnerDesc,cmdCode,primaryValue,counted,certain:a,possible:a,undetermined:a,certain:b,possible:b,held_back:b
2001,Peru,010121,100,1,0,0,100,0,0,100
2001,Peru,010129,7,1,0,0,7,7,7,0
";
        let summary = summary(table(text), None).unwrap();
        let lists: Vec<_> = summary.by_list().map(|(_, bounds)| bounds).collect();
        assert_eq!((lists[0].possible, lists[0].undetermined, lists[0].held_back), (0.0, 107.0, 0.0));
        assert_eq!((lists[1].possible, lists[1].undetermined, lists[1].held_back), (7.0, 0.0, 100.0));
        let any = summary.top_partners(1)[0].1;
        assert_eq!((any.possible, any.held_back, any.undetermined), (7.0, 100.0, 0.0));
    }

    #[test]
    fn rows_that_count_and_whose_code_is_not_known_are_counted() {
        let text = "\
period,cmdCode,primaryValue,hs_edition,hs_code,faults,counted,certain:a,possible:a,undetermined:a
2023,854143,700,HS2022,854143,,1,700,700,0
2023,854199,300,,,code_unknown,1,0,0,300
2023,TOTAL,1000,,,aggregate_code,0,0,0,0
";
        let summary = summary(table(text), None).unwrap();
        assert_eq!((summary.unknown, summary.by_list().next().unwrap().1.undetermined), (1, 300.0));
    }

    #[test]
    fn flows_are_added_up_and_told_or_one_of_them_is_taken() {
        let text = "\
period,flowCode,cmdCode,primaryValue,faults,counted,certain:a,possible:a
2020,x,010121,90,,1,90,90
2020,RX,010121,40,duplicate part_of_flow,0,40,40
2020,RX,010121,7,aggregate_code part_of_flow,0,7,7
2020,M,010121,500,,1,500,500
";
        let all = summary(table(text), None).unwrap();
        assert_eq!(all.flows.iter().map(String::as_str).collect::<Vec<_>>(), ["M", "X"]);
        assert_eq!(all.by_list().next().unwrap().1.possible, 590.0);
        for asked in ["X", "x"] {
            let one = summary(table(text), Some(asked)).unwrap();
            assert_eq!((one.flows.len(), one.by_list().next().unwrap().1.possible), (1, 90.0));
        }
        let part = summary(table(text), Some("RX")).unwrap();
        assert_eq!(part.by_list().next().unwrap().1.possible, 40.0, "by itself, but no total over codes");
        assert!(summary(table(text), Some("XX")).is_err(), "no row is of it");
        assert!(summary(table(TAGGED), Some("X")).is_err(), "it has no flows");
    }

    #[test]
    fn rows_that_are_not_tagged_are_refused() {
        assert!(summary(table("period,cmdCode,primaryValue\n2020,01,1\n"), None).is_err());
    }
}
