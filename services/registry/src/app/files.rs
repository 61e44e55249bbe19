//! What verification reads, kept in memory: whole histories of certificates and bodies.
//!
//! A history only grows, and every part of it carries its index in the log. So one copy serves every revision: whoever
//! asks at a revision looks at what has a smaller index.

use std::convert::Infallible;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_credential::{Certificate, DocumentError, Presented, Profile, payload_as};
use greenlane_jose::{Jwk, PublicKey};
use greenlane_store::{Body as Reading, Store, StoreError, Tx};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sea_orm::DbErr;

use super::document::facts;
use super::standby::Floor;
use crate::domain::body::Body;
use crate::domain::certificate::{Head, Version};
use crate::domain::content::Content;
use crate::domain::contestation::Contestation;
use crate::domain::key::Key;
use crate::domain::life::Event;
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::statement::{Kind, Statement};
use crate::domain::verdict::authentic::Stored;
use crate::domain::world::Known;
use crate::store::bodies::{self, BodyState};
use crate::store::contestation;
use crate::store::list;
use greenlane_jose::sha256;

/// A certificate's whole history.
#[derive(Debug)]
pub(crate) struct CertificateFile {
    pub(crate) number: CertificateNumber,
    pub(crate) body: BodyId,
    pub(crate) events: Vec<Event>,
    pub(crate) versions: Vec<VersionFile>,
    /// What was heard of disputes about it, in the order of the log.
    pub(crate) contestations: Vec<Contestation>,
    /// How much of the cache it takes: 1 for an ordinary one.
    pub(crate) weight: u64,
}

/// One version; its document was checked when it was read and is not kept.
#[derive(Debug)]
pub(crate) struct VersionFile {
    pub(crate) version: u32,
    pub(crate) log_index: u64,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) content: Arc<Content>,
    /// The issuer's name, as the document states it; empty of a document that cannot be read, and in a bundle.
    pub(crate) issuer: String,
    pub(crate) document_sha256: [u8; 32],
    /// The hash of what the document states, as W3C's profile says it; none of a document that cannot be read.
    pub(crate) w3c_sha256: Option<[u8; 32]>,
    pub(crate) key: String,
    pub(crate) stored: Stored,
}

/// A body's record and keys, and what is said of it: as they are now, and as they were.
#[derive(Debug)]
pub(crate) struct BodyFile {
    pub(crate) body: Body,
    /// In the order they were registered.
    pub(crate) keys: Vec<Key>,
    pub(crate) history: Vec<BodyState>,
}

impl CertificateFile {
    /// The events known at a revision.
    pub(crate) fn events_at(&self, revision: u64) -> &[Event] {
        let known = self.events.partition_point(|event| event.log_index < revision);
        &self.events[..known]
    }

    /// The versions known at a revision.
    pub(crate) fn versions_at(&self, revision: u64) -> &[VersionFile] {
        let known = self.versions.partition_point(|version| version.log_index < revision);
        &self.versions[..known]
    }

    /// What had been heard of disputes about it at a revision.
    pub(crate) fn contestations_at(&self, revision: u64) -> &[Contestation] {
        let known = self.contestations.partition_point(|heard| heard.log_index < revision);
        &self.contestations[..known]
    }
}

impl BodyFile {
    /// None when the history does not begin with the body.
    pub(crate) fn new(history: Vec<BodyState>) -> Option<Self> {
        let (mut body, mut keys) = (None, Vec::<Key>::new());
        for state in &history {
            match state {
                BodyState::Body(state) => body = Some(state.clone()),
                BodyState::Key(state) => match keys.iter_mut().find(|key| key.record.id == state.record.id) {
                    Some(key) => key.clone_from(state),
                    None => keys.push(state.clone()),
                },
                BodyState::Statement(_) => {}
            }
        }
        Some(Self { body: body?, keys, history })
    }

    /// The record, as it was at a revision; none when the body was not registered yet.
    pub(crate) fn body_at(&self, revision: u64) -> Option<&Body> {
        self.history.iter().rev().find_map(|state| match state {
            BodyState::Body(body) if body.latest_index < revision => Some(body),
            BodyState::Body(_) | BodyState::Key(_) | BodyState::Statement(_) => None,
        })
    }

    /// The key of this identifier, as it was at a revision; none when it was not registered yet.
    pub(crate) fn key_at(&self, id: &str, revision: u64) -> Option<&Key> {
        self.history.iter().rev().find_map(|state| match state {
            BodyState::Key(key) if key.record.id == id && key.latest_index < revision => Some(key),
            BodyState::Body(_) | BodyState::Key(_) | BodyState::Statement(_) => None,
        })
    }

    /// Everything that was known at a revision.
    pub(crate) fn history_at(&self, revision: u64) -> Vec<BodyState> {
        self.history.iter().filter(|state| state.log_index() < revision).cloned().collect()
    }

    /// The keys as they were at a revision, in the order they were registered.
    pub(crate) fn keys_at(&self, revision: u64) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter_map(move |key| self.key_at(&key.record.id, revision))
    }

    /// The statements of a kind about the body, as they were at a revision, in the order they were recorded.
    pub(crate) fn statements_at(&self, kind: Kind, revision: u64) -> Vec<&Statement> {
        let mut found: Vec<&Statement> = Vec::new();
        for state in &self.history {
            let BodyState::Statement(state) = state else { continue };
            if state.record.what.kind() != kind || state.latest_index >= revision {
                continue;
            }
            match found.iter_mut().find(|known| known.create_index == state.create_index) {
                Some(known) => *known = state,
                None => found.push(state),
            }
        }
        found
    }
}

/// The public half of a registered key.
pub(crate) fn public_key(key: &Key) -> Option<PublicKey> {
    Jwk::parse(key.record.public_jwk.as_bytes()).ok().map(|jwk| jwk.key)
}

/// Certificates count by their size, so that large ones do not outgrow the memory that the configured number stands for.
#[derive(Clone, Debug)]
struct BySize;

impl Weighter<String, Arc<CertificateFile>> for BySize {
    fn weight(&self, _: &String, file: &Arc<CertificateFile>) -> u64 {
        file.weight
    }
}

/// Bytes of documents, and events, that an ordinary certificate does not exceed.
const ORDINARY_BYTES: usize = 16 * 1024;
const ORDINARY_EVENTS: usize = 16;

/// Bounded caches of files. A file that is being read while it is forgotten is not kept.
#[derive(Debug)]
pub(crate) struct Files {
    certificates: Cache<String, Arc<CertificateFile>, BySize>,
    bodies: Cache<String, Arc<BodyFile>>,
    /// Which certificate a logged document is of, by its hash: such a document is not read again.
    documents: Cache<[u8; 32], CertificateNumber>,
    floor: Floor,
}

impl Files {
    pub(crate) fn new(certificates: usize, bodies: usize) -> Self {
        let certificates = certificates.max(1);
        Self {
            certificates: Cache::with_weighter(certificates, certificates as u64, BySize),
            bodies: Cache::new(bodies.max(1)),
            documents: Cache::new(certificates),
            floor: Floor::default(),
        }
    }

    /// From now on nothing is read, and remembered, from a database with fewer entries.
    pub(crate) fn read_from(&self, least: u64) {
        self.floor.raise(least);
    }

    /// Reads in one snapshot of a database that holds what it must.
    pub(crate) async fn read<T, F>(&self, store: &Store, name: &'static str, body: F) -> Result<T, StoreError>
    where
        F: for<'tx> Fn(&'tx Tx) -> Reading<'tx, T, Infallible> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.floor.read(store, name, body).await
    }

    /// The number of the certificate that a logged document is of, if it is remembered.
    pub(crate) fn number_of(&self, document_sha256: &[u8; 32]) -> Option<CertificateNumber> {
        self.documents.get(document_sha256)
    }

    /// Remembers which certificate a logged document is of. That never changes.
    pub(crate) fn remember_document(&self, document_sha256: [u8; 32], number: &CertificateNumber) {
        if self.documents.peek(&document_sha256).is_none() {
            self.documents.insert(document_sha256, number.clone());
        }
    }

    /// Forgets what these subjects of log entries name.
    pub(crate) fn forget(&self, subjects: &[String]) {
        for subject in subjects {
            // Also ends the wait for a file that is being read.
            self.certificates.remove(subject.as_str());
            self.bodies.remove(subject.as_str());
        }
    }

    /// A certificate's file. One that does not exist is not remembered, so that strangers cannot fill the cache.
    pub(crate) async fn certificate(
        &self,
        store: &Store,
        number: &CertificateNumber,
    ) -> Result<Option<Arc<CertificateFile>>, StoreError> {
        match self.certificates.get_value_or_guard_async(number.as_str()).await {
            Ok(file) => Ok(Some(file)),
            Err(guard) => {
                let Some(file) = self.read_certificate(store, number.clone()).await? else { return Ok(None) };
                let file = Arc::new(file);
                // Refused when it was forgotten meanwhile: it is still good for whoever asked before.
                let _ = guard.insert(Arc::clone(&file));
                Ok(Some(file))
            }
        }
    }

    /// A body's file.
    pub(crate) async fn body(&self, store: &Store, id: &BodyId) -> Result<Option<Arc<BodyFile>>, StoreError> {
        match self.bodies.get_value_or_guard_async(id.as_str()).await {
            Ok(file) => Ok(Some(file)),
            Err(guard) => {
                let Some(file) = self.read_body(store, id.clone()).await? else { return Ok(None) };
                let file = Arc::new(file);
                let _ = guard.insert(Arc::clone(&file));
                Ok(Some(file))
            }
        }
    }

    async fn read_body(&self, store: &Store, id: BodyId) -> Result<Option<BodyFile>, StoreError> {
        let history = self.read(store, "read_body_file", move |tx| {
            let id = id.clone();
            Box::pin(async move { Ok(bodies::history(tx, &id).await?) })
        });
        Ok(BodyFile::new(history.await?))
    }

    async fn read_certificate(
        &self,
        store: &Store,
        number: CertificateNumber,
    ) -> Result<Option<CertificateFile>, StoreError> {
        let read = self.read(store, "read_certificate_file", move |tx| {
            let number = number.clone();
            Box::pin(async move {
                let Some(known) = list::certificate(tx, &number).await? else { return Ok(None) };
                Ok(Some(StoredCertificate::load(tx, known).await?))
            })
        });
        Ok(read.await?.map(StoredCertificate::check))
    }
}

/// A certificate as it is stored, not checked yet.
#[derive(Clone, Debug)]
pub(crate) struct StoredCertificate {
    known: Known,
    /// Of the versions, in their order.
    keys: Vec<Option<Key>>,
    contestations: Vec<Contestation>,
}

impl StoredCertificate {
    /// Reads what is missing.
    pub(crate) async fn load(tx: &Tx, known: Known) -> Result<Self, DbErr> {
        let mut keys = Vec::with_capacity(known.versions.len());
        for version in &known.versions {
            keys.push(list::key(tx, &version.key).await?);
        }
        let contestations = contestation::of(tx, &known.head.number).await?;
        Ok(Self { known, keys, contestations })
    }

    /// Checks the documents: their hashes, and their signatures.
    pub(crate) fn check(self) -> CertificateFile {
        let Self { known: Known { head, versions, events }, keys, contestations } = self;
        let bytes: usize = versions.iter().map(|version| version.document.len()).sum();
        let weight = 1 + (bytes / ORDINARY_BYTES + events.len() / ORDINARY_EVENTS) as u64;
        let check = |(version, key): (Version, Option<Key>)| {
            let read = Presented::read(&version.document);
            VersionFile {
                version: version.version,
                log_index: version.log_index,
                recorded_at: version.recorded_at,
                stored: check_document(&head, &version, read.as_ref(), key.as_ref()),
                issuer: read.as_ref().map(|read| read.certificate().issuer.name.clone()).unwrap_or_default(),
                w3c_sha256: read.ok().and_then(|read| restated(&read)),
                content: version.content,
                document_sha256: version.document_sha256,
                key: version.key,
            }
        };
        CertificateFile {
            events,
            versions: versions.into_iter().zip(keys).map(check).collect(),
            number: head.number,
            body: head.body,
            contestations,
            weight,
        }
    }
}

/// The hash of what a document states, in the other profile.
fn restated(read: &Presented<'_>) -> Option<[u8; 32]> {
    payload_as(Profile::W3c, read.certificate()).ok().map(sha256)
}

/// Whether a stored document is what its record says: its hash, its signature by the key named, and what it states.
fn check_document(
    head: &Head,
    version: &Version,
    read: Result<&Presented<'_>, &DocumentError>,
    key: Option<&Key>,
) -> Stored {
    if sha256(version.document.as_bytes()) != version.document_sha256 {
        return Stored::HashMismatch;
    }
    // An unknown key is found out where the keys of the revision are.
    let Some(key) = key.and_then(public_key) else { return Stored::Sound };
    match read {
        Ok(read) if read.verify(&key).is_err() => Stored::SignatureInvalid,
        Ok(read) if !states(read.certificate(), (&head.number, &head.body), version) => Stored::Contradicted,
        Ok(_) => Stored::Sound,
        Err(_) => Stored::SignatureInvalid,
    }
}

/// Whether what is on record of a version is what its document states: no signature is looked at.
pub(crate) fn stated(of: (&CertificateNumber, &BodyId), version: &Version) -> Stored {
    if sha256(version.document.as_bytes()) != version.document_sha256 {
        return Stored::HashMismatch;
    }
    match Presented::read(&version.document) {
        Ok(read) if states(read.certificate(), of, version) => Stored::Sound,
        Ok(_) => Stored::Contradicted,
        Err(_) => Stored::SignatureInvalid,
    }
}

/// Whether a document states what is judged of its version. What it keeps back it does not state: neither that nor what
/// was erased of it decides anything.
fn states(stated: &Certificate, (number, body): (&CertificateNumber, &BodyId), version: &Version) -> bool {
    stated.number == number.as_str()
        && stated.version == version.version
        && stated.issuer.body == body.name()
        && stated.facts == facts(&version.content.without(&version.content.confidential))
}
