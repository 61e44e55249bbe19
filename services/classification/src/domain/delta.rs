//! What one state of the catalogue has that another has not.

use std::collections::HashMap;
use std::hash::Hash;

use super::facts::{
    CodeFact, CodeSystemFact, EditionFact, EntryFact, Facts, LinkFact, ListFact, SynonymsFact, TableFact, TermFact,
    VagueFact,
};

/// A changed kind of facts: what is added, and the keys of what ends. What is changed is both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed<T, K> {
    pub(crate) added: Vec<T>,
    pub(crate) ended: Vec<K>,
}

impl<T, K> Default for Changed<T, K> {
    fn default() -> Self {
        Self { added: Vec::new(), ended: Vec::new() }
    }
}

impl<T: Clone + PartialEq, K: Hash + Eq> Changed<T, K> {
    fn between(before: &[T], after: &[T], key: impl Fn(&T) -> K) -> Self {
        let mut old: HashMap<K, &T> = before.iter().map(|fact| (key(fact), fact)).collect();
        let mut changed = Self::default();
        for fact in after {
            let key = key(fact);
            match old.remove(&key) {
                Some(same) if same == fact => {}
                Some(_) => {
                    changed.added.push(fact.clone());
                    changed.ended.push(key);
                }
                None => changed.added.push(fact.clone()),
            }
        }
        changed.ended.extend(old.into_keys());
        changed
    }

    /// How many were added, changed or ended.
    pub(crate) fn count(&self) -> usize {
        self.added.len().max(self.ended.len())
    }
}

/// The difference between two states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) systems: Changed<CodeSystemFact, String>,
    pub(crate) editions: Changed<EditionFact, String>,
    pub(crate) tables: Changed<TableFact, String>,
    pub(crate) lists: Changed<ListFact, String>,
    /// By edition and code.
    pub(crate) codes: Changed<CodeFact, (String, String)>,
    /// By editions and codes, older first.
    pub(crate) links: Changed<LinkFact, [String; 4]>,
    /// By list and entry.
    pub(crate) entries: Changed<EntryFact, (String, String)>,
    /// By edition, code, language and term.
    pub(crate) terms: Changed<TermFact, [String; 4]>,
    /// By language.
    pub(crate) synonyms: Changed<SynonymsFact, String>,
    /// By shortfall and language.
    pub(crate) vague: Changed<VagueFact, String>,
}

impl Delta {
    /// From one state to another.
    pub(crate) fn between(before: &Facts, after: &Facts) -> Self {
        Self {
            systems: Changed::between(&before.systems, &after.systems, |it| it.id.clone()),
            editions: Changed::between(&before.editions, &after.editions, |it| it.id.clone()),
            tables: Changed::between(&before.tables, &after.tables, TableFact::id),
            lists: Changed::between(&before.lists, &after.lists, |it| it.id.clone()),
            codes: Changed::between(&before.codes, &after.codes, |it| (it.edition.clone(), it.code.clone())),
            links: Changed::between(&before.links, &after.links, |it| {
                [&it.earlier_edition, &it.earlier_code, &it.later_edition, &it.later_code].map(Clone::clone)
            }),
            entries: Changed::between(&before.entries, &after.entries, |it| (it.list.clone(), it.id.clone())),
            terms: Changed::between(&before.terms, &after.terms, |it| {
                [&it.edition, &it.code, &it.language, &it.term].map(Clone::clone)
            }),
            synonyms: Changed::between(&before.synonyms, &after.synonyms, |it| it.language.clone()),
            vague: Changed::between(&before.vague, &after.vague, VagueFact::id),
        }
    }
}
