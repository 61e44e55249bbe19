//! Keys of notes: a name, a type of signature, an Ed25519 key, and the identifier made of all three.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use greenlane_jose::{Algorithm, PublicKey, SignError, Signer, enrol, sha256_of, verify};

use super::NoteSignature;
use crate::cosignature;

/// What a signature says, by the byte that signed-note assigns to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureType {
    /// 0x01: Ed25519 over the text.
    Ed25519,
    /// 0x04: a witness's cosignature of a checkpoint, with a time (tlog-cosignature v1).
    CosignatureV1,
}

impl SignatureType {
    /// The byte that stands for it in key identifiers and verifier keys.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::CosignatureV1 => 4,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Ed25519),
            4 => Some(Self::CosignatureV1),
            _ => None,
        }
    }
}

/// Why a name or key of a note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteKeyError {
    /// Empty, or with a space, a plus sign or a control character.
    #[error("a key name is not empty and has no spaces, plus signs or control characters")]
    Name,
    /// Not `name+id+key`, or the identifier is not the key's.
    #[error("not a verifier key")]
    Malformed,
    /// Another type of signature than those of this product.
    #[error("a type of signature that is not supported")]
    Type,
    /// The key is not an Ed25519 key that may be enrolled.
    #[error("not an Ed25519 key that may be enrolled")]
    Key,
}

/// The name of a key; by custom a URL without its scheme.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Checks a name.
    pub fn new(name: impl Into<String>) -> Result<Self, NoteKeyError> {
        let name = name.into();
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.len() > Self::MAX_BYTES || name.chars().any(forbidden) {
            return Err(NoteKeyError::Name);
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that signatures on notes are verified with. Shown and parsed as a verifier key, `name+id+key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: KeyName,
    signature_type: SignatureType,
    key: PublicKey,
    key_id: [u8; 4],
}

impl NoteKey {
    /// A key under a name, for one type of signature.
    pub fn new(name: KeyName, signature_type: SignatureType, key: PublicKey) -> Result<Self, NoteKeyError> {
        let bytes = *key.as_ed25519().ok_or(NoteKeyError::Key)?;
        enrol::check(&key).map_err(|_| NoteKeyError::Key)?;
        let [a, b, c, d, ..] = sha256_of([name.as_str().as_bytes(), &[b'\n', signature_type.byte()], &bytes]);
        Ok(Self { name, signature_type, key, key_id: [a, b, c, d] })
    }

    /// The name.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// What its signatures say.
    pub fn signature_type(&self) -> SignatureType {
        self.signature_type
    }

    /// The key itself.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The short identifier.
    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// Verifies a signature over the text of a note; gives the time in it, if its type has one.
    pub(crate) fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, greenlane_jose::BadSignature> {
        match self.signature_type {
            SignatureType::Ed25519 => verify(Algorithm::EdDSA, &self.key, text.as_bytes(), signature).map(|()| None),
            SignatureType::CosignatureV1 => cosignature::verify_v1(&self.key, text, signature).map(Some),
        }
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ed25519().expect("a note key is Ed25519");
        let mut encoded = vec![self.signature_type.byte()];
        encoded.extend_from_slice(key);
        write!(f, "{}+{}+{}", self.name, hex::encode(self.key_id), STANDARD.encode(encoded))
    }
}

impl FromStr for NoteKey {
    type Err = NoteKeyError;

    fn from_str(text: &str) -> Result<Self, NoteKeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(key_id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteKeyError::Malformed);
        };
        let encoded = STANDARD.decode(encoded).map_err(|_| NoteKeyError::Malformed)?;
        let (type_byte, key) = encoded.split_first().ok_or(NoteKeyError::Malformed)?;
        let signature_type = SignatureType::from_byte(*type_byte).ok_or(NoteKeyError::Type)?;
        let key = PublicKey::ed25519(key).map_err(|_| NoteKeyError::Key)?;
        let read = Self::new(KeyName::new(name)?, signature_type, key)?;
        if hex::encode(read.key_id) == key_id { Ok(read) } else { Err(NoteKeyError::Malformed) }
    }
}

/// A key that signs notes, under a name.
#[derive(Clone, Debug)]
pub struct NoteSigner {
    key: NoteKey,
    signer: Arc<dyn Signer>,
}

impl NoteSigner {
    /// Signs notes (type Ed25519) with a signer, which must hold an Ed25519 key.
    pub fn new(name: KeyName, signer: Arc<dyn Signer>) -> Result<Self, NoteKeyError> {
        let key = NoteKey::new(name, SignatureType::Ed25519, signer.public_key().clone())?;
        Ok(Self { key, signer })
    }

    /// The key that others verify with.
    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    /// The key, for what is no note: whoever signs with it makes sure that it cannot be read as one.
    pub fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }

    /// Signs the text of a note.
    pub fn sign(&self, text: &str) -> Result<NoteSignature, SignError> {
        let signature = self.signer.sign(text.as_bytes())?;
        Ok(NoteSignature { name: self.key.name.clone(), key_id: self.key.key_id, signature })
    }
}
