//! Words as they were meant: the indexed words nearest to one that is not indexed.

use std::collections::HashMap;

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

/// English words by length, each with the letters that it has.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    by_length: Vec<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    word: Box<str>,
    letters: u32,
    id: u32,
}

impl Vocabulary {
    pub(super) fn of(ids: &HashMap<Box<str>, u32>) -> Self {
        let mut vocabulary = Self::default();
        for (word, id) in ids {
            if !plain(word) {
                continue;
            }
            if vocabulary.by_length.len() <= word.len() {
                vocabulary.by_length.resize_with(word.len() + 1, Vec::new);
            }
            let entry = Entry { word: word.clone(), letters: letters(word), id: *id };
            vocabulary.by_length[word.len()].push(entry);
        }
        for entries in &mut vocabulary.by_length {
            entries.sort_unstable_by(|a, b| a.word.cmp(&b.word));
        }
        vocabulary
    }

    /// The words that this may be, nearest first, with how much each is trusted.
    pub(super) fn near(&self, word: &str) -> Vec<(u32, f32)> {
        if !plain(word) {
            return Vec::new();
        }
        let slips = if word.len() >= LONG { 2 } else { 1 };
        let own = letters(word);
        let mut found: Vec<(f32, &str, u32)> = Vec::new();
        for length in word.len().saturating_sub(slips)..=word.len() + 3 {
            for entry in self.by_length.get(length).map_or(&[][..], Vec::as_slice) {
                let begins = length > word.len() && word.len() > SHORTEST && entry.word.starts_with(word);
                // Each slip changes at most two letters.
                let close = (own ^ entry.letters).count_ones() as usize <= 2 * slips;
                let trust = match close.then(|| distance(word, &entry.word, slips)).flatten() {
                    Some(slips) => TRUST[slips],
                    None if begins => BEGINNING,
                    None => continue,
                };
                found.push((trust, &entry.word, entry.id));
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

/// Slips between two words (a letter more, less, other, or two changed about), if at most `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let (mut before, mut last) = (Vec::new(), (0..=b.len()).collect::<Vec<usize>>());
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            let change = last[j] + usize::from(x != y);
            row[j + 1] = change.min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y;
            if swapped {
                let before: &[usize] = &before;
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        if row.iter().min().is_none_or(|least| *least > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|slips| *slips <= most)
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
        assert_eq!(distance("form", "from", 1), Some(1));
        assert_eq!(distance("cable", "cable", 1), Some(0));
        assert_eq!(distance("cable", "tables", 1), None);
        assert_eq!(distance("cable", "tables", 2), Some(2));
    }
}
