//! Trying again: bounded in number, in time, and in share of all calls.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tokio::time::Instant;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::fault::Fault;

/// The first pause; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Larger requests are not sent again.
const MOST_BYTES: usize = 64 << 10;
/// A retry costs as much as this many successes earn: when a service is down for all, retries stop adding to its load.
const COST: u32 = 10;
/// Retries that may be saved up.
const SAVINGS: u32 = 20 * COST;

pub(super) struct Retries {
    most: u32,
    savings: AtomicU32,
}

impl Retries {
    pub(super) fn new(most: u32) -> Self {
        Self { most, savings: AtomicU32::new(SAVINGS) }
    }

    pub(super) fn succeeded(&self) {
        if self.savings.load(Ordering::Relaxed) < SAVINGS {
            self.savings.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The pause before the next attempt; none when there is to be none.
    pub(super) fn delay(&self, attempt: u32, bytes: usize, status: &Status, until: Instant) -> Option<Duration> {
        if status.code() != Code::Unavailable || attempt >= self.most || bytes > MOST_BYTES {
            return None;
        }
        let asked = status.get_details_retry_info().and_then(|info| info.retry_delay).unwrap_or_default();
        let backoff = FIRST_PAUSE.saturating_mul(1 << attempt.min(10)).min(LONGEST_PAUSE);
        let delay = asked.saturating_add(backoff.mul_f64(0.5 + jitter() / 2.0));
        // What the other side asks for may be more than an instant can hold.
        Instant::now().checked_add(delay).filter(|at| *at < until)?;
        let spend = |savings: u32| savings.checked_sub(COST);
        self.savings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).ok()?;
        Some(delay)
    }
}

/// A number between 0 and 1, for spreading callers out.
pub(crate) fn jitter() -> f64 {
    let [a, b, ..] = RandomIdGenerator::default().new_span_id().to_bytes();
    f64::from(u16::from_be_bytes([a, b])) / f64::from(u16::MAX)
}

/// What a failure of the connection means to the caller: UNAVAILABLE, unless HTTP/2 gave a better code.
pub(super) fn transport_status(error: tonic::transport::Error, address: &str) -> Status {
    let (text, timed_out) = chain(&error);
    if timed_out {
        return Fault::deadline_too_short().into();
    }
    match Status::from_error(error.into()).code() {
        Code::Unknown | Code::Internal | Code::Cancelled | Code::Unavailable => {
            Status::unavailable(format!("{address} cannot be reached: {text}"))
        }
        code => Status::new(code, text),
    }
}

/// An error with its causes, and whether it is the channel's own timer, which runs beside ours.
fn chain(error: &(dyn Error + 'static)) -> (String, bool) {
    let mut text = error.to_string();
    let mut timed_out = error.is::<tonic::TimeoutExpired>();
    let mut source = error.source();
    while let Some(cause) = source {
        // Some errors repeat what they wrap.
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        timed_out |= cause.is::<tonic::TimeoutExpired>();
        source = cause.source();
    }
    (text, timed_out)
}

#[cfg(test)]
mod tests;
