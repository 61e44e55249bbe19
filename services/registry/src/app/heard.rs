//! How long ago the log's head was read: what tells a database that cannot be read from one in which nothing happens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When the head was read last, and how long that may be ago.
#[derive(Debug)]
pub(crate) struct Heard {
    begun: Instant,
    last_ms: AtomicU64,
    bound: Duration,
}

impl Heard {
    /// Read now, and good for so long.
    pub(crate) fn within(bound: Duration) -> Self {
        Self { begun: Instant::now(), last_ms: AtomicU64::default(), bound }
    }

    /// The head was read, and asked for at this moment.
    pub(crate) fn note(&self, asked: Instant) {
        self.last_ms.fetch_max(millis(asked.duration_since(self.begun)), Ordering::SeqCst);
    }

    /// Whether that is longer ago than it may be.
    pub(crate) fn is_past(&self) -> bool {
        let age_ms = millis(self.begun.elapsed()).saturating_sub(self.last_ms.load(Ordering::SeqCst));
        Duration::from_millis(age_ms) > self.bound
    }
}

fn millis(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}
