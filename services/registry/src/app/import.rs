//! Importing a body's back catalogue: many grants, each idempotent for itself.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use greenlane_platform::audit::{AuditRecord, Origin, Outcome as Audited};
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::idempotency::{self, Begun};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::issue::{IssueOrder, Signing};
use super::mutation::{Receipt, WriteError};
use super::recall;
use super::registry::{MutationId, Outcome, Registry, unavailable};
use super::sequencer::Places;
use crate::domain::command::{Command, Refusal};
use crate::domain::content::Content;
use crate::domain::event::sha256;
use crate::domain::names::BodyId;

/// A row, checked as far as it can be for itself.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: MutationId,
    pub(crate) body: BodyId,
    pub(crate) content: Content,
    pub(crate) actor: String,
}

/// A row that is in the registry, or could be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// The revision that includes it; 0 when it was only checked.
    pub(crate) revision: u64,
    /// Whether an earlier import wrote it, or an earlier row is the same.
    pub(crate) already_there: bool,
}

/// What became of a row, or why it is refused.
pub(crate) type Fate = Result<Taken, Fault>;

/// Rows that are signed before others get their turn on this thread.
const TURN: usize = 8;

/// Rows that a trial remembers: more than these are not held against one another.
const REMEMBERED: usize = 1_000_000;

/// What a trial has found good so far: a row that comes again would be there already. By hashes, which are smaller.
#[derive(Debug, Default)]
pub(crate) struct Trial(Mutex<HashMap<u128, u128>>);

impl Trial {
    /// What would become of a row that is good for itself.
    fn take(&self, id: &MutationId) -> Fate {
        let short = |hash: &[u8; 32]| u128::from_be_bytes(std::array::from_fn(|at| hash[at]));
        let (key, payload) = (short(&sha256(&id.key.request_id)), short(&id.payload));
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = seen.len() >= REMEMBERED;
        let already_there = match seen.entry(key) {
            Entry::Occupied(first) if *first.get() != payload => {
                return Err(Fault::request_id_reused(&id.key.request_id));
            }
            Entry::Occupied(_) => true,
            Entry::Vacant(place) => {
                if !full {
                    place.insert(payload);
                }
                false
            }
        };
        Ok(Taken { revision: 0, already_there })
    }
}

/// A turn at what takes a processor: parsing and signing many rows.
pub(crate) struct Turns(Semaphore);

impl Turns {
    /// As many at a time as this runtime has threads: more would only keep everybody else waiting, and each other's rows
    /// out of the processor's caches.
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(tokio::runtime::Handle::current().metrics().num_workers().max(1)))
    }

    /// The next turn, for as long as the permit is held.
    pub(crate) async fn next(&self) -> Option<SemaphorePermit<'_>> {
        self.0.acquire().await.ok()
    }
}

impl Registry {
    /// Writes rows that are not there yet, or in a trial only checks them, in places that were taken for them. The fates
    /// come in the order of the rows; the outer error is one that no single row is to blame for.
    pub(crate) async fn import(
        &self,
        places: &Places<'_>,
        rows: Vec<Row>,
        trial: Option<&Trial>,
    ) -> Result<Vec<Fate>, Fault> {
        // What an earlier attempt wrote is not signed again.
        let begun = self.begun(&rows).await?;
        let turn = self.turns.next().await;
        let mut fates: Vec<Option<Fate>> = Vec::with_capacity(rows.len());
        let (mut positions, mut mutations) = (Vec::new(), Vec::new());
        for (position, (row, begun)) in rows.into_iter().zip(begun).enumerate() {
            if position % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            let Row { id, body, content, actor } = row;
            let fate = match begun {
                Begun::Replay(response) => {
                    let revision = recall::size(&response).map_err(Fault::internal)?;
                    Some(Ok(Taken { revision, already_there: true }))
                }
                Begun::Conflict => Some(Err(Fault::request_id_reused(&id.key.request_id))),
                Begun::New => {
                    let order = IssueOrder { body, content: Arc::new(content), signing: Signing::Newest, actor };
                    match (self.prepare_grant(order.clone()).await, trial) {
                        (Ok(_), Some(trial)) => Some(trial.take(&id)),
                        (Ok(grant), None) => {
                            mutations.push(id.clone().wants(Command::Grant(Box::new(grant))));
                            positions.push((position, order, id));
                            None
                        }
                        (Err(fault), _) => Some(Err(of_the_row(fault)?)),
                    }
                }
            };
            fates.push(fate);
        }
        drop(turn);
        if let Some(why) = self.log.broken() {
            return Err(WriteError::LogInconsistent(why).into());
        }
        for ((position, order, id), receipt) in positions.into_iter().zip(places.submit_all(mutations).await) {
            fates[position] = Some(match self.retried(receipt, order, id).await {
                Ok(taken) => Ok(taken),
                Err(fault) => Err(of_the_row(fault)?),
            });
        }
        fates.into_iter().map(|fate| fate.ok_or_else(|| Fault::internal("a row has no fate"))).collect()
    }

    /// A row that was written; one whose place in the status list went to another is made anew.
    async fn retried(
        &self,
        receipt: Result<Receipt, WriteError>,
        order: IssueOrder,
        id: MutationId,
    ) -> Result<Taken, Fault> {
        let written = |receipt: &Receipt| Taken { revision: receipt.log.size, already_there: receipt.replayed };
        match receipt {
            Ok(receipt) => Ok(written(&receipt)),
            Err(WriteError::Refused(Refusal::StatusIndexTaken)) => match self.grant(order, id, false).await? {
                Outcome::Logged(receipt) => Ok(written(&receipt)),
                Outcome::Checked(_, revision) => Ok(Taken { revision, already_there: false }),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Puts a row that is refused into the audit trail: to the server its call goes on, so it is told of here.
    pub(crate) fn row_refused(&self, origin: &Origin, request_id: &str, fault: &Fault) {
        let record = AuditRecord::new(self.clock.now(), origin, Audited::Refused);
        self.audit.record(record.with_request_id(request_id).with_reason(fault.reason()));
    }

    async fn begun(&self, rows: &[Row]) -> Result<Vec<Begun>, WriteError> {
        let requests: Vec<_> = rows.iter().map(|row| (row.id.key.clone(), row.id.payload)).collect();
        self.store
            .read("look_up_rows", move |tx| {
                let requests = requests.clone();
                Box::pin(async move { Ok(idempotency::look_up_many(tx, &requests).await?) })
            })
            .await
            .map_err(unavailable)
    }
}

/// A fault for which a row is to blame, or else the end of the import.
fn of_the_row(fault: Fault) -> Result<Fault, Fault> {
    match fault.reason() {
        ErrorReason::FieldViolations | ErrorReason::RequestIdReused | ErrorReason::ResourceExists => Ok(fault),
        _ => Err(fault),
    }
}
