//! Green lists in Greenlane's own CSV: `list` (its identifier), `edition` (otherwise the announced one), `code`, and as
//! far as known `entry` (its identifier; otherwise that which the published list has for it, or else one made of the
//! code), `ex`, `category`, `added_by`, `effective_from`, `effective_to`, `ex_description_{language}` and
//! `reason_{language}`.

mod names;

use std::cmp::Reverse;
use std::collections::HashMap;

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
    let (marked, ex) = (yes(record, "ex", faults), texts(record, "ex_description_"));
    let (effective_from, effective_to) = days?;
    let entry = EntryFact {
        list: list?,
        id: id?,
        edition: record.get("edition").trim().to_owned(),
        code: code?,
        ex: marked? || !ex.is_empty(),
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
    let mut read = Vec::with_capacity(rows.len());
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
        if catalogue.find(edition, &entry.code).is_none() {
            let message = format!("{} has no code {}.", entry.edition, entry.code);
            refuse(imported, RowFault::new(row.line, "code", "code_unknown", message, &entry.code));
            continue;
        }
        if entry.ex && entry.ex_descriptions.is_empty() && !is_narrowed(catalogue, &entry.list) {
            let fault = |message: &str| RowFault::new(row.line, "ex", "ex_without_description", message, &entry.code);
            if !is_published_so(catalogue, &entry) {
                let message =
                    "Which part of the code is meant must be said, but in a list that is published as narrowed.";
                refuse(imported, fault(message));
                continue;
            }
            let message = "Which part of the code is meant is not said, as it is not in the published list.";
            imported.faults.push(fault(message).mended());
        }
        read.push((row.line, edition, entry));
    }
    names::give(catalogue, &mut read);
    // Of several entries of one name that is kept which says most: the order of the rows says nothing.
    let mut kept: HashMap<(String, String), usize> = HashMap::new();
    for (at, (line, _, entry)) in read.iter().enumerate() {
        let first = kept.entry((entry.list.clone(), entry.id.clone())).or_insert(at);
        let (other, _, known) = &read[*first];
        if (Reverse(content(entry)), line) < (Reverse(content(known)), other) {
            *first = at;
        }
    }
    let lines: Vec<u64> = read.iter().map(|(line, ..)| *line).collect();
    for (at, (line, _, entry)) in read.into_iter().enumerate() {
        match kept.get(&(entry.list.clone(), entry.id.clone())) {
            Some(first) if *first != at => {
                let message = format!("Line {} has the same entry of the list.", lines[*first]);
                refuse(imported, RowFault::new(line, "code", "duplicate", message, &entry.id));
            }
            _ => imported.entries.push(entry),
        }
    }
}

/// Whether a published list narrows its entries by descriptions that are not held here.
fn is_narrowed(catalogue: &Catalogue, list: &str) -> bool {
    catalogue.list(list).is_some_and(|list| list.fact.narrowed)
}

/// Whether the published list has the entry, and does not say which part of the code it means either.
fn is_published_so(catalogue: &Catalogue, entry: &EntryFact) -> bool {
    let same = |known: &EntryFact| {
        (&known.code, &known.edition) == (&entry.code, &entry.edition)
            && (entry.id.is_empty() || entry.id == known.id)
            && known.ex
            && known.ex_descriptions.is_empty()
    };
    catalogue.list(&entry.list).is_some_and(|list| list.entries.iter().any(same))
}

/// All that an entry says, to be put in order: what says something comes behind what does not.
fn content(entry: &EntryFact) -> impl Ord + '_ {
    let EntryFact { edition, code, ex, category, added_by, effective_from, effective_to, .. } = entry;
    let texts = (&entry.ex_descriptions, &entry.reasons);
    (edition, code, ex, texts, category, added_by, effective_from, effective_to)
}
