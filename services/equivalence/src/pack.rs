//! Recognition packs: the catalogue and the codes at one revision, signed, for where there is no network.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use greenlane_jose::compact::{self, NewHeader};
use greenlane_jose::{Jwk, Limits, SignError, Signer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Version of the form of packs.
const FORM: u32 = 1;
/// Media type of the signed line: no other signature of ours is taken for it.
const TYP: &str = "greenlane-recognition-pack+jwt";
/// The longest line that is read.
const MAX_LINE_BYTES: u64 = 512 * 1024 * 1024;
/// How far a clock may lie before the pack was made: clocks differ.
const CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(5);

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    form: u32,
    revision: u64,
    classification_revision: u64,
    iat: i64,
    exp: i64,
    equivalence_sha256: String,
    classification_sha256: String,
    key: Map<String, Value>,
}

/// What a pack holds.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    pub(crate) equivalence: (u64, Vec<u8>),
    pub(crate) classification: (u64, Vec<u8>),
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) good_until: DateTime<Utc>,
}

/// Why a pack is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Cut off, or not a pack at all.
    #[error("this is not a whole recognition pack: {0}")]
    Malformed(String),
    /// Of another form than this program reads.
    #[error("the pack is of form {0}; this program reads form {FORM}")]
    Form(u32),
    /// Not signed by the key that it names.
    #[error("the pack is not signed by the key that it names")]
    Signature,
    /// Signed by another key than those that are trusted.
    #[error("the pack is signed by the key {0}, not by the one that is trusted")]
    Foreign(String),
    /// What it holds is not what was signed.
    #[error("the pack holds something else than what was signed")]
    Altered,
}

/// A pack that was read, its signature verified.
#[derive(Clone, Debug)]
pub struct RecognitionPack {
    claims: Claims,
    key_id: String,
    equivalence: Vec<u8>,
    classification: Vec<u8>,
}

/// The bytes of a pack. The same contents and key give the same bytes (under `EdDSA`).
pub(crate) fn write(contents: &Contents, signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
    let jwk = Jwk::new(signer.public_key().clone(), signer.public_key().thumbprint()).to_value();
    let Value::Object(key) = jwk else { return Err(SignError::new("a JWK is no object")) };
    let claims = Claims {
        form: FORM,
        revision: contents.equivalence.0,
        classification_revision: contents.classification.0,
        iat: contents.made_at.timestamp(),
        exp: contents.good_until.timestamp(),
        equivalence_sha256: hex::encode(Sha256::digest(&contents.equivalence.1)),
        classification_sha256: hex::encode(Sha256::digest(&contents.classification.1)),
        key,
    };
    let failed = |error: &dyn std::fmt::Display| SignError::new(error.to_string());
    let payload = serde_json::to_vec(&claims).map_err(|error| failed(&error))?;
    let kid = signer.public_key().thumbprint();
    let header = NewHeader { kid: Some(&kid), typ: Some(TYP), cty: None };
    let signed = compact::sign(signer, header, &payload)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    for line in [signed, STANDARD.encode(&contents.equivalence.1), STANDARD.encode(&contents.classification.1)] {
        gzip.write_all(line.as_bytes()).and_then(|()| gzip.write_all(b"\n")).map_err(|error| failed(&error))?;
    }
    gzip.finish().map_err(|error| failed(&error))
}

impl RecognitionPack {
    /// Reads a pack. It must be signed by a key of one of these thumbprints (RFC 7638), when any is given, and else by the
    /// key that it names itself.
    ///
    /// # Errors
    /// When it is not whole, not signed, altered, or another's.
    pub fn read(bytes: &[u8], trusted: &[String]) -> Result<Self, PackError> {
        let mut lines = BufReader::new(GzDecoder::new(bytes));
        let mut line = || {
            let malformed = |error: &dyn std::fmt::Display| PackError::Malformed(error.to_string());
            let mut raw = Vec::new();
            (&mut lines).take(MAX_LINE_BYTES).read_until(b'\n', &mut raw).map_err(|error| malformed(&error))?;
            if raw.pop() != Some(b'\n') {
                return Err(PackError::Malformed("it is cut off".to_owned()));
            }
            Ok(raw)
        };
        let signed = line()?;
        let claims = verified(&signed, trusted)?;
        let content = |raw: Vec<u8>, sha256: &str| {
            let bytes = STANDARD.decode(raw).map_err(|error| PackError::Malformed(error.to_string()))?;
            if hex::encode(Sha256::digest(&bytes)) == sha256 { Ok(bytes) } else { Err(PackError::Altered) }
        };
        let equivalence = content(line()?, &claims.equivalence_sha256)?;
        let classification = content(line()?, &claims.classification_sha256)?;
        // To its end: what is compressed ends with a sum over all of it.
        let mut rest = Vec::new();
        (&mut lines).take(1).read_to_end(&mut rest).map_err(|error| PackError::Malformed(error.to_string()))?;
        if !rest.is_empty() || !lines.get_ref().get_ref().is_empty() {
            return Err(PackError::Malformed("something follows its last line".to_owned()));
        }
        let key_id = Jwk::from_members(&claims.key).map_err(|_| PackError::Signature)?.key.thumbprint();
        Ok(Self { claims, key_id, equivalence, classification })
    }

    /// Thumbprint of the key that signed it.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// When it was made.
    pub fn made_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.claims.iat, 0).unwrap_or_default()
    }

    /// Until when it is good.
    pub fn good_until(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.claims.exp, 0).unwrap_or_default()
    }

    /// Why it is not good at a moment; none when it is.
    pub fn not_good_at(&self, now: DateTime<Utc>) -> Option<&'static str> {
        if now > self.good_until() {
            Some("The recognition pack is too old to tell: get a new one.")
        } else if now < self.made_at() - CLOCK_DIFFERENCE {
            Some("The clock here is before the recognition pack was made.")
        } else {
            None
        }
    }

    /// Why it does not tell of a day; none when it does. A day behind its end is no other than a moment behind it: what
    /// comes until then is not in the pack.
    pub fn not_good_on(&self, day: NaiveDate) -> Option<&'static str> {
        let behind = day.and_time(NaiveTime::MIN).and_utc() > self.good_until();
        behind.then_some("The date lies behind the time for which the recognition pack is good.")
    }

    /// Revision and bytes of the catalogue, for [`OfflineCatalogue`](crate::offline::OfflineCatalogue).
    pub fn equivalence(&self) -> (u64, &[u8]) {
        (self.claims.revision, &self.equivalence)
    }

    /// Revision and bytes of the codes.
    pub fn classification(&self) -> (u64, &[u8]) {
        (self.claims.classification_revision, &self.classification)
    }
}

fn verified(signed: &[u8], trusted: &[String]) -> Result<Claims, PackError> {
    let malformed = |error: &dyn std::fmt::Display| PackError::Malformed(error.to_string());
    let signed = compact::parse_strict(signed, &Limits::DOCUMENT).map_err(|error| malformed(&error))?;
    if signed.header.typ.as_deref() != Some(TYP) {
        return Err(PackError::Malformed("its first line is signed as something else".to_owned()));
    }
    let claims: Claims =
        serde_json::from_value(Value::Object(signed.claims.clone())).map_err(|error| malformed(&error))?;
    if claims.form != FORM {
        return Err(PackError::Form(claims.form));
    }
    let key = Jwk::from_members(&claims.key).map_err(|error| malformed(&error))?.key;
    let key_id = key.thumbprint();
    if !trusted.is_empty() && !trusted.contains(&key_id) {
        return Err(PackError::Foreign(key_id));
    }
    if signed.header.kid != key_id {
        return Err(PackError::Signature);
    }
    signed.verify(&key).map_err(|_| PackError::Signature)?;
    Ok(claims)
}

#[cfg(test)]
mod tests;
