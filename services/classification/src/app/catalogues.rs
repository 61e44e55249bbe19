//! The catalogue in memory: the current revision, kept fresh, and older ones on demand.

mod indexed;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::deadline;
use greenlane_platform::revisions::Published;
use greenlane_store::{Store, StoreError, revision};
use sea_orm::DbErr;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::indexed::Indexed;
use crate::domain::{Catalogue, ExampleFact, Facts, Scope};
use crate::store::{self, COUNTER};

/// Why a catalogue could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The revision did not arrive within the wait.
    #[error("revision {required} has not been reached, only {revision}")]
    NotReached {
        /// What was asked for.
        required: u64,
        /// What there is.
        revision: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Up to so many codes are indexed in less time than anybody would notice, when the first search asks for it.
const SMALL: usize = 20_000;

/// The catalogues of this replica.
#[derive(Debug)]
pub(crate) struct Catalogues {
    store: StoreHandle,
    current: ArcSwap<Catalogue>,
    indexed: Arc<Indexed>,
    older: quick_cache::sync::Cache<u64, Arc<Catalogue>>,
    published: watch::Sender<Published>,
    wait: Duration,
    /// Held while a newer revision is loaded, so that it is loaded once.
    loading: Mutex<()>,
}

/// A store that does not print.
struct StoreHandle(Store);

impl std::fmt::Debug for StoreHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.engine()).finish()
    }
}

impl Catalogues {
    /// Loads the current revision.
    pub(crate) async fn open(store: Store, older: usize, wait: Duration) -> Result<Self, StoreError> {
        Self::open_with(store, older, wait, SMALL).await
    }

    /// The same where up to so many codes are indexed when the first search asks for it.
    async fn open_with(store: Store, older: usize, wait: Duration, small: usize) -> Result<Self, StoreError> {
        let catalogues = Self {
            store: StoreHandle(store),
            current: ArcSwap::from_pointee(Catalogue::empty()),
            indexed: Arc::new(Indexed::new(small)),
            older: quick_cache::sync::Cache::new(older.max(1)),
            published: watch::Sender::new(Published::default()),
            wait,
            loading: Mutex::new(()),
        };
        catalogues.refresh().await?;
        Ok(catalogues)
    }

    /// The database.
    pub(crate) fn store(&self) -> &Store {
        &self.store.0
    }

    /// The current catalogue.
    pub(crate) fn current(&self) -> Arc<Catalogue> {
        self.current.load_full()
    }

    /// A revision, if it is in memory.
    pub(crate) fn known(&self, revision: u64) -> Option<Arc<Catalogue>> {
        let held = [self.current(), self.indexed.last()].into_iter().find(|held| held.revision == revision);
        held.or_else(|| self.older.get(&revision))
    }

    /// The newest revision, now and whenever it moves.
    pub(crate) fn published(&self) -> watch::Receiver<Published> {
        self.published.subscribe()
    }

    /// The catalogue that a read needs.
    pub(crate) async fn read(&self, consistency: Consistency) -> Result<Arc<Catalogue>, ReadError> {
        let current = self.current();
        match consistency {
            Consistency::Latest => Ok(current),
            Consistency::AtLeast(required) if current.revision >= required => Ok(current),
            Consistency::AtLeast(required) => self.reach(required).await,
            Consistency::Exactly(revision) if current.revision == revision => Ok(current),
            Consistency::Exactly(revision) => {
                let reached = if current.revision < revision { self.reach(revision).await? } else { current };
                if reached.revision == revision { Ok(reached) } else { self.older(revision).await }
            }
        }
    }

    /// The catalogue whose words answer a read that was given another one, and which of its editions do: that one, where
    /// the words of these editions are indexed; while they are not, the last one with all its words, if the read need not
    /// be fresher and it has the editions too. Only else are they waited for.
    pub(crate) async fn with_words<E>(
        &self,
        read: Arc<Catalogue>,
        consistency: Consistency,
        editions: impl Fn(&Catalogue) -> Result<Vec<usize>, E>,
    ) -> Result<(Arc<Catalogue>, Vec<usize>), E> {
        let wanted = editions(&read)?;
        if read.is_indexed(&wanted) {
            return Ok((read, wanted));
        }
        let last = self.indexed.last();
        let fresh = match consistency {
            Consistency::Latest => true,
            Consistency::AtLeast(required) => last.revision >= required,
            Consistency::Exactly(revision) => last.revision == revision,
        };
        let there = if fresh { editions(&last).unwrap_or_default() } else { Vec::new() };
        if !there.is_empty() && last.is_indexed(&there) {
            return Ok((last, there));
        }
        Self::wait_for_words(&read, &wanted).await;
        Ok((read, wanted))
    }

    /// Waits until editions of a catalogue are indexed. Who asks for something else meanwhile does not wait.
    async fn wait_for_words(catalogue: &Arc<Catalogue>, editions: &[usize]) {
        if catalogue.is_indexed(editions) {
            return;
        }
        let (catalogue, editions) = (Arc::clone(catalogue), editions.to_vec());
        // Should it fail, the search does where it needs the index.
        let _ = tokio::task::spawn_blocking(move || drop(catalogue.indexes(&editions))).await;
    }

    /// Waits until a revision is here.
    async fn reach(&self, required: u64) -> Result<Arc<Catalogue>, ReadError> {
        let mut published = self.published();
        // Another replica may have just published: ask before waiting for the next poll.
        self.refresh().await?;
        // A moment is left of the caller's deadline to say which revision there is.
        let left = deadline::remaining().map_or(self.wait, |left| left.mul_f32(0.8));
        let until = Instant::now() + self.wait.min(left);
        let reached = tokio::time::timeout_at(until, published.wait_for(|now| now.revision >= required)).await;
        let current = self.current();
        match reached {
            Ok(Ok(_)) => Ok(current),
            Ok(Err(_)) | Err(_) => Err(ReadError::NotReached { required, revision: current.revision }),
        }
    }

    /// An older revision, from memory or the database.
    async fn older(&self, revision: u64) -> Result<Arc<Catalogue>, ReadError> {
        if let Some(known) = self.known(revision) {
            return Ok(known);
        }
        let load = async {
            let facts = self
                .store()
                .read("load_older_revision", move |tx| Box::pin(async move { Ok(store::load(tx, revision).await?) }));
            let facts = facts.await?;
            Ok(Arc::new(beside(move || Catalogue::build(revision, facts)).await?))
        };
        self.older.get_or_insert_async(&revision, load).await
    }

    /// Loads the newest revision, if the database has one that this replica has not.
    pub(crate) async fn refresh(&self) -> Result<(), StoreError> {
        if store::current(self.store()).await? <= self.current.load().revision {
            return Ok(());
        }
        let _once = self.loading.lock().await;
        let held = self.current.load_full();
        let known = held.revision;
        let loaded = self
            .store()
            .read("load_current_revision", move |tx| {
                Box::pin(async move {
                    let revision = revision::current(tx, COUNTER).await?;
                    if revision <= known {
                        return Ok(None);
                    }
                    // Teaching is frequent and changes no code: what is loaded stays.
                    let news = match store::taught_only(tx, known, revision).await? {
                        Some(examples) => News::Taught(examples),
                        // Lists change more often than codes, and are small.
                        None => match store::lists_only(tx, known, revision).await? {
                            Some(lists) => News::Lists(Box::new(lists)),
                            None => {
                                let scope = store::changed(tx, known, revision).await?;
                                let facts = store::load_within(tx, revision, scope.as_ref()).await?;
                                News::Catalogue(Box::new(facts), scope)
                            }
                        },
                    };
                    Ok(Some((revision, news)))
                })
            })
            .await?;
        let Some((revision, news)) = loaded else { return Ok(()) };
        let newest = store::list(self.store(), revision + 1, 1).await?;
        let before = Arc::clone(&held);
        let catalogue = beside(move || match news {
            News::Taught(examples) => Ok(before.with_taught(revision, examples)),
            News::Lists(lists) => before.with_lists(revision, *lists),
            News::Catalogue(facts, Some(scope)) => before.rebuilt(revision, *facts, &scope),
            News::Catalogue(facts, None) => Catalogue::build(revision, *facts),
        });
        let catalogue = catalogue.await?;
        tracing::info!(revision, codes = catalogue.code_count(), "catalogue loaded");
        let catalogue = Arc::new(catalogue);
        self.current.store(Arc::clone(&catalogue));
        if known > 0 {
            // Readers of its pages will come back to it, and what did not change they have in common.
            self.older.insert(known, held);
        }
        // Beside the calls that need no words, which are answered from it already.
        self.indexed.take(&catalogue);
        self.published.send_replace(Published { revision, at: newest.first().map(|row| row.published_at) });
        Ok(())
    }

    /// Looks for new revisions until told to stop.
    pub(crate) async fn follow(self: Arc<Self>, every: Duration, stop: CancellationToken) {
        let mut failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            match self.refresh().await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("the catalogue is fresh again");
                }
                Ok(()) => {}
                // Said once: the health probe goes on saying it.
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "cannot look for new revisions; serving the last one");
                }
                Err(_) => {}
            }
        }
    }
}

/// What is new since a revision.
enum News {
    /// Examples and nothing else.
    Taught(Vec<ExampleFact>),
    /// Green lists, and examples beside them.
    Lists(Box<Facts>),
    /// What changed of codes and links, if anything is here already, and all else.
    Catalogue(Box<Facts>, Option<Scope>),
}

/// Builds a catalogue beside the calls that are answered meanwhile.
async fn beside<E>(build: impl FnOnce() -> Result<Catalogue, E> + Send + 'static) -> Result<Catalogue, StoreError>
where
    E: std::fmt::Display + Send + 'static,
{
    let built = tokio::task::spawn_blocking(build).await;
    built.map_err(|error| StoreError::Aborted(format!("building the catalogue: {error}")))?.map_err(unfit)
}

/// Facts that do not fit together are a fault of the stored data.
fn unfit(error: impl std::fmt::Display) -> StoreError {
    StoreError::Database(DbErr::Type(format!("the stored catalogue does not fit together: {error}")))
}

#[cfg(test)]
mod tests;
