//! The changes that undo changes, and what changes do to each entry.

use greenlane_curation::EntryDiff;

use super::Change;
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;

/// Days after its publication in which a body that was added is taken back without waiting: as many as others are heard
/// before what they have is taken from them.
pub const UNDO_DAYS: u64 = 60;

/// The changes that bring back what was there `before`, of what `changes` made of it. Fails with the entries that are
/// no longer as those changes left them.
pub fn undo(
    before: &Catalogue,
    after: &Catalogue,
    now: &Catalogue,
    changes: &[Change],
) -> Result<Vec<Change>, Vec<String>> {
    let mut moved = Vec::new();
    let mut undone = Vec::with_capacity(changes.len());
    // Backwards, so that what was added last goes first.
    for change in changes.iter().rev() {
        let name = change.entry_name();
        if after.entry(&name) != now.entry(&name) {
            moved.push(name);
            continue;
        }
        match (before.entry(&name), now.contains(&name)) {
            (Some(entry), _) => undone.push(Change::Upsert(entry)),
            (None, true) => undone.push(Change::Retire(name)),
            (None, false) => {}
        }
    }
    if moved.is_empty() { Ok(undone) } else { Err(moved) }
}

/// Each entry before and after.
pub fn diff(base: &Catalogue, changes: &[Change]) -> Vec<EntryDiff> {
    let of = |change: &Change| {
        let entry = change.entry_name();
        let before_json = base.entry(&entry).as_ref().map(canonical).unwrap_or_default();
        let after_json = match change {
            Change::Upsert(after) => canonical(after),
            Change::Retire(_) => String::new(),
        };
        EntryDiff { entry, before_json, after_json, effects: Vec::new() }
    };
    changes.iter().map(of).collect()
}

/// An entry as JSON whose members are sorted.
fn canonical(entry: &Entry) -> String {
    serde_json::to_value(entry).map(|value| value.to_string()).unwrap_or_default()
}
