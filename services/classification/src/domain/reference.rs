//! A reference classification built from several green lists by rules, as a statistical authority would draft its
//! classification of green trade: a code is taken when the lists that hold it weigh enough together.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::catalogue::{Catalogue, Position};
use super::combine::why;
use super::list_difference::OnDay;
use super::project::{Coverage, Covered, Projected, cover};

/// The rules.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The weights of the lists that hold a code must reach this.
    pub(crate) threshold: f64,
    /// Codes that lists hold a part of count too, marked *ex*.
    pub(crate) include_widened: bool,
    /// Taken in any case.
    pub(crate) always: Vec<Position>,
    /// Left out in any case.
    pub(crate) never: Vec<Position>,
}

/// One row of a reference classification.
#[derive(Clone, Debug)]
pub(crate) struct ReferenceRow {
    pub(crate) code: Position,
    /// Only a part of it is meant.
    pub(crate) ex: bool,
    /// The weights of the lists that count.
    pub(crate) weight: f64,
    /// Indices of the lists that hold goods of it.
    pub(crate) lists: Vec<usize>,
    pub(crate) findings: Vec<Finding>,
}

/// A draft, and the entries that are in no row of it because no code of the edition is known for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft<'a> {
    pub(crate) rows: Vec<ReferenceRow>,
    /// With the index of their list.
    pub(crate) unknown: Vec<(usize, Projected<'a>)>,
}

/// Drafts a reference classification. Links that are held back are.
pub(crate) fn build_reference<'a>(
    catalogue: &'a Catalogue,
    lists: &[(OnDay<'a>, f64)],
    edition: usize,
    rules: &Rules,
) -> Draft<'a> {
    let covered: Vec<Covered<'a>> =
        lists.iter().map(|((list, on), _)| cover(catalogue, list, *on, edition, false)).collect();
    let leaves = |codes: &[Position]| -> BTreeSet<Position> {
        let at = |code: &Position| catalogue.leaves(*code).map(|row| Position { edition, row }).collect::<Vec<_>>();
        codes.iter().flat_map(at).collect()
    };
    let (always, never) = (leaves(&rules.always), leaves(&rules.never));
    let mut by_code: BTreeMap<Position, Vec<(usize, &Coverage<'a>)>> = BTreeMap::new();
    for (index, list) in covered.iter().enumerate() {
        for (code, held) in &list.codes {
            by_code.entry(*code).or_default().push((index, held));
        }
    }
    for code in &always {
        by_code.entry(*code).or_default();
    }
    let mut draft = Draft::default();
    for (code, holding) in by_code.into_iter().filter(|(code, _)| !never.contains(code)) {
        let weigh = |parts: bool| -> f64 {
            let counting = holding.iter().filter(|(_, held)| held.whole || parts);
            // Not `sum`, which is -0 for nothing.
            counting.fold(0.0, |all, (index, _)| all + lists[*index].1)
        };
        let (whole, all) = (weigh(false), weigh(rules.include_widened));
        let forced = always.contains(&code);
        if !forced && all < rules.threshold {
            continue;
        }
        let digits = &catalogue.code(code).fact.code;
        let mut findings = Vec::new();
        if forced {
            let message = format!("{digits} is taken in any case.");
            findings.push(Finding::new("always", message).with("code", digits));
        }
        if all >= rules.threshold {
            let message = format!("The lists that hold {digits} weigh {all} together, at least {}.", rules.threshold);
            findings.push(Finding::new("threshold_reached", message).with("weight", all));
        }
        findings.extend(holding.iter().map(|(index, held)| why(catalogue, lists[*index].0, code, held)));
        draft.rows.push(ReferenceRow {
            code,
            ex: !forced && whole < rules.threshold,
            weight: all,
            lists: holding.iter().map(|(index, _)| *index).collect(),
            findings,
        });
    }
    for (index, list) in covered.into_iter().enumerate() {
        draft.unknown.extend(list.unknown.into_iter().map(|row| (index, row)));
    }
    draft
}

#[cfg(test)]
mod tests;
