//! Public keys: a value of [`PublicKey`] is well formed, on its curve, and not weak.

use std::fmt;
use std::hash::{Hash, Hasher};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use curve25519_dalek::edwards::CompressedEdwardsY;
use serde_json::{Value, json};

use crate::{b64, canonical, sha256};

/// What kind of key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Edwards curve 25519 (JWK `OKP`, `Ed25519`).
    Ed25519,
    /// NIST P-256 (JWK `EC`, `P-256`).
    P256,
    /// RSA of 2048 to 8192 bits (JWK `RSA`), for tokens only.
    Rsa,
}

/// Why key material is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes have the wrong length for this type of key.
    #[error("the key has the wrong length")]
    Length,
    /// Not the encoding of a point of the curve.
    #[error("the key is not a point of its curve")]
    NotOnCurve,
    /// An encoding that other libraries read as another key, or not at all (RFC 8032 section 5.1.3).
    #[error("the key is not in its canonical encoding")]
    NotCanonical,
    /// A point of small order: signatures for it can be made without a secret.
    #[error("the key is a point of small order")]
    SmallOrder,
    /// RSA outside 2048 to 8192 bits, or with an even or improper exponent.
    #[error("an RSA key needs 2048 to 8192 bits and an odd exponent from 3 to 2^32")]
    RsaParameters,
}

/// A public key that signatures can be verified with. Cheap to clone is not promised: share it by `Arc` or reference.
///
/// Equality and hash are those of the key material.
#[derive(Clone)]
pub struct PublicKey {
    material: Material,
    pub(crate) parsed: Parsed,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Material {
    Ed25519([u8; 32]),
    /// Uncompressed SEC 1 point: 0x04, x, y.
    P256([u8; 65]),
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

/// The parsed form, so that verifying does not parse anew.
#[derive(Clone)]
pub(crate) enum Parsed {
    Ed25519(ParsedPublicKey),
    P256(ParsedPublicKey),
    Rsa { pkcs1: ParsedPublicKey, pss: ParsedPublicKey },
}

impl PublicKey {
    /// An Ed25519 key from its 32 bytes (RFC 8032 section 5.1.5).
    ///
    /// Libraries disagree about small-order points and non-canonical encodings; such keys never come to be.
    pub fn ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Length)?;
        let point = CompressedEdwardsY(bytes).decompress().ok_or(KeyError::NotOnCurve)?;
        if point.compress().0 != bytes {
            return Err(KeyError::NotCanonical);
        }
        if point.is_small_order() {
            return Err(KeyError::SmallOrder);
        }
        let parsed = ParsedPublicKey::new(&ED25519, bytes).map_err(|_| KeyError::NotOnCurve)?;
        Ok(Self { material: Material::Ed25519(bytes), parsed: Parsed::Ed25519(parsed) })
    }

    /// A P-256 key from its affine coordinates, 32 bytes each, big-endian.
    pub fn p256(x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        if x.len() != 32 || y.len() != 32 {
            return Err(KeyError::Length);
        }
        let mut point = [4; 65];
        point[1..33].copy_from_slice(x);
        point[33..].copy_from_slice(y);
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| KeyError::NotOnCurve)?;
        Ok(Self { material: Material::P256(point), parsed: Parsed::P256(parsed) })
    }

    /// A P-256 key from its uncompressed SEC 1 point: 0x04, x, y.
    pub fn p256_uncompressed(point: &[u8]) -> Result<Self, KeyError> {
        match point {
            [4, coordinates @ ..] if coordinates.len() == 64 => Self::p256(&coordinates[..32], &coordinates[32..]),
            _ => Err(KeyError::Length),
        }
    }

    /// An RSA key from its modulus and public exponent, big-endian without leading zeros.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let bits = |bytes: &[u8]| match bytes.first() {
            None | Some(0) => 0,
            Some(first) => bytes.len() * 8 - first.leading_zeros() as usize,
        };
        let odd = |bytes: &[u8]| bytes.last().is_some_and(|last| last % 2 == 1);
        let proper_exponent = (2..=32).contains(&bits(exponent)) && odd(exponent);
        if !(2048..=8192).contains(&bits(modulus)) || !odd(modulus) || !proper_exponent {
            return Err(KeyError::RsaParameters);
        }
        let components = RsaPublicKeyComponents { n: modulus, e: exponent };
        let parse = |algorithm| components.to_parsed_public_key(algorithm).map_err(|_| KeyError::RsaParameters);
        let parsed = Parsed::Rsa { pkcs1: parse(&RSA_PKCS1_2048_8192_SHA256)?, pss: parse(&RSA_PSS_2048_8192_SHA256)? };
        Ok(Self { material: Material::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() }, parsed })
    }

    /// What kind of key it is.
    pub fn key_type(&self) -> KeyType {
        match self.material {
            Material::Ed25519(_) => KeyType::Ed25519,
            Material::P256(_) => KeyType::P256,
            Material::Rsa { .. } => KeyType::Rsa,
        }
    }

    /// The 32 bytes of an Ed25519 key; nothing for other types.
    pub fn as_ed25519(&self) -> Option<&[u8; 32]> {
        match &self.material {
            Material::Ed25519(bytes) => Some(bytes),
            Material::P256(_) | Material::Rsa { .. } => None,
        }
    }

    /// The uncompressed point (0x04, x, y) of a P-256 key; nothing for other types.
    pub fn as_p256(&self) -> Option<&[u8; 65]> {
        match &self.material {
            Material::P256(point) => Some(point),
            Material::Ed25519(_) | Material::Rsa { .. } => None,
        }
    }

    /// The public members of the key as a JWK object: `kty` and the members that RFC 7638 hashes, nothing else.
    pub fn to_jwk_value(&self) -> Value {
        match &self.material {
            Material::Ed25519(bytes) => json!({"kty": "OKP", "crv": "Ed25519", "x": b64::encode(bytes)}),
            Material::P256(point) => json!({
                "kty": "EC", "crv": "P-256", "x": b64::encode(&point[1..33]), "y": b64::encode(&point[33..]),
            }),
            Material::Rsa { modulus, exponent } => {
                json!({"kty": "RSA", "n": b64::encode(modulus), "e": b64::encode(exponent)})
            }
        }
    }

    /// The RFC 7638 thumbprint: base64url of the SHA-256 of the canonical public members.
    pub fn thumbprint(&self) -> String {
        let members = canonical::to_vec(&self.to_jwk_value()).expect("a JWK of strings is canonical");
        b64::encode(sha256(members))
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.material == other.material
    }
}

impl Eq for PublicKey {}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.material.hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?} {})", self.key_type(), self.thumbprint())
    }
}

#[cfg(test)]
mod tests;
