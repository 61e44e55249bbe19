//! Green lists in Greenlane's own CSV: `list` (its identifier), `edition` (otherwise the announced one), `code`, and as
//! far as known `entry` (its identifier; otherwise the code, with its edition where the list has the code in several),
//! `ex`, `category`, `added_by`, `effective_from`, `effective_to`,
//! `ex_description_{language}` and `reason_{language}`.

use std::collections::{HashMap, HashSet};

use super::{
    Announced, EntryFact, Imported, ListRow, Record, RowFault, code, dates, line, mend_zero, refuse, texts, yes,
};
use crate::domain::catalogue::Catalogue;

/// One row.
pub(super) fn row(record: &Record, faults: &mut Vec<RowFault>) -> Option<ListRow> {
    let code = code(record, "code", faults);
    let list = identifier(record, "list", faults);
    let days = dates(record, "effective_from", "effective_to", faults);
    let id = match record.get("entry").trim() {
        // Named when all rows are known.
        "" => Some(String::new()),
        _ => identifier(record, "entry", faults),
    };
    let ex = texts(record, "ex_description_");
    let (effective_from, effective_to) = days?;
    let entry = EntryFact {
        list: list?,
        id: id?,
        edition: record.get("edition").trim().to_owned(),
        code: code?,
        ex: yes(record, "ex") || !ex.is_empty(),
        ex_descriptions: if ex.is_empty() { Vec::new() } else { vec![(String::new(), ex)] },
        category: line(record.get("category")),
        reasons: texts(record, "reason_"),
        added_by: line(record.get("added_by")),
        effective_from,
        effective_to,
        ..EntryFact::default()
    };
    Some(ListRow { line: record.line(), entry: Some(entry) })
}

fn identifier(record: &Record, column: &'static str, faults: &mut Vec<RowFault>) -> Option<String> {
    let raw = record.get(column).trim();
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if (1..=64).contains(&raw.len()) && raw.bytes().all(good) {
        return Some(raw.to_owned());
    }
    let message = "An identifier has 1 to 64 of A-Z a-z 0-9 . _ -.";
    faults.push(RowFault::new(record.line(), column, "identifier_malformed", message, raw));
    None
}

/// Holds the rows against the catalogue.
pub(super) fn check(catalogue: &Catalogue, announced: &Announced, rows: Vec<ListRow>, imported: &mut Imported) {
    let mut seen = HashSet::new();
    // By list and code: the edition of its first row.
    let mut first: HashMap<(String, String), String> = HashMap::new();
    for row in rows {
        let Some(mut entry) = row.entry else { continue };
        if let Some(announced) = announced.edition.as_ref().filter(|_| entry.edition.is_empty()) {
            entry.edition.clone_from(&announced.id);
        }
        let Some(edition) = catalogue.edition(&entry.edition) else {
            let message = match entry.edition.as_str() {
                "" => "The row names no edition, and none was announced.".to_owned(),
                unknown => format!("The edition {unknown} is not known."),
            };
            refuse(imported, RowFault::new(row.line, "edition", "edition_wrong", message, &entry.edition));
            continue;
        };
        let lengths = &catalogue.editions[edition].code_lengths;
        mend_zero(row.line, "code", &mut entry.code, lengths, &mut imported.faults);
        if entry.id.is_empty() {
            let first = first.entry((entry.list.clone(), entry.code.clone())).or_insert_with(|| entry.edition.clone());
            entry.id = match *first == entry.edition {
                true => entry.code.clone(),
                false => format!("{}-{}", entry.code, entry.edition),
            };
        }
        if catalogue.find(edition, &entry.code).is_none() {
            let message = format!("{} has no code {}.", entry.edition, entry.code);
            refuse(imported, RowFault::new(row.line, "code", "code_unknown", message, &entry.code));
        } else if seen.insert((entry.list.clone(), entry.id.clone())) {
            imported.entries.push(entry);
        } else {
            let message = "The list has an entry of this name before.";
            refuse(imported, RowFault::new(row.line, "code", "duplicate", message, &entry.id));
        }
    }
}
