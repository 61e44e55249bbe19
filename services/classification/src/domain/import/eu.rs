//! The European Union's nomenclature as TARIC exports it: every line has ten digits and a product-line suffix, which
//! together are its key. Suffix 80 is a line that goods can be declared under; the others are headings between them.

use super::{CodeRow, Level, Named, Record, RowFault, code, dates, line, mend_zero};

/// The suffix of lines that goods can be declared under.
pub(super) const DECLARABLE: &str = "80";

/// Length of every code.
const DIGITS: u32 = 10;

/// One row.
pub(super) fn row(record: &Record, faults: &mut Vec<RowFault>) -> Option<CodeRow> {
    let mut code = code(record, "code", faults);
    if let Some(code) = &mut code {
        mend_zero(record.line(), "code", code, &[DIGITS], faults);
    }
    let suffix = record.get("suffix").trim();
    let suffix_good = suffix.len() == 2 && suffix.bytes().all(|b| b.is_ascii_digit());
    if !suffix_good {
        let message = "A product-line suffix has two digits.";
        faults.push(RowFault::new(record.line(), "suffix", "code_malformed", message, suffix));
    }
    let number = |column: &str, faults: &mut Vec<RowFault>| {
        let raw = record.get(column).trim();
        let parsed = raw.parse::<u32>().ok();
        if parsed.is_none() {
            faults.push(RowFault::new(record.line(), column, "indent_malformed", "It must be a number.", raw));
        }
        parsed
    };
    let (digits, dash) = (number("hier_pos", faults), number("dash", faults));
    let days = dates(record, "start_date", "end_date", faults);
    let descriptions: Vec<(String, String)> = ["de", "en", "fr"]
        .map(|language| (language.to_owned(), line(record.get(&format!("desc_{language}")))))
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect();
    if descriptions.is_empty() {
        faults.push(RowFault::new(record.line(), "desc_en", "description_empty", "The line has no words.", ""));
    }
    (suffix_good && !descriptions.is_empty()).then_some(())?;
    let (effective_from, effective_to) = days?;
    let level = match (suffix == DECLARABLE, digits?) {
        (false, _) => Level::Uncoded,
        (true, 0..=2) => Level::Chapter,
        (true, 3..=4) => Level::Heading,
        (true, 5..=6) => Level::Subheading,
        (true, _) => Level::NationalLine,
    };
    Some(CodeRow {
        line: record.line(),
        named: Named { depth: "dash", last: "end_date", ..Named::default() },
        code: code?,
        suffix: suffix.to_owned(),
        // Chapters and headings have no dash; what stands under a heading has one more than it.
        depth: Some(if digits? <= 4 { digits? / 4 } else { 1 + dash? }),
        level: Some(level),
        descriptions,
        effective_from,
        effective_to,
        ..CodeRow::default()
    })
}
