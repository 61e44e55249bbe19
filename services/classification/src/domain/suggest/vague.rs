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
    /// The words that say nothing of goods, as the `IT` of `IT goods` is taken to be: without them it is another term.
    unsaid: Vec<&'static str>,
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
                    let (key, new) = (key(&words(text)), Called { unsaid: unsaid(text), fact: number, at });
                    if key.is_empty() {
                        continue;
                    }
                    // Of a term that is listed twice what has a question is kept.
                    let asks = |called: &Called| !facts[called.fact].terms[called.at].question.is_empty();
                    let same = by_words.entry(key).or_default();
                    match same.iter_mut().find(|kept| kept.unsaid == new.unsaid) {
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

    /// The term that a description of some words is, if it is one: all words of the term stand there, and beside them none
    /// that says something.
    pub(super) fn find(&self, description: &str, asked: &[Word]) -> Option<Listed<'_>> {
        let known = unsaid(description);
        let whole = |called: &&Called| called.unsaid.iter().all(|word| known.contains(word));
        let same = self.by_words.get(&key(asked))?;
        let called = same.iter().filter(whole).max_by_key(|called| called.unsaid.len())?;
        let (fact, term) = (&self.facts[called.fact], &self.facts[called.fact].terms[called.at]);
        Some(Listed { shortfall: fact.shortfall, term: &term.term, question: &term.question })
    }
}

/// What texts of the same words have in common.
fn key(words: &[Word]) -> String {
    let mut keys: Vec<&str> = words.iter().map(|word| word.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.join(" ")
}
