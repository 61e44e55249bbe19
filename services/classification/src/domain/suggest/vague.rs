//! Terms that say too little of goods, as authorities list them.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::domain::facts::{Shortfall, VagueFact};
use crate::domain::words::{Word, words};

/// The vague and ambiguous terms of a catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vague {
    facts: Arc<[VagueFact]>,
    /// By the words of a term, in whatever order: its fact and where it stands there.
    by_words: HashMap<String, (usize, usize), RandomState>,
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
        let mut by_words = HashMap::default();
        for (number, fact) in facts.iter().enumerate() {
            for (at, term) in fact.terms.iter().enumerate() {
                for text in std::iter::once(&term.term).chain(&term.related) {
                    let (key, new) = (key(&words(text)), (number, at));
                    if key.is_empty() {
                        continue;
                    }
                    // Of a term that is listed twice what has a question is kept.
                    let kept = by_words.entry(key).or_insert(new);
                    let asks = |(fact, at): (usize, usize)| !facts[fact].terms[at].question.is_empty();
                    if asks(new) && !asks(*kept) {
                        *kept = new;
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

    /// The term that a description is, if it is one.
    pub(super) fn find(&self, description: &[Word]) -> Option<Listed<'_>> {
        let (fact, at) = *self.by_words.get(&key(description))?;
        let (fact, term) = (&self.facts[fact], &self.facts[fact].terms[at]);
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
