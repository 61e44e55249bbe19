//! Changes to the catalogue, and everything that is wrong with them.

pub(crate) mod applies;
mod before_heard;
mod carry;
mod consistency;
mod contradictions;
pub(crate) mod describe;
mod published;
mod tightening;
mod undo;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use greenlane_curation::Finding;
use greenlane_platform::names::check_body_id;
use serde::{Deserialize, Serialize};

pub use self::before_heard::before_heard;
pub use self::carry::carry;
pub(crate) use self::contradictions::View;
pub use self::describe::describe;
use self::published::{disagreements, published_so};
pub use self::tightening::tightening;
pub(crate) use self::tightening::{grants_again, opens_again};
pub use self::undo::{UNDO_DAYS, diff, undo};
use super::catalogue::Catalogue;
use super::entry::Entry;

/// One change.
#[allow(clippy::large_enum_variant)] // passes through on its way to or from the store; the catalogue holds the parts
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Adds an entry or replaces the one of its name.
    Upsert(Entry),
    /// Retires the entry of this resource name.
    Retire(String),
}

impl Change {
    /// The resource name of the entry that it is about.
    pub fn entry_name(&self) -> String {
        match self {
            Self::Upsert(entry) => entry.name(),
            Self::Retire(name) => name.clone(),
        }
    }

    /// What the entry becomes; none when it is retired.
    pub fn becomes(&self) -> Option<&Entry> {
        match self {
            Self::Upsert(entry) => Some(entry),
            Self::Retire(_) => None,
        }
    }
}

/// Everything that is wrong with a set of changes on top of a catalogue.
pub fn validate(catalogue: &Catalogue, changes: &[Change]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    let upserted: BTreeSet<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Upsert(entry) => Some(entry.name()),
            Change::Retire(_) => None,
        })
        .collect();
    let retired: BTreeMap<&str, usize> = changes
        .iter()
        .enumerate()
        .filter_map(|(index, change)| match change {
            Change::Retire(name) => Some((name.as_str(), index)),
            Change::Upsert(_) => None,
        })
        .collect();
    let stands = |name: &str| upserted.contains(name) || (catalogue.contains(name) && !retired.contains_key(name));

    for (index, change) in changes.iter().enumerate() {
        let entry = change.entry_name();
        let wrong = |code, field: &str, message: String| Finding {
            code: Cow::Borrowed(code),
            index,
            entry: entry.clone(),
            field: field.to_owned(),
            message,
        };
        if !seen.insert(entry.clone()) {
            findings.push(wrong("entry_repeated", "", format!("`{entry}` is changed twice")));
        }
        match change {
            Change::Upsert(it) => {
                // What is published so, from before a rule, can still be changed: no panel's order waits for that.
                let before = catalogue.entry(&entry).map(|known| known.faults()).unwrap_or_default();
                findings.extend(it.faults().into_iter().map(|fault| {
                    if before.contains(&fault) {
                        published_so(index, &entry, fault.field, &fault.message)
                    } else {
                        wrong("entry_invalid", &fault.field, fault.message)
                    }
                }));
                // One of another name that is there already, from before this was asked, can still be changed.
                if let Entry::Body(body) = it
                    && !catalogue.bodies.contains_key(&body.name)
                    && let Err(why) = check_body_id(body.name.as_str())
                {
                    findings.push(wrong("entry_invalid", "name", why.to_owned()));
                }
                for (field, name) in it.references() {
                    if !stands(&name) {
                        findings.push(wrong("reference_dangling", &field, format!("`{name}` is not in the catalogue")));
                    }
                }
            }
            Change::Retire(name) if catalogue.entry(name).is_none_or(|entry| entry.name() != *name) => {
                findings.push(wrong("entry_unknown", "", format!("`{name}` is not in the catalogue")));
            }
            Change::Retire(_) => {}
        }
    }
    findings.extend(disagreements(catalogue, changes));
    findings.extend(consistency::others(catalogue, changes));
    if !retired.is_empty() {
        for user in catalogue.entries() {
            let user_name = user.name();
            if retired.contains_key(user_name.as_str()) || upserted.contains(&user_name) {
                continue;
            }
            for (field, name) in user.references() {
                if let Some(index) = retired.get(name.as_str()) {
                    findings.push(Finding {
                        code: "retired_in_use".into(),
                        index: *index,
                        entry: name.clone(),
                        field: String::new(),
                        message: format!("`{user_name}` still refers to it in `{field}`"),
                    });
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
