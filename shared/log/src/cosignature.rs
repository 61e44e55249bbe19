//! Witnesses' cosignatures of checkpoints (C2SP tlog-cosignature, Ed25519 v1).

use greenlane_jose::{Algorithm, BadSignature, PublicKey, SignError, Signer, verify};

use crate::note::{KeyName, NoteKey, NoteSignature, SignatureType};

/// The largest time that a cosignature may carry.
const MAX_TIMESTAMP: u64 = i64::MAX as u64;

/// A witness's statement that, at a time, this was the largest tree of the log that it had seen, and consistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The name of the witness.
    pub witness: KeyName,
    /// The short identifier of its key.
    pub key_id: [u8; 4],
    /// When, in seconds since 1970.
    pub timestamp_seconds: u64,
}

/// Cosigns the text of a checkpoint as a witness. The key must be an Ed25519 key that nothing else is signed with.
pub fn cosign(
    witness: &KeyName,
    signer: &dyn Signer,
    checkpoint_text: &str,
    timestamp_seconds: u64,
) -> Result<NoteSignature, SignError> {
    let refused = |error: &dyn std::fmt::Display| SignError::new(error.to_string());
    let key = NoteKey::new(witness.clone(), SignatureType::CosignatureV1, signer.public_key().clone())
        .map_err(|error| refused(&error))?;
    if timestamp_seconds > MAX_TIMESTAMP {
        return Err(SignError::new("the time is out of range"));
    }
    let mut signature = timestamp_seconds.to_be_bytes().to_vec();
    signature.extend(signer.sign(message(checkpoint_text, timestamp_seconds).as_bytes())?);
    Ok(NoteSignature { name: witness.clone(), key_id: key.key_id(), signature })
}

/// Verifies a cosignature and gives its time.
pub(crate) fn verify_v1(key: &PublicKey, text: &str, signature: &[u8]) -> Result<u64, BadSignature> {
    let (timestamp, signature) = signature.split_first_chunk::<8>().ok_or(BadSignature)?;
    let timestamp = u64::from_be_bytes(*timestamp);
    if timestamp > MAX_TIMESTAMP {
        return Err(BadSignature);
    }
    verify(Algorithm::EdDSA, key, message(text, timestamp).as_bytes(), signature)?;
    Ok(timestamp)
}

fn message(text: &str, timestamp: u64) -> String {
    format!("cosignature/v1\ntime {timestamp}\n{text}")
}

#[cfg(test)]
mod tests;
