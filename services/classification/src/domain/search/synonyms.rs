//! Words that mean the same as those that are asked.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;

use crate::domain::catalogue::EditionData;
use crate::domain::facts::{SynonymGroup, SynonymsFact};
use crate::domain::words::words;

/// Length of a commodity code.
const DIGITS: usize = 10;

/// By a word as it is looked up: what it means, in order.
type Meant = HashMap<String, BTreeSet<String>, RandomState>;

/// The synonyms of a catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Synonyms {
    facts: Arc<[SynonymsFact]>,
    /// Of the commodity codes that groups begin with, those that an edition has: the words beside them are terms of theirs.
    codes: Arc<BTreeSet<String>>,
    /// Read beside the indexes of words: with Chinese ones a dictionary is read first, which nobody who asks for a code
    /// waits for.
    by_key: Arc<OnceLock<Meant>>,
}

impl Synonyms {
    /// Of what is said of single words only: of several, each alone means something else.
    pub(crate) fn of(facts: Vec<SynonymsFact>, editions: &[EditionData]) -> Self {
        let is_there = |code: &str| editions.iter().any(|edition| row_of(edition, code).is_some());
        let begun = facts.iter().flat_map(|fact| &fact.groups).filter_map(coded).map(|(code, _)| code);
        let codes: BTreeSet<String> = begun.filter(|&code| is_there(code)).map(str::to_owned).collect();
        Self { facts: facts.into(), codes: Arc::new(codes), by_key: Arc::default() }
    }

    /// The words that lead to a commodity code, as the terms of an A to Z index do, each with the code.
    pub(crate) fn terms(&self) -> impl Iterator<Item = (&str, &str)> {
        let coded = self.facts.iter().flat_map(|fact| &fact.groups).filter_map(coded);
        let there = coded.filter(move |(code, _)| self.codes.contains(*code));
        there.flat_map(|(code, words)| words.iter().map(move |word| (code, word.as_str())))
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
        self.by_key.get_or_init(|| meant(&self.facts, &self.codes))
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

/// The commodity code that a group begins with, and the words beside it. A number that no edition has (`1000000000`) is one
/// all the same.
fn coded(group: &SynonymGroup) -> Option<(&str, &[String])> {
    let (code, words) = group.asked.split_first().filter(|_| group.meant.is_empty())?;
    let is_code = code.len() == DIGITS && code.bytes().all(|b| b.is_ascii_digit());
    is_code.then_some((code.as_str(), words))
}

/// The row of the subheading that a commodity code is of, or of the heading that it is filled up with zeros. National
/// editions have what is said of the one that they extend.
pub(super) fn row_of(edition: &EditionData, code: &str) -> Option<u32> {
    if !edition.fact.extends.is_empty() {
        return None;
    }
    let (heading, rest) = code.split_at_checked(4)?;
    let is_heading = rest.bytes().all(|b| b == b'0');
    edition.row_of(code.get(..6)?).or_else(|| edition.row_of(heading).filter(|_| is_heading))
}

fn meant(facts: &[SynonymsFact], codes: &BTreeSet<String>) -> Meant {
    let mut by_key = Meant::default();
    let key = |text: &String| match words(text).as_slice() {
        [only] => Some(only.key.clone()),
        // A Chinese word stands beside those within it.
        several => several.iter().find(|word| word.shown == *text).map(|word| word.key.clone()),
    };
    for group in facts.iter().flat_map(|fact| &fact.groups) {
        // No word means a number that it leads to.
        let asked = match coded(group) {
            Some((code, words)) if codes.contains(code) => words,
            Some(_) | None => group.asked.as_slice(),
        };
        let asked: Vec<String> = asked.iter().filter_map(key).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::Catalogue;
    use crate::domain::facts::SourceFact;
    use crate::domain::search::{Query, search};
    use crate::domain::testing::{invented_facts, with_national};

    #[test]
    fn words_beside_a_commodity_code_are_terms_of_its_subheading_and_do_not_mean_its_number() {
        let facts = invented_facts(&["01 0106 010611 010619 10 1001 100111 22 2202 220210"], &[]);
        let mut facts = with_national(facts, "N1", "E1", false, "0106190000 2202100000");
        let groups = ["0106190000,hedgehog,wildcat", "2202000000,redbull", "1000000000,billion", "crate,pallet"];
        let group =
            |line: &str| SynonymGroup { asked: line.split(',').map(str::to_owned).collect(), meant: Vec::new() };
        facts.synonyms.push(SynonymsFact {
            language: "en".to_owned(),
            groups: groups.map(group).to_vec(),
            source: SourceFact::default(),
        });
        let catalogue = Catalogue::build(1, facts).unwrap();
        let found = |text: &str| -> Vec<String> {
            let query = Query { text: text.to_owned(), editions: vec![0], ..Query::default() };
            search(&catalogue, &query).map(|hit| catalogue.code(hit.at).fact.code.clone()).collect()
        };
        assert_eq!(found("hedgehog").first().map(String::as_str), Some("010619"));
        assert_eq!(found("wildcat").first().map(String::as_str), Some("010619"));
        assert_eq!(found("redbull").first().map(String::as_str), Some("2202"));
        assert!(found("billion").is_empty(), "no cereals");
        let synonyms = &catalogue.synonyms;
        let meant = |word: &str| synonyms.meant(&words(word)[0].key).count();
        assert_eq!((meant("hedgehog"), meant("redbull"), meant("crate")), (1, 0, 1), "no number is meant");
        let terms: Vec<_> = synonyms.terms().collect();
        let expected = [("0106190000", "hedgehog"), ("0106190000", "wildcat"), ("2202000000", "redbull")];
        assert_eq!(terms, expected);
    }
}
