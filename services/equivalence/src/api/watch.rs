//! The stream of revisions.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::Stream;
use greenlane_api::equivalence::v1::WatchRevisionsResponse;
use tonic::Status;

use crate::app::catalogue::Catalogues;

/// The current revision, then each later one that is seen, and bookmarks between. It is pulled: a slow reader gets
/// the newest revision when it comes back, and nothing is buffered for it.
pub(super) fn revisions(
    catalogues: Arc<Catalogues>,
    bookmark_interval: Duration,
) -> impl Stream<Item = Result<WatchRevisionsResponse, Status>> + Send {
    let changes = catalogues.changes();
    futures_util::stream::unfold((changes, true), move |(mut changes, first)| {
        let catalogues = catalogues.clone();
        async move {
            let mut bookmark = false;
            if first {
                changes.mark_unchanged();
            } else {
                match tokio::time::timeout(bookmark_interval, changes.changed()).await {
                    Ok(Ok(())) => {}
                    // The catalogue is gone: the service is.
                    Ok(Err(_)) => return None,
                    Err(_) => bookmark = true,
                }
            }
            let current = catalogues.current();
            let message = WatchRevisionsResponse {
                revision: current.catalogue.revision(),
                published_at: current.published_at.map(timestamp),
                bookmark,
            };
            Some((Ok(message), (changes, false)))
        }
    })
}

/// An instant in the contract's form.
pub(super) fn timestamp(at: DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.timestamp(), nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or(0) }
}
