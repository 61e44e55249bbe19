//! The trust bundle: everything that a verdict rests on, as it is at one revision, to be taken where there is no network.
//!
//! A gzip stream of JSON lines: a header, bodies with their keys, certificates, the two catalogues, and at the end the
//! registry's signature over all lines before it. It holds no documents and no words that are only for their readers.

mod build;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use flate2::bufread::GzDecoder;
use greenlane_log::note::{Note, NoteKey};
use greenlane_log::{Checkpoint, OpenError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::files::{BodyFile, CertificateFile, VersionFile};
use crate::domain::content::Content;
use crate::domain::contestation::Contestation;
use crate::domain::life::Event;
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::verdict::authentic::Stored;
use crate::store::bodies::BodyState;

pub(crate) use build::{Bundler, Bundling, Order};

/// Version of the form of bundles.
const FORM: u32 = 1;

/// The first line of what is signed. No checkpoint begins with it, so that neither is taken for the other.
const SIGNED: &str = "greenlane trust bundle 1";

/// The longest line that is read.
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;

/// What a bundle says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) form: u32,
    /// The log's origin, and its key.
    pub(crate) origin: String,
    pub(crate) log_key: String,
    /// The registry's address, as its documents state it; bundles of before do not tell it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) registry: String,
    /// Revision of the registry: the size of the tree that the checkpoint names, or less.
    pub(crate) revision: u64,
    pub(crate) checkpoint: String,
    pub(crate) checkpoint_at: DateTime<Utc>,
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) good_until: DateTime<Utc>,
    /// None means all.
    pub(crate) bodies: Vec<String>,
    /// None means all.
    pub(crate) destinations: Vec<String>,
    /// Zero when the bundle has no recognition pack.
    pub(crate) equivalence_revision: u64,
    pub(crate) classification_revision: u64,
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Header(Box<Header>),
    Body(Vec<BodyState>),
    Certificate(Box<BundledCertificate>),
    /// A part of the exported catalogue, in base64.
    Equivalence(String),
    Classification(String),
    /// The signed note at the end.
    Signature(String),
}

/// A certificate's history, as far as verdicts rest on it.
#[derive(Debug, Serialize, Deserialize)]
struct BundledCertificate {
    number: CertificateNumber,
    body: BodyId,
    events: Vec<Event>,
    versions: Vec<BundledVersion>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contestations: Vec<Contestation>,
}

#[derive(Debug, Serialize, Deserialize)]
struct BundledVersion {
    version: u32,
    log_index: u64,
    recorded_at: DateTime<Utc>,
    content: Arc<Content>,
    document_sha256: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    w3c_sha256: String,
    key: String,
    stored: Stored,
}

impl BundledCertificate {
    /// None when the certificate was not granted yet at the revision.
    fn at(file: &CertificateFile, revision: u64) -> Option<Self> {
        let events: Vec<Event> = file.events_at(revision).iter().map(Event::for_verdicts).collect();
        events.first()?;
        let version = |version: &VersionFile| BundledVersion {
            version: version.version,
            log_index: version.log_index,
            recorded_at: version.recorded_at,
            content: Arc::new(version.content.for_verdicts()),
            document_sha256: hex::encode(version.document_sha256),
            w3c_sha256: version.w3c_sha256.map(hex::encode).unwrap_or_default(),
            key: version.key.clone(),
            stored: version.stored,
        };
        let versions = file.versions_at(revision).iter().map(version).collect();
        let contestations = file.contestations_at(revision).to_vec();
        Some(Self { number: file.number.clone(), body: file.body.clone(), events, versions, contestations })
    }

    fn into_file(self) -> Result<CertificateFile, BundleError> {
        let version = |version: BundledVersion| {
            let hash = |text: &str| hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let sha256 = hash(&version.document_sha256);
            Ok(VersionFile {
                version: version.version,
                log_index: version.log_index,
                recorded_at: version.recorded_at,
                content: version.content,
                issuer: String::new(),
                document_sha256: sha256.ok_or(BundleError::Malformed("a hash is not 32 bytes".to_owned()))?,
                w3c_sha256: hash(&version.w3c_sha256),
                key: version.key,
                stored: version.stored,
            })
        };
        let versions = self.versions.into_iter().map(version).collect::<Result<_, BundleError>>()?;
        let Self { number, body, events, contestations, .. } = self;
        Ok(CertificateFile { number, body, events, versions, contestations, weight: 1 })
    }
}

/// Why a bundle is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Cut off, or not a bundle at all.
    #[error("this is not a whole trust bundle: {0}")]
    Malformed(String),
    /// Of another form than this program reads.
    #[error("the bundle is of form {0}; this program reads form {FORM}")]
    Form(u32),
    /// Not signed by the key that it should be.
    #[error("the bundle is not signed by {0}")]
    Signature(String),
    /// It is of another log than the one that is trusted.
    #[error("the bundle is of the log {0}, not of the one that is trusted")]
    Foreign(String),
}

/// A bundle that was read, its signature verified.
#[derive(Debug)]
pub(crate) struct Trusted {
    pub(crate) header: Header,
    pub(crate) bodies: HashMap<String, Arc<BodyFile>>,
    pub(crate) certificates: HashMap<String, Arc<CertificateFile>>,
    pub(crate) equivalence: Vec<u8>,
    pub(crate) classification: Vec<u8>,
}

/// What is signed: the hash of all lines before the signature.
fn signed_text(origin: &str, sha256: &[u8]) -> String {
    format!("{SIGNED}\n{origin}\n{}\n", hex::encode(sha256))
}

impl Trusted {
    /// Reads a bundle. It must be signed by `trusted`, when that is given, and else by the key that it names itself.
    pub(crate) fn read(bytes: &[u8], trusted: Option<&NoteKey>) -> Result<Self, BundleError> {
        let malformed = |error: &dyn std::fmt::Display| BundleError::Malformed(error.to_string());
        let mut lines = BufReader::new(GzDecoder::new(bytes));
        let mut hash = Sha256::new();
        let mut found: Option<Self> = None;
        loop {
            let mut raw = Vec::new();
            let mut limited = std::io::Read::take(&mut lines, MAX_LINE_BYTES);
            limited.read_until(b'\n', &mut raw).map_err(|error| malformed(&error))?;
            if raw.is_empty() {
                return Err(BundleError::Malformed("it ends before its signature".to_owned()));
            }
            let line: Line = serde_json::from_slice(&raw).map_err(|error| malformed(&error))?;
            match (line, &mut found) {
                (Line::Header(header), None) => found = Some(Self::begin(*header)?),
                (Line::Signature(note), Some(_)) => {
                    let read = found.take().ok_or_else(|| BundleError::Malformed("no header".to_owned()))?;
                    read.check(&note, &hash.finalize(), trusted)?;
                    let mut rest = Vec::new();
                    std::io::Read::read_to_end(&mut lines, &mut rest).map_err(|error| malformed(&error))?;
                    // Neither in the stream nor behind its end.
                    if !rest.is_empty() || !lines.get_ref().get_ref().is_empty() {
                        return Err(BundleError::Malformed("there is more behind its signature".to_owned()));
                    }
                    return Ok(read);
                }
                (Line::Body(history), Some(found)) => {
                    let file =
                        BodyFile::new(history).ok_or(BundleError::Malformed("a body is not whole".to_owned()))?;
                    found.bodies.insert(file.body.record.id.as_str().to_owned(), Arc::new(file));
                }
                (Line::Certificate(certificate), Some(found)) => {
                    let file = certificate.into_file()?;
                    found.certificates.insert(file.number.as_str().to_owned(), Arc::new(file));
                }
                (Line::Equivalence(part), Some(found)) => {
                    found.equivalence.extend(STANDARD.decode(part).map_err(|error| malformed(&error))?);
                }
                (Line::Classification(part), Some(found)) => {
                    found.classification.extend(STANDARD.decode(part).map_err(|error| malformed(&error))?);
                }
                (_, _) => return Err(BundleError::Malformed("its lines are out of order".to_owned())),
            }
            hash.update(&raw);
        }
    }

    fn begin(header: Header) -> Result<Self, BundleError> {
        if header.form != FORM {
            return Err(BundleError::Form(header.form));
        }
        Ok(Self {
            header,
            bodies: HashMap::new(),
            certificates: HashMap::new(),
            equivalence: Vec::new(),
            classification: Vec::new(),
        })
    }

    fn check(&self, note: &str, sha256: &[u8], trusted: Option<&NoteKey>) -> Result<(), BundleError> {
        let header = &self.header;
        let own: NoteKey =
            header.log_key.parse().map_err(|_| BundleError::Malformed("the log's key cannot be read".to_owned()))?;
        if own.name().as_str() != header.origin {
            return Err(BundleError::Foreign(header.origin.clone()));
        }
        if trusted.is_some_and(|trusted| *trusted != own) {
            return Err(BundleError::Foreign(header.origin.clone()));
        }
        let unsigned = || BundleError::Signature(header.origin.clone());
        let note = Note::parse(note.as_bytes()).map_err(|_| unsigned())?;
        note.verify(std::slice::from_ref(&own)).map_err(|_| unsigned())?;
        if note.text() != signed_text(&header.origin, sha256) {
            return Err(unsigned());
        }
        let checkpoint = Checkpoint::open(header.checkpoint.as_bytes(), &own, &[])
            .map_err(|error: OpenError| BundleError::Malformed(error.to_string()))?;
        if checkpoint.checkpoint.size < header.revision {
            return Err(BundleError::Malformed("its checkpoint is older than its facts".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
