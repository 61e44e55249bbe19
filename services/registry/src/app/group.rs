//! One transaction for a group of mutations.
//!
//! The tree head's row is locked first, so that groups of all replicas follow one another; then the state machine is asked
//! again, and idempotency when anything gives reason to; indices are assigned, everything written, the root recomputed
//! from what was just written, the head swapped. Only when this has committed does any caller hear.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_log::{Appender, Batch, hash_leaf};
use greenlane_platform::audit::Outcome;
use greenlane_platform::clock::Clock;
use greenlane_store::bulk::Inserts;
use greenlane_store::idempotency::{self, Answered, Begun};
use greenlane_store::{StoreError, Tx, audit};
use sea_orm::DbErr;

use super::log::{LogBroken, LogWriter, read_edge};
use super::mutation::{LogReceipt, Mutation, Receipt, WriteError};
use super::recall::{self, Remembered};
use crate::domain::world::{Applied, Change, Novelty, Parties};
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
    /// Whether any of it was found, when all was looked up, to have been done before, or its id to be another request's.
    pub(crate) is_repeated: bool,
    /// What the next group on top of this one need not read, when there is anything new.
    pub(crate) moved: Option<Moved>,
}

/// What is known at a head.
#[derive(Debug)]
pub(crate) struct Moved {
    /// The right edge.
    pub(crate) edge: Arc<Appender>,
    /// Bodies and keys; none when the group changed any.
    pub(crate) parties: Option<Arc<Parties>>,
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
    novelty: Novelty,
) -> Result<Committed, StoreError<LogBroken>> {
    let head = log::lock_head(tx).await?;
    let edge = writer.edge_at(tx, &head).await?;
    // The order of times is the order of the log, whatever the clocks of replicas say.
    let now = clock.now().max(head.signed_at.to_utc());

    let held = writer.parties_at(&head);
    let Decided { fates, applied, parties, is_repeated } = decide(tx, group, head.size, now, &held, novelty).await?;
    if applied.is_empty() {
        writer.check_unmarked(&head)?;
        let results = settle(fates, Vec::new());
        let subjects = Vec::new();
        return Ok(Committed { results, old_size: head.size, head, subjects, is_repeated, moved: None });
    }

    let leaves: Vec<_> = applied.iter().map(|(_, one)| hash_leaf(&one.leaf)).collect();
    let batch = edge.append(&leaves);
    let new_head = writer.sign(batch.size(), batch.root(), now)?;
    let checkpoint: Arc<str> = new_head.note.as_str().into();
    let receipts = applied
        .iter()
        .enumerate()
        .map(|(offset, (position, one))| {
            let index = head.size + offset as u64;
            receipt(one, index, group[*position].is_proved.then_some(&batch), batch.size(), &checkpoint)
        })
        .collect::<Result<Vec<_>, LogBroken>>()?;

    let (positions, applied): (Vec<usize>, Vec<Applied>) = applied.into_iter().unzip();
    let subjects: Vec<String> = applied.iter().map(|one| world::subject(&one.change).to_owned()).collect();
    let accepted: Vec<&Mutation> = positions.iter().map(|position| group[*position].as_ref()).collect();
    let new =
        New { accepted: &accepted, applied: &applied, subjects: &subjects, receipts: &receipts, from: head.size, now };
    let mut next = new.rows(0);
    for first in (0..applied.len()).step_by(TOGETHER) {
        // While the database writes these rows, the next are made.
        let (inserts, answered) = next;
        let written = idempotency::record_with(tx, inserts, answered, now);
        let (written, made) = futures_util::join!(written, async { new.rows(first + TOGETHER) });
        written?;
        next = made;
    }
    world::save(tx, &applied).await?;
    log::write_tiles(tx, batch.tiles()).await?;

    // What a later reader will compute must be what was signed, so it is computed from what was stored.
    read_edge(tx, &new_head).await?;
    log::swap_head(tx, head.size, &new_head).await?;

    let results = settle(fates, receipts);
    let moved = Some(Moved { edge: Arc::new(batch.into_appender()), parties: parties.map(Arc::new) });
    Ok(Committed { results, old_size: head.size, head: new_head, subjects, is_repeated, moved })
}

/// Mutations whose rows are sent to the database together.
const TOGETHER: usize = 256;

/// What a group adds.
struct New<'g> {
    accepted: &'g [&'g Mutation],
    applied: &'g [Applied],
    subjects: &'g [String],
    receipts: &'g [Receipt],
    /// The index of the first entry.
    from: u64,
    now: DateTime<Utc>,
}

impl New<'_> {
    /// The rows of some mutations, from the first of them on, and what is kept of their answers.
    fn rows(&self, first: usize) -> (Inserts, Vec<Answered>) {
        let some = first.min(self.applied.len())..(first + TOGETHER).min(self.applied.len());
        let mut inserts = Inserts::default();
        let applied = &self.applied[some.clone()];
        world::add_rows(&mut inserts, applied);
        let entries = applied.iter().zip(some.clone()).map(|(one, offset)| log::NewEntry {
            index: self.from + offset as u64,
            leaf: one.leaf.clone(),
            subject: self.subjects[offset].clone(),
        });
        log::add_entries(&mut inserts, entries, self.now.into());
        let accepted = &self.accepted[some.clone()];
        audit::add(&mut inserts, accepted.iter().map(|mutation| mutation.audit(self.now, Outcome::Done)));
        let answered = accepted.iter().zip(&self.receipts[some]).map(|(mutation, receipt)| Answered {
            key: mutation.key.clone(),
            payload: mutation.payload,
            response: Remembered::of(receipt).to_bytes(),
        });
        (inserts, answered.collect())
    }
}

/// What is to be written of a group.
struct Decided {
    fates: Vec<Fate>,
    /// What is accepted, with its place in the group.
    applied: Vec<(usize, Applied)>,
    /// Bodies and keys; none when the group changes any.
    parties: Option<Parties>,
    /// As told of the group that is committed.
    is_repeated: bool,
}

/// Asks idempotency and the rules, in the order of the group. Nothing is written yet.
async fn decide(
    tx: &Tx,
    group: &[Arc<Mutation>],
    size: u64,
    now: DateTime<Utc>,
    held: &Parties,
    novelty: Novelty,
) -> Result<Decided, StoreError<LogBroken>> {
    let begun = match novelty {
        Novelty::Assumed => vec![Begun::New; group.len()],
        Novelty::LookedUp => idempotency::look_up_many(tx, &requests(group.iter())).await?,
    };
    let is_repeated = begun.iter().any(|begun| !matches!(begun, Begun::New));
    let fresh = group.iter().zip(&begun).filter(|(_, begun)| matches!(begun, Begun::New));
    let mut world = world::load(tx, fresh.map(|(mutation, _)| &mutation.command), held, novelty).await?;

    let mut fates = Vec::with_capacity(group.len());
    let mut applied: Vec<(usize, Applied)> = Vec::with_capacity(group.len());
    let mut accepted: HashMap<&idempotency::Key, usize> = HashMap::new();
    let mut refused = Vec::new();
    for (position, (mutation, begun)) in group.iter().zip(begun).enumerate() {
        let fate = match (begun, accepted.get(&mutation.key)) {
            (Begun::Conflict, _) => reused(mutation),
            (Begun::Replay(response), _) => again(tx, mutation, &response).await?,
            (Begun::New, Some(earlier)) if group[applied[*earlier].0].payload != mutation.payload => reused(mutation),
            (Begun::New, Some(earlier)) => Fate::SameAs(*earlier),
            (Begun::New, None) => match world.apply(&mutation.command, size + applied.len() as u64, now) {
                Ok(one) => {
                    accepted.insert(&mutation.key, applied.len());
                    applied.push((position, one));
                    Fate::Accepted(applied.len() - 1)
                }
                Err(refusal) => {
                    refused.push(position);
                    Fate::Settled(Box::new(Err(refusal.into())))
                }
            },
        };
        fates.push(fate);
    }
    if novelty == Novelty::Assumed {
        // What the rules refuse now they may have allowed before.
        let asked = requests(refused.iter().map(|position| &group[*position]));
        let begun = idempotency::look_up_many(tx, &asked).await?;
        for (position, begun) in refused.into_iter().zip(begun) {
            match begun {
                Begun::New => {}
                Begun::Conflict => fates[position] = reused(&group[position]),
                Begun::Replay(response) => fates[position] = again(tx, &group[position], &response).await?,
            }
        }
    }
    let changes = |one: &Applied| matches!(one.change, Change::Body(_) | Change::Key(_) | Change::OfBody(_));
    let same = !applied.iter().any(|(_, one)| changes(one));
    let mut parties = Parties { bodies: world.bodies, keys: world.keys };
    if held.bodies.len() < MOST_HELD && held.keys.len() < MOST_HELD {
        held.bodies.iter().for_each(|(id, body)| _ = parties.bodies.entry(id.clone()).or_insert_with(|| body.clone()));
        held.keys.iter().for_each(|(id, key)| _ = parties.keys.entry(id.clone()).or_insert_with(|| key.clone()));
    }
    Ok(Decided { fates, applied, parties: same.then_some(parties), is_repeated })
}

fn requests<'g>(
    mutations: impl Iterator<Item = &'g Arc<Mutation>>,
) -> Vec<(idempotency::Key, idempotency::PayloadHash)> {
    mutations.map(|mutation| (mutation.key.clone(), mutation.payload)).collect()
}

/// Of a request id that was used for something else.
fn reused(mutation: &Mutation) -> Fate {
    Fate::Settled(Box::new(Err(WriteError::RequestIdReused(mutation.key.request_id().to_owned()))))
}

/// Of what was done before.
async fn again(tx: &Tx, mutation: &Mutation, response: &[u8]) -> Result<Fate, DbErr> {
    let receipt = if mutation.is_proved { recall::recall(tx, response).await? } else { recall::known(response)? };
    Ok(Fate::Settled(Box::new(Ok(receipt))))
}

/// Bodies or keys that are held from group to group before they are read anew: all of an economy are read where a name
/// is looked for, and are not to be copied with every group from then on.
const MOST_HELD: usize = 100;

fn settle(fates: Vec<Fate>, receipts: Vec<Receipt>) -> Vec<Result<Receipt, WriteError>> {
    let mut repeated: HashMap<usize, Receipt> = HashMap::new();
    for fate in &fates {
        if let Fate::SameAs(accepted) = fate {
            repeated.entry(*accepted).or_insert_with(|| Receipt { replayed: true, ..receipts[*accepted].clone() });
        }
    }
    let mut receipts: Vec<Option<Receipt>> = receipts.into_iter().map(Some).collect();
    let lost = || WriteError::Internal("a receipt was given twice".to_owned());
    let settle = |fate| match fate {
        Fate::Accepted(accepted) => receipts[accepted].take().ok_or_else(lost),
        Fate::SameAs(accepted) => repeated.get(&accepted).cloned().ok_or_else(lost),
        Fate::Settled(result) => *result,
    };
    fates.into_iter().map(settle).collect()
}

/// The receipt of an entry of a tree of this size, proved by the batch that made it if there is one.
fn receipt(
    one: &Applied,
    index: u64,
    proved_by: Option<&Batch>,
    size: u64,
    checkpoint: &Arc<str>,
) -> Result<Receipt, LogBroken> {
    let (hashes, leaf) = match proved_by {
        Some(batch) => {
            let hashes = batch.inclusion_proof(index).map_err(|error| LogBroken(error.to_string()))?;
            (hashes, one.leaf.clone())
        }
        None => (Vec::new(), Vec::new()),
    };
    let log = LogReceipt { index, size, hashes, checkpoint: Arc::clone(checkpoint), leaf };
    Ok(Receipt { done: one.done.clone(), log, replayed: false })
}
