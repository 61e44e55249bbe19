//! The signature algorithms that are accepted, and no others.

use std::fmt;
use std::str::FromStr;

use crate::key::KeyType;

/// A JWS signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// Ed25519. Ed448 also goes by this name in JOSE and is not accepted.
    EdDSA,
    /// ECDSA on P-256 with SHA-256, signature as `r || s`.
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256. For tokens only.
    Rs256,
    /// RSA-PSS with SHA-256. For tokens only.
    Ps256,
}

/// The name is not one of the four accepted algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature algorithm is not one of EdDSA, ES256, RS256, PS256")]
pub struct UnknownAlgorithm;

impl Algorithm {
    /// Every accepted algorithm.
    pub const ALL: [Self; 4] = [Self::EdDSA, Self::Es256, Self::Rs256, Self::Ps256];

    /// The name in JOSE headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    /// The type of key that makes and checks such signatures.
    pub const fn key_type(self) -> KeyType {
        match self {
            Self::EdDSA => KeyType::Ed25519,
            Self::Es256 => KeyType::P256,
            Self::Rs256 | Self::Ps256 => KeyType::Rsa,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == name).ok_or(UnknownAlgorithm)
    }
}
