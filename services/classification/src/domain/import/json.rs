//! Greenlane's own JSON, one object a line:
//! `{"code": "8541", "descriptions": {"en": "…"}, "notes": [{"number": "1", "texts": {"en": "…"}}]}`, and as far as known
//! `edition`, `suffix`, `parent`, `level`, `units`, `effective_from`, `effective_to`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{CodeRow, Level, NoteFact, Record, RowFault};
use crate::domain::code::CodeText;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    code: String,
    #[serde(default)]
    edition: String,
    #[serde(default)]
    suffix: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    level: Option<Level>,
    #[serde(default)]
    descriptions: BTreeMap<String, String>,
    #[serde(default)]
    units: Vec<String>,
    #[serde(default)]
    effective_from: Option<chrono::NaiveDate>,
    #[serde(default)]
    effective_to: Option<chrono::NaiveDate>,
    #[serde(default)]
    notes: Vec<Note>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    #[serde(default)]
    number: String,
    texts: BTreeMap<String, String>,
}

/// One line.
pub(super) fn row(record: &Record, faults: &mut Vec<RowFault>) -> Option<CodeRow> {
    let line: Line = match serde_json::from_str(record.text()) {
        Ok(line) => line,
        Err(why) => {
            // Where in the line, since it is one.
            let column = why.column().to_string();
            faults.push(RowFault::new(record.line(), &column, "json_malformed", format!("{why}."), record.text()));
            return None;
        }
    };
    let code = match CodeText::parse(&line.code) {
        Ok(code) => code.as_str().to_owned(),
        Err(why) => {
            let message = format!("A code {why}.");
            faults.push(RowFault::new(record.line(), "code", "code_malformed", message, &line.code));
            return None;
        }
    };
    if line.descriptions.values().all(|text| text.trim().is_empty()) {
        let message = "The code has no description.";
        faults.push(RowFault::new(record.line(), "descriptions", "description_empty", message, ""));
        return None;
    }
    let note = |note: Note| NoteFact { number: note.number, texts: note.texts.into_iter().collect() };
    Some(CodeRow {
        line: record.line(),
        named: super::Named::default(),
        edition: line.edition,
        code,
        suffix: line.suffix,
        parent: line.parent,
        depth: None,
        level: line.level,
        descriptions: line.descriptions.into_iter().map(|(tag, text)| (tag, super::line(&text))).collect(),
        units: line.units,
        effective_from: line.effective_from,
        effective_to: line.effective_to,
        notes: line.notes.into_iter().map(note).collect(),
    })
}
