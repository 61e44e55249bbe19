//! What becomes of a green list in another edition.
//!
//! A list is a set of goods written as codes. In another edition a code may hold less than an entry, or more: each row
//! says which, so that nobody takes a whole code for green of which the list never meant more than a part.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Finding;
use super::catalogue::{Catalogue, ListData, Position};
use super::facts::EntryFact;
use super::translate::{Lie, Way, Within, translate};

/// What became of an entry in another edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ProjectionClass {
    /// The code holds just what the list holds.
    Exact,
    /// It holds goods too that are not on the list.
    Widened,
    /// It holds a part of the entry, or the entry was of a part already.
    PartOnly,
    /// No link is known, or only links that are held back.
    Unknown,
}

/// One row of a projected list.
#[derive(Clone, Debug)]
pub(crate) struct Projected<'a> {
    pub(crate) entry: &'a EntryFact,
    /// The code. None when none is known.
    pub(crate) target: Option<Position>,
    pub(crate) class: ProjectionClass,
    /// All goods of the code are on the list.
    pub(crate) whole: bool,
    /// The link is one of those held back by default.
    pub(crate) held_back: bool,
    pub(crate) findings: Vec<Finding>,
}

/// Projects the entries of a list that are in force on a day to an edition, in the order of the entries.
pub(crate) fn project<'a>(
    catalogue: &'a Catalogue,
    list: &'a ListData,
    on: NaiveDate,
    edition: usize,
    held: bool,
) -> Vec<Projected<'a>> {
    project_some(catalogue, list, list.entries_on(on).collect(), edition, held)
}

/// The same of some entries of the list, as if it had no others.
fn project_some<'a>(
    catalogue: &'a Catalogue,
    list: &'a ListData,
    entries: Vec<&'a EntryFact>,
    edition: usize,
    held: bool,
) -> Vec<Projected<'a>> {
    let whole = whole(catalogue, list, &entries);
    let mut goods = Goods::of(catalogue, &whole, edition, held);
    let mut rows = Vec::new();
    for entry in entries {
        let before = rows.len();
        let source = catalogue.edition(&entry.edition).and_then(|edition| catalogue.find(edition, &entry.code));
        match source {
            Some(source) => project_entry(catalogue, list, &mut goods, (entry, source), edition, held, &mut rows),
            None => {
                let message = format!("{} has no code {}.", entry.edition, entry.code);
                rows.push(unknown(entry, vec![Finding::new("code_unknown", message).with("code", &entry.code)]));
            }
        }
        debug_assert!(rows.len() > before, "an entry is never passed over in silence");
    }
    rows
}

/// The goods that a list holds wholly, as rows without codes below them, by edition.
fn whole(catalogue: &Catalogue, list: &ListData, entries: &[&EntryFact]) -> BTreeMap<usize, BTreeSet<u32>> {
    let mut goods: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !list.part_only(entry)) {
        let Some(edition) = catalogue.edition(&entry.edition) else { continue };
        let Some(at) = catalogue.find(edition, &entry.code) else { continue };
        goods.entry(edition).or_default().extend(catalogue.leaves(at));
    }
    goods
}

/// Whether codes of an edition are of them.
struct Goods<'c> {
    catalogue: &'c Catalogue,
    held: bool,
    /// One for each edition that the list is written in; and the same by the links that are held back too, where those do
    /// not count.
    within: Vec<(&'c Way, Within<'c>, Option<Within<'c>>)>,
}

impl<'c> Goods<'c> {
    fn of(catalogue: &'c Catalogue, whole: &'c BTreeMap<usize, BTreeSet<u32>>, edition: usize, held: bool) -> Self {
        let within = whole.iter().filter_map(|(from, rows)| {
            let way = catalogue.way(*from, edition)?;
            let with_held = (!held).then(|| Within::new(catalogue, way, rows, true));
            Some((way, Within::new(catalogue, way, rows, held), with_held))
        });
        Self { catalogue, held, within: within.collect() }
    }

    /// Whether all goods of a code are among them, by the tables.
    fn hold(&mut self, target: Position) -> bool {
        let (catalogue, held) = (self.catalogue, self.held);
        self.within.iter_mut().any(|(way, within, with_held)| {
            // Of links that are held back not all may be known.
            if held && way.is_unsure_at_end(catalogue, target.row) {
                return false;
            }
            let lies: Vec<Lie> = catalogue.leaves(target).map(|row| within.of(row)).collect();
            let mut beyond = || with_held.as_mut().is_some_and(|within| reaches_beyond(catalogue, within, target));
            lies.contains(&Lie::Within) && !lies.contains(&Lie::Beyond) && !beyond()
        })
    }
}

/// Whether any goods of a code are elsewhere.
fn reaches_beyond(catalogue: &Catalogue, within: &mut Within<'_>, target: Position) -> bool {
    catalogue.leaves(target).any(|row| within.of(row) == Lie::Beyond)
}

fn project_entry<'a>(
    catalogue: &'a Catalogue,
    list: &ListData,
    goods: &mut Goods<'_>,
    (entry, source): (&'a EntryFact, Position),
    edition: usize,
    held: bool,
    rows: &mut Vec<Projected<'a>>,
) {
    let translation = translate(catalogue, source, edition, held);
    let mut findings = translation.findings.clone();
    findings.retain(|finding| finding.code != "aggregate" && finding.code != "same_digits_changed_scope");
    if translation.targets.is_empty() {
        if !translation.path.is_empty() && translation.held_back.is_empty() {
            let message = format!("No code of the edition is known to hold the goods of {}.", entry.code);
            findings.push(Finding::new("no_target", message).with("code", &entry.code));
        }
        let only_held = !translation.held_back.is_empty();
        rows.push(Projected { held_back: only_held, ..unknown(entry, findings) });
        return;
    }
    let part = list.part_only(entry);
    let leaves: BTreeSet<u32> = catalogue.leaves(source).collect();
    let way = catalogue.way(source.edition, edition).filter(|_| !held);
    let mut with_held = way.map(|way| Within::new(catalogue, way, &leaves, true));
    for target in &translation.targets {
        let listed = !part && goods.hold(target.at);
        // By links that are held back others may have come into it, and nothing says how many.
        let others = with_held.as_mut().is_some_and(|within| reaches_beyond(catalogue, within, target.at));
        let widened = (target.target_part || others) && !listed;
        let mut findings = findings.clone();
        if widened && !target.target_part && findings.iter().all(|finding| finding.code != "links_held_back") {
            let message = "By links that say next to nothing the code holds goods of others too.";
            findings.push(Finding::new("links_held_back", message));
        }
        let class = match (widened, part || target.source_part || translation.incomplete) {
            (true, _) => ProjectionClass::Widened,
            (false, true) => ProjectionClass::PartOnly,
            (false, false) => ProjectionClass::Exact,
        };
        rows.push(Projected {
            entry,
            target: Some(target.at),
            class,
            whole: listed,
            held_back: target.held_back,
            findings,
        });
    }
}

fn unknown(entry: &EntryFact, findings: Vec<Finding>) -> Projected<'_> {
    let class = ProjectionClass::Unknown;
    Projected { entry, target: None, class, whole: false, held_back: false, findings }
}

/// How much of a code a list holds, and by which rows of its projection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage<'a> {
    /// All goods of the code are on the list.
    pub(crate) whole: bool,
    pub(crate) rows: Vec<Projected<'a>>,
}

/// A list in an edition, code by code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Covered<'a> {
    /// By code without codes below it.
    pub(crate) codes: BTreeMap<Position, Coverage<'a>>,
    /// Entries of which no code of the edition is known.
    pub(crate) unknown: Vec<Projected<'a>>,
}

/// What a list holds of each code of an edition.
pub(crate) fn cover<'a>(
    catalogue: &'a Catalogue,
    list: &'a ListData,
    on: NaiveDate,
    edition: usize,
    held: bool,
) -> Covered<'a> {
    cover_some(catalogue, list, list.entries_on(on).collect(), edition, held)
}

/// The same of some entries of the list, as if it had no others.
pub(crate) fn cover_some<'a>(
    catalogue: &'a Catalogue,
    list: &'a ListData,
    entries: Vec<&'a EntryFact>,
    edition: usize,
    held: bool,
) -> Covered<'a> {
    let mut covered = Covered::default();
    for row in project_some(catalogue, list, entries, edition, held) {
        let Some(target) = row.target else {
            covered.unknown.push(row);
            continue;
        };
        for leaf in catalogue.leaves(target) {
            let coverage = covered.codes.entry(Position { edition, row: leaf }).or_default();
            coverage.whole |= row.whole;
            coverage.rows.push(row.clone());
        }
    }
    covered
}

#[cfg(test)]
mod tests;
