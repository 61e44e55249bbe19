//! Places in the bodies' status lists, for documents that are about to be signed.
//!
//! A place is a random index of the body's newest list, so that nothing can be inferred from it but what the log tells:
//! those that are given one after the other are of one part in 64 of the list, for the database to have them beside one
//! another, and to write few pages for many of them. Whether it is still free is decided in the transaction that writes the
//! document; the lists are so much longer than they are filled that it nearly always is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use greenlane_store::{Store, StoreError};
use rand::Rng as _;

use crate::domain::names::BodyId;
use crate::domain::status::{ENTRIES, Slot};
use crate::store::status;

/// How many places are given before the store is asked again how full the list is: other replicas fill it too.
const AT_A_TIME: u64 = 4_096;

/// Places in a part of a list, and how many are given there before another part is chosen.
const PART: u32 = ENTRIES / 64;
const IN_A_PART: u32 = 256;

/// Gives places.
#[derive(Debug)]
pub(crate) struct Slots {
    /// Documents after which a list is full, and another one is begun.
    fill: u64,
    newest: Mutex<HashMap<BodyId, Newest>>,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    list: u32,
    /// Places that are given before the store is asked again.
    left: u64,
    /// The first place of the part in which they are given, and how many still are.
    part: u32,
    left_in_part: u32,
}

impl Newest {
    /// Another place.
    fn take(&mut self) -> Option<Slot> {
        self.left = self.left.checked_sub(1)?;
        let mut rng = rand::rng();
        if self.left_in_part == 0 {
            self.part = rng.random_range(0..ENTRIES / PART) * PART;
            self.left_in_part = IN_A_PART;
        }
        self.left_in_part -= 1;
        Some(Slot { list: self.list, index: self.part + rng.random_range(0..PART) })
    }
}

impl Slots {
    pub(crate) fn new(fill: u32) -> Self {
        Self { fill: u64::from(fill.clamp(1, ENTRIES / 2)), newest: Mutex::default() }
    }

    /// A place for a document of the body. That it is free is likely, not certain.
    pub(crate) async fn next(&self, store: &Store, body: &BodyId) -> Result<Slot, StoreError> {
        if let Some(slot) = self.take(body) {
            return Ok(slot);
        }
        let mut newest = self.look(store, body).await?;
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).insert(body.clone(), newest);
        let first = self.take(body).or_else(|| newest.take());
        Ok(first.unwrap_or(Slot { list: newest.list, index: rand::rng().random_range(0..ENTRIES) }))
    }

    /// The list that the body's next documents have their places in: no later one is there.
    pub(crate) async fn newest(&self, store: &Store, body: &BodyId) -> Result<u32, StoreError> {
        Ok(self.look(store, body).await?.list)
    }

    fn take(&self, body: &BodyId) -> Option<Slot> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).get_mut(body)?.take()
    }

    async fn look(&self, store: &Store, body: &BodyId) -> Result<Newest, StoreError> {
        let of = body.clone();
        let found = store
            .read("read_newest_status_list", move |tx| {
                let of = of.clone();
                Box::pin(async move { Ok(status::newest_list(tx, &of).await?) })
            })
            .await?;
        let (list, count) = found.unwrap_or((1, 0));
        let (list, count) = if count < self.fill { (list, count) } else { (list + 1, 0) };
        Ok(Newest { list, left: (self.fill - count).min(AT_A_TIME), part: 0, left_in_part: 0 })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn places_given_one_after_the_other_lie_together_and_all_of_a_list_is_used() {
        let mut newest = Newest { list: 7, left: 400_000, part: 0, left_in_part: 0 };
        let parts: Vec<u32> = std::iter::from_fn(|| newest.take()).map(|slot| slot.index / PART).collect();
        assert_eq!(parts.len(), 400_000);
        for part in parts.chunks(IN_A_PART as usize) {
            assert!(part.iter().all(|it| it == &part[0]));
        }
        assert_eq!(parts.iter().collect::<BTreeSet<_>>().len(), (ENTRIES / PART) as usize);
    }
}
