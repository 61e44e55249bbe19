//! The indexes of words: those of a new revision are built beside the ones that answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use crate::domain::Catalogue;

/// The last revision whose words are all indexed, and the way there for the next.
#[derive(Debug)]
pub(super) struct Indexed {
    last: ArcSwap<Catalogue>,
    /// The newest revision that came.
    newest: AtomicU64,
    /// Held while a revision is indexed: one at a time.
    pub(super) turn: Mutex<()>,
    /// Up to so many codes are not waited for.
    small: usize,
}

impl Indexed {
    /// Nothing yet. Up to `small` codes are indexed when the first search asks for it.
    pub(super) fn new(small: usize) -> Self {
        Self { last: ArcSwap::from_pointee(Catalogue::empty()), newest: AtomicU64::new(0), turn: Mutex::new(()), small }
    }

    /// The last revision whose words are all indexed, or few.
    pub(super) fn last(&self) -> Arc<Catalogue> {
        self.last.load_full()
    }

    /// Takes a newer revision: at once where its words are indexed already or few, or else when they are indexed, unless a
    /// still newer one has come by then.
    pub(super) fn take(self: &Arc<Self>, catalogue: &Arc<Catalogue>) {
        self.newest.fetch_max(catalogue.revision, Ordering::AcqRel);
        let (indexed, catalogue) = (Arc::clone(self), Arc::clone(catalogue));
        if catalogue.code_count() <= self.small || catalogue.is_wholly_indexed() {
            indexed.keep(&catalogue);
        } else {
            tokio::spawn(async move { indexed.build(catalogue).await });
        }
    }

    async fn build(&self, catalogue: Arc<Catalogue>) {
        let _turn = self.turn.lock().await;
        if self.newest.load(Ordering::Acquire) > catalogue.revision {
            return;
        }
        let (next, last) = (Arc::clone(&catalogue), self.last());
        match tokio::task::spawn_blocking(move || next.build_indexes(&last)).await {
            Ok(()) => self.keep(&catalogue),
            Err(error) => {
                let revision = catalogue.revision;
                tracing::error!(%error, revision, "cannot index the words; searches go on at the revision before");
            }
        }
    }

    fn keep(&self, catalogue: &Arc<Catalogue>) {
        self.last.rcu(|last| Arc::clone(if last.revision < catalogue.revision { catalogue } else { last }));
    }
}
