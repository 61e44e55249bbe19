//! The write queue and the one task that empties it.
//!
//! Whatever waits is taken at once, up to a limit, and committed as one group. Nothing is waited for when idle; under
//! load the time of one commit is the time in which the next group gathers.

use std::sync::Arc;
use std::time::Duration;

use greenlane_platform::clock::Clock;
use greenlane_store::{Store, StoreError};
use opentelemetry::metrics::Histogram;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::group::{self, Committed};
use super::log::{LogBroken, LogWriter};
use super::mutation::{Mutation, Receipt, WriteError};
use super::published::Published;

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
    pub(crate) async fn submit(&self, mutation: Mutation) -> Result<Receipt, WriteError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { mutation: Arc::new(mutation), answer };
        self.waiting.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => WriteError::QueueFull,
            mpsc::error::TrySendError::Closed(_) => stopping(),
        })?;
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Queues many mutations, waiting for places, and waits for what becomes of each. Dropping the future leaves those
    /// that have not begun undone.
    pub(crate) async fn submit_all(&self, mutations: Vec<Mutation>) -> Vec<Result<Receipt, WriteError>> {
        // All places at once: two who each held some and waited for more would wait for ever.
        let places = u32::try_from(mutations.len().min(self.most)).unwrap_or(u32::MAX);
        let _places = self.patient.acquire_many(places).await;
        let mut answers = Vec::with_capacity(mutations.len());
        for mutation in mutations {
            let (answer, answered) = oneshot::channel();
            let waiting = Waiting { mutation: Arc::new(mutation), answer };
            // A queue that is closed drops what is sent, and with it the answer.
            let _ = self.waiting.send(waiting).await;
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

/// The task that writes.
pub(crate) struct Sequencer {
    store: Store,
    log: Arc<LogWriter>,
    clock: Clock,
    published: Arc<Published>,
    group_limit: usize,
    waiting: mpsc::Receiver<Waiting>,
    group_sizes: Histogram<u64>,
}

/// How often a group is tried whose commit may or may not have happened: trying again is how to find out.
const UNKNOWN_COMMITS: u32 = 3;

impl Sequencer {
    /// The queue and the task that empties it.
    pub(crate) fn new(
        store: Store,
        log: Arc<LogWriter>,
        clock: Clock,
        published: Arc<Published>,
        queue: usize,
        group_limit: usize,
    ) -> (WriteQueue, Self) {
        let (sender, waiting) = mpsc::channel(queue.max(1));
        let group_sizes = opentelemetry::global::meter("greenlane-registry")
            .u64_histogram("greenlane.registry.group.size")
            .with_unit("{mutation}")
            .with_description("Mutations committed in one transaction.")
            .with_boundaries((0..=12).map(|power| f64::from(1 << power)).collect())
            .build();
        let sequencer = Self { store, log, clock, published, group_limit: group_limit.max(1), waiting, group_sizes };
        let most = (queue / 2).max(1);
        (WriteQueue { waiting: sender, patient: Arc::new(Semaphore::new(most)), most }, sequencer)
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
    async fn write(&self, group: Vec<Waiting>) {
        let mut parts = vec![group];
        while let Some(mut part) = parts.pop() {
            // Nobody will see the answer, and nothing was done yet.
            part.retain(|waiting| !waiting.answer.is_closed());
            if part.is_empty() {
                continue;
            }
            self.group_sizes.record(part.len() as u64, &[]);
            match self.commit(part.iter().map(|waiting| Arc::clone(&waiting.mutation)).collect()).await {
                Ok(committed) => self.publish_and_answer(part, committed).await,
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

    async fn commit(&self, group: Vec<Arc<Mutation>>) -> Result<Committed, StoreError<LogBroken>> {
        let group: Arc<[Arc<Mutation>]> = group.into();
        let mut unknown = 0;
        loop {
            let (log, clock, body) = (Arc::clone(&self.log), self.clock.clone(), Arc::clone(&group));
            let outcome = self
                .store
                .write("commit_group", move |tx| {
                    let (log, clock, group) = (Arc::clone(&log), clock.clone(), Arc::clone(&body));
                    Box::pin(async move { group::commit(tx, &log, &clock, &group).await })
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

    async fn publish_and_answer(&self, group: Vec<Waiting>, committed: Committed) {
        let Committed { results, old_size, head, subjects, edge } = committed;
        if let Some(edge) = edge {
            self.log.remember(&edge);
            self.log.signed(&head);
        }
        // Also when all of it was done before: whoever hears of it here must find it here.
        self.published.advance(&self.store, old_size, head, subjects).await;
        for (waiting, result) in group.into_iter().zip(results) {
            // The caller may be gone, which is its right.
            let _ = waiting.answer.send(result);
        }
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
