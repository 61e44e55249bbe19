//! The revision that this process answers at, and the caches that go with it.
//!
//! Everything that a cache holds is right for the published revision: before a larger one is published, whatever the
//! entries in between are about is forgotten.

use std::sync::Arc;
use std::time::Duration;

use greenlane_store::{Store, StoreError};
use tokio::sync::{Mutex, watch};

use super::files::Files;
use super::log::LogWriter;
use crate::store::log::{self, TreeHead};

/// The newest head that reads answer at.
#[derive(Debug)]
pub(crate) struct Published {
    head: watch::Sender<Arc<TreeHead>>,
    files: Files,
    advancing: Mutex<()>,
    /// In a process that only reads: what looks at each head before it is published.
    vetting: Option<Arc<LogWriter>>,
}

impl Published {
    pub(crate) fn new(head: TreeHead, files: Files) -> Self {
        Self { head: watch::Sender::new(Arc::new(head)), files, advancing: Mutex::default(), vetting: None }
    }

    /// Publishes no head that the log has not signed, and reads from no database that lies behind what is published.
    #[must_use]
    pub(crate) fn vetted_by(mut self, log: Arc<LogWriter>) -> Self {
        self.vetting = Some(log);
        self.files.read_from(self.revision());
        self
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
        let _one_at_a_time = self.advancing.lock().await;
        let published = self.revision();
        if head.size <= published {
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
    }

    /// Publishes what other replicas wrote.
    pub(crate) async fn catch_up(&self, store: &Store) -> Result<(), StoreError> {
        let head = store.read("read_head", |tx| Box::pin(async move { Ok(log::head(tx).await?) })).await?;
        if head.size <= self.revision() {
            return Ok(());
        }
        if let Some(Err(broken)) = self.vetting.as_ref().map(|log| log.vet(&head)) {
            self.vetting.iter().for_each(|log| log.stop_signing(&broken));
            return Ok(());
        }
        let _one_at_a_time = self.advancing.lock().await;
        let published = self.revision();
        if head.size > published {
            // First, so that nothing is read and remembered from another database that does not have it yet.
            if self.vetting.is_some() {
                self.files.read_from(head.size);
            }
            self.files.forget(&self.read_subjects(store, published, head.size).await?);
            self.head.send_replace(Arc::new(head));
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
