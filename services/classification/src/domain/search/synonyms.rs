//! Words that mean the same as those that are asked.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;

use crate::domain::facts::SynonymsFact;
use crate::domain::words::words;

/// By a word as it is looked up: what it means, in order.
type Meant = HashMap<String, BTreeSet<String>, RandomState>;

/// The synonyms of a catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Synonyms {
    facts: Arc<[SynonymsFact]>,
    /// Read beside the indexes of words: with Chinese ones a dictionary is read first, which nobody who asks for a code
    /// waits for.
    by_key: Arc<OnceLock<Meant>>,
}

impl Synonyms {
    /// Of what is said of single words only: of several, each alone means something else.
    pub(crate) fn of(facts: Vec<SynonymsFact>) -> Self {
        Self { facts: facts.into(), by_key: Arc::default() }
    }

    /// Reads them, if they are not: the next search finds them read.
    pub(crate) fn read(&self) {
        self.by_key();
    }

    /// Whether they are.
    #[cfg(test)]
    pub(super) fn are_read(&self) -> bool {
        self.by_key.get().is_some()
    }

    fn by_key(&self) -> &Meant {
        self.by_key.get_or_init(|| meant(&self.facts))
    }

    /// What they are made of.
    pub(crate) fn facts(&self) -> &[SynonymsFact] {
        &self.facts
    }

    /// What a word means, as it is looked up, beside itself.
    pub(crate) fn meant(&self, key: &str) -> impl Iterator<Item = &str> {
        self.by_key().get(key).into_iter().flatten().map(String::as_str)
    }
}

fn meant(facts: &[SynonymsFact]) -> Meant {
    let mut by_key = Meant::default();
    let key = |text: &String| match words(text).as_slice() {
        [only] => Some(only.key.clone()),
        // A Chinese word stands beside those within it.
        several => several.iter().find(|word| word.shown == *text).map(|word| word.key.clone()),
    };
    for group in facts.iter().flat_map(|fact| &fact.groups) {
        let asked: Vec<String> = group.asked.iter().filter_map(key).collect();
        let meant: Vec<String> = group.meant.iter().filter_map(key).collect();
        for word in &asked {
            let others = if group.meant.is_empty() { &asked } else { &meant };
            let others = others.iter().filter(|other| *other != word);
            by_key.entry(word.clone()).or_default().extend(others.cloned());
        }
    }
    by_key.retain(|_, others| !others.is_empty());
    by_key
}
