//! A thing with parts of its own, as a table of two columns: what it has, and of each part what that has, indented. What is
//! short stands in one cell.

use serde_json::{Map, Value};

use super::{cell, document};

/// Characters of a part that stands in one cell.
const SHORT: usize = 72;

/// A heading, and what stands beside it.
pub(super) type Row = (String, String);

/// The rows of a thing.
pub(super) fn rows(value: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    match value {
        Value::Object(fields) => add(&mut rows, 0, fields),
        _ => rows.push((String::new(), cell::plain(value))),
    }
    rows
}

fn add(rows: &mut Vec<Row>, depth: usize, fields: &Map<String, Value>) {
    for (key, value) in document::in_order(fields) {
        let name = heading(depth, key);
        if let Some(text) = short(value) {
            rows.push((name, text));
            continue;
        }
        match value {
            Value::Array(items) => each(rows, depth, &name, items),
            Value::Object(parts) => {
                rows.push((name, String::new()));
                add(rows, depth + 1, parts);
            }
            _ => {}
        }
    }
}

/// Parts of one kind, each under its number, or short ones one below the other.
fn each(rows: &mut Vec<Row>, depth: usize, name: &str, items: &[Value]) {
    let told: Vec<&Value> = items.iter().filter(|item| !document::is_empty(item)).collect();
    if let [Value::Object(only)] = told[..]
        && let Some((_, text)) = localized(only)
    {
        rows.push((name.to_owned(), text.to_owned()));
        return;
    }
    if let Some(texts) = told.iter().map(|item| short(item)).collect::<Option<Vec<_>>>() {
        let mut name = name;
        for text in texts {
            rows.push((name.to_owned(), text));
            name = "";
        }
        return;
    }
    for (number, item) in (1..).zip(told) {
        rows.push((format!("{name} {number}"), String::new()));
        match item {
            Value::Object(parts) => add(rows, depth + 1, parts),
            other => rows.push((String::new(), cell::plain(other))),
        }
    }
}

/// What has room in one cell; none of what has too much in it, or parts of its own.
fn short(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => {
            if let Some((language, text)) = localized(fields) {
                return Some(format!("{language}: {text}"));
            }
            let text = in_words(value, fields)?;
            (text.chars().count() <= SHORT).then_some(text)
        }
        Value::Array(items) => {
            // What reads as a word may stand beside others.
            let words = items.iter().all(|item| !item.is_object() || is_word(item));
            let flat = items.iter().all(|item| !item.is_array());
            (words && flat).then(|| cell::plain(value))
        }
        other => Some(cell::plain(other)),
    }
}

/// A text with its language.
fn localized(fields: &Map<String, Value>) -> Option<(&str, &str)> {
    let (language, text) = (fields.get("language")?.as_str()?, fields.get("text")?.as_str()?);
    (fields.len() == 2).then_some((language, text))
}

/// A part whose fields are plain values: `from 2020-01-01, until 2030-01-01`.
fn in_words(value: &Value, fields: &Map<String, Value>) -> Option<String> {
    if is_word(value) {
        return Some(cell::plain(value));
    }
    let told = document::in_order(fields);
    let plain = told.iter().all(|(_, value)| !value.is_object() && !value.is_array() || is_word(value));
    let texts = told.iter().map(|(key, value)| format!("{} {}", words(key), cell::plain(value)));
    plain.then(|| texts.collect::<Vec<_>>().join(", "))
}

/// Whether something is one word to people: a code with its edition, an amount with its unit.
fn is_word(value: &Value) -> bool {
    let Value::Object(fields) = value else { return false };
    let has = |key| fields.get(key).is_some_and(Value::is_string);
    fields.len() == 2 && (has("edition") && has("code") || has("amount") && has("unit"))
}

fn heading(depth: usize, key: &str) -> String {
    let words = words(key);
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{}{first}{}", "  ".repeat(depth), letters.as_str())
}

/// The words of a field: `legal reference` of `legalReference`.
fn words(key: &str) -> String {
    cell::field_name(key).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_folded_where_they_are_short_and_stand_indented_under_their_heading_where_they_are_not() {
        let code = |code: &str| json!({ "edition": "HS2022", "code": code });
        let long = "A rating plate in the language of the market is to be on each module and on its packaging.";
        let thing = json!({
            "title": "Modules",
            "name": "annexes/x",
            "codes": [{ "code": code("8541"), "except": [] }, { "code": code("854143"), "except": ["85414310"] }],
            "validity": { "from": "2020-01-01", "until": "" },
            "parties": ["XA", "XB"],
            "maxChainLinks": 0,
            "conditions": [{ "id": "plate", "kind": "CONDITION_KIND_LABEL", "description": long }],
            "titles": [{ "language": "en", "text": "Modules" }, { "language": "zh", "text": "组件" }],
            "displayNames": [{ "language": "en", "text": "Alone" }],
            "designationRequired": false,
            "suspensions": [],
        });
        let rows = rows(&thing);
        let row = |heading: &str| rows.iter().find(|(it, _)| it == heading).map(|(_, text)| text.as_str());
        assert_eq!(rows[0], ("Name".to_owned(), "annexes/x".to_owned()));
        assert_eq!(row("Validity"), Some("from 2020-01-01"));
        assert_eq!(row("Parties"), Some("XA, XB"));
        assert_eq!(row("Codes"), None, "one of them has a list in it: {rows:?}");
        assert_eq!(row("  Code"), Some("HS2022:8541"));
        assert_eq!(row("  Except"), Some("85414310"));
        assert_eq!((row("Conditions 1"), row("  Description")), (Some(""), Some(long)));
        assert_eq!((row("Titles"), row("Display names")), (Some("en: Modules"), Some("Alone")));
        assert!(rows.contains(&(String::new(), "zh: 组件".to_owned())), "{rows:?}");
        assert_eq!((row("Max chain links"), row("Designation required")), (Some("0"), Some("no")));
        assert_eq!(row("Suspensions"), None);
    }
}
