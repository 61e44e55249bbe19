//! Which revision of each catalogue was the latest at a moment, as far as the services beside the registry tell.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tonic::Status;

use super::recognise::{Pin, Pinned};
use crate::catalogues::{CatalogueHistory, Told};

/// The two services, as those who keep the history of their catalogues.
pub(crate) struct Catalogues {
    pub(crate) equivalence: Option<CatalogueHistory>,
    pub(crate) classification: Option<CatalogueHistory>,
    pub(crate) timeout: Duration,
}

impl Catalogues {
    /// The revisions that were the latest at a moment.
    pub(crate) async fn at(&self, moment: DateTime<Utc>) -> Pinned {
        let equivalence = self.pin(latest_at(self.equivalence.as_ref(), moment));
        let classification = self.pin(latest_at(self.classification.as_ref(), moment));
        let (equivalence, classification) = tokio::join!(equivalence, classification);
        Pinned { equivalence, classification }
    }

    async fn pin(&self, asked: impl Future<Output = Result<Option<u64>, Status>>) -> Pin {
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(Ok(Some(revision))) => Pin::At(revision),
            Ok(Ok(None)) | Err(_) => Pin::Untold,
            Ok(Err(status)) => {
                tracing::debug!(code = ?status.code(), cause = status.message(), "a catalogue did not tell its history");
                Pin::Untold
            }
        }
    }
}

async fn latest_at(history: Option<&CatalogueHistory>, moment: DateTime<Utc>) -> Result<Option<u64>, Status> {
    let Some(asked) = history else { return Ok(None) };
    let mut history = History::up_to(asked.newest().await?);
    let mut token = String::new();
    loop {
        if let Some(revision) = history.latest_at(moment) {
            return Ok(Some(revision));
        }
        let page = asked.page(token).await?;
        page.told.into_iter().for_each(|told| history.add(told));
        token = page.next;
        if token.is_empty() {
            return Ok(history.latest_at(moment));
        }
    }
}

/// When the revisions of a catalogue were published, as far as it is told.
struct History {
    newest: u64,
    published: BTreeMap<u64, DateTime<Utc>>,
}

impl History {
    fn up_to(newest: Told) -> Self {
        let mut history = Self { newest: newest.revision, published: BTreeMap::new() };
        history.add(newest);
        history
    }

    fn add(&mut self, told: Told) {
        self.published.extend(told.published_at.map(|at| (told.revision, at)));
    }

    /// None when there was none, and when it is not known of one that may have been it.
    fn latest_at(&self, moment: DateTime<Utc>) -> Option<u64> {
        for revision in (1..=self.newest).rev() {
            if *self.published.get(&revision)? <= moment {
                return Some(revision);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn told(revision: u64, seconds: i64) -> Told {
        Told { revision, change_set: None, published_at: Some(at(seconds)) }
    }

    #[test]
    fn a_revision_of_which_it_is_not_told_when_it_was_published_is_not_passed_over() {
        let mut history = History::up_to(told(4, 400));
        assert_eq!(history.latest_at(at(400)), Some(4));
        assert_eq!(history.latest_at(at(399)), None);
        history.add(told(2, 200));
        assert_eq!(history.latest_at(at(399)), None, "the third may have been it");
        history.add(told(3, 300));
        assert_eq!([300, 299, 200].map(|seconds| history.latest_at(at(seconds))), [Some(3), Some(2), Some(2)]);
        assert_eq!(history.latest_at(at(199)), None, "of the first nothing is told");
        assert_eq!(History::up_to(Told { revision: 0, change_set: None, published_at: None }).latest_at(at(100)), None);
    }
}
