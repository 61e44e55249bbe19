//! What all rows score, with nothing left out: what the search is held against.

use std::collections::BTreeMap;

use super::{Asked, EditionIndex, OF_PARTS, Posting, UNWANTED, fits};

impl EditionIndex {
    /// The rows that have any of the words, each with its score and how many of the words stand in its fields.
    pub(crate) fn score_plainly(&self, asked: &Asked) -> BTreeMap<u32, (f32, usize)> {
        let mut scores: BTreeMap<u32, (f32, usize)> = BTreeMap::new();
        for key in &asked.keys {
            let mut found: Vec<u32> = Vec::new();
            for (id, trust) in &key.forms {
                let weight = key.weight * trust;
                for Posting { row, gain } in self.postings(*id) {
                    scores.entry(*row).or_default().0 += weight * gain;
                    found.push(*row);
                }
            }
            found.sort_unstable();
            found.dedup();
            found.iter().for_each(|row| scores.entry(*row).or_default().1 += 1);
        }
        for (row, fit) in self.best_fits(asked) {
            scores.entry(row).or_default().0 += fit;
        }
        self.exclude(asked, &mut scores);
        let parts = if asked.parts { 1.0 } else { OF_PARTS };
        for (row, (score, _)) in &mut scores {
            *score = self.weighed(*row, *score, parts);
        }
        scores
    }

    /// A term, or the code's own description, adds to its code by how much of it was asked for and how much of what was
    /// asked it is.
    fn best_fits(&self, asked: &Asked) -> BTreeMap<u32, f32> {
        let mut best: BTreeMap<u32, f32> = BTreeMap::new();
        for row in (0..).take(self.rows.len()) {
            for (term, words) in self.terms(row) {
                let mut found = 0.0;
                for (id, trust) in asked.keys.iter().flat_map(|key| &key.forms) {
                    if words.iter().any(|word| word == id) {
                        found += self.words[*id as usize].weight * trust;
                    }
                }
                if found > 0.0 {
                    let fit = best.entry(row).or_default();
                    *fit = fit.max(fits(found, term.weight));
                }
            }
        }
        best
    }

    /// What a query excludes speaks for codes that exclude it and against those that name it.
    fn exclude(&self, asked: &Asked, scores: &mut BTreeMap<u32, (f32, usize)>) {
        for (key, (id, trust)) in asked.excluded.iter().flat_map(|key| key.forms.iter().map(move |form| (key, form))) {
            let mut add = |row: u32, says: f32| {
                if let Some((score, _)) = scores.get_mut(&row).filter(|(score, _)| *score > 0.0) {
                    *score += says;
                }
            };
            self.excluding(*id).iter().for_each(|row| add(*row, key.weight * trust));
            self.postings(*id).iter().for_each(|it| add(it.row, -(UNWANTED * key.weight * trust * it.gain)));
        }
    }
}
