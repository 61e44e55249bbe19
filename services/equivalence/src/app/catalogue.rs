//! The catalogue in memory: the current revision, some earlier ones, and the wait for a later one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use greenlane_platform::clock::Clock;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::Published;
use greenlane_store::{Store, StoreError};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::store::entries::{self, Loaded};

/// Serves the catalogue at revisions.
pub(crate) struct Catalogues {
    store: Store,
    clock: Clock,
    current: ArcSwap<Loaded>,
    earlier: quick_cache::sync::Cache<u64, Arc<Loaded>>,
    published: watch::Sender<Published>,
    /// Held while a revision is loaded, so that it is loaded once.
    loading: Mutex<()>,
    checked_at_micros: AtomicI64,
    wait: Duration,
}

impl Catalogues {
    /// Loads the newest revision.
    pub(crate) async fn open(store: Store, clock: Clock, config: &Config) -> Result<Self, StoreError> {
        let catalogues = Self {
            store,
            clock,
            current: ArcSwap::from_pointee(Loaded::default()),
            earlier: quick_cache::sync::Cache::new(config.kept_revisions.max(1)),
            published: watch::Sender::default(),
            loading: Mutex::new(()),
            checked_at_micros: AtomicI64::new(0),
            wait: config.revision_wait(),
        };
        catalogues.refresh().await?;
        Ok(catalogues)
    }

    /// What this replica has now.
    pub(crate) fn current(&self) -> Arc<Loaded> {
        self.current.load_full()
    }

    /// The catalogue at a revision, if it is in memory.
    pub(crate) fn known(&self, revision: u64) -> Option<Arc<Loaded>> {
        let current = self.current();
        if current.catalogue.revision() == revision { Some(current) } else { self.earlier.get(&revision) }
    }

    /// When the database last said which revision is the newest.
    pub(crate) fn checked_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.checked_at_micros.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// The newest revision, now and whenever it moves.
    pub(crate) fn published(&self) -> watch::Receiver<Published> {
        self.published.subscribe()
    }

    /// The catalogue at the revision that a read asks for.
    pub(crate) async fn at(&self, consistency: Consistency) -> Result<Arc<Loaded>, Fault> {
        match consistency {
            Consistency::Latest => Ok(self.current()),
            Consistency::AtLeast(revision) => self.reach(revision).await,
            Consistency::Exactly(revision) => {
                let current = self.reach(revision).await?;
                if current.catalogue.revision() == revision { Ok(current) } else { self.earlier(revision).await }
            }
        }
    }

    async fn reach(&self, revision: u64) -> Result<Arc<Loaded>, Fault> {
        let current = self.current();
        if current.catalogue.revision() >= revision {
            return Ok(current);
        }
        let left = greenlane_platform::deadline::remaining().map_or(self.wait, |left| self.wait.min(left / 2));
        let mut published = self.published();
        let reached = tokio::time::timeout(left, published.wait_for(|now| now.revision >= revision)).await;
        let current = self.current();
        match reached {
            Ok(Ok(_)) => Ok(current),
            _ => Err(Fault::revision_not_reached(revision, current.catalogue.revision())),
        }
    }

    async fn earlier(&self, revision: u64) -> Result<Arc<Loaded>, Fault> {
        let load = async {
            // One at a time, however many revisions are asked for at once: each is a whole catalogue.
            let _turn = self.loading.lock().await;
            self.load(revision).await
        };
        Ok(self.earlier.get_or_insert_async(&revision, load).await?)
    }

    async fn load(&self, revision: u64) -> Result<Arc<Loaded>, StoreError> {
        self.store
            .read("load_catalogue", move |tx| Box::pin(async move { Ok(entries::load(tx, revision).await?) }))
            .await
            .map(Arc::new)
    }

    /// Asks the database for the newest revision and loads it if it is new here.
    pub(crate) async fn refresh(&self) -> Result<u64, StoreError> {
        let revision: u64 = self
            .store
            .read("catalogue_revision", |tx| Box::pin(async move { Ok(entries::current_revision(tx).await?) }))
            .await?;
        if revision > self.current.load().catalogue.revision() {
            let _turn = self.loading.lock().await;
            if revision > self.current.load().catalogue.revision() {
                let loaded = self.load(revision).await?;
                self.adopt(&loaded);
                drop(tokio::task::spawn_blocking(move || loaded.catalogue.prepare_for_alerts()));
            }
        }
        self.checked_at_micros.store(self.clock.now().timestamp_micros(), Ordering::Relaxed);
        Ok(revision)
    }

    /// Makes a revision the current one, unless a later one already is.
    fn adopt(&self, loaded: &Arc<Loaded>) {
        self.current.rcu(|current| {
            if loaded.catalogue.revision() > current.catalogue.revision() { loaded.clone() } else { current.clone() }
        });
        let current = self.current.load();
        let newest = Published { revision: current.catalogue.revision(), at: current.published_at };
        self.published.send_if_modified(|known| {
            let newer = newest.revision > known.revision;
            if newer {
                *known = newest;
            }
            newer
        });
    }

    /// Keeps up with the database until told to stop.
    pub(crate) async fn follow(&self, interval: Duration, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.refresh().await {
                Ok(_) if failing => {
                    failing = false;
                    tracing::info!("the catalogue is followed again");
                }
                Ok(_) => {}
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "the catalogue's revision cannot be read; serving what is in memory");
                }
                Err(_) => {}
            }
        }
    }
}
