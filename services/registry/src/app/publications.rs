//! Putting the revisions of the catalogues on record: each that is published is an entry of the log.
//!
//! Nobody waits for it. What was not heard for a while is recorded later, in the order of the revisions. At every start,
//! and whenever a catalogue stands where it stood before, its whole history is held against what is on record: one that
//! was restored from an older backup, and may have gone on from there, is named, loudly, and what it published since is
//! recorded beside what it had published before.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use greenlane_platform::audit::Origin;
use greenlane_platform::follow::RevisionFollower;
use greenlane_store::idempotency::{Key, payload_hash};
use greenlane_store::{Store, StoreError};
use tonic::Status;

use super::mutation::{Mutation, WriteError};
use super::sequencer::WriteQueue;
use crate::catalogues::{CatalogueHistory, FIRST, Told};
use crate::domain::command::{Command, Refusal};
use crate::domain::publication::{Catalogue, Publication, PublishedChanges, Recorded};
use crate::store::publication;

/// The first pause after a failure, which doubles, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// Records the revisions of one catalogue.
pub(crate) struct Publications {
    pub(crate) store: Store,
    pub(crate) queue: WriteQueue,
    pub(crate) history: CatalogueHistory,
    pub(crate) follower: RevisionFollower,
}

/// Why it is tried again.
#[derive(Debug, thiserror::Error)]
enum RecordError {
    #[error("{}", .0.message())]
    Told(Box<Status>),
    #[error("the service lists its history up to revision {listed}, and published {newest}")]
    Behind { newest: u64, listed: u64 },
    #[error("nothing is heard of its revisions any more")]
    Unheard,
    #[error(transparent)]
    Read(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<Status> for RecordError {
    fn from(status: Status) -> Self {
        Self::Told(Box::new(status))
    }
}

impl Publications {
    /// Records until told to stop.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.record_forever() => {}
        }
    }

    async fn record_forever(&self) {
        let mut failures = 0_u32;
        loop {
            let mut recorded_all = false;
            let Err(error) = self.record(&mut recorded_all).await;
            failures = if recorded_all { 1 } else { failures.saturating_add(1) };
            let catalogue = self.history.catalogue().as_str();
            if failures == 1 {
                tracing::warn!(catalogue, %error, "published revisions are not put on record; trying on");
            } else {
                tracing::debug!(catalogue, %error, failures, "published revisions are tried again");
            }
            tokio::time::sleep(PAUSES.0.saturating_mul(1 << failures.min(16)).min(PAUSES.1)).await;
        }
    }

    /// Records what is published and was not recorded, and then each revision that follows.
    async fn record(&self, recorded_all: &mut bool) -> Result<Infallible, RecordError> {
        let catalogue = self.history.catalogue();
        let mut revisions = self.follower.changes();
        let read = self
            .store
            .read("publications", move |tx| Box::pin(async move { Ok(publication::of(tx, catalogue).await?) }));
        let mut recorded: BTreeMap<u64, Option<String>> = read.await?.into_iter().map(known).collect();
        let mut looked_at = 0;
        loop {
            let newest = *revisions.borrow_and_update();
            if let Some(newest) = newest {
                // What lies at or before where it stood is looked at again only if it went back.
                let from = if newest <= looked_at { 1 } else { looked_at + 1 };
                self.record_from(from, newest, &mut recorded).await?;
                looked_at = newest;
                *recorded_all = true;
            }
            revisions.changed().await.map_err(|_| RecordError::Unheard)?;
        }
    }

    async fn record_from(
        &self,
        from: u64,
        newest: u64,
        recorded: &mut BTreeMap<u64, Option<String>>,
    ) -> Result<(), RecordError> {
        let catalogue = self.history.catalogue();
        if let Some((&highest, _)) = recorded.last_key_value().filter(|(highest, _)| **highest > newest) {
            tracing::error!(
                %catalogue,
                revision = newest,
                recorded = highest,
                "a catalogue is behind what is on record of it: it was restored from an older backup"
            );
        }
        let mut told = self.told(from, newest).await?;
        for revision in from..=newest {
            let it = told.remove(&revision).unwrap_or(Told { revision, change_set: None, published_at: None });
            let before = recorded.get(&revision);
            if before == Some(&it.change_set) {
                continue;
            }
            if let Some(before) = before {
                let (before, now) = (before.as_deref().unwrap_or(""), it.change_set.as_deref().unwrap_or(""));
                tracing::error!(
                    %catalogue, revision, before, now,
                    "a catalogue published this revision twice: it was restored from an older backup and went on from there"
                );
            }
            let change_set = it.change_set.clone();
            self.submit(it).await?;
            recorded.insert(revision, change_set);
        }
        Ok(())
    }

    /// What is told of these revisions. One that is not among them was published by no change set.
    async fn told(&self, from: u64, newest: u64) -> Result<BTreeMap<u64, Told>, RecordError> {
        let mut told = BTreeMap::new();
        let mut token = String::new();
        loop {
            let page = self.history.page(token).await?;
            if page.revision < newest {
                return Err(RecordError::Behind { newest, listed: page.revision });
            }
            told.extend(page.told.into_iter().map(|it| (it.revision, it)));
            token = page.next;
            if token.is_empty() || (from..=newest).all(|revision| told.contains_key(&revision)) {
                return Ok(told);
            }
        }
    }

    async fn submit(&self, told: Told) -> Result<(), RecordError> {
        let catalogue = self.history.catalogue();
        let Told { revision, change_set: by, published_at } = told;
        let (mut change_set, mut entries_sha256) = (None, None);
        match by {
            Some(name) => {
                let sha256 = self.history.changes(&name).await?.sha256();
                change_set = Some(PublishedChanges { name, sha256 });
            }
            None if revision == FIRST => entries_sha256 = Some(self.history.served(revision).await?.sha256),
            // It was taught something: that changes no code and no list, and is too frequent to read all of them each time.
            None => {}
        }
        let publication = Publication { catalogue, revision, change_set, entries_sha256, published_at };
        let by = publication.change_set.as_ref().map_or("", |by| by.name.as_str());
        let method = method(catalogue);
        // Every replica that hears of it calls it the same.
        let request_id = format!("{revision}:{}", by.replace('/', "-"));
        let mutation = Mutation {
            key: Key::new(catalogue.as_str(), method, request_id),
            payload: payload_hash(format!("{} {by}", publication.name()).as_bytes()),
            origin: Origin::new(method, catalogue.as_str()),
            command: Command::Publish(publication),
            is_proved: false,
        };
        match self.queue.submit(Arc::new(mutation)).await {
            // Another replica may have been faster.
            Ok(_) | Err(WriteError::Refused(Refusal::PublicationKnown(_))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn known((revision, recorded): (u64, Recorded)) -> (u64, Option<String>) {
    (revision, recorded.publication.change_set.map(|by| by.name))
}

/// Where a catalogue's revisions are heard, for the audit trail.
const fn method(catalogue: Catalogue) -> &'static str {
    match catalogue {
        Catalogue::Equivalence => "/greenlane.equivalence.v1.CatalogueService/WatchRevisions",
        Catalogue::Classification => "/greenlane.classification.v1.CodeSystemService/WatchRevisions",
    }
}
