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

/// Says how a code stands to a list on a day.
pub(crate) fn check_membership(
    catalogue: &Catalogue,
    list: &ListData,
    code: Position,
    on: NaiveDate,
    held: bool,
) -> Membership {
    let mut check = Check { catalogue, hits: Vec::new(), findings: Vec::new(), parts: false, unsaid: None, all: true };
    let editions: BTreeSet<&str> = list.entries_on(on).map(|entry| entry.edition.as_str()).collect();
    for edition in editions {
        let Some(edition) = catalogue.edition(edition) else { continue };
        let entries: Vec<_> =
            list.entries_on(on).filter(|e| e.edition == catalogue.editions[edition].fact.id).collect();
        check.against(edition, &entries, code, held);
    }
    check.conclude(list)
}

struct Check<'a> {
    catalogue: &'a Catalogue,
    hits: Vec<&'a EntryFact>,
    findings: Vec<Finding>,
    /// Some hit is of a part only.
    parts: bool,
    /// Something could not be said. That a table is missing weighs more than that links are held back.
    unsaid: Option<Unsaid>,
    /// In some edition all goods of the code are under entries.
    all: bool,
}

impl<'a> Check<'a> {
    fn against(&mut self, edition: usize, entries: &[&'a EntryFact], code: Position, held: bool) {
        let translation = translate(self.catalogue, code, edition, held);
        if translation.path.is_empty() {
            self.unsaid = Some(Unsaid::Unlinked);
            self.findings.extend(translation.findings);
            return;
        }
        let mut uncovered = false;
        for target in &translation.targets {
            uncovered |= !self.covers(target.at, entries);
        }
        if !held {
            // A held back link to an entry decides nothing, and must not be passed over in silence.
            let before = self.hits.len();
            let touched = translation.held_back.iter().any(|at| self.under_entry(*at, entries).is_some());
            if touched && before == self.hits.len() && self.hits.is_empty() {
                self.unsaid.get_or_insert(Unsaid::HeldBack);
                let message = "Only links that say next to nothing lead from the code to an entry.";
                self.findings.push(Finding::new("held_back_link_only", message));
            }
        }
        if !self.hits.is_empty() && translation.method == Method::Composed {
            let message = "There is no table between the code's edition and the list's: several were put together.";
            self.findings.push(Finding::new("composed", message));
        }
        if translation.incomplete && code.edition != edition {
            if self.hits.is_empty() {
                self.unsaid = Some(Unsaid::Unlinked);
            }
            self.parts |= !self.hits.is_empty();
            self.findings.push(Finding::new("links_incomplete", "This catalogue does not hold all links of the code."));
        }
        if uncovered {
            self.all = false;
            if !self.hits.is_empty() && code.edition != edition {
                let (name, message) = if edition < code.edition {
                    ("merged_since", "Only some of the codes that it came from are on the list.")
                } else {
                    ("split_since", "Only some of the codes that it became are on the list.")
                };
                self.findings.push(Finding::new(name, message));
            }
        }
    }

    fn under_entry(&self, at: Position, entries: &[&'a EntryFact]) -> Option<&'a EntryFact> {
        std::iter::once(at).chain(self.catalogue.ancestors(at)).find_map(|at| {
            let digits = &self.catalogue.code(at).fact.code;
            entries.iter().find(|entry| entry.code == *digits).copied()
        })
    }

    /// Notes the entries that a code of the list's edition is under, or that are under it. Whether all its goods are.
    fn covers(&mut self, at: Position, entries: &[&'a EntryFact]) -> bool {
        let digits = &self.catalogue.code(at).fact.code;
        if let Some(entry) = self.under_entry(at, entries) {
            if entry.code != *digits {
                let message = format!("{digits} lies under {}, which is on the list.", entry.code);
                self.findings.push(Finding::new("below_entry", message).with("entry", &entry.code));
            }
            self.hit(entry);
            return true;
        }
        let below: Vec<_> = entries.iter().filter(|entry| entry.code.starts_with(digits.as_str())).copied().collect();
        if !below.is_empty() {
            self.parts = true;
            let message = format!("{} codes under {digits} are on the list.", below.len());
            self.findings.push(Finding::new("above_entries", message).with("count", below.len()));
            below.into_iter().for_each(|entry| self.hit(entry));
        }
        false
    }

    fn hit(&mut self, entry: &'a EntryFact) {
        if entry.ex {
            self.parts = true;
            let message = format!("The list holds a part of {} only.", entry.code);
            self.findings.push(Finding::new("ex_entry", message).with("code", &entry.code));
        }
        self.hits.push(entry);
    }

    fn conclude(mut self, list: &ListData) -> Membership {
        if self.hits.is_empty() && list.fact.partial {
            self.unsaid.get_or_insert(Unsaid::ListPartial);
            self.findings.push(Finding::new("list_partial", "This catalogue holds a part of the list only."));
        }
        if !self.hits.is_empty() && list.fact.narrowed {
            self.parts = true;
            let message = "The list narrows entries by descriptions that are not held here.";
            self.findings.push(Finding::new("ex_entry", message));
        }
        let status = match (self.hits.is_empty(), self.parts || !self.all) {
            (true, _) if self.unsaid.is_some() => MembershipStatus::Undetermined,
            (true, _) => MembershipStatus::NotMember,
            (false, true) => MembershipStatus::Partly,
            (false, false) => MembershipStatus::Member,
        };
        let mut entries: Vec<_> = self.hits.into_iter().cloned().collect();
        entries.sort_by(|a, b| (&a.code, &a.edition, &a.id).cmp(&(&b.code, &b.edition, &b.id)));
        entries.dedup();
        let unsaid = self.unsaid.filter(|_| status == MembershipStatus::Undetermined);
        Membership { status, unsaid, entries, findings: self.findings }
    }
}

#[cfg(test)]
mod tests;
