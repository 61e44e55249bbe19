//! The write queue and the one task that empties it.
//!
//! Whatever waits is taken at once, up to a limit, and committed as one group. Nothing is waited for when idle; under
//! load the time of one commit is the time in which the next group gathers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use greenlane_platform::clock::Clock;
use greenlane_store::{Store, StoreError};
use opentelemetry::metrics::Histogram;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot};

use super::group::{self, Committed, Moved};
use super::log::{LogBroken, LogWriter};
use super::mutation::{Mutation, Receipt, WriteError};
use super::published::Published;
use crate::domain::world::Novelty;

type Answer = oneshot::Sender<Result<Receipt, WriteError>>;

/// A mutation that waits.
struct Waiting {
    mutation: Arc<Mutation>,
    answer: Answer,
}

/// The way in. Cheap to clone.
#[derive(Clone)]
pub(crate) struct WriteQueue {
    waiting: mpsc::Sender<Waiting>,
    /// How much of the queue may be taken up by those who wait for a place: the rest is for single mutations.
    patient: Arc<Semaphore>,
    most: usize,
}

impl WriteQueue {
    /// Queues a mutation and waits for what becomes of it. Dropping the future leaves a mutation that has not begun
    /// undone, and one that has begun to its end.
    pub(crate) async fn submit(&self, mutation: Arc<Mutation>) -> Result<Receipt, WriteError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { mutation, answer };
        self.waiting.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => WriteError::QueueFull,
            mpsc::error::TrySendError::Closed(_) => stopping(),
        })?;
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Waits until there are places for so many mutations. Whoever brings many takes their places before they are
    /// prepared: no more are then held in memory than are soon written.
    pub(crate) async fn places(&self, mutations: usize) -> Places<'_> {
        // All at once: two who each held some and waited for more would wait for ever.
        let places = u32::try_from(mutations.min(self.most)).unwrap_or(u32::MAX);
        let taken = self.patient.acquire_many(places).await.ok();
        Places { queue: self, _taken: taken }
    }
}

/// Places in the queue, for as long as this is held.
pub(crate) struct Places<'q> {
    queue: &'q WriteQueue,
    _taken: Option<SemaphorePermit<'q>>,
}

impl Places<'_> {
    /// Queues many mutations and waits for what becomes of each. Dropping the future leaves those that have not begun
    /// undone.
    pub(crate) async fn submit_all(&self, mutations: Vec<Mutation>) -> Vec<Result<Receipt, WriteError>> {
        let mut answers = Vec::with_capacity(mutations.len());
        for mutation in mutations {
            let (answer, answered) = oneshot::channel();
            let waiting = Waiting { mutation: Arc::new(mutation), answer };
            // A queue that is closed drops what is sent, and with it the answer.
            let _ = self.queue.waiting.send(waiting).await;
            answers.push(answered);
        }
        let mut results = Vec::with_capacity(answers.len());
        for answered in answers {
            results.push(answered.await.unwrap_or_else(|_| Err(stopping())));
        }
        results
    }
}

fn stopping() -> WriteError {
    WriteError::Unavailable("this process is stopping".to_owned())
}

/// A group that is durable, whose callers have not heard of it.
struct Written {
    group: Vec<Waiting>,
    committed: Committed,
}

/// The task that writes. On a thread of its own: what the database answers is taken up at once, and while it works
/// others prepare what comes next.
pub(crate) struct Sequencer {
    store: Store,
    log: Arc<LogWriter>,
    clock: Clock,
    group_limit: usize,
    waiting: mpsc::Receiver<Waiting>,
    written: mpsc::Sender<Written>,
    group_sizes: Histogram<u64>,
    /// Groups that are still looked up whole, after one that was found to repeat what was done before.
    wary: u32,
}

/// The task that publishes what was written and tells the callers, while the next group is on its way.
pub(crate) struct Teller {
    store: Store,
    published: Arc<Published>,
    written: mpsc::Receiver<Written>,
}

/// Groups that may be durable and not told of. More wait for the teller before they are begun.
const UNTOLD: usize = 2;

/// Groups that are looked up whole after one that was found to repeat what was done before: whoever sends again what was
/// not answered sends much.
const WARY: u32 = 64;

/// How often a group is tried whose commit may or may not have happened: trying again is how to find out.
const UNKNOWN_COMMITS: u32 = 3;

impl Sequencer {
    /// The queue, the task that empties it through a store of its own, and the task that tells what came of it.
    pub(crate) fn new(
        own: Store,
        store: Store,
        log: Arc<LogWriter>,
        clock: Clock,
        published: Arc<Published>,
        queue: usize,
        group_limit: usize,
    ) -> (WriteQueue, Self, Teller) {
        let (sender, waiting) = mpsc::channel(queue.max(1));
        let (tells, written) = mpsc::channel(UNTOLD);
        let group_sizes = opentelemetry::global::meter("greenlane-registry")
            .u64_histogram("greenlane.registry.group.size")
            .with_unit("{mutation}")
            .with_description("Mutations committed in one transaction.")
            .with_boundaries((0..=12).map(|power| f64::from(1 << power)).collect())
            .build();
        let group_limit = group_limit.max(1);
        let sequencer = Self { store: own, log, clock, group_limit, waiting, written: tells, group_sizes, wary: 0 };
        let most = (queue / 2).max(1);
        let queue = WriteQueue { waiting: sender, patient: Arc::new(Semaphore::new(most)), most };
        (queue, sequencer, Teller { store, published, written })
    }

    /// Writes until `stop` is done and the queue is empty.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut group = Vec::with_capacity(self.group_limit);
        loop {
            tokio::select! {
                biased;
                taken = self.waiting.recv_many(&mut group, self.group_limit) => {
                    if taken == 0 {
                        return;
                    }
                }
                () = &mut stop, if !self.waiting.is_closed() => {
                    // What is queued is still written; nothing more is taken.
                    self.waiting.close();
                    continue;
                }
            }
            self.write(std::mem::take(&mut group)).await;
            group.reserve(self.group_limit);
        }
    }

    /// Writes a group. When something in it cannot be written, its halves are tried, and theirs: everything else can.
    async fn write(&mut self, group: Vec<Waiting>) {
        let mut parts = vec![group];
        while let Some(mut part) = parts.pop() {
            // Nobody will see the answer, and nothing was done yet.
            part.retain(|waiting| !waiting.answer.is_closed());
            if part.is_empty() {
                continue;
            }
            self.group_sizes.record(part.len() as u64, &[]);
            match self.commit(part.iter().map(|waiting| Arc::clone(&waiting.mutation)).collect()).await {
                Ok(committed) => self.written(part, committed).await,
                Err(error @ (StoreError::Database(_) | StoreError::Exhausted { .. } | StoreError::Aborted(_)))
                    if part.len() > 1 =>
                {
                    tracing::warn!(%error, mutations = part.len(), "a group failed; its halves are tried");
                    let second = part.split_off(part.len() / 2);
                    parts.push(second);
                    parts.push(part);
                }
                Err(error) => self.answer_failed(part, error),
            }
        }
    }

    async fn commit(&mut self, group: Vec<Arc<Mutation>>) -> Result<Committed, StoreError<LogBroken>> {
        let group: Arc<[Arc<Mutation>]> = group.into();
        let at_first = if self.wary == 0 { Novelty::Assumed } else { Novelty::LookedUp };
        let mut committed = self.attempt(&group, at_first).await;
        if at_first == Novelty::Assumed && matches!(committed, Err(StoreError::Database(_))) {
            // What it refused may have been taken for new.
            committed = self.attempt(&group, Novelty::LookedUp).await;
        }
        self.wary = wary_after(self.wary, at_first, committed.as_ref().is_ok_and(|committed| committed.is_repeated));
        committed
    }

    /// From the second attempt on it is looked up what is new.
    async fn attempt(
        &self,
        group: &Arc<[Arc<Mutation>]>,
        at_first: Novelty,
    ) -> Result<Committed, StoreError<LogBroken>> {
        let attempts = Arc::new(AtomicU32::new(0));
        let mut unknown = 0;
        loop {
            let (log, clock, body) = (Arc::clone(&self.log), self.clock.clone(), Arc::clone(group));
            let attempts = Arc::clone(&attempts);
            let outcome = self
                .store
                .write("commit_group", move |tx| {
                    let (log, clock, group) = (Arc::clone(&log), clock.clone(), Arc::clone(&body));
                    let is_first = attempts.fetch_add(1, Ordering::Relaxed) == 0;
                    let novelty = if is_first { at_first } else { Novelty::LookedUp };
                    Box::pin(async move { group::commit(tx, &log, &clock, &group, novelty).await })
                })
                .await;
            match outcome {
                // The group may be in or not. Running it again tells: what is in comes back as a replay.
                Err(StoreError::CommitUnknown(error)) if unknown < UNKNOWN_COMMITS => {
                    unknown += 1;
                    tracing::warn!(%error, attempt = unknown, "the outcome of a commit is unknown; asking again");
                    tokio::time::sleep(Duration::from_millis(100 << unknown)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn written(&self, group: Vec<Waiting>, committed: Committed) {
        if let Some(Moved { edge, parties }) = &committed.moved {
            self.log.remember(edge);
            self.log.hold(&committed.head, parties.clone());
        }
        // Also when all of it was done before, by another process or by a commit of which nothing was heard: who is told
        // of it now holds a proof that leads to this head or to one before it.
        self.log.signed(&committed.head);
        // Without a teller the process is ending, and the callers are gone.
        let _ = self.written.send(Written { group, committed }).await;
    }

    fn answer_failed(&self, group: Vec<Waiting>, error: StoreError<LogBroken>) {
        let error = match error {
            StoreError::Domain(broken) => {
                self.log.stop_signing(&broken);
                WriteError::LogInconsistent(broken.0)
            }
            StoreError::Unavailable(_) | StoreError::Exhausted { .. } | StoreError::CommitUnknown(_) => {
                WriteError::Unavailable(error.to_string())
            }
            StoreError::Database(_) | StoreError::Aborted(_) => WriteError::Internal(error.to_string()),
        };
        for waiting in group {
            let _ = waiting.answer.send(Err(error.clone()));
        }
    }
}

/// Groups that are looked up whole from now on, after one that was at first taken for this. That the database refused a
/// place or broke off a transaction says nothing of what comes next.
fn wary_after(wary: u32, at_first: Novelty, is_repeated: bool) -> u32 {
    if at_first == Novelty::Assumed && is_repeated { WARY } else { wary.saturating_sub(1) }
}

impl Teller {
    /// Tells until the sequencer has ended.
    pub(crate) async fn run(mut self) {
        while let Some(Written { group, committed }) = self.written.recv().await {
            let Committed { results, old_size, head, subjects, .. } = committed;
            // Also when all of it was done before: whoever hears of it here must find it here.
            self.published.advance(&self.store, old_size, head, subjects).await;
            for (waiting, result) in group.into_iter().zip(results) {
                // The caller may be gone, which is its right.
                let _ = waiting.answer.send(result);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn groups_are_looked_up_whole_only_after_one_that_repeats() {
        assert_eq!(wary_after(0, Novelty::Assumed, false), 0, "however often it was tried");
        assert_eq!(wary_after(0, Novelty::Assumed, true), WARY);
        assert_eq!(wary_after(WARY, Novelty::LookedUp, false), WARY - 1);
        assert_eq!(wary_after(1, Novelty::LookedUp, true), 0, "it is tried again whether what comes is new");
    }

    #[test]
    fn who_only_has_something_checked_takes_no_place_and_waits_for_nobody() {
        let (waiting, _waited_for) = mpsc::channel(4);
        let queue = WriteQueue { waiting, patient: Arc::new(Semaphore::new(2)), most: 2 };
        let all = queue.places(1_000).now_or_never();
        assert!(all.is_some(), "who brings more than there are places takes them all");
        assert!(queue.places(1).now_or_never().is_none());
        assert!(queue.places(0).now_or_never().is_some());
        drop(all);
        assert!(queue.places(1).now_or_never().is_some());
    }
}
