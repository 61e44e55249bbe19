//! Telling followers of revisions: the serving half of [`follow`](crate::follow).

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};
use tokio::sync::watch;

/// The newest revision that a replica has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Its number; 0 before anything is published.
    pub revision: u64,
    /// When it was published.
    pub at: Option<DateTime<Utc>>,
}

/// The current revision at once, each newer one when it is published, and the current one again, with `true` for a
/// bookmark, whenever nothing came for `bookmark_every`. Ends when the sender is gone.
///
/// It is pulled: a slow reader gets the newest revision when it asks for the next, and nothing is buffered for it.
pub fn watch(
    published: watch::Receiver<Published>,
    bookmark_every: Duration,
) -> impl Stream<Item = (Published, bool)> + Send {
    stream::unfold((published, true), move |(mut published, first)| async move {
        let bookmark = if first {
            false
        } else {
            match tokio::time::timeout(bookmark_every, published.changed()).await {
                Ok(Ok(())) => false,
                Ok(Err(_)) => return None,
                Err(_) => true,
            }
        };
        let now = *published.borrow_and_update();
        Some(((now, bookmark), (published, false)))
    })
}

/// An instant in the contract's form.
pub fn timestamp(at: DateTime<Utc>) -> prost_types::Timestamp {
    // Below 10^9 but for a leap second, which whole microseconds do not show.
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap_or(0);
    prost_types::Timestamp { seconds: at.timestamp(), nanos }
}

#[cfg(test)]
mod tests;
