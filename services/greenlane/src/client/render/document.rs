//! A thing with parts of its own, for a pane: YAML of what it has, what is told in a line before what has parts. Fields and
//! words are spelled as in the files that people write.

use std::{collections::BTreeSet, sync::LazyLock};

use prost_reflect::Kind;
use serde_json::{Map, Value};
use serde_yaml_ng::{Mapping, Value as Yaml};

use super::{POOL, cell};

/// Fields that come first when a thing has them.
const FIRST: [&str; 6] = ["name", "title", "designation", "displayName", "state", "reason"];

/// Fields of numbers that tell whether they were set: a 0 there is said. Elsewhere it is one that is not told.
static CAN_BE_ZERO: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let numbers = [Kind::Int32, Kind::Uint32, Kind::Float, Kind::Double];
    let fields = POOL.all_messages().flat_map(|message| message.fields().collect::<Vec<_>>());
    let set = fields.filter(|field| field.supports_presence() && numbers.contains(&field.kind()));
    set.map(|field| field.json_name().to_owned()).collect()
});

/// The text of a thing.
pub(super) fn text(value: &Value) -> anyhow::Result<String> {
    Ok(serde_yaml_ng::to_string(&ordered(value).unwrap_or(Yaml::Mapping(Mapping::new())))?)
}

/// The value without what is empty, in the order in which people read it.
fn ordered(value: &Value) -> Option<Yaml> {
    match value {
        Value::Null => None,
        Value::Bool(truth) => Some(Yaml::Bool(*truth)),
        Value::Number(number) => serde_yaml_ng::to_value(number).ok(),
        Value::String(_) => {
            let text = cell::written(value);
            (!text.is_empty()).then_some(Yaml::String(text))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(ordered).collect();
            (!items.is_empty()).then_some(Yaml::Sequence(items))
        }
        Value::Object(fields) => {
            let fields = in_order(fields).into_iter();
            let mapping: Mapping = fields
                .filter_map(|(key, value)| Some((Yaml::String(cell::field_name(key)), ordered(value)?)))
                .collect();
            (!mapping.is_empty()).then_some(Yaml::Mapping(mapping))
        }
    }
}

/// The fields of a thing that say something, in the order in which people read them.
pub(super) fn in_order(fields: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let told = |key: &String, value: &Value| value.as_f64() != Some(0.0) || CAN_BE_ZERO.contains(key);
    let told = fields.iter().filter(|(key, value)| told(key, value) && !is_empty(value));
    let mut fields: Vec<_> = told.map(|(key, value)| (key.as_str(), value)).collect();
    fields.sort_by_key(|(key, value)| {
        let first = FIRST.iter().position(|name| name == key).unwrap_or(FIRST.len());
        (first, value.is_object() || value.is_array())
    });
    fields
}

/// Whether a value says nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(_) => cell::written(value).is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(fields) => in_order(fields).is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::text;

    #[test]
    fn a_zero_is_shown_where_it_says_something() {
        let shown = text(&json!({ "name": "annexes/x", "maxChainLinks": 0, "version": 0 })).unwrap();
        assert_eq!(shown, "name: annexes/x\nmax_chain_links: 0\n");
    }
}
