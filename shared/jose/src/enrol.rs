//! Which public keys may be enrolled to sign certificates, log heads or notes.
//!
//! A key that is enrolled will be relied on for years and by verifiers that are not ours. So only keys are taken about
//! which libraries agree: [`PublicKey`] already refuses points of small order and encodings that are not canonical;
//! here goes the rest.

use curve25519_dalek::edwards::CompressedEdwardsY;

use crate::key::{KeyType, PublicKey};

/// Why a key may not be enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// RSA is accepted in tokens of identity providers only.
    #[error("RSA keys cannot be enrolled; use Ed25519 or P-256")]
    Rsa,
    /// The point has a small-order part, which no honestly made key has; verifiers with and without the cofactor would
    /// disagree about its signatures.
    #[error("the Ed25519 key is outside the prime-order subgroup")]
    MixedOrder,
}

/// Checks a key that a body or an operator wants to enrol.
pub fn check(key: &PublicKey) -> Result<(), EnrolError> {
    match key.key_type() {
        KeyType::Rsa => Err(EnrolError::Rsa),
        KeyType::P256 => Ok(()),
        KeyType::Ed25519 => {
            let in_subgroup = key
                .as_ed25519()
                .and_then(|bytes| CompressedEdwardsY(*bytes).decompress())
                .is_some_and(|point| point.is_torsion_free());
            if in_subgroup { Ok(()) } else { Err(EnrolError::MixedOrder) }
        }
    }
}

#[cfg(test)]
mod tests;
