//! A catalogue out of the one before it.
//!
//! Most revisions change the codes of one edition or the rows of one table, and there are a hundred thousand of either:
//! codes and rows that did not change are not copied, and not even looked at.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{BuildError, Catalogue};
use crate::domain::correlation::Table;
use crate::domain::facts::{CodeFact, Facts, LinkFact};

/// Of which codes and links some facts are the whole. All other facts are whole, and what is not named is as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Editions, of codes.
    pub(crate) editions: BTreeSet<String>,
    /// Tables, of links: earlier and later edition.
    pub(crate) tables: BTreeSet<(String, String)>,
}

impl Scope {
    /// What is in it and not in another.
    pub(crate) fn without(&self, other: &Self) -> Self {
        Self {
            editions: self.editions.difference(&other.editions).cloned().collect(),
            tables: self.tables.difference(&other.tables).cloned().collect(),
        }
    }

    /// Takes another one in.
    pub(crate) fn extend(&mut self, other: Self) {
        self.editions.extend(other.editions);
        self.tables.extend(other.tables);
    }

    fn has_table(&self, earlier: &str, later: &str) -> bool {
        // Few: cheaper than two texts to ask by.
        self.tables.iter().any(|(one, other)| one == earlier && other == later)
    }
}

impl Catalogue {
    /// What it is made of, but for what was taught: that is no part of what changes by change sets.
    #[cfg(test)]
    pub(crate) fn facts(&self) -> Facts {
        let id = |edition: usize| self.editions[edition].fact.id.clone();
        let published = self.tables.iter().filter(|table| !table.extension);
        self.facts_within(&Scope {
            editions: self.edition_ids().map(str::to_owned).collect(),
            tables: published.map(|table| (id(table.earlier), id(table.later))).collect(),
        })
    }

    /// The same with codes and links within a scope only.
    pub(crate) fn facts_within(&self, scope: &Scope) -> Facts {
        let Facts { lists, entries, .. } = self.list_facts();
        let mut facts = Facts { systems: self.systems.clone(), lists, entries, ..Facts::default() };
        facts.editions.extend(self.editions.iter().map(|edition| edition.fact.clone()));
        (facts.codes, facts.links) = self.codes_and_links(scope);
        for table in self.tables.iter().filter(|table| !table.extension) {
            facts.tables.extend(table.fact.clone());
        }
        facts.terms = self.terms.iter().map(|term| term.fact.clone()).collect();
        facts.synonyms = self.synonyms.facts().to_vec();
        facts.vague = self.vague.facts().to_vec();
        facts
    }

    /// The codes and links within a scope.
    pub(crate) fn codes_and_links(&self, scope: &Scope) -> (Vec<CodeFact>, Vec<LinkFact>) {
        let editions = self.editions.iter().filter(|edition| scope.editions.contains(&edition.fact.id));
        let codes = editions.flat_map(|edition| &edition.codes).map(|code| code.fact.clone()).collect();
        let of_scope = |table: &&Table| {
            let [earlier, later] = [table.earlier, table.later].map(|at| self.editions[at].fact.id.as_str());
            !table.extension && scope.has_table(earlier, later)
        };
        let links = self.tables.iter().filter(of_scope).flat_map(|table| self.links_of(table)).collect();
        (codes, links)
    }

    fn links_of<'c>(&'c self, table: &'c Table) -> impl Iterator<Item = LinkFact> + 'c {
        let (earlier, later) = (&self.editions[table.earlier], &self.editions[table.later]);
        table.rows().map(move |(row, edge)| LinkFact {
            earlier_edition: earlier.fact.id.clone(),
            earlier_code: earlier.codes[row as usize].fact.code.clone(),
            later_edition: later.fact.id.clone(),
            later_code: later.codes[edge.to as usize].fact.code.clone(),
            ex: edge.ex,
            held_back: edge.held_back,
            words: table.words(row, edge.to).map(|words| Box::new(words.clone())),
        })
    }

    /// The catalogue of a later revision: codes and links of the scope, and of editions and tables that are not here, are
    /// those of the facts; all others are shared with this one.
    ///
    /// # Errors
    /// When the whole does not fit together.
    pub(crate) fn rebuilt(&self, revision: u64, mut facts: Facts, scope: &Scope) -> Result<Self, BuildError> {
        let mut systems = std::mem::take(&mut facts.systems);
        systems.sort_by(|a, b| a.id.cmp(&b.id));
        let mut next = Self { revision, changed_at: revision, systems, ..Self::empty() };
        next.add_editions(std::mem::take(&mut facts.editions))?;
        next.add_codes(std::mem::take(&mut facts.codes))?;
        // By edition here: where it is now, when its codes are shared.
        let mut shared: Vec<Option<usize>> = vec![None; self.editions.len()];
        for (number, edition) in Arc::make_mut(&mut next.editions).iter_mut().enumerate() {
            let old = self.edition(&edition.fact.id).filter(|_| !scope.editions.contains(&edition.fact.id));
            if let Some(old) = old {
                edition.codes = self.editions[old].codes.clone();
                edition.index = Arc::clone(&self.editions[old].index);
                shared[old] = Some(number);
            }
        }
        for link in std::mem::take(&mut facts.links) {
            next.add_link(&link)?;
        }
        for table in self.tables.iter().filter(|table| !table.extension) {
            let [earlier, later] = [table.earlier, table.later].map(|at| self.editions[at].fact.id.as_str());
            let gone = next.edition(earlier).is_none() || next.edition(later).is_none();
            if gone || scope.has_table(earlier, later) {
                continue;
            }
            match (shared[table.earlier], shared[table.later]) {
                (Some(earlier), Some(later)) => {
                    Arc::make_mut(&mut next.tables).push(table.between(earlier, later));
                }
                // Its codes may lie elsewhere now, or be gone.
                _ => self.links_of(table).try_for_each(|link| next.add_link(&link))?,
            }
        }
        next.finish(facts)?;
        Ok(next)
    }

    fn add_link(&mut self, link: &LinkFact) -> Result<(), BuildError> {
        let earlier = self.linked(&link.earlier_edition, &link.earlier_code)?;
        let later = self.linked(&link.later_edition, &link.later_code)?;
        self.table_between(earlier.edition, later.edition).add(earlier.row, later.row, link);
        Ok(())
    }

    /// Whether the codes of an edition are the same in memory in two revisions.
    #[cfg(test)]
    pub(crate) fn shares_codes_of(&self, other: &Self, edition: &str) -> bool {
        let codes = |of: &Self| Some(of.editions[of.edition(edition)?].codes.clone());
        codes(self).zip(codes(other)).is_some_and(|(one, other)| one.is(&other))
    }
}

#[cfg(test)]
mod tests;
