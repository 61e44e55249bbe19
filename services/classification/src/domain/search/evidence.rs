//! What else is said of an edition's codes: A to Z terms, and the lines of the national tariffs below them.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::domain::catalogue::{Catalogue, Position};
use crate::domain::translate::{Relation, translate};

/// Texts by the row that they speak of.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Evidence<'c> {
    pub(super) terms: Vec<(u32, &'c str)>,
    /// By national edition, of those that have any.
    pub(super) lines: Vec<Vec<(u32, &'c str)>>,
}

impl<'c> Evidence<'c> {
    /// What is said of the codes of an edition: to it, or to a code of another edition of its system all of whose goods it
    /// holds.
    pub(super) fn of(catalogue: &'c Catalogue, edition: usize) -> Self {
        let mut same = Same { catalogue, edition, known: HashMap::default() };
        let mut evidence = Self::default();
        for term in catalogue.terms.iter() {
            evidence.terms.extend(same.row(term.at).map(|row| (row, term.fact.term.as_str())));
        }
        for data in catalogue.editions.iter() {
            let Some(base) = catalogue.edition(&data.fact.extends) else { continue };
            let mut said: Vec<(u32, &str)> = Vec::new();
            for code in &data.codes {
                let digits = &code.fact.code;
                // Rungs that both editions have say the same of themselves: only what is below counts.
                if catalogue.find(base, digits).is_some() {
                    continue;
                }
                let above = (1..digits.len()).rev().find_map(|end| catalogue.find(base, digits.get(..end)?));
                let Some(row) = above.and_then(|at| same.row(at)) else { continue };
                // The lines between, with a code or without, are read together with it: each once.
                let way = std::iter::successors(Some(code), |line| line.parent.map(|row| &data.codes[row as usize]));
                for line in way.take_while(|line| catalogue.find(base, &line.fact.code).is_none()) {
                    said.extend(line.fact.descriptions.iter().map(|(_, text)| (row, text.as_str())));
                }
            }
            said.sort_unstable();
            said.dedup();
            // A national edition of other codes changes nothing here.
            if !said.is_empty() {
                evidence.lines.push(said);
            }
        }
        evidence
    }
}

/// Codes of other editions as rows of one.
struct Same<'c> {
    catalogue: &'c Catalogue,
    edition: usize,
    known: HashMap<Position, Option<u32>, RandomState>,
}

impl Same<'_> {
    fn row(&mut self, at: Position) -> Option<u32> {
        if at.edition == self.edition {
            return Some(at.row);
        }
        let editions = &self.catalogue.editions;
        if editions[at.edition].fact.system != editions[self.edition].fact.system {
            return None;
        }
        *self.known.entry(at).or_insert_with(|| {
            let found = translate(self.catalogue, at, self.edition, false);
            // What was merged since with other goods is all there still: what is said of it is said of the whole too.
            match (found.relation, found.targets.as_slice()) {
                (Relation::Exact | Relation::Merged, [only]) => Some(only.at.row),
                _ => None,
            }
        })
    }
}
