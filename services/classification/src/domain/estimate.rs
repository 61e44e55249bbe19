//! What share of a code's value is on a green list, by the weights that a correlation table publishes.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::catalogue::{Catalogue, ListData, Position};

/// How much of a code's value may lie on links without a weight, for those with one to speak for all.
const UNTOLD: f64 = 0.02;

/// The share of a code's value that is on a list on a day. None where something that is needed is not published: the
/// weight of a link that is passed, or how much of a code that the list holds in part only.
pub(crate) fn estimate(catalogue: &Catalogue, list: &ListData, code: Position, on: NaiveDate) -> Option<f64> {
    if list.fact.narrowed || list.fact.partial || !catalogue.code(code).children.is_empty() {
        return None;
    }
    let mut entries = list.entries_on(on).peekable();
    let edition = entries.peek()?.edition.as_str();
    let entries: Vec<_> = entries.collect();
    if entries.iter().any(|entry| entry.edition != edition) {
        return None;
    }
    let edition = catalogue.edition(edition)?;
    let mut share = 0.0;
    for (row, weight) in spread(catalogue, code, edition)? {
        let at = Position { edition, row };
        let way: Vec<_> =
            std::iter::once(at).chain(catalogue.ancestors(at)).map(|at| &catalogue.code(at).fact.code).collect();
        let over = |part: bool| entries.iter().any(|entry| entry.ex == part && way.contains(&&entry.code));
        match (over(false), over(true)) {
            // What holds all of it decides, whatever parts stand beside it.
            (true, _) => share += weight,
            (false, true) => return None,
            (false, false) => {}
        }
    }
    Some(share.clamp(0.0, 1.0))
}

/// How the value of a code is spread over the codes of another edition: row and share, table after table.
pub(crate) fn spread(catalogue: &Catalogue, code: Position, edition: usize) -> Option<BTreeMap<u32, f64>> {
    let mut here = BTreeMap::from([(code.row, 1.0)]);
    if code.edition == edition {
        return Some(here);
    }
    for (table, forward) in catalogue.way(code.edition, edition)?.steps() {
        let table = &catalogue.tables[table];
        let mut next: BTreeMap<u32, f64> = BTreeMap::new();
        for (row, weight) in here {
            let (from, edges) =
                if forward { (table.earlier, table.later_of(row)) } else { (table.later, table.earlier_of(row)) };
            if table.is_unsure(from, row) {
                return None;
            }
            if let [only] = edges {
                *next.entry(only.to).or_default() += weight;
                continue;
            }
            let share = |to: u32| {
                let (earlier, later) = if forward { (row, to) } else { (to, row) };
                let words = table.words(earlier, later)?;
                if forward { words.share_of_earlier } else { words.share_of_later }
            };
            let mut told = 0.0;
            for edge in edges {
                if let Some(share) = share(edge.to) {
                    told += share.get();
                    *next.entry(edge.to).or_default() += weight * share.get();
                }
            }
            if told < 1.0 - UNTOLD {
                return None;
            }
        }
        here = next;
    }
    Some(here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::{LinkWords, Share};
    use crate::domain::testing::{at, day, invented_facts, with_list};

    /// In E2 10 became 10 (a quarter) and 20; in E3 10 became 11 (four fifths) and 12. The list has 11 and 20 of E3, and
    /// 30 in part.
    fn catalogue(weighed: bool) -> Catalogue {
        let editions = ["10 30", "10 20 30", "11 12 20 30"];
        let mut facts = invented_facts(&editions, &["10>10~ 10>20~ 30>30", "10>11~ 10>12~ 20>20 30>30"]);
        for (earlier, later, share) in [("10", "10", 0.25), ("10", "20", 0.75), ("10", "11", 0.8), ("10", "12", 0.2)] {
            let link = facts.links.iter_mut().find(|link| link.earlier_code == earlier && link.later_code == later);
            let share_of_earlier = Share::new(share).filter(|_| weighed);
            link.unwrap().words = Some(Box::new(LinkWords { share_of_earlier, ..LinkWords::default() }));
        }
        Catalogue::build(1, with_list(facts, "E3", "11 20 30~")).unwrap()
    }

    fn estimated(catalogue: &Catalogue, edition: &str, code: &str) -> Option<f64> {
        estimate(catalogue, &catalogue.lists[0], at(catalogue, edition, code), day("2020-01-01"))
    }

    #[test]
    fn weights_are_multiplied_along_the_way_and_added_over_what_is_on_the_list() {
        let catalogue = catalogue(true);
        // A quarter of it is in 10, of which four fifths are on the list; three quarters are in 20, which is.
        assert!((estimated(&catalogue, "E1", "10").unwrap() - 0.95).abs() < 1e-9);
        assert!((estimated(&catalogue, "E2", "10").unwrap() - 0.8).abs() < 1e-9);
        assert_eq!(estimated(&catalogue, "E3", "11"), Some(1.0));
        assert_eq!(estimated(&catalogue, "E3", "12"), Some(0.0));
    }

    #[test]
    fn what_is_wholly_on_the_list_needs_no_weight_of_a_part_of_it_that_stands_beside() {
        let mut facts = invented_facts(&["10", "10 20"], &["10>10~ 10>20~"]);
        for (link, share) in facts.links.iter_mut().zip([0.25, 0.75]) {
            let share_of_earlier = Share::new(share);
            link.words = Some(Box::new(LinkWords { share_of_earlier, ..LinkWords::default() }));
        }
        let mut facts = with_list(facts, "E2", "20~");
        let whole = crate::domain::testing::entry("list", "E2", "20");
        facts.entries.push(crate::domain::EntryFact { id: "20-whole".to_owned(), ..whole });
        assert_eq!(estimated(&Catalogue::build(1, facts).unwrap(), "E1", "10"), Some(0.75));
    }

    #[test]
    fn nothing_is_estimated_without_weights_or_from_a_part_of_unknown_size() {
        assert_eq!(estimated(&catalogue(false), "E1", "10"), None);
        assert_eq!(estimated(&catalogue(true), "E1", "30"), None);
    }
}
