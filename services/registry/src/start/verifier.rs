//! The role of a verifier: the same verification, from a database that is only read, without any key.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use greenlane_api::registry::v1 as wire;
use greenlane_log::note::{NoteKey, SignatureType};
use greenlane_platform::clock::Clock;
use greenlane_platform::grpc;
use greenlane_platform::server::{InBytes, Service};
use greenlane_store::{Store, StoreConfig, StoreError};

use super::{Peers, StartError, channel, listen, not_broken, recogniser, with_site, witnesses};
use crate::api;
use crate::api::verify::VERIFIER;
use crate::app::bundle::Bundler;
use crate::app::cosign::Cosigner;
use crate::app::files::Files;
use crate::app::log::LogWriter;
use crate::app::published::Published;
use crate::app::read::Reader;
use crate::app::source::Source;
use crate::app::status::StatusLists;
use crate::app::verify::Verifier;
use crate::config::{Config, Role};
use crate::store::{Migrator, log};

/// What a verifier serves: verification, and what proves its answers.
const SERVES: &[&str] = &[
    "/greenlane.registry.v1.VerificationService/BatchVerify",
    "/greenlane.registry.v1.VerificationService/StreamVerify",
    "/greenlane.registry.v1.VerificationService/Verify",
    "/greenlane.registry.v1.LogService/GetCheckpoint",
    "/greenlane.registry.v1.LogService/GetConsistencyProof",
    "/greenlane.registry.v1.LogService/GetInclusionProof",
    "/greenlane.registry.v1.LogService/ListCosignatures",
    "/greenlane.registry.v1.LogService/ListEntries",
];

/// How the database is opened in the process's role.
pub(super) fn store(config: &Config) -> StoreConfig {
    StoreConfig { read_only: config.role == Role::Verifier, ..config.store.clone() }
}

/// The log's public key.
fn key(config: &Config) -> Result<NoteKey, StartError> {
    let wrong = |why: &str| StartError::Verifier(format!("log_verifier_key {why}"));
    if config.log_verifier_key.is_empty() {
        return Err(wrong("is required: `greenlane log checkpoint -o json` tells it"));
    }
    let key: NoteKey = config.log_verifier_key.parse().map_err(|error| wrong(&format!("{error}")))?;
    if key.signature_type() != SignatureType::Ed25519 {
        return Err(wrong("is a witness's"));
    }
    if key.name().as_str() != config.log_origin {
        return Err(wrong("is not the key of log_origin"));
    }
    Ok(key)
}

/// Opens the database for reading, checks its schema and the log, and hands over the service.
///
/// A log that is not what its key signed leaves what is in force undetermined, and the service says so by its health.
pub(super) async fn service(config: &Config, clock: Clock, peers: Peers) -> Result<Service, StartError> {
    let peers = Peers {
        equivalence: channel(peers.equivalence, config.equivalence.as_ref())?,
        classification: channel(peers.classification, config.classification.as_ref())?,
    };
    let log = Arc::new(LogWriter::reading(key(config)?));
    let store = Store::open(&store(config)).await?;
    store.check_schema::<Migrator>().await?;
    let head = match log.inspect(&store).await {
        Ok(head) => head,
        Err(StoreError::Domain(broken)) => {
            log.stop_signing(&broken);
            store.read("read_head", |tx| Box::pin(async move { Ok(log::head(tx).await?) })).await?
        }
        Err(error) => return Err(StartError::Store(not_broken(error))),
    };
    let files = Files::new(config.cached_certificates, config.cached_bodies);
    let published = Arc::new(Published::new(head, files).vetted_by(Arc::clone(&log)));
    let wait = Duration::from_millis(config.revision_wait_ms);
    let reader = Reader { store: store.clone(), published: Arc::clone(&published), wait };
    let verifier = Arc::new(Verifier {
        source: Source::Registry {
            store: store.clone(),
            published: Arc::clone(&published),
            log: Arc::clone(&log),
            wait,
        },
        recogniser: recogniser(config, &peers),
        clock: clock.clone(),
    });
    let public_url = config.public_url.trim_end_matches('/').to_owned();
    let page = api::Page::new(&config.page, reader.clone(), Arc::clone(&log), Arc::clone(&verifier))
        .map_err(StartError::Page)?;
    let site = api::Site {
        reader: reader.clone(),
        log: Arc::clone(&log),
        public_url: public_url.clone(),
        witness: None,
        status: StatusLists::new(reader.clone(), Arc::clone(&log), clock.clone(), public_url.clone()),
        page,
    };
    let listener = listen(config).await?;
    // These two are refused what they would write or sign by the role.
    let bundler = Bundler {
        reader: reader.clone(),
        log: Arc::clone(&log),
        equivalence: peers.equivalence,
        classification: peers.classification,
        clock: clock.clone(),
        good_for: TimeDelta::hours(config.bundle_good_hours.into()),
    };
    let cosigner =
        Arc::new(Cosigner { store: store.clone(), log: Arc::clone(&log), clock, witnesses: witnesses::keys(config)? });
    let verifications = api::Verifications {
        verifier,
        reader: reader.clone(),
        bundler: Arc::new(bundler),
        log: Arc::clone(&log),
        did: greenlane_credential::did_web(&public_url, &[]).ok(),
    };
    let logs = api::Logs { reader, log: Arc::clone(&log), cosigner };
    let poll = Duration::from_millis(config.poll_interval_ms.max(1));
    let (polled, probed) = (store.clone(), store);
    // Without a table to write to, refusals are audited in the log of the process.
    let service = Service::new("registry", api::rules::RULES)
        .in_role(VERIFIER, SERVES)
        .grpc(move |limits| {
            let quick = api::QuickVerifications::new(verifications.clone());
            let server = wire::verification_service_server::VerificationServiceServer::new(verifications);
            InBytes::new(quick, grpc!(server)(limits), *limits)
        })
        .grpc(grpc!(wire::log_service_server::LogServiceServer::new(logs)))
        .probe(move || {
            let (store, log) = (probed.clone(), Arc::clone(&log));
            async move {
                if let Some(why) = log.broken() {
                    return Err(format!("LOG_INCONSISTENT: {why}"));
                }
                store.ping().await.map_err(|error| error.to_string())
            }
        })
        .background("head_poll", move |stop| async move { published.poll(&polled, poll, stop.cancelled()).await });
    Ok(with_site(service, site, listener))
}
