//! A mutation on its way through the write queue, and what comes back.

use std::sync::Arc;

use greenlane_log::Hash;
use greenlane_platform::audit::{AuditRecord, Origin, Outcome};
use greenlane_store::idempotency::{Key, PayloadHash};

use crate::domain::command::{Command, Done, Refusal};

/// One mutation: what is wanted, by whom, under which request id.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) command: Command,
    pub(crate) key: Key,
    /// Hash of the request without its request id.
    pub(crate) payload: PayloadHash,
    pub(crate) origin: Origin,
    /// Whether the answer shows where the entry is in the log, and proves it. A row of an import is told of by the
    /// revision alone.
    pub(crate) is_proved: bool,
}

impl Mutation {
    /// The audit record of this mutation.
    pub(crate) fn audit(&self, at: chrono::DateTime<chrono::Utc>, outcome: Outcome) -> AuditRecord {
        let resource = match &self.command {
            Command::CreateBody(record) => record.id.name(),
            Command::CreateKey(record) => record.body.key_name(&record.id),
            Command::OfBody(command) => command.resource(),
            Command::Trace(command) => command.record.reporter.name(),
            Command::WriteOff(command) => command.record.certificate.name(),
            Command::Grant(grant) => grant.number.name(),
            Command::Step(step) => step.number.name(),
            Command::Revise(revision) => revision.number.name(),
            Command::Erase(erase) => erase.number.name(),
            Command::Contest(heard) => heard.number.name(),
            Command::Publish(publication) => publication.name(),
        };
        AuditRecord::new(at, &self.origin, outcome).with_resource(resource).with_request_id(self.key.request_id())
    }
}

/// The entry of the log, proved: what an answer to a mutation carries.
#[derive(Clone, Debug)]
pub(crate) struct LogReceipt {
    pub(crate) index: u64,
    pub(crate) size: u64,
    /// Empty, as the leaf and maybe the checkpoint are, of what is not to be proved.
    pub(crate) hashes: Vec<Hash>,
    pub(crate) checkpoint: Arc<str>,
    pub(crate) leaf: Vec<u8>,
}

/// What was done, durable and integrated.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    pub(crate) done: Done,
    pub(crate) log: LogReceipt,
    /// Whether an earlier call with the same request id did it.
    pub(crate) replayed: bool,
}

/// Why a mutation was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// By the rules of the registry.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request id was used for another payload.
    #[error("request id {0} was used for another payload")]
    RequestIdReused(String),
    /// The queue is full.
    #[error("the write queue is full")]
    QueueFull,
    /// The log's stored state does not match its head: nothing is signed.
    #[error("the log is inconsistent: {0}")]
    LogInconsistent(String),
    /// The database is out of reach, or this process is stopping. The mutation may be repeated.
    #[error("writing is not possible now: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}
