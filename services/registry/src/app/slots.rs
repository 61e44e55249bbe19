//! Places in the bodies' status lists, for documents that are about to be signed.
//!
//! A place is a random index of the body's newest list, so that nothing can be inferred from it. Whether it is still free
//! is decided in the transaction that writes the document; the lists are so much longer than they are filled that it
//! nearly always is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use greenlane_store::{Store, StoreError};
use rand::Rng as _;

use crate::domain::names::BodyId;
use crate::domain::status::{ENTRIES, Slot};
use crate::store::status;

/// How many places are given before the store is asked again how full the list is: other replicas fill it too.
const AT_A_TIME: u64 = 4_096;

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
}

impl Slots {
    pub(crate) fn new(fill: u32) -> Self {
        Self { fill: u64::from(fill.clamp(1, ENTRIES / 2)), newest: Mutex::default() }
    }

    /// A place for a document of the body. That it is free is likely, not certain.
    pub(crate) async fn next(&self, store: &Store, body: &BodyId) -> Result<Slot, StoreError> {
        let list = match self.take(body) {
            Some(list) => list,
            None => {
                let newest = self.look(store, body).await?;
                self.newest.lock().unwrap_or_else(PoisonError::into_inner).insert(body.clone(), newest);
                self.take(body).unwrap_or(newest.list)
            }
        };
        Ok(Slot { list, index: rand::rng().random_range(0..ENTRIES) })
    }

    /// The list that the body's next documents have their places in: no later one is there.
    pub(crate) async fn newest(&self, store: &Store, body: &BodyId) -> Result<u32, StoreError> {
        Ok(self.look(store, body).await?.list)
    }

    fn take(&self, body: &BodyId) -> Option<u32> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = newest.get_mut(body)?;
        newest.left = newest.left.checked_sub(1)?;
        Some(newest.list)
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
        Ok(Newest { list, left: (self.fill - count).min(AT_A_TIME) })
    }
}
