//! Whether two codes can be the same goods.

use std::collections::BTreeSet;

use super::Finding;
use super::catalogue::{Catalogue, Position};
use super::resolve::Unresolved;
use super::translate::{Reached, Way, is_group_in_part};

/// How the goods of two codes lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    Same,
    FirstContainsSecond,
    SecondContainsFirst,
    MayOverlap,
    Different,
    Undetermined,
}

/// The short answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameGoods {
    Yes,
    No,
    Undetermined,
}

impl Likeness {
    /// Whether the goods can be the same.
    pub(crate) fn same_goods(self) -> SameGoods {
        match self {
            Self::Same | Self::FirstContainsSecond | Self::SecondContainsFirst | Self::MayOverlap => SameGoods::Yes,
            Self::Different => SameGoods::No,
            Self::Undetermined => SameGoods::Undetermined,
        }
    }
}

/// The answer with its reasons, the deciding one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) likeness: Likeness,
    pub(crate) findings: Vec<Finding>,
}

impl Comparison {
    /// The answer when one of the codes is not there.
    pub(crate) fn unknown(why: &Unresolved) -> Self {
        let code = match why {
            Unresolved::UnknownEdition { .. } => "edition_unknown",
            Unresolved::WrongLength { .. } | Unresolved::UnknownCode { .. } => "code_unknown",
        };
        let mut message = why.to_string();
        message.push('.');
        undetermined(Finding::new(code, message))
    }
}

/// Compares two codes.
pub(crate) fn compare(catalogue: &Catalogue, first: Position, second: Position) -> Comparison {
    if first.edition == second.edition {
        return within_edition(catalogue, first, second);
    }
    let Some(way) = catalogue.way(first.edition, second.edition) else {
        let message = "No table leads from the one edition to the other.";
        return undetermined(Finding::new("no_correlation", message));
    };
    across_editions(catalogue, first, second, way)
}

fn within_edition(catalogue: &Catalogue, first: Position, second: Position) -> Comparison {
    let (one, other) = (&catalogue.code(first).fact.code, &catalogue.code(second).fact.code);
    let under = |below: Position, above: Position| catalogue.ancestors(below).any(|at| at == above);
    let above = |above: &str, below: &str| {
        Finding::new("one_above_the_other", format!("{below} lies under {above}."))
            .with("above", above)
            .with("below", below)
    };
    let (likeness, finding) = if first == second {
        (Likeness::Same, Finding::new("same_code", format!("Both are {one} of the same edition.")).with("code", one))
    } else if under(second, first) {
        (Likeness::FirstContainsSecond, above(one, other))
    } else if under(first, second) {
        (Likeness::SecondContainsFirst, above(other, one))
    } else {
        let message = format!("{one} and {other} are two codes of one edition: no goods are in both.");
        (Likeness::Different, Finding::new("no_common_goods", message))
    };
    Comparison { likeness, findings: vec![finding] }
}

fn across_editions(catalogue: &Catalogue, first: Position, second: Position, way: &Way) -> Comparison {
    let ones: BTreeSet<u32> = catalogue.leaves(first).collect();
    let others: BTreeSet<u32> = catalogue.leaves(second).collect();
    let forth = way.forth(catalogue, ones.clone(), false);
    let back = way.back(catalogue, others.clone(), false);
    let mut findings = Vec::new();
    if way.path.len() > 2 {
        let message = "There is no table between the two editions: several were put together, which may link too much.";
        findings.push(Finding::new("composed", message));
        findings.extend(way.through_coarser(catalogue));
    }
    let (one, other) = (&catalogue.code(first).fact.code, &catalogue.code(second).fact.code);
    if forth.rows.is_disjoint(&others) {
        let ends = way.may_lack_links(catalogue, (first, &ones), (second, &others));
        let incomplete = ends || forth.partial || back.partial;
        return no_link(catalogue, first, way, &ones, &others, incomplete, findings);
    }
    let unsure_first = way.is_unsure(catalogue, first, &ones) || forth.partial || forth.lines;
    let unsure_second = way.is_unsure_from_end(catalogue, second, &others) || back.partial || back.lines;
    // By way of a coarser code all lines below it are linked: that some links lead elsewhere says nothing.
    let coarser = way.coarser(catalogue).is_some();
    let told = |within: &bool| *within || !coarser;
    let inside = lies_within(&forth, &others, unsure_first, is_group_in_part(catalogue, second)).filter(told);
    let outside = lies_within(&back, &ones, unsure_second, is_group_in_part(catalogue, first)).filter(told);
    let likeness = match (inside, outside) {
        (Some(true), Some(true)) => Likeness::Same,
        (Some(true), _) => Likeness::SecondContainsFirst,
        (_, Some(true)) => Likeness::FirstContainsSecond,
        _ => Likeness::MayOverlap,
    };
    let words = match (inside, outside) {
        (Some(true), Some(true)) => "hold the same goods",
        (Some(true), Some(false)) => "stand so that all goods of the first are in the second, with others",
        (Some(true), None) => "stand so that all goods of the first are in the second",
        (Some(false), Some(true)) => "stand so that all goods of the second are in the first, with others",
        (None, Some(true)) => "stand so that all goods of the second are in the first",
        (Some(false), Some(false)) => "have goods in common, and others",
        (None, None) if coarser => "may have goods in common",
        (None, _) | (_, None) => "have goods in common",
    };
    let names = |edition: usize| catalogue.editions[edition].fact.id.as_str();
    let message = format!(
        "By the correlation, {one} of {} and {other} of {} {words}.",
        names(first.edition),
        names(second.edition)
    );
    let mut decided = vec![Finding::new("correlation", message).with("first", one).with("second", other)];
    if one == other && [inside, outside].contains(&Some(false)) {
        let message = format!("{one} exists in both editions and does not hold the same goods.");
        decided.push(Finding::new("same_digits_changed_scope", message).with("code", one));
    }
    if unsure_first || unsure_second {
        decided.push(links_incomplete());
    }
    // Of what is said to lie within the other code, links that are held back may say otherwise.
    let beyond = |plain: &Reached, all: &dyn Fn() -> Reached| {
        if plain.held_back { all().rows.difference(&plain.rows).count() } else { 0 }
    };
    let mut held = 0;
    if matches!(likeness, Likeness::Same | Likeness::SecondContainsFirst) {
        held += beyond(&forth, &|| way.forth(catalogue, ones.clone(), true));
    }
    if matches!(likeness, Likeness::Same | Likeness::FirstContainsSecond) {
        held += beyond(&back, &|| way.back(catalogue, others.clone(), true));
    }
    if held > 0 {
        let message =
            format!("Links that say next to nothing are held back: they join the two codes to {held} others.");
        decided.push(Finding::new("links_held_back", message).with("count", held));
    }
    decided.append(&mut findings);
    Comparison { likeness, findings: decided }
}

/// Whether all goods of a code, by where its links lead, are in some codes. None where it is not known: not all of its
/// links are, or what is in no line that is known may be in another of a group that is known `in_part`.
fn lies_within(reached: &Reached, codes: &BTreeSet<u32>, unsure: bool, in_part: bool) -> Option<bool> {
    let lost = reached.lost || (reached.lines_lost && !in_part);
    let within = reached.rows.is_subset(codes) && !reached.ex && !lost;
    match (within, unsure) {
        (false, _) => Some(false),
        (true, false) => Some(true),
        (true, true) => None,
    }
}

/// No link that counts joins the two codes.
fn no_link(
    catalogue: &Catalogue,
    first: Position,
    way: &Way,
    ones: &BTreeSet<u32>,
    others: &BTreeSet<u32>,
    incomplete: bool,
    mut findings: Vec<Finding>,
) -> Comparison {
    let held = way.forth(catalogue, ones.clone(), true);
    let decided = if !held.rows.is_disjoint(others) {
        let message = "Only links that say next to nothing join the two codes: they decide nothing.";
        Some(Finding::new("held_back_link_only", message))
    } else if incomplete {
        Some(links_incomplete())
    } else {
        None
    };
    let (likeness, finding) = match decided {
        Some(finding) => (Likeness::Undetermined, finding),
        None => {
            let code = &catalogue.code(first).fact.code;
            let message = format!("No goods of {code} are in the other code.");
            (Likeness::Different, Finding::new("no_common_goods", message))
        }
    };
    findings.insert(0, finding);
    Comparison { likeness, findings }
}

fn links_incomplete() -> Finding {
    Finding::new("links_incomplete", "This catalogue does not hold all links of one of the codes.")
}

fn undetermined(finding: Finding) -> Comparison {
    Comparison { likeness: Likeness::Undetermined, findings: vec![finding] }
}

#[cfg(test)]
mod tests;
