//! Which revision of each catalogue was the latest at a moment, as far as the services beside the registry tell.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use greenlane_api::classification::v1 as cl;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::equivalence::v1 as eq;
use greenlane_api::equivalence::v1::catalogue_service_client::CatalogueServiceClient;
use greenlane_api::equivalence::v1::change_service_client::ChangeServiceClient;
use greenlane_platform::client::Client;
use tonic::Status;

use super::recognise::{Pin, Pinned};

/// Publications in one page of what is listed.
const PAGE: i32 = 1_000;

/// The two services, as those who keep the history of their catalogues.
pub(crate) struct Catalogues {
    pub(crate) equivalence: Option<Client>,
    pub(crate) classification: Option<Client>,
    pub(crate) timeout: Duration,
}

impl Catalogues {
    /// The revisions that were the latest at a moment.
    pub(crate) async fn at(&self, moment: DateTime<Utc>) -> Pinned {
        let equivalence = self.pin(equivalence_at(self.equivalence.as_ref(), moment));
        let classification = self.pin(classification_at(self.classification.as_ref(), moment));
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

async fn equivalence_at(client: Option<&Client>, moment: DateTime<Utc>) -> Result<Option<u64>, Status> {
    let Some(client) = client else { return Ok(None) };
    let watch = eq::WatchRevisionsRequest::default();
    let mut newest = CatalogueServiceClient::new(client.clone()).watch_revisions(watch).await?.into_inner();
    let Some(newest) = newest.message().await? else { return Ok(None) };
    let mut history = History::up_to(newest.revision, newest.published_at);
    let mut changes = ChangeServiceClient::new(client.clone());
    let mut page_token = String::new();
    loop {
        if let Some(revision) = history.latest_at(moment) {
            return Ok(Some(revision));
        }
        let state = eq::ChangeSetState::Published.into();
        let request = eq::ListChangeSetsRequest { page_size: PAGE, page_token, state, ..Default::default() };
        let page = changes.list_change_sets(request).await?.into_inner();
        for published in page.change_sets {
            history.add(published.published_revision, published.published_at);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(history.latest_at(moment));
        }
    }
}

async fn classification_at(client: Option<&Client>, moment: DateTime<Utc>) -> Result<Option<u64>, Status> {
    let Some(client) = client else { return Ok(None) };
    let mut systems = CodeSystemServiceClient::new(client.clone());
    let mut newest = systems.watch_revisions(cl::WatchRevisionsRequest::default()).await?.into_inner();
    let Some(newest) = newest.message().await? else { return Ok(None) };
    let mut history = History::up_to(newest.revision, newest.published_at);
    let mut page_token = String::new();
    loop {
        if let Some(revision) = history.latest_at(moment) {
            return Ok(Some(revision));
        }
        let request = cl::ListRevisionsRequest { page_size: PAGE, page_token };
        let page = systems.list_revisions(request).await?.into_inner();
        for published in page.revisions {
            history.add(published.revision, published.published_at);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
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
    fn up_to(newest: u64, published_at: Option<prost_types::Timestamp>) -> Self {
        let mut history = Self { newest, published: BTreeMap::new() };
        history.add(newest, published_at);
        history
    }

    fn add(&mut self, revision: u64, published_at: Option<prost_types::Timestamp>) {
        let at = published_at.and_then(|at| DateTime::from_timestamp(at.seconds, at.nanos.try_into().ok()?));
        self.published.extend(at.map(|at| (revision, at)));
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

    fn told(seconds: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos: 0 })
    }

    #[test]
    fn a_revision_of_which_it_is_not_told_when_it_was_published_is_not_passed_over() {
        let mut history = History::up_to(4, told(400));
        assert_eq!(history.latest_at(at(400)), Some(4));
        assert_eq!(history.latest_at(at(399)), None);
        history.add(2, told(200));
        assert_eq!(history.latest_at(at(399)), None, "the third may have been it");
        history.add(3, told(300));
        assert_eq!([300, 299, 200].map(|seconds| history.latest_at(at(seconds))), [Some(3), Some(2), Some(2)]);
        assert_eq!(history.latest_at(at(199)), None, "of the first nothing is told");
        assert_eq!(History::up_to(0, None).latest_at(at(100)), None);
    }
}
