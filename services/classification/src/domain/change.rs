//! Changes to green lists, and everything that is wrong with them.

mod applies;
mod taken;
mod tightening;

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use greenlane_curation::{EntryDiff, Finding};
use serde::{Deserialize, Serialize};

pub(crate) use self::applies::applies_from;
pub(crate) use self::taken::{losing, taken};
pub(crate) use self::tightening::tightening;
use super::catalogue::{Catalogue, ListData};
use super::facts::{EditionFact, EntryFact, Facts, ListFact, SourceFact};

/// One change.
#[allow(clippy::large_enum_variant)] // passes through on its way to or from the store; the catalogue holds the parts
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// Publishes what an import received: its identifier.
    PublishImport(String),
    /// Adds a list, or replaces what is said of it as a whole.
    PutList(ListFact),
    /// Ends a list.
    RetireList(String),
    /// Adds an entry, or replaces the one of its name.
    PutEntry(EntryFact),
    /// Ends an entry.
    EndEntry(EndEntry),
}

/// The end of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndEntry {
    pub(crate) list: String,
    pub(crate) entry: String,
    /// Its last day.
    pub(crate) effective_to: NaiveDate,
    pub(crate) reason: String,
}

impl Change {
    /// The resource name of what it is about.
    pub(crate) fn entry_name(&self) -> String {
        let entry = |list: &str, entry: &str| format!("greenLists/{list}/entries/{entry}");
        match self {
            Self::PublishImport(id) => format!("imports/{id}"),
            Self::PutList(list) => format!("greenLists/{}", list.id),
            Self::RetireList(id) => format!("greenLists/{id}"),
            Self::PutEntry(fact) => entry(&fact.list, &fact.id),
            Self::EndEntry(end) => entry(&end.list, &end.entry),
        }
    }

    /// The import that it publishes.
    pub(crate) fn import(&self) -> Option<&str> {
        match self {
            Self::PublishImport(id) => Some(id),
            _ => None,
        }
    }

    /// The entry that it puts.
    fn put(&self) -> Option<&EntryFact> {
        match self {
            Self::PutEntry(entry) => Some(entry),
            _ => None,
        }
    }

    /// The list and the identifier of the entry that it puts or ends.
    fn touches(&self) -> Option<(&str, &str)> {
        match self {
            Self::PutEntry(entry) => Some(key(entry)),
            Self::EndEntry(end) => Some((&end.list, &end.entry)),
            _ => None,
        }
    }

    /// A finding about it.
    pub(crate) fn finding(&self, index: usize, code: &'static str, field: &str, message: String) -> Finding {
        Finding { code: code.into(), index, entry: self.entry_name(), field: field.to_owned(), message }
    }
}

/// Makes one change of lists. What is wrong with it is noted, and then it changes nothing. Imports are made elsewhere.
pub(crate) fn make(
    catalogue: &Catalogue,
    facts: &mut Facts,
    change: &Change,
    index: usize,
    today: NaiveDate,
    findings: &mut Vec<Finding>,
) {
    let mut wrong = |code, field: &str, message: String| findings.push(change.finding(index, code, field, message));
    match change {
        Change::PublishImport(_) => {}
        Change::PutList(list) => {
            if !list.edition.is_empty() && catalogue.edition(&list.edition).is_none() {
                wrong("edition_unknown", "edition", format!("the edition {} is not known", list.edition));
                return;
            }
            match facts.lists.iter_mut().find(|known| known.id == list.id) {
                Some(known) => *known = ListFact { version: known.version, ..list.clone() },
                None => facts.lists.push(list.clone()),
            }
        }
        Change::RetireList(id) => match facts.lists.iter_mut().find(|known| known.id == *id) {
            // One that has ended is not in force again for the days since.
            Some(list) => {
                let ends = today.pred_opt();
                list.effective_to =
                    list.effective_to.map_or(ends, |known| Some(ends.map_or(known, |it| known.min(it))));
            }
            None => wrong("list_unknown", "", format!("there is no list {id}")),
        },
        Change::PutEntry(entry) => {
            if entry_faults(catalogue, facts, entry, &mut wrong) {
                match facts.entries.iter_mut().find(|known| is_same(known, entry)) {
                    Some(known) => *known = entry.clone(),
                    None => facts.entries.push(entry.clone()),
                }
            }
        }
        Change::EndEntry(end) => {
            match facts.entries.iter_mut().find(|known| (&known.list, &known.id) == (&end.list, &end.entry)) {
                Some(entry) => entry.effective_to = Some(end.effective_to),
                None => wrong("entry_unknown", "name", format!("the list {} has no entry {}", end.list, end.entry)),
            }
        }
    }
}

fn is_same(one: &EntryFact, other: &EntryFact) -> bool {
    key(one) == key(other)
}

/// Lets the entries that are put and come from where their list does go on to, when that is said to be elsewhere.
pub(crate) fn inherit_sources(facts: &mut Facts, changes: &[Change]) {
    let lists: HashMap<&str, &SourceFact> = facts.lists.iter().map(|list| (&*list.id, &list.source)).collect();
    let put: HashSet<(&str, &str)> = changes.iter().filter_map(Change::put).map(key).collect();
    for entry in &mut facts.entries {
        if put.contains(&key(entry)) && lists.get(&*entry.list) == Some(&&entry.source) {
            entry.source = SourceFact::default();
        }
    }
}

/// What is wrong with lists and entries as all changes together make them: in which order they are written is the same.
pub(crate) fn together(facts: &Facts, changes: &[Change]) -> Vec<Finding> {
    let lists: HashMap<&str, &ListFact> = facts.lists.iter().map(|list| (&*list.id, list)).collect();
    let mut entries: HashMap<(&str, &str), &EntryFact> = HashMap::new();
    let mut of_code: HashMap<(&str, &str, &str), Vec<&EntryFact>> = HashMap::new();
    for entry in &facts.entries {
        entries.insert(key(entry), entry);
        of_code.entry((&entry.list, &entry.edition, &entry.code)).or_default().push(entry);
    }
    // Where each entry is first put or ended.
    let mut touched: HashMap<(&str, &str), usize> = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        if let Some(name) = change.touches() {
            touched.entry(name).or_insert(index);
        }
    }
    let mut findings = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let mut wrong = |code, field: &str, message: String| findings.push(change.finding(index, code, field, message));
        if let Change::PutList(list) = change {
            // What ends is as the list was then, and what is put has findings of its own.
            let stays = |it: &&EntryFact| it.list == list.id && it.effective_to.is_none();
            let mut staying = facts.entries.iter().filter(stays).filter(|it| !touched.contains_key(&key(it)));
            let other = staying.clone().find(|it| !list.edition.is_empty() && it.edition != list.edition);
            if let Some(other) = other {
                wrong("edition_wrong", "edition", format!("the entry {} is of {}", other.id, other.edition));
            }
            if let Some((entry, (code, why))) = staying.find_map(|it| Some((it, part_fault(it, list)?))) {
                wrong(code, "narrowed", format!("of the entry {}: {why}", entry.id));
            }
        }
        let Some(name) = change.touches() else { continue };
        let (Some(entry), Some(list)) = (entries.get(&name).copied(), lists.get(name.0)) else { continue };
        if let Change::PutEntry(put) = change {
            // One with faults of its own was not taken.
            if (&put.edition, &put.code) != (&entry.edition, &entry.code) {
                continue;
            }
            if !list.edition.is_empty() && list.edition != entry.edition {
                let message = format!("the entries of {} are of {}", list.id, list.edition);
                wrong("edition_wrong", "code.edition", message);
            }
            if let Some((code, why)) = part_fault(entry, list) {
                wrong(code, "ex_descriptions", why.to_owned());
            }
        }
        // Of two that are touched it is told once, of the second.
        let is_first = touched.get(&name) == Some(&index);
        let is_told_later = |other: &EntryFact| touched.get(&key(other)).is_some_and(|later| *later > index);
        let of_code = of_code.get(&(&*entry.list, &*entry.edition, &*entry.code)).into_iter().flatten();
        let other = of_code.copied().find(|other| is_first && overlap(other, entry) && !is_told_later(other));
        if let Some(other) = other {
            let field = if matches!(change, Change::EndEntry(_)) { "effective_to" } else { "code" };
            wrong("overlap", field, format!("the entry {} holds the code at the same time", other.id));
        }
    }
    findings
}

/// What is wrong with how an entry says which part of its code it means. In a list that is narrowed by descriptions that
/// are not held here, all are parts.
fn part_fault(entry: &EntryFact, list: &ListFact) -> Option<(&'static str, &'static str)> {
    match (entry.ex, entry.ex_descriptions.is_empty()) {
        _ if list.narrowed => None,
        (true, true) => Some(("ex_without_description", "which part of the code is meant must be said")),
        (false, false) => Some((
            "description_without_ex",
            "that only a part of the code is meant must be said with `ex`: all of it is on the list otherwise",
        )),
        _ => None,
    }
}

/// An entry's list and identifier.
fn key(entry: &EntryFact) -> (&str, &str) {
    (&entry.list, &entry.id)
}

/// Whether two entries of a list with the same code hold it at the same time.
fn overlap(one: &EntryFact, other: &EntryFact) -> bool {
    one.id != other.id && !(one.ex && other.ex) && meet(one, other)
}

/// Whether an entry can stand, whatever else changes.
fn entry_faults(
    catalogue: &Catalogue,
    facts: &Facts,
    entry: &EntryFact,
    wrong: &mut impl FnMut(&'static str, &str, String),
) -> bool {
    let mut good = true;
    let mut bad = |code, field: &str, message: String| {
        good = false;
        wrong(code, field, message);
    };
    if !facts.lists.iter().any(|list| list.id == entry.list) {
        bad("list_unknown", "name", format!("there is no list {}", entry.list));
    }
    match catalogue.edition(&entry.edition) {
        None => bad("edition_unknown", "code.edition", format!("the edition {} is not known", entry.edition)),
        Some(edition) if catalogue.find(edition, &entry.code).is_none() => {
            bad("code_unknown", "code.code", format!("{} has no code {}", entry.edition, entry.code));
        }
        Some(_) => {}
    }
    good
}

/// Whether two entries are in force on a common day.
fn meet(one: &EntryFact, other: &EntryFact) -> bool {
    let ends_before =
        |a: &EntryFact, b: &EntryFact| a.effective_to.zip(b.effective_from).is_some_and(|(end, start)| end < start);
    !ends_before(one, other) && !ends_before(other, one)
}

/// Changes of the same thing within one change set.
pub(crate) fn repeated(changes: &[Change]) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let again = changes.iter().enumerate().filter(|(_, change)| !seen.insert(change.entry_name()));
    again
        .map(|(index, change)| {
            change.finding(index, "entry_repeated", "", format!("`{}` is changed twice", change.entry_name()))
        })
        .collect()
}

/// Gives each list whose entries changed its next version.
pub(crate) fn number_versions(before: &Facts, after: &mut Facts) {
    let of = |facts: &Facts, list: &str| -> BTreeSet<String> {
        let own = facts.entries.iter().filter(|entry| entry.list == list);
        own.map(|entry| serde_json::to_string(entry).unwrap_or_default()).collect()
    };
    let changed: Vec<bool> = after.lists.iter().map(|list| of(before, &list.id) != of(after, &list.id)).collect();
    for (list, changed) in after.lists.iter_mut().zip(changed) {
        let known = before.lists.iter().find(|known| known.id == list.id).map(|known| known.version);
        list.version = match known {
            Some(version) => version + u32::from(changed),
            None => 1,
        };
    }
}

fn find<'c>(catalogue: &'c Catalogue, list: &str, entry: &str) -> Option<&'c EntryFact> {
    catalogue.list(list)?.entries.iter().find(|known| known.id == entry)
}

/// The changes that bring back what was there before. Fails with what has changed since, or cannot be brought back.
pub(crate) fn undo(
    before: &Catalogue,
    after: &Catalogue,
    now: &Catalogue,
    changes: &[Change],
) -> Result<Vec<Change>, Vec<String>> {
    let mut moved = Vec::new();
    let mut undone = Vec::new();
    let list = |catalogue: &Catalogue, id: &str| catalogue.list(id).map(unversioned);
    // Backwards, so that what was added last goes first.
    for change in changes.iter().rev() {
        match change {
            Change::PublishImport(_) => moved.push(change.entry_name()),
            Change::PutList(ListFact { id, .. }) | Change::RetireList(id) => {
                if list(after, id) != list(now, id) {
                    moved.push(change.entry_name());
                } else {
                    undone.push(list(before, id).map_or_else(|| Change::RetireList(id.clone()), Change::PutList));
                }
            }
            Change::PutEntry(EntryFact { list, id, .. }) | Change::EndEntry(EndEntry { list, entry: id, .. }) => {
                if find(after, list, id) != find(now, list, id) {
                    moved.push(change.entry_name());
                    continue;
                }
                match (find(before, list, id), find(now, list, id)) {
                    (Some(entry), _) => undone.push(Change::PutEntry(entry.clone())),
                    (None, Some(entry)) => undone.push(never(now, entry)),
                    (None, None) => {}
                }
            }
        }
    }
    if moved.is_empty() { Ok(undone) } else { Err(moved) }
}

fn unversioned(list: &ListData) -> ListFact {
    ListFact { version: 0, ..list.fact.clone() }
}

/// An entry that should not have been added ends before it began.
fn never(catalogue: &Catalogue, entry: &EntryFact) -> Change {
    let list = catalogue.list(&entry.list).and_then(|list| list.fact.effective_from);
    let ever = NaiveDate::from_ymd_opt(1, 1, 2).unwrap_or_default();
    let begun = entry.effective_from.or(list).unwrap_or(ever);
    Change::EndEntry(EndEntry {
        list: entry.list.clone(),
        entry: entry.id.clone(),
        effective_to: begun.pred_opt().unwrap_or(begun),
        reason: "It is taken back.".to_owned(),
    })
}

fn put_list(change: &Change) -> Option<(&str, &ListFact)> {
    match change {
        Change::PutList(list) => Some((&list.id, list)),
        _ => None,
    }
}

/// Which of the changes, by their places, are of lists and entries that have changed between two revisions, unless they
/// are now what the change makes of them. The version of a list moves with each of its entries, and says nothing of the
/// list itself; nor does to retire a list depend on the edition that a file of its entries gives it. What an import
/// replaces is looked at elsewhere.
pub(crate) fn moved(was: &Catalogue, now: &Catalogue, changes: &[Change]) -> Vec<usize> {
    let retired = |catalogue: &Catalogue, id: &str| {
        let list = catalogue.list(id).map(unversioned);
        list.map(|list| ListFact { edition: String::new(), partial: false, ..list })
    };
    let (before, after) = (diff(was, changes), diff(now, changes));
    let is_moved = |change: &Change, was_diff: &EntryDiff, is_diff: &EntryDiff| match change {
        Change::PublishImport(_) => false,
        Change::RetireList(id) => retired(was, id) != retired(now, id),
        Change::PutList(list) => {
            was.list(&list.id).map(unversioned) != now.list(&list.id).map(unversioned)
                && is_diff.before_json != is_diff.after_json
        }
        Change::PutEntry(_) | Change::EndEntry(_) => {
            was_diff.before_json != is_diff.before_json && is_diff.before_json != is_diff.after_json
        }
    };
    let all = changes.iter().zip(before.iter().zip(&after)).enumerate();
    all.filter(|(_, (change, (was, is)))| is_moved(change, was, is)).map(|(place, _)| place).collect()
}

/// Whether what is said of an edition that an import brings has changed between two revisions, and the import would have
/// it otherwise again. When it ends follows from the editions after it.
pub(crate) fn is_retold(was: &Catalogue, now: &Catalogue, brought: &EditionFact) -> bool {
    let said = |catalogue: &Catalogue| {
        let fact = &catalogue.editions[catalogue.edition(&brought.id)?].fact;
        Some(EditionFact { effective_to: None, predecessor: String::new(), ..fact.clone() })
    };
    let brought = EditionFact { effective_to: None, predecessor: String::new(), ..brought.clone() };
    let is_otherwise = |now: EditionFact| {
        // A file without titles leaves those that are there.
        let titles = if brought.titles.is_empty() { now.titles.clone() } else { brought.titles.clone() };
        now != EditionFact { titles, ..brought.clone() }
    };
    said(was) != said(now) && said(now).is_some_and(is_otherwise)
}

/// Lists and entries before and after. What an import does is told elsewhere.
pub(crate) fn diff(base: &Catalogue, changes: &[Change]) -> Vec<EntryDiff> {
    let json = |value: Option<serde_json::Value>| value.map(|value| value.to_string()).unwrap_or_default();
    let entry = |fact: &EntryFact| serde_json::to_value(fact).ok();
    let list = |fact: &ListFact| serde_json::to_value(fact).ok();
    let put_lists: HashMap<&str, &ListFact> = changes.iter().filter_map(put_list).collect();
    let of = |change: &Change| {
        let (before, after) = match change {
            Change::PublishImport(id) => (None, Some(serde_json::json!({ "import": id }))),
            Change::PutList(fact) => {
                let known = base.list(&fact.id).map(|known| &known.fact);
                // Which version it is to be is nothing that the change says.
                let version = known.map_or(fact.version, |known| known.version);
                (known.and_then(list), list(&ListFact { version, ..fact.clone() }))
            }
            Change::RetireList(id) => (base.list(id).and_then(|known| list(&known.fact)), None),
            Change::PutEntry(fact) => {
                let of_list = put_lists.get(&*fact.list).copied().or_else(|| Some(&base.list(&fact.list)?.fact));
                let inherits = of_list.is_some_and(|list| list.source == fact.source);
                let source = if inherits { SourceFact::default() } else { fact.source.clone() };
                let after = entry(&EntryFact { source, ..fact.clone() });
                (find(base, &fact.list, &fact.id).and_then(entry), after)
            }
            Change::EndEntry(end) => {
                let before = find(base, &end.list, &end.entry);
                let after = before.cloned().map(|fact| EntryFact { effective_to: Some(end.effective_to), ..fact });
                (before.and_then(entry), after.as_ref().and_then(entry))
            }
        };
        let (before_json, after_json) = (json(before), json(after));
        EntryDiff { entry: change.entry_name(), before_json, after_json, effects: Vec::new() }
    };
    changes.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
