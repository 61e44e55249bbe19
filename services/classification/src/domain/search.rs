//! Which codes some words mean: a plain token search over the descriptions of a code and of the codes above it.

use std::collections::{HashMap, HashSet};

use super::catalogue::{Catalogue, EditionData, Position};
use super::facts::Level;
use super::words::{Word, fold, shown, words};

/// What a word counts that stands only in a description further up, or in the part of one that says what is not meant.
const FAINT: f64 = 0.35;
/// How much of the score is for descriptions that say little else than what was asked.
const BREVITY: f64 = 0.25;

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

/// Where each word stands.
#[derive(Debug, Default)]
pub(crate) struct SearchIndex {
    postings: HashMap<String, Vec<Posting>>,
    /// Folded descriptions.
    titles: HashMap<String, Vec<Position>>,
    /// Words of each code's own descriptions, by edition and row.
    lengths: Vec<Vec<u32>>,
    documents: usize,
}

#[derive(Clone, Copy, Debug)]
struct Posting {
    at: Position,
    own: bool,
}

impl SearchIndex {
    /// Indexes the codes of all editions.
    pub(crate) fn build(editions: &[EditionData]) -> Self {
        let mut index = Self::default();
        for (edition, data) in editions.iter().enumerate() {
            let mut own: Vec<HashSet<String>> = Vec::with_capacity(data.codes.len());
            for (row, code) in (0u32..).zip(&data.codes) {
                let at = Position { edition, row };
                let (mut keys, mut faint) = (HashSet::new(), HashSet::new());
                for (_, text) in &code.fact.descriptions {
                    for word in words(text) {
                        if word.excluded { &mut faint } else { &mut keys }.insert(word.key);
                    }
                    index.titles.entry(fold(text)).or_default().push(at);
                }
                let mut above = code.parent;
                while let Some(parent) = above {
                    faint.extend(own[parent as usize].iter().cloned());
                    above = data.codes[parent as usize].parent;
                }
                for key in &keys {
                    index.postings.entry(key.clone()).or_default().push(Posting { at, own: true });
                }
                for key in faint.difference(&keys).cloned() {
                    index.postings.entry(key).or_default().push(Posting { at, own: false });
                }
                own.push(keys);
            }
            index.documents += own.len();
            index.lengths.push(own.iter().map(|keys| u32::try_from(keys.len()).unwrap_or(u32::MAX)).collect());
        }
        index
    }

    /// How much a word says: the rarer, the more.
    fn weight(&self, key: &str) -> f64 {
        let found = self.postings.get(key).map_or(0, Vec::len);
        #[expect(clippy::cast_precision_loss, reason = "numbers of codes are far below 2^52")]
        let ratio = self.documents as f64 / (found as f64 + 1.0);
        (1.0 + ratio).ln()
    }
}

/// Finds codes, best first. The same question of the same catalogue gives the same hits in the same order.
pub(crate) fn search(catalogue: &Catalogue, query: &Query) -> Vec<Hit> {
    let mut hits: HashMap<Position, Hit> = HashMap::new();
    for hit in by_code(catalogue, query).into_iter().chain(by_title(catalogue, query)).chain(by_words(catalogue, query))
    {
        if !admits(catalogue, query, hit.at) {
            continue;
        }
        let kept = hits.entry(hit.at).or_insert_with(|| hit.clone());
        if hit.kind < kept.kind {
            *kept = hit;
        }
    }
    let mut hits: Vec<_> = hits.into_values().collect();
    let digits = |hit: &Hit| catalogue.code(hit.at).fact.code.as_str();
    hits.sort_by(|a, b| {
        a.kind
            .cmp(&b.kind)
            .then(b.score.total_cmp(&a.score))
            .then_with(|| digits(a).cmp(digits(b)))
            .then(a.at.cmp(&b.at))
    });
    hits
}

fn admits(catalogue: &Catalogue, query: &Query, at: Position) -> bool {
    query.editions.contains(&at.edition)
        && (query.levels.is_empty() || query.levels.contains(&catalogue.code(at).level))
}

fn by_code(catalogue: &Catalogue, query: &Query) -> Vec<Hit> {
    let text = query.text.trim();
    let digits: String = text.chars().filter(|c| !matches!(c, '.' | ' ' | '-')).collect();
    let separated = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ' ' | '-'));
    if digits.len() < 2 || !separated {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for edition in &query.editions {
        let codes = &catalogue.editions[*edition].codes;
        let begin = codes.partition_point(|code| code.fact.code.as_str() < digits.as_str());
        for (row, code) in (0u32..).zip(codes).skip(begin) {
            if !code.fact.code.starts_with(&digits) {
                break;
            }
            let kind = if code.fact.code == digits { HitKind::ExactCode } else { HitKind::CodePrefix };
            let at = Position { edition: *edition, row };
            hits.push(Hit { at, kind, score: 1.0, matched: vec![digits.clone()] });
        }
    }
    hits
}

fn by_title(catalogue: &Catalogue, query: &Query) -> Vec<Hit> {
    let folded = fold(&query.text);
    let found = catalogue.search.titles.get(&folded).map_or(&[][..], Vec::as_slice);
    found
        .iter()
        .map(|at| Hit { at: *at, kind: HitKind::ExactTitle, score: 1.0, matched: vec![folded.clone()] })
        .collect()
}

fn by_words(catalogue: &Catalogue, query: &Query) -> Vec<Hit> {
    let index = &catalogue.search;
    let asked = words(&query.text);
    let mut distinct: Vec<&str> = asked.iter().map(|word| word.key.as_str()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let total: f64 = distinct.iter().map(|key| index.weight(key)).sum();
    let mut found: HashMap<Position, (f64, Vec<&str>)> = HashMap::new();
    for key in &distinct {
        let weight = index.weight(key);
        for posting in index.postings.get(*key).map_or(&[][..], Vec::as_slice) {
            if !query.editions.contains(&posting.at.edition) {
                continue;
            }
            let (score, keys) = found.entry(posting.at).or_default();
            *score += if posting.own { weight } else { weight * FAINT };
            keys.push(key);
        }
    }
    let hit = |(at, (score, keys)): (Position, (f64, Vec<&str>))| {
        let length = f64::from(index.lengths[at.edition][at.row as usize].max(1));
        #[expect(clippy::cast_precision_loss, reason = "a query has few words")]
        let brevity = (keys.len() as f64 / length).min(1.0);
        let kind = if keys.len() == distinct.len() { HitKind::AllWords } else { HitKind::SomeWords };
        let matched = shown(asked.iter().map(|word: &Word| (word, keys.contains(&word.key.as_str()))));
        Hit { at, kind, score: score / total * (1.0 - BREVITY + BREVITY * brevity), matched }
    };
    found.into_iter().map(hit).collect()
}

#[cfg(test)]
mod tests;
