//! Checkpoints (C2SP tlog-checkpoint): a signed statement of a log's size and root.

use greenlane_jose::SignError;

use crate::cosignature::Cosignature;
use crate::hash::Hash;
use crate::note::{Note, NoteError, NoteKey, NoteSigner, SignatureType};
use crate::tile::decimal;

/// The size and root of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log. By custom a URL without its scheme; the log's key has the same name.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash,
    /// Further lines, opaque here.
    pub extensions: Vec<String>,
}

/// The text is not that of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: it takes an origin, a decimal size and a base64 root hash, one a line")]
pub struct CheckpointError;

/// Why a signed checkpoint is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The note is malformed, or a known key's signature is bad.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not that of a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is another log's.
    #[error("the checkpoint is of the log {0:?}")]
    Origin(String),
    /// The log itself did not sign.
    #[error("the log's own signature is missing")]
    Unsigned,
}

/// A checkpoint whose log signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What the log states.
    pub checkpoint: Checkpoint,
    /// The known witnesses that cosigned.
    pub cosignatures: Vec<Cosignature>,
    /// The note that it came in.
    pub note: Note,
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    pub fn new(origin: impl Into<String>, size: u64, root: Hash) -> Self {
        Self { origin: origin.into(), size, root, extensions: Vec::new() }
    }

    /// The text of the note, with its final newline.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads the text of a note: at least three lines, none of them empty.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError)?.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(CheckpointError);
        let origin = line()?.to_owned();
        let size = decimal(line()?).ok_or(CheckpointError)?;
        let root = line()?.parse().map_err(|_| CheckpointError)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(CheckpointError);
        }
        Ok(Self { origin, size, root, extensions })
    }

    /// Signs the checkpoint as the log.
    ///
    /// # Errors
    /// When the signer fails, or when an origin or extension line would not survive the format.
    pub fn sign(&self, signer: &NoteSigner) -> Result<Note, SignError> {
        let text = self.to_text();
        if Self::parse(&text).as_ref() != Ok(self) {
            return Err(SignError::new("the checkpoint's lines must be single and not empty"));
        }
        let mut note = Note::new(text).map_err(|error| SignError::new(error.to_string()))?;
        note.sign(signer)?;
        Ok(note)
    }

    /// Reads a signed checkpoint of the log that has this key. The origin must be the name of the key. Cosignatures of
    /// these witnesses are verified and listed, those of others ignored.
    pub fn open(bytes: &[u8], log: &NoteKey, witnesses: &[NoteKey]) -> Result<SignedCheckpoint, OpenError> {
        let note = Note::parse(bytes)?;
        let mut keys = vec![log.clone()];
        keys.extend(witnesses.iter().filter(|key| key.signature_type() == SignatureType::CosignatureV1).cloned());
        let verified = note.verify(&keys)?;
        if !verified.iter().any(|signature| &signature.name == log.name() && signature.key_id == log.key_id()) {
            return Err(OpenError::Unsigned);
        }
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin != log.name().as_str() {
            return Err(OpenError::Origin(checkpoint.origin));
        }
        let cosignatures = verified
            .into_iter()
            .filter_map(|signature| {
                let timestamp_seconds = signature.timestamp_seconds?;
                Some(Cosignature { witness: signature.name, key_id: signature.key_id, timestamp_seconds })
            })
            .collect();
        Ok(SignedCheckpoint { checkpoint, cosignatures, note })
    }
}

#[cfg(test)]
mod tests;
