//! The role of a verifier: the same verification, from a database that is only read, without any key.

use std::sync::Arc;

use greenlane_log::note::{NoteKey, SignatureType};
use greenlane_platform::clock::Clock;
use greenlane_platform::server::Service;
use greenlane_store::{Store, StoreConfig};

use super::serving::{self, Serving};
use super::{Peers, StartError};
use crate::api;
use crate::api::verify::VERIFIER;
use crate::app::files::Files;
use crate::app::log::LogWriter;
use crate::app::published::Published;
use crate::config::{Config, Role};
use crate::store::Migrator;

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
    let log = Arc::new(LogWriter::reading(key(config)?));
    let store = Store::open_to_serve(&store(config)).await?;
    store.check_schema::<Migrator>().await?;
    let head = serving::head(log.inspect(&store).await, &log, &store).await?;
    let files = Files::new(config.cached_certificates, config.cached_bodies);
    let published = Published::new(head, files).of_log(Arc::clone(&log)).heard_within(config.head_bound());
    let published = Arc::new(published);
    let serving = Serving::new(config, &clock, &peers, (&store, &log, &published))?;
    // Without a table to write to, refusals are audited in the log of the process.
    let service = Service::new("registry", api::rules::RULES).in_role(VERIFIER, SERVES);
    Ok(serving.add_to(service, config, None))
}
