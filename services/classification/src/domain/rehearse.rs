//! What an edition to come makes of a code.

use std::collections::BTreeSet;

use super::Finding;
use super::catalogue::{Catalogue, Position};
use super::translate::{Translation, translate};

/// The finding that goods below a code have no successor.
pub(crate) const VANISHED_BELOW: &str = "vanished_below";
/// Codes named that vanish.
const NAMED: usize = 20;

/// Translates a code to an edition to come, and says first which codes under it vanish: the relation of a heading is that of
/// the codes under it which do not.
pub(crate) fn rehearse(catalogue: &Catalogue, at: Position, edition: usize, held: bool) -> Translation {
    let mut translation = translate(catalogue, at, edition, held);
    let below = !translation.targets.is_empty() && !catalogue.code(at).children.is_empty();
    let vanished = if below { vanished(catalogue, at, edition, held) } else { Vec::new() };
    if !vanished.is_empty() {
        let digits: Vec<&str> = vanished.iter().take(NAMED).map(|at| catalogue.code(*at).fact.code.as_str()).collect();
        let more = match vanished.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let target = &catalogue.editions[edition].fact.id;
        let message = format!("No code of {target} is known to hold the goods of {}{more}.", digits.join(", "));
        let finding = Finding::new(VANISHED_BELOW, message).with("codes", digits.join(","));
        translation.findings.insert(0, finding.with("count", vanished.len()));
    }
    translation
}

/// The codes under one, without any below them, from which no link leads to an edition, and all of whose links are known.
fn vanished(catalogue: &Catalogue, source: Position, edition: usize, held: bool) -> Vec<Position> {
    let Some(way) = catalogue.way(source.edition, edition) else { return Vec::new() };
    let leaves = catalogue.leaves(source).map(|row| Position { row, ..source });
    let vanishes = |leaf: &Position| {
        let alone = BTreeSet::from([leaf.row]);
        let unsure = way.is_unsure(catalogue, *leaf, &alone);
        let reached = way.forth(catalogue, alone, held);
        reached.rows.is_empty() && !reached.held_back && !reached.partial && !unsure
    };
    leaves.filter(vanishes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::{at, invented_facts, with_whole_tables};

    #[test]
    fn what_vanishes_under_a_heading_is_said_beside_what_becomes_of_the_rest() {
        let editions = ["01 0101 010110 010120 010130 0102 010210", "01 0101 010110 010111", "01 0101 010110"];
        let links = ["010110>010110 010110>010111 010120>010111!", "010110>010110"];
        let catalogue = Catalogue::build(1, with_whole_tables(invented_facts(&editions, &links))).unwrap();
        let found = |code: &str, edition: &str, held: bool| {
            let edition = catalogue.edition(edition).unwrap();
            let translation = rehearse(&catalogue, at(&catalogue, "E1", code), edition, held);
            let first = translation.findings.into_iter().find(|finding| finding.code == VANISHED_BELOW);
            first.map(|finding| (finding.message, finding.parameters))
        };
        let told = |edition: &str, codes: &str, count: &str| {
            let message = format!("No code of {edition} is known to hold the goods of {}.", codes.replace(',', ", "));
            Some((message, vec![("codes", codes.to_owned()), ("count", count.to_owned())]))
        };
        // The link that is held back leads somewhere.
        assert_eq!(found("0101", "E2", false), told("E2", "010130", "1"));
        assert_eq!(found("01", "E2", true), told("E2", "010130,010210", "2"));
        // By way of an edition in which it vanishes.
        assert_eq!(found("0101", "E3", true), told("E3", "010120,010130", "2"));
        assert_eq!(found("0102", "E2", false), None, "nothing of it is left: that is its relation");
        assert_eq!(found("010110", "E2", false), None);
        assert_eq!(found("01", "E1", false), None);
    }
}
