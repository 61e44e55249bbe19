//! The words of one edition's codes, indexed for ranking by BM25F.
//!
//! An index of our own and not an embedded full-text library: the corpus is small (a hundred thousand short texts),
//! never changes once built, and is built from the catalogue in a fraction of a second, so that a library's segments,
//! merges and files would only be start-up time and disk to keep in step with the revision. What is needed and a library
//! such as tantivy does not give is the ranking itself: fields that are weighed before a word's repetition saturates
//! (BM25F, not a sum of scores by field), words that a description excludes, and A to Z terms that count by how much of
//! the term was asked for. Postings are two flat arrays; a search walks through those of rare words, and of common ones only
//! where rows can still be among the best.

mod build;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use foldhash::fast::RandomState;

use super::fuzzy::Vocabulary;
use super::synonyms::Synonyms;
use crate::domain::words::Word;

/// How soon repetitions in what is asked stop counting (BM25's k3, as it is commonly set): what title, category and
/// attributes of a product all name is what it is.
const ASKED_AGAIN: f32 = 8.0;
/// What the best fitting A to Z term, or the code's own description, adds, as a share of what its words weigh.
const WHOLE_TERM: f32 = 0.8;
/// How much what a thing does counts where the thing is asked for: `freezing` for a `freezer`.
const DOING: f32 = 0.4;
/// How much a word counts that means the same as the one that is asked, and where that one stands nowhere.
const SYNONYM: f32 = 0.3;
const ONLY_SYNONYM: f32 = 0.8;
/// Most synonyms: a word with more of them means many things.
const SYNONYMS: usize = 3;
/// What is left of the score of a code of parts where the whole is asked for.
const OF_PARTS: f32 = 0.9;
/// What rounding may add to a score.
const ROUNDING: f32 = 1.000_1;
/// Looking a row up costs as much as passing by so many.
const LOOK_UP: usize = 16;

/// The index of one edition. Rows are those of the edition.
#[derive(Debug)]
pub(crate) struct EditionIndex {
    ids: HashMap<Box<str>, u32, RandomState>,
    vocabulary: Vocabulary,
    /// By word: where its postings begin in `rows` and `gains`.
    starts: Vec<u32>,
    rows: Vec<u32>,
    /// What a posting adds for each unit of the word's weight.
    gains: Vec<f32>,
    /// By word: the most that a posting of it adds.
    most: Vec<f32>,
    weights: Vec<f32>,
    /// How many codes have none below them.
    leaves: usize,
    /// Rows whose own description excludes the word.
    excluding: HashMap<u32, Vec<u32>, RandomState>,
    titles: HashMap<String, Vec<u32>, RandomState>,
    /// By the words of the name with which the description begins.
    names: HashMap<Vec<u32>, Vec<u32>, RandomState>,
    /// In the order of their rows.
    terms: Vec<Term>,
    /// By row: where its terms begin.
    first_terms: Vec<u32>,
    terms_by_word: HashMap<u32, Vec<u32>, RandomState>,
    /// The words of each term, in order, each once.
    called: HashSet<Box<[u32]>, RandomState>,
    factors: Vec<f32>,
    /// The greatest of them.
    greatest: f32,
    /// By row: its description is of parts of something.
    of_parts: Vec<bool>,
}

/// A text that names a code's goods as a whole: an A to Z term, the code's own description, or the head of it. No more of
/// it than a search looks at, which looks at many.
#[derive(Clone, Copy, Debug)]
struct Term {
    row: u32,
    /// What its words say, all together.
    weight: f32,
}

/// A word of a query as the index has it.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Which of the query's words it is.
    word: usize,
    /// The indexed words that it may be, with how much each is trusted.
    forms: Vec<(u32, f32)>,
    /// How much it says: the rarer, the more.
    weight: f32,
}

/// A query as the index has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) keys: Vec<Key>,
    excluded: Vec<Key>,
    /// What all its words weigh.
    pub(crate) total: f32,
    /// It names parts or accessories of something.
    parts: bool,
}

/// What each row scored. Each thread keeps one for its next search, so that a search touches no more of it than it
/// scores.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    by_row: Vec<Score>,
    /// The rows that have any.
    pub(crate) rows: Vec<u32>,
    /// By term: how much of it was asked for, and which terms have any.
    by_term: Vec<f32>,
    terms: Vec<u32>,
    /// By row: what its best fitting term adds, and which rows have one.
    fits: Vec<f32>,
    fitting: Vec<u32>,
    /// Rows may have been left out.
    pub(crate) partly: bool,
}

/// What a row scored: all that a posting touches lies together.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    sum: f32,
    /// The last word that was found there.
    last: u16,
    /// How many of the words stand in the row's fields.
    found: u8,
}

impl Score {
    /// Adds what a word says that stands in the row's fields.
    fn add(&mut self, word: u16, says: f32) {
        self.sum += says;
        if self.last != word {
            self.last = word;
            self.found = self.found.saturating_add(1);
        }
    }
}

thread_local! {
    static SCORES: RefCell<Scores> = RefCell::default();
}

impl Scores {
    fn fit(&mut self, rows: usize, terms: usize) {
        if self.by_row.len() < rows {
            self.by_row.resize(rows, Score::default());
            self.fits.resize(rows, 0.0);
        }
        if self.by_term.len() < terms {
            self.by_term.resize(terms, 0.0);
        }
    }

    fn clear(&mut self) {
        for row in self.rows.drain(..) {
            self.by_row[row as usize] = Score::default();
        }
    }

    /// What a row scored, and how many of the words stand in its fields.
    pub(crate) fn of(&self, row: u32) -> (f32, usize) {
        let Score { sum, found, .. } = self.by_row[row as usize];
        (sum, usize::from(found))
    }
}

impl EditionIndex {
    /// The words of a query. Words that stand nowhere are taken for those that mean the same, or the nearest that do.
    pub(crate) fn ask(&self, words: &[Word], synonyms: &Synonyms) -> Asked {
        let parts = words.iter().any(|word| PARTS.contains(&word.shown.as_str()));
        let mut asked = Asked { parts, ..Asked::default() };
        // Each word once, with where it stands first and how often it does.
        let mut once: Vec<(&Word, usize, f32)> = Vec::new();
        for (number, word) in words.iter().enumerate() {
            match once.iter_mut().find(|(known, ..)| known.key == word.key && known.excluded == word.excluded) {
                Some((.., times)) => *times += 1.0,
                None => once.push((word, number, 1.0)),
            }
        }
        for (word, number, times) in &once {
            if word.excluded && once.iter().any(|(other, ..)| !other.excluded && other.key == word.key) {
                continue;
            }
            let mut key = self.key(&word.key, *number, synonyms);
            key.weight *= (ASKED_AGAIN + 1.0) * times / (ASKED_AGAIN + times);
            if word.excluded { asked.excluded.push(key) } else { asked.keys.push(key) }
        }
        // A part of a Chinese word that is known says nothing beside it.
        let known: Vec<usize> = asked.keys.iter().filter(|key| !key.forms.is_empty()).map(|key| key.word).collect();
        asked
            .keys
            .retain(|key| !key.forms.is_empty() || !known.iter().any(|whole| words[*whole].has(&words[key.word])));
        // The rarest first: where no row can be of the best that has the others alone, none is looked for.
        asked.keys.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        asked.total = asked.keys.iter().map(|key| key.weight).sum();
        asked
    }

    fn exact(&self, word: &str) -> Vec<(u32, f32)> {
        self.ids.get(word).map(|id| (*id, 1.0)).into_iter().collect()
    }

    fn forms(&self, word: &str) -> Vec<(u32, f32)> {
        let exact = self.exact(word);
        if exact.is_empty() { self.vocabulary.near(word) } else { exact }
    }

    fn key(&self, key: &str, word: usize, synonyms: &Synonyms) -> Key {
        let mut meant: Vec<u32> = synonyms.meant(key).filter_map(|meant| self.ids.get(meant)).copied().collect();
        if meant.len() > SYNONYMS {
            meant.clear();
        }
        // A word that has synonyms is no slip of another.
        let mut forms = if meant.is_empty() { self.forms(key) } else { self.exact(key) };
        let says = |id: u32| self.weights[id as usize];
        let own = forms.iter().map(|(id, _)| says(*id)).reduce(f32::max);
        // A word that stands nowhere would say as much as the rarest.
        let unknown = || weight(0, self.leaves);
        let weight = own.or_else(|| meant.iter().copied().map(says).reduce(f32::max)).unwrap_or_else(unknown);
        // What says more than the word itself counts no more for it.
        let trust = |id: u32| own.map_or(ONLY_SYNONYM, |own| SYNONYM * (says(id) / own).min(1.0));
        let mut further: Vec<(u32, f32)> = meant.iter().map(|id| (*id, trust(*id))).collect();
        further.extend(doing(key).and_then(|doing| self.ids.get(doing)).map(|id| (*id, DOING)));
        for (id, trust) in further {
            if forms.iter().all(|(known, _)| *known != id) {
                forms.push((id, trust));
            }
        }
        Key { word, forms, weight }
    }

    /// Scores rows, and gives what is made of the scores. Rows that have not all of the words and score less than the floor
    /// may be left out.
    pub(crate) fn score<T>(&self, asked: &Asked, floor: f32, take: impl FnOnce(&Scores) -> T) -> T {
        SCORES.with_borrow_mut(|scores| {
            scores.fit(self.factors.len(), self.terms.len());
            self.add(asked, floor, scores);
            let taken = take(scores);
            scores.clear();
            taken
        })
    }

    fn add(&self, asked: &Asked, floor: f32, scores: &mut Scores) {
        let needed = self.needed(asked, floor);
        scores.partly = needed < asked.keys.len();
        for (number, key) in (1u16..).zip(&asked.keys) {
            let only = usize::from(number) > needed;
            for (id, trust) in &key.forms {
                let weight = key.weight * trust;
                let range = self.range(*id);
                if only && scores.rows.len() * LOOK_UP < range.len() {
                    let (rows, gains) = (&self.rows[range.clone()], &self.gains[range]);
                    for row in &scores.rows {
                        if let Ok(at) = rows.binary_search(row) {
                            scores.by_row[*row as usize].add(number, weight * gains[at]);
                        }
                    }
                    continue;
                }
                for (row, gain) in self.postings(*id) {
                    let score = &mut scores.by_row[row as usize];
                    if score.sum == 0.0 {
                        if only {
                            continue;
                        }
                        scores.rows.push(row);
                    }
                    score.add(number, weight * gain);
                }
            }
        }
        self.add_terms(asked, needed, scores);
        self.exclude(asked, scores);
        let parts = if asked.parts { 1.0 } else { OF_PARTS };
        for row in &scores.rows {
            let score = &mut scores.by_row[*row as usize].sum;
            let parts = if self.of_parts[*row as usize] { parts } else { 1.0 };
            *score = (*score * self.factors[*row as usize] * parts).max(f32::MIN_POSITIVE);
        }
    }

    /// How many of the words, of the first, a row must have one of to reach the floor: those behind them, all together, do
    /// not add up to it. (A threshold as in MaxScore, Turtle and Flood 1995.)
    fn needed(&self, asked: &Asked, floor: f32) -> usize {
        let ids = || asked.keys.iter().flat_map(|key| key.forms.iter().map(|(id, _)| *id));
        let mut once: Vec<u32> = ids().collect();
        once.sort_unstable();
        // A word that stands for two of the query makes more of a term than there is, and what is excluded speaks for others.
        if floor <= 0.0 || once.windows(2).any(|two| two[0] == two[1]) || !asked.excluded.is_empty() {
            return asked.keys.len();
        }
        let mut most = 0.0;
        for (place, key) in asked.keys.iter().enumerate().rev() {
            let adds = |(id, trust): &(u32, f32)| {
                trust * (key.weight * self.most[*id as usize] + WHOLE_TERM * self.weights[*id as usize])
            };
            most += key.forms.iter().map(adds).sum::<f32>();
            // A row that has all words has the first.
            if most * self.greatest * ROUNDING >= floor || place == 0 {
                return place + 1;
            }
        }
        0
    }

    fn range(&self, id: u32) -> Range<usize> {
        self.starts[id as usize] as usize..self.starts[id as usize + 1] as usize
    }

    fn postings(&self, id: u32) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.range(id);
        self.rows[range.clone()].iter().copied().zip(self.gains[range].iter().copied())
    }

    /// A term, or the code's own description, adds to its code by how much of it was asked for and how much of what was
    /// asked it is.
    fn add_terms(&self, asked: &Asked, needed: usize, scores: &mut Scores) {
        let Scores { by_row, rows, by_term, terms, .. } = scores;
        for (place, key) in asked.keys.iter().enumerate() {
            for (id, trust) in &key.forms {
                let mut add = |term: u32| {
                    let of_term = &mut by_term[term as usize];
                    if *of_term == 0.0 {
                        terms.push(term);
                    }
                    *of_term += self.weights[*id as usize] * trust;
                };
                let all = self.terms_by_word.get(id).map_or(&[][..], Vec::as_slice);
                if place < needed {
                    all.iter().copied().for_each(add);
                } else if rows.len() * LOOK_UP < all.len() {
                    for row in &*rows {
                        let (from, to) = (self.first_terms[*row as usize], self.first_terms[*row as usize + 1]);
                        let begin = all.partition_point(|term| *term < from);
                        all[begin..].iter().copied().take_while(|term| *term < to).for_each(&mut add);
                    }
                } else {
                    let scored = |term: &u32| by_row[self.terms[*term as usize].row as usize].sum != 0.0;
                    all.iter().copied().filter(scored).for_each(add);
                }
            }
        }
        for number in scores.terms.drain(..) {
            let found = std::mem::take(&mut scores.by_term[number as usize]);
            let term = &self.terms[number as usize];
            let fit = &mut scores.fits[term.row as usize];
            if *fit == 0.0 {
                scores.fitting.push(term.row);
            }
            *fit = fit.max(WHOLE_TERM * found * found / term.weight);
        }
        for row in scores.fitting.drain(..) {
            scores.by_row[row as usize].sum += std::mem::take(&mut scores.fits[row as usize]);
        }
    }

    /// What a query excludes speaks for codes that exclude it and against those that name it.
    fn exclude(&self, asked: &Asked, scores: &mut Scores) {
        for key in &asked.excluded {
            for (id, trust) in &key.forms {
                for row in self.excluding.get(id).map_or(&[][..], Vec::as_slice) {
                    let score = &mut scores.by_row[*row as usize].sum;
                    if *score > 0.0 {
                        *score += key.weight * trust;
                    }
                }
                for (row, gain) in self.postings(*id) {
                    let score = &mut scores.by_row[row as usize].sum;
                    if *score > 0.0 {
                        *score -= 0.5 * key.weight * trust * gain;
                    }
                }
            }
        }
    }

    /// Rows that are described by just these words.
    pub(crate) fn titled(&self, folded: &str) -> &[u32] {
        self.titles.get(folded).map_or(&[], Vec::as_slice)
    }

    /// Rows whose descriptions begin with a name of just these words.
    pub(crate) fn named(&self, words: &[Word]) -> &[u32] {
        let ids = words.iter().filter(|word| !word.excluded).map(|word| self.ids.get(word.key.as_str()).copied());
        let name: Option<Vec<u32>> = ids.collect();
        name.and_then(|name| self.names.get(&name)).map_or(&[], Vec::as_slice)
    }

    /// Which of a query's words stand in the fields of a row, as they are or as they were meant.
    pub(crate) fn standing(&self, asked: &Asked, row: u32) -> impl Iterator<Item = usize> {
        let stands = move |(id, _): &(u32, f32)| self.rows[self.range(*id)].binary_search(&row).is_ok();
        asked.keys.iter().filter(move |key| key.forms.iter().any(stands)).map(|key| key.word)
    }

    /// Whether a title, a name or a term is of just these words.
    pub(crate) fn calls(&self, words: &[Word]) -> bool {
        let ids = words.iter().map(|word| self.ids.get(word.key.as_str()).copied()).collect::<Option<Vec<u32>>>();
        let Some(mut ids) = ids else { return false };
        ids.sort_unstable();
        ids.dedup();
        self.called.contains(ids.as_slice())
    }

    /// Rows in whose fields a word stands, as it is or as it was meant.
    pub(crate) fn rows_with(&self, word: &str) -> impl Iterator<Item = u32> + '_ {
        self.forms(word).into_iter().flat_map(|(id, _)| self.postings(id)).map(|(row, _)| row)
    }
}

/// The stem of what is done by or with a thing whose name's stem is given. Tariffs say `for freezing`, people `freezer`,
/// and the stems of the two differ.
fn doing(key: &str) -> Option<&str> {
    let doing = key.strip_suffix("er").or_else(|| key.strip_suffix("or"))?;
    (doing.len() >= 4).then_some(doing)
}

/// Words by which a text is of parts of something, and not of the whole.
const PARTS: &[&str] = &[
    "accessories",
    "accessory",
    "component",
    "components",
    "part",
    "parts",
    "spare",
    "spares",
    "配件",
    "零件",
    "部件",
    "附件",
];

/// What a word says that stands in `found` of `rows`.
#[expect(clippy::cast_precision_loss, reason = "numbers of codes are far below 2^23")]
fn weight(found: usize, rows: usize) -> f32 {
    (1.0 + (rows as f32 - found as f32 + 0.5) / (found as f32 + 0.5)).ln()
}
