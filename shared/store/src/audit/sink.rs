//! The durable sink: a bounded queue and a task that writes what waits in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use greenlane_platform::audit::{AuditRecord, AuditSink};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::strangers::Strangers;
use super::trail;
use crate::error::StoreError;
use crate::store::Store;

/// How much the sink may hold back.
#[derive(Clone, Copy, Debug)]
pub struct SinkConfig {
    /// Records that may wait. More are dropped, counted and reported.
    pub queue: usize,
    /// Records written in one transaction.
    pub batch: usize,
    /// Pause before a failed batch is tried again.
    pub retry_pause: Duration,
    /// How long refusals of callers without a good token are gathered before they are written.
    pub gather: Duration,
}

impl Default for SinkConfig {
    fn default() -> Self {
        Self { queue: 10_000, batch: 500, retry_pause: Duration::from_millis(500), gather: Duration::from_secs(1) }
    }
}

/// An [`AuditSink`] that writes to the database in the background. Clones share the queue and the task.
#[derive(Clone)]
pub struct StoreSink {
    queue: mpsc::Sender<Message>,
    dropped: Arc<AtomicU64>,
    strangers: Arc<Strangers>,
    gather: Duration,
    runtime: Handle,
}

enum Message {
    Record(Box<AuditRecord>),
    Flush(oneshot::Sender<()>),
}

/// How long a process that ends waits for its audit trail: less than the 700 ms after which a server cuts background
/// work, or what was not written would not even be told.
const LAST_WRITE: Duration = Duration::from_millis(600);

impl StoreSink {
    /// Starts the task. It ends, after writing what waits, when the last clone is dropped.
    #[must_use]
    pub fn start(store: Store, config: SinkConfig) -> Self {
        let (queue, waiting) = mpsc::channel(config.queue.max(1));
        let dropped = Arc::new(AtomicU64::new(0));
        let writer = Writer { store, config, waiting, dropped: Arc::clone(&dropped), reported: 0 };
        tokio::spawn(writer.run());
        let (strangers, runtime) = (Arc::default(), Handle::current());
        Self { queue, dropped, strangers, gather: config.gather, runtime }
    }

    /// How many records were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// The background work of a service with this sink: once `stop` has come, writes what still waits, for
    /// [`LAST_WRITE`] at most.
    pub async fn flush_after(self, stop: impl Future<Output = ()>) {
        stop.await;
        if tokio::time::timeout(LAST_WRITE, self.flush()).await.is_err() {
            tracing::error!("the audit trail could not be written to its end before the process ends");
        }
    }

    /// Waits until everything recorded so far is written. Bound it with a timeout at shutdown: while the database is
    /// away this waits for it.
    pub async fn flush(&self) {
        self.write_strangers().await;
        let (done, written) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            // The writer ends only after the queue is empty, so an error here means that nothing waits.
            let _ = written.await;
        }
    }

    /// Hands what was gathered to the writer, waiting while its queue is full.
    async fn write_strangers(&self) {
        for record in self.strangers.take() {
            // The writer ends only after the last sink.
            let _ = self.queue.send(Message::Record(Box::new(record))).await;
        }
    }
}

impl AuditSink for StoreSink {
    fn record(&self, record: AuditRecord) {
        if Strangers::concerns(&record) {
            if self.strangers.add(record) {
                let sink = self.clone();
                self.runtime.spawn(async move {
                    tokio::time::sleep(sink.gather).await;
                    sink.write_strangers().await;
                });
            }
            return;
        }
        if let Err(refused) = self.queue.try_send(Message::Record(Box::new(record))) {
            let total = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            if let Message::Record(record) = refused.into_inner() {
                // The log is the last place where the record can be kept.
                tracing::error!(
                    total_dropped = total,
                    method = record.method,
                    subject = record.subject,
                    outcome = record.outcome.as_str(),
                    "audit queue is full: record dropped"
                );
            }
        }
    }
}

struct Writer {
    store: Store,
    config: SinkConfig,
    waiting: mpsc::Receiver<Message>,
    dropped: Arc<AtomicU64>,
    reported: u64,
}

impl Writer {
    async fn run(mut self) {
        let batch_size = self.config.batch.max(1);
        let mut messages = Vec::with_capacity(batch_size);
        while self.waiting.recv_many(&mut messages, batch_size).await > 0 {
            let mut records = Vec::with_capacity(messages.len());
            let mut flushed = Vec::new();
            for message in messages.drain(..) {
                match message {
                    Message::Record(record) => records.push(*record),
                    Message::Flush(done) => flushed.push(done),
                }
            }
            if !records.is_empty() {
                self.write(records).await;
            }
            for done in flushed {
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
            }
            self.report_drops();
        }
    }

    async fn write(&self, records: Vec<AuditRecord>) {
        let records = Arc::new(records);
        loop {
            let batch = Arc::clone(&records);
            let written: Result<(), StoreError> = self
                .store
                .write("audit_batch", move |tx| {
                    let batch = Arc::clone(&batch);
                    Box::pin(async move { Ok(trail::insert(tx, batch.iter().cloned()).await?) })
                })
                .await;
            let Err(error) = written else { return };
            tracing::error!(%error, records = records.len(), "audit records wait: the database refused them");
            tokio::time::sleep(self.config.retry_pause).await;
        }
    }

    fn report_drops(&mut self) {
        let total = self.dropped.load(Ordering::Relaxed);
        if total > self.reported {
            tracing::error!(dropped = total - self.reported, total_dropped = total, "audit records were dropped");
            self.reported = total;
        }
    }
}
