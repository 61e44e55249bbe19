//! The mutations of the registry: checked and prepared here, outside any lock, then sent through the write queue.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use greenlane_platform::audit::{AuditSink, Origin, Outcome as Audited};
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_store::idempotency::{self, Begun};
use greenlane_store::{Store, StoreError};

use super::import::{Memory, Turns};
use super::keyring::Keyring;
use super::log::{LogBroken, LogWriter};
use super::mutation::{Mutation, Receipt, WriteError};
use super::numbers::Numbers;
use super::published::Published;
use super::recall;
use super::sequencer::WriteQueue;
use super::slots::Slots;
use crate::domain::command::{Command, Done};
use crate::domain::world::{Novelty, Parties};
use crate::store::{log, world};

/// How far from now a step may take effect; and how far back a consignment may have been released or refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EffectBounds {
    pub(crate) past: TimeDelta,
    pub(crate) future: TimeDelta,
}

/// What mutations work with.
pub(crate) struct Registry {
    pub(crate) store: Store,
    pub(crate) published: Arc<Published>,
    pub(crate) queue: WriteQueue,
    pub(crate) turns: Turns,
    /// What trials of imports remember.
    pub(crate) trials: Memory,
    pub(crate) keyring: Keyring,
    pub(crate) slots: Slots,
    pub(crate) numbers: Numbers,
    pub(crate) log: Arc<LogWriter>,
    pub(crate) clock: Clock,
    pub(crate) public_url: String,
    pub(crate) bounds: EffectBounds,
    /// For what is not written in the mutation's own transaction: repetitions and checks.
    pub(crate) audit: Arc<dyn AuditSink>,
}

/// What came of a mutation: done and logged, or only checked.
#[derive(Debug)]
pub(crate) enum Outcome {
    Logged(Box<Receipt>),
    /// What would be done, at the revision of now.
    Checked(Box<Done>, u64),
}

impl Registry {
    /// Sends a mutation through the queue, or only checks it.
    pub(crate) async fn perform(&self, mutation: Mutation, validate_only: bool) -> Result<Outcome, WriteError> {
        if let Some(why) = self.log.broken() {
            return Err(WriteError::LogInconsistent(why));
        }
        if validate_only {
            let validated = mutation.audit(self.clock.now(), Audited::Validated);
            let checked = self.check(mutation.command).await?;
            self.audit.record(validated);
            return Ok(checked);
        }
        let mutation = Arc::new(mutation);
        let receipt = self.queue.submit(Arc::clone(&mutation)).await?;
        if receipt.replayed {
            self.audit.record(mutation.audit(self.clock.now(), Audited::Replayed));
        }
        Ok(Outcome::Logged(Box::new(receipt)))
    }

    /// Applies a command to what is stored, and keeps nothing of it.
    async fn check(&self, command: Command) -> Result<Outcome, WriteError> {
        let clock = self.clock.clone();
        let (done, revision) = self
            .store
            .read("check_mutation", move |tx| {
                let (command, now) = (command.clone(), clock.now());
                Box::pin(async move {
                    let size = log::size(tx).await?;
                    let mut world =
                        world::load(tx, std::iter::once(&command), &Parties::default(), Novelty::LookedUp).await?;
                    Ok((world.apply(&command, size, now), size))
                })
            })
            .await
            .map_err(unavailable)?;
        Ok(Outcome::Checked(Box::new(done?.done), revision))
    }

    /// The answer to a request that was done before, when what would refuse it now did not then: a key has been
    /// retired since, or a time has passed.
    pub(crate) async fn recall(&self, mutation: &MutationId) -> Result<Option<Receipt>, WriteError> {
        let request = mutation.request();
        self.store
            .read("recall_mutation", move |tx| {
                let request = [request.clone()];
                Box::pin(async move {
                    match idempotency::look_up_many(tx, &request).await?.pop() {
                        Some(Begun::Replay(response)) => Ok(Some(recall::recall(tx, &response).await?)),
                        Some(Begun::New | Begun::Conflict) | None => Ok(None),
                    }
                })
            })
            .await
            .map_err(unavailable)
    }

    /// What `refused` says, unless the same request was done before.
    pub(crate) async fn unless_done_before(&self, id: &MutationId, refused: Fault) -> Result<Outcome, Fault> {
        match self.recall(id).await? {
            Some(receipt) => Ok(Outcome::Logged(Box::new(receipt))),
            None => Err(refused),
        }
    }

    /// Why something may not be dated back to this time, if so.
    pub(crate) fn past_fault(&self, at: DateTime<Utc>) -> Option<String> {
        let is_too_early = at < self.clock.now() - self.bounds.past;
        is_too_early.then(|| format!("must not be more than {} days in the past", self.bounds.past.num_days()))
    }

    /// Why a step may not take effect at this time, if so.
    pub(crate) fn effect_fault(&self, at: Option<DateTime<Utc>>) -> Option<String> {
        let (at, now) = (at?, self.clock.now());
        if let Some(why) = self.past_fault(at) {
            return Some(why);
        }
        if at > now + self.bounds.future {
            return Some(format!("must not be more than {} days in the future", self.bounds.future.num_days()));
        }
        None
    }
}

/// What tells one request from another.
#[derive(Clone, Debug)]
pub(crate) struct MutationId {
    pub(crate) key: idempotency::Key,
    pub(crate) payload: idempotency::PayloadHash,
    pub(crate) origin: Origin,
}

impl MutationId {
    /// What idempotency is asked by.
    pub(crate) fn request(&self) -> (idempotency::Key, idempotency::PayloadHash) {
        (self.key.clone(), self.payload)
    }

    /// The mutation that this request asks for.
    pub(crate) fn wants(self, command: Command) -> Mutation {
        Mutation { command, key: self.key, payload: self.payload, origin: self.origin, is_proved: true }
    }
}

pub(crate) fn unavailable(error: StoreError) -> WriteError {
    match error {
        StoreError::Domain(never) => match never {},
        StoreError::Unavailable(_) | StoreError::Exhausted { .. } | StoreError::CommitUnknown(_) => {
            WriteError::Unavailable(error.to_string())
        }
        StoreError::Database(_) | StoreError::Aborted(_) => WriteError::Internal(error.to_string()),
    }
}

impl From<LogBroken> for WriteError {
    fn from(broken: LogBroken) -> Self {
        Self::LogInconsistent(broken.0)
    }
}
