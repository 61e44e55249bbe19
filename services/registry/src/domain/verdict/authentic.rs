//! Is it genuine?

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Finding, Outcome, Part, unknown_certificate};
use crate::domain::key::{Key, KeyStanding};

/// What was found about a version's document when it was read from the store: signature and hash were checked then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stored {
    /// The signature is by the key that the record names, and the bytes hash to what the log names.
    Sound,
    SignatureInvalid,
    HashMismatch,
    /// The document states something else than the record, by which goods and days are judged.
    Contradicted,
}

impl Stored {
    /// What is wrong with it.
    pub(crate) fn finding(self) -> Option<Finding> {
        let (code, message) = match self {
            Self::Sound => return None,
            Self::SignatureInvalid => {
                ("signature_invalid", "The stored document's signature is not by the key it names.")
            }
            Self::HashMismatch => ("document_not_logged", "The stored document is not the one that the log names."),
            Self::Contradicted => (
                "record_contradicts_document",
                "The registry's record is not what the document states that the log names.",
            ),
        };
        Some(Finding::new(code, message))
    }
}

/// What the signature of a document that the log does not name is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// It is by the key that it names.
    Valid,
    Invalid,
    /// The key that it names is not registered for the body.
    KeyUnknown,
}

/// What facts lack of what was presented, where somebody who has later facts may have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// A certificate of this number.
    Number,
    /// The certificate of a document that a key of its body has signed.
    Certificate,
    /// The same of a version of a certificate that they have.
    Version,
    /// The key that signed.
    Key,
    /// The key that signed a copy of a version that they have.
    KeyOfCopy,
    /// The body that it names.
    Body,
}

/// What was presented, held against what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// A number only: the registry's own copy is judged.
    Number,
    /// The very document that the log names.
    Logged,
    /// Another document than the log names. `foreign` when it names another body than the one on record as its issuer;
    /// `newer` is what later facts may have of it, and none when nothing can come that makes it good.
    Altered { signature: Signature, foreign: bool, newer: Option<Lacking> },
    /// A document that states what the one that the log names does, in another profile, signed by a key of the body.
    /// When it was signed cannot be proved: a key that was ever compromised is worth nothing.
    Restated { is_compromised: bool },
    /// Not a document at all.
    Malformed { reason: String },
}

/// The version that is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) stored: Stored,
    /// The key that the record names, as known at the revision; none when it is not registered.
    pub(crate) key: Option<&'a Key>,
    /// When the log recorded the version: the time of signing that can be proved.
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) log_index: u64,
    pub(crate) tree_size: u64,
}

/// The part, given what was presented and what is stored under its number.
pub(crate) fn judge(presented: &Presented, judged: Option<Judged<'_>>) -> Part {
    let no = |finding| Part::because(Outcome::No, finding);
    match presented {
        Presented::Malformed { reason } => {
            return no(Finding::new("document_malformed", format!("This is not a certificate document: {reason}.")));
        }
        Presented::Altered { signature, foreign, newer: _ } => {
            let mut findings = Vec::new();
            match signature {
                Signature::Valid => {}
                Signature::Invalid => {
                    findings.push(Finding::new("signature_invalid", "The signature is not by the key that it names."));
                }
                Signature::KeyUnknown => {
                    findings.push(Finding::new("key_unknown", "The key that it names is not registered for the body."))
                }
            }
            if *foreign {
                findings.push(Finding::new("issuer_mismatch", "It names another body than the one that issued it."));
            }
            if judged.is_none() {
                findings.push(unknown_certificate());
            }
            findings.push(Finding::new("document_not_logged", "The log names no such document."));
            return Part::new(Outcome::No, findings);
        }
        Presented::Restated { is_compromised: true } => {
            return no(Finding::new("key_compromised", "The key that signed this representation is compromised."));
        }
        Presented::Number | Presented::Logged | Presented::Restated { is_compromised: false } => {}
    }
    let Some(judged) = judged else { return no(unknown_certificate()) };
    if let Some(finding) = judged.stored.finding() {
        return no(finding);
    }
    let Some(key) = judged.key else {
        return no(Finding::new("key_unknown", "The signing key is not registered for the body."));
    };
    let key_name = || key.name();
    match key.standing_at(judged.recorded_at) {
        KeyStanding::Compromised => {
            no(Finding::new("key_compromised", "The signing key was compromised when the document was signed.")
                .with("key", key_name()))
        }
        KeyStanding::NotYetValid | KeyStanding::Expired => no(Finding::new(
            "key_not_valid_at_signing",
            "The signing key was outside its validity when the document was signed.",
        )
        .with("key", key_name())),
        KeyStanding::Good => {
            let message = match presented {
                Presented::Restated { .. } => "The document states what the one does that the transparency log names.",
                _ => "The document is the one that the transparency log names.",
            };
            let logged = Finding::new("logged", message)
                .with("index", judged.log_index.to_string())
                .with("tree_size", judged.tree_size.to_string());
            let signed = Finding::new("signature_valid", "Signed by a key of the body that was valid at the time.");
            Part::new(Outcome::Yes, vec![signed.with("key", key_name()), logged])
        }
    }
}
