//! Words as they were meant: the indexed words nearest to one that is not indexed.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Shortest word that may be misspelt: shorter ones have too many neighbours.
const SHORTEST: usize = 4;
/// From this length on, two slips are looked past.
const LONG: usize = 8;
/// Most words that one is taken for.
const MOST: usize = 3;
/// How much a word counts that is one or two slips away.
const TRUST: [f32; 3] = [1.0, 0.6, 0.35];
/// How much a word counts of which only the beginning was given: labels are cut short.
const BEGINNING: f32 = 0.4;

/// Longest word that is compared.
const LONGEST: usize = 63;

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
    ids: Vec<u32>,
}

impl Words {
    fn get(&self, at: usize) -> &[u8] {
        &self.text[at * self.length..(at + 1) * self.length]
    }

    /// The words that begin with one.
    fn beginning(&self, word: &[u8]) -> std::ops::Range<usize> {
        let first = |after: bool| {
            let (mut low, mut high) = (0, self.ids.len());
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

impl Vocabulary {
    pub(super) fn of(ids: &HashMap<Box<str>, u32, RandomState>) -> Self {
        let mut sorted: Vec<(&str, u32)> = ids.iter().map(|(word, id)| (&**word, *id)).collect();
        sorted.retain(|(word, _)| plain(word) && word.len() <= LONGEST);
        sorted.sort_unstable();
        let mut vocabulary = Self::default();
        for (word, id) in sorted {
            if vocabulary.by_length.len() <= word.len() {
                vocabulary.by_length.resize_with(word.len() + 1, Words::default);
            }
            let words = &mut vocabulary.by_length[word.len()];
            words.length = word.len();
            words.text.extend_from_slice(word.as_bytes());
            words.letters.push(letters(word));
            words.ids.push(id);
        }
        vocabulary
    }

    /// The words that this may be, nearest first, with how much each is trusted.
    pub(super) fn near(&self, word: &str) -> Vec<(u32, f32)> {
        if !plain(word) || word.len() > LONGEST {
            return Vec::new();
        }
        let slips = if word.len() >= LONG { 2 } else { 1 };
        let own = letters(word);
        let word = word.as_bytes();
        let mut found: Vec<(f32, &[u8], u32)> = Vec::new();
        for length in word.len().saturating_sub(slips)..=word.len() + 3 {
            let Some(words) = self.by_length.get(length) else { continue };
            // A letter that only one of them has was left out, put in or taken for another. Slips that the lengths
            // show already are spent.
            let lost = slips.saturating_sub(length.saturating_sub(word.len()));
            let new = slips.saturating_sub(word.len().saturating_sub(length));
            let close = |letters: u32| at_most(lost, own & !letters) && at_most(new, letters & !own);
            let begins = match length > word.len() && word.len() > SHORTEST && words.length > 0 {
                true => words.beginning(word),
                false => 0..0,
            };
            if length <= word.len() + slips {
                for at in (0..words.ids.len()).filter(|at| close(words.letters[*at])) {
                    if let Some(slips) = distance(word, words.get(at), slips) {
                        found.push((TRUST[slips], words.get(at), words.ids[at]));
                    }
                }
            }
            for at in begins {
                let slip = close(words.letters[at]) && distance(word, words.get(at), slips).is_some();
                if !slip {
                    found.push((BEGINNING, words.get(at), words.ids[at]));
                }
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let best = found.first().map_or(0.0, |(trust, ..)| *trust);
        found
            .into_iter()
            .take(MOST)
            .take_while(|(trust, ..)| *trust >= best)
            .map(|(trust, _, id)| (id, trust))
            .collect()
    }
}

fn plain(word: &str) -> bool {
    word.len() >= SHORTEST && word.bytes().all(|b| b.is_ascii_lowercase())
}

fn letters(word: &str) -> u32 {
    word.bytes().fold(0, |set, byte| set | 1 << (byte - b'a'))
}

/// Whether a set of letters has at most so many: few, so that they are taken out and not counted.
fn at_most(most: usize, mut letters: u32) -> bool {
    for _ in 0..most {
        letters &= letters.wrapping_sub(1);
    }
    letters == 0
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
        let ids = (0u32..).zip(known).map(|(id, word)| (Box::from(word), id)).collect();
        Vocabulary::of(&ids).near(word).into_iter().map(|(id, _)| id).collect()
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
