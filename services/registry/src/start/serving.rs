//! What a registry serves in either role: verification, the log, and the site of both.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::clock::Clock;
use greenlane_platform::grpc;
use greenlane_platform::server::{InBytes, Service};
use greenlane_store::{Store, StoreError};

use super::{Peers, StartError, recogniser, with_site, witnesses};
use crate::api;
use crate::app::bundle::Bundler;
use crate::app::cosign::Cosigner;
use crate::app::cosigned::Cosigned;
use crate::app::log::{LogBroken, LogWriter};
use crate::app::published::Published;
use crate::app::read::Reader;
use crate::app::source::Source;
use crate::app::status::StatusLists;
use crate::app::verify::Verifier;
use crate::app::witness::Witness;
use crate::config::Config;
use crate::store::log::{self, TreeHead};

/// The head of a log that was looked at. One that does not match what is stored signs nothing and is read all the same.
pub(super) async fn head(
    looked: Result<TreeHead, StoreError<LogBroken>>,
    log: &LogWriter,
    store: &Store,
) -> Result<TreeHead, StartError> {
    match looked {
        Ok(head) => Ok(head),
        Err(StoreError::Domain(broken)) => {
            log.stop_signing(&broken);
            Ok(store.read("read_head", |tx| Box::pin(async move { Ok(log::head(tx).await?) })).await?)
        }
        Err(error) => Err(StartError::Store(not_broken(error))),
    }
}

fn not_broken(error: StoreError<LogBroken>) -> StoreError {
    match error.into_domain() {
        Ok(broken) => StoreError::Aborted(broken.to_string()),
        Err(error) => error,
    }
}

/// Of one database and one log.
pub(super) struct Serving {
    store: Store,
    log: Arc<LogWriter>,
    published: Arc<Published>,
    public_url: String,
    pub(super) reader: Reader,
    pub(super) verifier: Arc<Verifier>,
    /// What it would write or sign, the role of a verifier refuses.
    bundler: Arc<Bundler>,
    pub(super) cosigner: Arc<Cosigner>,
    status: StatusLists,
    page: Option<api::Page>,
    security: Option<api::SecurityText>,
}

impl Serving {
    pub(super) fn new(
        config: &Config,
        clock: &Clock,
        peers: &Peers,
        (store, log, published): (&Store, &Arc<LogWriter>, &Arc<Published>),
    ) -> Result<Self, StartError> {
        let public_url = config.public_url.trim_end_matches('/').to_owned();
        let wait = Duration::from_millis(config.revision_wait_ms);
        let reader = Reader { store: store.clone(), published: Arc::clone(published), wait };
        let verifier = Arc::new(Verifier {
            source: Source::Registry { reader: reader.clone(), log: Arc::clone(log) },
            recogniser: recogniser(config, peers),
            clock: clock.clone(),
        });
        let bundler = Arc::new(Bundler {
            reader: reader.clone(),
            log: Arc::clone(log),
            equivalence: peers.equivalence.clone(),
            classification: peers.classification.clone(),
            clock: clock.clone(),
            good_for: TimeDelta::hours(config.bundle_good_hours.into()),
            public_url: public_url.clone(),
        });
        let witnesses = witnesses::keys(config)?;
        let witness_wait = Duration::from_millis(config.witness_wait_ms);
        let cosigned = Cosigned::new(reader.clone(), Arc::clone(log), witnesses.clone(), witness_wait);
        let cosigner = Arc::new(Cosigner {
            store: store.clone(),
            log: Arc::clone(log),
            clock: clock.clone(),
            witnesses,
            cosigned: Arc::new(cosigned),
        });
        let page = api::Page::new(&config.page, reader.clone(), Arc::clone(log), Arc::clone(&verifier))
            .map_err(StartError::Page)?;
        let security =
            api::SecurityText::new(&config.security, &public_url, clock.clone()).map_err(StartError::Security)?;
        Ok(Self {
            status: StatusLists::new(reader.clone(), Arc::clone(log), clock.clone(), public_url.clone()),
            store: store.clone(),
            log: Arc::clone(log),
            published: Arc::clone(published),
            public_url,
            reader,
            verifier,
            bundler,
            cosigner,
            page,
            security,
        })
    }

    /// Adds all of it to a service, and its health.
    pub(super) fn add_to(self, service: Service, config: &Config, witness: Option<Witness>) -> Service {
        let witness_key = witness.as_ref().map(|witness| witness.key.to_string()).unwrap_or_default();
        let site = api::Site {
            reader: self.reader.clone(),
            log: Arc::clone(&self.log),
            public_url: self.public_url.clone(),
            witness,
            status: self.status,
            past: api::Visitors::new(&config.page, api::PAST_A_MINUTE),
            page: self.page,
            security: self.security,
        };
        let verifications = api::Verifications {
            verifier: self.verifier,
            reader: self.reader.clone(),
            bundler: self.bundler,
            log: Arc::clone(&self.log),
            did: greenlane_credential::did_web(&self.public_url, &[]).ok(),
            message_bytes: usize::MAX,
        };
        let logs = api::Logs { reader: self.reader, log: Arc::clone(&self.log), cosigner: self.cosigner, witness_key };
        let (published, polled, probed, log) = (self.published, self.store.clone(), self.store, self.log);
        let poll = config.poll_interval();
        let service = service
            .grpc(move |limits| {
                let message_bytes = limits.max_encode_bytes;
                let verifications = api::Verifications { message_bytes, ..verifications };
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
        with_site(service, site, config)
    }
}
