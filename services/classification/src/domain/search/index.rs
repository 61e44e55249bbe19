//! The words of one edition's codes, indexed for ranking by BM25F.
//!
//! An index of our own and not an embedded full-text library: the corpus is small (a hundred thousand short texts),
//! never changes once built, and is built from the catalogue in a fraction of a second, so that a library's segments,
//! merges and files would only be start-up time and disk to keep in step with the revision. What is needed and a library
//! such as tantivy does not give is the ranking itself: fields that are weighed before a word's repetition saturates
//! (BM25F, not a sum of scores by field), words that a description excludes, and A to Z terms that count by how much of
//! the term was asked for. Postings are two flat arrays; a search walks through those of rare words, and of common ones only
//! where rows can still be among the best.

mod best;
mod build;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use foldhash::fast::RandomState;

use super::fuzzy::{Slips, Vocabulary};
use super::synonyms::Synonyms;
use crate::domain::words::Word;
pub(crate) use best::Floors;
pub(crate) use build::Read;

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

/// The index of one edition. Rows are those of the edition.
#[derive(Debug)]
pub(crate) struct EditionIndex {
    ids: HashMap<Box<str>, u32, RandomState>,
    vocabulary: Vocabulary,
    /// By word: where its postings begin.
    starts: Vec<u32>,
    postings: Vec<Posting>,
    /// By word: the most that a posting of it adds, with the factor of its row.
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
    /// By word: where the terms that have it begin in `with_word`.
    term_starts: Vec<u32>,
    with_word: Vec<u32>,
    /// The words of each term, in order, each once.
    called: HashSet<Box<[u32]>, RandomState>,
    rows: Vec<Row>,
    /// The greatest of their factors.
    factor_most: f32,
    /// Behind the terms of the last row.
    terms_end: u32,
}

/// A row that a word stands in.
#[derive(Clone, Copy, Debug)]
struct Posting {
    row: u32,
    /// What it adds for each unit of the word's weight.
    gain: f32,
}

/// What a search looks at of a row, in one place: rows are looked at here and there.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// What its score is multiplied by.
    factor: f32,
    /// Its description is of parts of something.
    of_parts: bool,
    /// Where its terms begin, and what the lightest of them weighs that has words.
    first_term: u32,
    lightest: f32,
}

impl Row {
    /// What its score is multiplied by where that of parts is taken so.
    fn factor(&self, parts: f32) -> f32 {
        if self.of_parts { self.factor * parts } else { self.factor }
    }
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
    /// The rows that may still be among the best.
    left: Vec<u32>,
    /// By term of one row: how much of it was asked for.
    found: Vec<f32>,
}

/// What a row scored: all that a posting touches lies together.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    sum: f32,
    /// What the indexed words that stand there weigh: of no more than that can a term be.
    weighs: f32,
    /// The last word that was found there.
    last: u16,
    /// How many of the words stand in the row's fields.
    found: u8,
}

impl Score {
    /// Adds what a word says that stands in the row's fields.
    fn add(&mut self, word: u16, says: f32, weighs: f32) {
        self.sum += says;
        self.weighs += weighs;
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

/// A word of a query, wherever it stands there.
#[derive(Debug)]
struct Once<'q> {
    word: &'q Word,
    /// Where it stands first, and how often it does.
    number: usize,
    times: f32,
    /// What it means beside itself.
    meant: Vec<&'q str>,
}

/// The words of a query, each once: what is the same for all editions.
#[derive(Debug)]
pub(crate) struct Wanted<'q> {
    words: &'q [Word],
    once: Vec<Once<'q>>,
    /// It names parts or accessories of something.
    parts: bool,
}

impl<'q> Wanted<'q> {
    pub(crate) fn of(words: &'q [Word], synonyms: &'q Synonyms) -> Self {
        let mut places: HashMap<(&str, bool), usize, RandomState> = HashMap::default();
        let mut once: Vec<Once<'_>> = Vec::new();
        for (number, word) in words.iter().enumerate() {
            let place = *places.entry((word.key.as_str(), word.excluded)).or_insert(once.len());
            match once.get_mut(place) {
                Some(known) => known.times += 1.0,
                None => once.push(Once { word, number, times: 1.0, meant: synonyms.meant(&word.key).collect() }),
            }
        }
        once.retain(|it| !it.word.excluded || !places.contains_key(&(it.word.key.as_str(), false)));
        Self { words, once, parts: words.iter().any(|word| PARTS.contains(&word.shown.as_str())) }
    }
}

impl EditionIndex {
    /// The words of a query. Words that stand nowhere are taken for those that mean the same, or the nearest that do.
    pub(crate) fn ask(&self, wanted: &Wanted<'_>, slips: &mut Slips<'_>) -> Asked {
        let mut asked = Asked { parts: wanted.parts, ..Asked::default() };
        for it in &wanted.once {
            let mut key = self.key(it, slips);
            key.weight *= (ASKED_AGAIN + 1.0) * it.times / (ASKED_AGAIN + it.times);
            if it.word.excluded { asked.excluded.push(key) } else { asked.keys.push(key) }
        }
        // A part of a Chinese word that is known says nothing beside it.
        let words = wanted.words;
        let known: Vec<usize> = asked.keys.iter().filter(|key| !key.forms.is_empty()).map(|key| key.word).collect();
        asked
            .keys
            .retain(|key| !key.forms.is_empty() || !known.iter().any(|whole| words[*whole].has(&words[key.word])));
        // The rarest first: where no row can be of the best that has the others alone, none is looked for.
        asked.keys.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        asked.total = asked.keys.iter().map(|key| key.weight).sum();
        asked
    }

    /// The words that are indexed.
    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    fn forms(&self, word: &str, slips: &mut Slips<'_>) -> Vec<(u32, f32)> {
        match self.id(word) {
            Some(id) => vec![(id, 1.0)],
            None => slips.taken(word, &self.vocabulary, |word| self.id(word)),
        }
    }

    fn key(&self, once: &Once<'_>, slips: &mut Slips<'_>) -> Key {
        let (word, key) = (once.number, once.word.key.as_str());
        let mut meant: Vec<u32> = once.meant.iter().filter_map(|meant| self.id(meant)).collect();
        if meant.len() > SYNONYMS {
            meant.clear();
        }
        // A word that has synonyms is no slip of another.
        let mut forms = match meant.is_empty() {
            true => self.forms(key, slips),
            false => self.id(key).map(|id| (id, 1.0)).into_iter().collect(),
        };
        let says = |id: u32| self.weights[id as usize];
        let own = forms.iter().map(|(id, _)| says(*id)).reduce(f32::max);
        // A word that stands nowhere would say as much as the rarest.
        let unknown = || weight(0, self.leaves);
        let weight = own.or_else(|| meant.iter().copied().map(says).reduce(f32::max)).unwrap_or_else(unknown);
        // What says more than the word itself counts no more for it.
        let trust = |id: u32| own.map_or(ONLY_SYNONYM, |own| SYNONYM * (says(id) / own).min(1.0));
        let mut further: Vec<(u32, f32)> = meant.iter().map(|id| (*id, trust(*id))).collect();
        further.extend(doing(key).and_then(|doing| self.id(doing)).map(|id| (id, DOING)));
        for (id, trust) in further {
            if forms.iter().all(|(known, _)| *known != id) {
                forms.push((id, trust));
            }
        }
        Key { word, forms, weight }
    }

    /// Scores all rows that have any of the words, and gives what is made of the scores.
    pub(crate) fn score<T>(&self, asked: &Asked, take: impl FnOnce(&Scores) -> T) -> T {
        SCORES.with_borrow_mut(|scores| {
            scores.fit(self.rows.len(), self.terms.len());
            for (place, key) in asked.keys.iter().enumerate() {
                self.add(place, key, scores);
            }
            self.add_terms(asked, scores);
            self.exclude(asked, scores);
            let parts = if asked.parts { 1.0 } else { OF_PARTS };
            for row in &scores.rows {
                let score = &mut scores.by_row[*row as usize].sum;
                *score = self.weighed(*row, *score, parts);
            }
            let taken = take(scores);
            scores.clear();
            taken
        })
    }

    /// Adds what a word says to all rows that it stands in.
    fn add(&self, place: usize, key: &Key, scores: &mut Scores) {
        let Scores { by_row, rows, .. } = scores;
        for (id, trust) in &key.forms {
            let (weight, weighs) = (key.weight * trust, self.weights[*id as usize] * trust);
            for Posting { row, gain } in self.postings(*id) {
                let score = &mut by_row[*row as usize];
                if score.sum == 0.0 {
                    rows.push(*row);
                }
                score.add(number(place), weight * gain, weighs);
            }
        }
    }

    /// What is made of the sum of what words and terms say of a row.
    fn weighed(&self, row: u32, sum: f32, parts: f32) -> f32 {
        let row = &self.rows[row as usize];
        let parts = if row.of_parts { parts } else { 1.0 };
        (sum * row.factor * parts).max(f32::MIN_POSITIVE)
    }

    fn range(&self, id: u32) -> Range<usize> {
        self.starts[id as usize] as usize..self.starts[id as usize + 1] as usize
    }

    fn postings(&self, id: u32) -> &[Posting] {
        &self.postings[self.range(id)]
    }

    /// The terms that have a word.
    fn with_word(&self, id: u32) -> &[u32] {
        &self.with_word[self.term_starts[id as usize] as usize..self.term_starts[id as usize + 1] as usize]
    }

    /// A term, or the code's own description, adds to its code by how much of it was asked for and how much of what was
    /// asked it is.
    fn add_terms(&self, asked: &Asked, scores: &mut Scores) {
        let Scores { by_term, terms, .. } = scores;
        for (id, trust) in asked.keys.iter().flat_map(|key| &key.forms) {
            for term in self.with_word(*id) {
                let of_term = &mut by_term[*term as usize];
                if *of_term == 0.0 {
                    terms.push(*term);
                }
                *of_term += self.weights[*id as usize] * trust;
            }
        }
        for number in scores.terms.drain(..) {
            let found = std::mem::take(&mut scores.by_term[number as usize]);
            let term = &self.terms[number as usize];
            let fit = &mut scores.fits[term.row as usize];
            if *fit == 0.0 {
                scores.fitting.push(term.row);
            }
            *fit = fit.max(fits(found, term.weight));
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
                for Posting { row, gain } in self.postings(*id) {
                    let score = &mut scores.by_row[*row as usize].sum;
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
        let stands = move |(id, _): &(u32, f32)| self.postings(*id).binary_search_by_key(&row, |it| it.row).is_ok();
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
        self.forms(word, &mut Slips::default()).into_iter().flat_map(|(id, _)| self.postings(id)).map(|it| it.row)
    }
}

/// Words of a query are numbered from one on.
fn number(place: usize) -> u16 {
    u16::try_from(place + 1).unwrap_or(u16::MAX)
}

/// What a term adds of whose weight so much was asked for.
fn fits(found: f32, weight: f32) -> f32 {
    WHOLE_TERM * found * found / weight
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
