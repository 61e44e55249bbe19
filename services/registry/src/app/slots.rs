//! Places in the bodies' status lists, for documents that are about to be signed.
//!
//! A place is a random index of the body's newest list, so that nothing can be inferred from it but what the log tells:
//! those that are given one after the other are of one part in 64 of the list, for the database to have them beside one
//! another, and to write few pages for many of them. It was free when its part was chosen. Whether it still is shows in
//! the transaction that writes the document: another replica may have given it too, or a body that signs by itself have
//! waited with it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use greenlane_store::{Store, StoreError};
use rand::Rng as _;

use crate::domain::names::BodyId;
use crate::domain::status::{ENTRIES, Slot};
use crate::store::status;

/// How many places are given before the store is asked again how full the list is: other replicas fill it too.
const AT_A_TIME: u64 = 4_096;

/// Places in a part of a list.
const PART: u32 = ENTRIES / 64;

/// Places that are given of a part before another one is chosen.
const IN_A_PART: usize = 256;

/// Gives places.
#[derive(Debug)]
pub(crate) struct Slots {
    /// Documents after which a list is full, and another one is begun.
    fill: u64,
    newest: Mutex<HashMap<BodyId, Newest>>,
    /// Held by whoever looks for more places: the others wait for what it finds.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Newest {
    list: u32,
    /// Places that are given before the store is asked again how full the list is.
    left: u64,
    /// The next ones.
    free: Vec<u32>,
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

impl Slots {
    pub(crate) fn new(fill: u32) -> Self {
        Self {
            fill: u64::from(fill.clamp(1, ENTRIES / 2)),
            newest: Mutex::default(),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// A place for a document of the body. That it is free is likely, not certain.
    pub(crate) async fn next(&self, store: &Store, body: &BodyId) -> Result<Slot, StoreError> {
        if let Some(slot) = self.known(body, Newest::take) {
            return Ok(slot);
        }
        let _looking = self.looking.lock().await;
        if let Some(slot) = self.known(body, Newest::take) {
            return Ok(slot);
        }
        let known = self.known(body, |newest| (newest.left > 0).then_some((newest.list, newest.left)));
        let (list, left) = match known {
            Some(known) => known,
            None => self.look(store, body).await?,
        };
        let mut newest = Newest { list, left, free: free(store, body, list).await? };
        let slot = newest.take();
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).insert(body.clone(), newest);
        // In a part without a free place.
        Ok(slot.unwrap_or_else(|| Slot { list, index: rand::rng().random_range(0..ENTRIES) }))
    }

    /// The list that the body's next documents have their places in: no later one is there.
    pub(crate) async fn newest(&self, store: &Store, body: &BodyId) -> Result<u32, StoreError> {
        Ok(self.look(store, body).await?.0)
    }

    /// Gives none of those any more that were chosen for the body: one was another document's.
    pub(crate) fn doubt(&self, body: &BodyId) {
        if let Some(newest) = self.newest.lock().unwrap_or_else(PoisonError::into_inner).get_mut(body) {
            newest.free.clear();
        }
    }

    /// What is known of the body's newest list.
    fn known<T>(&self, body: &BodyId, ask: impl FnOnce(&mut Newest) -> Option<T>) -> Option<T> {
        ask(self.newest.lock().unwrap_or_else(PoisonError::into_inner).get_mut(body)?)
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

/// Some places of a list that nobody has, all in one part of it.
async fn free(store: &Store, body: &BodyId, list: u32) -> Result<Vec<u32>, StoreError> {
    let first = rand::rng().random_range(0..ENTRIES / PART) * PART;
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
    fn no_more_places_are_given_than_a_list_has_left() {
        let mut newest = Newest { list: 7, left: 2, free: vec![1, 2, 3] };
        let given: Vec<u32> = std::iter::from_fn(|| newest.take()).map(|slot| slot.index).collect();
        assert_eq!((given, newest.left, newest.free), (vec![3, 2], 0, vec![1]));
    }
}
