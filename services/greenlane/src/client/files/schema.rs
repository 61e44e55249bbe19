//! The JSON Schema of what people write as files, made from the contract and its comments: for editors.

use std::collections::BTreeMap;

use anyhow::Context as _;
use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind as Type, MessageDescriptor};
use serde_json::{Value, json};

use super::{fit::words, form};

/// The name under which `pull` writes it.
pub(crate) const FILE: &str = "catalogue.schema.json";

/// The schema, draft 7: what editors know.
pub(crate) fn schema() -> anyhow::Result<Value> {
    let pool = DescriptorPool::decode(greenlane_api::DOCUMENTED_DESCRIPTORS)?;
    let mut definitions = BTreeMap::new();
    let mut kinds = Vec::new();
    for form in form::all() {
        // That of the form has no comments.
        let message = pool.get_message_by_name(form.message.full_name());
        let message = message.context("the contracts have every form")?;
        define(&message, &mut definitions);
        let property = json!({
            "allOf": [{ "$ref": format!("#/definitions/{}", message.name()) }],
            "description": comment(&message.parent_file(), message.path()),
        });
        kinds.push(json!({
            "type": "object",
            "additionalProperties": false,
            "required": [form.word],
            "properties": { &form.word: property },
        }));
    }
    // Nobody writes what the service counts.
    let counted = definitions.get_mut("GreenList").and_then(|list| list["properties"].as_object_mut());
    counted.into_iter().for_each(|fields| fields.retain(|field, _| !form::COUNTED.contains(&field.as_str())));
    Ok(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": FILE,
        "title": "Entries of the Greenlane catalogue",
        "type": "array",
        "items": { "oneOf": kinds },
        "definitions": definitions,
    }))
}

/// The schema of a file that is one message.
pub(crate) fn of_message(full_name: &str, title: &str) -> anyhow::Result<Value> {
    let pool = DescriptorPool::decode(greenlane_api::DOCUMENTED_DESCRIPTORS)?;
    let message = pool.get_message_by_name(full_name).with_context(|| format!("the contracts have no {full_name}"))?;
    let mut definitions = BTreeMap::new();
    define(&message, &mut definitions);
    // Files name what they are about by their own words: a name is given by the service.
    if let Some(own) = definitions.get_mut(message.name()).and_then(Value::as_object_mut) {
        own.remove("required");
    }
    Ok(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": format!("{full_name}.schema.json"),
        "title": title,
        "$ref": format!("#/definitions/{}", message.name()),
        "definitions": definitions,
    }))
}

fn property(field: &FieldDescriptor, definitions: &mut BTreeMap<String, Value>) -> Value {
    let value = match field.kind() {
        Type::Message(kind) if kind.full_name() == "google.protobuf.Timestamp" => {
            json!({ "type": "string", "format": "date-time" })
        }
        Type::Message(kind) if kind.package_name() == "google.protobuf" => json!({ "type": "string" }),
        Type::Message(kind) => {
            define(&kind, definitions);
            json!({ "$ref": format!("#/definitions/{}", kind.name()) })
        }
        Type::Enum(kind) => json!({ "type": "string", "enum": words(&kind) }),
        Type::Bool => json!({ "type": "boolean" }),
        Type::String => json!({ "type": "string" }),
        _ => json!({ "type": "integer", "minimum": 0 }),
    };
    let value = if field.is_list() { json!({ "type": "array", "items": value }) } else { value };
    let mut said = comment(&field.parent_message().parent_file(), field.path());
    if let Type::Enum(kind) = field.kind() {
        said.push_str(&meanings(&kind));
    }
    if said.is_empty() {
        return value;
    }
    // Beside `$ref` draft 7 reads nothing: it stands within.
    let mut value = if value.get("$ref").is_some() { json!({ "allOf": [value] }) } else { value };
    value["description"] = json!(said);
    value
}

fn define(kind: &MessageDescriptor, definitions: &mut BTreeMap<String, Value>) {
    if definitions.contains_key(kind.name()) {
        return;
    }
    // Known before its fields are: a message may hold itself.
    definitions.insert(kind.name().to_owned(), Value::Null);
    let properties: serde_json::Map<_, _> =
        kind.fields().map(|field| (field.name().to_owned(), property(&field, definitions))).collect();
    let mut definition = json!({
        "type": "object",
        "additionalProperties": false,
        "description": comment(&kind.parent_file(), kind.path()),
        "properties": properties,
    });
    if kind.get_field_by_name("name").is_some() {
        definition["required"] = json!(["name"]);
    }
    definitions.insert(kind.name().to_owned(), definition);
}

/// What the words of a vocabulary mean, one a line.
fn meanings(kind: &EnumDescriptor) -> String {
    let file = kind.parent_file();
    let values = kind.values().filter(|value| value.number() != 0);
    words(kind).iter().zip(values).map(|(word, value)| format!("\n{word}: {}", comment(&file, value.path()))).collect()
}

/// The comment of a part of the contract.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let Some(source) = &file.file_descriptor_proto().source_code_info else { return String::new() };
    let found = source.location.iter().find(|location| location.path == path);
    let text = found.map(|location| location.leading_comments().trim().to_owned()).unwrap_or_default();
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
