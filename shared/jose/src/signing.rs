//! Keys that sign: held in memory, or behind [`Signer`] in a device of their own.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsBigEndian as _, Curve25519SeedBin, EcPrivateKeyBin};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Map, Value};
use zeroize::{Zeroize as _, Zeroizing};

use crate::algorithm::Algorithm;
use crate::jwk::{self, JwkError, MAX_KID_BYTES};
use crate::key::PublicKey;
use crate::{b64, canonical, json};

/// A private JWK of ours is a few hundred bytes.
const MAX_FILE_BYTES: u64 = 16 * 1024;

/// Something that signs: a key in memory ([`SigningKey`]), or a session with a device (PKCS #11, a cloud key service).
///
/// `sign` may block while a device works, so call it where blocking is allowed. A device's implementation looks its key
/// up once and keeps the public key and identifier beside the session.
pub trait Signer: Send + Sync + fmt::Debug {
    /// The algorithm of the signatures.
    fn algorithm(&self) -> Algorithm;

    /// The public key that verifies them.
    fn public_key(&self) -> &PublicKey;

    /// The identifier of the key.
    fn kid(&self) -> &str;

    /// Signs a message. The signature has the form of JWS: 64 bytes for both Ed25519 and P-256.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// The signature could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signing failed: {0}")]
pub struct SignError(String);

impl SignError {
    /// A failure with the operator's text, which must hold no secret.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Why a file with a private key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("key file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner may read or write the file.
    #[error("key file {path} has mode {mode:03o}; only its owner may have access (chmod 600)")]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The content is not a private JWK for Ed25519 or P-256.
    #[error("key file {path}: {source}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: JwkError,
    },
}

/// A private key in memory, for Ed25519 or ES256. aws-lc wipes the secret when it is dropped.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
    kid: String,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl SigningKey {
    /// A new Ed25519 key whose identifier is its thumbprint.
    pub fn generate_ed25519() -> Self {
        let pair = Ed25519KeyPair::generate().expect("aws-lc makes an Ed25519 key, or the process has no randomness");
        Self::from_pair(Pair::Ed25519(pair)).expect("a generated key is a proper key")
    }

    /// A new P-256 key whose identifier is its thumbprint.
    pub fn generate_es256() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .expect("aws-lc makes a P-256 key, or the process has no randomness");
        Self::from_pair(Pair::P256(pair)).expect("a generated key is a proper key")
    }

    /// The same key under another identifier.
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = kid.into();
        self
    }

    /// Reads a private JWK (RFC 7517 with the `d` of RFC 7518 or RFC 8037). The public members must match the secret.
    pub fn from_private_jwk(text: &[u8]) -> Result<Self, JwkError> {
        let mut members = json::parse_object(text, 4)?;
        let read = Self::from_private_members(&members);
        wipe(&mut members);
        read
    }

    fn from_private_members(members: &Map<String, Value>) -> Result<Self, JwkError> {
        let public = jwk::public_key(members)?;
        let secret = b64::decode(jwk::required_text(members, "d")?).map_err(|_| JwkError::Member("d"))?;
        let secret = Zeroizing::new(secret);
        if secret.len() != 32 {
            return Err(JwkError::Member("d"));
        }
        let pair = match public.key_type() {
            crate::KeyType::Ed25519 => {
                let bytes = public.as_ed25519().expect("the type was just matched");
                Pair::Ed25519(
                    Ed25519KeyPair::from_seed_and_public_key(&secret, bytes).map_err(|_| JwkError::Member("d"))?,
                )
            }
            crate::KeyType::P256 => {
                let point = public.as_p256().expect("the type was just matched");
                Pair::P256(
                    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &secret, point)
                        .map_err(|_| JwkError::Member("d"))?,
                )
            }
            crate::KeyType::Rsa => return Err(JwkError::Unsupported("kty")),
        };
        let key = Self::from_pair(pair)?;
        match members.get("kid") {
            None => Ok(key),
            Some(Value::String(kid)) if !kid.is_empty() && kid.len() <= MAX_KID_BYTES => Ok(key.with_kid(kid.clone())),
            Some(_) => Err(JwkError::Member("kid")),
        }
    }

    fn from_pair(pair: Pair) -> Result<Self, JwkError> {
        let public = match &pair {
            Pair::Ed25519(pair) => PublicKey::ed25519(pair.public_key().as_ref())?,
            Pair::P256(pair) => PublicKey::p256_uncompressed(pair.public_key().as_ref())?,
        };
        let kid = public.thumbprint();
        Ok(Self { pair, public, kid })
    }

    /// The private JWK as text, wiped when dropped.
    pub fn to_private_jwk(&self) -> Zeroizing<String> {
        let secret: Zeroizing<Vec<u8>> = Zeroizing::new(match &self.pair {
            Pair::Ed25519(pair) => {
                let seed = pair.seed().expect("an Ed25519 key in memory has its seed");
                let bytes: Curve25519SeedBin<'_> = seed.as_be_bytes().expect("a seed is 32 bytes");
                bytes.as_ref().to_vec()
            }
            Pair::P256(pair) => {
                let bytes: EcPrivateKeyBin<'_> =
                    pair.private_key().as_be_bytes().expect("a P-256 key in memory has its scalar");
                bytes.as_ref().to_vec()
            }
        });
        let mut value = jwk::Jwk { key: self.public.clone(), kid: Some(self.kid.clone()), algorithm: None }.to_value();
        let members = value.as_object_mut().expect("a JWK is an object");
        members.insert("d".to_owned(), b64::encode(&*secret).into());
        let text = Zeroizing::new(canonical::to_string(&Value::Object(members.clone())).expect("strings only"));
        wipe(members);
        text
    }

    /// Reads a key file. It must be readable by its owner alone.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Mode { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(Vec::with_capacity(1024));
        file.take(MAX_FILE_BYTES).read_to_end(&mut text).map_err(io)?;
        Self::from_private_jwk(&text).map_err(|source| KeyFileError::Content { path: path.to_owned(), source })
    }

    /// Writes a new key file with mode 0600, durably. It appears whole: another process that shares the folder never reads
    /// half a key. An existing file is never replaced.
    pub fn save(&self, path: &Path) -> Result<(), KeyFileError> {
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // For the owner alone from the start, and gone when anything fails.
        let mut file = tempfile::Builder::new().prefix(".key-").tempfile_in(directory).map_err(io)?;
        file.write_all(self.to_private_jwk().as_bytes()).map_err(io)?;
        file.write_all(b"\n").map_err(io)?;
        file.as_file().sync_all().map_err(io)?;
        file.persist_noclobber(path).map_err(|error| io(error.error))?;
        // The name must survive a crash too, or a key that signed things is gone.
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(io)
    }

    /// The public key with its identifier and algorithm.
    pub fn to_public_jwk(&self) -> jwk::Jwk {
        jwk::Jwk { key: self.public.clone(), kid: Some(self.kid.clone()), algorithm: Some(self.algorithm()) }
    }
}

impl Signer for SigningKey {
    fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Ed25519(_) => Algorithm::EdDSA,
            Pair::P256(_) => Algorithm::Es256,
        }
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn kid(&self) -> &str {
        &self.kid
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = match &self.pair {
            Pair::Ed25519(pair) => pair.try_sign(message),
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message),
        };
        signature.map(|signature| signature.as_ref().to_vec()).map_err(|_| SignError::new("aws-lc refused"))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("secret", &"***").finish_non_exhaustive()
    }
}

/// Overwrites the secret member of a JWK that was read or is about to be dropped.
fn wipe(members: &mut Map<String, Value>) {
    if let Some(Value::String(secret)) = members.get_mut("d") {
        secret.zeroize();
    }
}

#[cfg(test)]
mod tests;
