//! The Harmonized Tariff Schedule of the United States, as its Commission exports it: codes of 4, 6, 8 and 10 digits
//! under indented headings, many of which have no code and carry meaning all the same.

use super::{CodeRow, Level, Named, Record, RowFault, code, line};

/// One row.
pub(super) fn row(record: &Record, faults: &mut Vec<RowFault>) -> Option<CodeRow> {
    let (number, indent, words) = ("hts_code|HTS Number", "indent|Indent", "description|Description");
    let code = match record.get(number).trim() {
        "" => Some(String::new()),
        _ => code(record, number, faults),
    };
    let raw = record.get(indent).trim();
    let depth = raw.parse::<u32>().ok();
    if depth.is_none() {
        faults.push(RowFault::new(
            record.line(),
            record.named(indent),
            "indent_malformed",
            "An indent is a number.",
            raw,
        ));
    }
    let description = line(record.get(words));
    if description.is_empty() {
        let column = record.named(words);
        faults.push(RowFault::new(record.line(), column, "description_empty", "The line has no words.", ""));
        return None;
    }
    let code = code?;
    Some(CodeRow {
        line: record.line(),
        named: Named { code: record.named(number), depth: record.named(indent), ..Named::default() },
        level: code.is_empty().then_some(Level::Uncoded),
        code,
        depth: Some(depth?),
        descriptions: vec![("en".to_owned(), description)],
        units: units(record.get("unit|Unit of Quantity")),
        ..CodeRow::default()
    })
}

/// Units stand as a list in brackets, or parted by commas.
fn units(raw: &str) -> Vec<String> {
    serde_json::from_str(raw)
        .unwrap_or_else(|_| raw.split(',').map(str::trim).filter(|unit| !unit.is_empty()).map(str::to_owned).collect())
}
