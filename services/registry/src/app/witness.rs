//! Witnessing the logs of others (C2SP tlog-witness): a checkpoint is cosigned when it continues the one before.

use std::sync::Arc;

use greenlane_jose::Signer;
use greenlane_log::note::{KeyName, NoteKey};
use greenlane_log::{Checkpoint, Hash, OpenError, cosign, empty_root, verify_consistency};
use greenlane_platform::clock::Clock;
use greenlane_store::{Store, StoreError};

use crate::store::cosign::{self as rows, Witnessed};

/// The longest request that is read.
pub(crate) const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// A tree of 64-bit size has no longer consistency proof.
const MAX_HASHES: usize = 63;

/// Cosigns the checkpoints of these logs.
pub(crate) struct Witness {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) name: KeyName,
    pub(crate) signer: Arc<dyn Signer>,
    /// What cosignatures are verified with.
    pub(crate) key: NoteKey,
    pub(crate) logs: Vec<NoteKey>,
}

/// The answer to `add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// 200: signature lines.
    Cosigned(String),
    /// 400.
    Malformed,
    /// 403: no signature of a key that is trusted for the origin.
    Unsigned,
    /// 404: the origin is not witnessed here.
    UnknownLog,
    /// 409: the size that was cosigned last.
    Conflict(u64),
    /// 422: the proof does not prove it.
    NotProved,
}

struct Request {
    old: u64,
    proof: Vec<Hash>,
    note: Vec<u8>,
}

fn parse(body: &[u8]) -> Option<Request> {
    let text = std::str::from_utf8(body).ok()?;
    let (head, note) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    let old = lines.next()?.strip_prefix("old ")?;
    let size: u64 = old.parse().ok()?;
    if size.to_string() != old {
        return None;
    }
    let proof = lines.map(|line| line.parse().ok()).collect::<Option<Vec<Hash>>>()?;
    (proof.len() <= MAX_HASHES).then(|| Request { old: size, proof, note: note.as_bytes().to_vec() })
}

impl Witness {
    /// Answers `add-checkpoint`. What was cosigned last is remembered before the answer is given.
    pub(crate) async fn add_checkpoint(&self, body: &[u8]) -> Result<Reply, StoreError> {
        let Some(request) = parse(body) else { return Ok(Reply::Malformed) };
        let text = String::from_utf8_lossy(&request.note);
        let origin = text.split('\n').next().unwrap_or_default().to_owned();
        let Some(log) = self.logs.iter().find(|log| log.name().as_str() == origin) else {
            return Ok(Reply::UnknownLog);
        };
        let signed = match Checkpoint::open(&request.note, log, &[]) {
            Ok(signed) => signed,
            Err(OpenError::Unsigned | OpenError::Note(_) | OpenError::Origin(_) | OpenError::Checkpoint(_)) => {
                return Ok(Reply::Unsigned);
            }
        };
        let checkpoint = signed.checkpoint.clone();
        if request.old > checkpoint.size {
            return Ok(Reply::Malformed);
        }
        let at = self.clock.now();
        let new = Witnessed { size: checkpoint.size, root: checkpoint.root };
        let (old, proof) = (request.old, Arc::new(request.proof));
        let refused = self
            .store
            .write("witness_checkpoint", move |tx| {
                let (origin, new, proof) = (origin.clone(), new.clone(), Arc::clone(&proof));
                Box::pin(async move {
                    let before = rows::witnessed(tx, &origin).await?;
                    let refused = judge(before.as_ref(), old, &new, &proof);
                    if refused.is_none() && before.as_ref() != Some(&new) {
                        rows::witness(tx, &origin, before.as_ref(), &new, at.into()).await?;
                    }
                    Ok(refused)
                })
            })
            .await?;
        if let Some(reply) = refused {
            tracing::warn!(origin = %checkpoint.origin, size = checkpoint.size, ?reply, "a checkpoint is not cosigned");
            return Ok(reply);
        }
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        match cosign(&self.name, self.signer.as_ref(), signed.note.text(), seconds) {
            Ok(signature) => Ok(Reply::Cosigned(signature.to_line())),
            Err(error) => Err(StoreError::Aborted(error.to_string())),
        }
    }
}

/// Why a checkpoint is not cosigned, given the one that was cosigned last.
fn judge(before: Option<&Witnessed>, old: u64, new: &Witnessed, proof: &[Hash]) -> Option<Reply> {
    let known = before.map_or(0, |before| before.size);
    if old != known {
        return Some(Reply::Conflict(known));
    }
    let Some(before) = before.filter(|before| before.size > 0) else {
        let empty = new.size == 0 && new.root != empty_root();
        return (empty || !proof.is_empty()).then_some(Reply::NotProved);
    };
    if before.size == new.size {
        return if before.root != new.root {
            Some(Reply::Conflict(known))
        } else {
            (!proof.is_empty()).then_some(Reply::NotProved)
        };
    }
    let proved = verify_consistency(before.size, &before.root, new.size, &new.root, proof);
    proved.is_err().then_some(Reply::NotProved)
}

#[cfg(test)]
mod tests;
