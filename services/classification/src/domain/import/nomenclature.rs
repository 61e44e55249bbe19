//! Plain nomenclatures: UN Comtrade's, and Greenlane's own CSV.
//!
//! Own CSV: `code`, and as far as known `edition`, `suffix`, `parent`, `level`, `units` (parted by `;`),
//! `effective_from`, `effective_to`, and `description_{language}`.

use super::{CodeRow, Level, Record, RowFault, code, dates, texts};

/// A row of UN Comtrade's.
pub(super) fn comtrade(record: &Record, faults: &mut Vec<RowFault>) -> Option<CodeRow> {
    own(record, faults)
}

/// A row of our own.
pub(super) fn own(record: &Record, faults: &mut Vec<RowFault>) -> Option<CodeRow> {
    let code = code(record, "code", faults);
    let descriptions = texts(record, "description_");
    if descriptions.is_empty() {
        faults.push(RowFault::new(record.line(), "", "description_empty", "The code has no description.", ""));
    }
    let level = level(record, faults);
    let days = dates(record, "effective_from", "effective_to", faults);
    let suffix = record.get("suffix").trim();
    let suffix_good = suffix.len() <= 4 && suffix.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    if !suffix_good {
        let message = "A suffix is at most four digits or capital letters.";
        faults.push(RowFault::new(record.line(), "suffix", "code_malformed", message, suffix));
    }
    let units = record.get("units").split(';').map(str::trim).filter(|unit| !unit.is_empty());
    (!descriptions.is_empty() && suffix_good).then_some(())?;
    let (effective_from, effective_to) = days?;
    Some(CodeRow {
        line: record.line(),
        edition: record.get("edition").trim().to_owned(),
        code: code?,
        suffix: suffix.to_owned(),
        parent: own_parent(record),
        level: level?,
        descriptions,
        units: units.map(str::to_owned).collect(),
        effective_from,
        effective_to,
        ..CodeRow::default()
    })
}

/// The code above, where it is not the one that the code begins with.
fn own_parent(record: &Record) -> String {
    let digits = |text: &str| text.chars().filter(|c| !matches!(c, '.' | ' ' | '-')).collect::<String>();
    let (code, parent) = (digits(record.get("code")), digits(record.get("parent")));
    if code.trim_start_matches('0').starts_with(parent.trim_start_matches('0')) { String::new() } else { parent }
}

/// A rung by name; a number of digits says what the length of the code says.
fn level(record: &Record, faults: &mut Vec<RowFault>) -> Option<Option<Level>> {
    let raw = record.get("level").trim();
    match raw {
        "section" => Some(Some(Level::Section)),
        "chapter" => Some(Some(Level::Chapter)),
        "heading" => Some(Some(Level::Heading)),
        "subheading" => Some(Some(Level::Subheading)),
        "national_line" => Some(Some(Level::NationalLine)),
        "uncoded" => Some(Some(Level::Uncoded)),
        _ if raw.bytes().all(|b| b.is_ascii_digit()) => Some(None),
        _ => {
            let message = "A level is section, chapter, heading, subheading, national_line or uncoded.";
            faults.push(RowFault::new(record.line(), "level", "level_unknown", message, raw));
            None
        }
    }
}
