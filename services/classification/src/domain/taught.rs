//! Decided classifications that were taught, and which of them a new description is like.
//!
//! What is taught counts at once and from its own date on: a question about a day is answered as if nothing decided
//! later had ever been taught, down to the rarity of words. Examples lie in the order of their dates, so that what was
//! decided by a day is a beginning of every list of postings.
//!
//! Of the examples with the same words the last decided stands, and of those of one day what was taught last: it corrects
//! those before it. What was taught together stands together. A withdrawal takes back the examples of its words and code
//! that were decided before it, or on its day and taught before it: from its day on they say nothing, and what they
//! corrected stands again.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::fast::{FixedState, RandomState};

use super::catalogue::{Catalogue, Position};
use super::facts::ExampleFact;
use super::words::{features, fold, kin, words};

/// How soon repetitions of a feature stop counting.
const SATURATION: f64 = 0.8;
/// How much a long description is held against it.
const LENGTH: f64 = 0.4;
/// What it adds to a feature that all its examples were decided alike: what stands with many codes tells none.
const ALIKE: f64 = 3.0;
/// How alike a feature's examples are taken to be while there are few.
const SUPPOSED: f64 = 0.3;
/// How many examples decide.
const NEAREST: usize = 30;
/// How many pieces of a word that is known nowhere an example must have to be akin by them: of the word, and of what is left
/// of it without vowels. Of both together a place would count twice, and of what is left two are no more than a beginning.
const PIECES: [u16; 2] = [2, 3];

/// A decided classification.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Example {
    pub(crate) fact: ExampleFact,
    pub(crate) at: Position,
    /// Its description's words alone: examples that agree in it are of the same goods.
    folded: String,
    /// Features with how often each stands in it.
    features: Vec<(u32, u16)>,
    length: u32,
    /// Its words, each once.
    words: Vec<u64>,
    /// From when it is withdrawn.
    until: Option<NaiveDate>,
}

impl Example {
    /// By what it corrects those of the same words with less.
    fn rank(&self) -> (NaiveDate, u64) {
        (self.fact.decided_on, self.fact.taught)
    }

    /// Whether it counts on a day, corrections left aside.
    fn counts(&self, on: NaiveDate) -> bool {
        self.fact.decided_on <= on && self.until.is_none_or(|until| on < until)
    }
}

/// What descriptions of the same goods have in common.
pub(crate) fn folded(description: &str) -> String {
    fold(description)
}

/// All examples of a revision, by date.
#[derive(Debug, Default)]
pub(crate) struct Taught {
    examples: Vec<Arc<Example>>,
    withdrawals: Vec<Arc<Example>>,
    /// Whether an example is withdrawn, or others have its words: whether it stands has to be looked up.
    doubtful: Vec<bool>,
    ids: HashMap<Box<str>, u32, RandomState>,
    /// By feature: examples in their order.
    postings: Vec<Vec<Posting>>,
    /// Features of all examples before one, together.
    lengths: Vec<u64>,
    /// By the words of a description alone: the examples that have just these.
    by_words: HashMap<String, Vec<u32>, RandomState>,
    /// By the digits of a code: the examples that were decided to be it, in whatever edition.
    by_digits: HashMap<Box<str>, Vec<u32>, RandomState>,
    /// By the digits of a code: the days from which examples that were decided to be it are withdrawn, in their order.
    withdrawn: HashMap<Box<str>, Vec<NaiveDate>, RandomState>,
}

/// An example that has a feature.
#[derive(Clone, Copy, Debug)]
struct Posting {
    example: u32,
    /// How often the feature stands there.
    count: u16,
    /// How alike the feature's examples up to this one were decided, 0 to 1.
    alike: f32,
}

/// An example that a description is like.
#[derive(Clone, Debug)]
pub(crate) struct Neighbour {
    pub(crate) example: Arc<Example>,
    /// How much of the description it shares, 0 to about 1.
    pub(crate) likeness: f64,
    /// How much the words of both agree, 0 to 1 (Dice): one of many words is like any description of one of them.
    pub(crate) agreed: f64,
    /// Whether it has a word of the description, or what a word of it that is known nowhere may mean. Any others only lie
    /// near.
    pub(crate) akin: bool,
}

impl Taught {
    /// These examples and more. One whose code the catalogue no longer has says nothing.
    pub(crate) fn with(&self, catalogue: &Catalogue, more: Vec<ExampleFact>) -> Self {
        let (examples, withdrawals) = (self.examples.clone(), self.withdrawals.clone());
        let mut taught = Self { examples, withdrawals, ids: self.ids.clone(), ..Self::default() };
        for fact in more {
            let edition = catalogue.edition(&fact.edition);
            if let Some(at) = edition.and_then(|edition| catalogue.find(edition, &fact.code)) {
                let example = Arc::new(taught.example(fact, at));
                match example.fact.withdrawn {
                    true => taught.withdrawals.push(example),
                    false => taught.examples.push(example),
                }
            }
        }
        taught.withdraw();
        taught.index();
        taught
    }

    fn example(&mut self, fact: ExampleFact, at: Position) -> Example {
        let mut ids: Vec<u32> = Vec::new();
        for feature in features(&fact.description) {
            let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
            ids.push(*self.ids.entry(feature.into_boxed_str()).or_insert(next));
        }
        ids.sort_unstable();
        let count = |same: &[u32]| (same[0], u16::try_from(same.len()).unwrap_or(u16::MAX));
        Example {
            folded: fold(&fact.description),
            features: ids.chunk_by(|a, b| a == b).map(count).collect(),
            length: u32::try_from(ids.len()).unwrap_or(u32::MAX),
            words: said(&fact.description),
            until: None,
            fact,
            at,
        }
    }

    /// Takes back what is withdrawn. What never counted on any day goes altogether.
    fn withdraw(&mut self) {
        let mut by_words: HashMap<&str, Vec<&Example>> = HashMap::new();
        for withdrawal in &self.withdrawals {
            by_words.entry(&withdrawal.folded).or_default().push(withdrawal);
        }
        if by_words.is_empty() {
            return;
        }
        self.examples.retain_mut(|example| {
            let all = by_words.get(example.folded.as_str()).map_or(&[][..], Vec::as_slice);
            let of_it = all.iter().filter(|other| other.at == example.at && other.rank() > example.rank());
            if let Some(until) = of_it.map(|withdrawal| withdrawal.fact.decided_on).min() {
                Arc::make_mut(example).until = Some(until);
            }
            example.until.is_none_or(|until| example.fact.decided_on < until)
        });
    }

    fn index(&mut self) {
        let key = |example: &Arc<Example>| {
            let fact = &example.fact;
            (fact.decided_on, fact.description.clone(), example.at, fact.taught)
        };
        self.examples.sort_by_cached_key(key);
        self.postings = vec![Vec::new(); self.ids.len()];
        let mut length = 0;
        for (number, example) in (0u32..).zip(&self.examples) {
            self.lengths.push(length);
            length += u64::from(example.length);
            self.by_words.entry(example.folded.clone()).or_default().push(number);
            let digits = || Box::from(example.fact.code.as_str());
            self.by_digits.entry(digits()).or_default().push(number);
            if let Some(until) = example.until {
                self.withdrawn.entry(digits()).or_default().push(until);
            }
            for (feature, count) in &example.features {
                self.postings[*feature as usize].push(Posting { example: number, count: *count, alike: 0.0 });
            }
        }
        self.lengths.push(length);
        self.withdrawn.values_mut().for_each(|days| days.sort_unstable());
        let shared = |example: &Arc<Example>| self.by_words[&example.folded].len() > 1;
        self.doubtful = self.examples.iter().map(|example| example.until.is_some() || shared(example)).collect();
        let mut decided: HashMap<&str, u64, RandomState> = HashMap::default();
        for postings in &mut self.postings {
            decided.clear();
            let mut pairs = 0;
            for (number, posting) in (1u64..).zip(postings) {
                let same = decided.entry(&self.examples[posting.example as usize].fact.code).or_default();
                pairs += 2 * *same + 1;
                *same += 1;
                posting.alike = alike(pairs, number);
            }
        }
    }

    /// The examples that stand on a day and that a description is most like, nearest first: none where none is akin to it.
    /// `elsewhere`: whether a word, as it is looked up, is known beside what was taught. Such a word means itself.
    #[expect(clippy::cast_precision_loss, reason = "numbers of examples are far below 2^52")]
    pub(crate) fn nearest(&self, description: &str, on: NaiveDate, elsewhere: impl Fn(&str) -> bool) -> Vec<Neighbour> {
        let known = self.known(on);
        if known == 0 {
            return Vec::new();
        }
        let mean = (self.lengths[known] as f64 / known as f64).max(1.0);
        let weight = |found: usize| (1.0 + (known as f64 - found as f64 + 0.5) / (found as f64 + 0.5)).ln();
        let mut asked: HashMap<String, f64, RandomState> = HashMap::default();
        for feature in features(description) {
            *asked.entry(feature).or_default() += 1.0;
        }
        // In one order, so that sums are the same to the last bit.
        let mut asked: Vec<_> = asked.into_iter().collect();
        asked.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut scores = vec![0.0f64; known];
        let mut whole = 0.0;
        for (feature, times) in asked {
            let postings = self.postings(&feature, known);
            // What no example has says as much as what one has: nothing is known of either.
            let alike = postings.last().map_or_else(|| alike(1, 1), |last| last.alike);
            let weight = weight(postings.len()) * (1.0 + ALIKE * f64::from(alike));
            whole += weight;
            for Posting { example, count, .. } in postings {
                let (number, count) = (*example as usize, f64::from(*count));
                let length = 1.0 - LENGTH + LENGTH * f64::from(self.examples[number].length) / mean;
                let gain = count * (SATURATION + 1.0) / (count + SATURATION * length);
                scores[number] += weight * gain * times.min(2.0).sqrt();
            }
        }
        let mut found = self.take(scores, whole.max(f64::MIN_POSITIVE), &self.akin(description, known, elsewhere), on);
        let (words, folded) = (said(description), fold(description));
        for near in &mut found {
            near.agreed = agreed(&words, &near.example.words);
            near.akin |= near.example.folded == folded;
        }
        if !found.iter().any(|near| near.akin) {
            found.clear();
        }
        found
    }

    /// Of the first examples those that have a feature.
    fn postings(&self, feature: &str, first: usize) -> &[Posting] {
        let postings = self.ids.get(feature).map_or(&[][..], |id| self.postings[*id as usize].as_slice());
        &postings[..postings.partition_point(|posting| (posting.example as usize) < first)]
    }

    /// Which of the first examples are akin to a description.
    fn akin(&self, description: &str, first: usize, elsewhere: impl Fn(&str) -> bool) -> Vec<bool> {
        let kin = kin(description);
        let mut akin = vec![false; first];
        for posting in kin.words.iter().flat_map(|word| self.postings(word, first)) {
            akin[posting.example as usize] = true;
        }
        let mut shared = vec![0u16; first];
        let unknown = kin.pieces.iter().filter(|(word, _)| !elsewhere(word));
        for (pieces, enough) in unknown.flat_map(|(_, pieces)| pieces.iter().zip(PIECES)) {
            shared.fill(0);
            for posting in pieces.iter().flat_map(|piece| self.postings(piece, first)) {
                let example = posting.example as usize;
                shared[example] += 1;
                akin[example] |= shared[example] >= enough;
            }
        }
        akin
    }

    /// How many examples are known on a day.
    pub(crate) fn known(&self, on: NaiveDate) -> usize {
        self.examples.partition_point(|example| example.fact.decided_on <= on)
    }

    /// The codes that these very words are decided to mean on a day.
    pub(crate) fn decided(&self, folded: &str, on: NaiveDate) -> Vec<Position> {
        self.standing(folded, on).map(|example| example.at).collect()
    }

    /// Whether a code was taught of these words, and not later than a withdrawal would be.
    pub(crate) fn knows(&self, description: &str, at: Position, by: NaiveDate) -> bool {
        let folded = fold(description);
        let mut all = self.examples.iter().chain(&self.withdrawals);
        all.any(|example| example.folded == folded && example.at == at && example.fact.decided_on <= by)
    }

    /// The examples of these words that stand on a day.
    fn standing(&self, folded: &str, on: NaiveDate) -> impl Iterator<Item = &Arc<Example>> {
        let same = self.by_words.get(folded).map_or(&[][..], Vec::as_slice);
        let known = same.iter().map(|number| &self.examples[*number as usize]).filter(move |it| it.counts(on));
        let last = known.clone().map(|example| example.rank()).max();
        known.filter(move |example| Some(example.rank()) == last)
    }

    /// How many examples were decided by a day to be a code of these digits. An edition's change of what the digits hold
    /// is looked past: what is asked is how usual a code is.
    pub(crate) fn count(&self, digits: &str, on: NaiveDate) -> usize {
        let decided = self.by_digits.get(digits).map_or(&[][..], Vec::as_slice);
        let decided = decided.partition_point(|number| self.examples[*number as usize].fact.decided_on <= on);
        decided - self.withdrawn.get(digits).map_or(0, |days| days.partition_point(|day| *day <= on))
    }

    fn take(&self, scores: Vec<f64>, whole: f64, akin: &[bool], on: NaiveDate) -> Vec<Neighbour> {
        let mut highest: HashMap<&str, Option<(NaiveDate, u64)>> = HashMap::new();
        let mut stands = |at: usize| {
            let example = &self.examples[at];
            let rank = || self.standing(&example.folded, on).next().map(|standing| standing.rank());
            !self.doubtful[at]
                || example.counts(on) && *highest.entry(&example.folded).or_insert_with(rank) == Some(example.rank())
        };
        let likely = scores.into_iter().enumerate().filter(|(at, score)| *score > 0.0 && stands(*at));
        let mut found: Vec<(f64, usize)> = likely.map(|(at, score)| (score, at)).collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if found.len() > NEAREST {
            found.select_nth_unstable_by(NEAREST, order);
            found.truncate(NEAREST);
        }
        found.sort_unstable_by(order);
        let neighbour = |(score, at): (f64, usize)| {
            let (example, likeness) = (Arc::clone(&self.examples[at]), score / whole);
            Neighbour { example, likeness, agreed: 0.0, akin: akin[at] }
        };
        found.into_iter().map(neighbour).collect()
    }
}

/// The words that a description says of goods, each once, as numbers in order.
fn said(description: &str) -> Vec<u64> {
    let words = words(description).into_iter().filter(|word| !word.excluded);
    let mut said: Vec<u64> = words.map(|word| FixedState::default().hash_one(word.key)).collect();
    said.sort_unstable();
    said.dedup();
    said
}

/// How much the words of two descriptions agree.
#[expect(clippy::cast_precision_loss, reason = "numbers of words are far below 2^52")]
fn agreed(one: &[u64], other: &[u64]) -> f64 {
    let both = one.iter().filter(|word| other.binary_search(word).is_ok()).count();
    2.0 * both as f64 / (one.len() + other.len()).max(1) as f64
}

/// How alike examples were decided, of which so many pairs have the same code: two taken at random, drawn towards what is
/// supposed while there are few.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a share of numbers far below 2^52")]
fn alike(pairs: u64, examples: u64) -> f32 {
    let (pairs, all) = (pairs as f64, examples as f64 * examples as f64);
    ((pairs + SUPPOSED) / (all + 1.0)) as f32
}

#[cfg(test)]
mod tests;
