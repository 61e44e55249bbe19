//! What a change set does, field by field.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::Value;

use crate::client::render::plain;

/// The text: each entry, and below it the fields that differ, with what they were and are.
pub(crate) fn text(diffs: &[Value]) -> anyhow::Result<String> {
    let mut text = String::new();
    for diff in diffs {
        let of = |member: &str| diff[member].as_str().unwrap_or_default();
        let (sign, nothing) = match (of("beforeJson").is_empty(), of("afterJson").is_empty()) {
            (true, true) => ('-', "    there is no such entry: nothing is retired\n"),
            (true, false) => ('+', ""),
            (false, true) => ('-', ""),
            (false, false) => ('~', ""),
        };
        text.push_str(&format!("{sign} {}\n{nothing}", of("entry")));
        text.push_str(&lines(&fields(of("beforeJson"))?, &fields(of("afterJson"))?));
    }
    Ok(text)
}

/// One line for each field that differs.
pub(crate) fn lines(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        match (before.get(path), after.get(path)) {
            (Some(before), Some(after)) if before == after => {}
            (Some(before), Some(after)) => text.push_str(&format!("    ~ {path}: {before} -> {after}\n")),
            (Some(before), None) => text.push_str(&format!("    - {path}: {before}\n")),
            (None, Some(after)) => text.push_str(&format!("    + {path}: {after}\n")),
            (None, None) => {}
        }
    }
    text
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

/// Every value that is not empty, by its path: `acceptances[0].bodies.economies[1]`.
pub(crate) fn flatten(value: &Value) -> BTreeMap<String, String> {
    fn walk(path: String, value: &Value, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
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
                let text = plain(other);
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
        // An entry of which nothing is said is there all the same.
        assert!(diff(r#"{"scheme":{}}"#, entry).starts_with("~ schemes/x\n"));
    }
}
