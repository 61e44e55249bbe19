//! Everything that is wrong with a value. Reading ends at the first fault; with something that can be read in its place
//! it comes to the next.

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

/// Reads a value, or tells what is wrong with it.
pub(super) fn read<T: DeserializeOwned>(json: Value) -> Result<T, Faults> {
    match read_in_part(json) {
        (Some(value), faults) if faults.is_empty() => Ok(value),
        (_, faults) => Err(faults),
    }
}

/// Reads a value, with something else in the place of each fault, and tells what is wrong with it. None where there was no
/// such thing.
pub(super) fn read_in_part<T: DeserializeOwned>(mut json: Value) -> (Option<T>, Faults) {
    let mut faults = Faults::new();
    loop {
        let fault = match Fault::of::<T>(&json) {
            Ok(value) => return (Some(value), faults),
            Err(fault) => fault,
        };
        let going_on = faults.len() < MOST && stand_in::<T>(&mut json, &fault);
        faults.push((field(&fault.path), fault.why));
        if !going_on {
            return (None, faults);
        }
    }
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

/// Puts something into the place of a fault behind which reading goes on. Whether there was such a thing.
fn stand_in<T: DeserializeOwned>(json: &mut Value, fault: &Fault) -> bool {
    let texts = ["", "2000-01-01", "XA", "x", "HS2022", "01", "https://example.org/", "schemes/x"].map(Value::from);
    let words = first_words().into_iter().map(Value::from);
    let messages = [
        json!([]),
        json!({ "from": "2000-01-01" }),
        json!({ "edition": "HS2022", "code": "01" }),
        json!({ "name": "schemes/x" }),
    ];
    texts.into_iter().chain(words).chain(messages).any(|candidate| {
        let mut tried = json.clone();
        let put = put(&mut tried, &fault.path, candidate);
        // Nor may it be at fault within.
        let passes = put && Fault::of::<T>(&tried).map_or_else(|next| !next.path.starts_with(&fault.path), |_| true);
        if passes {
            *json = tried;
        }
        passes
    })
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

fn put(json: &mut Value, path: &[Step], value: Value) -> bool {
    let Some((last, path)) = path.split_last() else { return false };
    let place = path.iter().try_fold(json, |json, step| match step {
        Step::Field(name) => json.get_mut(name),
        Step::Index(index) => json.get_mut(index),
    });
    match (place, last) {
        (Some(Value::Object(fields)), Step::Field(name)) => {
            fields.insert(name.clone(), value);
            true
        }
        (Some(Value::Array(items)), Step::Index(index)) => items.get_mut(*index).map(|item| *item = value).is_some(),
        _ => false,
    }
}
