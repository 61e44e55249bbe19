//! The deadline and idle bound of one call, over everything that serves it: handler, response body, and the wait for a
//! reader that does not read.
//!
//! A response body's own timer cannot bound a slow reader: while a stream has no send window hyper waits for the window
//! and does not poll the body. So the task in which hyper runs a call is itself [`Watched`]. When a bound passes it
//! polls the call once more, so that handler or body can end it with a status; if even that makes no progress the call
//! is dropped, and with it the HTTP/2 stream is reset.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::futures::TaskLocalFuture;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

static BASE: LazyLock<Instant> = LazyLock::new(Instant::now);
const NEVER: u64 = u64::MAX;

tokio::task_local! {
    static SLOT: Arc<Slot>;
}

/// Why a call is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Expiry {
    /// The caller's deadline, or the configured one, passed.
    Deadline = 1,
    /// Nothing moved for too long.
    Idle = 2,
    /// The stream reached its greatest age.
    Age = 3,
    /// The server drains.
    Drain = 4,
}

/// The bounds of one call.
#[derive(Debug)]
pub(super) struct Slot {
    deadline: AtomicU64,
    /// What passing the deadline means: the caller's (or default) deadline, or a stream's greatest age.
    deadline_means: AtomicU8,
    idle_micros: AtomicU64,
    moved_at: AtomicU64,
    expired: AtomicU8,
}

fn micros(at: Instant) -> u64 {
    u64::try_from(at.saturating_duration_since(*BASE).as_micros()).unwrap_or(NEVER - 1)
}

impl Slot {
    fn new() -> Self {
        Self {
            deadline: AtomicU64::new(NEVER),
            deadline_means: AtomicU8::new(Expiry::Deadline as u8),
            idle_micros: AtomicU64::new(NEVER),
            moved_at: AtomicU64::new(0),
            expired: AtomicU8::new(0),
        }
    }

    /// The slot of the call whose task this is; a fresh one, which bounds nothing, elsewhere.
    pub(super) fn current() -> Arc<Self> {
        SLOT.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Self::new()))
    }

    /// Ends the call at `deadline`, for this reason.
    pub(super) fn set_deadline(&self, deadline: Instant, means: Expiry) {
        self.deadline_means.store(means as u8, Ordering::Relaxed);
        self.deadline.store(micros(deadline), Ordering::Relaxed);
    }

    /// Ends the call so long from now, for this reason, unless it ends before.
    pub(super) fn end_after(&self, left: Duration, means: Expiry) {
        let Some(at) = Instant::now().checked_add(left) else { return };
        if micros(at) < self.deadline.load(Ordering::Relaxed) {
            self.set_deadline(at, means);
        }
    }

    /// Ends the call when nothing has moved for `idle`, from now on.
    pub(super) fn set_idle(&self, idle: Duration) {
        self.moved();
        self.idle_micros.store(u64::try_from(idle.as_micros()).unwrap_or(NEVER), Ordering::Relaxed);
    }

    /// Whether anything moves no longer counts.
    pub(super) fn end_idle(&self) {
        self.idle_micros.store(NEVER, Ordering::Relaxed);
    }

    /// Something moved.
    pub(super) fn moved(&self) {
        self.moved_at.store(micros(Instant::now()), Ordering::Relaxed);
    }

    /// Why the call is to end, once it is.
    pub(super) fn expired(&self) -> Option<Expiry> {
        match self.expired.load(Ordering::Relaxed) {
            1 => Some(Expiry::Deadline),
            2 => Some(Expiry::Idle),
            3 => Some(Expiry::Age),
            4 => Some(Expiry::Drain),
            _ => None,
        }
    }

    fn expire(&self, why: u8) {
        let _ = self.expired.compare_exchange(0, why, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// When to look again, and what passing that instant means.
    fn next(&self) -> Option<(u64, u8)> {
        let deadline = self.deadline.load(Ordering::Relaxed);
        let idle = self.idle_micros.load(Ordering::Relaxed);
        let idle_at = if idle == NEVER { NEVER } else { self.moved_at.load(Ordering::Relaxed).saturating_add(idle) };
        match deadline.min(idle_at) {
            NEVER => None,
            at if at == deadline => Some((at, self.deadline_means.load(Ordering::Relaxed))),
            at => Some((at, Expiry::Idle as u8)),
        }
    }
}

/// Ends streams when the server drains: those that never end by themselves at once, others later.
#[derive(Clone, Debug, Default)]
pub(super) struct DrainSignals {
    /// Cancelled when the drain begins: for streams that have no end of their own.
    pub(super) endless: CancellationToken,
    /// Cancelled half-way through the drain: for all other streams.
    pub(super) streams: CancellationToken,
}

/// Runs what hyper spawns for one call.
#[derive(Clone, Debug)]
pub(super) struct CallExecutor;

impl<F> hyper::rt::Executor<F> for CallExecutor
where
    F: Future + Send + 'static,
{
    fn execute(&self, work: F) {
        let slot = Arc::new(Slot::new());
        tokio::spawn(Watched { work: Box::pin(SLOT.scope(slot.clone(), work)), slot, sleep: None });
    }
}

struct Watched<F> {
    work: Pin<Box<TaskLocalFuture<Arc<Slot>, F>>>,
    slot: Arc<Slot>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<F: Future> Future for Watched<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        loop {
            let Some((at, means)) = this.slot.next() else { return Poll::Pending };
            let at = *BASE + Duration::from_micros(at);
            if at <= Instant::now() {
                this.slot.expire(means);
                // Once more, so that a status is sent; if the call cannot even take that, it is cut.
                let _ = this.work.as_mut().poll(cx);
                return Poll::Ready(());
            }
            match &mut this.sleep {
                Some(sleep) if sleep.deadline() == at => {}
                Some(sleep) => sleep.as_mut().reset(at),
                none => *none = Some(Box::pin(tokio::time::sleep_until(at))),
            }
            if let Some(sleep) = &mut this.sleep
                && sleep.as_mut().poll(cx).is_pending()
            {
                return Poll::Pending;
            }
        }
    }
}

/// A wait for the drain, for one stream.
pub(super) fn drained(signal: &CancellationToken) -> Pin<Box<WaitForCancellationFutureOwned>> {
    Box::pin(signal.clone().cancelled_owned())
}

/// Marks the call as ended by the drain.
pub(super) fn mark_drained(slot: &Slot) {
    slot.expire(Expiry::Drain as u8);
}
