//! Whether a code is on a green list on a day.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Finding;
use super::catalogue::{Catalogue, ListData, Position};
use super::facts::EntryFact;
use super::translate::{Method, translate};

/// Whether a code is on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MembershipStatus {
    /// All its goods are.
    Member,
    /// Some are, or may be.
    Partly,
    /// None are.
    NotMember,
    /// It cannot be said.
    Undetermined,
}

/// Why it cannot be said whether a code is on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsaid {
    /// Only links that are held back lead from the code to an entry.
    HeldBack,
    /// No table leads to the edition of an entry, or not all links are known.
    Unlinked,
    /// Only a part of the list is held here.
    ListPartial,
}

/// How a code stands to a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) status: MembershipStatus,
    /// Why, where it is undetermined.
    pub(crate) unsaid: Option<Unsaid>,
    /// The entries that decided, in the order of their codes.
    pub(crate) entries: Vec<EntryFact>,
    pub(crate) findings: Vec<Finding>,
}

/// Why it cannot be said of goods that no entry holds that they are not on a list: another part of it may hold them.
pub(super) fn unsaid_of_absent(list: &ListData) -> Option<Unsaid> {
    list.fact.partial.then_some(Unsaid::ListPartial)
}

/// Says how a code stands to a list on a day.
pub(crate) fn check_membership(
    catalogue: &Catalogue,
    list: &ListData,
    code: Position,
    on: NaiveDate,
    held: bool,
) -> Membership {
    let mut check = Check { catalogue, list, sides: Vec::new(), unsaid: None, findings: Vec::new() };
    let editions: BTreeSet<&str> = list.entries_on(on).map(|entry| entry.edition.as_str()).collect();
    for edition in editions {
        let Some(edition) = catalogue.edition(edition) else { continue };
        let entries: Vec<_> =
            list.entries_on(on).filter(|e| e.edition == catalogue.editions[edition].fact.id).collect();
        check.against(edition, &entries, code, held);
    }
    check.conclude()
}

struct Check<'a> {
    catalogue: &'a Catalogue,
    list: &'a ListData,
    /// What the entries of each edition that has any of the code say.
    sides: Vec<Side<'a>>,
    /// Something could not be said. That a table is missing weighs more than that links are held back.
    unsaid: Option<Unsaid>,
    /// Why, while no entry is found.
    findings: Vec<Finding>,
}

/// What the entries of one edition say of the code.
#[derive(Default)]
struct Side<'a> {
    hits: Vec<&'a EntryFact>,
    findings: Vec<Finding>,
    /// Some hit is of a part only, or not all links are known or shown.
    parts: bool,
    /// Some goods of the code are under none of the entries.
    uncovered: bool,
}

impl<'a> Check<'a> {
    fn against(&mut self, edition: usize, entries: &[&'a EntryFact], code: Position, held: bool) {
        let translation = translate(self.catalogue, code, edition, held);
        if translation.path.is_empty() {
            self.unsaid = Some(Unsaid::Unlinked);
            self.findings.extend(translation.findings);
            return;
        }
        let mut side = Side::default();
        for target in &translation.targets {
            side.uncovered |= !self.covers(target.at, entries, &mut side);
        }
        let incomplete = translation.incomplete && code.edition != edition;
        let unknown = || Finding::new("links_incomplete", "This catalogue does not hold all links of the code.");
        if side.hits.is_empty() {
            // A held back link to an entry decides nothing, and must not be passed over in silence.
            if !held && translation.held_back.iter().any(|at| !self.entries_over(*at, entries).is_empty()) {
                self.unsaid.get_or_insert(Unsaid::HeldBack);
                let message = "Only links that say next to nothing lead from the code to an entry.";
                self.findings.push(Finding::new("held_back_link_only", message));
            }
            if incomplete {
                self.unsaid = Some(Unsaid::Unlinked);
                self.findings.push(unknown());
            }
            return;
        }
        if translation.method == Method::Composed {
            let message = "There is no table between the code's edition and the list's: several were put together.";
            side.findings.push(Finding::new("composed", message));
        }
        if incomplete {
            side.parts = true;
            side.findings.push(unknown());
        }
        // Which goods come and go by them nobody knows, and nothing says how many.
        let outside = |at: &&Position| self.entries_over(**at, entries).is_empty();
        let outside = if held { 0 } else { translation.held_back.iter().filter(outside).count() };
        if outside > 0 {
            side.parts = true;
            let message = "Links that say next to nothing lead from the code to others, which are not on the list.";
            side.findings.push(Finding::new("links_held_back", message).with("count", outside));
        }
        if side.uncovered && code.edition != edition {
            let (name, message) = if edition < code.edition {
                ("merged_since", "Only some of the codes that it came from are on the list.")
            } else {
                ("split_since", "Only some of the codes that it became are on the list.")
            };
            side.findings.push(Finding::new(name, message));
        }
        self.sides.push(side);
    }

    /// The entries that a code of their edition is under: the nearest that is of a whole code, or else those of parts of the
    /// nearest code.
    fn entries_over(&self, at: Position, entries: &[&'a EntryFact]) -> Vec<&'a EntryFact> {
        let mut parts: Vec<&'a EntryFact> = Vec::new();
        for at in std::iter::once(at).chain(self.catalogue.ancestors(at)) {
            let digits = &self.catalogue.code(at).fact.code;
            // They are kept in the order of their codes.
            let from = entries.partition_point(|entry| entry.code < *digits);
            let of_code = || entries[from..].iter().copied().take_while(|entry| entry.code == *digits);
            if let Some(whole) = of_code().find(|entry| !entry.ex) {
                return vec![whole];
            }
            if parts.is_empty() {
                parts.extend(of_code());
            }
        }
        parts
    }

    /// Notes the entries that a code of the list's edition is under, or that are under it. Whether all its goods are.
    fn covers(&self, at: Position, entries: &[&'a EntryFact], side: &mut Side<'a>) -> bool {
        let digits = &self.catalogue.code(at).fact.code;
        let over = self.entries_over(at, entries);
        if let Some(entry) = over.first() {
            if entry.code != *digits {
                let message = format!("{digits} lies under {}, which is on the list.", entry.code);
                side.findings.push(Finding::new("below_entry", message).with("entry", &entry.code));
            }
            over.into_iter().for_each(|entry| side.hit(entry));
            return true;
        }
        // By the hierarchy and not by letters: in some systems the codes above are as long as those below.
        let under = at.row + 1..self.catalogue.code(at).end;
        let row = |entry: &EntryFact| self.catalogue.find(at.edition, &entry.code).map(|entry| entry.row);
        let below: Vec<_> = match under.is_empty() {
            true => Vec::new(),
            false => entries.iter().filter(|it| row(it).is_some_and(|row| under.contains(&row))).copied().collect(),
        };
        if !below.is_empty() {
            // Where each of the codes under it is known and on the list, so are all its goods.
            let is_whole = |row: u32| {
                let over = self.entries_over(Position { edition: at.edition, row }, entries);
                over.first().is_some_and(|entry| !entry.ex)
            };
            let all_known = !self.catalogue.editions[at.edition].fact.partial;
            let whole = all_known && self.catalogue.leaves(at).all(is_whole);
            side.parts |= !whole;
            // Several parts of a code are entries of one.
            let codes: BTreeSet<&str> = below.iter().map(|entry| entry.code.as_str()).collect();
            let message = match codes.len() {
                1 => format!("1 code under {digits} is on the list."),
                number => format!("{number} codes under {digits} are on the list."),
            };
            side.findings.push(Finding::new("above_entries", message).with("count", codes.len()));
            match whole {
                // Parts beside the whole leave nothing open.
                true => side.hits.extend(below),
                false => below.into_iter().for_each(|entry| side.hit(entry)),
            }
            return whole;
        }
        false
    }

    fn conclude(self) -> Membership {
        let Self { list, mut sides, mut unsaid, mut findings, .. } = self;
        if sides.is_empty() {
            if let Some(why) = unsaid_of_absent(list) {
                unsaid.get_or_insert(why);
                findings.push(Finding::new("list_partial", "This catalogue holds a part of the list only."));
            }
            let status = match unsaid {
                Some(_) => MembershipStatus::Undetermined,
                None => MembershipStatus::NotMember,
            };
            return Membership { status, unsaid, entries: Vec::new(), findings };
        }
        // Entries of one edition that hold all goods of the code decide, whatever those of others leave open.
        let whole = !list.fact.narrowed && sides.iter().any(Side::is_whole);
        if whole {
            sides.retain(Side::is_whole);
            findings.clear();
        }
        let (mut hits, mut found) = (Vec::new(), Vec::new());
        for side in sides {
            hits.extend(side.hits);
            found.extend(side.findings);
        }
        findings.retain(|finding| finding.code != "held_back_link_only");
        found.append(&mut findings);
        if list.fact.narrowed {
            let message = "The list narrows entries by descriptions that are not held here.";
            found.push(Finding::new("ex_entry", message));
        }
        let mut entries: Vec<_> = hits.into_iter().cloned().collect();
        entries.sort_by(|a, b| (&a.code, &a.edition, &a.id).cmp(&(&b.code, &b.edition, &b.id)));
        entries.dedup();
        let status = if whole { MembershipStatus::Member } else { MembershipStatus::Partly };
        Membership { status, unsaid: None, entries, findings: found }
    }
}

impl<'a> Side<'a> {
    fn hit(&mut self, entry: &'a EntryFact) {
        if entry.ex {
            self.parts = true;
            let message = format!("The list holds a part of {} only.", entry.code);
            let finding = Finding::new("ex_entry", message).with("code", &entry.code);
            // Of several parts of a code it is said once.
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
        self.hits.push(entry);
    }

    /// Whether all goods of the code are under its entries.
    fn is_whole(&self) -> bool {
        !self.hits.is_empty() && !self.parts && !self.uncovered
    }
}

#[cfg(test)]
mod tests;
