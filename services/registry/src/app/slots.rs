//! Places in the bodies' status lists, for documents that are about to be signed.
//!
//! A place is a random index of the body's newest list, so that nothing can be inferred from it but what the log tells:
//! those that are given one after the other are of one part in 64 of the list, for the database to have them beside one
//! another, and to write few pages for many of them. It was free when its part was chosen. Whether it still is shows in
//! the transaction that writes the document: another replica may have given it too, or a body that signs by itself have
//! waited with it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use greenlane_store::{Store, StoreError};
use rand::Rng as _;
use rand::seq::SliceRandom as _;

use crate::domain::names::BodyId;
use crate::domain::status::{ENTRIES, Slot};
use crate::store::status;

/// How many places are given before the store is asked again how full the list is: other replicas fill it too.
const AT_A_TIME: u64 = 4_096;

/// Parts of a list.
const PARTS: u32 = 64;

/// Places in a part of a list.
const PART: u32 = ENTRIES / PARTS;

/// Places that are given of a part before another one is chosen.
const IN_A_PART: usize = 256;

/// Gives places.
#[derive(Debug)]
pub(crate) struct Slots {
    /// Documents after which a list is full, and another one is begun.
    fill: u64,
    bodies: Mutex<HashMap<BodyId, Arc<OfBody>>>,
}

/// Places of one body.
#[derive(Debug, Default)]
struct OfBody {
    newest: Mutex<Newest>,
    /// Held by whoever looks for more places: the others wait for what it finds.
    deck: tokio::sync::Mutex<Deck>,
}

/// What is known of a body's newest list; nothing yet when there is nothing left.
#[derive(Debug, Default)]
struct Newest {
    list: u32,
    /// Places that are given before the store is asked again how full the list is.
    left: u64,
    /// The next ones.
    free: Vec<u32>,
}

/// The parts of a list, those in front that were chosen longest ago. One comes again after 48 others: more places than
/// are on their way at a time, so that what the registry itself gave of it is seen in the store by then.
#[derive(Debug)]
struct Deck(Vec<u32>);

impl OfBody {
    fn with<T>(&self, ask: impl FnOnce(&mut Newest) -> T) -> T {
        ask(&mut self.newest.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Newest {
    /// Another place.
    fn take(&mut self) -> Option<Slot> {
        let left = self.left.checked_sub(1)?;
        let index = self.free.pop()?;
        self.left = left;
        Some(Slot { list: self.list, index })
    }
}

impl Default for Deck {
    fn default() -> Self {
        let mut parts: Vec<u32> = (0..PARTS).collect();
        parts.shuffle(&mut rand::rng());
        Self(parts)
    }
}

impl Deck {
    /// The first place of another part.
    fn next(&mut self) -> u32 {
        let part = self.0.remove(rand::rng().random_range(0..self.0.len() / 4));
        self.0.push(part);
        part * PART
    }
}

impl Slots {
    pub(crate) fn new(fill: u32) -> Self {
        Self { fill: u64::from(fill.clamp(1, ENTRIES / 2)), bodies: Mutex::default() }
    }

    /// A place for a document of the body. That it is free is likely, not certain.
    pub(crate) async fn next(&self, store: &Store, body: &BodyId) -> Result<Slot, StoreError> {
        let of = Arc::clone(self.bodies().entry(body.clone()).or_default());
        if let Some(slot) = of.with(Newest::take) {
            return Ok(slot);
        }
        let mut deck = of.deck.lock().await;
        if let Some(slot) = of.with(Newest::take) {
            return Ok(slot);
        }
        let (list, left) = match of.with(|newest| (newest.list, newest.left)) {
            (_, 0) => self.look(store, body).await?,
            known => known,
        };
        let mut newest = Newest { list, left, free: free(store, body, list, deck.next()).await? };
        let slot = newest.take();
        of.with(|known| *known = newest);
        // In a part without a free place.
        Ok(slot.unwrap_or_else(|| Slot { list, index: rand::rng().random_range(0..ENTRIES) }))
    }

    /// The list that the body's next documents have their places in: no later one is there.
    pub(crate) async fn newest(&self, store: &Store, body: &BodyId) -> Result<u32, StoreError> {
        Ok(self.look(store, body).await?.0)
    }

    /// Gives none of those any more that were chosen for the body: one was another document's.
    pub(crate) fn doubt(&self, body: &BodyId) {
        if let Some(of) = self.bodies().get(body) {
            of.with(|newest| newest.free.clear());
        }
    }

    fn bodies(&self) -> MutexGuard<'_, HashMap<BodyId, Arc<OfBody>>> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The list, and how many places are given in it before it is looked at again.
    async fn look(&self, store: &Store, body: &BodyId) -> Result<(u32, u64), StoreError> {
        let of = body.clone();
        let found = store
            .read("read_newest_status_list", move |tx| {
                let of = of.clone();
                Box::pin(async move { Ok(status::newest_list(tx, &of).await?) })
            })
            .await?;
        let (list, count) = found.unwrap_or((1, 0));
        let (list, count) = if count < self.fill { (list, count) } else { (list + 1, 0) };
        Ok((list, (self.fill - count).min(AT_A_TIME)))
    }
}

/// Some places of a list that nobody has, all in the part of it that begins with this one.
async fn free(store: &Store, body: &BodyId, list: u32, first: u32) -> Result<Vec<u32>, StoreError> {
    let of = body.clone();
    let taken = store
        .read("read_taken_places", move |tx| {
            let of = of.clone();
            Box::pin(async move { Ok(status::taken_within(tx, &of, list, first..first + PART).await?) })
        })
        .await?;
    Ok(choose(first, taken))
}

/// Some places of the part that begins with this one, at random, but for those that are taken.
fn choose(first: u32, mut taken: HashSet<u32>) -> Vec<u32> {
    let mut rng = rand::rng();
    // However full the part is, this ends.
    let drawn = std::iter::repeat_with(|| first + rng.random_range(0..PART)).take(4 * IN_A_PART);
    drawn.filter(|index| taken.insert(*index)).take(IN_A_PART).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_free_and_beside_one_another() {
        let taken: HashSet<u32> = (PART..PART + PART / 2).collect();
        let chosen = choose(PART, taken.clone());
        assert_eq!(chosen.len(), IN_A_PART);
        assert!(chosen.iter().all(|index| (PART..2 * PART).contains(index) && !taken.contains(index)));
        assert_eq!(chosen.iter().collect::<HashSet<_>>().len(), IN_A_PART, "each is given once");
        assert_ne!(chosen, choose(PART, taken));
        assert!(choose(PART, (PART..2 * PART).collect()).is_empty());
    }

    #[test]
    fn a_part_comes_again_only_after_many_others() {
        let mut deck = Deck::default();
        let chosen: Vec<u32> = (0..1_000).map(|_| deck.next()).collect();
        for run in chosen.windows(48) {
            assert_eq!(run.iter().collect::<HashSet<_>>().len(), run.len());
        }
        assert_eq!(chosen.iter().collect::<HashSet<_>>().len(), PARTS as usize, "each has its turn");
        assert!(chosen.iter().all(|first| first % PART == 0 && *first < ENTRIES));
    }

    #[test]
    fn no_more_places_are_given_than_a_list_has_left() {
        let mut newest = Newest { list: 7, left: 2, free: vec![1, 2, 3] };
        let given: Vec<u32> = std::iter::from_fn(|| newest.take()).map(|slot| slot.index).collect();
        assert_eq!((given, newest.left, newest.free), (vec![3, 2], 0, vec![1]));
    }
}
