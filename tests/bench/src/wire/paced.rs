//! Asking by the clock.

use std::time::Duration;

/// When a connection asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// From one request to the next.
    pub(super) every: Duration,
    /// Before the first.
    pub(super) first: Duration,
}
