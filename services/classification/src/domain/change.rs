//! Changes to green lists, and everything that is wrong with them.

mod tightening;

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use greenlane_curation::{EntryDiff, Finding};
use serde::{Deserialize, Serialize};

pub(crate) use self::tightening::tightening;
use super::catalogue::{Catalogue, ListData};
use super::facts::{EntryFact, Facts, ListFact, SourceFact};

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
            Some(list) => list.effective_to = today.pred_opt(),
            None => wrong("list_unknown", "", format!("there is no list {id}")),
        },
        Change::PutEntry(entry) => {
            if entry_faults(catalogue, facts, entry, &mut wrong) {
                let list = facts.lists.iter().find(|list| list.id == entry.list);
                let mut entry = entry.clone();
                // What comes from where its list does goes on to, when that is said to be elsewhere.
                if list.is_some_and(|list| list.source == entry.source) {
                    entry.source = SourceFact::default();
                }
                match facts.entries.iter_mut().find(|known| is_same(known, &entry)) {
                    Some(known) => *known = entry,
                    None => facts.entries.push(entry),
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
    (&one.list, &one.id) == (&other.list, &other.id)
}

/// What is wrong with lists and entries as all changes together make them: in which order they are written is the same.
pub(crate) fn together(facts: &Facts, changes: &[Change]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut puts: HashMap<(&str, &str), usize> = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        if let Change::PutEntry(entry) = change {
            puts.entry((&entry.list, &entry.id)).or_insert(index);
        }
    }
    for (index, change) in changes.iter().enumerate() {
        let mut wrong = |code, field: &str, message: String| findings.push(change.finding(index, code, field, message));
        match change {
            Change::PutList(list) if !list.edition.is_empty() => {
                let mut own = facts.entries.iter().filter(|entry| entry.list == list.id);
                // What ends is of the edition that the list had then.
                let stays = |it: &EntryFact| it.effective_to.is_none() && !puts.contains_key(&(&*it.list, &*it.id));
                let other = own.find(|it| it.edition != list.edition && stays(it));
                if let Some(other) = other {
                    wrong("edition_wrong", "edition", format!("the entry {} is of {}", other.id, other.edition));
                }
            }
            Change::PutEntry(entry) => {
                // One with faults of its own was not taken.
                let Some(entry) = facts.entries.iter().find(|known| is_same(known, entry) && known.code == entry.code)
                else {
                    continue;
                };
                if let Some(list) = facts.lists.iter().find(|list| list.id == entry.list)
                    && !list.edition.is_empty()
                    && list.edition != entry.edition
                {
                    wrong(
                        "edition_wrong",
                        "code.edition",
                        format!("the entries of {} are of {}", list.id, list.edition),
                    );
                }
                // Of two that are put it is told once, of the second.
                let is_told_later =
                    |other: &EntryFact| puts.get(&(&*other.list, &*other.id)).is_some_and(|later| *later > index);
                let other = facts.entries.iter().find(|other| overlap(other, entry) && !is_told_later(other));
                if let Some(other) = other.filter(|_| puts.get(&(&*entry.list, &*entry.id)) == Some(&index)) {
                    wrong("overlap", "code", format!("the entry {} holds the code at the same time", other.id));
                }
            }
            _ => {}
        }
    }
    findings
}

/// Whether two entries of a list hold the same code at the same time.
fn overlap(one: &EntryFact, other: &EntryFact) -> bool {
    one.list == other.list
        && one.id != other.id
        && (&one.edition, &one.code) == (&other.edition, &other.code)
        && !(one.ex && other.ex)
        && meet(one, other)
}

/// Whether an entry can stand by itself.
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
    let list = facts.lists.iter().find(|list| list.id == entry.list);
    if list.is_none() {
        bad("list_unknown", "name", format!("there is no list {}", entry.list));
    }
    match catalogue.edition(&entry.edition) {
        None => bad("edition_unknown", "code.edition", format!("the edition {} is not known", entry.edition)),
        Some(edition) if catalogue.find(edition, &entry.code).is_none() => {
            bad("code_unknown", "code.code", format!("{} has no code {}", entry.edition, entry.code));
        }
        Some(_) => {}
    }
    let narrowed = list.is_some_and(|list| list.narrowed);
    if entry.ex && entry.ex_descriptions.is_empty() && !narrowed {
        bad("ex_without_description", "ex_descriptions", "which part of the code is meant must be said".to_owned());
    }
    if !entry.ex && !entry.ex_descriptions.is_empty() && !narrowed {
        let message =
            "that only a part of the code is meant must be said with `ex`: all of it is on the list otherwise";
        bad("description_without_ex", "ex_descriptions", message.to_owned());
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

/// Lists and entries before and after.
pub(crate) fn diff(base: &Catalogue, changes: &[Change]) -> Vec<EntryDiff> {
    let json = |value: Option<serde_json::Value>| value.map(|value| value.to_string()).unwrap_or_default();
    let entry = |fact: &EntryFact| serde_json::to_value(fact).ok();
    let list = |fact: &ListFact| serde_json::to_value(fact).ok();
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
            Change::PutEntry(fact) => (find(base, &fact.list, &fact.id).and_then(entry), entry(fact)),
            Change::EndEntry(end) => {
                let before = find(base, &end.list, &end.entry);
                let after = before.cloned().map(|fact| EntryFact { effective_to: Some(end.effective_to), ..fact });
                (before.and_then(entry), after.as_ref().and_then(entry))
            }
        };
        EntryDiff { entry: change.entry_name(), before_json: json(before), after_json: json(after) }
    };
    changes.iter().map(of).collect()
}
