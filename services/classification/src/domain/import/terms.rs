//! The A to Z terms of the United Kingdom's tariff: `term` and `commodity_code`.
//!
//! Their codes are of ten digits, filled up with zeros. A term leads to the code of the announced edition that holds
//! that line: the longest beginning of its digits that is a code there.

use std::collections::HashSet;

use super::{Announced, Imported, Record, RowFault, TermFact, TermRow, code, line, mend_zero, refuse};
use crate::domain::catalogue::Catalogue;

/// What a tariff's own words are in.
const LANGUAGE: &str = "en";
/// Length of a commodity code.
const DIGITS: u32 = 10;
/// Longest term, in characters.
const MAX_TERM: usize = 300;

/// One row.
pub(super) fn uk(record: &Record, faults: &mut Vec<RowFault>) -> Option<TermRow> {
    let mut code = code(record, "commodity_code", faults);
    if let Some(code) = &mut code {
        mend_zero(record.line(), "commodity_code", code, &[DIGITS], faults);
    }
    let digits = |b: u8| b.is_ascii_digit();
    if let Some(other) = code.take_if(|code| code.len() != DIGITS as usize || !code.bytes().all(digits)) {
        let message = "A commodity code has ten digits.";
        faults.push(RowFault::new(record.line(), "commodity_code", "code_malformed", message, &other));
    }
    let raw = record.get("term");
    let term = line(raw);
    let message = match term.chars().count() {
        0 => "The term is empty.",
        1..=MAX_TERM => return Some(TermRow { line: record.line(), code: code?, term }),
        _ => "A term has at most 300 characters.",
    };
    faults.push(RowFault::new(record.line(), "term", "description_empty", message, raw));
    None
}

/// Holds the rows against the codes of the edition.
pub(super) fn check(catalogue: &Catalogue, announced: &Announced, rows: Vec<TermRow>, imported: &mut Imported) {
    let id = announced.edition.as_ref().map(|edition| edition.id.as_str()).unwrap_or_default();
    let edition = catalogue.edition(id);
    let mut seen = HashSet::new();
    for row in rows {
        let Some(edition) = edition else {
            let message = format!("The edition {id} is not known.");
            refuse(imported, RowFault::new(row.line, "", "edition_wrong", message, id));
            continue;
        };
        let found = (1..=row.code.len()).rev().find_map(|end| catalogue.find(edition, row.code.get(..end)?));
        let Some(at) = found else {
            let message = format!("{id} has no code that holds {}.", row.code);
            refuse(imported, RowFault::new(row.line, "commodity_code", "code_unknown", message, &row.code));
            continue;
        };
        let code = catalogue.code(at).fact.code.clone();
        // Lines of one code may share a term.
        if seen.insert((code.clone(), row.term.clone())) {
            imported.terms.push(TermFact {
                edition: id.to_owned(),
                code,
                language: LANGUAGE.to_owned(),
                term: row.term,
            });
        }
    }
}
