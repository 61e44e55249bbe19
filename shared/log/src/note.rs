//! Signed notes (C2SP signed-note): a text and who signed it.

mod key;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use greenlane_jose::SignError;

pub use key::{KeyName, NoteKey, NoteKeyError, NoteSigner, SignatureType};

/// The longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 256 * 1024;

/// The most signatures on a note that are read.
pub const MAX_SIGNATURES: usize = 100;

/// Why a note is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a text, an empty line and signature lines.
    #[error("not a signed note")]
    Malformed,
    /// Longer, or with more signatures, than is read.
    #[error("the note is too large")]
    TooLarge,
    /// A known key's signature does not verify.
    #[error("the signature of {0} does not verify")]
    BadSignature(String),
    /// No signature is from a known key.
    #[error("no signature is from a known key")]
    NoKnownSignature,
}

/// A signature line, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: KeyName,
    /// The short identifier of the key.
    pub key_id: [u8; 4],
    /// The signature itself, after the identifier.
    pub signature: Vec<u8>,
}

impl NoteSignature {
    /// The line as it stands in a note, with its newline.
    pub fn to_line(&self) -> String {
        let bytes = [&self.key_id[..], &self.signature].concat();
        format!("\u{2014} {} {}\n", self.name, STANDARD.encode(bytes))
    }

    /// Reads a line without its newline.
    pub fn parse(line: &str) -> Result<Self, NoteError> {
        let (name, signature) =
            line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or(NoteError::Malformed)?;
        let name = KeyName::new(name).map_err(|_| NoteError::Malformed)?;
        let bytes = STANDARD.decode(signature).map_err(|_| NoteError::Malformed)?;
        match bytes.split_first_chunk::<4>() {
            Some((key_id, signature)) if !signature.is_empty() => {
                Ok(Self { name, key_id: *key_id, signature: signature.to_vec() })
            }
            _ => Err(NoteError::Malformed),
        }
    }
}

/// A note taken apart. The text is not to be believed before [`verify`](Self::verify) says who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature of a known key that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The name of the key.
    pub name: KeyName,
    /// The short identifier of the key.
    pub key_id: [u8; 4],
    /// When it was made, in seconds since 1970, if it is of a type that says so.
    pub timestamp_seconds: Option<u64>,
}

impl Note {
    /// A note without signatures yet. The text must end in a newline and hold no other control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        check_text(&text)?;
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note: valid UTF-8, no control characters but newlines, a text, an empty line, one or more signatures.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        // The text may hold empty lines; the last one separates.
        let separator = whole.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, lines) = (&whole[..separator + 1], &whole[separator + 2..]);
        check_text(text)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::TooLarge);
            }
            signatures.push(NoteSignature::parse(line)?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature of the note's text.
    pub fn sign(&mut self, signer: &NoteSigner) -> Result<(), SignError> {
        let signature = signer.sign(&self.text)?;
        self.signatures.push(signature);
        Ok(())
    }

    /// Adds a signature that was made elsewhere, unless the same key has signed already.
    pub fn add(&mut self, signature: NoteSignature) -> bool {
        let known = |other: &NoteSignature| other.name == signature.name && other.key_id == signature.key_id;
        if self.signatures.iter().any(known) {
            return false;
        }
        self.signatures.push(signature);
        true
    }

    /// Which of these keys signed, each listed once. Signatures of other keys are ignored; a bad signature of one of
    /// these keys refuses the note; so does the lack of any good one.
    pub fn verify(&self, keys: &[NoteKey]) -> Result<Vec<Verified>, NoteError> {
        let mut verified: Vec<Verified> = Vec::new();
        for signature in &self.signatures {
            let matching = |key: &&NoteKey| key.name() == &signature.name && key.key_id() == signature.key_id;
            let Some(key) = keys.iter().find(matching) else { continue };
            let timestamp_seconds = key
                .verify(&self.text, &signature.signature)
                .map_err(|_| NoteError::BadSignature(signature.name.to_string()))?;
            if !verified.iter().any(|other| other.name == signature.name && other.key_id == signature.key_id) {
                verified.push(Verified { name: signature.name.clone(), key_id: signature.key_id, timestamp_seconds });
            }
        }
        if verified.is_empty() { Err(NoteError::NoKnownSignature) } else { Ok(verified) }
    }

    /// The note as text.
    pub fn to_text(&self) -> String {
        let mut whole = format!("{}\n", self.text);
        for signature in &self.signatures {
            whole.push_str(&signature.to_line());
        }
        whole
    }
}

fn check_text(text: &str) -> Result<(), NoteError> {
    let control = |byte: u8| byte < 0x20 && byte != b'\n';
    if text.ends_with('\n') && !text.bytes().any(control) { Ok(()) } else { Err(NoteError::Malformed) }
}

#[cfg(test)]
mod tests;
