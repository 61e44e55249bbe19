//! Cosignatures of this log's checkpoints by its witnesses, and what they reveal.
//!
//! A checkpoint that this log's own key has signed and that its tree contradicts is proof of a fork or of a database
//! that lost entries: it is kept, and nothing is signed any more, here or by any replica that starts on this database.

use std::sync::Arc;

use greenlane_log::note::NoteKey;
use greenlane_log::{Checkpoint, OpenError, SignedCheckpoint};
use greenlane_platform::clock::Clock;
use greenlane_store::idempotency::{self, Answered, Begun};
use greenlane_store::{Micros, Store, StoreError};

use super::cosigned::Cosigned;
use super::log::{LogBroken, LogWriter};
use super::mutation::WriteError;
use super::registry::MutationId;
use crate::store::cosign::{self, StoredCosignature};
use crate::store::log;

/// Takes cosignatures.
pub(crate) struct Cosigner {
    pub(crate) store: Store,
    pub(crate) log: Arc<LogWriter>,
    pub(crate) clock: Clock,
    /// The witnesses that count.
    pub(crate) witnesses: Vec<NoteKey>,
    /// Told of what is taken.
    pub(crate) cosigned: Arc<Cosigned>,
}

/// Why a cosignature is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CosignError {
    /// Not a cosigned checkpoint of this log: why.
    #[error("{0}")]
    Note(String),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What a note holds.
struct Read {
    signed: SignedCheckpoint,
    taken: Vec<StoredCosignature>,
    text: String,
}

impl Cosigner {
    /// Takes the cosignatures of a note. Gives the first of them.
    pub(crate) async fn take(
        &self,
        note: &str,
        id: Option<MutationId>,
        validate_only: bool,
    ) -> Result<StoredCosignature, CosignError> {
        let read = Arc::new(self.read(note)?);
        let first = read.taken.first().cloned();
        let first = first.ok_or_else(|| CosignError::Note("has no signature of a witness known here".to_owned()))?;
        let now = self.clock.now();
        let outcome = self
            .store
            .write("take_cosignature", move |tx| {
                let (read, id) = (Arc::clone(&read), id.clone());
                Box::pin(async move {
                    let checkpoint = &read.signed.checkpoint;
                    let head = log::lock_head(tx).await?;
                    if let Some(id) = &id {
                        let request = [(id.key.clone(), id.payload)];
                        match idempotency::look_up_many(tx, &request).await?.pop() {
                            Some(Begun::Conflict) => return Ok(Taken::Reused(id.key.request_id().to_owned())),
                            Some(Begun::Replay(_)) => return Ok(Taken::Done),
                            Some(Begun::New) | None => {}
                        }
                    }
                    let same =
                        checkpoint.size <= head.size && cosign::root_at(tx, checkpoint.size).await? == checkpoint.root;
                    if !same {
                        cosign::accuse(tx, checkpoint.size, &read.text, now.into()).await?;
                        return Ok(Taken::Contradicted { size: checkpoint.size, ours: head.size });
                    }
                    if validate_only {
                        return Ok(Taken::Done);
                    }
                    for cosignature in &read.taken {
                        cosign::add(tx, cosignature).await?;
                    }
                    if let Some(MutationId { key, payload, .. }) = id {
                        let answered = Answered { key, payload, response: Vec::new() };
                        idempotency::record_many(tx, vec![answered], now).await?;
                    }
                    Ok(Taken::Done)
                })
            })
            .await
            .map_err(super::registry::unavailable)?;
        match outcome {
            Taken::Done => {
                self.cosigned.taken();
                Ok(first)
            }
            Taken::Reused(id) => Err(WriteError::RequestIdReused(id).into()),
            Taken::Contradicted { size, ours } => {
                let broken = contradiction(size, ours);
                self.log.stop_signing(&broken);
                Err(WriteError::from(broken).into())
            }
        }
    }

    /// A witness says that it has cosigned a tree of this log that is larger than ours.
    pub(crate) fn overtaken(&self, witness: &str, size: u64, ours: u64) {
        let broken = LogBroken(format!(
            "the witness {witness} has cosigned a tree of {size} entries of this log, which has {ours}: entries were lost"
        ));
        self.log.stop_signing(&broken);
    }

    /// A witness has cosigned another tree of a size that this log has passed.
    pub(crate) fn forked(&self, witness: &str, size: u64) {
        let broken =
            LogBroken(format!("the witness {witness} has cosigned another tree of {size} entries: the log has forked"));
        self.log.stop_signing(&broken);
    }

    fn read(&self, note: &str) -> Result<Read, CosignError> {
        let refuse = |why: &dyn std::fmt::Display| CosignError::Note(why.to_string());
        let signed = Checkpoint::open(note.as_bytes(), self.log.verifier_key(), &self.witnesses)
            .map_err(|error: OpenError| refuse(&error))?;
        let taken = signed.cosignatures.iter().filter_map(|cosignature| {
            let known = |key: &&NoteKey| key.name() == &cosignature.witness && key.key_id() == cosignature.key_id;
            let key = self.witnesses.iter().find(known)?;
            let line = signed.note.signatures().iter();
            let mut line = line.filter(|one| one.name == cosignature.witness && one.key_id == cosignature.key_id);
            let seconds = i64::try_from(cosignature.timestamp_seconds).ok()?;
            let signed_at = chrono::DateTime::from_timestamp(seconds, 0)?;
            Some(StoredCosignature {
                size: signed.checkpoint.size,
                key: key.to_string(),
                witness: cosignature.witness.to_string(),
                signed_at: Micros::from(signed_at),
                line: line.next()?.to_line(),
            })
        });
        let taken = taken.collect();
        Ok(Read { taken, text: note.to_owned(), signed })
    }
}

enum Taken {
    Done,
    Reused(String),
    Contradicted { size: u64, ours: u64 },
}

fn contradiction(size: u64, ours: u64) -> LogBroken {
    if size > ours {
        LogBroken(format!("a witness knows a tree of {size} entries that this log signed; it has {ours}"))
    } else {
        LogBroken(format!("a witness knows another tree of {size} entries that this log signed: the log has forked"))
    }
}

/// Why nothing may be signed on this database with this key, as far as evidence that was kept tells. Evidence against a
/// log that was ended is none against the one that took its place.
pub(crate) async fn accused(store: &Store, key: &NoteKey) -> Result<Option<LogBroken>, StoreError> {
    let (notes, ours) = store
        .read("read_evidence", |tx| Box::pin(async move { Ok((cosign::evidence(tx).await?, log::size(tx).await?)) }))
        .await?;
    let signed = notes.iter().find_map(|note| Checkpoint::open(note.as_bytes(), key, &[]).ok());
    Ok(signed.map(|signed| contradiction(signed.checkpoint.size, ours)))
}
