//! The index of an edition, made of its descriptions, the A to Z terms and the lines of national tariffs below its codes.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{EditionIndex, Indexed, PARTS, Posting, Row, Term, weight};
use crate::domain::catalogue::{Catalogue, EditionData};
use crate::domain::search::evidence::{Below, Evidence};
use crate::domain::search::fuzzy::Vocabulary;
use crate::domain::words::{each, fold, key};

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
/// What each doubling of a code's terms adds: codes that goods often fall in have many.
const COMMON: f32 = 0.04;
/// What a residual code gets: words that no other code has more of belong there.
const RESIDUAL: f32 = 0.05;
/// What is left of the score of a national line that is no part of the edition which its own extends: it says what is done
/// with goods that other lines are of.
const OUTSIDE: f32 = 0.5;
/// How many codes may be described beginning with one name, up to a semicolon: what more begin with names none of them.
const NAMED: usize = 4;

impl EditionIndex {
    pub(crate) fn build(catalogue: &Catalogue, edition: usize, read: &mut Read) -> Self {
        let data = &catalogue.editions[edition];
        let mut below = std::mem::take(&mut read.below);
        let evidence = Evidence::of(catalogue, edition, &mut below, read);
        read.below = below;
        let mut build = Build { read, known: Vec::new(), ids: HashMap::default() };
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
                let text = build.read.number(text);
                of_parts[row as usize] |= build.names_parts(text);
                let own = &mut own[row as usize];
                let from = own.len();
                build.each(text, |id, excluded| match excluded {
                    true => excluding.entry(id).or_default().push(row),
                    false => own.push(id),
                });
                described.push(Called::of(row, own[from..].to_vec()));
            }
        }
        names.retain(|_, rows| rows.len() <= NAMED);
        let mut kept: Vec<Called> = Vec::with_capacity(evidence.terms.len());
        for (row, text) in &evidence.terms {
            let words: Vec<u32> = build.ids(text).into_iter().map(|(id, _)| id).collect();
            terms[*row as usize].extend(&words);
            kept.push(Called::of(*row, words));
        }
        let mut factors = factors(data, &kept);
        let mut outside = vec![false; count];
        for row in &evidence.outside {
            factors[*row as usize] *= OUTSIDE;
            outside[*row as usize] = true;
        }
        kept.extend(described);
        // A head that many descriptions have names the goods of none.
        let few = heads.into_iter().filter(|(_, rows)| rows.len() <= NAMED);
        kept.extend(few.flat_map(|(words, rows)| rows.into_iter().map(move |row| Called::of(row, words.clone()))));
        kept.sort_by(|a, b| (a.row, &a.words).cmp(&(b.row, &b.words)));
        let mut lines = Vec::with_capacity(evidence.lines.len());
        for national in &evidence.lines {
            let mut field = vec![Vec::new(); count];
            for (row, text) in national {
                let words = &mut field[*row as usize];
                build.each(*text, |id, excluded| words.extend((!excluded).then_some(id)));
            }
            lines.push(field);
        }
        excluding.values_mut().for_each(Vec::dedup);
        let fields = Fields { own, terms, lines };
        let postings = fields.postings(data, build.ids.len());
        // How rare a word is, is asked of the codes that goods are declared under: those above repeat it.
        let leaf: Vec<bool> = data.codes.iter().map(|code| code.children.is_empty()).collect();
        let leaves = leaf.iter().filter(|leaf| **leaf).count();
        let found = |rows: &[(u32, f32)]| rows.iter().filter(|(row, _)| leaf[*row as usize]).count();
        let weights: Vec<f32> = postings.iter().map(|rows| weight(found(rows), leaves)).collect();
        let weight = |words: &[u32]| words.iter().map(|id| weights[*id as usize]).sum::<f32>();
        let mut term_words: Vec<u32> = Vec::with_capacity(kept.iter().map(|it| it.words.len()).sum());
        let mut terms: Vec<Term> = Vec::with_capacity(kept.len() + 1);
        for it in &kept {
            terms.push(Term { first_word: number(term_words.len()), weight: weight(&it.words) });
            term_words.extend(&it.words);
        }
        terms.push(Term { first_word: number(term_words.len()), weight: 0.0 });
        let first_term = |row: u32| number(kept.partition_point(|term| term.row < row));
        let mut rows: Vec<Row> = (0u32..)
            .zip(factors.iter().zip(of_parts.into_iter().zip(outside)))
            .map(|(row, (factor, (of_parts, outside)))| Row {
                factor: *factor,
                of_parts,
                outside,
                first_term: first_term(row),
                lightest: f32::INFINITY,
            })
            .collect();
        for (term, it) in terms.iter().zip(&kept).filter(|(term, _)| term.weight > 0.0) {
            let lightest = &mut rows[it.row as usize].lightest;
            *lightest = term.weight.min(*lightest);
        }
        let mut by_code: Vec<u32> = (0..number(count)).collect();
        by_code.sort_by_key(|row| data.codes[*row as usize].fact.code.as_str());
        let mut index = Self {
            by_code,
            vocabulary: Vocabulary::of(build.ids.keys().map(|word| &**word)),
            ids: build.ids,
            words: Vec::with_capacity(postings.len() + 1),
            postings: Vec::with_capacity(postings.iter().map(Vec::len).sum()),
            leaves,
            excluding,
            titles,
            names,
            terms,
            term_words,
            called: kept.into_iter().map(|it| it.words.into_boxed_slice()).filter(|words| !words.is_empty()).collect(),
            factor_most: factors.iter().copied().fold(1.0, f32::max),
            rows,
        };
        for (postings, weight) in postings.into_iter().zip(weights) {
            let mut word = Indexed { first_posting: number(index.postings.len()), weight, most: 0.0 };
            for (row, count) in postings {
                let (gain, factor) =
                    (count * (SATURATION + 1.0) / (SATURATION + count), index.rows[row as usize].factor);
                index.postings.push(Posting { row, gain });
                word.most = word.most.max(gain * factor);
            }
            index.words.push(word);
        }
        index.words.push(Indexed { first_posting: number(index.postings.len()), ..Indexed::default() });
        index
    }
}

/// The number of what comes next behind so many: there are far fewer than 2^32.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of terms are far below 2^23")]
fn factors(data: &EditionData, terms: &[Called]) -> Vec<f32> {
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

/// A term with its words, in order, each once.
struct Called {
    row: u32,
    words: Vec<u32>,
}

impl Called {
    fn of(row: u32, mut words: Vec<u32>) -> Self {
        words.sort_unstable();
        words.dedup();
        Self { row, words }
    }
}

/// Texts as they were read. Editions have most of theirs in common, and each is read once while several are indexed. What is
/// only compared is numbered and not read.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// What words are looked up by, by number.
    keys: Vec<Box<str>>,
    by_key: HashMap<Box<str>, u32, RandomState>,
    /// Words as they stand in texts, each with the number of its key and whether it is of parts: each is brought to its
    /// stem once.
    by_shown: HashMap<Box<str>, (u32, bool), RandomState>,
    /// Texts by number, and the numbers of texts.
    texts: Vec<Text>,
    by_text: HashMap<Arc<str>, u32, RandomState>,
    below: Below,
}

/// A text, and its words once they were asked for.
#[derive(Debug)]
struct Text {
    written: Arc<str>,
    tokens: Option<Arc<[Token]>>,
}

/// A word in a text.
#[derive(Clone, Copy, Debug)]
struct Token {
    key: u32,
    excluded: bool,
    parts: bool,
}

impl Read {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.by_text.get(text) {
            return *number;
        }
        let (number, written) = (number(self.texts.len()), Arc::<str>::from(text));
        self.texts.push(Text { written: Arc::clone(&written), tokens: None });
        self.by_text.insert(written, number);
        number
    }

    /// The words of a text, which is read if it was not.
    fn tokens(&mut self, text: u32) -> Arc<[Token]> {
        let known = &self.texts[text as usize];
        if let Some(tokens) = &known.tokens {
            return Arc::clone(tokens);
        }
        let written = Arc::clone(&known.written);
        let mut tokens = Vec::new();
        each(&written, |shown, excluded| {
            let (key, parts) = self.word(shown);
            tokens.push(Token { key, excluded, parts });
        });
        let tokens: Arc<[Token]> = tokens.into();
        self.texts[text as usize].tokens = Some(Arc::clone(&tokens));
        tokens
    }

    /// How many words were read.
    #[cfg(test)]
    pub(crate) fn words(&self) -> usize {
        self.by_shown.len()
    }

    fn word(&mut self, shown: &str) -> (u32, bool) {
        if let Some(word) = self.by_shown.get(shown) {
            return *word;
        }
        let key = key(shown).into_boxed_str();
        let next = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        let number = *self.by_key.entry(key.clone()).or_insert(next);
        if number == next {
            self.keys.push(key);
        }
        let word = (number, PARTS.contains(&shown));
        self.by_shown.insert(Box::from(shown), word);
        word
    }
}

/// Words on their way into an index.
struct Build<'r> {
    read: &'r mut Read,
    /// By the number of a key: its word in this index, where it is in it.
    known: Vec<Option<u32>>,
    ids: HashMap<Box<str>, u32, RandomState>,
}

impl Build<'_> {
    /// Whether a description is of parts of something.
    fn names_parts(&mut self, text: u32) -> bool {
        self.read.tokens(text).iter().any(|token| token.parts && !token.excluded)
    }

    /// The words of the name with which a description begins, if there is one and more behind it.
    fn name(&mut self, text: &str) -> Option<Vec<u32>> {
        let (name, _) = text.split_once([';', '；'])?;
        Some(self.included(name)).filter(|words| !words.is_empty())
    }

    /// The words of the head of a description, in order, each once: what stands before the first mark, `and` or `or`, where
    /// more stands behind it. `Bicycles and other cycles; …` speaks of bicycles first.
    fn head(&mut self, text: &str) -> Option<Vec<u32>> {
        let marked = text.split([';', '；', ',', '，', '(', '（', ':', '：']).next()?;
        let head = [" and ", " or "].iter().fold(marked, |head, word| head.split(word).next().unwrap_or(head));
        if head.len() == text.len() {
            return None;
        }
        let mut words = self.included(head);
        words.sort_unstable();
        words.dedup();
        Some(words).filter(|words| !words.is_empty())
    }

    /// The words of a text but for those that it excludes.
    fn included(&mut self, text: &str) -> Vec<u32> {
        self.ids(text).into_iter().filter(|(_, excluded)| !excluded).map(|(id, _)| id).collect()
    }

    fn ids(&mut self, text: &str) -> Vec<(u32, bool)> {
        let number = self.read.number(text);
        let mut ids = Vec::with_capacity(self.read.tokens(number).len());
        self.each(number, |id, excluded| ids.push((id, excluded)));
        ids
    }

    /// Hands over the words of a text, each with whether it is excluded.
    fn each(&mut self, text: u32, mut found: impl FnMut(u32, bool)) {
        let Self { read, known, ids } = self;
        let tokens = read.tokens(text);
        known.resize(read.keys.len(), None);
        for token in tokens.iter() {
            let id = *known[token.key as usize].get_or_insert_with(|| {
                let next = number(ids.len());
                ids.insert(read.keys[token.key as usize].clone(), next);
                next
            });
            found(id, token.excluded);
        }
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
        let mut row_words: Vec<u64> = Vec::new();
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
            row_words.sort_unstable();
            for same in row_words.chunk_by(|a, b| word(*a) == word(*b)) {
                postings[word(same[0])].push((row, same.iter().map(|it| count(*it)).sum()));
            }
        }
        postings
    }
}

/// Adds words with what each counts: the word above, so that they come in the order of the words, and what is of one word in
/// the order of what it counts, which is never negative.
fn add(to: &mut Vec<u64>, words: &[u32], weight: f32, mean: f32) {
    let count = weight / (1.0 - LENGTH + LENGTH * length(words) / mean);
    to.extend(words.iter().map(|id| (u64::from(*id) << 32) | u64::from(count.to_bits())));
}

/// Which word it is.
fn word(counted: u64) -> usize {
    (counted >> 32) as usize
}

/// What it counts.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is meant")]
fn count(counted: u64) -> f32 {
    f32::from_bits(counted as u32)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of words are far below 2^23")]
fn length(words: &[u32]) -> f32 {
    words.len() as f32
}

#[expect(clippy::cast_precision_loss, reason = "numbers of codes are far below 2^23")]
fn mean(field: &[Vec<u32>]) -> f32 {
    (field.iter().map(|words| length(words)).sum::<f32>() / field.len().max(1) as f32).max(f32::MIN_POSITIVE)
}
