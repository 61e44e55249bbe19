//! Where each value of a YAML file stands.

use std::{collections::HashMap, sync::Arc};

use saphyr_parser::{Event, Parser, Span};

use super::{Fault, Place, syntax};
use crate::client::render::field_name;

/// Lines and columns, both from 1, by path: `[2].annex.codes[0].code`.
#[derive(Debug)]
pub(super) struct Positions {
    file: Arc<str>,
    values: HashMap<String, (usize, usize)>,
    keys: HashMap<String, (usize, usize)>,
    /// Keys that were there before, of which readers differ in what they take.
    twice: Vec<Fault>,
}

/// A mapping or sequence that is open.
enum Open {
    Mapping { path: String, key: Option<String> },
    Sequence { path: String, next: usize },
}

impl Positions {
    /// Reads them.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, Fault> {
        let mut found = Self { file: file.into(), values: HashMap::new(), keys: HashMap::new(), twice: Vec::new() };
        let mut open = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let (line, column, message) =
                    syntax::fault(text, error.marker().line(), error.marker().col() + 1, error.info());
                Fault { place: found.at(line, column), message }
            })?;
            found.note(&mut open, &event, span);
        }
        Ok(found)
    }

    /// The keys that are given twice.
    pub(super) fn twice(&self) -> Vec<Fault> {
        self.twice.clone()
    }

    /// Notes where something stands, and whether it is a key that was there before.
    fn note(&mut self, open: &mut Vec<Open>, event: &Event<'_>, span: Span) {
        let at = (span.start.line(), span.start.col() + 1);
        match event {
            Event::Scalar(text, ..) => {
                if let Some(Open::Mapping { path, key: key @ None }) = open.last_mut() {
                    let first = self.keys.insert(join(path, text), at);
                    *key = Some(text.to_string());
                    let twice = first.map(|(line, _)| Fault {
                        place: self.at(at.0, at.1),
                        message: format!("`{text}` is given twice: first in line {line}"),
                    });
                    self.twice.extend(twice);
                } else {
                    self.values.insert(begin(open), at);
                    end(open);
                }
            }
            Event::Alias(_) => {
                self.values.insert(begin(open), at);
                end(open);
            }
            Event::MappingStart(..) => {
                let path = begin(open);
                self.values.insert(path.clone(), at);
                open.push(Open::Mapping { path, key: None });
            }
            Event::SequenceStart(..) => {
                let path = begin(open);
                self.values.insert(path.clone(), at);
                open.push(Open::Sequence { path, next: 0 });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                end(open);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
    }

    /// The same with the fields under the contract's own names, where the file has them as protobuf JSON does.
    pub(super) fn in_contract_names(mut self) -> Self {
        let renamed = |found: HashMap<String, _>| found.into_iter().map(|(path, at)| (field_name(&path), at));
        self.values = renamed(self.values).collect();
        self
    }

    /// A place by line and column.
    pub(super) fn at(&self, line: usize, column: usize) -> Place {
        Place { file: Arc::clone(&self.file), line, column }
    }

    /// Where the value at a path stands, or that of the nearest path around it.
    pub(super) fn place(&self, path: &str) -> Place {
        self.nearest(path, &self.values)
    }

    /// Where the key at the end of a path stands.
    pub(super) fn key(&self, path: &str) -> Place {
        self.nearest(path, &self.keys)
    }

    fn nearest(&self, path: &str, first: &HashMap<String, (usize, usize)>) -> Place {
        let mut path = path;
        loop {
            if let Some((line, column)) = first.get(path).or_else(|| self.values.get(path)) {
                return self.at(*line, *column);
            }
            match path.rfind(['.', '[']) {
                Some(cut) => path = &path[..cut],
                None => {
                    return self.values.get("").map_or_else(|| self.at(1, 1), |(line, column)| self.at(*line, *column));
                }
            }
        }
    }
}

/// The path of a value that begins.
fn begin(open: &[Open]) -> String {
    match open.last() {
        None => String::new(),
        Some(Open::Mapping { path, key }) => join(path, key.as_deref().unwrap_or_default()),
        Some(Open::Sequence { path, next }) => format!("{path}[{next}]"),
    }
}

/// A value has ended: what it stood in goes on.
fn end(open: &mut [Open]) {
    match open.last_mut() {
        None => {}
        Some(Open::Mapping { key, .. }) => *key = None,
        Some(Open::Sequence { next, .. }) => *next += 1,
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
