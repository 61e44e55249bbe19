//! Words of a query or a description, in English and Chinese.
//!
//! English words are folded to lower case and lose their plural ending. Chinese has no blanks: each run of characters is
//! read as its pairs, which finds a term wherever it stands. A query's pairs that are found in a row are shown as one.

/// Words that say nothing of goods.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "it", "not", "of", "on", "only",
    "or", "than", "that", "the", "their", "them", "to", "up", "with", "without",
];

/// Words that say what goods are not: what follows, up to the next mark, is excluded.
const EXCLUDING: &[&str] = &["except", "excluding", "neither", "nor", "not", "without"];

/// One unit of a text that can be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// What is looked up.
    pub(crate) key: String,
    /// As it stands in the text, in lower case.
    pub(crate) shown: String,
    /// For a Chinese pair: number of its run, so that neighbours can be put together again.
    pub(crate) run: Option<usize>,
    /// The text says that it is not meant: `other than photovoltaic`, `not in modules`. Told for English only.
    pub(crate) excluded: bool,
}

/// Whether a character is a Chinese one.
fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The words of a text, in their order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let (mut runs, mut excluded, mut before_was_other) = (0, false, false);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |c: char| if is_han(first) { is_han(c) } else { c.is_alphanumeric() && !is_han(c) };
        if !same(first) {
            excluded &= !matches!(first, ',' | ';' | ':' | '(' | ')');
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        if is_han(first) {
            push_pairs(run, runs, &mut words);
            runs += 1;
            continue;
        }
        let shown = run.to_lowercase();
        excluded |= EXCLUDING.contains(&shown.as_str()) || (before_was_other && shown == "than");
        before_was_other = shown == "other";
        if !STOP_WORDS.contains(&shown.as_str()) {
            words.push(Word { key: stem(&shown).to_owned(), shown, run: None, excluded });
        }
    }
    words
}

fn push_pairs(run: &str, number: usize, words: &mut Vec<Word>) {
    let characters: Vec<char> = run.chars().collect();
    let mut push =
        |pair: String| words.push(Word { key: pair.clone(), shown: pair, run: Some(number), excluded: false });
    match characters.as_slice() {
        [only] => push(only.to_string()),
        several => several.windows(2).for_each(|pair| push(pair.iter().collect())),
    }
}

/// An English word without its plural ending.
fn stem(word: &str) -> &str {
    if !word.is_ascii() || word.len() < 4 || word.bytes().any(|b| b.is_ascii_digit()) {
        return word;
    }
    for (ending, cut) in [("sses", 2), ("shes", 2), ("ches", 2), ("xes", 2), ("zes", 2)] {
        if word.ends_with(ending) {
            return &word[..word.len() - cut];
        }
    }
    if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is") {
        return &word[..word.len() - 1];
    }
    word
}

/// A text with nothing but its words: for comparing titles.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for part in text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&part.to_lowercase());
    }
    folded
}

/// Words that were found, as people read them: neighbouring Chinese pairs are put together.
pub(crate) fn shown<'w>(words: impl Iterator<Item = (&'w Word, bool)>) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    let mut open: Option<usize> = None;
    for (word, found) in words {
        if !found {
            open = None;
            continue;
        }
        match (word.run, open, shown.last_mut()) {
            (Some(run), Some(before), Some(last)) if run == before => last.extend(word.shown.chars().last()),
            _ => shown.push(word.shown.clone()),
        }
        open = word.run;
    }
    let mut seen = std::collections::BTreeSet::new();
    shown.retain(|word| seen.insert(word.clone()));
    shown
}

#[cfg(test)]
mod tests;
