//! Following disputes.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{Stream, stream};
use greenlane_store::StoreError;
use tokio::sync::watch::Receiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Disputes;
use crate::domain::dispute::{Dispute, Subject};
use crate::store::disputes;

/// Disputes that are read at a time.
const BATCH: u64 = 100;

/// Which disputes somebody follows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Followed {
    /// Only those that this body or economy has to answer; empty for all.
    pub(crate) respondent: String,
    /// Only those about certificates.
    pub(crate) certificates_only: bool,
}

impl Followed {
    fn holds(&self, dispute: &Dispute) -> bool {
        let about = !self.certificates_only || matches!(dispute.subject, Subject::Certificate { .. });
        about && (self.respondent.is_empty() || dispute.parties.respondents.contains(&self.respondent))
    }
}

/// One message of a stream: a dispute, or none as a bookmark.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) dispute: Option<Dispute>,
    pub(crate) position: u64,
}

/// Where a stream is.
struct Watching {
    disputes: Disputes,
    followed: Followed,
    position: u64,
    newest: Receiver<u64>,
    ahead: VecDeque<(u64, Dispute)>,
    bookmark_every: Duration,
    ended: bool,
}

impl Disputes {
    /// Streams disputes whose newest step was taken after a position.
    pub(crate) fn watch(
        &self,
        followed: Followed,
        after: u64,
        bookmark_every: Duration,
    ) -> impl Stream<Item = Result<Message, StoreError>> + Send + use<> {
        let (disputes, newest) = (self.clone(), self.newest.subscribe());
        let ahead = VecDeque::new();
        let watching = Watching { disputes, followed, position: after, newest, ahead, bookmark_every, ended: false };
        stream::unfold(watching, async |mut watching| {
            if watching.ended {
                return None;
            }
            let message = watching.next().await;
            watching.ended = message.is_err();
            Some((message, watching))
        })
    }

    /// Fails with the newest position when that is before one that somebody has heard of.
    pub(crate) async fn reach(&self, position: u64) -> Result<Result<(), u64>, StoreError> {
        let newest: u64 =
            self.store.read("read_newest_dispute", |tx| Box::pin(async { Ok(disputes::newest(tx).await?) })).await?;
        Ok(if position <= newest { Ok(()) } else { Err(newest) })
    }

    /// Learns of steps, whichever replica took them, until told to stop.
    pub(crate) async fn follow(&self, interval: Duration, stop: CancellationToken) {
        let mut failing = false;
        while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            let read = self.store.read("read_newest_dispute", |tx| Box::pin(async { Ok(disputes::newest(tx).await?) }));
            let newest: Result<u64, StoreError> = read.await;
            match newest {
                Ok(newest) => {
                    failing = false;
                    self.newest.send_if_modified(|known| std::mem::replace(known, newest) != newest);
                }
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(%error, "steps in disputes cannot be followed; it is tried again");
                }
                Err(_) => {}
            }
        }
    }
}

impl Watching {
    async fn next(&mut self) -> Result<Message, StoreError> {
        let bookmark_at = Instant::now() + self.bookmark_every;
        loop {
            while let Some((position, dispute)) = self.ahead.pop_front() {
                self.position = position;
                if self.followed.holds(&dispute) {
                    return Ok(Message { dispute: Some(dispute), position });
                }
            }
            // Marked as seen before it is read, so that whatever comes meanwhile wakes again.
            self.newest.borrow_and_update();
            let from = self.position;
            let read = self
                .disputes
                .store
                .read("watch_disputes", move |tx| Box::pin(async move { Ok(disputes::after(tx, from, BATCH).await?) }));
            let found: Vec<(u64, Dispute)> = read.await?;
            self.ahead = found.into();
            if self.ahead.is_empty() {
                let changed = tokio::time::timeout_at(bookmark_at, self.newest.changed()).await;
                if !matches!(changed, Ok(Ok(()))) {
                    return Ok(Message { dispute: None, position: self.position });
                }
            }
        }
    }
}
