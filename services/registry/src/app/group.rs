//! One transaction for a group of mutations.
//!
//! The tree head's row is locked first, so that groups of all replicas follow one another; then idempotency and the
//! state machine are asked again, indices assigned, everything written, the root recomputed from what was just
//! written, the head swapped. Only when this has committed does any caller hear.

use std::collections::HashMap;
use std::sync::Arc;

use greenlane_log::{Appender, Batch, hash_leaf};
use greenlane_platform::audit::{AuditRecord, Outcome};
use greenlane_platform::clock::Clock;
use greenlane_store::idempotency::{self, Answered, Begun};
use greenlane_store::{StoreError, Tx, audit};

use super::log::{LogBroken, LogWriter, read_edge};
use super::mutation::{LogReceipt, Mutation, Receipt, WriteError};
use super::recall::{self, Remembered};
use crate::domain::world::Applied;
use crate::store::log::{self, TreeHead};
use crate::store::world;

/// What became of a group.
#[derive(Debug)]
pub(crate) struct Committed {
    /// One for each mutation, in their order.
    pub(crate) results: Vec<Result<Receipt, WriteError>>,
    /// The size of the log before.
    pub(crate) old_size: u64,
    /// The head after.
    pub(crate) head: TreeHead,
    /// What the new entries are about.
    pub(crate) subjects: Vec<String>,
    /// The right edge after, when it moved.
    pub(crate) edge: Option<Arc<Appender>>,
}

/// Where a mutation of the group stands before anything is written.
enum Fate {
    /// The position among the accepted ones.
    Accepted(usize),
    /// The same request stands earlier in the group.
    SameAs(usize),
    Settled(Box<Result<Receipt, WriteError>>),
}

pub(crate) async fn commit(
    tx: &Tx,
    writer: &LogWriter,
    clock: &Clock,
    group: &[Arc<Mutation>],
) -> Result<Committed, StoreError<LogBroken>> {
    let head = log::lock_head(tx).await?;
    let edge = writer.edge_at(tx, &head).await?;
    // The order of times is the order of the log, whatever the clocks of replicas say.
    let now = clock.now().max(head.signed_at.to_utc());

    let (fates, applied) = decide(tx, group, head.size, now).await?;
    if applied.is_empty() {
        let results = settle(&fates, &[]);
        return Ok(Committed { results, old_size: head.size, head, subjects: Vec::new(), edge: None });
    }

    let leaves: Vec<_> = applied.iter().map(|(_, one)| hash_leaf(&one.leaf)).collect();
    let batch = edge.append(&leaves);
    let new_head = writer.sign(batch.size(), batch.root(), now)?;
    let checkpoint: Arc<str> = new_head.note.as_str().into();
    let receipts = applied
        .iter()
        .enumerate()
        .map(|(offset, (_, one))| receipt(one, head.size + offset as u64, &batch, &checkpoint))
        .collect::<Result<Vec<_>, LogBroken>>()?;

    let (positions, applied): (Vec<usize>, Vec<Applied>) = applied.into_iter().unzip();
    let subjects: Vec<String> = applied.iter().map(|one| world::subject(&one.change).to_owned()).collect();
    let accepted: Vec<&Mutation> = positions.iter().map(|position| group[*position].as_ref()).collect();
    let audited: Vec<AuditRecord> = accepted.iter().map(|mutation| mutation.audit(now, Outcome::Done)).collect();
    let answered: Vec<Answered> = accepted
        .iter()
        .zip(&receipts)
        .map(|(mutation, receipt)| Answered {
            key: mutation.key.clone(),
            payload: mutation.payload,
            response: Remembered::of(receipt).to_bytes(),
        })
        .collect();
    world::save(tx, &applied).await?;
    let entries = applied.into_iter().zip(&subjects).enumerate();
    let entries: Vec<log::NewEntry> = entries
        .map(|(offset, (one, subject))| log::NewEntry {
            index: head.size + offset as u64,
            leaf: one.leaf,
            subject: subject.clone(),
        })
        .collect();
    log::append_entries(tx, entries, now.into()).await?;
    log::write_tiles(tx, batch.tiles()).await?;
    audit::insert(tx, audited).await?;
    idempotency::record_many(tx, answered, now).await?;

    // What a later reader will compute must be what was signed, so it is computed from what was stored.
    read_edge(tx, &new_head).await?;
    log::swap_head(tx, head.size, &new_head).await?;

    let results = settle(&fates, &receipts);
    let edge = Some(Arc::new(batch.into_appender()));
    Ok(Committed { results, old_size: head.size, head: new_head, subjects, edge })
}

/// Asks idempotency and the rules, in the order of the group. Nothing is written yet.
async fn decide(
    tx: &Tx,
    group: &[Arc<Mutation>],
    size: u64,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(Vec<Fate>, Vec<(usize, Applied)>), StoreError<LogBroken>> {
    let requests: Vec<_> = group.iter().map(|mutation| (mutation.key.clone(), mutation.payload)).collect();
    let begun = idempotency::look_up_many(tx, &requests).await?;
    let fresh = group.iter().zip(&begun).filter(|(_, begun)| matches!(begun, Begun::New));
    let mut world = world::load(tx, fresh.map(|(mutation, _)| &mutation.command)).await?;

    let mut fates = Vec::with_capacity(group.len());
    let mut applied: Vec<(usize, Applied)> = Vec::with_capacity(group.len());
    let mut accepted: HashMap<&idempotency::Key, usize> = HashMap::new();
    for (position, (mutation, begun)) in group.iter().zip(begun).enumerate() {
        let reused = || Fate::Settled(Box::new(Err(WriteError::RequestIdReused(mutation.key.request_id.clone()))));
        let fate = match (begun, accepted.get(&mutation.key)) {
            (Begun::Conflict, _) => reused(),
            (Begun::Replay(response), _) => Fate::Settled(Box::new(Ok(recall::recall(tx, &response).await?))),
            (Begun::New, Some(earlier)) if group[applied[*earlier].0].payload != mutation.payload => reused(),
            (Begun::New, Some(earlier)) => Fate::SameAs(*earlier),
            (Begun::New, None) => match world.apply(&mutation.command, size + applied.len() as u64, now) {
                Ok(one) => {
                    accepted.insert(&mutation.key, applied.len());
                    applied.push((position, one));
                    Fate::Accepted(applied.len() - 1)
                }
                Err(refusal) => Fate::Settled(Box::new(Err(refusal.into()))),
            },
        };
        fates.push(fate);
    }
    Ok((fates, applied))
}

fn settle(fates: &[Fate], receipts: &[Receipt]) -> Vec<Result<Receipt, WriteError>> {
    let settle = |fate: &Fate| match fate {
        Fate::Accepted(accepted) => Ok(receipts[*accepted].clone()),
        Fate::SameAs(accepted) => Ok(Receipt { replayed: true, ..receipts[*accepted].clone() }),
        Fate::Settled(result) => result.as_ref().clone(),
    };
    fates.iter().map(settle).collect()
}

fn receipt(one: &Applied, index: u64, batch: &Batch, checkpoint: &Arc<str>) -> Result<Receipt, LogBroken> {
    let hashes = batch.inclusion_proof(index).map_err(|error| LogBroken(error.to_string()))?;
    let log =
        LogReceipt { index, size: batch.size(), hashes, checkpoint: Arc::clone(checkpoint), leaf: one.leaf.clone() };
    Ok(Receipt { done: one.done.clone(), log, replayed: false })
}
