//! Plain BM25, without stems: what everything else is held against. Over the descriptions of the subheadings, or where
//! there are none in the language over what was taught of each.

use std::collections::{BTreeMap, HashMap};

use super::data::Case;
use super::measure::Answer;
use crate::domain::Catalogue;

pub(super) struct Plain {
    codes: Vec<String>,
    lengths: Vec<f64>,
    postings: HashMap<String, Vec<(usize, f64)>>,
}

fn tokens(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

impl Plain {
    pub(super) fn of(catalogue: &Catalogue, edition: &str) -> Self {
        let edition = &catalogue.editions[catalogue.edition(edition).unwrap()];
        let subheadings = edition.codes.iter().filter(|code| code.fact.code.len() == 6);
        Self::over(subheadings.map(|code| (code.fact.code.clone(), code.fact.descriptions[0].1.clone())))
    }

    /// Over the taught texts of each code, put together.
    pub(super) fn taught(cases: &[&Case]) -> Self {
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for case in cases {
            let text = texts.entry(case.hs6.clone()).or_default();
            text.push_str(&case.query);
            text.push(' ');
        }
        Self::over(texts.into_iter())
    }

    fn over(texts: impl Iterator<Item = (String, String)>) -> Self {
        let mut plain = Self { codes: Vec::new(), lengths: Vec::new(), postings: HashMap::new() };
        for (code, text) in texts {
            let number = plain.codes.len();
            plain.codes.push(code);
            let mut counts: HashMap<String, f64> = HashMap::new();
            for token in tokens(&text) {
                *counts.entry(token).or_default() += 1.0;
            }
            plain.lengths.push(counts.values().sum());
            for (token, count) in counts {
                plain.postings.entry(token).or_default().push((number, count));
            }
        }
        plain
    }

    pub(super) fn ask(&self, cases: &[&Case]) -> Vec<Answer> {
        let (count, k1, b) = (self.codes.len() as f64, 1.2, 0.75);
        let mean = self.lengths.iter().sum::<f64>() / count;
        let one = |case: &&Case| {
            let mut scores: HashMap<usize, f64> = HashMap::new();
            for token in tokens(&case.query) {
                let postings = self.postings.get(&token).map_or(&[][..], Vec::as_slice);
                let found = postings.len() as f64;
                let weight = (1.0 + (count - found + 0.5) / (found + 0.5)).ln();
                for (number, times) in postings {
                    let length = k1 * (1.0 - b + b * self.lengths[*number] / mean);
                    *scores.entry(*number).or_default() += weight * times * (k1 + 1.0) / (times + length);
                }
            }
            let mut ranked: Vec<(usize, f64)> = scores.into_iter().collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let codes = ranked.into_iter().take(10).map(|(number, _)| self.codes[number].clone()).collect();
            let can_be_found = self.codes.contains(&case.hs6);
            Answer { right: case.hs6.clone(), can_be_found, codes, confidence: 0.0, cannot_tell: false }
        };
        cases.iter().map(one).collect()
    }
}
