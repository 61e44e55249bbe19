//! The synonyms of the search of the United Kingdom's tariff, in the layout that Lucene's and Solr's filters read: a line
//! is words that mean the same, parted by commas, or words, `=>`, and what they mean.

use super::{Announced, Record, RowFault, SynonymGroup, SynonymsFact, line};

/// What a tariff's own words are in.
const LANGUAGE: &str = "en";
/// Longest word, in characters.
const MAX_WORD: usize = 300;

/// One line. A remark is read and says nothing.
pub(super) fn uk(record: &Record, faults: &mut Vec<RowFault>) -> Option<Option<SynonymGroup>> {
    let raw = record.text();
    if raw.starts_with('#') {
        return Some(None);
    }
    let words = |text: &str| text.split(',').map(line).filter(|word| !word.is_empty()).collect::<Vec<_>>();
    let (asked, meant) = raw.split_once("=>").map_or((raw, None), |(asked, meant)| (asked, Some(meant)));
    let (asked, meant) = (words(asked), meant.map(words));
    let whole = match &meant {
        None => asked.len() > 1,
        Some(meant) => !asked.is_empty() && !meant.is_empty(),
    };
    let short = |word: &String| word.chars().count() <= MAX_WORD;
    let message = match whole {
        false => "A line needs two words that mean the same.",
        true if !asked.iter().chain(meant.iter().flatten()).all(short) => "A word has at most 300 characters.",
        true => return Some(Some(SynonymGroup { asked, meant: meant.unwrap_or_default() })),
    };
    faults.push(RowFault::new(record.line(), "", "description_empty", message, raw));
    None
}

/// All lines of a file: the whole of what is known of its language.
pub(super) fn whole(announced: &Announced, groups: Vec<SynonymGroup>) -> SynonymsFact {
    SynonymsFact { language: LANGUAGE.to_owned(), groups, source: announced.source.clone() }
}
