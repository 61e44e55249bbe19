//! Published entries as readable YAML: fields in the order of the contract, words without the name of their vocabulary,
//! nothing that says nothing; the same bytes for the same entries.

use prost_reflect::{Kind as Type, MessageDescriptor};
use serde_json::Value;
use serde_yaml_ng::{Mapping, Value as Yaml};

use super::form::Form;
use crate::client::render::{field_name, label, yaml};

/// The text of a file of entries, each with the word of its form.
pub(crate) fn text<'e>(
    entries: impl IntoIterator<Item = (&'static Form, &'e Value)>,
    schema: &str,
) -> anyhow::Result<String> {
    let head = format!("# yaml-language-server: $schema={schema}\n");
    Ok(head + &list(entries)?)
}

/// The entries of such a file alone.
pub(crate) fn list<'e>(entries: impl IntoIterator<Item = (&'static Form, &'e Value)>) -> anyhow::Result<String> {
    let all = entries.into_iter().map(|(form, content)| {
        let mut entry = Mapping::new();
        entry.insert(Yaml::from(form.word.as_str()), message(&form.message, content));
        Yaml::Mapping(entry)
    });
    yaml::text(&all.collect::<Vec<_>>())
}

/// The answer of a method that reads one entry: the entry as a file has it, and what stands beside it.
pub(crate) fn answer(form: &'static Form, field: &str, answer: &Value) -> anyhow::Result<String> {
    let mut whole = Mapping::new();
    for (key, value) in answer.as_object().into_iter().flatten() {
        let (key, value) = if key == field {
            (Yaml::from(form.word.as_str()), message(&form.message, &form.of_json(value.clone())?))
        } else {
            (Yaml::from(field_name(key)), serde_yaml_ng::to_value(value)?)
        };
        whole.insert(key, value);
    }
    yaml::text(&whole)
}

fn message(kind: &MessageDescriptor, content: &Value) -> Yaml {
    let mut fields = Mapping::new();
    for field in kind.fields() {
        let Some(value) = content.get(field.name()) else { continue };
        let value = match value {
            Value::Array(items) => Yaml::Sequence(items.iter().map(|item| one(&field.kind(), item)).collect()),
            value => one(&field.kind(), value),
        };
        fields.insert(Yaml::from(field.name()), value);
    }
    Yaml::Mapping(fields)
}

fn one(kind: &Type, value: &Value) -> Yaml {
    match (kind, value) {
        (Type::Message(kind), value) => message(kind, value),
        (Type::Enum(_), Value::String(name)) => {
            Yaml::from(label(name).map_or_else(|| name.clone(), |label| label.replace('-', "_")))
        }
        (_, Value::String(text)) => Yaml::from(text.as_str()),
        (_, Value::Bool(truth)) => Yaml::from(*truth),
        (_, Value::Number(number)) => number.as_u64().map_or(Yaml::Null, Yaml::from),
        _ => Yaml::Null,
    }
}
