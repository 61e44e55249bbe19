//! What a code became, or came from, in another edition.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::Finding;
use super::catalogue::{Catalogue, Position};

/// How the goods of a code are spread over the codes of another edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// 1:1.
    Exact,
    /// 1:n.
    Split,
    /// n:1.
    Merged,
    /// n:m.
    SplitAndMerged,
    /// 1:0.
    None,
}

/// How a translation was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Same edition.
    SameEdition,
    /// From one published table.
    Direct,
    /// Table after table.
    Composed,
}

/// One code that holds goods of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) at: Position,
    /// Only a part of the source's goods is here.
    pub(crate) source_part: bool,
    /// It holds other goods too.
    pub(crate) target_part: bool,
    /// The digits are the source's.
    pub(crate) same_digits: bool,
    /// Reached only by links that are held back by default.
    pub(crate) held_back: bool,
}

/// What a code became, or came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Translation {
    pub(crate) relation: Relation,
    /// In the order of their digits.
    pub(crate) targets: Vec<Target>,
    pub(crate) method: Method,
    /// Editions passed, source first and target last. Empty when there is no way.
    pub(crate) path: Vec<usize>,
    pub(crate) same_digits_changed_scope: bool,
    /// Targets reached only by links that are held back.
    pub(crate) held_back: Vec<Position>,
    /// Not all links of the code, or of one passed on the way, are known here.
    pub(crate) incomplete: bool,
    /// Not all lines of a code that a target holds are known here: it is taken to hold others.
    pub(crate) others_unknown: bool,
    pub(crate) findings: Vec<Finding>,
}

/// A way between two editions by published tables.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// Index of each table, and whether it is read from its earlier edition to its later one.
    steps: Vec<(usize, bool)>,
    /// Editions passed, first to last.
    pub(crate) path: Vec<usize>,
}

impl Way {
    /// The shortest way; of several, the one by the older editions.
    pub(crate) fn between(catalogue: &Catalogue, from: usize, to: usize) -> Option<Self> {
        let mut queue = VecDeque::from([Self { steps: Vec::new(), path: vec![from] }]);
        let mut seen = BTreeSet::from([from]);
        while let Some(way) = queue.pop_front() {
            let here = way.path.last().copied()?;
            if here == to {
                return Some(way);
            }
            for (index, table) in catalogue.tables.iter().enumerate() {
                let (next, forward) = match here {
                    here if here == table.earlier => (table.later, true),
                    here if here == table.later => (table.earlier, false),
                    _ => continue,
                };
                if seen.insert(next) {
                    let mut longer = way.clone();
                    longer.steps.push((index, forward));
                    longer.path.push(next);
                    queue.push_back(longer);
                }
            }
        }
        None
    }

    /// The edition through whose coarser codes it leads: up from one that extends it, and down to another. All lines below
    /// a code are linked to each other by it, whether or not they hold the same goods.
    pub(crate) fn coarser(&self, catalogue: &Catalogue) -> Option<usize> {
        let extends = |(table, _): &(usize, bool)| catalogue.tables[*table].extension;
        let up = self.steps.iter().position(|step| extends(step) && !step.1)?;
        let down = self.steps.iter().skip(up + 1).any(|step| extends(step) && step.1);
        self.path.get(up + 1).copied().filter(|_| down)
    }

    /// What is to be said of one that leads through coarser codes.
    pub(crate) fn through_coarser(&self, catalogue: &Catalogue) -> Option<Finding> {
        let edition = catalogue.editions[self.coarser(catalogue)?].fact.id.as_str();
        let message = format!(
            "The way leads through the coarser codes of {edition}, so that it may link too much: a table of what changed \
             between the two editions would tell, imported with what it leaves out as unchanged."
        );
        Some(Finding::new("through_coarser", message).with("edition", edition))
    }

    /// Index of each table on it, and whether it is read from its earlier edition to its later one.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.steps.iter().copied()
    }

    /// Whether links of a code at its beginning may be missing: some are known to be, or it is a group of an edition that
    /// is known in part only.
    pub(crate) fn is_unsure(&self, catalogue: &Catalogue, at: Position, leaves: &BTreeSet<u32>) -> bool {
        self.unsure(catalogue, self.steps.first(), at, leaves, true)
    }

    /// The same of a code at its end.
    pub(crate) fn is_unsure_from_end(&self, catalogue: &Catalogue, at: Position, leaves: &BTreeSet<u32>) -> bool {
        self.unsure(catalogue, self.steps.last(), at, leaves, true)
    }

    /// Whether a link between two codes that are there, each with its leaves, may be missing at one of its ends. Lines that
    /// are not known here hide no link of those that are.
    pub(crate) fn may_lack_links(
        &self,
        catalogue: &Catalogue,
        (first, ones): (Position, &BTreeSet<u32>),
        (last, others): (Position, &BTreeSet<u32>),
    ) -> bool {
        self.unsure(catalogue, self.steps.first(), first, ones, false)
            || self.unsure(catalogue, self.steps.last(), last, others, false)
    }

    /// Whether links of a row at its end are known to be missing.
    pub(crate) fn is_unsure_at_end(&self, catalogue: &Catalogue, row: u32) -> bool {
        let (step, edition) = (self.steps.last(), self.path.last());
        step.zip(edition).is_some_and(|((table, _), edition)| catalogue.tables[*table].is_unsure(*edition, row))
    }

    fn unsure(
        &self,
        catalogue: &Catalogue,
        step: Option<&(usize, bool)>,
        at: Position,
        leaves: &BTreeSet<u32>,
        lines: bool,
    ) -> bool {
        let missing = |(table, _): &(usize, bool)| {
            let table = &catalogue.tables[*table];
            let unsure =
                |row: &u32| table.is_unsure(at.edition, *row) && (lines || !table.lacks_lines(at.edition, *row));
            leaves.iter().any(unsure)
        };
        is_group_in_part(catalogue, at) || step.is_some_and(missing)
    }

    /// Where the goods of some codes of the first edition are in the last.
    pub(crate) fn forth(&self, catalogue: &Catalogue, from: BTreeSet<u32>, held: bool) -> Reached {
        follow(catalogue, self.steps.iter().copied(), from, held)
    }

    /// Where the goods of some codes of the last edition are in the first.
    pub(crate) fn back(&self, catalogue: &Catalogue, from: BTreeSet<u32>, held: bool) -> Reached {
        follow(catalogue, self.steps.iter().rev().map(|(table, forward)| (*table, !forward)), from, held)
    }
}

/// Whether a code is a group of an edition that is known in part only: codes below it may not be there.
pub(super) fn is_group_in_part(catalogue: &Catalogue, at: Position) -> bool {
    !catalogue.code(at).children.is_empty() && catalogue.editions[at.edition].fact.partial
}

/// How the goods of a code lie to those of some codes of another edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// No link leads there.
    Nowhere,
    /// All of them are among those.
    Within,
    /// Some are elsewhere.
    Beyond,
}

/// Whether the goods of codes of the last edition of a way are within some codes of the first. Each code on the way is
/// followed once, and none further than to the first link that leads elsewhere: those that are held back lead to a thousand
/// codes.
pub(crate) struct Within<'c> {
    catalogue: &'c Catalogue,
    way: &'c Way,
    leaves: &'c BTreeSet<u32>,
    held: bool,
    /// By how many steps are left and row.
    known: HashMap<(usize, u32), Lie>,
    /// A code was met of which not all lines are known here: what these hold is elsewhere.
    pub(crate) lines_unknown: bool,
}

impl<'c> Within<'c> {
    pub(crate) fn new(catalogue: &'c Catalogue, way: &'c Way, leaves: &'c BTreeSet<u32>, held: bool) -> Self {
        Self { catalogue, way, leaves, held, known: HashMap::new(), lines_unknown: false }
    }

    /// Of a code without codes below it.
    pub(crate) fn of(&mut self, row: u32) -> Lie {
        self.follow(self.way.steps.len(), row)
    }

    fn follow(&mut self, left: usize, row: u32) -> Lie {
        let Some(before) = left.checked_sub(1) else {
            return if self.leaves.contains(&row) { Lie::Within } else { Lie::Beyond };
        };
        // By one table alone nothing is passed.
        let passed = self.way.steps.len() > 1;
        if passed && let Some(known) = self.known.get(&(left, row)) {
            return *known;
        }
        let (table, forward) = self.way.steps[before];
        let (catalogue, held) = (self.catalogue, self.held);
        let table = &catalogue.tables[table];
        let edges = if forward { table.earlier_of(row) } else { table.later_of(row) };
        let edition = self.way.path[left];
        self.lines_unknown |= table.lacks_lines(edition, row);
        // The goods of a code between that leads nowhere are in none of those codes.
        let lost = left < self.way.steps.len() && table.loses(edition, row);
        let beyond = lost || table.lacks_lines(edition, row);
        let mut lie = if beyond { Lie::Beyond } else { Lie::Nowhere };
        for edge in edges.iter().filter(|edge| !beyond && (held || !edge.held_back)) {
            // The mark speaks of the earlier code: only a part of it is in the later one.
            let found = if edge.ex && !forward { Lie::Beyond } else { self.follow(before, edge.to) };
            match found {
                Lie::Nowhere => {}
                Lie::Within => lie = Lie::Within,
                Lie::Beyond => {
                    lie = Lie::Beyond;
                    break;
                }
            }
        }
        if passed {
            self.known.insert((left, row), lie);
        }
        lie
    }
}

/// What a way leads to.
#[derive(Debug)]
pub(crate) struct Reached {
    /// Rows of the edition at its end.
    pub(crate) rows: BTreeSet<u32>,
    /// A link was passed that the table marks as taking a part only of the code that it was left from.
    pub(crate) ex: bool,
    /// A code led nowhere, and its links are all known.
    pub(crate) lost: bool,
    /// A code led nowhere of which a national edition may have lines that are not known here: in those that are, it is not.
    pub(crate) lines_lost: bool,
    /// A code was passed, between the two ends, of which not all links are known here.
    pub(crate) partial: bool,
    /// The same of a code of which only lines are unknown that a national edition has below it.
    pub(crate) lines: bool,
    /// Links that are held back were left out.
    pub(crate) held_back: bool,
}

fn follow(
    catalogue: &Catalogue,
    steps: impl Iterator<Item = (usize, bool)>,
    from: BTreeSet<u32>,
    held: bool,
) -> Reached {
    let mut reached = Reached {
        rows: from,
        ex: false,
        lost: false,
        lines_lost: false,
        partial: false,
        lines: false,
        held_back: false,
    };
    let mut passed = false;
    for (table, forward) in steps {
        let table = &catalogue.tables[table];
        let here = if forward { table.earlier } else { table.later };
        let mut next: Vec<u32> = Vec::new();
        for row in reached.rows {
            let (lost, lines) = (table.loses(here, row), table.lacks_lines(here, row));
            reached.lost |= lost && !lines;
            reached.lines_lost |= lost && lines;
            reached.lines |= passed && lines;
            reached.partial |= passed && !lines && table.is_unsure(here, row);
            for edge in if forward { table.later_of(row) } else { table.earlier_of(row) } {
                if edge.held_back && !held {
                    reached.held_back = true;
                    continue;
                }
                // The mark speaks of the earlier code: only a part of it is in the later one.
                reached.ex |= edge.ex && forward;
                next.push(edge.to);
            }
        }
        // A set takes many that come in order at once, and few of them that come again one by one.
        next.sort();
        next.dedup();
        reached.rows = next.into_iter().collect();
        passed = true;
    }
    reached
}

/// Translates a code to another edition. A code with codes below it is translated by way of all its leaves.
pub(crate) fn translate(catalogue: &Catalogue, source: Position, target_edition: usize, held: bool) -> Translation {
    if source.edition == target_edition {
        return same_edition(source);
    }
    let Some(way) = catalogue.way(source.edition, target_edition) else {
        return no_way(catalogue, source, target_edition);
    };
    let leaves: BTreeSet<u32> = catalogue.leaves(source).collect();
    let plain = way.forth(catalogue, leaves.clone(), false);
    let with_held = plain.held_back.then(|| way.forth(catalogue, leaves.clone(), true));
    let all = with_held.as_ref().unwrap_or(&plain);
    let at = |row: u32| Position { edition: target_edition, row };
    let only_held: Vec<Position> = all.rows.difference(&plain.rows).copied().map(at).collect();
    let shown = if held { all } else { &plain };

    let digits = catalogue.code(source).fact.code.as_str();
    let source_part = shown.rows.len() > 1 || shown.ex || shown.lost || shown.lines_lost;
    let mut within = Within::new(catalogue, way, &leaves, held);
    let target = |row: u32| {
        // Asked always: it notes which lines are not known.
        let lie = within.of(row);
        let links_partial = held && way.is_unsure_at_end(catalogue, row);
        Target {
            at: at(row),
            source_part,
            target_part: links_partial || lie == Lie::Beyond,
            same_digits: catalogue.code(at(row)).fact.code == digits,
            held_back: !plain.rows.contains(&row),
        }
    };
    let targets: Vec<Target> = shown.rows.iter().copied().map(target).collect();
    let others_unknown = within.lines_unknown;
    let merged = targets.iter().any(|target| target.target_part);
    let relation = match (targets.is_empty(), source_part, merged) {
        (true, _, _) => Relation::None,
        (false, false, false) => Relation::Exact,
        (false, true, false) => Relation::Split,
        (false, false, true) => Relation::Merged,
        (false, true, true) => Relation::SplitAndMerged,
    };
    let alone = catalogue.code(source).children.is_empty();
    let same = catalogue.editions[target_edition].row_of(digits);
    let unchanged = relation == Relation::Exact && targets.iter().all(|target| target.same_digits);
    let mut translation = Translation {
        relation,
        targets,
        method: if way.path.len() > 2 { Method::Composed } else { Method::Direct },
        same_digits_changed_scope: alone && same.is_some() && !unchanged && way.coarser(catalogue).is_none(),
        path: way.path.clone(),
        held_back: only_held,
        incomplete: all.partial || all.lines || way.is_unsure(catalogue, source, &leaves),
        others_unknown,
        findings: Vec::new(),
    };
    translation.findings = findings(catalogue, source, &translation, way, held);
    translation
}

fn findings(catalogue: &Catalogue, source: Position, translation: &Translation, way: &Way, held: bool) -> Vec<Finding> {
    let code = &catalogue.code(source).fact.code;
    let mut findings = Vec::new();
    if translation.same_digits_changed_scope {
        let message = format!("{code} exists in both editions and does not hold the same goods.");
        findings.push(Finding::new("same_digits_changed_scope", message).with("code", code));
    }
    if translation.method == Method::Composed {
        let passed: Vec<_> =
            translation.path.iter().map(|edition| catalogue.editions[*edition].fact.id.as_str()).collect();
        let message = "There is no table between the two editions: several were put together, which may link too much.";
        findings.push(Finding::new("composed", message).with("path", passed.join(" ")));
        findings.extend(way.through_coarser(catalogue));
    }
    if !held && !translation.held_back.is_empty() {
        let message = "Links that say next to nothing are held back; ask for them to see their codes.";
        findings.push(Finding::new("links_held_back", message).with("count", translation.held_back.len()));
    }
    if translation.incomplete {
        findings.push(Finding::new("links_incomplete", "This catalogue does not hold all links of the code."));
    }
    if translation.others_unknown {
        let message = "Not all lines of the code that holds it are known here: it is taken to hold others.";
        findings.push(Finding::new("target_links_incomplete", message));
    }
    if !catalogue.code(source).children.is_empty() {
        findings.push(Finding::new("aggregate", "The code was translated by way of all codes below it."));
    }
    findings
}

fn same_edition(source: Position) -> Translation {
    let target = Target { at: source, source_part: false, target_part: false, same_digits: true, held_back: false };
    Translation {
        relation: Relation::Exact,
        targets: vec![target],
        method: Method::SameEdition,
        path: vec![source.edition],
        same_digits_changed_scope: false,
        held_back: Vec::new(),
        incomplete: false,
        others_unknown: false,
        findings: Vec::new(),
    }
}

fn no_way(catalogue: &Catalogue, source: Position, target_edition: usize) -> Translation {
    let id = |edition: usize| catalogue.editions[edition].fact.id.as_str();
    let message = format!("No table leads from {} to {}.", id(source.edition), id(target_edition));
    Translation {
        relation: Relation::None,
        targets: Vec::new(),
        method: Method::Composed,
        path: Vec::new(),
        same_digits_changed_scope: false,
        held_back: Vec::new(),
        incomplete: true,
        others_unknown: false,
        findings: vec![Finding::new("no_correlation", message)],
    }
}

#[cfg(test)]
mod tests;
