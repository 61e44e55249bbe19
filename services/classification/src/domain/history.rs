//! The life of a code over the successive editions of its system.

use std::collections::BTreeSet;

use super::catalogue::{Catalogue, Position};
use super::translate::{Method, Relation, translate};
use super::words::fold;

/// What happened to a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Its digits became a code.
    Created,
    /// Its digits ceased to be one.
    Deleted,
    /// It holds other goods than before.
    ScopeChanged,
    /// It holds the same goods, in other words.
    Redescribed,
}

/// One step in the life of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) event: Event,
    /// Index of the edition in which it took effect.
    pub(crate) edition: usize,
    /// The codes it came from or went to. None where no table says.
    pub(crate) related: Vec<Position>,
}

/// The steps in the life of a code's digits, oldest first.
///
/// Each edition is held against the one before it and no other: a table that leaps over editions says that something
/// changed, not when. That digits came or went is known from the nomenclatures alone, unless one of them is held in part;
/// what became of the goods is said only where all links of the code are known, and where the table says anything of it: a
/// published table is silent about what statisticians classify nowhere (`999999`). A chapter or heading is the goods of
/// the codes below it.
pub(crate) fn history(catalogue: &Catalogue, of: Position) -> Vec<Step> {
    let digits = catalogue.code(of).fact.code.as_str();
    let system = &catalogue.editions[of.edition].fact.system;
    // They are kept oldest first.
    let editions: Vec<usize> =
        (0..catalogue.editions.len()).filter(|edition| catalogue.editions[*edition].fact.system == *system).collect();
    editions.windows(2).filter_map(|pair| step(catalogue, digits, pair[0], pair[1])).collect()
}

/// What happened to some digits between an edition and the next.
fn step(catalogue: &Catalogue, digits: &str, earlier: usize, later: usize) -> Option<Step> {
    let partial = |edition: usize| catalogue.editions[edition].fact.partial;
    let (event, related) = match (catalogue.find(earlier, digits), catalogue.find(later, digits)) {
        (None, None) => return None,
        (None, Some(after)) => {
            let from = became(catalogue, after, earlier, None);
            if partial(earlier) && from.is_none() {
                return None;
            }
            (Event::Created, from)
        }
        (Some(before), None) => {
            let to = became(catalogue, before, later, None);
            if partial(later) && to.is_none() {
                return None;
            }
            (Event::Deleted, to)
        }
        (Some(before), Some(after)) => {
            let to = became(catalogue, before, later, Some(after))?;
            match to.all_in_same {
                false => (Event::ScopeChanged, Some(to)),
                true if reworded(catalogue, before, after) => (Event::Redescribed, Some(to)),
                true => return None,
            }
        }
    };
    Some(Step { event, edition: later, related: related.map(|became| became.related).unwrap_or_default() })
}

/// What a code became, or came from.
struct Became {
    /// Codes of its own rung.
    related: Vec<Position>,
    /// All its goods are in the one code that it is held against, and no others.
    all_in_same: bool,
}

/// None where no table between the two editions says, or not all links are known.
fn became(catalogue: &Catalogue, from: Position, to: usize, same: Option<Position>) -> Option<Became> {
    let is_group = |at: Position| !catalogue.code(at).children.is_empty();
    if is_group(from) || same.is_some_and(is_group) {
        return group_became(catalogue, from, to, same);
    }
    if same.is_some_and(|same| is_silent(catalogue, from, same)) {
        return None;
    }
    let found = translate(catalogue, from, to, false);
    (found.method == Method::Direct && !found.incomplete).then(|| Became {
        all_in_same: found.relation == Relation::Exact && found.targets.iter().all(|target| target.same_digits),
        related: found.targets.iter().map(|target| target.at).collect(),
    })
}

/// Whether the table between their editions names neither of two codes.
fn is_silent(catalogue: &Catalogue, one: Position, other: Position) -> bool {
    let named = |at: Position, table: usize| catalogue.tables[table].links(at.edition, at.row);
    let way = catalogue.way(one.edition, other.edition);
    way.is_some_and(|way| way.steps().all(|(table, _)| !named(one, table) && !named(other, table)))
}

fn group_became(catalogue: &Catalogue, from: Position, to: usize, same: Option<Position>) -> Option<Became> {
    let way = catalogue.way(from.edition, to).filter(|way| way.steps().count() == 1)?;
    let mut ones: BTreeSet<u32> = catalogue.leaves(from).collect();
    if way.is_unsure(catalogue, from, &ones) {
        return None;
    }
    let forth = way.forth(catalogue, ones.clone(), false);
    let all_in_same = match same {
        None => false,
        Some(same) => {
            let mut others: BTreeSet<u32> = catalogue.leaves(same).collect();
            if way.is_unsure_from_end(catalogue, same, &others) {
                return None;
            }
            let back = way.back(catalogue, others.clone(), false);
            let silent = silent(catalogue, from, same);
            for (one, other) in &silent {
                ones.remove(one);
                others.remove(other);
            }
            let all_in_same = forth.rows == others && back.rows == ones && !forth.ex && !back.ex;
            // Of the rest it is not known.
            if all_in_same && !silent.is_empty() {
                return None;
            }
            all_in_same
        }
    };
    let level = catalogue.code(from).level;
    let of_its_rung = |row: u32| {
        let at = Position { edition: to, row };
        let mut above = std::iter::once(at).chain(catalogue.ancestors(at));
        above.find(|at| catalogue.code(*at).level == level).unwrap_or(at)
    };
    let related: BTreeSet<Position> = forth.rows.iter().copied().map(of_its_rung).collect();
    Some(Became { related: related.into_iter().collect(), all_in_same })
}

/// The rows below two codes of the same digits of which the table between their editions is silent.
fn silent(catalogue: &Catalogue, one: Position, other: Position) -> Vec<(u32, u32)> {
    let pair = |row: u32| {
        let here = Position { edition: one.edition, row };
        let there = catalogue.find(other.edition, &catalogue.code(here).fact.code)?;
        is_silent(catalogue, here, there).then_some((row, there.row))
    };
    catalogue.leaves(one).filter_map(pair).collect()
}

/// Whether two codes are described by other words in a language that both are described in.
fn reworded(catalogue: &Catalogue, before: Position, after: Position) -> bool {
    let (before, after) = (&catalogue.code(before).fact.descriptions, &catalogue.code(after).fact.descriptions);
    let pairs = before.iter().flat_map(|one| after.iter().map(move |other| (one, other)));
    let mut same_language = pairs.filter(|(one, other)| one.0 == other.0);
    same_language.any(|(one, other)| fold(&one.1) != fold(&other.1))
}
