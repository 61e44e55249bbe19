//! Making a bundle, as a stream that holds no more than a page of certificates in memory.

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use greenlane_api::classification::v1 as codes;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::equivalence::v1 as eq;
use greenlane_api::equivalence::v1::catalogue_service_client::CatalogueServiceClient;
use greenlane_platform::client::Client;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_platform::telemetry;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::{BundledCertificate, FORM, Header, Line, signed_text};
use crate::app::files::StoredCertificate;
use crate::app::log::LogWriter;
use crate::app::read::Reader;
use crate::domain::names::BodyId;
use crate::store::filter::Filter;
use crate::store::list;

/// Bytes of one part of the stream, about.
const PART_BYTES: usize = 256 * 1024;

/// Certificates or bodies that are read at a time.
const PAGE: u64 = 200;

/// What a bundle is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// None means all.
    pub(crate) bodies: Vec<BodyId>,
    /// None means all.
    pub(crate) destinations: Vec<String>,
}

/// A bundle in the making: what it says of itself, and its parts as they come.
pub(crate) struct Bundling {
    pub(crate) header: Header,
    pub(crate) parts: mpsc::Receiver<Result<Vec<u8>, Fault>>,
}

/// Makes bundles.
pub(crate) struct Bundler {
    pub(crate) reader: Reader,
    pub(crate) log: Arc<LogWriter>,
    pub(crate) equivalence: Option<Client>,
    pub(crate) classification: Option<Client>,
    pub(crate) clock: Clock,
    pub(crate) good_for: TimeDelta,
    /// The registry's address, as its documents state it.
    pub(crate) public_url: String,
}

/// The two catalogues, exported.
#[derive(Default)]
struct Pack {
    equivalence: (u64, Vec<Vec<u8>>),
    classification: (u64, Vec<Vec<u8>>),
}

impl Bundler {
    /// Begins a bundle of what is known now.
    pub(crate) async fn begin(self: &Arc<Self>, order: Order) -> Result<Bundling, Fault> {
        for body in &order.bodies {
            let known = self.reader.published.files().body(&self.reader.store, body).await?;
            known.ok_or_else(|| Fault::not_found(body.name()))?;
        }
        let pack = self.pack().await?;
        // The head last: what the catalogues refer to is in it.
        let head = self.reader.published.head();
        let made_at = self.clock.now();
        let header = Header {
            form: FORM,
            origin: self.log.origin().to_owned(),
            log_key: self.log.verifier_key().to_string(),
            registry: self.public_url.clone(),
            revision: head.size,
            checkpoint: head.note.clone(),
            checkpoint_at: head.signed_at.to_utc(),
            made_at,
            good_until: good_until(made_at, self.good_for),
            bodies: order.bodies.iter().map(BodyId::name).collect(),
            destinations: order.destinations.clone(),
            equivalence_revision: pack.equivalence.0,
            classification_revision: pack.classification.0,
        };
        let (sender, parts) = mpsc::channel(2);
        let (this, header_of_stream) = (Arc::clone(self), header.clone());
        tokio::spawn(telemetry::carry(async move {
            let mut out = Output { gzip: new_gzip(), hash: Sha256::new(), sender };
            if let Err(Stopped::Failed(fault)) = this.write(&mut out, header_of_stream, order, pack).await {
                // Whoever asked may be gone, which is its right.
                let _ = out.sender.send(Err(fault)).await;
            }
        }));
        Ok(Bundling { header, parts })
    }

    /// The catalogues. A registry without an equivalence service makes a bundle that cannot tell recognition, as it
    /// cannot itself; one whose equivalence service is out of reach makes none.
    async fn pack(&self) -> Result<Pack, Fault> {
        let mut pack = Pack::default();
        if let Some(client) = &self.equivalence {
            let unavailable = |status: tonic::Status| Fault::dependency_unavailable("equivalence", status);
            let request = eq::ExportCatalogueRequest::default();
            let answer = CatalogueServiceClient::new(client.clone()).export_catalogue(request).await;
            let mut parts = answer.map_err(unavailable)?.into_inner();
            while let Some(part) = parts.message().await.map_err(unavailable)? {
                pack.equivalence.0 = part.revision;
                pack.equivalence.1.push(part.chunk.to_vec());
            }
        }
        if let Some(client) = &self.classification {
            let unavailable = |status: tonic::Status| Fault::dependency_unavailable("classification", status);
            let request = codes::ExportCatalogueRequest::default();
            let answer = CodeSystemServiceClient::new(client.clone()).export_catalogue(request).await;
            let mut parts = answer.map_err(unavailable)?.into_inner();
            while let Some(part) = parts.message().await.map_err(unavailable)? {
                pack.classification.0 = part.revision;
                pack.classification.1.push(part.chunk.to_vec());
            }
        }
        Ok(pack)
    }

    async fn write(&self, out: &mut Output, header: Header, order: Order, pack: Pack) -> Result<(), Stopped> {
        let (revision, origin) = (header.revision, header.origin.clone());
        out.line(&Line::Header(Box::new(header))).await?;
        for part in pack.equivalence.1 {
            out.line(&Line::Equivalence(STANDARD.encode(part))).await?;
        }
        for part in pack.classification.1 {
            out.line(&Line::Classification(STANDARD.encode(part))).await?;
        }
        let bodies = if order.bodies.is_empty() { self.all_bodies(revision).await? } else { order.bodies };
        for id in bodies {
            let file = self.reader.published.files().body(&self.reader.store, &id).await?;
            let Some(file) = file.filter(|file| file.body_at(revision).is_some()) else { continue };
            out.line(&Line::Body(file.history_at(revision))).await?;
            self.certificates(out, &id, revision).await?;
        }
        let note = self
            .log
            .sign_text(&signed_text(&origin, &out.hash.clone().finalize()))
            .map_err(|broken| Stopped::Failed(Fault::log_inconsistent(broken)))?;
        out.line(&Line::Signature(note)).await?;
        let rest = std::mem::replace(&mut out.gzip, new_gzip()).finish().map_err(Fault::internal)?;
        out.send(rest).await
    }

    async fn all_bodies(&self, revision: u64) -> Result<Vec<BodyId>, Stopped> {
        let (mut ids, mut after) = (Vec::new(), None::<String>);
        loop {
            let from = after.clone();
            let page = self
                .reader
                .read("bundle_bodies", move |tx| {
                    let from = from.clone();
                    Box::pin(async move { Ok(list::bodies(tx, None, None, revision, from.as_deref(), PAGE).await?) })
                })
                .await?;
            let Some(last) = page.last() else { return Ok(ids) };
            after = Some(last.record.id.as_str().to_owned());
            ids.extend(page.into_iter().map(|body| body.record.id));
        }
    }

    async fn certificates(&self, out: &mut Output, body: &BodyId, revision: u64) -> Result<(), Stopped> {
        let mut after = None;
        loop {
            let filter = Filter { body: Some(body.clone()), ..Filter::default() };
            let page = self
                .reader
                .read("bundle_certificates", move |tx| {
                    let filter = filter.clone();
                    Box::pin(async move {
                        let mut loaded = Vec::new();
                        for known in list::certificates(tx, &filter, after, PAGE).await? {
                            let index = known.head.granted_index;
                            loaded.push((index, StoredCertificate::load(tx, known).await?));
                        }
                        Ok(loaded)
                    })
                })
                .await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(*last);
            for (_, stored) in page {
                if let Some(certificate) = BundledCertificate::at(&stored.check(), revision) {
                    out.line(&Line::Certificate(Box::new(certificate))).await?;
                }
                // Documents are checked here, which takes its time: others work in between.
                tokio::task::consume_budget().await;
            }
        }
    }
}

fn good_until(made_at: DateTime<Utc>, good_for: TimeDelta) -> DateTime<Utc> {
    made_at.checked_add_signed(good_for).unwrap_or(made_at)
}

fn new_gzip() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::default())
}

/// Why the writing ended early.
enum Stopped {
    /// Nobody reads on.
    Gone,
    Failed(Fault),
}

impl<E: Into<Fault>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

struct Output {
    gzip: GzEncoder<Vec<u8>>,
    hash: Sha256,
    sender: mpsc::Sender<Result<Vec<u8>, Fault>>,
}

impl Output {
    async fn line(&mut self, line: &Line) -> Result<(), Stopped> {
        let mut raw = serde_json::to_vec(line).map_err(Fault::internal)?;
        raw.push(b'\n');
        self.hash.update(&raw);
        self.gzip.write_all(&raw).map_err(Fault::internal)?;
        if self.gzip.get_ref().len() < PART_BYTES {
            return Ok(());
        }
        let part = std::mem::take(self.gzip.get_mut());
        self.send(part).await
    }

    async fn send(&self, part: Vec<u8>) -> Result<(), Stopped> {
        self.sender.send(Ok(part)).await.map_err(|_| Stopped::Gone)
    }
}
