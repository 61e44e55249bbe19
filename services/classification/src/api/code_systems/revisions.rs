//! What has been published, and what is being published.

use std::time::Duration;

use futures_util::stream;
use greenlane_api::classification::v1::{ListRevisionsRequest, ListRevisionsResponse, WatchRevisionsResponse};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use tokio::sync::watch;
use tonic::Status;
use tonic::codegen::BoxStream;

use super::CodeSystems;
use crate::api::{error, render};
use crate::app::Published;
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

/// The revisions from now on: the current one, each newer one, and a bookmark when nothing came for a while.
///
/// Nothing is buffered: a slow reader gets the newest revision when it asks for the next.
pub(super) fn watch(
    published: watch::Receiver<Published>,
    bookmark_every: Duration,
) -> BoxStream<WatchRevisionsResponse> {
    let next = move |(mut published, first): (watch::Receiver<Published>, bool)| async move {
        let bookmark = if first {
            published.mark_unchanged();
            false
        } else {
            match tokio::time::timeout(bookmark_every, published.changed()).await {
                Ok(Ok(())) => false,
                Ok(Err(_)) => return None,
                Err(_) => true,
            }
        };
        let now = *published.borrow_and_update();
        let message =
            WatchRevisionsResponse { revision: now.revision, published_at: now.at.map(render::timestamp), bookmark };
        Some((Ok::<_, Status>(message), (published, false)))
    };
    Box::pin(stream::unfold((published, true), next))
}
