//! The one signature check for whatever the product signs.

use crate::algorithm::Algorithm;
use crate::key::{Parsed, PublicKey};

/// The signature does not verify. Why is not told: there is nothing that a caller could do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// Verifies a signature over a message, on aws-lc.
///
/// The algorithm must be the one that the key is for. Signatures are as in JWS: 64 bytes for `EdDSA`, `r || s` in
/// 64 bytes for `ES256`, as long as the modulus for RSA.
///
/// For Ed25519 the criterion is RFC 8032 section 5.1.7 without the cofactor: S is below the group order, and the
/// encoding of `[S]B - [k]A` equals R byte for byte. With it go the conditions on A that [`PublicKey::ed25519`] enforces:
/// canonical and not of small order. So a signature whose R is not canonical, or that holds only after multiplication
/// by the cofactor, is refused.
pub fn verify(algorithm: Algorithm, key: &PublicKey, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    let parsed = match (algorithm, &key.parsed) {
        (Algorithm::EdDSA, Parsed::Ed25519(parsed)) if signature.len() == 64 => parsed,
        (Algorithm::Es256, Parsed::P256(parsed)) if signature.len() == 64 => parsed,
        (Algorithm::Rs256, Parsed::Rsa { pkcs1, .. }) => pkcs1,
        (Algorithm::Ps256, Parsed::Rsa { pss, .. }) => pss,
        _ => return Err(BadSignature),
    };
    parsed.verify_sig(message, signature).map_err(|_| BadSignature)
}

#[cfg(test)]
mod tests;
