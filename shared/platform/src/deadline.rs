//! The deadline of the work at hand, as a task-local: set by the server around each handler from `grpc-timeout`, read by
//! the client, which sends nothing without one.
//!
//! A spawned task does not inherit it. Work that outlives a request, or starts without one, sets its own with
//! [`within`].

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    static DEADLINE: Instant;
}

/// The instant by which the work at hand must have answered, when one is set.
pub fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok()
}

/// What is left until the deadline of the work at hand; zero when it has passed.
pub fn remaining() -> Option<Duration> {
    current().map(|deadline| deadline.saturating_duration_since(Instant::now()))
}

/// Runs `work` with this deadline, or with the one already set if that is earlier. Only sets it: nothing is cut off.
pub fn at<F: Future>(deadline: Instant, work: F) -> impl Future<Output = F::Output> {
    let deadline = current().map_or(deadline, |outer| outer.min(deadline));
    DEADLINE.scope(deadline, work)
}

/// Runs background work with a deadline of its own, `timeout` from now.
pub fn within<F: Future>(timeout: Duration, work: F) -> impl Future<Output = F::Output> {
    at(Instant::now() + timeout, work)
}
