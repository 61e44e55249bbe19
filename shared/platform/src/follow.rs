//! Following another service's revisions: a stream kept open, so that a cache knows how fresh it is.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tonic::Status;

use crate::client::jitter;

/// How a follower behaves.
#[derive(Clone, Copy, Debug)]
pub struct FollowConfig {
    /// The first pause after a failure; it doubles, with jitter.
    pub min_backoff: Duration,
    /// The longest pause.
    pub max_backoff: Duration,
    /// A stream on which nothing came for this long (not even a bookmark) is opened anew.
    pub idle_timeout: Duration,
}

impl Default for FollowConfig {
    fn default() -> Self {
        Self {
            min_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(30),
        }
    }
}

/// Follows the revisions of a service. Cheap to clone; the stream is closed when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct RevisionFollower {
    revisions: watch::Receiver<Option<u64>>,
    heard: watch::Receiver<Option<Instant>>,
    _task: Arc<AbortOnDrop>,
}

#[derive(Debug)]
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl RevisionFollower {
    /// Starts to follow, inside a Tokio runtime. `open` is called with the last revision seen (0 at first) and returns
    /// a stream of revisions; a bookmark repeats the current one. It is called again, with backoff, whenever the stream
    /// ends.
    pub fn spawn<O, F, S>(name: &'static str, config: FollowConfig, open: O) -> Self
    where
        O: Fn(u64) -> F + Send + Sync + 'static,
        F: Future<Output = Result<S, Status>> + Send,
        S: Stream<Item = Result<u64, Status>> + Send,
    {
        let (revision, revisions) = watch::channel(None);
        let (heard_at, heard) = watch::channel(None);
        let follow = async move {
            let mut failures = 0_u32;
            loop {
                let mut heard_any = false;
                let why = follow_once(&config, &open, &revision, &heard_at, &mut heard_any).await;
                failures = if heard_any { 0 } else { failures.saturating_add(1) };
                let pause = backoff(&config, failures);
                if failures == 1 {
                    tracing::warn!(name, cause = why.message(), code = ?why.code(), "a followed service cannot be heard");
                } else {
                    tracing::debug!(name, cause = why.message(), failures, "a followed stream is opened again");
                }
                tokio::time::sleep(pause).await;
            }
        };
        Self { revisions, heard, _task: Arc::new(AbortOnDrop(tokio::spawn(follow))) }
    }

    /// The newest revision heard of; none before the first message.
    pub fn revision(&self) -> Option<u64> {
        *self.revisions.borrow()
    }

    /// The time since the last message: how old what we know may be. None before the first message.
    pub fn age(&self) -> Option<Duration> {
        self.heard.borrow().map(|heard| heard.elapsed())
    }

    /// Whether something was heard within `bound`.
    pub fn is_fresh(&self, bound: Duration) -> bool {
        self.age().is_some_and(|age| age <= bound)
    }

    /// Tells of each new revision.
    pub fn changes(&self) -> watch::Receiver<Option<u64>> {
        self.revisions.clone()
    }

    /// Waits until `revision` has been heard of, at most `timeout`. Whether it was.
    pub async fn wait_for(&self, revision: u64, timeout: Duration) -> bool {
        let mut revisions = self.revisions.clone();
        tokio::time::timeout(timeout, revisions.wait_for(|seen| seen.is_some_and(|seen| seen >= revision)))
            .await
            .is_ok_and(|seen| seen.is_ok())
    }
}

/// Follows one stream to its end; returns why it ended.
async fn follow_once<O, F, S>(
    config: &FollowConfig,
    open: &O,
    revision: &watch::Sender<Option<u64>>,
    heard_at: &watch::Sender<Option<Instant>>,
    heard_any: &mut bool,
) -> Status
where
    O: Fn(u64) -> F,
    F: Future<Output = Result<S, Status>>,
    S: Stream<Item = Result<u64, Status>>,
{
    let last = revision.borrow().unwrap_or(0);
    let silent = |_| Status::deadline_exceeded("nothing was heard for too long");
    let stream = match tokio::time::timeout(config.idle_timeout, open(last)).await.map_err(silent) {
        Ok(Ok(stream)) => stream,
        Ok(Err(status)) | Err(status) => return status,
    };
    let mut stream = pin!(stream);
    loop {
        match tokio::time::timeout(config.idle_timeout, stream.next()).await.map_err(silent) {
            Ok(Some(Ok(seen))) => {
                *heard_any = true;
                heard_at.send_replace(Some(Instant::now()));
                // A restored backup may know less than we have heard of: what is served is what counts.
                revision.send_if_modified(|revision| {
                    let changed = *revision != Some(seen);
                    *revision = Some(seen);
                    changed
                });
            }
            Ok(Some(Err(status))) | Err(status) => return status,
            Ok(None) => return Status::unavailable("the stream ended"),
        }
    }
}

fn backoff(config: &FollowConfig, failures: u32) -> Duration {
    let doubled = config.min_backoff.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(config.max_backoff);
    doubled.mul_f64(0.5 + jitter() / 2.0)
}

#[cfg(test)]
mod tests;
