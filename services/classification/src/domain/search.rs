//! Which codes some words mean: by the code itself, by its title or its name, and by the words of its own description, of those
//! above it, of the A to Z terms that lead to it and of the national lines below it.

mod evidence;
mod fuzzy;
mod index;
mod synonyms;

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;

use super::catalogue::{Catalogue, Position};
use super::code::half_width;
use super::facts::Level;
use super::translate::translate;
use super::words::{Word, fold, shown, words};
pub(crate) use index::{Asked, EditionIndex};
pub(crate) use synonyms::Synonyms;

/// Why a code was found. In the order of the hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HitKind {
    /// The query is the code.
    ExactCode,
    /// The query is the beginning of the code.
    CodePrefix,
    /// The query is the description.
    ExactTitle,
    /// The query is a description that was taught.
    TaughtExample,
    /// The query is the name with which the description begins.
    Name,
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
    /// What was taught counts if it was decided by this day. None: nothing taught counts.
    pub(crate) on: Option<NaiveDate>,
    /// So many hits are likely to be taken.
    pub(crate) taken: usize,
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
    /// Builds the indexes of all editions, the newest of each system first: those are searched when nothing is said.
    pub(crate) fn build_indexes(&self) {
        let mut editions: Vec<usize> = (0..self.editions.len()).collect();
        editions.sort_by_key(|edition| std::cmp::Reverse(self.editions[*edition].fact.effective_from));
        for edition in editions {
            self.index(edition);
        }
    }

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

/// How many hits are put in order at first, at least, and how many times as many whenever those are taken: the fewer, the more
/// can be left out.
const FIRST: usize = 16;
const MORE: usize = 16;

/// Finds codes, best first: they are put in order only as far as they are taken. The same question of the same catalogue
/// gives the same hits in the same order.
pub(crate) fn search<'c>(catalogue: &'c Catalogue, query: &Query) -> impl Iterator<Item = Hit> + use<'c> {
    found(catalogue, query)
}

fn found<'c>(catalogue: &'c Catalogue, query: &Query) -> Hits<'c> {
    let mut hits = Hits {
        catalogue,
        words: words(&query.text),
        query: query.clone(),
        asked: HashMap::new(),
        better: HashMap::new(),
        ranked: Vec::new(),
        next: 0,
        most: query.taken.max(FIRST),
        all: false,
    };
    for edition in &query.editions {
        hits.asked.insert(*edition, catalogue.index(*edition).ask(&hits.words, &catalogue.synonyms));
        let text = query.text.as_str();
        let exact = by_code(catalogue, text, *edition).into_iter().chain(by_title(catalogue, text, *edition));
        let exact = exact.chain(by_example(catalogue, text, *edition, query.on));
        let exact = exact.chain(by_name(catalogue, &hits.words, *edition));
        for found in exact.filter(|found| admitted(catalogue, query, found.at)) {
            let kept = hits.better.entry(found.at).or_insert(found);
            *kept = (*kept).max(found);
        }
    }
    hits
}

fn admitted(catalogue: &Catalogue, query: &Query, at: Position) -> bool {
    query.levels.is_empty() || query.levels.contains(&catalogue.code(at).level)
}

/// Hits on their way out.
struct Hits<'c> {
    catalogue: &'c Catalogue,
    query: Query,
    words: Vec<Word>,
    asked: HashMap<usize, Asked>,
    /// What was found by more than its words.
    better: HashMap<Position, Ranked<'c>>,
    /// The best of all, in order, and which of them is next.
    ranked: Vec<Ranked<'c>>,
    next: usize,
    /// How many are put in order next, and whether there are no others.
    most: usize,
    all: bool,
}

impl<'c> Hits<'c> {
    /// Puts the best hits in order, more of them than before.
    fn rank(&mut self) {
        let mut best = Best { most: self.most, hits: BinaryHeap::new(), dropped: false };
        self.most = self.most.saturating_mul(MORE);
        self.better.values().for_each(|found| best.offer(*found));
        for edition in &self.query.editions {
            let asked = &self.asked[edition];
            let (words, whole) = (asked.keys.len(), 2.0 * asked.total);
            let floor = best.floor() * whole;
            self.catalogue.index(*edition).score(asked, floor, |scores| {
                let mut floor = floor;
                best.dropped |= scores.partly;
                for row in &scores.rows {
                    let (score, found) = scores.of(*row);
                    let all = found == words;
                    // Most rows score less than all that are kept: of them nothing else is looked at.
                    if score < floor && !all {
                        best.dropped = true;
                        continue;
                    }
                    let kind = if all { HitKind::AllWords } else { HitKind::SomeWords };
                    // Editions are compared by how much of the question they answer.
                    let score = score / whole;
                    if best.is_beyond(kind, score) {
                        continue;
                    }
                    let at = Position { edition: *edition, row: *row };
                    if admitted(self.catalogue, &self.query, at) && !self.better.contains_key(&at) {
                        let digits = self.catalogue.code(at).fact.code.as_str();
                        best.offer(Ranked { kind, score, digits, at });
                        floor = best.floor() * whole;
                    }
                }
            });
        }
        self.all = !best.dropped;
        self.ranked = best.hits.into_sorted_vec().into_iter().map(|Reverse(found)| found).collect();
    }
}

impl Iterator for Hits<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        while self.next == self.ranked.len() {
            if self.all {
                return None;
            }
            self.rank();
        }
        let Ranked { kind, score, at, .. } = self.ranked[self.next];
        self.next += 1;
        let matched = match kind {
            HitKind::ExactCode | HitKind::CodePrefix => vec![digits(&self.query.text)],
            HitKind::ExactTitle | HitKind::TaughtExample => vec![fold(&self.query.text)],
            HitKind::Name | HitKind::AllWords | HitKind::SomeWords => {
                matched(self.catalogue, &self.words, &self.asked[&at.edition], at)
            }
        };
        Some(Hit { at, kind, score: f64::from(score), matched })
    }
}

/// The best of many.
struct Best<'c> {
    most: usize,
    /// The worst on top.
    hits: BinaryHeap<Reverse<Ranked<'c>>>,
    /// There were more.
    dropped: bool,
}

impl<'c> Best<'c> {
    /// Whether a hit of this kind and score is worse than all that are kept.
    fn is_beyond(&mut self, kind: HitKind, score: f32) -> bool {
        if self.hits.len() < self.most {
            return false;
        }
        let beyond = self.hits.peek().is_some_and(|Reverse(worst)| {
            kind.cmp(&worst.kind).then_with(|| worst.score.total_cmp(&score)) == Ordering::Greater
        });
        self.dropped |= beyond;
        beyond
    }

    /// A score below which no hit is kept that lacks a word; a little less than the least, for what rounding adds to it.
    fn floor(&self) -> f32 {
        let worst = self.hits.peek().filter(|_| self.hits.len() >= self.most);
        let of = |Reverse(worst): &Reverse<Ranked<'_>>| {
            if worst.kind == HitKind::SomeWords { 0.999_999 * worst.score } else { f32::MAX }
        };
        worst.map_or(0.0, of)
    }

    fn offer(&mut self, found: Ranked<'c>) {
        self.hits.push(Reverse(found));
        if self.hits.len() > self.most {
            self.hits.pop();
            self.dropped = true;
        }
    }
}

/// The words of a query that stand in the fields of a code.
pub(crate) fn matched(catalogue: &Catalogue, words: &[Word], asked: &Asked, at: Position) -> Vec<String> {
    let standing: Vec<usize> = catalogue.index(at.edition).standing(asked, at.row).collect();
    // A word that is asked twice is looked up once and shown as it was first written.
    shown((0..).zip(words).filter(|(number, _)| standing.contains(number)).map(|(_, word)| word))
}

fn digits(text: &str) -> String {
    text.chars().map(half_width).filter(|c| !matches!(c, '.' | ' ' | '-')).collect()
}

fn by_code<'c>(catalogue: &'c Catalogue, text: &str, edition: usize) -> Vec<Ranked<'c>> {
    let text: String = text.trim().chars().map(half_width).collect();
    let digits = digits(&text);
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
    titled.iter().map(|row| by_words(catalogue, HitKind::ExactTitle, Position { edition, row: *row })).collect()
}

fn by_name<'c>(catalogue: &'c Catalogue, words: &[Word], edition: usize) -> Vec<Ranked<'c>> {
    let named = catalogue.index(edition).named(words);
    named.iter().map(|row| by_words(catalogue, HitKind::Name, Position { edition, row: *row })).collect()
}

fn by_words(catalogue: &Catalogue, kind: HitKind, at: Position) -> Ranked<'_> {
    Ranked { kind, score: 1.0, digits: &catalogue.code(at).fact.code, at }
}

/// The codes that the text itself was decided to mean, or what they became in the edition.
fn by_example<'c>(catalogue: &'c Catalogue, text: &str, edition: usize, on: Option<NaiveDate>) -> Vec<Ranked<'c>> {
    let decided = on.map(|on| catalogue.taught.decided(&fold(text), on)).unwrap_or_default();
    let became = decided.into_iter().flat_map(|at| translate(catalogue, at, edition, false).targets);
    became.map(|target| by_words(catalogue, HitKind::TaughtExample, target.at)).collect()
}

#[cfg(test)]
mod tests;
