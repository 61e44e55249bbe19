//! What differs between two green lists, or two versions of one, with a change that is only one of edition told apart
//! from a real one.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::catalogue::{Catalogue, ListData, Position};
use super::facts::{EntryFact, Localized};
use super::project::{Coverage, Covered, cover};

/// What kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DifferenceKind {
    /// Only the second list holds goods of the code.
    Added,
    /// Only the first does.
    Removed,
    /// Both do, but not the same part of it.
    ExChanged,
    /// Both hold the same of it, written in another edition or under another code.
    EditionOnly,
    /// An entry of which no code of the edition is known.
    Unknown,
}

/// One difference.
#[derive(Clone, Debug)]
pub(crate) struct Difference<'a> {
    /// The code in the edition of the comparison; none for an entry that has none there.
    pub(crate) code: Option<Position>,
    pub(crate) kind: DifferenceKind,
    pub(crate) first: Option<&'a EntryFact>,
    pub(crate) second: Option<&'a EntryFact>,
}

/// A list on a day.
pub(crate) type OnDay<'a> = (&'a ListData, NaiveDate);

/// The differences in the order of the codes, and the number of codes that both hold alike.
pub(crate) fn difference<'a>(
    catalogue: &'a Catalogue,
    first: OnDay<'a>,
    second: OnDay<'a>,
    edition: usize,
    held: bool,
) -> (Vec<Difference<'a>>, u32) {
    let one = cover(catalogue, first.0, first.1, edition, held);
    let other = cover(catalogue, second.0, second.1, edition, held);
    let mut common = 0;
    let mut differences = Vec::new();
    let codes: BTreeSet<Position> = one.codes.keys().chain(other.codes.keys()).copied().collect();
    for code in codes {
        let (a, b) = (one.codes.get(&code), other.codes.get(&code));
        let kind = match (a, b) {
            (Some(_), None) => DifferenceKind::Removed,
            (Some(a), Some(b)) if !same_part(a, b) => DifferenceKind::ExChanged,
            (Some(a), Some(b)) if written(a) == written(b) => {
                common += 1;
                continue;
            }
            (Some(_), Some(_)) => DifferenceKind::EditionOnly,
            (None, _) => DifferenceKind::Added,
        };
        let entry = |coverage: Option<&Coverage<'a>>| coverage.and_then(|coverage| Some(coverage.rows.first()?.entry));
        differences.push(Difference { code: Some(code), kind, first: entry(a), second: entry(b) });
    }
    common += unknowns(&one, &other, &mut differences);
    (differences, common)
}

/// Whether two lists hold the same of a code: all of it, or the same part in the same words. Where the words are not
/// held here, or only the projection made it a part, no change is known and none is said.
fn same_part(a: &Coverage<'_>, b: &Coverage<'_>) -> bool {
    a.whole == b.whole && (a.whole || parts(a).is_empty() || parts(b).is_empty() || parts(a) == parts(b))
}

fn parts<'c>(coverage: &'c Coverage<'_>) -> BTreeSet<&'c (String, Localized)> {
    coverage.rows.iter().flat_map(|row| &row.entry.ex_descriptions).collect()
}

/// The codes as the list writes them.
fn written<'c>(coverage: &'c Coverage<'_>) -> BTreeSet<(&'c str, &'c str)> {
    coverage.rows.iter().map(|row| (row.entry.edition.as_str(), row.entry.code.as_str())).collect()
}

/// Entries that have no code in the edition: alike when both lists write them alike, and otherwise not to be decided.
fn unknowns<'a>(one: &Covered<'a>, other: &Covered<'a>, differences: &mut Vec<Difference<'a>>) -> u32 {
    let find = |in_it: &Covered<'a>, entry: &EntryFact| {
        let same = |row: &&super::project::Projected<'a>| {
            (&row.entry.edition, &row.entry.code, row.entry.ex) == (&entry.edition, &entry.code, entry.ex)
        };
        in_it.unknown.iter().any(|row| same(&row))
    };
    let mut alike = 0;
    for row in &one.unknown {
        if find(other, row.entry) {
            alike += 1;
        } else {
            let kind = DifferenceKind::Unknown;
            differences.push(Difference { code: None, kind, first: Some(row.entry), second: None });
        }
    }
    for row in other.unknown.iter().filter(|row| !find(one, row.entry)) {
        let kind = DifferenceKind::Unknown;
        differences.push(Difference { code: None, kind, first: None, second: Some(row.entry) });
    }
    alike
}

#[cfg(test)]
mod tests;
