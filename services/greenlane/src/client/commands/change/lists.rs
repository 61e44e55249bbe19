//! What a change set of codes and green lists changes, list by list.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::diff;
use crate::client::{files::form::list_of, render::View};

/// A row for each list, and for each kind of what an import that is published with it brings.
pub(crate) const LISTS: View = View::List {
    items: "lists",
    name: "list",
    columns: &[
        ("LIST", "list"),
        ("OF IT", "kind"),
        ("ITSELF", "outcome"),
        ("ADDED", "added"),
        ("ENDED", "ended"),
        ("MOVED", "moved"),
        ("CHANGED", "changed"),
        ("AS IT IS", "unchanged"),
    ],
};

/// What is counted of a list.
const ENTRIES: &str = "entries";

/// What becomes of one list, and of so many of its entries.
#[derive(Default)]
struct Counts {
    outcome: String,
    added: u64,
    /// With a last day now, or an earlier one, or gone.
    ended: u64,
    /// To another code or edition.
    moved: u64,
    changed: u64,
    /// Put as they are already.
    unchanged: u64,
}

/// The lists that a change set touches, in the order of their names.
pub(crate) fn counted(diffs: &[Value]) -> anyhow::Result<Value> {
    let mut lists: BTreeMap<(&str, &str), Counts> = BTreeMap::new();
    for of in diffs {
        let name = of["entry"].as_str().unwrap_or_default();
        let effects = diff::effects(of);
        for diff::Effect { kind, done } in &effects {
            let [added, ended, changed] = done.each_ref().map(|it| it.count);
            let outcome = "created".to_owned();
            lists.insert((name, *kind), Counts { outcome, added, ended, changed, ..Counts::default() });
        }
        if !effects.is_empty() {
            continue;
        }
        let rows = diff::rows(std::slice::from_ref(of))?;
        let outcome = rows.first().and_then(|row| row["outcome"].as_str()).unwrap_or_default();
        let differs = |field: &str| rows.iter().any(|row| row["field"] == field);
        // A day later than before, or none any more, is no end: the entry stays for longer.
        let ends = rows.iter().filter(|row| row["field"] == "effective_to").any(|row| {
            let day = |at: &str| row[at].as_str().unwrap_or_default();
            let (before, after) = (day("before"), day("after"));
            !after.is_empty() && (before.is_empty() || after < before)
        });
        let same = outcome == "updated" && rows.iter().all(|row| row["field"] == "");
        let Some(list) = list_of(name) else {
            let kind = if name.starts_with("imports/") { "" } else { ENTRIES };
            lists.entry((name, kind)).or_default().outcome = if same { "unchanged" } else { outcome }.to_owned();
            continue;
        };
        let counts = lists.entry((list, ENTRIES)).or_default();
        let count = match outcome {
            "created" => &mut counts.added,
            "retired" => &mut counts.ended,
            _ if same => &mut counts.unchanged,
            _ if ends => &mut counts.ended,
            _ if differs("code") || differs("edition") => &mut counts.moved,
            _ => &mut counts.changed,
        };
        *count += 1;
    }
    let row = |((list, kind), counts): ((&str, &str), Counts)| {
        json!({
            "list": list,
            "kind": kind,
            "outcome": counts.outcome,
            "added": counts.added,
            "ended": counts.ended,
            "moved": counts.moved,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
        })
    };
    Ok(json!({ "lists": lists.into_iter().map(row).collect::<Vec<_>>() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_counted_by_what_becomes_of_them_on_their_list() {
        let diff = |entry: &str, before: &str, after: &str| json!({ "entry": format!("greenLists/{entry}"), "beforeJson": before, "afterJson": after });
        let diffs = [
            diff("ours", "", r#"{"id":"ours"}"#),
            diff("ours/entries/a", "", r#"{"code":"1"}"#),
            diff("ours/entries/b", r#"{"code":"1"}"#, r#"{"code":"2"}"#),
            diff("ours/entries/c", r#"{"code":"1"}"#, r#"{"code":"1","effective_to":"2030-01-01"}"#),
            diff("theirs/entries/d", r#"{"code":"1"}"#, r#"{"code":"1","category":"X"}"#),
            diff("theirs/entries/e", r#"{"code":"1"}"#, r#"{"code":"1"}"#),
        ];
        let told = counted(&diffs).unwrap();
        let row = |at: usize| {
            let numbers = ["added", "ended", "moved", "changed", "unchanged"];
            let row = &told["lists"][at];
            (row["list"].clone(), row["outcome"].clone(), numbers.map(|it| row[it].as_u64().unwrap()))
        };
        assert_eq!(row(0), ("greenLists/ours".into(), "created".into(), [1, 1, 1, 0, 0]));
        assert_eq!(row(1), ("greenLists/theirs".into(), "".into(), [0, 0, 0, 1, 1]));
    }

    #[test]
    fn what_an_import_brings_is_counted_kind_by_kind() {
        let effect = |kind: &str| json!({ "kind": kind, "added": "4", "removed": "35729" });
        let import = json!({ "entry": "imports/x", "beforeJson": "", "afterJson": r#"{"import":"x"}"#, "importEffects": [effect("codes"), effect("links")] });
        let none = json!({ "entry": "imports/y", "beforeJson": "", "afterJson": r#"{"import":"y"}"# });
        let told = counted(&[import, none]).unwrap();
        let rows = told["lists"].as_array().unwrap();
        let row = |at: usize| {
            let number = |name: &str| rows[at][name].as_u64().unwrap();
            let text = |name: &str| rows[at][name].as_str().unwrap();
            (text("list"), text("kind"), number("added"), number("ended"))
        };
        let expected = [("imports/x", "codes", 4, 35729), ("imports/x", "links", 4, 35729), ("imports/y", "", 0, 0)];
        assert_eq!((0..rows.len()).map(row).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_entry_that_stays_for_longer_is_changed_and_does_not_end() {
        let until = |day: &str| format!(r#"{{"code":"1","effective_to":"{day}"}}"#);
        for (before, after, expected) in [
            ("2027-06-30", "2029-06-30", "changed"),
            ("2027-06-30", "", "changed"),
            ("2027-06-30", "2026-06-30", "ended"),
            ("", "2027-06-30", "ended"),
        ] {
            let diff =
                json!({ "entry": "greenLists/ours/entries/a", "beforeJson": until(before), "afterJson": until(after) });
            let told = counted(&[diff]).unwrap();
            for column in ["added", "ended", "moved", "changed", "unchanged"] {
                assert_eq!(told["lists"][0][column] == 1, column == expected, "{column}: {before} to {after}: {told}");
            }
        }
    }
}
