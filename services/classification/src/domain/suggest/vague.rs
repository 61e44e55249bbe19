//! Terms that say too little of goods, as authorities list them.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::domain::facts::{Shortfall, VagueFact};
use crate::domain::words::{Word, unsaid, words};

/// The vague and ambiguous terms of a catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vague {
    facts: Arc<[VagueFact]>,
    /// By the words of a term that say something, in whatever order.
    by_words: HashMap<String, Vec<Called>, RandomState>,
}

/// A term, or one that is related to it.
#[derive(Clone, Debug)]
struct Called {
    /// The words that say nothing of goods and without which it is another term, as the `IT` of `IT goods`.
    needed: Vec<&'static str>,
    fact: usize,
    /// Where the term stands there.
    at: usize,
}

/// A term that a description is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed<'v> {
    pub(super) shortfall: Shortfall,
    pub(super) term: &'v str,
    /// Empty when there is none of its own.
    pub(super) question: &'v str,
}

impl Vague {
    pub(crate) fn of(facts: Vec<VagueFact>) -> Self {
        let mut by_words: HashMap<String, Vec<Called>, RandomState> = HashMap::default();
        for (number, fact) in facts.iter().enumerate() {
            for (at, term) in fact.terms.iter().enumerate() {
                for text in std::iter::once(&term.term).chain(&term.related) {
                    let key = key(&words(text));
                    if key.is_empty() {
                        continue;
                    }
                    let new = Called { needed: needed(text, &key), fact: number, at };
                    // Of a term that is listed twice what has a question is kept.
                    let asks = |called: &Called| !facts[called.fact].terms[called.at].question.is_empty();
                    let same = by_words.entry(key).or_default();
                    match same.iter_mut().find(|kept| kept.needed == new.needed) {
                        Some(kept) if asks(&new) && !asks(kept) => *kept = new,
                        Some(_) => {}
                        None => same.push(new),
                    }
                }
            }
        }
        Self { facts: facts.into(), by_words }
    }

    /// What they are made of.
    pub(crate) fn facts(&self) -> &[VagueFact] {
        &self.facts
    }

    /// The term that a description of some words is, if it is one: all words of the term that it needs stand there, and
    /// beside them none that says something.
    pub(super) fn find(&self, description: &str, asked: &[Word]) -> Option<Listed<'_>> {
        let known = unsaid(description);
        let whole = |called: &&Called| called.needed.iter().all(|word| known.contains(word));
        let same = self.by_words.get(&key(asked))?;
        let called = same.iter().filter(whole).max_by_key(|called| called.needed.len())?;
        let (fact, term) = (&self.facts[called.fact], &self.facts[called.fact].terms[called.at]);
        Some(Listed { shortfall: fact.shortfall, term: &term.term, question: &term.question })
    }
}

/// The words of a term that say nothing of goods and that it cannot do without: any beside a single other word, and names
/// in capitals. The `of` of `parts of machines` and the `and` of `arts and crafts` only join the others.
fn needed(term: &str, key: &str) -> Vec<&'static str> {
    let single = !key.contains(' ');
    // Where all is in capitals they tell no names.
    let tells = term.contains(char::is_lowercase);
    let name = |word: &str| {
        let mut parts = term.split(|c: char| !c.is_alphanumeric());
        tells && word.len() > 1 && parts.any(|part| part == word.to_ascii_uppercase())
    };
    unsaid(term).into_iter().filter(|word| single || name(word)).collect()
}

/// What texts of the same words have in common.
fn key(words: &[Word]) -> String {
    let mut keys: Vec<&str> = words.iter().map(|word| word.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.join(" ")
}
