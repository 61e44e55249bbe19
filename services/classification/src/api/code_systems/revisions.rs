//! What has been published, and what is being published.

use std::time::Duration;

use futures_util::StreamExt as _;
use greenlane_api::classification::v1::{ListRevisionsRequest, ListRevisionsResponse, WatchRevisionsResponse};
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::{self, Published, timestamp};
use greenlane_platform::violations::{PageBinding, Violations};
use tokio::sync::watch;
use tonic::codegen::BoxStream;

use super::CodeSystems;
use crate::api::{error, render};
use crate::store;

impl CodeSystems {
    pub(super) async fn revisions(&self, request: ListRevisionsRequest) -> Result<ListRevisionsResponse, Fault> {
        let mut v = Violations::new();
        let size = v.page_size(request.page_size);
        let binding = PageBinding::new("/greenlane.classification.v1.CodeSystemService/ListRevisions");
        let before = v.page_token::<u64>(&request.page_token, &binding);
        let (size, before) = v.finish_with(|| Some((size?, before?)))?;

        let current = self.catalogues.current().revision;
        // Not beyond what this replica serves, or the answer would name a revision that contradicts it.
        let before = before.unwrap_or(u64::MAX).min(current.saturating_add(1));
        let wanted = u64::try_from(size).unwrap_or(u64::MAX);
        let mut rows = store::list(self.catalogues.store(), before, wanted + 1).await.map_err(error::store)?;
        let more = rows.len() > size;
        rows.truncate(size);
        let last = rows.last().filter(|_| more).map(|row| row.revision);
        Ok(ListRevisionsResponse {
            next_page_token: last.map(|last| binding.token(&last)).transpose()?.unwrap_or_default(),
            revisions: rows.into_iter().map(render::revision).collect(),
            revision: current,
        })
    }
}

/// The revisions from now on.
pub(super) fn watch(
    published: watch::Receiver<Published>,
    bookmark_every: Duration,
) -> BoxStream<WatchRevisionsResponse> {
    let messages = revisions::watch(published, bookmark_every).map(|(Published { revision, at }, bookmark)| {
        Ok(WatchRevisionsResponse { revision, published_at: at.map(timestamp), bookmark })
    });
    Box::pin(messages)
}
