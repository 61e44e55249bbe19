//! Whether what a file says is an entry of the contract: every name and every type, each fault with its place.

use std::sync::Arc;

use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind as Type, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::{Fault, InPart, Item, form, positions::Positions};
use crate::client::{
    commands::catalogue::Kind,
    meant::near,
    render::{POOL, field_name, label},
};

/// What stands beside an entry in the answer of `get -o yaml`, which may well be edited and applied.
const BESIDE: [&str; 3] = ["known_from_revision", "knownFromRevision", "revision"];

/// An entry, or a note of everything that is wrong with it, and what of it can be read all the same.
pub(super) fn entry(
    positions: &Arc<Positions>,
    path: &str,
    value: &Value,
    faults: &mut Vec<Fault>,
) -> Result<Item, Option<Box<InPart>>> {
    let mut fit = Fit { positions, faults, wrong: Vec::new() };
    let words: Vec<&str> = form::all().iter().map(|form| form.word.as_str()).collect();
    let is_read = |word: &str| BESIDE.contains(&word);
    let fields = value.as_object().map(|fields| fields.iter().filter(|(word, _)| !is_read(word)));
    let Some(&[(word, content)]) = fields.map(Iterator::collect::<Vec<_>>).as_deref() else {
        fit.add(path, format!("must be an entry: one of {} and below it its fields", words.join(", ")));
        return Err(None);
    };
    let before = fit.faults.len();
    let within = path;
    let path = if path.is_empty() { word.clone() } else { format!("{path}.{word}") };
    let Some(form) = form::of_word(word) else {
        fit.no_field(within, word, &words);
        return Err(None);
    };
    let fitted = fit.message(&form.message, content, &path);
    let name = name(value).unwrap_or_default().to_owned();
    match form.check_name(&name) {
        Ok(()) => {}
        // What is no name at all was told as such.
        Err(_) if fit.faults.len() > before && content.get("name").is_none_or(|name| !name.is_string()) => {}
        Err(wrong) => fit.add(&format!("{path}.name"), wrong),
    }
    let is_whole = fit.faults.len() == before;
    let dynamic = match DynamicMessage::deserialize(form.message.clone(), fitted) {
        Ok(dynamic) => dynamic,
        Err(_) if !is_whole => return Err(None),
        Err(error) => {
            fit.add(&path, error.to_string());
            return Err(None);
        }
    };
    let wrong = fit.wrong;
    let Ok(content) = form.content(&dynamic) else { return Err(None) };
    let item = Item { form, name, content, positions: Arc::clone(positions), path: path.clone() };
    if is_whole {
        return Ok(item);
    }
    let within = field_name(&path);
    let wrong = wrong.iter().filter_map(|it| {
        let it = field_name(it);
        Some(it.strip_prefix(&within)?.trim_start_matches('.').to_owned())
    });
    let wrong = wrong.collect();
    Err(Some(Box::new(InPart { item, wrong })))
}

/// What the entry in a value is called, if it says so.
pub(super) fn name(value: &Value) -> Option<&str> {
    let fields = value.as_object()?.iter().filter(|(word, _)| !BESIDE.contains(&word.as_str()));
    let mut names = fields.filter_map(|(_, content)| content.get("name")?.as_str());
    names.next()
}

/// A message of any kind, with its fields under the contract's own names, or a note of everything that is wrong with it.
pub(super) fn message(
    positions: &Positions,
    kind: &MessageDescriptor,
    value: &Value,
    path: &str,
    faults: &mut Vec<Fault>,
) -> Option<DynamicMessage> {
    let mut fit = Fit { positions, faults, wrong: Vec::new() };
    let before = fit.faults.len();
    let fitted = fit.message(kind, value, path);
    if fit.faults.len() > before {
        return None;
    }
    DynamicMessage::deserialize(kind.clone(), fitted).map_err(|error| fit.add(path, error.to_string())).ok()
}

/// What a file has in it of this kind, and where: all of it, or in the answer of `get -o yaml`, which may well be edited and
/// given back, the first message of the kind: `changeSet`, `certificate.content`.
pub(super) fn within(kind: &MessageDescriptor, value: Value) -> (String, Value) {
    // Beside each thing stands the revision that it was read at.
    let own =
        |key: &String| key != "revision" && kind.fields().any(|field| field.name() == key || field.json_name() == key);
    let Some(fields) = value.as_object().filter(|fields| !fields.keys().any(own)) else {
        return (String::new(), value);
    };
    // The answers of every method that reads one.
    let reads = POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    for answer in reads.filter(|method| method.name().starts_with("Get")).map(|method| method.output()) {
        for field in answer.fields().filter(|field| !field.is_list()) {
            let Type::Message(inner) = field.kind() else { continue };
            let Some(found) = fields.get(field.json_name()) else { continue };
            if inner == *kind {
                return (field.json_name().to_owned(), found.clone());
            }
            let mut fields = inner.fields().filter(|field| !field.is_list());
            let content = fields.find(|field| matches!(field.kind(), Type::Message(content) if content == *kind));
            if let Some((content, found)) =
                content.and_then(|field| Some((field.clone(), found.get(field.json_name())?)))
            {
                return (format!("{}.{}", field.json_name(), content.json_name()), found.clone());
            }
        }
    }
    (String::new(), value)
}

struct Fit<'f> {
    positions: &'f Positions,
    faults: &'f mut Vec<Fault>,
    /// Paths of what is wrong. In its place stands something that can be read.
    wrong: Vec<String>,
}

impl Fit<'_> {
    fn add(&mut self, path: &str, message: impl Into<String>) {
        self.faults.push(Fault { place: self.positions.place(path), message: message.into() });
        self.wrong.push(path.to_owned());
    }

    /// A key that is no field; `names` are those that there are.
    fn no_field(&mut self, within: &str, key: &str, names: &[&str]) {
        let path = if within.is_empty() { key.to_owned() } else { format!("{within}.{key}") };
        // A colon that is forgotten within braces makes a name of name and value.
        let word = key.split_whitespace().next().filter(|word| *word != key);
        let meant = word.filter(|word| names.iter().any(|name| field_name(word) == *name));
        let message = match meant {
            Some(word) => format!("there is no `: ` here: write `{word}: …`"),
            None => match near(key, names.iter().copied()) {
                Some(meant) => {
                    format!("there is no field `{key}` here; did you mean `{meant}`? There are {}", names.join(", "))
                }
                None => format!("there is no field `{key}` here; there are {}", names.join(", ")),
            },
        };
        self.faults.push(Fault { place: self.positions.key(&path), message });
        // Nor is the field that was meant to be missed.
        let meant = meant.or_else(|| near(key, names.iter().copied()));
        self.wrong.extend(meant.map(|meant| format!("{within}.{meant}")));
    }

    /// A message: its fields under the contract's own names, with what they must be.
    fn message(&mut self, kind: &MessageDescriptor, value: &Value, path: &str) -> Value {
        let Some(fields) = value.as_object() else {
            let entries = value.as_array().is_some_and(|all| path.is_empty() && !all.is_empty());
            let apply = if entries { "; entries of a catalogue are for `greenlane apply`" } else { "" };
            self.add(path, format!("must be fields, of {}{apply}", known(kind)));
            return json!({});
        };
        let mut fitted = Map::new();
        let within = path;
        for (key, value) in fields {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let Some(field) = kind.fields().find(|field| field.name() == key || field.json_name() == key) else {
                let mut names: Vec<_> = kind.fields().map(|field| field.name().to_owned()).collect();
                names.retain(|name| {
                    *kind != form::of_kind(Kind::GreenLists).message || !form::COUNTED.contains(&name.as_str())
                });
                self.no_field(within, key, &names.iter().map(String::as_str).collect::<Vec<_>>());
                continue;
            };
            if !value.is_null() {
                fitted.insert(field.name().to_owned(), self.field(&field, value, &path));
            }
        }
        Value::Object(fitted)
    }

    fn field(&mut self, field: &FieldDescriptor, value: &Value, path: &str) -> Value {
        if field.is_map() {
            // None of what people write has one; what is wrong with it is told without its place.
            return value.clone();
        }
        if !field.is_list() {
            return self.value(field, value, path);
        }
        let Some(items) = value.as_array() else {
            self.add(path, "must be a list");
            return json!([]);
        };
        let items = items.iter().enumerate().map(|(index, item)| self.value(field, item, &format!("{path}[{index}]")));
        Value::Array(items.collect())
    }

    fn value(&mut self, field: &FieldDescriptor, value: &Value, path: &str) -> Value {
        match field.kind() {
            // Moments, durations and the like are texts of their own.
            Type::Message(kind) if kind.package_name() == "google.protobuf" => return self.quoted(value, path),
            Type::Message(kind) => return self.message(&kind, value, path),
            Type::Enum(kind) => return self.word(&kind, value, path),
            Type::String if value.is_number() || value.is_boolean() => {
                self.add(path, format!("must be a text: write it in quotes, \"{value}\""));
                return Value::String(value.to_string());
            }
            Type::String if !value.is_string() => {
                self.add(path, "must be a text");
                return json!("");
            }
            Type::Bool if !value.is_boolean() => {
                self.add(path, "must be true or false");
                return json!(false);
            }
            // Protobuf's JSON has large numbers as texts.
            Type::Int64 | Type::Uint64 if value.as_str().is_some_and(|text| text.parse::<u64>().is_ok()) => {}
            Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 if !value.is_u64() => {
                self.add(path, "must be a number, 0 or more");
                return json!(0);
            }
            _ => {}
        }
        value.clone()
    }

    /// A moment, a duration: a text of its own.
    fn quoted(&mut self, value: &Value, path: &str) -> Value {
        if !value.is_string() {
            self.add(path, "must be a text: write it in quotes");
            return Value::Null;
        }
        value.clone()
    }

    /// A word of a vocabulary, in full or without the vocabulary's name, in any case of letters.
    fn word(&mut self, kind: &EnumDescriptor, value: &Value, path: &str) -> Value {
        let said = value.as_str().unwrap_or_default();
        let bare = said.to_lowercase().replace(['_', ' '], "-");
        let meant = kind.values().find(|known| {
            known.name() == said || label(known.name()).is_some_and(|label| !label.is_empty() && label == bare)
        });
        match meant {
            Some(meant) => Value::String(meant.name().to_owned()),
            None => {
                let shown = if value.is_string() { said.to_owned() } else { value.to_string() };
                self.add(path, format!("`{shown}` must be one of {}", words(kind).join(", ")));
                let first = kind.values().find(|known| known.number() > 0);
                first.map_or(Value::Null, |first| Value::String(first.name().to_owned()))
            }
        }
    }
}

/// The words of a vocabulary, as files write them.
pub(super) fn words(kind: &EnumDescriptor) -> Vec<String> {
    let labels = kind.values().filter_map(|value| label(value.name()).filter(|label| !label.is_empty()));
    labels.map(|label| label.replace('-', "_")).collect()
}

pub(super) fn known(kind: &MessageDescriptor) -> String {
    kind.fields().map(|field| field.name().to_owned()).collect::<Vec<_>>().join(", ")
}
