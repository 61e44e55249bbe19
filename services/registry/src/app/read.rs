//! Reading: at a revision, waiting for it when asked to.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use greenlane_store::{Body, Store, StoreError, Tx};
use sea_orm::DbErr;

use super::published::Published;
use crate::domain::certificate::{Snapshot, current_version};
use crate::domain::contestation::Contestation;
use crate::domain::names::CertificateNumber;
use crate::domain::world::Known;
use crate::store::contestation;

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    Latest,
    AtLeast(u64),
    Exactly(u64),
}

/// Why a read has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("revision {required} is not reached; {revision} is")]
    RevisionNotReached { required: u64, revision: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What reading works with.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) store: Store,
    pub(crate) published: Arc<Published>,
    pub(crate) wait: Duration,
}

impl Reader {
    /// Reads in one snapshot, of a database that does not lie behind what is published.
    pub(crate) async fn read<T, F>(&self, name: &'static str, body: F) -> Result<T, StoreError>
    where
        F: for<'tx> Fn(&'tx Tx) -> Body<'tx, T, Infallible> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.published.files().read(&self.store, name, body).await
    }

    /// The revision to answer at.
    pub(crate) async fn settle(&self, freshness: Freshness) -> Result<u64, ReadError> {
        let required = match freshness {
            Freshness::Latest => return Ok(self.published.revision()),
            Freshness::AtLeast(required) | Freshness::Exactly(required) => required,
        };
        let reached = self.published.reach(required, self.wait).await;
        reached.map_err(|revision| ReadError::RevisionNotReached { required, revision })?;
        Ok(match freshness {
            Freshness::Exactly(exactly) => exactly,
            Freshness::Latest | Freshness::AtLeast(_) => self.published.revision(),
        })
    }
}

/// What was heard of disputes about some certificates.
pub(crate) struct Disputed(HashMap<CertificateNumber, Vec<Contestation>>);

impl Disputed {
    /// About these.
    pub(crate) async fn of(tx: &Tx, certificates: &[Known]) -> Result<Self, DbErr> {
        let numbers: BTreeSet<&str> = certificates.iter().map(|known| known.head.number.as_str()).collect();
        contestation::of_all(tx, &numbers).await.map(Self)
    }

    /// A certificate as [`at_revision`] has it, with what had been heard of disputes about it.
    pub(crate) fn at_revision(&self, known: &Known, revision: u64, version: u32, day: NaiveDate) -> Option<Snapshot> {
        let mut snapshot = at_revision(known, revision, version, day)?;
        let all = self.0.get(&known.head.number).map(Vec::as_slice).unwrap_or_default();
        snapshot.contestations = all.iter().filter(|heard| heard.log_index < revision).cloned().collect();
        Some(snapshot)
    }
}

/// A certificate as it was at a revision, in the version that is current on a day (`version` 0) or in another one that
/// was known; none when it was not granted yet.
/// What was heard of disputes about it is left out: see [`Disputed`].
pub(crate) fn at_revision(known: &Known, revision: u64, version: u32, day: NaiveDate) -> Option<Snapshot> {
    let mut snapshot = known.snapshot();
    snapshot.events.retain(|event| event.log_index < revision);
    snapshot.events.first()?;
    let wanted = if version == 0 { current_version(&snapshot.events, day) } else { version };
    snapshot.version = known.versions.iter().find(|row| row.version == wanted && row.log_index < revision)?.clone();
    Some(snapshot)
}
