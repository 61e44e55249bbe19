//! Green lists in Greenlane's own CSV: `list` (its identifier), `edition`, `code`, and as far as known `entry` (its
//! identifier, otherwise the code), `ex`, `category`, `added_by`, `effective_from`, `effective_to`,
//! `ex_description_{language}` and `reason_{language}`.

use std::collections::HashSet;

use super::{EntryFact, Imported, ListRow, Record, RowFault, code, date, line, mend_zero, refuse, texts, yes};
use crate::domain::catalogue::Catalogue;

/// One row.
pub(super) fn row(record: &Record, faults: &mut Vec<RowFault>) -> Option<ListRow> {
    let code = code(record, "code", faults);
    let list = identifier(record, "list", faults);
    let from = date(record, "effective_from", faults);
    let to = date(record, "effective_to", faults);
    let id = match record.get("entry").trim() {
        "" => code.clone(),
        _ => identifier(record, "entry", faults),
    };
    let ex = texts(record, "ex_description_");
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
        effective_from: from?,
        effective_to: to?,
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
pub(super) fn check(catalogue: &Catalogue, rows: Vec<ListRow>, imported: &mut Imported) {
    let mut seen = HashSet::new();
    for row in rows {
        let Some(mut entry) = row.entry else { continue };
        let Some(edition) = catalogue.edition(&entry.edition) else {
            let message = format!("The edition {} is not known.", entry.edition);
            refuse(imported, RowFault::new(row.line, "edition", "edition_wrong", message, &entry.edition));
            continue;
        };
        let written = entry.code.clone();
        let lengths = &catalogue.editions[edition].code_lengths;
        mend_zero(row.line, "code", &mut entry.code, lengths, &mut imported.faults);
        if entry.id == written {
            entry.id.clone_from(&entry.code);
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
