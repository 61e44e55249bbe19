//! The revision that this process answers at, and the caches that go with it.
//!
//! Everything that a cache holds is right for the published revision: before a larger one is published, whatever the
//! entries in between are about is forgotten.

use std::sync::Arc;
use std::time::{Duration, Instant};

use greenlane_store::{Store, StoreError};
use tokio::sync::{Mutex, watch};

use super::files::Files;
use super::heard::Heard;
use super::log::{LogBroken, LogWriter, mark};
use super::standby;
use crate::store::log::{self, TreeHead};

/// The newest head that reads answer at.
#[derive(Debug)]
pub(crate) struct Published {
    head: watch::Sender<Arc<TreeHead>>,
    files: Files,
    advancing: Mutex<()>,
    heard: Heard,
    /// The log that the heads are of.
    log: Option<Arc<LogWriter>>,
}

impl Published {
    pub(crate) fn new(head: TreeHead, files: Files) -> Self {
        let (head, heard) = (watch::Sender::new(Arc::new(head)), Heard::within(Duration::MAX));
        Self { head, files, advancing: Mutex::default(), heard, log: None }
    }

    /// Tells the log of a database that contradicts it. A process that only reads it publishes no head that the log has
    /// not signed, and reads from no database that lies behind what is published.
    #[must_use]
    pub(crate) fn of_log(mut self, log: Arc<LogWriter>) -> Self {
        if !log.can_sign() {
            self.files.read_from(self.revision());
        }
        self.log = Some(log);
        self
    }

    /// What is published is in doubt once the head was not read for longer than this.
    #[must_use]
    pub(crate) fn heard_within(mut self, bound: Duration) -> Self {
        self.heard = Heard::within(bound);
        self
    }

    /// Whether the head was not read for so long that a later step may be missing here.
    pub(crate) fn is_unheard(&self) -> bool {
        self.heard.is_past()
    }

    /// In a process that only reads: what looks at each head before it is published.
    fn vetting(&self) -> Option<&Arc<LogWriter>> {
        self.log.as_ref().filter(|log| !log.can_sign())
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    pub(crate) fn head(&self) -> Arc<TreeHead> {
        Arc::clone(&self.head.borrow())
    }

    pub(crate) fn revision(&self) -> u64 {
        self.head.borrow().size
    }

    /// Tells of each head that is published.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<TreeHead>> {
        self.head.subscribe()
    }

    /// Waits until a revision is published. On failure gives the one that is.
    pub(crate) async fn reach(&self, revision: u64, wait: Duration) -> Result<(), u64> {
        if self.revision() >= revision {
            return Ok(());
        }
        let mut heads = self.head.subscribe();
        let reached = tokio::time::timeout(wait, heads.wait_for(|head| head.size >= revision)).await;
        if reached.is_ok_and(|head| head.is_ok()) { Ok(()) } else { Err(self.revision()) }
    }

    /// Publishes a head that this process wrote on top of `old_size` entries. `subjects` are what its own entries are
    /// about.
    pub(crate) async fn advance(&self, store: &Store, old_size: u64, head: TreeHead, subjects: Vec<String>) {
        let written = Instant::now();
        let _one_at_a_time = self.advancing.lock().await;
        let published = self.revision();
        if head.size <= published {
            self.heard.note(written);
            return;
        }
        if old_size > published {
            // Other replicas wrote what lies between.
            match self.read_subjects(store, published, old_size).await {
                Ok(between) => self.files.forget(&between),
                Err(error) => {
                    tracing::warn!(%error, "the entries of other replicas could not be read; the poll will");
                    return;
                }
            }
        }
        self.files.forget(&subjects);
        self.head.send_replace(Arc::new(head));
        self.heard.note(written);
    }

    /// Publishes what other replicas wrote. A database that has gone back behind what is published stops the log; one that
    /// may only lag is not believed, and counts as one that was not read.
    pub(crate) async fn catch_up(&self, store: &Store) -> Result<(), StoreError> {
        // Both before it is read: meanwhile more may be published here.
        let (asked, published) = (Instant::now(), self.head());
        let head = store.read("read_head", |tx| Box::pin(async move { Ok(log::head(tx).await?) })).await?;
        if contradiction(&head, &published).is_some() {
            return self.contradicted(store, &head, &published).await;
        }
        if head.size <= self.revision() {
            self.heard.note(asked);
            return Ok(());
        }
        if let Some(log) = self.vetting()
            && let Err(broken) = log.vet(&head)
        {
            log.stop_signing(&broken);
            return Ok(());
        }
        let _one_at_a_time = self.advancing.lock().await;
        let published = self.revision();
        if head.size > published {
            // First, so that nothing is read and remembered from another database that does not have it yet.
            if self.vetting().is_some() {
                self.files.read_from(head.size);
            }
            self.files.forget(&self.read_subjects(store, published, head.size).await?);
            self.head.send_replace(Arc::new(head));
        }
        self.heard.note(asked);
        Ok(())
    }

    /// What becomes of a head that does not go together with the one that was published before it was read.
    async fn contradicted(&self, store: &Store, head: &TreeHead, published: &TreeHead) -> Result<(), StoreError> {
        let Some(log) = self.log.as_ref().filter(|log| !log.is_broken()) else { return Ok(()) };
        if !log.can_sign() {
            // Somebody else's database may lag, but no lag makes another tree of the same size.
            if head.size < published.size {
                return Err(standby::behind());
            }
            log.stop_signing(&log.vet(head).err().unwrap_or_else(|| mark::forked(head.size)));
            return Ok(());
        }
        // Behind one address a standby may have answered: what counts is where there can be written.
        let held = store.write("confirm_head", |tx| Box::pin(async move { Ok(log::lock_head(tx).await?) }));
        let held: Result<TreeHead, StoreError> = held.await;
        if let Some(broken) = contradiction(&held?, published) {
            log.stop_signing(&broken);
        }
        Ok(())
    }

    async fn read_subjects(&self, store: &Store, from: u64, to: u64) -> Result<Vec<String>, StoreError> {
        let subjects = self
            .files
            .read(store, "read_subjects", move |tx| Box::pin(async move { Ok(log::subjects(tx, from, to).await?) }));
        subjects.await
    }

    /// Catches up again and again, until `stop`.
    pub(crate) async fn poll(&self, store: &Store, every: Duration, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut failing = false;
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(every) => {}
            }
            match self.catch_up(store).await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "the log's head cannot be read; trying on");
                }
                Err(_) => {}
            }
        }
    }
}

/// Why a database with this head does not hold what was published, if so.
fn contradiction(head: &TreeHead, published: &TreeHead) -> Option<LogBroken> {
    if head.size < published.size {
        return Some(mark::rolled_back(head.size, published.size));
    }
    (head.size == published.size && head.root != published.root).then(|| mark::forked(head.size))
}
