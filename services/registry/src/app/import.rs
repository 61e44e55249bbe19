//! Importing a body's back catalogue: many grants, each idempotent for itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use greenlane_platform::audit::{AuditRecord, Origin, Outcome as Audited};
use greenlane_platform::fault::{ErrorReason, Fault};
use greenlane_store::idempotency::{self, Begun};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::issue::{IssueOrder, Signing};
use super::mutation::{Mutation, Receipt, WriteError};
use super::recall;
use super::registry::{MutationId, Outcome, Registry, unavailable};
use super::sequencer::Places;
use crate::domain::command::{Command, Refusal};
use crate::domain::content::Content;
use crate::domain::names::BodyId;
use greenlane_jose::sha256;

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
    /// Whether it came to be there in the course of this import.
    pub(crate) since_it_began: bool,
}

impl Taken {
    /// A row that this import wrote.
    fn new_at(revision: u64) -> Self {
        Self { revision, already_there: false, since_it_began: false }
    }
}

/// What became of a row, or why it is refused.
pub(crate) type Fate = Result<Taken, Fault>;

/// Rows that are signed before others get their turn on this thread.
const TURN: usize = 8;

/// Rows that a trial remembers: more than these are not held against one another. So many fill a table that would
/// double its size for one more.
const REMEMBERED: usize = 917_504;

/// Rows that all trials of this process together remember: about 27 MB.
const REMEMBERED_BY_ALL: usize = 2_000_000;

/// Rows that a trial takes of that at a time.
const SHARE: usize = 1_024;

/// What trials may remember together.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    shares: Arc<Semaphore>,
    most_of_one: usize,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self::of(REMEMBERED_BY_ALL / SHARE, REMEMBERED)
    }

    fn of(shares: usize, most_of_one: usize) -> Self {
        Self { shares: Arc::new(Semaphore::new(shares)), most_of_one }
    }
}

/// What a trial has found good so far: a row that comes again would be there already.
#[derive(Debug)]
pub(crate) struct Trial {
    memory: Memory,
    seen: Mutex<Seen>,
}

/// How the rows of an import are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way<'t> {
    /// Written. What the log has beyond this size was written since the import began. Its rows are taken for new until one
    /// was there already: from then on each is looked up before it is signed. So is the rest of those that are taken
    /// together when one cannot be signed.
    Write { began_at: u64, is_repeated: &'t AtomicBool },
    /// Only checked.
    Try(&'t Trial),
}

/// Parts of the hashes of rows, of twelve bytes each. Of a million request ids no two are the same in the first eight
/// bytes but once in thirty million imports; and of one that comes again with something else that is noticed but once in
/// four thousand million.
#[derive(Debug, Default)]
struct Seen {
    rows: HashMap<[u32; 2], u32>,
    shares: Vec<OwnedSemaphorePermit>,
    forgotten: u64,
}

impl Seen {
    /// Whether one more may be remembered.
    fn has_room(&mut self, memory: &Memory) -> bool {
        if self.rows.len() == self.shares.len() * SHARE {
            self.shares.extend(Arc::clone(&memory.shares).try_acquire_owned().ok());
        }
        self.rows.len() < memory.most_of_one.min(self.shares.len() * SHARE)
    }
}

impl Way<'_> {
    /// A row that is there already, and came to be so at this revision.
    fn there(self, revision: u64) -> Taken {
        let since_it_began = match self {
            Self::Write { began_at, is_repeated } => {
                is_repeated.store(true, Ordering::Relaxed);
                revision > began_at
            }
            Self::Try(_) => false,
        };
        Taken { revision, already_there: true, since_it_began }
    }

    /// What becomes of a row whose request was found to have been done before, or its id to be another request's.
    fn before(self, id: &MutationId, found: Option<Begun>) -> Result<Option<Fate>, Fault> {
        match found {
            Some(Begun::Replay(response)) => {
                let revision = recall::size(&response).map_err(Fault::internal)?;
                Ok(Some(Ok(self.there(revision))))
            }
            Some(Begun::Conflict) => Ok(Some(Err(Fault::request_id_reused(id.key.request_id())))),
            Some(Begun::New) | None => Ok(None),
        }
    }
}

impl Trial {
    pub(crate) fn new(memory: Memory) -> Self {
        Self { memory, seen: Mutex::default() }
    }

    /// What would become of a row that is good for itself.
    fn take(&self, request_id: &str, payload: &idempotency::PayloadHash) -> Fate {
        let part = |hash: &[u8; 32], at: usize| u32::from_be_bytes(std::array::from_fn(|byte| hash[at * 4 + byte]));
        let id = sha256(request_id);
        let (key, payload) = ([part(&id, 0), part(&id, 1)], part(payload, 0));
        let mut seen = self.seen();
        let already_there = match seen.rows.get(&key) {
            Some(first) if *first != payload => return Err(Fault::request_id_reused(request_id)),
            Some(_) => true,
            None => {
                if seen.has_room(&self.memory) {
                    seen.rows.insert(key, payload);
                } else {
                    seen.forgotten += 1;
                }
                false
            }
        };
        Ok(Taken { revision: 0, already_there, since_it_began: already_there })
    }

    /// Rows that were found good, and are not remembered: whether one of them comes again is not told.
    pub(crate) fn forgotten(&self) -> u64 {
        self.seen().forgotten
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub(crate) async fn import(&self, places: &Places<'_>, rows: Vec<Row>, way: Way<'_>) -> Result<Vec<Fate>, Fault> {
        let mut begun = match way {
            Way::Write { is_repeated, .. } if !is_repeated.load(Ordering::Relaxed) => None,
            // What an earlier attempt wrote is not signed again.
            Way::Write { .. } | Way::Try(_) => {
                Some(self.begun(rows.iter().map(|row| row.id.request()).collect()).await?)
            }
        };
        let turn = self.turns.next().await;
        let mut fates: Vec<Option<Fate>> = Vec::with_capacity(rows.len());
        let (mut positions, mut mutations) = (Vec::new(), Vec::new());
        let mut rest = rows.into_iter();
        while let Some(Row { id, body, content, actor }) = rest.next() {
            let position = fates.len();
            if position % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            if let Some(fate) = way.before(&id, begun.as_mut().and_then(Iterator::next))? {
                fates.push(Some(fate));
                continue;
            }
            let signing = match way {
                Way::Write { .. } => Signing::Newest,
                Way::Try(_) => Signing::Trial,
            };
            let order = IssueOrder { body, content: Arc::new(content), signing, actor };
            let fate = match (self.prepare_grant(order.clone()).await, way) {
                (Ok(_), Way::Try(trial)) => Some(trial.take(id.key.request_id(), &id.payload)),
                (Ok(grant), Way::Write { .. }) => {
                    let mutation = id.clone().wants(Command::Grant(Box::new(grant)));
                    mutations.push(Mutation { is_proved: false, ..mutation });
                    positions.push((position, order, id));
                    None
                }
                (Err(fault), _) if begun.is_some() => Some(Err(of_the_row(fault)?)),
                // It may have been done before, and its key retired since: so may the rest.
                (Err(fault), _) => {
                    let mut requests = vec![id.request()];
                    requests.extend(rest.as_slice().iter().map(|row| row.id.request()));
                    let found = begun.insert(self.begun(requests).await?).next();
                    match way.before(&id, found)? {
                        Some(fate) => Some(fate),
                        None => Some(Err(of_the_row(fault)?)),
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
            fates[position] = Some(match self.retried(receipt, order, id, way).await {
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
        way: Way<'_>,
    ) -> Result<Taken, Fault> {
        let written = |receipt: &Receipt| {
            let size = receipt.log.size;
            if receipt.replayed { way.there(size) } else { Taken::new_at(size) }
        };
        match receipt {
            Ok(receipt) => Ok(written(&receipt)),
            Err(WriteError::Refused(Refusal::StatusIndexTaken)) => match self.grant(order, id, false).await? {
                Outcome::Logged(receipt) => Ok(written(&receipt)),
                Outcome::Checked(_, revision) => Ok(Taken::new_at(revision)),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Puts a row that is refused into the audit trail: to the server its call goes on, so it is told of here.
    pub(crate) fn row_refused(&self, origin: &Origin, request_id: &str, fault: &Fault) {
        let record = AuditRecord::new(self.clock.now(), origin, Audited::Refused);
        self.audit.record(record.with_request_id(request_id).with_reason(fault.reason()));
    }

    /// What is known of these requests, in their order.
    async fn begun(
        &self,
        requests: Vec<(idempotency::Key, idempotency::PayloadHash)>,
    ) -> Result<std::vec::IntoIter<Begun>, WriteError> {
        let begun = self
            .store
            .read("look_up_rows", move |tx| {
                let requests = requests.clone();
                Box::pin(async move { Ok(idempotency::look_up_many(tx, &requests).await?) })
            })
            .await
            .map_err(unavailable)?;
        Ok(begun.into_iter())
    }
}

/// A fault for which a row is to blame, or else the end of the import.
fn of_the_row(fault: Fault) -> Result<Fault, Fault> {
    match fault.reason() {
        ErrorReason::FieldViolations | ErrorReason::RequestIdReused | ErrorReason::ResourceExists => Ok(fault),
        _ => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What became of a row: whether it was there already, or is refused.
    fn fate(trial: &Trial, request_id: &str, payload: u8) -> Option<bool> {
        trial.take(request_id, &[payload; 32]).ok().map(|taken| taken.already_there)
    }

    #[test]
    fn a_trial_says_how_many_rows_it_does_not_remember() {
        let trial = Trial::new(Memory::of(1, 2));
        assert_eq!([fate(&trial, "a", 1), fate(&trial, "b", 2), fate(&trial, "c", 3)], [Some(false); 3]);
        assert_eq!(trial.forgotten(), 1);
        assert_eq!([fate(&trial, "a", 1), fate(&trial, "b", 1)], [Some(true), None]);
        assert_eq!((fate(&trial, "c", 4), trial.forgotten()), (Some(false), 2), "of the third nothing is known");
    }

    #[test]
    fn all_trials_together_remember_no_more_than_one_bound() {
        let memory = Memory::of(2, REMEMBERED);
        let (one, other) = (Trial::new(memory.clone()), Trial::new(memory));
        for row in 0..SHARE + 1 {
            fate(&one, &format!("row-{row}"), 1);
        }
        assert_eq!((one.forgotten(), fate(&other, "row-1", 1), other.forgotten()), (0, Some(false), 1));
        drop(one);
        assert_eq!(
            (fate(&other, "row-2", 1), other.forgotten()),
            (Some(false), 1),
            "what one remembered is free again"
        );
    }
}
