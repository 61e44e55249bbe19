//! From which day changes apply.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::tightening::Days;
use super::{Change, find, put_list, unversioned};
use crate::domain::catalogue::Catalogue;
use crate::domain::facts::{EntryFact, ListFact};

/// The first day on which something of the changes applies, when they are published on a day; none when something does on
/// publication.
pub(crate) fn applies_from(catalogue: &Catalogue, changes: &[Change], published: NaiveDate) -> Option<NaiveDate> {
    let put: HashMap<&str, &ListFact> = changes.iter().filter_map(put_list).collect();
    let begins = |list: &str| match put.get(list) {
        Some(list) => list.effective_from,
        None => catalogue.list(list)?.fact.effective_from,
    };
    // An entry that says no day is there from its list's first.
    let days = |entry: &EntryFact| (entry.effective_from.or_else(|| begins(&entry.list)), entry.effective_to);
    let first = |change: &Change| match change {
        Change::PublishImport(_) | Change::RetireList(_) => None,
        Change::PutList(list) => match catalogue.list(&list.id).map(unversioned) {
            None => list.effective_from,
            Some(before) => {
                let undated =
                    |list: &ListFact| ListFact { effective_from: None, effective_to: None, version: 0, ..list.clone() };
                let same = undated(&before) == undated(list);
                differs_from(
                    (before.effective_from, before.effective_to),
                    (list.effective_from, list.effective_to),
                    same,
                )
            }
        },
        Change::PutEntry(entry) => match find(catalogue, &entry.list, &entry.id) {
            None => days(entry).0,
            Some(before) => {
                let undated =
                    |entry: &EntryFact| EntryFact { effective_from: None, effective_to: None, ..entry.clone() };
                differs_from(days(before), days(entry), undated(before) == undated(entry))
            }
        },
        Change::EndEntry(end) => {
            let before = find(catalogue, &end.list, &end.entry).and_then(|before| before.effective_to);
            before.map_or(end.effective_to, |before| before.min(end.effective_to)).succ_opt()
        }
    };
    changes.iter().map(first).min().flatten().filter(|day| *day > published)
}

/// The first day on which what was in force is so no longer, or is otherwise, or the other way round: none when it may be
/// any.
fn differs_from(before: Days, after: Days, same: bool) -> Option<NaiveDate> {
    if !same || before.0 != after.0 {
        return before.0.min(after.0);
    }
    let last = match (before.1, after.1) {
        (Some(before), Some(after)) if before != after => before.min(after),
        (Some(only), None) | (None, Some(only)) => only,
        (Some(_), Some(_)) | (None, None) => return None,
    };
    last.succ_opt()
}
