//! The words of one edition's codes, indexed for ranking by BM25F.
//!
//! An index of our own and not an embedded full-text library: the corpus is small (a hundred thousand short texts),
//! never changes once built, and is built from the catalogue in a fraction of a second, so that a library's segments,
//! merges and files would only be start-up time and disk to keep in step with the revision. What is needed and a library
//! such as tantivy does not give is the ranking itself: fields that are weighed before a word's repetition saturates
//! (BM25F, not a sum of scores by field), words that a description excludes, and A to Z terms that count by how much of
//! the term was asked for. Postings are two flat arrays; a search touches each posting once.

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::evidence::Evidence;
use super::fuzzy::Vocabulary;
use super::synonyms::Synonyms;
use crate::domain::catalogue::{Catalogue, EditionData};
use crate::domain::words::{Word, each, fold, key};

/// What a word counts in the code's own description.
const OWN: f32 = 1.0;
/// In the description directly above. Much more hurts: all codes of a heading then look alike.
const PARENT: f32 = 0.7;
/// In those further up.
const ABOVE: f32 = 0.2;
/// In a term of an A to Z index.
const TERM: f32 = 2.0;
/// In the lines of a national tariff below the code. Each tariff is a field of its own: theirs are worded and cut
/// differently.
const LINE: f32 = 0.7;
/// How much a long field is held against it.
const LENGTH: f32 = 0.3;
/// How soon repetitions stop counting (BM25's k1).
const SATURATION: f32 = 1.0;
/// How soon repetitions in what is asked stop counting (BM25's k3, as it is commonly set): what title, category and
/// attributes of a product all name is what it is.
const ASKED_AGAIN: f32 = 8.0;
/// What the best fitting A to Z term, or the code's own description, adds, as a share of what its words weigh.
const WHOLE_TERM: f32 = 0.8;
/// What each doubling of a code's terms adds: codes that goods often fall in have many.
const COMMON: f32 = 0.04;
/// How much what a thing does counts where the thing is asked for: `freezing` for a `freezer`.
const DOING: f32 = 0.4;
/// How much a word counts that means the same as the one that is asked, and where that one stands nowhere.
const SYNONYM: f32 = 0.3;
const ONLY_SYNONYM: f32 = 0.8;
/// Most synonyms: a word with more of them means many things.
const SYNONYMS: usize = 3;
/// What a residual code gets: words that no other code has more of belong there.
const RESIDUAL: f32 = 0.05;
/// What is left of the score of a code of parts where the whole is asked for.
const OF_PARTS: f32 = 0.9;
/// How many codes may be described beginning with one name, up to a semicolon: what more begin with names none of them.
const NAMED: usize = 4;

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
    weights: Vec<f32>,
    /// How many codes have none below them.
    leaves: usize,
    /// Rows whose own description excludes the word.
    excluding: HashMap<u32, Vec<u32>, RandomState>,
    titles: HashMap<String, Vec<u32>, RandomState>,
    /// By the words of the name with which the description begins.
    names: HashMap<Vec<u32>, Vec<u32>, RandomState>,
    terms: Vec<Term>,
    terms_by_word: HashMap<u32, Vec<u32>, RandomState>,
    factors: Vec<f32>,
    /// By row: its description is of parts of something.
    of_parts: Vec<bool>,
}

/// A text that names a code's goods as a whole: an A to Z term, the code's own description, or the head of it.
#[derive(Debug)]
struct Term {
    row: u32,
    words: Vec<u32>,
    /// What its words say, all together.
    weight: f32,
}

impl Term {
    fn of(row: u32, mut words: Vec<u32>) -> Self {
        words.sort_unstable();
        words.dedup();
        Self { row, words, weight: 0.0 }
    }
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
    pub(crate) fn build(catalogue: &Catalogue, edition: usize) -> Self {
        let data = &catalogue.editions[edition];
        let evidence = Evidence::of(catalogue, edition);
        let mut build = Build::default();
        let count = data.codes.len();
        let (mut own, mut terms) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let mut excluding: HashMap<u32, Vec<u32>, RandomState> = HashMap::default();
        let mut titles: HashMap<String, Vec<u32>, RandomState> = HashMap::default();
        let mut names: HashMap<Vec<u32>, Vec<u32>, RandomState> = HashMap::default();
        let mut described = Vec::with_capacity(count);
        let mut heads: HashMap<Vec<u32>, Vec<u32>, RandomState> = HashMap::default();
        let mut of_parts = vec![false; count];
        for (row, code) in (0u32..).zip(&data.codes) {
            for (_, text) in &code.fact.descriptions {
                titles.entry(fold(text)).or_default().push(row);
                if let Some(name) = build.name(text) {
                    names.entry(name).or_default().push(row);
                }
                if let Some(head) = build.head(text) {
                    heads.entry(head).or_default().push(row);
                }
                of_parts[row as usize] |= names_parts(text);
                let from = own[row as usize].len();
                for (id, excluded) in build.ids(text) {
                    if excluded { excluding.entry(id).or_default().push(row) } else { own[row as usize].push(id) }
                }
                described.push(Term::of(row, own[row as usize][from..].to_vec()));
            }
        }
        names.retain(|_, rows| rows.len() <= NAMED);
        let mut kept: Vec<Term> = Vec::with_capacity(evidence.terms.len());
        for (row, text) in &evidence.terms {
            let words: Vec<u32> = build.ids(text).into_iter().map(|(id, _)| id).collect();
            terms[*row as usize].extend(&words);
            kept.push(Term::of(*row, words));
        }
        let factors = factors(data, &kept);
        kept.extend(described);
        // A head that many descriptions have names the goods of none.
        let few = heads.into_iter().filter(|(_, rows)| rows.len() <= NAMED);
        let mut few: Vec<Term> =
            few.flat_map(|(words, rows)| rows.into_iter().map(move |row| Term::of(row, words.clone()))).collect();
        few.sort_by(|a, b| (a.row, &a.words).cmp(&(b.row, &b.words)));
        kept.extend(few);
        let mut lines = Vec::with_capacity(evidence.lines.len());
        for national in &evidence.lines {
            let mut field = vec![Vec::new(); count];
            for (row, text) in national {
                let named = build.ids(text).into_iter().filter(|(_, excluded)| !excluded);
                field[*row as usize].extend(named.map(|(id, _)| id));
            }
            lines.push(field);
        }
        let mut terms_by_word: HashMap<u32, Vec<u32>, RandomState> = HashMap::default();
        for (index, term) in (0u32..).zip(&kept) {
            for word in &term.words {
                terms_by_word.entry(*word).or_default().push(index);
            }
        }
        excluding.values_mut().for_each(Vec::dedup);
        let fields = Fields { own, terms, lines };
        let postings = fields.postings(data, build.ids.len());
        // How rare a word is, is asked of the codes that goods are declared under: those above repeat it.
        let leaf = |row: u32| data.codes[row as usize].children.is_empty();
        let leaves = (0u32..).zip(&data.codes).filter(|(row, _)| leaf(*row)).count();
        let found = |rows: &[(u32, f32)]| rows.iter().filter(|(row, _)| leaf(*row)).count();
        let weights: Vec<f32> = postings.iter().map(|rows| weight(found(rows), leaves)).collect();
        for term in &mut kept {
            term.weight = term.words.iter().map(|id| weights[*id as usize]).sum();
        }
        let mut index = Self {
            vocabulary: Vocabulary::of(&build.ids),
            ids: build.ids,
            starts: Vec::with_capacity(postings.len() + 1),
            rows: Vec::new(),
            gains: Vec::new(),
            weights,
            leaves,
            excluding,
            titles,
            names,
            terms: kept,
            terms_by_word,
            factors,
            of_parts,
        };
        for postings in postings {
            index.starts.push(u32::try_from(index.rows.len()).unwrap_or(u32::MAX));
            for (row, count) in postings {
                index.rows.push(row);
                index.gains.push(count * (SATURATION + 1.0) / (SATURATION + count));
            }
        }
        index.starts.push(u32::try_from(index.rows.len()).unwrap_or(u32::MAX));
        index
    }

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

    /// Scores all rows, and gives what is made of the scores.
    pub(crate) fn score<T>(&self, asked: &Asked, take: impl FnOnce(&Scores) -> T) -> T {
        SCORES.with_borrow_mut(|scores| {
            scores.fit(self.factors.len(), self.terms.len());
            self.add(asked, scores);
            let taken = take(scores);
            scores.clear();
            taken
        })
    }

    fn add(&self, asked: &Asked, scores: &mut Scores) {
        for (number, key) in (1u16..).zip(&asked.keys) {
            for (id, trust) in &key.forms {
                let weight = key.weight * trust;
                for (row, gain) in self.postings(*id) {
                    let score = &mut scores.by_row[row as usize];
                    if score.sum == 0.0 {
                        scores.rows.push(row);
                    }
                    score.sum += weight * gain;
                    if score.last != number {
                        score.last = number;
                        score.found = score.found.saturating_add(1);
                    }
                }
            }
        }
        self.add_terms(asked, scores);
        self.exclude(asked, scores);
        let parts = if asked.parts { 1.0 } else { OF_PARTS };
        for row in &scores.rows {
            let score = &mut scores.by_row[*row as usize].sum;
            let parts = if self.of_parts[*row as usize] { parts } else { 1.0 };
            *score = (*score * self.factors[*row as usize] * parts).max(f32::MIN_POSITIVE);
        }
    }

    fn postings(&self, id: u32) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.starts[id as usize] as usize..self.starts[id as usize + 1] as usize;
        self.rows[range.clone()].iter().copied().zip(self.gains[range].iter().copied())
    }

    /// A term, or the code's own description, adds to its code by how much of it was asked for and how much of what was
    /// asked it is.
    fn add_terms(&self, asked: &Asked, scores: &mut Scores) {
        for key in &asked.keys {
            for (id, trust) in &key.forms {
                for term in self.terms_by_word.get(id).map_or(&[][..], Vec::as_slice) {
                    let of_term = &mut scores.by_term[*term as usize];
                    if *of_term == 0.0 {
                        scores.terms.push(*term);
                    }
                    *of_term += self.weights[*id as usize] * trust;
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
        let stands = move |(id, _): &(u32, f32)| {
            let range = self.starts[*id as usize] as usize..self.starts[*id as usize + 1] as usize;
            self.rows[range].binary_search(&row).is_ok()
        };
        asked.keys.iter().filter(move |key| key.forms.iter().any(stands)).map(|key| key.word)
    }

    /// Whether a title, a name or a term is of just these words.
    pub(crate) fn calls(&self, words: &[Word]) -> bool {
        let ids = words.iter().map(|word| self.ids.get(word.key.as_str()).copied()).collect::<Option<Vec<u32>>>();
        let Some(mut ids) = ids else { return false };
        ids.sort_unstable();
        ids.dedup();
        let Some(first) = ids.first() else { return false };
        let mut terms = self.terms_by_word.get(first).into_iter().flatten();
        terms.any(|term| self.terms[*term as usize].words == ids)
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

/// Whether a description is of parts of something.
fn names_parts(text: &str) -> bool {
    let mut parts = false;
    each(text, |shown, excluded| parts |= !excluded && PARTS.contains(&shown));
    parts
}

/// What a word says that stands in `found` of `rows`.
#[expect(clippy::cast_precision_loss, reason = "numbers of codes are far below 2^23")]
fn weight(found: usize, rows: usize) -> f32 {
    (1.0 + (rows as f32 - found as f32 + 0.5) / (found as f32 + 0.5)).ln()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of terms are far below 2^23")]
fn factors(data: &EditionData, terms: &[Term]) -> Vec<f32> {
    let mut count = vec![0u32; data.codes.len()];
    for term in terms {
        count[term.row as usize] += 1;
    }
    let residual = |code: &crate::domain::catalogue::CodeRow| {
        let english = code.fact.descriptions.iter().find(|(language, _)| language == "en");
        english.is_some_and(|(_, text)| {
            let text = text.to_lowercase();
            text.contains("n.e.c") || text.rsplit(';').next().is_some_and(|last| last.trim_start().starts_with("other"))
        })
    };
    data.codes
        .iter()
        .zip(count)
        .map(|(code, terms)| 1.0 + COMMON * (terms as f32).ln_1p() + if residual(code) { RESIDUAL } else { 0.0 })
        .collect()
}

/// Words on their way into an index.
#[derive(Default)]
struct Build {
    ids: HashMap<Box<str>, u32, RandomState>,
    /// Words as they stand in texts: each is brought to its stem once.
    known: HashMap<Box<str>, u32, RandomState>,
}

impl Build {
    /// The words of the name with which a description begins, if there is one and more behind it.
    fn name(&mut self, text: &str) -> Option<Vec<u32>> {
        let (name, _) = text.split_once([';', '；'])?;
        let words: Vec<u32> = self.ids(name).into_iter().filter(|(_, excluded)| !excluded).map(|(id, _)| id).collect();
        (!words.is_empty()).then_some(words)
    }

    /// The words of the head of a description, in order, each once: what stands before the first mark, `and` or `or`, where
    /// more stands behind it. `Bicycles and other cycles; …` speaks of bicycles first.
    fn head(&mut self, text: &str) -> Option<Vec<u32>> {
        let marked = text.split([';', '；', ',', '，', '(', '（', ':', '：']).next()?;
        let head = [" and ", " or "].iter().fold(marked, |head, word| head.split(word).next().unwrap_or(head));
        if head.len() == text.len() {
            return None;
        }
        let mut words: Vec<u32> =
            self.ids(head).into_iter().filter(|(_, excluded)| !excluded).map(|(id, _)| id).collect();
        words.sort_unstable();
        words.dedup();
        (!words.is_empty()).then_some(words)
    }

    fn ids(&mut self, text: &str) -> Vec<(u32, bool)> {
        let mut found = Vec::new();
        each(text, |shown, excluded| {
            let id = match self.known.get(shown) {
                Some(id) => *id,
                None => {
                    let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
                    let id = *self.ids.entry(key(shown).into_boxed_str()).or_insert(next);
                    self.known.insert(Box::from(shown), id);
                    id
                }
            };
            found.push((id, excluded));
        });
        found
    }
}

/// The words of each row, by field.
struct Fields {
    own: Vec<Vec<u32>>,
    terms: Vec<Vec<u32>>,
    /// By national edition.
    lines: Vec<Vec<Vec<u32>>>,
}

impl Fields {
    /// By word: its rows, with how much of the word stands in each, all fields weighed together.
    fn postings(&self, data: &EditionData, words: usize) -> Vec<Vec<(u32, f32)>> {
        let mut postings: Vec<Vec<(u32, f32)>> = vec![Vec::new(); words];
        let (own, terms) = (mean(&self.own), mean(&self.terms));
        let lines: Vec<f32> = self.lines.iter().map(|field| mean(field)).collect();
        let mut row_words: Vec<(u32, f32)> = Vec::new();
        for (row, code) in (0u32..).zip(&data.codes) {
            row_words.clear();
            add(&mut row_words, &self.own[row as usize], OWN, own);
            add(&mut row_words, &self.terms[row as usize], TERM, terms);
            for (field, mean) in self.lines.iter().zip(&lines) {
                add(&mut row_words, &field[row as usize], LINE, *mean);
            }
            let mut above = code.parent;
            let mut weight = PARENT;
            while let Some(parent) = above {
                add(&mut row_words, &self.own[parent as usize], weight, own);
                weight = ABOVE;
                above = data.codes[parent as usize].parent;
            }
            row_words.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            for same in row_words.chunk_by(|a, b| a.0 == b.0) {
                postings[same[0].0 as usize].push((row, same.iter().map(|(_, count)| count).sum()));
            }
        }
        postings
    }
}

fn add(to: &mut Vec<(u32, f32)>, words: &[u32], weight: f32, mean: f32) {
    let count = weight / (1.0 - LENGTH + LENGTH * length(words) / mean);
    to.extend(words.iter().map(|id| (*id, count)));
}

#[expect(clippy::cast_precision_loss, reason = "numbers of words are far below 2^23")]
fn length(words: &[u32]) -> f32 {
    words.len() as f32
}

#[expect(clippy::cast_precision_loss, reason = "numbers of codes are far below 2^23")]
fn mean(field: &[Vec<u32>]) -> f32 {
    (field.iter().map(|words| length(words)).sum::<f32>() / field.len().max(1) as f32).max(f32::MIN_POSITIVE)
}
