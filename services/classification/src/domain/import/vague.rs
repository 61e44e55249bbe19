//! Terms that say too little of goods to classify by, as the United Kingdom lists them: vague ones, one a line, and
//! ambiguous ones as CSV.

use super::{Announced, Format, Record, RowFault, Shortfall, VagueFact, VagueTerm, line};
use crate::domain::words::fold;

/// What a tariff's own words are in.
const LANGUAGE: &str = "en";
/// Longest term and longest question, in characters.
const MAX_TEXT: usize = 300;

/// One line of vague terms: a term, within quotation marks where it has commas.
pub(super) fn uk(record: &Record, faults: &mut Vec<RowFault>) -> Option<VagueTerm> {
    let raw = record.text();
    let quoted = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
    let term = line(&quoted.map_or_else(|| raw.to_owned(), |raw| raw.replace("\"\"", "\"")));
    checked(record, "", &term, faults)?;
    Some(VagueTerm { term, ..VagueTerm::default() })
}

/// One row of ambiguous terms. The question may be said in words, or stand in the guidance that is named.
pub(super) fn ambiguous(record: &Record, faults: &mut Vec<RowFault>) -> Option<VagueTerm> {
    let term = line(record.get("term"));
    let related = record.get("related_words").split(',').map(line).filter(|word| !word.is_empty()).collect();
    let question = line(record.get("question"));
    let guidance = line(record.get("guidance_page"));
    if question.chars().count() > MAX_TEXT || guidance.chars().count() > MAX_TEXT {
        let (column, raw) = if question.is_empty() { ("guidance_page", &guidance) } else { ("question", &question) };
        let message = "A question has at most 300 characters.";
        faults.push(RowFault::new(record.line(), column, "description_empty", message, raw));
        return None;
    }
    checked(record, "term", &term, faults)?;
    let question = match (question.is_empty(), guidance.is_empty()) {
        (true, false) => {
            format!("What are the goods, what are they made of and what are they for? See the guidance: {guidance}")
        }
        _ => question,
    };
    Some(VagueTerm { term, related, question })
}

/// Whether a term is one.
fn checked(record: &Record, column: &str, term: &str, faults: &mut Vec<RowFault>) -> Option<()> {
    let message = match term.chars().count() {
        _ if fold(term).is_empty() => "The term has no word.",
        0..=MAX_TEXT => return Some(()),
        _ => "A term has at most 300 characters.",
    };
    faults.push(RowFault::new(record.line(), column, "description_empty", message, term));
    None
}

/// All rows of a file: the whole of what is known of their kind in their language.
pub(super) fn whole(announced: &Announced, terms: Vec<VagueTerm>) -> VagueFact {
    let shortfall = if announced.format == Format::UkInterceptTerms { Shortfall::Ambiguous } else { Shortfall::Vague };
    VagueFact { shortfall, language: LANGUAGE.to_owned(), terms, source: announced.source.clone() }
}
