//! Which codes some words mean: by the code itself, by its title, and by the words of its own description, of those
//! above it, of the A to Z terms that lead to it and of the national lines below it.

mod evidence;
mod fuzzy;
mod index;

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, OnceLock};

use super::catalogue::{Catalogue, Position};
use super::facts::Level;
use super::words::{Word, fold, shown, words};
pub(crate) use index::{Asked, EditionIndex};

/// Why a code was found. In the order of the hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HitKind {
    /// The query is the code.
    ExactCode,
    /// The query is the beginning of the code.
    CodePrefix,
    /// The query is the description.
    ExactTitle,
    /// Every word was found.
    AllWords,
    /// Some words were.
    SomeWords,
}

/// One code that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) at: Position,
    pub(crate) kind: HitKind,
    pub(crate) score: f64,
    pub(crate) matched: Vec<String>,
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) text: String,
    /// Editions to look in.
    pub(crate) editions: Vec<usize>,
    /// Empty means all.
    pub(crate) levels: Vec<Level>,
}

/// The indexes of a catalogue's editions, each built when it is first asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct SearchIndex {
    editions: Arc<[OnceLock<EditionIndex>]>,
}

impl SearchIndex {
    pub(crate) fn of(editions: usize) -> Self {
        Self { editions: (0..editions).map(|_| OnceLock::new()).collect() }
    }
}

impl Catalogue {
    /// The index of an edition.
    pub(crate) fn index(&self, edition: usize) -> &EditionIndex {
        self.search.editions[edition].get_or_init(|| EditionIndex::build(self, edition))
    }
}

/// A hit before it is written out.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ranked<'c> {
    kind: HitKind,
    score: f32,
    digits: &'c str,
    at: Position,
}

impl Eq for Ranked<'_> {}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked<'_> {
    /// The greatest comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        let order = other.kind.cmp(&self.kind).then(self.score.total_cmp(&other.score));
        order.then_with(|| other.digits.cmp(self.digits)).then(other.at.cmp(&self.at))
    }
}

/// Finds codes, best first: they are put in order only as far as they are taken. The same question of the same catalogue
/// gives the same hits in the same order.
pub(crate) fn search<'c>(catalogue: &'c Catalogue, query: &Query) -> impl Iterator<Item = Hit> + use<'c> {
    let text = query.text.clone();
    let words = words(&text);
    let asked: HashMap<usize, Asked> =
        query.editions.iter().map(|edition| (*edition, catalogue.index(*edition).ask(&words))).collect();
    let admitted =
        |found: &Ranked<'_>| query.levels.is_empty() || query.levels.contains(&catalogue.code(found.at).level);
    let mut better: HashMap<Position, Ranked<'c>> = HashMap::new();
    let mut hits: Vec<Ranked<'c>> = Vec::new();
    for edition in &query.editions {
        let exact = by_code(catalogue, &text, *edition).into_iter().chain(by_title(catalogue, &text, *edition));
        for found in exact.filter(admitted) {
            let kept = better.entry(found.at).or_insert(found);
            *kept = (*kept).max(found);
        }
        // Many: they are looked up among the few better ones, and not the other way about.
        let words = by_words(catalogue, &asked[edition], *edition);
        hits.extend(words.filter(admitted).filter(|found| !better.contains_key(&found.at)));
    }
    hits.extend(better.into_values());
    let mut heap = BinaryHeap::from(hits);
    std::iter::from_fn(move || {
        let Ranked { kind, score, at, .. } = heap.pop()?;
        let matched = match kind {
            HitKind::ExactCode | HitKind::CodePrefix => vec![digits(&text)],
            HitKind::ExactTitle => vec![fold(&text)],
            HitKind::AllWords | HitKind::SomeWords => matched(catalogue, &words, &asked[&at.edition], at),
        };
        Some(Hit { at, kind, score: f64::from(score), matched })
    })
}

/// The words of a query that stand in the fields of a code.
pub(crate) fn matched(catalogue: &Catalogue, words: &[Word], asked: &Asked, at: Position) -> Vec<String> {
    let standing: Vec<usize> = catalogue.index(at.edition).standing(asked, at.row).collect();
    // A word that is asked twice is looked up once and shown as it was first written.
    shown((0..).zip(words).filter(|(number, _)| standing.contains(number)).map(|(_, word)| word))
}

fn digits(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '.' | ' ' | '-')).collect()
}

fn by_code<'c>(catalogue: &'c Catalogue, text: &str, edition: usize) -> Vec<Ranked<'c>> {
    let text = text.trim();
    let digits = digits(text);
    let separated = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ' ' | '-'));
    if digits.len() < 2 || !separated {
        return Vec::new();
    }
    let codes = &catalogue.editions[edition].codes;
    let begin = codes.partition_point(|code| code.fact.code.as_str() < digits.as_str());
    let begins = (0u32..).zip(codes).skip(begin).take_while(|(_, code)| code.fact.code.starts_with(&digits));
    begins
        .map(|(row, code)| {
            let kind = if code.fact.code == digits { HitKind::ExactCode } else { HitKind::CodePrefix };
            Ranked { kind, score: 1.0, digits: &code.fact.code, at: Position { edition, row } }
        })
        .collect()
}

fn by_title<'c>(catalogue: &'c Catalogue, text: &str, edition: usize) -> Vec<Ranked<'c>> {
    let titled = catalogue.index(edition).titled(&fold(text));
    let hit = |row: &u32| {
        let at = Position { edition, row: *row };
        Ranked { kind: HitKind::ExactTitle, score: 1.0, digits: &catalogue.code(at).fact.code, at }
    };
    titled.iter().map(hit).collect()
}

fn by_words<'c>(catalogue: &'c Catalogue, asked: &Asked, edition: usize) -> impl Iterator<Item = Ranked<'c>> {
    let scores = catalogue.index(edition).score(asked);
    let (words, whole) = (asked.keys.len(), 2.0 * asked.total);
    scores.rows.into_iter().map(move |row| {
        let at = Position { edition, row };
        let all = usize::from(scores.found[row as usize]) == words;
        let kind = if all { HitKind::AllWords } else { HitKind::SomeWords };
        // Editions are compared by how much of the question they answer.
        let score = scores.by_row[row as usize] / whole;
        Ranked { kind, score, digits: &catalogue.code(at).fact.code, at }
    })
}

#[cfg(test)]
mod tests;
