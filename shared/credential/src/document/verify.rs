//! Reading and verifying in one call.

use greenlane_jose::PublicKey;

use super::facts::Certificate;
use super::read::{DocumentError, KeyReference, Presented};

/// Why a document that reads well is not authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The issuer has no such key, as far as the resolver knows.
    UnknownKey,
    /// The signature does not verify with the key.
    BadSignature,
}

/// What became of a document that reads well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What the document states. To be believed only without findings.
    pub certificate: Certificate,
    /// The key that is said to have signed.
    pub key: KeyReference,
    /// Why it is not authentic; empty if it is.
    pub findings: Vec<Finding>,
}

impl Verified {
    /// Whether the signature was verified with a known key. Whether that key was valid at the time, and whether the
    /// certificate is in force, are other questions.
    pub fn is_authentic(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Reads a document and verifies its signature with the key that the resolver has for it.
pub fn verify_document(
    text: &str,
    resolve: impl FnOnce(&KeyReference) -> Option<PublicKey>,
) -> Result<Verified, DocumentError> {
    let presented = Presented::read(text)?;
    let findings = match resolve(presented.key()) {
        None => vec![Finding::UnknownKey],
        Some(key) if presented.verify(&key).is_err() => vec![Finding::BadSignature],
        Some(_) => Vec::new(),
    };
    let key = presented.key().clone();
    Ok(Verified { certificate: presented.into_certificate(), key, findings })
}
