//! Following another service's revisions: a stream kept open, so that a cache knows how fresh it is.

use std::future::Future;
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::watch;
use tonic::Status;

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
}

impl RevisionFollower {
    /// Starts to follow. `open` is called with the last revision seen (0 at first) and returns a stream of revisions;
    /// a bookmark repeats the current one. It is called again, with backoff, whenever the stream ends.
    pub fn spawn<O, F, S>(name: &'static str, config: FollowConfig, open: O) -> Self
    where
        O: Fn(u64) -> F + Send + Sync + 'static,
        F: Future<Output = Result<S, Status>> + Send,
        S: Stream<Item = Result<u64, Status>> + Send,
    {
        let _ = (name, config, open);
        let (_, revisions) = watch::channel(None);
        Self { revisions }
    }

    /// The newest revision heard of; none before the first message.
    pub fn revision(&self) -> Option<u64> {
        *self.revisions.borrow()
    }

    /// The time since the last message: how old what we know may be. None before the first message.
    pub fn age(&self) -> Option<Duration> {
        None
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
