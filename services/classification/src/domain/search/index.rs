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
#[cfg(test)]
mod plain;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use foldhash::fast::RandomState;

use super::fuzzy::{Slips, Vocabulary};
use super::synonyms::Synonyms;
use crate::domain::catalogue::CodeRow;
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
/// How much what is excluded counts against a row that has it.
const UNWANTED: f32 = 0.5;

/// The index of one edition. Rows are those of the edition.
#[derive(Debug)]
pub(crate) struct EditionIndex {
    ids: HashMap<Box<str>, u32, RandomState>,
    vocabulary: Vocabulary,
    /// By number, and behind the last one that has nothing.
    words: Vec<Indexed>,
    postings: Vec<Posting>,
    /// How many codes have none below them.
    leaves: usize,
    /// Rows whose own description excludes the word.
    excluding: HashMap<u32, Vec<u32>, RandomState>,
    /// All rows in the order of their codes, which is not always that of the rows.
    by_code: Vec<u32>,
    titles: HashMap<String, Vec<u32>, RandomState>,
    /// By the words of the name with which the description begins.
    names: HashMap<Vec<u32>, Vec<u32>, RandomState>,
    /// In the order of their rows, and behind the last one without words.
    terms: Vec<Term>,
    /// The words of the terms, one term behind the other: each in order and once.
    term_words: Vec<u32>,
    /// The words of each term, in order, each once.
    called: HashSet<Box<[u32]>, RandomState>,
    rows: Vec<Row>,
    /// The greatest of their factors.
    factor_most: f32,
}

/// What a search looks at of a word, in one place.
#[derive(Clone, Copy, Debug, Default)]
struct Indexed {
    /// Where its postings begin.
    first_posting: u32,
    /// What it says: the rarer, the more.
    weight: f32,
    /// The most that a posting of it adds, with the factor of its row.
    most: f32,
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
    /// It is no part of the edition that its own extends.
    outside: bool,
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

/// A text that names a code's goods as a whole: an A to Z term, the code's own description, or the head of it.
#[derive(Clone, Copy, Debug)]
struct Term {
    /// Where its words begin.
    first_word: u32,
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
    /// The rows that may still be among the best.
    left: Vec<u32>,
}

/// What a row scored: all that a posting touches lies together.
#[derive(Clone, Copy, Debug, Default)]
struct Score {
    sum: f32,
    /// What the indexed words that stand there weigh: of no more than that can a term be.
    weighs: f32,
    /// What it gets for excluding what the query excludes.
    given: f32,
    /// The last word that was found there.
    last: u16,
    /// How many of the words stand in the row's fields.
    found: u8,
}

impl Score {
    /// Whether anything is known of the row.
    fn is_any(self) -> bool {
        self.sum != 0.0 || self.given != 0.0
    }

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
    fn fit(&mut self, rows: usize) {
        if self.by_row.len() < rows {
            self.by_row.resize(rows, Score::default());
        }
    }

    fn clear(&mut self) {
        for row in self.rows.drain(..) {
            self.by_row[row as usize] = Score::default();
        }
    }

    /// What a row scored.
    pub(crate) fn of(&self, row: u32) -> f32 {
        self.by_row[row as usize].sum
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

    /// Whether a word, as it is looked up, stands in any row.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.ids.contains_key(word)
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
        let known = once.meant.iter().filter_map(|meant| self.id(meant));
        let mut meant: Vec<u32> = known.take(SYNONYMS + 1).collect();
        if meant.len() > SYNONYMS {
            meant.clear();
        }
        // A word that has synonyms is no slip of another.
        let mut forms = match meant.is_empty() {
            true => self.forms(key, slips),
            false => self.id(key).map(|id| (id, 1.0)).into_iter().collect(),
        };
        let says = |id: u32| self.words[id as usize].weight;
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

    /// Adds what a word says to all rows that it stands in.
    fn add(&self, place: usize, key: &Key, scores: &mut Scores) {
        let Scores { by_row, rows, .. } = scores;
        for (id, trust) in &key.forms {
            let (weight, weighs) = (key.weight * trust, self.words[*id as usize].weight * trust);
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
        let [word, next] = [id, id + 1].map(|id| self.words[id as usize].first_posting as usize);
        word..next
    }

    fn postings(&self, id: u32) -> &[Posting] {
        &self.postings[self.range(id)]
    }

    /// The terms of a row, each with its words.
    fn terms(&self, row: u32) -> impl Iterator<Item = (Term, &[u32])> {
        let last = self.terms.len() - 1;
        let from = self.rows[row as usize].first_term as usize;
        let to = self.rows.get(row as usize + 1).map_or(last, |next| next.first_term as usize);
        self.terms[from..=to].windows(2).map(move |pair| {
            let words = &self.term_words[pair[0].first_word as usize..pair[1].first_word as usize];
            (pair[0], words)
        })
    }

    /// Rows whose own description excludes a word, in their order.
    fn excluding(&self, id: u32) -> &[u32] {
        self.excluding.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Whether a row is no part of the edition that its own extends.
    pub(crate) fn is_outside(&self, row: u32) -> bool {
        self.rows[row as usize].outside
    }

    /// Rows whose own description excludes what is looked up by a key, in their order.
    pub(crate) fn excluding_word(&self, key: &str) -> &[u32] {
        self.id(key).map_or(&[], |id| self.excluding(id))
    }

    /// Whether the own description of a row excludes a word.
    pub(crate) fn excludes(&self, row: u32, word: &Word) -> bool {
        self.excluding_word(&word.key).binary_search(&row).is_ok()
    }

    /// Rows whose codes begin with a text, in the order of the codes.
    pub(crate) fn beginning_with(&self, codes: &[CodeRow], text: &str) -> &[u32] {
        let code = |row: &u32| codes[*row as usize].fact.code.as_str();
        let (_, from) = self.by_code.split_at(self.by_code.partition_point(|row| code(row) < text));
        &from[..from.partition_point(|row| code(row).starts_with(text))]
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
