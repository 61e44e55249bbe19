//! Words as they were meant: the indexed words nearest to one that is not indexed.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use quick_cache::sync::Cache;

/// Shortest word that may be misspelt: shorter ones have too many neighbours.
const SHORTEST: usize = 4;
/// From this length on, two slips are looked past.
const LONG: usize = 8;
/// Most words that one is taken for.
const MOST: usize = 3;
/// Words whose letters are compared together.
const TOGETHER: usize = 16;
/// How much a word counts that is one or two slips away.
const TRUST: [f32; 3] = [1.0, 0.6, 0.35];
/// How much a word counts of which only the beginning was given: labels are cut short.
const BEGINNING: f32 = 0.4;

/// Longest word that is compared.
const LONGEST: usize = 63;
/// How many words are kept that several editions were asked for, each with those that it may be.
const KEPT: usize = 4_096;

/// English words by length.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    by_length: Vec<Words>,
}

/// Words of one length, in their order: one run of letters each, so that a look through all of them is a walk over
/// memory in its order.
#[derive(Debug, Default)]
struct Words {
    length: usize,
    text: Vec<u8>,
    /// By word: the set of letters that it has.
    letters: Vec<u32>,
}

impl Words {
    fn get(&self, at: usize) -> &[u8] {
        &self.text[at * self.length..(at + 1) * self.length]
    }

    /// The words that begin with one.
    fn beginning(&self, word: &[u8]) -> std::ops::Range<usize> {
        let first = |after: bool| {
            let (mut low, mut high) = (0, self.letters.len());
            while low < high {
                let middle = usize::midpoint(low, high);
                let begin = &self.get(middle)[..word.len()];
                if begin < word || (after && begin == word) { low = middle + 1 } else { high = middle }
            }
            low
        };
        first(false)..first(true)
    }
}

/// A word that another may be, with how much it is trusted.
#[derive(Clone, Copy, Debug)]
struct Near {
    /// Where it is among the words of its length.
    length: usize,
    at: usize,
    trust: f32,
}

impl Vocabulary {
    pub(super) fn of<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let mut sorted: Vec<&str> = words.filter(|word| plain(word)).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut vocabulary = Self::default();
        for word in sorted {
            if vocabulary.by_length.len() <= word.len() {
                vocabulary.by_length.resize_with(word.len() + 1, Words::default);
            }
            let words = &mut vocabulary.by_length[word.len()];
            words.length = word.len();
            words.text.extend_from_slice(word.as_bytes());
            words.letters.push(letters(word));
        }
        vocabulary
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.by_length.iter().flat_map(|words| (0..words.letters.len()).map(|at| text(words.get(at))))
    }

    fn word(&self, near: Near) -> &str {
        text(self.by_length[near.length].get(near.at))
    }

    /// The words that this may be, nearest first.
    fn near(&self, word: &str) -> Vec<Near> {
        if !plain(word) {
            return Vec::new();
        }
        let slips = if word.len() >= LONG { 2 } else { 1 };
        let own = letters(word);
        let word = word.as_bytes();
        let mut found: Vec<Near> = Vec::new();
        for length in word.len().saturating_sub(slips)..=word.len() + 3 {
            let Some(words) = self.by_length.get(length).filter(|words| words.length > 0) else { continue };
            let close = Close::of(own, word.len(), length, slips);
            if length <= word.len() + slips {
                close.each(&words.letters, |at| {
                    if let Some(slips) = distance(word, words.get(at), slips) {
                        found.push(Near { length, at, trust: TRUST[slips] });
                    }
                });
            }
            let begins = match length > word.len() && word.len() > SHORTEST {
                true => words.beginning(word),
                false => 0..0,
            };
            for at in begins {
                let slip = close.to(words.letters[at]) && distance(word, words.get(at), slips).is_some();
                if !slip {
                    found.push(Near { length, at, trust: BEGINNING });
                }
            }
        }
        found.sort_unstable_by(|a, b| b.trust.total_cmp(&a.trust).then_with(|| self.word(*a).cmp(self.word(*b))));
        found
    }

    /// Of the words that one may be those that it is taken for where not all are known.
    fn taken(&self, near: &[Near], known: impl Fn(&str) -> Option<u32>) -> Vec<(u32, f32)> {
        let mut taken: Vec<(u32, f32)> = Vec::new();
        for near in near {
            if taken.len() == MOST || taken.first().is_some_and(|(_, best)| near.trust < *best) {
                break;
            }
            taken.extend(known(self.word(*near)).map(|id| (id, near.trust)));
        }
        taken
    }
}

/// The words of several editions. What a word may be is looked up once while it is asked for again and again.
#[derive(Debug)]
pub(super) struct Common {
    vocabulary: Vocabulary,
    near: Cache<String, Arc<[Near]>>,
}

impl Common {
    pub(super) fn of(vocabulary: Vocabulary) -> Self {
        Self { vocabulary, near: Cache::new(KEPT) }
    }

    fn near(&self, word: &str) -> Arc<[Near]> {
        if !plain(word) {
            return Arc::default();
        }
        self.near.get(word).unwrap_or_else(|| {
            let near: Arc<[Near]> = self.vocabulary.near(word).into();
            self.near.insert(word.to_owned(), Arc::clone(&near));
            near
        })
    }
}

/// Words that were not found as they are, each looked up once for all the editions that are asked.
#[derive(Debug, Default)]
pub(crate) struct Slips<'v> {
    /// The words of all editions. None where they are not all at hand: then each is asked for its own.
    common: Option<&'v Common>,
    near: HashMap<String, Arc<[Near]>, RandomState>,
}

impl<'v> Slips<'v> {
    pub(super) fn of(common: Option<&'v Common>) -> Self {
        Self { common, near: HashMap::default() }
    }

    /// What a word of an edition is taken for that knows some words.
    pub(super) fn taken(
        &mut self,
        word: &str,
        own: &Vocabulary,
        known: impl Fn(&str) -> Option<u32>,
    ) -> Vec<(u32, f32)> {
        let Some(common) = self.common else { return own.taken(&own.near(word), known) };
        if !self.near.contains_key(word) {
            self.near.insert(word.to_owned(), common.near(word));
        }
        self.near.get(word).map(|near| common.vocabulary.taken(near, known)).unwrap_or_default()
    }
}

/// Plain words are of letters of one byte each.
fn text(plain: &[u8]) -> &str {
    std::str::from_utf8(plain).unwrap_or_default()
}

/// Tells by their letters alone which words of a length cannot be near. A letter that only one of two words has was left
/// out, put in or taken for another. Slips that the lengths show already are spent.
struct Close {
    own: u32,
    /// How many letters may be lost, and how many new.
    lost: usize,
    new: usize,
}

impl Close {
    fn of(own: u32, word: usize, length: usize, slips: usize) -> Self {
        let lost = slips.saturating_sub(length.saturating_sub(word));
        let new = slips.saturating_sub(word.saturating_sub(length));
        Self { own, lost, new }
    }

    fn to(&self, letters: u32) -> bool {
        without(self.lost, self.own & !letters) | without(self.new, letters & !self.own) == 0
    }

    /// Which words are close. Many are compared at once, and few are.
    fn each(&self, letters: &[u32], mut found: impl FnMut(usize)) {
        for (block, letters) in letters.chunks(TOGETHER).enumerate() {
            let mut over = [u32::MAX; TOGETHER];
            for (over, letters) in over.iter_mut().zip(letters) {
                *over = without(self.lost, self.own & !letters) | without(self.new, letters & !self.own);
            }
            if over.iter().map(|over| u32::from(*over == 0)).sum::<u32>() > 0 {
                let close = (0..TOGETHER).filter(|at| over[*at] == 0);
                close.for_each(|at| found(block * TOGETHER + at));
            }
        }
    }
}

/// Whether a word is one that may be misspelt, or taken for one that is.
fn plain(word: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
}

fn letters(word: &str) -> u32 {
    word.bytes().fold(0, |set, byte| set | 1 << (byte - b'a'))
}

/// What is left of a set of letters when so many are taken out of it, at most two. Without a branch, so that several are
/// done at once.
fn without(most: usize, letters: u32) -> u32 {
    let one = letters & letters.wrapping_sub(1);
    let two = one & one.wrapping_sub(1);
    match most {
        0 => letters,
        1 => one,
        _ => two,
    }
}

/// Slips between two words of at most [`LONGEST`] letters (a letter more, less, other, or two changed about), if at most
/// `most`.
fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    // Only so near the diagonal can the slips stay few; what lies outside is as far as can be.
    let far = u8::try_from(most + 1).unwrap_or(u8::MAX);
    let mut rows = [[far; LONGEST + 3]; 3];
    let [mut before, mut last, mut row] = [0, 1, 2];
    for (slips, place) in (0..far).zip(&mut rows[last]) {
        *place = slips;
    }
    for (i, x) in a.iter().enumerate() {
        let (from, to) = (i.saturating_sub(most), b.len().min(i + most + 1));
        let outside = if from == 0 { u8::try_from(i + 1).map_or(far, |slips| slips.min(far)) } else { far };
        rows[row][from] = outside;
        rows[row][to + 1] = far;
        let mut least = outside;
        for j in from..to {
            let change = rows[last][j] + u8::from(*x != b[j]);
            let mut slips = change.min(rows[last][j + 1] + 1).min(rows[row][j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == b[j] {
                slips = slips.min(rows[before][j - 1] + 1);
            }
            rows[row][j + 1] = slips.min(far);
            least = least.min(slips);
        }
        if least >= far {
            return None;
        }
        [before, last, row] = [last, row, before];
    }
    Some(rows[last][b.len()]).filter(|slips| *slips < far).map(usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(word: &str) -> Vec<u32> {
        let known = ["battery", "butter", "photovoltaic", "turbine", "cable", "table", "hairspray"];
        let id = |word: &str| known.iter().position(|known| *known == word).and_then(|id| u32::try_from(id).ok());
        let vocabulary = Vocabulary::of(known.into_iter());
        vocabulary.taken(&vocabulary.near(word), id).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn slips_are_looked_past() {
        for (word, expected) in [
            ("batery", vec![0]),
            ("battrey", vec![0]),
            ("photovlotaik", vec![2]),
            ("turbime", vec![3]),
            ("hairsp", vec![6]),
            ("fable", vec![4, 5]),
        ] {
            assert_eq!(near(word), expected, "{word}");
        }
    }

    #[test]
    fn a_word_that_is_like_none_stays_unknown() {
        for word in ["xylophone", "cat", "太阳", "zzzzzzzz"] {
            assert!(near(word).is_empty(), "{word}");
        }
    }

    #[test]
    fn an_edition_takes_a_word_for_the_same_words_whether_it_is_asked_alone_or_among_others() {
        let editions = [vec!["battery", "cable", "photovoltaic"], vec!["batteries", "table", "cables", "batter"]];
        let all = Common::of(Vocabulary::of(editions.iter().flatten().copied()));
        for word in ["batery", "batery", "fable", "battre", "photovolt", "cabel", "xylophone"] {
            let mut slips = Slips::of(Some(&all));
            for words in &editions {
                let own = Vocabulary::of(words.iter().copied());
                let id =
                    |word: &str| words.iter().position(|known| *known == word).and_then(|id| u32::try_from(id).ok());
                let alone = Slips::default().taken(word, &own, id);
                assert_eq!(slips.taken(word, &own, id), alone, "{word} in {words:?}");
            }
        }
    }

    #[test]
    fn a_distance_counts_slips_up_to_its_bound() {
        let distance = |a: &str, b: &str, most| super::distance(a.as_bytes(), b.as_bytes(), most);
        assert_eq!(distance("form", "from", 1), Some(1));
        assert_eq!(distance("cable", "cable", 1), Some(0));
        assert_eq!(distance("cable", "tables", 1), None);
        assert_eq!(distance("cable", "tables", 2), Some(2));
        assert_eq!(distance("turbine", "turbin", 1), Some(1));
        assert_eq!(distance("turbine", "wurbines", 1), None);
        assert_eq!(distance("ab", "ba", 2), Some(1));
    }

    /// The whole matrix of the textbook.
    #[allow(clippy::needless_range_loop)] // as the textbook has it
    fn naive(a: &[u8], b: &[u8]) -> usize {
        let mut slips = vec![vec![0usize; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                if i == 0 || j == 0 {
                    slips[i][j] = i.max(j);
                    continue;
                }
                let change = slips[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                slips[i][j] = change.min(slips[i - 1][j] + 1).min(slips[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    slips[i][j] = slips[i][j].min(slips[i - 2][j - 2] + 1);
                }
            }
        }
        slips[a.len()][b.len()]
    }

    proptest::proptest! {
        #[test]
        fn a_distance_is_that_of_the_whole_matrix(a in "[a-d]{0,9}", b in "[a-d]{0,9}", most in 1usize..3) {
            let expected = Some(naive(a.as_bytes(), b.as_bytes())).filter(|slips| *slips <= most);
            proptest::prop_assert_eq!(distance(a.as_bytes(), b.as_bytes(), most), expected);
        }
    }
}
