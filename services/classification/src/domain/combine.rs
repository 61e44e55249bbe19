//! Union, intersection and difference of green lists, code by code, in one edition.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::catalogue::{Catalogue, Position};
use super::facts::EntryFact;
use super::list_difference::OnDay;
use super::project::{Coverage, Covered, Projected, ProjectionClass, cover, cover_some};

/// What to do with lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListOperation {
    /// On any of them.
    Union,
    /// On all of them.
    Intersection,
    /// On the first and on none of the others.
    Difference,
}

/// One code of a combination.
#[derive(Clone, Debug)]
pub(crate) struct Combined {
    pub(crate) code: Position,
    /// Only a part of it is certain.
    pub(crate) ex: bool,
    /// Indices of the lists that hold goods of it.
    pub(crate) lists: Vec<usize>,
    pub(crate) findings: Vec<Finding>,
}

/// A combination, and the entries that are in no row of it because no code of the edition is known for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Combination<'a> {
    pub(crate) rows: Vec<Combined>,
    /// With the index of their list.
    pub(crate) unknown: Vec<(usize, Projected<'a>)>,
}

/// Combines lists. Links that are held back are.
pub(crate) fn combine<'a>(
    catalogue: &'a Catalogue,
    operation: ListOperation,
    lists: &[OnDay<'a>],
    edition: usize,
) -> Combination<'a> {
    let mut covered: Vec<Covered<'a>> =
        lists.iter().map(|(list, on)| cover(catalogue, list, *on, edition, false)).collect();
    if let (ListOperation::Difference, Some(first)) = (operation, covered.first_mut()) {
        *first = cover_some(catalogue, lists[0].0, remaining(catalogue, lists), edition, false);
    }
    let codes: BTreeSet<Position> = match operation {
        ListOperation::Union => covered.iter().flat_map(|list| list.codes.keys()).copied().collect(),
        ListOperation::Intersection | ListOperation::Difference => {
            covered.first().map(|list| list.codes.keys().copied().collect()).unwrap_or_default()
        }
    };
    let mut combination = Combination::default();
    for code in codes {
        let holding: Vec<(usize, &Coverage<'a>)> =
            covered.iter().enumerate().filter_map(|(index, list)| Some((index, list.codes.get(&code)?))).collect();
        if let Some(ex) = part(operation, lists.len(), &holding) {
            combination.rows.push(Combined {
                code,
                ex,
                lists: holding.iter().map(|(index, _)| *index).collect(),
                findings: holding.iter().map(|(index, held)| why(catalogue, lists[*index], code, held)).collect(),
            });
        }
    }
    for (index, list) in covered.into_iter().enumerate() {
        combination.unknown.extend(list.unknown.into_iter().map(|row| (index, row)));
    }
    combination
}

/// The entries of the first list of which the others leave anything, in the edition that each is written in: what is
/// taken away there must not come back as a part because a later edition merged it with other goods.
fn remaining<'a>(catalogue: &'a Catalogue, lists: &[OnDay<'a>]) -> Vec<&'a EntryFact> {
    let Some(((first, on), others)) = lists.split_first() else { return Vec::new() };
    let mut by_edition: BTreeMap<usize, Vec<Covered<'a>>> = BTreeMap::new();
    let mut taken = |entry: &EntryFact| {
        let Some(edition) = catalogue.edition(&entry.edition) else { return false };
        let Some(at) = catalogue.find(edition, &entry.code) else { return false };
        let others = by_edition
            .entry(edition)
            .or_insert_with(|| others.iter().map(|(list, on)| cover(catalogue, list, *on, edition, false)).collect());
        let held = |leaf: u32| {
            let leaf = Position { edition, row: leaf };
            others.iter().any(|other| other.codes.get(&leaf).is_some_and(|held| held.whole))
        };
        catalogue.leaves(at).all(held)
    };
    first.entries_on(*on).filter(|entry| !taken(entry)).collect()
}

/// Whether a code is in the combination, and if so, whether only a part of it is.
fn part(operation: ListOperation, lists: usize, holding: &[(usize, &Coverage<'_>)]) -> Option<bool> {
    let whole = |(_, held): &(usize, &Coverage<'_>)| held.whole;
    match operation {
        ListOperation::Union => Some(!holding.iter().any(whole)),
        ListOperation::Intersection => (holding.len() == lists).then(|| !holding.iter().all(whole)),
        ListOperation::Difference => {
            let (first, others) = holding.split_first()?;
            // What another list holds wholly is gone; what it holds in part leaves a part.
            (!others.iter().any(whole)).then_some(!first.1.whole || !others.is_empty())
        }
    }
}

/// What a list holds of a code, and why: `exact`, `widened` or `part_only`.
pub(crate) fn why(catalogue: &Catalogue, (list, _): OnDay<'_>, code: Position, held: &Coverage<'_>) -> Finding {
    let digits = &catalogue.code(code).fact.code;
    let id = &list.fact.id;
    let entries: BTreeSet<String> =
        held.rows.iter().map(|row| format!("{}:{}", row.entry.edition, row.entry.code)).collect();
    let widened = held.rows.iter().all(|row| row.class == ProjectionClass::Widened);
    let (name, message) = match (held.whole, widened) {
        (true, _) => ("exact", format!("All goods of {digits} are on {id}.")),
        (false, true) => ("widened", format!("{digits} holds goods too that are not on {id}.")),
        (false, false) => ("part_only", format!("A part of {digits} is on {id}.")),
    };
    let entries: Vec<String> = entries.into_iter().collect();
    Finding::new(name, message).with("list", id).with("entries", entries.join(" "))
}

#[cfg(test)]
mod tests;
