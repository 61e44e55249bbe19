//! The numbers of names of one kind. Most names are short and found where they stand, without following a pointer.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use foldhash::HashMap;

use super::table::Table;

/// A name of at most 28 characters, in place: with its number half of what the processor reads at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Name {
    words: [u64; 3],
    rest: u32,
}

const MOST_BYTES: usize = 28;

impl Name {
    /// None of a longer name, and of an empty one.
    #[inline]
    fn new(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !(1..=MOST_BYTES).contains(&bytes.len()) {
            return None;
        }
        let (whole, rest) = bytes.as_chunks();
        let rest = match (rest.len(), bytes.last_chunk()) {
            (0, _) => 0,
            // Read with what stands before them.
            (rest, Some(last)) => u64::from_le_bytes(*last) >> (64 - 8 * rest),
            (_, None) => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        let word = |at: usize| match at.cmp(&whole.len()) {
            Ordering::Less => u64::from_le_bytes(whole[at]),
            Ordering::Equal => rest,
            Ordering::Greater => 0,
        };
        // Of the last word there are four bytes at most.
        Some(Self { words: [word(0), word(1), word(2)], rest: word(3) as u32 })
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.words.iter().for_each(|word| state.write_u64(*word));
        state.write_u32(self.rest);
    }
}

/// The numbers of names of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    short: Table<Name, u32>,
    long: HashMap<Box<str>, u32>,
}

impl Names {
    /// Of names that are all different.
    pub(super) fn new<'n>(names: impl Iterator<Item = (&'n str, u32)>) -> Self {
        let (mut short, mut long) = (Vec::new(), HashMap::default());
        for (name, number) in names {
            match Name::new(name) {
                Some(name) => short.push((name, number)),
                None => drop(long.insert(name.into(), number)),
            }
        }
        Self { short: Table::new(&short), long }
    }

    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<u32> {
        match Name::new(name) {
            Some(name) => self.short.get(name),
            None => self.long.get(name).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_of_every_length_are_found_and_told_from_each_other() {
        let text = "abcdefghijklmnopqrstuvwxyz0123456789";
        let all: Vec<&str> =
            (0..text.len()).flat_map(|from| (from..=text.len()).map(move |to| &text[from..to])).collect();
        let mut all: Vec<&str> = all.into_iter().filter(|name| !name.is_empty()).collect();
        all.sort_unstable();
        all.dedup();
        let (kept, others): (Vec<_>, Vec<_>) = all.iter().zip(0..).partition(|(_, number)| number % 2 == 0);
        let names = Names::new(kept.iter().map(|(name, number)| (**name, *number)));
        assert!(kept.iter().all(|(name, number)| names.get(name) == Some(*number)));
        assert!(others.iter().all(|(name, _)| names.get(name).is_none()));
        assert_eq!(names.get(""), None);
    }
}
