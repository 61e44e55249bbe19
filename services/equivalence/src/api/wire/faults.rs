//! Everything that is wrong with a value. Reading ends at the first fault; with something that can be read in its place
//! it comes to the next.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

use super::Faults;
use crate::domain::words::VOCABULARIES;

/// The most faults that are told of one value.
const MOST: usize = 100;
/// How many values are read again for them, all together, and for those of all values of a request: of a value that holds
/// many, and of what comes behind it, fewer faults are told, as it is read anew for each.
const MOST_READ: usize = 50_000;

/// What may still be read of a request to find more than the first fault of each of its values.
#[derive(Debug)]
pub(super) struct Budget {
    values: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { values: MOST_READ }
    }
}

impl Budget {
    /// Takes as many values, if there are so many left.
    fn take(&mut self, values: usize) -> bool {
        let left = self.values.checked_sub(values);
        self.values = left.unwrap_or(self.values);
        left.is_some()
    }
}

/// Reads a value, or tells what is wrong with it.
pub(super) fn read<T: DeserializeOwned>(json: Value, budget: &mut Budget) -> Result<T, Faults> {
    match read_in_part(json, budget) {
        (Some(value), faults) if faults.is_empty() => Ok(value),
        (_, faults) => Err(faults),
    }
}

/// Reads a value, with something else in the place of each fault, and tells what is wrong with it. None where there was no
/// such thing, or reading on would cost too much.
pub(super) fn read_in_part<T: DeserializeOwned>(json: Value, budget: &mut Budget) -> (Option<T>, Faults) {
    let mut faults = Faults::new();
    let mut read = Fault::of::<T>(&json);
    let mut reading = Reading { size: 0, json, budget, fitted: HashMap::new() };
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
struct Reading<'b> {
    json: Value,
    /// How many values it holds. Zero: not counted yet.
    size: usize,
    budget: &'b mut Budget,
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

impl Reading<'_> {
    /// Puts something into the place of a fault behind which reading goes on, and gives what is read with it.
    fn stand_in<T: DeserializeOwned>(&mut self, fault: &Fault) -> Option<Result<T, Fault>> {
        let name = fault.path.iter().rev().find_map(|step| match step {
            Step::Field(name) => Some(name.clone()),
            Step::Index(_) => None,
        });
        let name = name.unwrap_or_default();
        let known = self.fitted.get(&name).cloned();
        if self.size == 0 {
            self.size = size(&self.json);
        }
        for candidate in known.into_iter().chain(candidates()) {
            if !self.budget.take(self.size) {
                return None;
            }
            let before = put(&mut self.json, &fault.path, candidate.clone())?;
            let next = Fault::of::<T>(&self.json);
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
    // A word of each vocabulary.
    let words = VOCABULARIES.iter().filter_map(|(_, words)| words.first()).map(|(word, _)| Value::from(*word));
    let messages = [
        json!([]),
        json!({ "from": "2000-01-01" }),
        json!({ "edition": "HS2022", "code": "01" }),
        json!({ "name": "schemes/x" }),
    ];
    texts.into_iter().chain(words).chain(messages)
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
    use crate::domain::words::ConditionKind;

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

    fn faulty(items: usize) -> Value {
        (0..items).map(|_| json!({ "about": "x", "kind": "nothing" })).collect::<Vec<_>>().into()
    }

    fn told(items: usize) -> (usize, usize) {
        READ.set(0);
        let (_, faults) = read_in_part::<Vec<Item>>(faulty(items), &mut Budget::default());
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

    #[test]
    fn of_many_faulty_values_of_a_request_no_more_is_read_than_of_one_and_of_each_a_fault_is_told() {
        READ.set(0);
        let mut budget = Budget::default();
        let faults: Vec<_> =
            (0..2_000).map(|_| read::<Vec<Item>>(faulty(40), &mut budget).unwrap_err().len()).collect();
        assert_eq!((faults.first(), faults.last()), (Some(&40), Some(&1)));
        // Each is read once whatever is in it.
        assert!(READ.get() <= MOST_READ + 2_000 * 40, "{}", READ.get());
    }
}
