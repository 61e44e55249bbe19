//! A certificate in the text of a QR code: all that is needed to verify it where there is no network.
//!
//! The text is `GL1:`, then in base45 (RFC 9285, which a QR code holds most densely) the document's signature and the
//! facts that its payload is built from, compressed, then a full stop, since base45 may end in blanks. The same facts
//! always give the same payload: so the reader has the very document that the body signed, and checks it as any other.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use greenlane_jose::{Algorithm, b64, canonical};
use serde::{Deserialize, Serialize};

use crate::document::{
    self, Accreditation, AssessmentLevel, Certificate, Facts, Issuer, Presented, Sealed, StatusEntry,
};

/// What the text of an offline code begins with.
pub const OFFLINE_PREFIX: &str = "GL1:";

/// What the largest QR code holds of such characters (version 40, level L).
const MAX_TEXT: usize = 4_296;

/// Bytes of both kinds of signatures that documents have.
const SIGNATURE: usize = 64;

/// The most that the facts may be when they are not compressed any more.
const MAX_FACTS: u64 = 256 * 1024;

/// Why a document has no offline code, or a text is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfflineError {
    /// There is more in it than a QR code holds.
    #[error("the certificate says more than a QR code holds")]
    TooLarge,
    /// It is not a document that could be built again from its facts.
    #[error("the document cannot be built again from what it states")]
    Unusual,
    /// Not the text of an offline code.
    #[error("not the text of an offline code: {0}")]
    Text(&'static str),
}

/// What the payload and the header are built from. The names are short: it has to fit.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Short {
    #[serde(rename = "r")]
    registry: String,
    #[serde(rename = "n")]
    number: String,
    #[serde(rename = "v")]
    version: u32,
    #[serde(rename = "d")]
    did: String,
    #[serde(rename = "k")]
    key: String,
    #[serde(rename = "a")]
    algorithm: String,
    #[serde(rename = "i")]
    issuer: String,
    #[serde(rename = "b")]
    body: String,
    #[serde(rename = "f")]
    facts: Facts,
    /// Index, lists of suspension and revocation.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    status: Option<(u64, String, String)>,
    /// Hashes of what is kept back: among the holder's members, among the facts'.
    #[serde(rename = "z", default, skip_serializing_if = "Option::is_none")]
    sealed: Option<(Vec<String>, Vec<String>)>,
    /// Name, authority's address and name, level.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    accreditation: Option<(String, String, String, String)>,
}

/// The text of the offline code of a document. What the document keeps back stays kept back.
pub fn to_offline(document: &str) -> Result<String, OfflineError> {
    let document = document.trim_ascii().split('~').next().unwrap_or_default();
    let read = Presented::read(document).map_err(|_| OfflineError::Unusual)?;
    let signature = document.rsplit('.').next().and_then(|text| b64::decode(text).ok());
    let signature = signature.filter(|bytes| bytes.len() == SIGNATURE).ok_or(OfflineError::Unusual)?;
    let short = Short::of(&read);
    let json = serde_json::to_vec(&short).map_err(|_| OfflineError::Unusual)?;
    let mut deflate = DeflateEncoder::new(signature, Compression::best());
    deflate.write_all(&json).expect("compressing to memory does not fail");
    let bytes = deflate.finish().expect("compressing to memory does not fail");
    let text = format!("{OFFLINE_PREFIX}{}.", base45::encode(bytes));
    if text.len() > MAX_TEXT {
        return Err(OfflineError::TooLarge);
    }
    // A document with a header or members of its own would come back as another one.
    if from_offline(&text)? == document { Ok(text) } else { Err(OfflineError::Unusual) }
}

/// The document that an offline code stands for. It is not to be believed before it is verified.
pub fn from_offline(text: &str) -> Result<String, OfflineError> {
    let text = text.trim_ascii();
    let encoded = text.strip_prefix(OFFLINE_PREFIX).ok_or(OfflineError::Text("it does not begin with GL1:"))?;
    if text.len() > MAX_TEXT {
        return Err(OfflineError::Text("it is longer than a QR code"));
    }
    let encoded = encoded.strip_suffix('.').ok_or(OfflineError::Text("its end is missing"))?;
    let bytes = base45::decode(encoded).map_err(|_| OfflineError::Text("it is not base45"))?;
    let (signature, compressed) = bytes.split_at_checked(SIGNATURE).ok_or(OfflineError::Text("it is too short"))?;
    let mut json = Vec::new();
    let mut inflate = DeflateDecoder::new(compressed).take(MAX_FACTS + 1);
    inflate.read_to_end(&mut json).map_err(|_| OfflineError::Text("it cannot be decompressed"))?;
    if json.len() as u64 > MAX_FACTS {
        return Err(OfflineError::Text("it decompresses to too much"));
    }
    let short: Short = serde_json::from_slice(&json).map_err(|_| OfflineError::Text("its facts are malformed"))?;
    let (certificate, header) = short.into_parts()?;
    let payload = document::payload(&certificate).map_err(|_| OfflineError::Text("its facts make no document"))?;
    Ok(format!("{}.{}.{}", b64::encode(header), b64::encode(payload), b64::encode(signature)))
}

impl Short {
    fn of(read: &Presented<'_>) -> Self {
        let Certificate { registry, number, version, issuer, status, facts, sealed } = read.certificate().clone();
        Self {
            registry,
            number,
            version,
            key: read.key().key.clone(),
            algorithm: read.algorithm().as_str().to_owned(),
            did: issuer.did,
            issuer: issuer.name,
            body: issuer.body,
            facts,
            sealed: (!sealed.is_empty()).then_some((sealed.holder, sealed.facts)),
            status: status.map(|entry| (entry.index, entry.suspension, entry.revocation)),
            accreditation: issuer.accreditation.map(|accreditation| {
                let level = accreditation.level.as_str().to_owned();
                (accreditation.name, accreditation.authority_id, accreditation.authority_name, level)
            }),
        }
    }

    /// The certificate, and the bytes of the header.
    fn into_parts(self) -> Result<(Certificate, Vec<u8>), OfflineError> {
        let malformed = || OfflineError::Text("its facts are malformed");
        let algorithm: Algorithm = self.algorithm.parse().map_err(|_| malformed())?;
        let kid = format!("{}#{}", self.did, self.key);
        let accreditation = match self.accreditation {
            None => None,
            Some((name, authority_id, authority_name, level)) => {
                let level = AssessmentLevel::ALL.into_iter().find(|known| known.as_str() == level);
                let level = level.ok_or_else(malformed)?;
                Some(Accreditation { name, authority_id, authority_name, level })
            }
        };
        let certificate = Certificate {
            registry: self.registry,
            number: self.number,
            version: self.version,
            issuer: Issuer { did: self.did, name: self.issuer, body: self.body, accreditation },
            status: self.status.map(|(index, suspension, revocation)| StatusEntry { index, suspension, revocation }),
            facts: self.facts,
            sealed: self
                .sealed
                .map(|(holder, facts)| Sealed { holder, facts, ..Sealed::default() })
                .unwrap_or_default(),
        };
        let typ = document::media_type(&certificate);
        let header = serde_json::json!({"alg": algorithm.as_str(), "cty": "vc", "kid": kid, "typ": typ});
        let header = canonical::to_vec(&header).map_err(|_| malformed())?;
        Ok((certificate, header))
    }
}

#[cfg(test)]
mod tests;
