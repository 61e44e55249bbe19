//! Everything that is wrong with a value. Reading ends at the first fault; with something that can be read in its place
//! it comes to the next.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

use super::Faults;
use crate::domain::words::{
    BodyRole, ConditionKind, ConversionConsequence, EquivalenceDegree, LapseRule, OriginRule, PartyDirection,
    RecognitionBasis, RecognitionEffect, RecognitionObject, SchemeKind,
};

/// The most faults that are told of one value.
const MOST: usize = 100;
/// How many values are read for them, all together: of a value that holds many, fewer faults are told, as it is read anew for
/// each.
const MOST_READ: usize = 50_000;

/// Reads a value, or tells what is wrong with it.
pub(super) fn read<T: DeserializeOwned>(json: Value) -> Result<T, Faults> {
    match read_in_part(json) {
        (Some(value), faults) if faults.is_empty() => Ok(value),
        (_, faults) => Err(faults),
    }
}

/// Reads a value, with something else in the place of each fault, and tells what is wrong with it. None where there was no
/// such thing, or reading on would cost too much.
pub(super) fn read_in_part<T: DeserializeOwned>(json: Value) -> (Option<T>, Faults) {
    let mut reading = Reading { left: MOST_READ / size(&json), json, fitted: HashMap::new() };
    let mut faults = Faults::new();
    let mut read = reading.read::<T>();
    loop {
        let fault = match read {
            Ok(value) => return (Some(value), faults),
            Err(fault) => fault,
        };
        let next = if faults.len() < MOST { reading.stand_in(&fault) } else { None };
        faults.push((field(&fault.path), fault.why));
        match next {
            Some(next) => read = next,
            None => return (None, faults),
        }
    }
}

/// How many values a value holds, itself among them.
fn size(json: &Value) -> usize {
    match json {
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 1,
        Value::Object(fields) => fields.values().map(size).sum::<usize>() + 1,
        _ => 1,
    }
}

/// A value on the way to its faults.
struct Reading {
    json: Value,
    /// So often it may be read yet.
    left: usize,
    /// By the name of a field: what stood in for a fault there the last time.
    fitted: HashMap<String, Value>,
}

#[derive(PartialEq, Eq)]
struct Fault {
    path: Vec<Step>,
    why: String,
}

#[derive(Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
}

impl Fault {
    /// The value, or the first fault of it.
    fn of<T: DeserializeOwned>(json: &Value) -> Result<T, Self> {
        serde_path_to_error::deserialize(json).map_err(|error| {
            let mut path = steps(error.path());
            let why = error.inner().to_string();
            // It is the field that is missing that the contract names, not what it is missing in.
            let missing = why.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
            match missing.map(|(name, _)| name.to_owned()) {
                Some(name) => {
                    path.push(Step::Field(name));
                    Self { path, why: "is required".to_owned() }
                }
                None => Self { path, why },
            }
        })
    }
}

fn steps(path: &Path) -> Vec<Step> {
    let known = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } | Segment::Enum { variant: key } => Some(Step::Field(key.clone())),
        Segment::Unknown => None,
    });
    known.collect()
}

/// The path as the contract writes it: `codes[0].code.edition`.
fn field(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => text.push_str(&format!(".{name}")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

impl Reading {
    fn read<T: DeserializeOwned>(&mut self) -> Result<T, Fault> {
        self.left = self.left.saturating_sub(1);
        Fault::of(&self.json)
    }

    /// Puts something into the place of a fault behind which reading goes on, and gives what is read with it.
    fn stand_in<T: DeserializeOwned>(&mut self, fault: &Fault) -> Option<Result<T, Fault>> {
        let name = fault.path.iter().rev().find_map(|step| match step {
            Step::Field(name) => Some(name.clone()),
            Step::Index(_) => None,
        });
        let name = name.unwrap_or_default();
        let known = self.fitted.get(&name).cloned();
        for candidate in known.into_iter().chain(candidates()) {
            if self.left == 0 {
                return None;
            }
            let before = put(&mut self.json, &fault.path, candidate.clone())?;
            let next = self.read::<T>();
            // Nor may it be at fault within.
            if next.as_ref().err().is_none_or(|next| !next.path.starts_with(&fault.path)) {
                self.fitted.insert(name, candidate);
                return Some(next);
            }
            put_back(&mut self.json, &fault.path, before);
        }
        None
    }
}

/// What may stand in for a fault: a text, a word, a message.
fn candidates() -> impl Iterator<Item = Value> {
    let texts = ["", "2000-01-01", "XA", "x", "HS2022", "01", "https://example.org/", "schemes/x"].map(Value::from);
    let words = first_words().into_iter().map(Value::from);
    let messages = [
        json!([]),
        json!({ "from": "2000-01-01" }),
        json!({ "edition": "HS2022", "code": "01" }),
        json!({ "name": "schemes/x" }),
    ];
    texts.into_iter().chain(words).chain(messages)
}

/// A word of each vocabulary.
fn first_words() -> Vec<&'static str> {
    macro_rules! first {
        ($($name:ident),+) => { [$($name::ALL.first().map(|word| word.wire_name())),+] };
    }
    let words = first!(
        RecognitionObject,
        RecognitionBasis,
        RecognitionEffect,
        EquivalenceDegree,
        ConditionKind,
        SchemeKind,
        BodyRole,
        PartyDirection,
        LapseRule,
        OriginRule,
        ConversionConsequence
    );
    words.into_iter().flatten().collect()
}

/// Puts a value into a place, and gives what stood there, if anything did. None where there is no such place.
fn put(json: &mut Value, path: &[Step], value: Value) -> Option<Option<Value>> {
    let (last, path) = path.split_last()?;
    match (place(json, path)?, last) {
        (Value::Object(fields), Step::Field(name)) => Some(fields.insert(name.clone(), value)),
        (Value::Array(items), Step::Index(index)) => {
            items.get_mut(*index).map(|item| Some(std::mem::replace(item, value)))
        }
        _ => None,
    }
}

fn put_back(json: &mut Value, path: &[Step], before: Option<Value>) {
    match (before, path.split_last()) {
        (Some(before), _) => {
            put(json, path, before);
        }
        (None, Some((Step::Field(name), path))) => {
            if let Some(Value::Object(fields)) = place(json, path) {
                fields.remove(name);
            }
        }
        (None, _) => {}
    }
}

fn place<'j>(json: &'j mut Value, path: &[Step]) -> Option<&'j mut Value> {
    path.iter().try_fold(json, |json, step| match step {
        Step::Field(name) => json.get_mut(name),
        Step::Index(index) => json.get_mut(index),
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde::{Deserialize, Deserializer};

    use super::*;

    thread_local! {
        static READ: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Item {
        kind: ConditionKind,
        #[serde(deserialize_with = "counted")]
        about: String,
    }

    fn counted<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        READ.set(READ.get() + 1);
        String::deserialize(from)
    }

    fn told(items: usize) -> (usize, usize) {
        READ.set(0);
        let items: Vec<Value> = (0..items).map(|_| json!({ "about": "x", "kind": "nothing" })).collect();
        let (_, faults) = read_in_part::<Vec<Item>>(items.into());
        (faults.len(), READ.get())
    }

    #[test]
    fn all_faults_of_a_value_are_told_and_of_a_huge_one_no_more_than_can_be_read_at_leisure() {
        assert_eq!(told(40).0, 40);
        for items in [100, 1_000, 100_000] {
            let (faults, read) = told(items);
            assert!(faults >= 1 && read <= MOST_READ.max(items), "{items}: {faults} after {read}");
        }
    }
}
