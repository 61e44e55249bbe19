//! What one state of the catalogue has that another has not.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use greenlane_curation::{Effect, Touched};

use super::facts::{
    CodeFact, CodeSystemFact, EditionFact, EntryFact, Facts, LinkFact, ListFact, SynonymsFact, TableFact, TermFact,
    VagueFact,
};

/// How many of a kind that are added, removed or changed are named.
const NAMED: usize = 5;

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

    /// What becomes of them, each under a name; nothing where nothing does.
    fn effect(&self, kind: &'static str, key: impl Fn(&T) -> K, name: impl Fn(&K) -> String) -> Option<Effect>
    where
        K: Ord,
    {
        let now: HashSet<K> = self.added.iter().map(key).collect();
        let ended: HashSet<&K> = self.ended.iter().collect();
        let (changed, added): (Vec<&K>, Vec<&K>) = now.iter().partition(|key| ended.contains(*key));
        let removed: Vec<&K> = ended.into_iter().filter(|key| !now.contains(*key)).collect();
        let touched = |mut keys: Vec<&K>| {
            keys.sort_unstable();
            Touched { count: keys.len() as u64, first: keys.into_iter().take(NAMED).map(&name).collect() }
        };
        let effect = Effect { kind, added: touched(added), removed: touched(removed), changed: touched(changed) };
        (!now.is_empty() || effect.removed.count > 0).then_some(effect)
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
            codes: Changed::between(&before.codes, &after.codes, of_code),
            links: Changed::between(&before.links, &after.links, of_link),
            entries: Changed::between(&before.entries, &after.entries, of_entry),
            terms: Changed::between(&before.terms, &after.terms, of_term),
            synonyms: Changed::between(&before.synonyms, &after.synonyms, |it| it.language.clone()),
            vague: Changed::between(&before.vague, &after.vague, VagueFact::id),
        }
    }

    /// What becomes of the things of each kind of which anything does. Synonyms are told by language, and vague terms by
    /// what they lack and language: a file replaces them as a whole.
    pub(crate) fn effects(&self) -> Vec<Effect> {
        let code = |(edition, code): &(String, String)| format!("{edition} {code}");
        let link = |[earlier, code, later, target]: &[String; 4]| format!("{earlier} {code} to {later} {target}");
        let entry = |(list, entry): &(String, String)| format!("greenLists/{list}/entries/{entry}");
        let term = |[edition, code, language, term]: &[String; 4]| format!("{edition} {code} {language}: {term}");
        let all = [
            self.systems.effect("code_systems", |it| it.id.clone(), |id| format!("codeSystems/{id}")),
            self.editions.effect("editions", |it| it.id.clone(), |id| format!("editions/{id}")),
            self.codes.effect("codes", of_code, code),
            self.tables.effect("correlation_tables", TableFact::id, String::clone),
            self.links.effect("links", of_link, link),
            self.lists.effect("green_lists", |it| it.id.clone(), |id| format!("greenLists/{id}")),
            self.entries.effect("entries", of_entry, entry),
            self.terms.effect("terms", of_term, term),
            self.synonyms.effect("synonyms", |it| it.language.clone(), String::clone),
            self.vague.effect("vague_terms", VagueFact::id, String::clone),
        ];
        all.into_iter().flatten().collect()
    }
}

fn of_code(code: &CodeFact) -> (String, String) {
    (code.edition.clone(), code.code.clone())
}

fn of_link(link: &LinkFact) -> [String; 4] {
    [&link.earlier_edition, &link.earlier_code, &link.later_edition, &link.later_code].map(Clone::clone)
}

fn of_entry(entry: &EntryFact) -> (String, String) {
    (entry.list.clone(), entry.id.clone())
}

fn of_term(term: &TermFact) -> [String; 4] {
    [&term.edition, &term.code, &term.language, &term.term].map(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_each_kind_is_counted_and_its_first_are_named_in_their_order() {
        let code = |code: String, parent: &str| CodeFact {
            edition: "HS2028".to_owned(),
            code,
            parent: parent.to_owned(),
            ..CodeFact::default()
        };
        let was: Vec<CodeFact> = (10..30).map(|number| code(number.to_string(), "")).collect();
        let is = vec![code("29".to_owned(), ""), code("28".to_owned(), "2"), code("30".to_owned(), "")];
        let before = Facts { codes: was, ..Facts::default() };
        let after = Facts { codes: is, ..Facts::default() };
        let first = |names: &[&str]| names.iter().map(|it| format!("HS2028 {it}")).collect::<Vec<_>>();
        let expected = Effect {
            kind: "codes",
            added: Touched { count: 1, first: first(&["30"]) },
            removed: Touched { count: 18, first: first(&["10", "11", "12", "13", "14"]) },
            changed: Touched { count: 1, first: first(&["28"]) },
        };
        assert_eq!(Delta::between(&before, &after).effects(), [expected]);
        assert!(Delta::between(&before, &before).effects().is_empty());
    }
}
