//! The answer to a request that was done before: the same as the first time.
//!
//! A certificate's answer is rebuilt from its history, which is never changed; of a body, a key or what is said of a
//! body, which later steps change in place, the record itself is kept; of a write-off also what it left.

use std::sync::Arc;

use greenlane_log::Hash;
use greenlane_store::Tx;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::mutation::{LogReceipt, Receipt};
use crate::domain::body::Body;
use crate::domain::certificate::Snapshot;
use crate::domain::command::Done;
use crate::domain::key::Key;
use crate::domain::statement::Statement;
use crate::domain::write_off_command::WrittenOff;
use crate::store::{corrupt, list, log, trace as trace_rows};

/// What is kept of an answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// Index of the entry.
    index: u64,
    /// Size of the tree that the proof was for.
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Body>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Key>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    statement: Option<Box<Statement>>,
    /// The answer is the event of a product's life at the index.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    trace: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written_off: Option<Box<WrittenOff>>,
    /// Fields were forgotten.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
    /// Something was heard of a dispute.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    contested: bool,
    /// A published revision was recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    published: bool,
}

impl Remembered {
    pub(crate) fn of(receipt: &Receipt) -> Self {
        let (mut body, mut key, mut statement, mut written_off) = (None, None, None, None);
        match &receipt.done {
            Done::Body(done) => body = Some(done.clone()),
            Done::Key(done) => key = Some(done.clone()),
            Done::Statement(done) => statement = Some(done.clone()),
            Done::WriteOff(done) => written_off = Some(done.clone()),
            Done::Certificate(_) | Done::Trace(_) | Done::Erased | Done::Contested | Done::Published | Done::Known => {}
        }
        Self {
            index: receipt.log.index,
            size: receipt.log.size,
            body,
            key,
            statement,
            trace: matches!(receipt.done, Done::Trace(_)),
            written_off,
            erased: matches!(receipt.done, Done::Erased),
            contested: matches!(receipt.done, Done::Contested),
            published: matches!(receipt.done, Done::Published),
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers and records of texts are JSON")
    }
}

/// The size of the tree that the answer was proved in.
pub(crate) fn size(response: &[u8]) -> Result<u64, DbErr> {
    let remembered: Remembered = serde_json::from_slice(response).map_err(|_| corrupt("answer"))?;
    Ok(remembered.size)
}

/// What is told of an answer that was given then, and is not to be proved.
pub(crate) fn known(response: &[u8]) -> Result<Receipt, DbErr> {
    let Remembered { index, size, .. } = serde_json::from_slice(response).map_err(|_| corrupt("answer"))?;
    let log = LogReceipt { index, size, hashes: Vec::new(), checkpoint: "".into(), leaf: Vec::new() };
    Ok(Receipt { done: Done::Known, log, replayed: true })
}

/// The answer that was given then.
pub(crate) async fn recall(tx: &Tx, response: &[u8]) -> Result<Receipt, DbErr> {
    let remembered: Remembered = serde_json::from_slice(response).map_err(|_| corrupt("answer"))?;
    let Remembered { index, size, body, key, statement, trace, written_off, erased, contested, published } = remembered;
    let done = match (body, key, statement) {
        (_, _, _) if written_off.is_some() => Done::WriteOff(written_off.ok_or_else(|| corrupt("answer"))?),
        (Some(body), _, _) => Done::Body(body),
        (None, Some(key), _) => Done::Key(key),
        (None, None, Some(statement)) => Done::Statement(statement),
        (None, None, None) if trace => {
            let event = trace_rows::by_index(tx, &[index].into()).await?.pop();
            Done::Trace(Box::new(event.ok_or_else(|| corrupt("trace event"))?))
        }
        (None, None, None) if erased => Done::Erased,
        (None, None, None) if contested => Done::Contested,
        (None, None, None) if published => Done::Published,
        (None, None, None) => Done::Certificate(Arc::new(snapshot_at(tx, index).await?)),
    };
    let log = proof(tx, index, size).await?;
    Ok(Receipt { done, log, replayed: true })
}

/// The certificate as it was right after the event at this index.
async fn snapshot_at(tx: &Tx, index: u64) -> Result<Snapshot, DbErr> {
    let number = list::number_of_event(tx, index).await?.ok_or_else(|| corrupt("event"))?;
    let known = list::certificate(tx, &number).await?.ok_or_else(|| corrupt("certificate"))?;
    let mut snapshot = known.snapshot();
    snapshot.events.retain(|event| event.log_index <= index);
    let version = snapshot.events.last().map(|event| event.version).ok_or_else(|| corrupt("event"))?;
    let shown = known.versions.into_iter().find(|row| row.version == version);
    snapshot.version = shown.ok_or_else(|| corrupt("version"))?;
    Ok(snapshot)
}

/// The proof that the entry is in the tree of `size` leaves, with the checkpoint that was signed for that size.
pub(crate) async fn proof(tx: &Tx, index: u64, size: u64) -> Result<LogReceipt, DbErr> {
    proofs(tx, &[index], size).await?.pop().ok_or_else(|| corrupt("entry"))
}

/// As [`proof`], of many entries in a few queries, in their order.
pub(crate) async fn proofs(tx: &Tx, indices: &[u64], size: u64) -> Result<Vec<LogReceipt>, DbErr> {
    let hashes = log::inclusion_proofs(tx, indices, size).await?;
    let (checkpoint, _) = log::checkpoint(tx, size).await?.ok_or_else(|| corrupt("checkpoint"))?;
    let checkpoint: Arc<str> = checkpoint.into();
    let leaves = log::leaves(tx, indices).await?;
    let receipt = |(index, hashes): (&u64, Vec<Hash>)| {
        let leaf = leaves.get(index).cloned().ok_or_else(|| corrupt("entry"))?;
        Ok(LogReceipt { index: *index, size, hashes, checkpoint: Arc::clone(&checkpoint), leaf })
    };
    indices.iter().zip(hashes).map(receipt).collect()
}
