//! A hash table that is made once and then only read. Each key stands beside its value, so that one look at memory finds
//! most: of a large catalogue little is in the processor's cache.

use std::hash::{BuildHasher as _, Hash};
use std::hint::black_box;

use foldhash::fast::RandomState;

/// No key is the default one: a place that holds it is free.
#[derive(Clone, Debug, Default)]
pub(super) struct Table<K, V> {
    places: Box<[(K, V)]>,
    hasher: RandomState,
}

impl<K: Copy + Default + Eq + Hash, V: Copy + Default> Table<K, V> {
    /// Of keys that are all different.
    pub(super) fn new(entries: &[(K, V)]) -> Self {
        let hasher = RandomState::default();
        // Half of them stay free, so that a search ends soon.
        let mut places = vec![(K::default(), V::default()); 2 * entries.len() + 1].into_boxed_slice();
        for (key, value) in entries {
            let mut at = first(&hasher, key, places.len());
            while places[at].0 != K::default() {
                at = after(at, places.len());
            }
            places[at] = (*key, *value);
        }
        Self { places, hasher }
    }

    /// Reads where a key would stand first: see [`super::Catalogue::read_ahead`].
    pub(super) fn read_ahead(&self, key: K) {
        black_box(self.places.get(first(&self.hasher, &key, self.places.len())).map(|(_, value)| *value));
    }

    pub(super) fn get(&self, key: K) -> Option<V> {
        let mut at = first(&self.hasher, &key, self.places.len());
        loop {
            let (known, value) = self.places.get(at)?;
            if *known == K::default() {
                return None;
            }
            if *known == key {
                return Some(*value);
            }
            at = after(at, self.places.len());
        }
    }
}

/// Where a key stands unless another does: its hash as a part of all hashes.
fn first<K: Hash>(hasher: &RandomState, key: &K, places: usize) -> usize {
    ((u128::from(hasher.hash_one(key)) * places as u128) >> 64) as usize
}

fn after(at: usize, places: usize) -> usize {
    if at + 1 == places { 0 } else { at + 1 }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn every_key_is_found_and_nothing_else() {
        for length in [0_u64, 1, 2, 3, 100, 5_000] {
            let entries: Vec<(u64, u32)> = (1..=length).map(|key| (key, key as u32 * 3)).collect();
            let table = Table::new(&entries);
            for key in 1..=length {
                assert_eq!(table.get(key), Some(key as u32 * 3), "{key} of {length}");
            }
            assert!((length + 1..length + 100).chain([0]).all(|key| table.get(key).is_none()));
        }
        assert_eq!(Table::<u64, u32>::default().get(7), None, "a table of nothing, not even made");
    }
}
