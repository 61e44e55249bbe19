//! Which codes some words mean: by the code itself, by its title or its name, and by the words of its own description, of those
//! above it, of the A to Z terms that lead to it and of the national lines below it.

mod evidence;
mod fuzzy;
mod index;
mod synonyms;

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering as Memory};
use std::sync::{Arc, Mutex, OnceLock, TryLockError};

use chrono::NaiveDate;
use foldhash::fast::RandomState;

use super::catalogue::{Catalogue, CodeRow, Position};
use super::code::half_width;
use super::facts::Level;
use super::translate::translate;
use super::words::{Word, fold, shown, words};
use evidence::{Below, Evidence};
pub(crate) use fuzzy::Slips;
use fuzzy::{Common, Vocabulary};
pub(crate) use index::{Asked, EditionIndex, Wanted};
use index::{Floors, Read};
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
    /// By edition: the rows to look among. None means all.
    pub(crate) among: Option<HashMap<usize, Arc<HashSet<u32>>>>,
    /// What was taught counts if it was decided by this day. None: nothing taught counts.
    pub(crate) on: Option<NaiveDate>,
    /// So many hits are likely to be taken.
    pub(crate) taken: usize,
}

/// The indexes of a catalogue's editions, each built when it is first asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct SearchIndex {
    editions: Arc<[OnceLock<Arc<EditionIndex>>]>,
    /// The words of all of them.
    common: Arc<OnceLock<Common>>,
    building: Arc<Building>,
}

/// What is kept while indexes are built.
#[derive(Debug, Default)]
struct Building {
    /// How many build several now: what they read is forgotten when all are done.
    several: AtomicUsize,
    read: Mutex<Read>,
}

impl Building {
    /// While it is held several are built.
    fn several(&self) -> Several<'_> {
        self.several.fetch_add(1, Memory::AcqRel);
        Several(self)
    }

    /// Who holds it forgets it.
    fn forget(&self) {
        if self.several.load(Memory::Acquire) > 0 {
            return;
        }
        match self.read.try_lock() {
            Ok(mut read) => *read = Read::default(),
            // Building an index failed while it was held.
            Err(TryLockError::Poisoned(broken)) => {
                *broken.into_inner() = Read::default();
                self.read.clear_poison();
            }
            Err(TryLockError::WouldBlock) => {}
        }
    }
}

/// Builds several indexes. When it is dropped it has done so, or failed.
struct Several<'b>(&'b Building);

impl Drop for Several<'_> {
    fn drop(&mut self) {
        self.0.several.fetch_sub(1, Memory::AcqRel);
        self.0.forget();
    }
}

impl SearchIndex {
    pub(crate) fn of(editions: usize) -> Self {
        Self { editions: (0..editions).map(|_| OnceLock::new()).collect(), ..Self::default() }
    }

    /// The index of an edition, if it is built.
    fn get(&self, edition: usize) -> Option<&EditionIndex> {
        self.editions[edition].get().map(Arc::as_ref)
    }

    /// For words that are looked up in several editions: they have most of their words in common. Where not all are built,
    /// none waits for another.
    fn slips(&self, several: bool) -> Slips<'_> {
        let built: Option<Vec<&EditionIndex>> = (0..self.editions.len()).map(|edition| self.get(edition)).collect();
        let built = built.filter(|_| several);
        let words =
            |built: Vec<&EditionIndex>| Vocabulary::of(built.iter().flat_map(|index| index.vocabulary().words()));
        Slips::of(built.map(|built| self.common.get_or_init(|| Common::of(words(built)))))
    }
}

impl Catalogue {
    /// Builds the indexes of all editions, the newest of each system first: those are searched when nothing is said. Those
    /// that are as they were in another catalogue are taken from there.
    pub(crate) fn build_indexes(&self, before: &Self) {
        self.synonyms.read();
        let mut editions: Vec<usize> = (0..self.editions.len()).collect();
        editions.sort_by_key(|edition| std::cmp::Reverse(self.editions[*edition].fact.effective_from));
        let (mut read, mut below) = (Read::default(), [Below::default(), Below::default()]);
        for edition in &editions {
            self.take_index(*edition, before, &mut below, &mut read);
        }
        drop((read, below));
        self.indexes(&editions);
        // The first search of several editions finds their words put together.
        self.search.slips(true);
    }

    /// Takes the index of an edition from another catalogue that has it, where the codes are the same there and all that is
    /// said of them is.
    fn take_index(&self, edition: usize, before: &Self, below: &mut [Below; 2], read: &mut Read) {
        let here = &self.editions[edition];
        let there = before.edition(&here.fact.id).filter(|there| before.editions[*there].codes.is(&here.codes));
        let index = there.and_then(|there| Some((there, before.search.editions[there].get()?)));
        let Some((there, index)) = index.filter(|_| self.search.get(edition).is_none()) else { return };
        let [ours, theirs] = below;
        if Evidence::of(self, edition, ours, read) == Evidence::of(before, there, theirs, read) {
            self.search.editions[edition].get_or_init(|| Arc::clone(index));
        }
    }

    /// Whether all editions can be searched at once.
    pub(crate) fn is_wholly_indexed(&self) -> bool {
        (0..self.search.editions.len()).all(|edition| self.search.get(edition).is_some())
    }

    /// Whether some editions can be searched at once.
    pub(crate) fn is_indexed(&self, editions: &[usize]) -> bool {
        editions.iter().all(|edition| self.search.get(*edition).is_some())
    }

    /// The indexes of some editions. They have most of their texts in common: together they are built in less time.
    pub(crate) fn indexes(&self, editions: &[usize]) -> Vec<&EditionIndex> {
        let search = &self.search;
        if let Some(built) = editions.iter().map(|edition| search.get(*edition)).collect() {
            return built;
        }
        let _several = search.building.several();
        editions.iter().map(|edition| self.index(*edition)).collect()
    }

    /// Begins to build the index of an edition, and goes on when there is something to wait for no more.
    #[cfg(test)]
    pub(crate) fn index_behind(&self, edition: usize, wait: impl FnOnce()) {
        self.search.editions[edition].get_or_init(|| {
            wait();
            Arc::new(EditionIndex::build(self, edition, &mut Read::default()))
        });
    }

    /// The index of an edition.
    pub(crate) fn index(&self, edition: usize) -> &EditionIndex {
        let search = &self.search;
        search.editions[edition].get_or_init(|| {
            self.synonyms.read();
            // Who wants one edition while others are built does not wait for those.
            let built = match search.building.read.try_lock() {
                Ok(mut read) => EditionIndex::build(self, edition, &mut read),
                Err(_) => EditionIndex::build(self, edition, &mut Read::default()),
            };
            search.building.forget();
            Arc::new(built)
        })
    }
}

/// A hit before it is written out.
#[derive(Clone, Copy, Debug)]
struct Ranked<'c> {
    kind: HitKind,
    score: f32,
    /// Its digits are looked at only of hits that score the same.
    code: &'c CodeRow,
    at: Position,
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
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
        order.then_with(|| other.code.fact.code.cmp(&self.code.fact.code)).then(other.at.cmp(&self.at))
    }
}

/// How many hits are put in order at first, at least, and how many times as many whenever those are taken: the fewer, the more
/// can be left out.
const FIRST: usize = 16;
const MORE: usize = 16;
/// Where more are asked for, some rows do not tell what the others must reach.
const MOST_LIKELY: usize = 64;

/// Finds codes, best first: they are put in order only as far as they are taken. The same question of the same catalogue
/// gives the same hits in the same order.
pub(crate) fn search<'c>(catalogue: &'c Catalogue, query: &Query) -> impl Iterator<Item = Hit> + use<'c> {
    found(catalogue, query)
}

fn found<'c>(catalogue: &'c Catalogue, query: &Query) -> Hits<'c> {
    let (text, words) = (query.text.as_str(), words(&query.text));
    // Where there are few codes the best are known soon, and most of the others cannot be among them.
    let mut editions = query.editions.clone();
    editions.sort_by_key(|edition| catalogue.editions[*edition].codes.len());
    let indexes = catalogue.indexes(&editions);
    let mut slips = catalogue.search.slips(editions.len() > 1);
    let wanted = Wanted::of(&words, &catalogue.synonyms);
    let asked =
        editions.iter().zip(indexes).map(|(edition, index)| (*edition, index.ask(&wanted, &mut slips))).collect();
    let folded = fold(text);
    let decided = query.on.map(|on| catalogue.taught.decided(&folded, on)).unwrap_or_default();
    let mut better: HashMap<Position, Ranked<'c>, RandomState> = HashMap::default();
    let begin = as_code(text);
    for edition in editions {
        let coded = begin.iter().flat_map(|begin| by_code(catalogue, begin, edition));
        let exact = coded.chain(by_title(catalogue, &folded, edition));
        let exact = exact.chain(by_example(catalogue, &decided, edition));
        let exact = exact.chain(by_name(catalogue, &words, edition));
        let exact = exact.chain(by_exclusion(catalogue, &words, edition));
        for found in exact.filter(|found| admitted(catalogue, query, found.at)) {
            let kept = better.entry(found.at).or_insert(found);
            *kept = (*kept).max(found);
        }
    }
    Hits {
        catalogue,
        query: query.clone(),
        words,
        asked,
        better,
        ranked: Vec::new(),
        next: 0,
        most: query.taken.max(FIRST),
        all: false,
    }
}

fn admitted(catalogue: &Catalogue, query: &Query, at: Position) -> bool {
    let among = |rows: &HashMap<usize, Arc<HashSet<u32>>>| rows.get(&at.edition).is_some_and(|it| it.contains(&at.row));
    (query.levels.is_empty() || query.levels.contains(&catalogue.code(at).level))
        && query.among.as_ref().is_none_or(among)
}

/// Hits on their way out.
struct Hits<'c> {
    catalogue: &'c Catalogue,
    query: Query,
    words: Vec<Word>,
    /// By edition, those with few codes first.
    asked: Vec<(usize, Asked)>,
    /// What was found by more than its words.
    better: HashMap<Position, Ranked<'c>, RandomState>,
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
        for (edition, asked) in &self.asked {
            let index = self.catalogue.index(*edition);
            // Editions are compared by how much of the question they answer.
            let whole = 2.0 * asked.total;
            let mut floors = best.floors();
            if best.most <= MOST_LIKELY && best.hits.len() < best.most {
                // What some of the rows score tells what all others must reach.
                let mut few = best.clone();
                for (row, score, all) in index.likely(asked, best.most) {
                    self.by_words(*edition, row, score / whole, all).into_iter().for_each(|hit| few.offer(hit));
                }
                floors = few.floors();
            }
            best.dropped |= index.best(asked, floors.times(whole), |row, score, all| {
                self.by_words(*edition, row, score / whole, all).into_iter().for_each(|hit| best.offer(hit));
                best.floors().times(whole)
            });
        }
        self.all = !best.dropped;
        self.ranked = best.hits.into_sorted_vec().into_iter().map(|Reverse(found)| found).collect();
    }

    /// What was found by its words alone, where it is admitted.
    fn by_words(&self, edition: usize, row: u32, score: f32, all: bool) -> Option<Ranked<'c>> {
        // What is said of goods in passing makes no line the first of theirs.
        let all = all && !self.catalogue.index(edition).is_outside(row);
        let kind = if all { HitKind::AllWords } else { HitKind::SomeWords };
        let at = Position { edition, row };
        let code = self.catalogue.code(at);
        let counts = admitted(self.catalogue, &self.query, at) && !self.better.contains_key(&at);
        counts.then_some(Ranked { kind, score, code, at })
    }

    /// What an edition was asked.
    fn asked(&self, edition: usize) -> Option<&Asked> {
        self.asked.iter().find(|(asked, _)| *asked == edition).map(|(_, asked)| asked)
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
            HitKind::ExactCode | HitKind::CodePrefix => as_code(&self.query.text).into_iter().collect(),
            HitKind::ExactTitle | HitKind::TaughtExample => vec![fold(&self.query.text)],
            HitKind::AllWords | HitKind::SomeWords if excludes_only(&self.words) => {
                let index = self.catalogue.index(at.edition);
                shown(self.words.iter().filter(|word| index.excludes(at.row, word)))
            }
            HitKind::Name | HitKind::AllWords | HitKind::SomeWords => {
                self.asked(at.edition).map(|asked| matched(self.catalogue, &self.words, asked, at)).unwrap_or_default()
            }
        };
        Some(Hit { at, kind, score: f64::from(score), matched })
    }
}

/// The best of many.
#[derive(Clone)]
struct Best<'c> {
    most: usize,
    /// The worst on top.
    hits: BinaryHeap<Reverse<Ranked<'c>>>,
    /// There were more.
    dropped: bool,
}

impl<'c> Best<'c> {
    /// Scores below which no hit is kept; a little less than the least, for what rounding adds to them.
    fn floors(&self) -> Floors {
        let worst = self.hits.peek().filter(|_| self.hits.len() >= self.most);
        let Some(Reverse(worst)) = worst else { return Floors::default() };
        // What is nearly nothing cannot be a little less.
        let least = if worst.score.is_normal() { 0.999_999 * worst.score } else { 0.0 };
        match worst.kind {
            HitKind::SomeWords => Floors { some: least, all: 0.0 },
            HitKind::AllWords => Floors { some: f32::MAX, all: least },
            _ => Floors { some: f32::MAX, all: f32::MAX },
        }
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

/// A text that is nothing but the beginning of a code, as codes are written: digits, with or without what separates them, or
/// letters too, without blanks. Letters alone are as large as those of codes, so that a word is none.
fn as_code(text: &str) -> Option<String> {
    let text: String = text.trim().chars().map(half_width).collect();
    let code: String = text.chars().filter(|c| !matches!(c, '.' | ' ' | '-')).collect();
    let has = |is: fn(&u8) -> bool| code.bytes().any(|byte| is(&byte));
    let good = match (has(u8::is_ascii_alphabetic), has(u8::is_ascii_digit)) {
        (false, _) => true,
        (true, true) => !text.contains(' '),
        (true, false) => !text.contains(' ') && !has(u8::is_ascii_lowercase),
    };
    let written = code.len() >= 2 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (good && written).then(|| code.to_ascii_uppercase())
}

fn by_code<'c>(catalogue: &'c Catalogue, begin: &str, edition: usize) -> Vec<Ranked<'c>> {
    let codes = &catalogue.editions[edition].codes;
    let ranked = |row: &u32| {
        let code = &codes[*row as usize];
        let kind = if code.fact.code == begin { HitKind::ExactCode } else { HitKind::CodePrefix };
        Ranked { kind, score: 1.0, code, at: Position { edition, row: *row } }
    };
    catalogue.index(edition).beginning_with(codes, begin).iter().map(ranked).collect()
}

fn by_title<'c>(catalogue: &'c Catalogue, folded: &str, edition: usize) -> Vec<Ranked<'c>> {
    let titled = catalogue.index(edition).titled(folded);
    titled.iter().map(|row| by_words(catalogue, HitKind::ExactTitle, Position { edition, row: *row })).collect()
}

fn by_name<'c>(catalogue: &'c Catalogue, words: &[Word], edition: usize) -> Vec<Ranked<'c>> {
    let named = catalogue.index(edition).named(words);
    named.iter().map(|row| by_words(catalogue, HitKind::Name, Position { edition, row: *row })).collect()
}

/// Whether a query says what goods are not and no more.
fn excludes_only(words: &[Word]) -> bool {
    !words.is_empty() && words.iter().all(|word| word.excluded)
}

/// Where nothing else is asked, the codes whose descriptions exclude the same: `not of glass` is `other than of glass`.
fn by_exclusion<'c>(catalogue: &'c Catalogue, words: &[Word], edition: usize) -> Vec<Ranked<'c>> {
    if !excludes_only(words) {
        return Vec::new();
    }
    let asked: BTreeSet<&str> = words.iter().map(|word| word.key.as_str()).collect();
    let share = |found: usize| {
        let [found, all] = [found, asked.len()].map(|count| f32::from(u16::try_from(count).unwrap_or(u16::MAX)));
        found / all
    };
    let mut found: BTreeMap<u32, usize> = BTreeMap::new();
    for row in asked.iter().flat_map(|key| catalogue.index(edition).excluding_word(key)) {
        *found.entry(*row).or_default() += 1;
    }
    let ranked = found.into_iter().map(|(row, found)| {
        let kind = if found == asked.len() { HitKind::AllWords } else { HitKind::SomeWords };
        Ranked { score: share(found), ..by_words(catalogue, kind, Position { edition, row }) }
    });
    ranked.collect()
}

fn by_words(catalogue: &Catalogue, kind: HitKind, at: Position) -> Ranked<'_> {
    Ranked { kind, score: 1.0, code: catalogue.code(at), at }
}

/// The codes that the text itself was decided to mean, or what they became in the edition.
fn by_example<'c>(catalogue: &'c Catalogue, decided: &[Position], edition: usize) -> Vec<Ranked<'c>> {
    let became = decided.iter().flat_map(|at| translate(catalogue, *at, edition, false).targets);
    became.map(|target| by_words(catalogue, HitKind::TaughtExample, target.at)).collect()
}

#[cfg(test)]
mod tests;
