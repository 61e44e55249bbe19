//! Changes that were written upon one revision, upon another.

use serde_json::{Map, Value};

use super::Change;
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Entry;

/// The changes upon the entries as they are `now`, where they were written upon those of `base`: a field that a change
/// leaves alone is what became of it since, and one that it changes is what it makes of it. Fails with the places of those
/// whose entry was retired since, or has come to be.
pub fn carry(base: &Catalogue, now: &Catalogue, changes: &[Change]) -> Result<Vec<Change>, Vec<usize>> {
    let carried: Vec<Option<Change>> = changes.iter().map(|change| carried(base, now, change)).collect();
    let failed: Vec<usize> = (0..carried.len()).filter(|place| carried[*place].is_none()).collect();
    if failed.is_empty() { Ok(carried.into_iter().flatten().collect()) } else { Err(failed) }
}

fn carried(base: &Catalogue, now: &Catalogue, change: &Change) -> Option<Change> {
    let name = change.entry_name();
    let (was, is) = (base.entry(&name), now.entry(&name));
    match (change, was, is) {
        (Change::Upsert(ordered), Some(was), Some(is)) if was != is => {
            let merged = merged(content(&was)?, content(&is)?, content(ordered)?);
            serde_json::from_value(merged).ok().map(Change::Upsert)
        }
        (Change::Upsert(ordered), was, is) if was != is && is.as_ref() != Some(ordered) => None,
        (Change::Retire(_), _, None) => None,
        _ => Some(change.clone()),
    }
}

/// The kind of an entry, and its fields.
type Content = (String, Map<String, Value>);

fn content(entry: &Entry) -> Option<Content> {
    let Ok(Value::Object(kinds)) = serde_json::to_value(entry) else { return None };
    let (kind, fields) = kinds.into_iter().next()?;
    let Value::Object(fields) = fields else { return None };
    Some((kind, fields))
}

fn merged((_, was): Content, (_, is): Content, (kind, ordered): Content) -> Value {
    let mut fields = ordered.clone();
    for field in was.keys().chain(is.keys()).chain(ordered.keys()) {
        if ordered.get(field) == was.get(field) {
            match is.get(field) {
                Some(value) => drop(fields.insert(field.clone(), value.clone())),
                None => drop(fields.remove(field)),
            }
        }
    }
    Value::Object(Map::from_iter([(kind, Value::Object(fields))]))
}
