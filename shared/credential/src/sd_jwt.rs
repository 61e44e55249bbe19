//! Selective disclosure (SD-JWT, RFC 9901): a signed document holds hashes of what it keeps back, and whoever is shown the
//! disclosures beside it can tell that they belong there. Without them it verifies all the same.
//!
//! The crates that there are bring signing and key binding of their own; this is only how disclosures are made, hashed and
//! put back, with SHA-256, read as strictly as everything else here.

use std::collections::{HashMap, HashSet};

use greenlane_jose::{b64, json};
use rand::RngCore as _;
use serde_json::{Map, Value};

/// Where an object's hashes are.
pub(crate) const DIGESTS: &str = "_sd";
/// Where the payload says how they were made.
pub(crate) const ALGORITHM: &str = "_sd_alg";
/// The one algorithm that is made and read: the default.
pub(crate) const SHA_256: &str = "sha-256";
/// Where an array keeps an element back.
const ELEMENT: &str = "...";

/// The most disclosures that are read with a document, and the longest of them.
const MAX_DISCLOSURES: usize = 64;
const MAX_BYTES: usize = 256 * 1024;
/// Nested arrays and objects in one.
const MAX_DEPTH: usize = 16;

/// Bytes of a salt (RFC 9901 recommends 128 bits).
const SALT_BYTES: usize = 16;

/// Why disclosures are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdJwtError {
    /// Not base64url of a JSON array of a salt, maybe a name, and a value.
    #[error("a disclosure is malformed")]
    Malformed,
    /// More, or longer ones, than are read.
    #[error("there are too many disclosures, or too long ones")]
    TooMany,
    /// It belongs nowhere in the document, or stands there twice.
    #[error("a disclosure does not belong to the document, or is there twice")]
    Unreferenced,
    /// The document's own hashes are malformed, or one stands there twice.
    #[error("the hashes of what the document keeps back are malformed")]
    Digests,
    /// It discloses what stands in the document already, or what cannot be a member.
    #[error("a disclosure contradicts the document")]
    Conflict,
    /// The hashes are made in another way than SHA-256.
    #[error("the hashes of what the document keeps back are not SHA-256")]
    Algorithm,
}

/// A disclosure: a salt and a value, and the member's name unless it is an array's element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    text: String,
    name: Option<String>,
    value: Value,
}

impl Disclosure {
    /// Of a member of an object, with a fresh salt.
    pub fn new(name: &str, value: Value) -> Self {
        let mut salt = [0; SALT_BYTES];
        rand::rng().fill_bytes(&mut salt);
        let array = Value::Array(vec![b64::encode(salt).into(), name.into(), value.clone()]);
        Self { text: b64::encode(array.to_string()), name: Some(name.to_owned()), value }
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, SdJwtError> {
        if text.len() > MAX_BYTES {
            return Err(SdJwtError::TooMany);
        }
        let bytes = b64::decode(text).map_err(|_| SdJwtError::Malformed)?;
        let parsed = json::parse(&bytes, MAX_DEPTH).map_err(|_| SdJwtError::Malformed)?;
        let Value::Array(parts) = parsed else { return Err(SdJwtError::Malformed) };
        let (name, value) = match <[Value; 3]>::try_from(parts) {
            Ok([Value::String(_), Value::String(name), value]) => (Some(name), value),
            Ok(_) => return Err(SdJwtError::Malformed),
            Err(parts) => match <[Value; 2]>::try_from(parts) {
                Ok([Value::String(_), value]) => (None, value),
                Ok(_) | Err(_) => return Err(SdJwtError::Malformed),
            },
        };
        Ok(Self { text: text.to_owned(), name, value })
    }

    /// As it is sent.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The member's name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The hash that the document has of it: of the text as it is sent.
    pub fn digest(&self) -> String {
        b64::encode(greenlane_jose::sha256(&self.text))
    }
}

/// A presented text: the signed document, and the disclosures behind it. A text without any is the document alone.
pub fn split(text: &str) -> Result<(&str, Vec<Disclosure>), SdJwtError> {
    let Some((document, rest)) = text.split_once('~') else { return Ok((text, Vec::new())) };
    if rest.is_empty() {
        return Ok((document, Vec::new()));
    }
    // What follows the last tilde would be a proof that a holder's key is had: none is asked for, and none is read.
    let rest = rest.strip_suffix('~').ok_or(SdJwtError::Malformed)?;
    if rest.split('~').count() > MAX_DISCLOSURES {
        return Err(SdJwtError::TooMany);
    }
    Ok((document, rest.split('~').map(Disclosure::parse).collect::<Result<_, _>>()?))
}

/// The text that presents a document with disclosures.
pub fn join<'d>(document: &str, disclosures: impl IntoIterator<Item = &'d str>) -> String {
    let mut text = format!("{document}~");
    for disclosure in disclosures {
        text.push_str(disclosure);
        text.push('~');
    }
    text
}

/// Puts what is disclosed back into a payload, and takes out of it how it was kept back (RFC 9901, 7.1).
pub(crate) fn reveal(payload: &mut Map<String, Value>, disclosures: &[Disclosure]) -> Result<(), SdJwtError> {
    match payload.remove(ALGORITHM) {
        None => {}
        Some(Value::String(name)) if name == SHA_256 => {}
        Some(_) => return Err(SdJwtError::Algorithm),
    }
    let mut by_digest = HashMap::new();
    for disclosure in disclosures {
        if by_digest.insert(disclosure.digest(), disclosure).is_some() {
            return Err(SdJwtError::Unreferenced);
        }
    }
    let mut seen = HashSet::new();
    let mut used = 0;
    object(payload, &by_digest, &mut seen, &mut used)?;
    if used == disclosures.len() { Ok(()) } else { Err(SdJwtError::Unreferenced) }
}

type Known<'d> = HashMap<String, &'d Disclosure>;

fn object(
    members: &mut Map<String, Value>,
    known: &Known<'_>,
    seen: &mut HashSet<String>,
    used: &mut usize,
) -> Result<(), SdJwtError> {
    let digests = members.remove(DIGESTS);
    for value in members.values_mut() {
        any(value, known, seen, used)?;
    }
    let Some(digests) = digests else { return Ok(()) };
    for digest in digests.as_array().ok_or(SdJwtError::Digests)? {
        let Some(disclosure) = found(digest, known, seen)? else { continue };
        let name = disclosure.name.as_deref().ok_or(SdJwtError::Malformed)?;
        if name == DIGESTS || name == ELEMENT || members.contains_key(name) {
            return Err(SdJwtError::Conflict);
        }
        let mut value = disclosure.value.clone();
        *used += 1;
        any(&mut value, known, seen, used)?;
        members.insert(name.to_owned(), value);
    }
    Ok(())
}

fn any(value: &mut Value, known: &Known<'_>, seen: &mut HashSet<String>, used: &mut usize) -> Result<(), SdJwtError> {
    match value {
        Value::Object(members) => object(members, known, seen, used),
        Value::Array(items) => {
            let mut kept = Vec::with_capacity(items.len());
            for mut item in items.drain(..) {
                let digest = match &item {
                    Value::Object(only) if only.len() == 1 => only.get(ELEMENT).cloned(),
                    _ => None,
                };
                if let Some(digest) = digest {
                    let Some(disclosure) = found(&digest, known, seen)? else { continue };
                    if disclosure.name.is_some() {
                        return Err(SdJwtError::Malformed);
                    }
                    item = disclosure.value.clone();
                    *used += 1;
                }
                any(&mut item, known, seen, used)?;
                kept.push(item);
            }
            *items = kept;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The disclosure of a hash; none when it is kept back. A hash stands in a document once.
fn found<'d>(
    digest: &Value,
    known: &Known<'d>,
    seen: &mut HashSet<String>,
) -> Result<Option<&'d Disclosure>, SdJwtError> {
    let digest = digest.as_str().ok_or(SdJwtError::Digests)?;
    if !seen.insert(digest.to_owned()) {
        return Err(SdJwtError::Digests);
    }
    Ok(known.get(digest).copied())
}

#[cfg(test)]
mod tests;
