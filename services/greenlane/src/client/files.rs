//! What people write as files of YAML: each fault with its file, line and column. Above all the catalogue, which they
//! keep in git and review, and what of it differs from what is published.

pub(crate) mod compare;
mod fit;
pub(crate) mod form;
pub(crate) mod in_part;
mod positions;
pub(crate) mod published;
pub(crate) mod schema;
mod syntax;
pub(crate) mod write;

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::Value;

use self::{form::Form, in_part::InPart, positions::Positions};
use super::{exit::Usage, input, render::field_name};

/// Where something stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    file: Arc<str>,
    line: usize,
    column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    pub(crate) message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Faults as the failure of a command: each on a line of its own, as compilers and editors have them.
pub(crate) fn failure(faults: &[impl fmt::Display]) -> anyhow::Error {
    let number = super::render::several(faults.len() as u64, "fault");
    let lines: String = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    Usage(format!("the files have {number}{lines}")).into()
}

/// A file whose message became a field of a request.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Path of that field in the request; empty for the request itself.
    at: &'static str,
    positions: Positions,
    /// Where the message stands in the file.
    path: String,
}

impl Sent {
    /// Where in the file stands what a service calls so, or the next thing around it; none when that is not of the file.
    pub(crate) fn place(&self, field: &str) -> Option<Place> {
        let inner = field.strip_prefix(self.at)?;
        let inner =
            if self.at.is_empty() { inner } else { inner.strip_prefix('.').or(inner.is_empty().then_some(""))? };
        Some(self.positions.place(&below(&self.path, inner)))
    }
}

/// An entry of a file.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) form: &'static Form,
    pub(crate) name: String,
    /// Its fields, in the contract's own names, those that say nothing left out.
    pub(crate) content: Value,
    positions: Arc<Positions>,
    /// Path of the entry's content in the file.
    path: String,
}

impl Item {
    /// Where a field of it stands, or the next thing around it that does.
    pub(crate) fn place(&self, field: &str) -> Place {
        self.positions.place(&below(&self.path, field))
    }
}

/// The path of a field of what stands at a path.
fn below(path: &str, field: &str) -> String {
    let join = if path.is_empty() || field.is_empty() || field.starts_with('[') { "" } else { "." };
    format!("{path}{join}{field}")
}

/// What was read of files.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The entries with which nothing is wrong that can be told here.
    pub(crate) items: Vec<Item>,
    /// What is wrong with the others, from the top.
    pub(crate) faults: Vec<Fault>,
    /// What the others are called, as far as that can be read.
    pub(crate) faulty: BTreeSet<String>,
    /// The others, as far as they can be read.
    pub(crate) in_part: Vec<InPart>,
}

/// Reads every entry of files and folders, in the order of names.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Read> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    // A file that is named twice, or with its folder, is one.
    let mut known = BTreeSet::new();
    files.retain(|file| !std::fs::canonicalize(file).is_ok_and(|path| !known.insert(path)));
    let mut read = Read::default();
    for file in files {
        let (named, bytes) = (file.display().to_string(), input::read_bytes(&file)?);
        match std::str::from_utf8(&bytes) {
            Ok(_) => parse(&named, &input::text(&file, bytes)?, &mut read),
            Err(error) => unread(&named, &bytes, error.valid_up_to(), &mut read),
        }
    }
    if read.items.is_empty() && read.faults.is_empty() {
        let named: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Usage(format!("there are no entries in {}", named.join(", "))).into());
    }
    let Read { items, faults, .. } = &mut read;
    let mut seen: HashMap<String, Place> = HashMap::new();
    items.retain(|item| {
        let place = item.place("name");
        let Some(first) = seen.get(&item.name) else {
            seen.insert(item.name.clone(), place);
            return true;
        };
        faults.push(Fault { place, message: format!("`{}` is in {first} already", item.name) });
        false
    });
    Ok(read)
}

/// A file that is a text for so many bytes only: where it ceases to be one, and what its entries are called as far as that can be read, for they
/// are not missing.
fn unread(file: &str, bytes: &[u8], good: usize, read: &mut Read) {
    let before = String::from_utf8_lossy(&bytes[..good]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let place = Place { file: file.into(), line, column };
    read.faults.push(Fault { place, message: "here the file is no text in UTF-8".to_owned() });
    let mut rest = Read::default();
    parse(file, &String::from_utf8_lossy(bytes), &mut rest);
    read.faulty.extend(rest.items.into_iter().map(|item| item.name).chain(rest.faulty));
}

/// The YAML files at a path: itself, or those in the folder.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let listed = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut within = listed.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    within.sort();
    for path in within {
        let known = path.extension().is_some_and(|it| it == "yaml" || it == "yml");
        if path.is_dir() || known {
            collect(&path, files)?;
        }
    }
    Ok(())
}

/// The entries of a text: a list of them, or one. Where one is no YAML, what is wrong with the others is told all the same.
pub(crate) fn parse(file: &str, text: &str, read: &mut Read) {
    let fault = match Positions::read(file, text) {
        Ok(_) => return parse_whole(file, text, read),
        Err(fault) => fault,
    };
    let entries = syntax::entries(text);
    let before = read.faults.len();
    if entries.is_empty() {
        read.faulty.extend(syntax::name(text));
        read.faults.push(fault);
        return;
    }
    let mut parts = Read::default();
    entries.iter().for_each(|entry| parse_whole(file, entry, &mut parts));
    // Each is YAML for itself, and they are none together.
    if parts.faults.is_empty() {
        return parse_whole(file, text, read);
    }
    read.items.extend(parts.items);
    read.faults.extend(parts.faults);
    read.faulty.extend(parts.faulty);
    read.in_part.extend(parts.in_part);
    read.faults[before..].sort_by_key(|fault| (fault.place.line, fault.place.column));
}

fn parse_whole(file: &str, text: &str, read: &mut Read) {
    let before = read.faults.len();
    let known = Positions::read(file, text).map_err(|fault| vec![fault]);
    let known = known.and_then(|positions| Ok((value(&positions, text)?, Arc::new(positions))));
    let (value, positions) = match known {
        Ok(known) => known,
        Err(faults) => {
            read.faulty.extend(syntax::name(text));
            read.faults.extend(faults);
            return;
        }
    };
    let twice = positions.twice();
    let is_twice = !twice.is_empty();
    read.faults.extend(twice);
    let entries: Vec<(String, Value)> = match value {
        Value::Null => Vec::new(),
        Value::Array(entries) => {
            entries.into_iter().enumerate().map(|(index, value)| (format!("[{index}]"), value)).collect()
        }
        one => vec![(String::new(), one)],
    };
    for (path, value) in &entries {
        match fit::entry(&positions, path, value, &mut read.faults) {
            // Which of two values is meant nobody knows.
            Ok(item) if is_twice => drop(read.faulty.insert(item.name)),
            Ok(item) => read.items.push(item),
            Err(in_part) => {
                read.faulty.extend(fit::name(value).map(str::to_owned));
                read.in_part.extend(in_part.filter(|_| !is_twice).map(|it| *it));
            }
        }
    }
    // The fields were gone through by name; people read from the top.
    read.faults[before..].sort_by_key(|fault| (fault.place.line, fault.place.column));
}

/// A message of a text, and the names of the fields that it names.
pub(crate) struct Written {
    pub(crate) message: DynamicMessage,
    /// In the contract's own names.
    pub(crate) fields: Vec<String>,
    positions: Positions,
    /// Where it stands in the file.
    path: String,
}

impl Written {
    /// What remains of it when its message has become a field of a request.
    pub(crate) fn sent(self, at: &'static str) -> Sent {
        Sent { at, positions: self.positions.in_contract_names(), path: field_name(&self.path) }
    }
}

/// Reads a message from a text; every fault at once, with its place.
pub(crate) fn message(file: &str, text: &str, kind: &MessageDescriptor) -> Result<Written, Vec<Fault>> {
    let positions = Positions::read(file, text).map_err(|fault| vec![fault])?;
    let value = value(&positions, text)?;
    let mut faults = positions.twice();
    if value.is_null() {
        let message = format!("nothing is in it; a {} has the fields {}", kind.name(), fit::known(kind));
        return Err(vec![Fault { place: positions.at(1, 1), message }]);
    }
    let (path, value) = fit::within(kind, value);
    let message = fit::message(&positions, kind, &value, &path, &mut faults);
    faults.sort_by_key(|fault| (fault.place.line, fault.place.column));
    let message = message.filter(|_| faults.is_empty()).ok_or(faults)?;
    let named = value.as_object().into_iter().flat_map(|fields| fields.keys());
    let field = |name: &String| kind.fields().find(|it| it.name() == name || it.json_name() == name);
    let named = named.filter_map(field).map(|field| field.name().to_owned()).collect();
    Ok(Written { message, fields: named, positions, path })
}

/// What a YAML text says.
fn value(positions: &Positions, text: &str) -> Result<Value, Vec<Fault>> {
    serde_yaml_ng::from_str(text).map_err(|error| {
        let place = error.location().map(|at| positions.at(at.line(), at.column()));
        vec![Fault { place: place.unwrap_or_else(|| positions.at(1, 1)), message: error.to_string() }]
    })
}

#[cfg(test)]
mod tests;
