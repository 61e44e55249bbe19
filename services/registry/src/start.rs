//! From configuration to a service that can be served.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use greenlane_api::equivalence::v1 as eq;
use greenlane_api::registry::v1 as wire;
use greenlane_jose::{KeyFileError, Signer, SigningKey};
use greenlane_log::note::{KeyName, NoteKeyError, NoteSigner};
use greenlane_platform::apart::apart;
use greenlane_platform::audit::AuditSink;
use greenlane_platform::client::{Client, ClientConfig, ClientError, connect};
use greenlane_platform::clock::Clock;
use greenlane_platform::follow::{FollowConfig, RevisionFollower};
use greenlane_platform::grpc;
use greenlane_platform::server::{Answer, Service};
use greenlane_store::audit::{SinkConfig, StoreSink};
use greenlane_store::{Store, StoreError, idempotency, migrate::SchemaError};

mod keys_on_record;
mod serving;
mod verifier;
mod witnesses;

pub use self::keys_on_record::{OnRecord, on_record};
use self::serving::Serving;
use crate::api;
use crate::app::contestations::Contestations;
use crate::app::cosign;
use crate::app::files::Files;
use crate::app::import::{Memory, Turns};
use crate::app::keyring::Keyring;
use crate::app::log::LogWriter;
use crate::app::log::mark::Mark;
use crate::app::numbers::Numbers;
use crate::app::publications::Publications;
use crate::app::published::Published;
use crate::app::recognise::Recogniser;
use crate::app::registry::{EffectBounds, Registry};
use crate::app::sequencer::{Sequencer, WriteQueue};
use crate::app::slots::Slots;
use crate::app::unknown::Unknown;
use crate::app::use_report::UseReporter;
use crate::app::witnesses::Witnesses;
use crate::catalogues::CatalogueHistory;
use crate::config::{Config, Role};
use crate::store::Migrator;

/// Channels to the services beside the registry, in place of the configured ones. Without either verification says
/// *undetermined* where it needs them.
#[derive(Clone, Default)]
pub struct Peers {
    /// The equivalence service.
    pub equivalence: Option<Client>,
    /// The classification service: for goods that are declared in another edition than they were certified in.
    pub classification: Option<Client>,
}

/// Why the registry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The schema is not ours.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A key cannot be read or made.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The directory of keys cannot be used.
    #[error("key directory: {0}")]
    KeyDirectory(#[from] std::io::Error),
    /// A channel to another service cannot be made.
    #[error(transparent)]
    Peer(#[from] ClientError),
    /// A witness, or a log to be witnessed, is configured wrongly.
    #[error("witnesses: {0}")]
    Witness(String),
    /// A verifier is configured wrongly, or asked for what it does not do.
    #[error("verifier: {0}")]
    Verifier(String),
    /// The verification page is configured wrongly.
    #[error("page.trusted_proxies: {0}")]
    Page(String),
    /// Whom to tell of faults is configured wrongly.
    #[error("security.{0}")]
    Security(String),
    /// The log's origin cannot be the name of its key.
    #[error("log_origin: {0}")]
    Origin(#[from] NoteKeyError),
}

/// Applies the migrations that are not applied yet. Serving does not: it refuses a schema that is not its own.
///
/// # Errors
/// When the database cannot be opened, or is ahead of this program.
pub async fn migrate(config: &Config) -> Result<(), StartError> {
    if config.role == Role::Verifier {
        return Err(StartError::Verifier(
            "it changes no database: migrate with the registry's own configuration".to_owned(),
        ));
    }
    let store = Store::open(&config.store).await?;
    let migrated = store.migrate::<Migrator>().await;
    store.close().await;
    Ok(migrated?)
}

/// Whether the database has this program's schema.
///
/// # Errors
/// When it has not, or cannot be opened.
pub async fn check(config: &Config) -> Result<(), StartError> {
    let store = Store::open_to_read(&config.store).await?;
    let checked = store.check_schema::<Migrator>().await;
    store.close().await;
    Ok(checked?)
}

/// Opens the database, checks its schema and the log, and hands over the service.
///
/// A log whose stored state does not match its head does not keep the service from starting: it answers reads, signs
/// nothing, and says so by its health.
///
/// # Errors
/// When the database, its schema or the keys cannot be used.
pub async fn service(config: &Config, clock: Clock, peers: Peers) -> Result<Service, StartError> {
    let peers = Peers {
        equivalence: channel(peers.equivalence, config.equivalence.as_ref())?,
        classification: channel(peers.classification, config.classification.as_ref())?,
    };
    if config.role == Role::Verifier {
        return verifier::service(config, clock, peers).await;
    }
    let store = Store::open_to_serve(&config.store).await?;
    store.check_schema::<Migrator>().await?;
    let keyring = Keyring::open(&config.key_directory)?;
    let signer: Arc<dyn Signer> = Arc::new(key_file(&config.key_directory, "log.jwk")?);
    let signer = NoteSigner::new(KeyName::new(&config.log_origin)?, signer)?;
    let log = Arc::new(LogWriter::new(&config.log_origin, signer, Mark::new(&config.key_directory)));
    let head = serving::head(log.start(&store, clock.now()).await, &log, &store).await?;
    let files = Files::new(config.cached_certificates, config.cached_bodies);
    if let Some(broken) = cosign::accused(&store, log.verifier_key()).await? {
        log.stop_signing(&broken);
    }
    let published = Published::new(head, files).of_log(Arc::clone(&log)).heard_within(config.head_bound());
    let published = Arc::new(published);
    let (queue, sequencer, teller) = Sequencer::new(
        store.with_own_writer(&config.store)?,
        store.clone(),
        Arc::clone(&log),
        clock.clone(),
        Arc::clone(&published),
        config.write_queue,
        config.group_limit,
    );
    let serving = Serving::new(config, &clock, &peers, (&store, &log, &published))?;
    let reader = serving.reader.clone();
    let sink = StoreSink::start(store.clone(), SinkConfig::default());
    let audit: Arc<dyn AuditSink> = Arc::new(sink.clone());
    let contestations = peers.equivalence.clone().map(|channel| Contestations {
        store: store.clone(),
        published: Arc::clone(&published),
        queue: queue.clone(),
        disputes: eq::dispute_service_client::DisputeServiceClient::new(channel),
    });
    let recorders = recorders(&serving, &peers, &store, &queue);
    let registry = Arc::new(Registry {
        store: store.clone(),
        published: Arc::clone(&published),
        queue,
        turns: Turns::new(),
        trials: Memory::new(),
        keyring,
        slots: Slots::new(config.status_list_fill),
        numbers: Numbers::new(),
        log: Arc::clone(&log),
        clock: clock.clone(),
        public_url: config.public_url.trim_end_matches('/').to_owned(),
        bounds: EffectBounds {
            past: TimeDelta::days(config.effect_past_days.into()),
            future: TimeDelta::days(config.effect_future_days.into()),
        },
        audit: Arc::clone(&audit),
    });
    let unknown = Unknown::new(peers.equivalence.clone(), peers.classification);
    let reporter = peers.equivalence.filter(|_| config.use_report_interval_seconds > 0).map(|channel| UseReporter {
        store: store.clone(),
        changes: eq::change_service_client::ChangeServiceClient::new(channel),
        uses: serving.verifier.recogniser.uses(),
        reporter: config.log_origin.clone(),
        every: Duration::from_secs(config.use_report_interval_seconds),
    });
    let asking = Witnesses::new(
        reader.clone(),
        Arc::clone(&serving.cosigner),
        witnesses::addresses(config)?,
        Duration::from_millis(config.witness_interval_ms.max(10)),
    );
    // A database that lost entries is found before anything is signed on it.
    asking.ask_all().await;
    let write_offs = api::WriteOffs { registry: Arc::clone(&registry), reader: reader.clone() };
    let traces = api::Traces { registry: Arc::clone(&registry), reader: reader.clone() };
    let certificates = api::Certificates {
        registry: Arc::clone(&registry),
        reader: reader.clone(),
        serves_status_lists: config.http_listen.is_some(),
        cosigned: Arc::clone(&serving.cosigner.cosigned),
        unknown: Arc::new(unknown),
    };
    let (cosigned, poll) = (Arc::clone(&serving.cosigner.cosigned), config.poll_interval());
    let bodies = api::Bodies { registry: Arc::clone(&registry), reader };
    let witness = witnesses::witness(config, &store, &clock)?;
    let expiry_clock = clock;
    let service = Service::new("registry", api::rules::RULES)
        .grpc(grpc!(wire::certificate_service_server::CertificateServiceServer::new(certificates)))
        .grpc(grpc!(wire::body_service_server::BodyServiceServer::new(bodies)))
        .grpc(grpc!(wire::trace_service_server::TraceServiceServer::new(traces)))
        .grpc(grpc!(wire::write_off_service_server::WriteOffServiceServer::new(write_offs)))
        .background("sequencer", move |stop| async move {
            let writing = apart("sequencer", sequencer.run(stop.clone().cancelled_owned()));
            match tokio::join!(writing, teller.run()) {
                // In a drain the queue ends with the last handler, a moment before the stop: that is no failure.
                (Ok(()), ()) => stop.cancelled().await,
                (Err(error), ()) => tracing::error!(%error, "the sequencer failed"),
            }
        })
        .background(
            "idempotency_expiry",
            move |stop| async move { expire(&store, &expiry_clock, stop.cancelled()).await },
        )
        .background("use_report", move |stop| async move {
            match reporter {
                Some(reporter) => reporter.run(stop.cancelled()).await,
                None => stop.cancelled().await,
            }
        })
        .background("contestations", move |stop| async move {
            match contestations {
                Some(contestations) => contestations.run(stop.cancelled()).await,
                None => stop.cancelled().await,
            }
        })
        .background("publications", move |stop| async move {
            let recording = recorders.into_iter().map(|recorder| recorder.run(stop.cancelled()));
            futures_util::future::join_all(recording).await;
            stop.cancelled().await;
        })
        .audit(audit)
        .background("audit", move |stop| async move { sink.flush_after(stop.cancelled()).await })
        .background("witnesses", move |stop| async move { asking.run(stop.cancelled()).await })
        .background("cosigned", move |stop| async move { cosigned.run(poll, stop.cancelled()).await });
    Ok(serving.add_to(service, config, witness))
}

/// Those who put the revisions of the catalogues that are connected on record.
fn recorders(serving: &Serving, peers: &Peers, store: &Store, queue: &WriteQueue) -> Vec<Publications> {
    let recorder = |(history, follower)| Publications { store: store.clone(), queue: queue.clone(), history, follower };
    let equivalence = peers.equivalence.clone().map(CatalogueHistory::of_equivalence);
    let equivalence = equivalence.zip(serving.verifier.recogniser.follower());
    let classification = peers.classification.clone().map(CatalogueHistory::of_classification);
    let classification = classification.map(|history| (history.clone(), follow(history)));
    equivalence.into_iter().chain(classification).map(recorder).collect()
}

/// The service, and the site beside it when it has an address.
fn with_site(service: Service, site: api::Site, config: &Config) -> Service {
    let Some(listen) = config.http_listen else { return service };
    let site = Arc::new(site);
    let answer: Answer = Arc::new(move |request| {
        let site = Arc::clone(&site);
        Box::pin(async move { site.answer(request).await })
    });
    service.site(listen, api::MAX_REQUEST_BYTES, api::trusted(&config.page), answer)
}

/// How often old idempotency records are removed, and how many in one transaction.
const EXPIRY_PAUSE: Duration = Duration::from_secs(3_600);
const EXPIRY_BATCH: u64 = 1_000;

/// Removes idempotency records that are older than they are kept, now and then.
async fn expire(store: &Store, clock: &Clock, stop: impl Future<Output = ()>) {
    let expiring = async {
        loop {
            let before = clock.now() - idempotency::DEFAULT_KEEP;
            let removed: Result<u64, StoreError> = store
                .write("expire_idempotency", move |tx| {
                    Box::pin(async move { Ok(idempotency::expire(tx, before, EXPIRY_BATCH).await?) })
                })
                .await;
            match removed {
                Ok(EXPIRY_BATCH) => continue,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "old idempotency records could not be removed; trying again later")
                }
            }
            tokio::time::sleep(EXPIRY_PAUSE).await;
        }
    };
    tokio::select! {
        () = stop => {}
        () = expiring => {}
    }
}

fn channel(given: Option<Client>, config: Option<&ClientConfig>) -> Result<Option<Client>, ClientError> {
    match (given, config) {
        (None, Some(config)) => connect(config).map(Some),
        (given, _) => Ok(given),
    }
}

/// A key of the registry itself, made when it is first needed.
fn key_file(directory: &Path, name: &str) -> Result<SigningKey, KeyFileError> {
    let path = directory.join(name);
    if !path.exists() {
        match SigningKey::generate_ed25519().save(&path) {
            // Another replica was faster.
            Err(KeyFileError::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
            saved => saved?,
        }
    }
    SigningKey::load(&path)
}

fn recogniser(config: &Config, peers: &Peers) -> Recogniser {
    let bound = Duration::from_secs(config.recognition_bound_seconds);
    let follower = peers.equivalence.clone().map(|client| follow(CatalogueHistory::of_equivalence(client)));
    let timeout = Duration::from_millis(config.recognition_timeout_ms);
    Recogniser::new(
        peers.equivalence.clone(),
        follower,
        peers.classification.clone(),
        bound,
        timeout,
        config.cached_decisions,
    )
}

/// Follows the revisions of a catalogue.
fn follow(history: CatalogueHistory) -> RevisionFollower {
    let name = history.catalogue().as_str();
    RevisionFollower::spawn(name, FollowConfig::default(), move |after| history.clone().watch(after))
}
