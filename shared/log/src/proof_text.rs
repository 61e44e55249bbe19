//! Proofs that verify offline (C2SP tlog-proof): index, inclusion proof and checkpoint in one text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{Checkpoint, OpenError, SignedCheckpoint};
use crate::hash::Hash;
use crate::note::{MAX_NOTE_BYTES, NoteKey};
use crate::tile::decimal;
use crate::verify::{ProofError, verify_inclusion};

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A tree of 64-bit size has no longer inclusion proof.
const MAX_HASHES: usize = 64;

/// An offline proof that an entry is in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofText {
    /// Opaque data for the application. Nothing authenticates it.
    pub extra: Option<Vec<u8>>,
    /// The index of the entry.
    pub index: u64,
    /// The inclusion proof, leaf's sibling first.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

/// Why a proof text proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofTextError {
    /// Not in the format.
    #[error("not a {HEADER} text")]
    Malformed,
    /// The checkpoint is refused.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] OpenError),
    /// The entry is not in the tree of the checkpoint.
    #[error("inclusion: {0}")]
    Inclusion(#[from] ProofError),
}

impl ProofText {
    /// Writes the proof.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", STANDARD.encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.hashes {
            text.push_str(&format!("{hash}\n"));
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a proof. The checkpoint is not looked at before [`verify`](Self::verify).
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofTextError> {
        Self::read(bytes).ok_or(ProofTextError::Malformed)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > 2 * MAX_NOTE_BYTES {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return None;
        }
        let mut line = lines.next()?;
        let mut extra = None;
        if let Some(encoded) = line.strip_prefix("extra ") {
            extra = Some(STANDARD.decode(encoded).ok()?);
            line = lines.next()?;
        }
        let index = decimal(line.strip_prefix("index ")?)?;
        let hashes = lines.map(|line| line.parse().ok()).collect::<Option<Vec<Hash>>>()?;
        (hashes.len() <= MAX_HASHES).then(|| Self { extra, index, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Verifies that the leaf is in the log that has this key, and tells in which tree and who witnessed it.
    pub fn verify(
        &self,
        leaf: &Hash,
        log: &NoteKey,
        witnesses: &[NoteKey],
    ) -> Result<SignedCheckpoint, ProofTextError> {
        let signed = Checkpoint::open(self.checkpoint.as_bytes(), log, witnesses)?;
        verify_inclusion(leaf, self.index, signed.checkpoint.size, &self.hashes, &signed.checkpoint.root)?;
        Ok(signed)
    }
}

#[cfg(test)]
mod tests;
