//! A value as one cell of a table.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use serde_json::{Map, Value};

use super::POOL;

/// The words for the values of our enums, as the flags of the commands spell them: `active` for
/// `CERTIFICATE_STATE_ACTIVE`, nothing for `…_UNSPECIFIED`.
static LABELS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let mut labels = HashMap::new();
    for kind in POOL.all_enums() {
        let prefix = screaming(kind.name());
        for value in kind.values() {
            let word = value.name().trim_start_matches(&prefix).to_lowercase().replace('_', "-");
            labels.insert(value.name().to_owned(), if word == "unspecified" { String::new() } else { word });
        }
    }
    labels
});

/// `CERTIFICATE_STATE_` for `CertificateState`.
fn screaming(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text.push('_');
    text
}

/// The word for a value of one of our enums.
pub(crate) fn label(name: &str) -> Option<&'static str> {
    LABELS.get(name).map(String::as_str)
}

/// The name of a field as the contract and the files have it, from its name in JSON: `placed_on_market_on` for
/// `placedOnMarketOn`. Of a path, that of each field in it.
pub(crate) fn field_name(json: &str) -> String {
    let mut named = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii_uppercase() {
            named.push('_');
        }
        named.push(letter.to_ascii_lowercase());
    }
    named
}

/// A value as files write it: enum values by their word with underscores, truths as YAML has them.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::Bool(truth) => truth.to_string(),
        Value::String(text) => label(text).map_or_else(|| plain(value), |label| label.replace('-', "_")),
        _ => plain(value),
    }
}

/// Parts several texts of one cell: they may have commas in them.
const SEVERAL: &str = "; ";

/// The value at a dotted path; an empty path is the value itself. An item of a list is named by its place, and one of a
/// list of texts by its language too: `descriptions.zh.text`.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    path.split('.').try_fold(value, |value, key| match value {
        Value::Array(items) => match key.parse::<usize>() {
            Ok(index) => items.get(index),
            Err(_) => items.iter().find(|item| item.get("language").and_then(Value::as_str) == Some(key)),
        },
        other => other.get(key),
    })
}

/// The cell of a column. A `*` in the path stands for each item of a list, a `+` for each with another value; a `?` at its
/// end leaves a zero out.
pub(crate) fn text(row: &Value, path: &str) -> String {
    let path = path.split_once('~').map_or(path, |(_, path)| path);
    let split = |mark: &'static str| path.split_once(mark).map(|(list, path)| (list, mark, path));
    let first = [split(".*."), split(".+.")].into_iter().flatten().min_by_key(|(list, ..)| list.len());
    if let Some((list, mark, path)) = first {
        let mut texts = Vec::new();
        for item in at(row, list).and_then(Value::as_array).into_iter().flatten() {
            let text = text(item, path);
            // A list within the list has texts of its own.
            let inner: Vec<&str> =
                if path.contains(".+.") { text.split(SEVERAL).collect() } else { vec![text.as_str()] };
            for text in inner.into_iter().filter(|text| !text.is_empty()) {
                if mark == ".*." || !texts.iter().any(|known: &String| known == text) {
                    texts.push(text.to_owned());
                }
            }
        }
        return texts.join(SEVERAL);
    }
    match path.strip_suffix('?') {
        None => at(row, path).map(plain).unwrap_or_default(),
        Some(path) => at(row, path).filter(|value| value.as_f64() != Some(0.0)).map(plain).unwrap_or_default(),
    }
}

/// A text for a terminal, in which control characters are seen and do nothing: names come out of files, and from others.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let acts = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if acts(letter) { seen.extend(letter.escape_default()) } else { seen.push(letter) }
    }
    Cow::Owned(seen)
}

/// A value as one cell of text.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::String(text) => word(text),
        Value::Array(items) => {
            let parts = items.iter().any(|item| item.as_object().is_some_and(|fields| one_word(fields).is_none()));
            let items: Vec<String> = items.iter().map(plain).filter(|item| !item.is_empty()).collect();
            items.join(if parts { SEVERAL } else { ", " })
        }
        Value::Object(fields) => one_word(fields).unwrap_or_else(|| {
            let told = fields.iter().map(|(key, value)| (key, plain(value))).filter(|(_, text)| !text.is_empty());
            let mut told: Vec<_> = told.collect();
            // A time begins before it ends.
            told.sort_by_key(|(key, _)| TIMES.iter().position(|time| time == key).unwrap_or(TIMES.len()));
            let told = told.iter().map(|(key, text)| format!("{} {text}", field_name(key).replace('_', " ")));
            told.collect::<Vec<_>>().join(", ")
        }),
        Value::Number(number) => number.to_string(),
    }
}

/// A text: values of enums by their word, times to the second.
fn word(text: &str) -> String {
    if let Some(label) = label(text) {
        return label.to_owned();
    }
    let digit_first = text.starts_with(|first: char| first.is_ascii_digit());
    match chrono::DateTime::parse_from_rfc3339(text) {
        Ok(time) if digit_first && text.contains('T') => {
            time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        }
        _ => text.to_owned(),
    }
}

/// Fields of times, in their order.
const TIMES: [&str; 2] = ["from", "until"];

/// What is one word to people.
fn one_word(fields: &Map<String, Value>) -> Option<String> {
    reference(fields).or_else(|| amount(fields))
}

/// A code with its edition, as it is written on the command line.
fn reference(fields: &Map<String, Value>) -> Option<String> {
    let (edition, code) = (fields.get("edition")?.as_str()?, fields.get("code")?.as_str()?);
    (fields.len() == 2).then(|| format!("{edition}:{code}"))
}

/// An amount with its unit.
fn amount(fields: &Map<String, Value>) -> Option<String> {
    let (amount, unit) = (fields.get("amount")?.as_str()?, fields.get("unit")?.as_str()?);
    (fields.len() == 2 && !amount.is_empty()).then(|| format!("{amount} {unit}"))
}
