//! Words of a query or a description, in English and Chinese.
//!
//! English words are folded to lower case and one spelling, and are compared by their stems. Chinese has no blanks: it
//! is cut into words with a dictionary, each long word also into the words that it is made of.

mod chinese;
mod features;
mod spelling;

use rust_stemmers::{Algorithm, Stemmer};

pub(crate) use features::{features, kin};

/// Words that say nothing of goods.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "it", "not", "of", "on", "only",
    "or", "other", "others", "than", "that", "the", "their", "them", "to", "up", "with", "without",
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
    /// The text says that it is not meant: `other than photovoltaic`, `not in modules`. Told for English only.
    pub(crate) excluded: bool,
}

impl Word {
    /// Whether another is a part of it, as Chinese words have them.
    pub(crate) fn has(&self, part: &Self) -> bool {
        self.shown.starts_with(is_han) && self.shown != part.shown && self.shown.contains(&part.shown)
    }
}

/// The words of a text, in their order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    each(text, |shown, excluded| words.push(Word { key: key(shown), shown: shown.to_owned(), excluded }));
    words
}

/// Hands over each word of a text, in their order: in lower case as it stands there, and whether it is excluded.
pub(crate) fn each(text: &str, mut found: impl FnMut(&str, bool)) {
    let (mut excluded, mut before_was_other, mut apostrophe) = (false, false, false);
    let mut shown = String::new();
    for run in Runs(text) {
        let owner = std::mem::replace(&mut apostrophe, matches!(run, Run::Mark('\'' | '’')));
        match run {
            Run::Mark(mark) => excluded &= !matches!(mark, ',' | ';' | ':' | '(' | ')'),
            Run::Han(run) => chinese::cut(run).into_iter().for_each(|word| found(word, false)),
            // The s of `men's` is no word.
            Run::Other("s" | "S") if owner => {}
            Run::Other(run) => {
                shown.clear();
                shown.push_str(run);
                if run.is_ascii() {
                    shown.make_ascii_lowercase()
                } else {
                    shown = run.to_lowercase()
                }
                excluded |= EXCLUDING.contains(&shown.as_str()) || (before_was_other && shown == "than");
                before_was_other = shown == "other";
                if !STOP_WORDS.contains(&shown.as_str()) {
                    found(&shown, excluded);
                }
            }
        }
    }
}

/// What a word in lower case is looked up by: an English one by its stem, a Chinese one as it is.
pub(crate) fn key(shown: &str) -> String {
    if shown.starts_with(is_han) { shown.to_owned() } else { stem(shown) }
}

/// The words of a text that say nothing of goods, in alphabetical order and each once.
pub(crate) fn unsaid(text: &str) -> Vec<&'static str> {
    let folded = fold(text);
    STOP_WORDS.iter().filter(|stop| folded.split(' ').any(|word| word == **stop)).copied().collect()
}

/// A stretch of a text.
enum Run<'t> {
    Han(&'t str),
    Other(&'t str),
    Mark(char),
}

/// The stretches of a text.
struct Runs<'t>(&'t str);

impl<'t> Iterator for Runs<'t> {
    type Item = Run<'t>;

    fn next(&mut self) -> Option<Run<'t>> {
        let first = self.0.chars().next()?;
        let same = |c: char| if is_han(first) { is_han(c) } else { c.is_alphanumeric() && !is_han(c) };
        if !same(first) {
            self.0 = &self.0[first.len_utf8()..];
            return Some(Run::Mark(first));
        }
        let end = self.0.find(|c| !same(c)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(if is_han(first) { Run::Han(run) } else { Run::Other(run) })
    }
}

/// Whether a character is a Chinese one.
fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Whether a text has anything in Chinese.
pub(crate) fn is_chinese(text: &str) -> bool {
    text.contains(is_han)
}

/// A lower-case word by its stem, in one spelling.
fn stem(word: &str) -> String {
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word.to_owned();
    }
    Stemmer::create(Algorithm::English).stem(&spelling::one(word)).into_owned()
}

/// A text with nothing but its words: for comparing titles.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // As most are: letter by letter, as it is below.
    if text.is_ascii() {
        let mut between = false;
        for byte in text.bytes() {
            if !byte.is_ascii_alphanumeric() {
                between = !folded.is_empty();
                continue;
            }
            if std::mem::take(&mut between) {
                folded.push(' ');
            }
            folded.push(char::from(byte.to_ascii_lowercase()));
        }
        return folded;
    }
    for part in text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&part.to_lowercase());
    }
    folded
}

/// Words that were found, as people read them: each once, and no part of a Chinese word beside the whole.
pub(crate) fn shown<'w>(found: impl Iterator<Item = &'w Word>) -> Vec<String> {
    let mut shown: Vec<&str> = Vec::new();
    for word in found {
        if !shown.contains(&word.shown.as_str()) {
            shown.push(&word.shown);
        }
    }
    let han = |word: &str| word.chars().all(is_han);
    let within = |part: &str| han(part) && shown.iter().any(|whole| *whole != part && whole.contains(part));
    shown.iter().filter(|word| !within(word)).map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests;
