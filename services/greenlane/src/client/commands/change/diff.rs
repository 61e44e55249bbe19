//! What a change set does, field by field.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};

use crate::client::render::{field_name, written};

/// A field that differs: what it was, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Field {
    path: String,
    before: Option<String>,
    after: Option<String>,
}

/// The text: each entry, and below it the fields that differ, with what they were and are.
pub(crate) fn text(diffs: &[Value]) -> anyhow::Result<String> {
    let mut text = String::new();
    for diff in diffs {
        let (outcome, fields) = read(diff)?;
        let (sign, nothing) = match outcome {
            NOTHING => ('-', "    there is no such entry: nothing is retired\n"),
            "created" => ('+', ""),
            "retired" => ('-', ""),
            _ => ('~', ""),
        };
        let nothing = if outcome == "updated" && fields.is_empty() { SAME } else { nothing };
        text.push_str(&format!("{sign} {}\n{nothing}", diff["entry"].as_str().unwrap_or_default()));
        text.push_str(&lines(&fields));
        effects(diff).iter().for_each(|effect| text.push_str(&effect.told()));
    }
    Ok(text)
}

/// What an import does to the things of one kind: of each of added, removed and changed how many, and the first of them.
pub(super) struct Effect<'d> {
    pub(super) kind: &'d str,
    pub(super) done: [Done<'d>; 3],
}

/// So many, and the first of them by name.
pub(super) struct Done<'d> {
    what: &'static str,
    pub(super) count: u64,
    first: Vec<&'d str>,
}

/// What the import of a difference does; nothing of what is no import, or of one that does nothing.
pub(super) fn effects(diff: &Value) -> Vec<Effect<'_>> {
    diff["importEffects"].as_array().into_iter().flatten().map(Effect::of).collect()
}

impl<'d> Effect<'d> {
    fn of(effect: &'d Value) -> Self {
        let done = |what: &'static str, first: &str| {
            // Protobuf JSON writes numbers of so many bits as text.
            let count = effect[what].as_u64().or_else(|| effect[what].as_str()?.parse().ok());
            let first = effect[first].as_array().into_iter().flatten().filter_map(Value::as_str);
            Done { what, count: count.unwrap_or_default(), first: first.collect() }
        };
        Self {
            kind: effect["kind"].as_str().unwrap_or_default(),
            done: [done("added", "firstAdded"), done("removed", "firstRemoved"), done("changed", "firstChanged")],
        }
    }

    /// The lines below the import: how many, and then the first of each.
    fn told(&self) -> String {
        let counts = self.done.iter().map(|it| format!("{} {}", it.count, it.what)).collect::<Vec<_>>().join(", ");
        let mut text = format!("    {}: {counts}\n", self.kind.replace('_', " "));
        for (sign, Done { count, first, .. }) in ['+', '-', '~'].into_iter().zip(&self.done) {
            for name in first {
                text.push_str(&format!("      {sign} {name}\n"));
            }
            match count.saturating_sub(first.len() as u64) {
                0 => {}
                more => text.push_str(&format!("      {sign} and {more} more\n")),
            }
        }
        text
    }

    /// As fields that differ have it, for those who read a table.
    fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        let done = self.done.iter().filter(|it| it.count > 0);
        done.map(move |Done { what, count, .. }| Field {
            path: format!("{}.{what}", self.kind),
            before: None,
            after: Some(count.to_string()),
        })
    }
}

/// Below an entry that would be what it is.
const SAME: &str = "    nothing differs: it is so already\n";

/// A retirement of what is not there.
const NOTHING: &str = "nothing";

/// What becomes of an entry, and the fields that differ.
fn read(diff: &Value) -> anyhow::Result<(&'static str, Vec<Field>)> {
    let of = |member: &str| diff[member].as_str().unwrap_or_default();
    let outcome = match (of("beforeJson").is_empty(), of("afterJson").is_empty()) {
        (true, true) => NOTHING,
        (true, false) => "created",
        (false, true) => "retired",
        (false, false) => "updated",
    };
    Ok((outcome, between(&fields(of("beforeJson"))?, &fields(of("afterJson"))?)))
}

/// A row for each field that differs, as comma-separated values have them.
pub(crate) fn rows(diffs: &[Value]) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for diff in diffs {
        let (outcome, mut fields) = read(diff)?;
        fields.extend(effects(diff).iter().flat_map(Effect::fields));
        rows.extend(rows_of(diff["entry"].as_str().unwrap_or_default(), outcome, "", &fields));
    }
    Ok(rows)
}

/// The rows of an entry: one where no field differs.
pub(crate) fn rows_of(entry: &str, outcome: &str, place: &str, fields: &[Field]) -> Vec<Value> {
    let row = |field: Option<&Field>| {
        let of = |value: Option<&String>| value.cloned().unwrap_or_default();
        json!({
            "entry": entry,
            "outcome": outcome,
            "place": place,
            "field": of(field.map(|it| &it.path)),
            "before": of(field.and_then(|it| it.before.as_ref())),
            "after": of(field.and_then(|it| it.after.as_ref())),
        })
    };
    if fields.is_empty() { vec![row(None)] } else { fields.iter().map(|field| row(Some(field))).collect() }
}

/// The fields that differ, by their paths.
pub(crate) fn between(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<Field> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    differing
        .map(|path| Field { path: path.clone(), before: before.get(path).cloned(), after: after.get(path).cloned() })
        .collect()
}

/// One line for each.
pub(crate) fn lines(fields: &[Field]) -> String {
    let line = |Field { path, before, after }: &Field| match (before, after) {
        (Some(before), Some(after)) => format!("    ~ {path}: {before} -> {after}\n"),
        (Some(before), None) => format!("    - {path}: {before}\n"),
        (None, after) => format!("    + {path}: {}\n", after.as_deref().unwrap_or_default()),
    };
    fields.iter().map(line).collect()
}

/// The fields of an entry in its JSON, by their paths.
fn fields(json: &str) -> anyhow::Result<BTreeMap<String, String>> {
    if json.is_empty() {
        return Ok(BTreeMap::new());
    }
    let entry: Value = serde_json::from_str(json).context("the server sent an entry that is no JSON")?;
    // The one member of a catalogue's entry is its kind; a list's entry has none.
    let kind = entry.as_object().filter(|members| members.len() == 1).and_then(|kinds| kinds.values().next());
    Ok(flatten(kind.filter(|content| content.is_object()).unwrap_or(&entry)))
}

/// Every value that is not empty, by its path, both as files write them: `acceptances[0].bodies.economies[1]`.
pub(crate) fn flatten(value: &Value) -> BTreeMap<String, String> {
    fn walk(path: String, value: &Value, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let key = field_name(key);
                    let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                    walk(path, value, found);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    walk(format!("{path}[{index}]"), value, found);
                }
            }
            Value::Null | Value::Bool(false) => {}
            other => {
                let text = written(other);
                if !text.is_empty() {
                    found.insert(path, text);
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(String::new(), value, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_retirement_is_none_of_an_addition_even_of_what_is_not_there() {
        let entry = r#"{"scheme":{"name":"schemes/x","title":"X"}}"#;
        let diff = |before: &str, after: &str| {
            text(&[json!({ "entry": "schemes/x", "beforeJson": before, "afterJson": after })]).unwrap()
        };
        assert!(diff("", entry).starts_with("+ schemes/x\n    + name: schemes/x\n"), "{}", diff("", entry));
        assert!(diff(entry, "").starts_with("- schemes/x\n    - name: schemes/x\n"), "{}", diff(entry, ""));
        assert_eq!(diff("", ""), "- schemes/x\n    there is no such entry: nothing is retired\n");
        assert_eq!(diff(entry, entry), "~ schemes/x\n    nothing differs: it is so already\n");
        // An entry of which nothing is said is there all the same.
        assert!(diff(r#"{"scheme":{}}"#, entry).starts_with("~ schemes/x\n"));
    }

    #[test]
    fn an_import_is_told_with_how_much_it_adds_removes_and_changes_and_the_first_of_each() {
        let codes = json!({ "kind": "codes", "added": "1", "removed": 3, "firstAdded": ["HS2026 0101"], "firstRemoved": ["HS2026 0102", "HS2026 0103"] });
        let after = r#"{"import":"x"}"#;
        let diffs = [json!({ "entry": "imports/x", "beforeJson": "", "afterJson": after, "importEffects": [codes] })];
        let expected = "+ imports/x
    + import: x
    codes: 1 added, 3 removed, 0 changed
      + HS2026 0101
      - HS2026 0102
      - HS2026 0103
      - and 1 more
";
        assert_eq!(text(&diffs).unwrap(), expected);
        let rows = rows(&diffs).unwrap();
        let row = |at: usize| (rows[at]["field"].as_str().unwrap(), rows[at]["after"].as_str().unwrap());
        assert_eq!((row(0), row(1), row(2)), (("import", "x"), ("codes.added", "1"), ("codes.removed", "3")));
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn a_row_is_a_field_with_what_it_was_and_is_as_files_write_it() {
        let before = r#"{"annex":{"title":"X","basis":"RECOGNITION_BASIS_HARMONISED_STANDARD"}}"#;
        let after = r#"{"annex":{"title":"X","basis":"RECOGNITION_BASIS_EQUIVALENT_RULES","legalReference":"Art. 1"}}"#;
        let diffs = [
            json!({ "entry": "annexes/x", "beforeJson": before, "afterJson": after }),
            json!({ "entry": "annexes/y", "beforeJson": "", "afterJson": "" }),
        ];
        let rows = rows(&diffs).unwrap();
        let cell = |row: usize, name: &str| rows[row][name].as_str().unwrap().to_owned();
        let row = |at: usize| ["entry", "outcome", "field", "before", "after"].map(|name| cell(at, name));
        assert_eq!(row(0), ["annexes/x", "updated", "basis", "harmonised_standard", "equivalent_rules"]);
        assert_eq!(row(1), ["annexes/x", "updated", "legal_reference", "", "Art. 1"]);
        assert_eq!(row(2), ["annexes/y", "nothing", "", "", ""]);
        assert_eq!(rows.len(), 3);
    }
}
