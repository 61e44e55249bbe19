//! Putting it together.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use greenlane_api::equivalence::v1::alert_service_server::AlertServiceServer;
use greenlane_api::equivalence::v1::arrangement_service_server::ArrangementServiceServer;
use greenlane_api::equivalence::v1::catalogue_service_server::CatalogueServiceServer;
use greenlane_api::equivalence::v1::change_service_server::ChangeServiceServer;
use greenlane_api::equivalence::v1::dispute_service_server::DisputeServiceServer;
use greenlane_api::equivalence::v1::equivalence_service_server::EquivalenceServiceServer;
use greenlane_api::equivalence::v1::pack_service_server::PackServiceServer;
use greenlane_api::equivalence::v1::recognition_service_server::RecognitionServiceServer;
use greenlane_curation::Workflow;
use greenlane_curation::alerts::Alerts;
use greenlane_jose::{Jwk, KeyFileError, Signer, SigningKey};
use greenlane_platform::client::{self, Client};
use greenlane_platform::clock::Clock;
use greenlane_platform::grpc;
use greenlane_platform::server::{InBytes, Service};
use greenlane_store::Store;
use greenlane_store::audit::{SinkConfig, StoreSink};

use crate::api::{
    AlertsApi, Arrangements, CatalogueApi, ChangesApi, DisputesApi, Equivalences, PacksApi, QuickRecognition, RULES,
    RecognitionApi,
};
use crate::app::alerts::CatalogueAlerts;
use crate::app::catalogue::Catalogues;
use crate::app::changes::CuratedCatalogue;
use crate::app::disputes::Disputes;
use crate::app::impact::Impacts;
use crate::app::nomenclature::Nomenclature;
use crate::app::packs::Packs;
use crate::app::recognition::Recogniser;
use crate::app::starter;
use crate::app::translations::Translations;
use crate::config::{Config, OtherPackKey};
use crate::store::Migrator;

/// Applies the migrations that are not applied yet. Serving does not: it refuses a schema that is not its own.
///
/// # Errors
/// When the database cannot be opened, or is ahead of this program.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let store = Store::open(&config.store).await.context("cannot open the equivalence database")?;
    let migrated = store.migrate::<Migrator>().await;
    store.close().await;
    migrated.context("cannot migrate the equivalence database")
}

/// Whether the database has this program's schema.
///
/// # Errors
/// When it has not, or cannot be opened.
pub async fn check(config: &Config) -> anyhow::Result<()> {
    let store = Store::open_to_read(&config.store).await.context("cannot open the equivalence database")?;
    let checked = store.check_schema::<Migrator>().await;
    store.close().await;
    checked.context("the equivalence database")
}

/// Opens the database, checks its schema, publishes the starter catalogue if that is wanted and nothing is there yet,
/// loads the catalogue, and hands over what is to be served. `classification` is the channel to that service; none
/// means the one of the configuration.
///
/// # Errors
/// When the database cannot be opened or has another schema, the catalogue cannot be read, or the configuration
/// contradicts itself.
pub async fn service(config: &Config, clock: Clock, classification: Option<Client>) -> anyhow::Result<Service> {
    let store = Store::open_to_serve(&config.store).await.context("cannot open the equivalence database")?;
    store.check_schema::<Migrator>().await.context("the equivalence database has another schema")?;
    if config.starter {
        starter::publish(&store, &clock).await?;
    }
    let catalogues = Catalogues::open(store.clone(), clock.clone(), config).await;
    let catalogues = Arc::new(catalogues.context("cannot load the catalogue")?);
    let channel = match classification {
        Some(channel) => channel,
        None => client::connect(&config.classification).context("the channel to classification")?,
    };
    let packs = Packs {
        catalogues: catalogues.clone(),
        classification: channel.clone(),
        signer: config.pack_key_file.as_deref().map(pack_key).transpose()?,
        others: config.other_pack_keys.iter().map(other_pack_key).collect::<anyhow::Result<_>>()?,
        clock: clock.clone(),
        good_for: TimeDelta::hours(config.pack_good_hours.into()),
    };
    let nomenclature = Nomenclature::new(channel.clone());
    let translations = Arc::new(Translations::new(channel, config));
    let recogniser = Recogniser::new(catalogues.clone(), translations);

    let recognition = RecognitionApi { recogniser: recogniser.clone(), clock: clock.clone() };
    let catalogue = CatalogueApi { catalogues: catalogues.clone(), bookmark_interval: config.bookmark_interval() };
    let equivalences = Equivalences { catalogues: catalogues.clone(), clock: clock.clone() };
    let curated = Arc::new(CuratedCatalogue { catalogues: catalogues.clone(), nomenclature, clock: clock.clone() });
    let changes = Workflow::new(store.clone(), curated, clock.clone());
    let impacts = Impacts { store: store.clone(), changes: changes.clone(), recogniser: recogniser.clone() };
    let about = Arc::new(CatalogueAlerts { recogniser: recogniser.clone() });
    let alerts = Arc::new(Alerts::new(store.clone(), clock.clone(), about, config.alert_look_ahead_days()));
    let alerts_api = AlertsApi { alerts: alerts.clone(), bookmark_interval: config.bookmark_interval() };
    let disputes = Disputes {
        store: store.clone(),
        changes: changes.clone(),
        recogniser: recogniser.clone(),
        newest: Arc::default(),
    };
    let disputes_api = DisputesApi { disputes: disputes.clone(), bookmark_interval: config.bookmark_interval() };
    let changes = ChangesApi { changes, impacts };
    let audit = StoreSink::start(store.clone(), SinkConfig::default());
    let follower = catalogues.clone();
    let poll_interval = config.poll_interval();
    Ok(Service::new("equivalence", RULES)
        .grpc(move |limits| {
            let quick = QuickRecognition::new(recognition.clone());
            InBytes::new(quick, grpc!(RecognitionServiceServer::new(recognition))(limits), *limits)
        })
        .grpc(grpc!(CatalogueServiceServer::new(catalogue)))
        .grpc(grpc!(ArrangementServiceServer::new(Arrangements { catalogues: catalogues.clone() })))
        .grpc(grpc!(EquivalenceServiceServer::new(equivalences)))
        .grpc(grpc!(ChangeServiceServer::new(changes)))
        .grpc(grpc!(AlertServiceServer::new(alerts_api)))
        .grpc(grpc!(DisputeServiceServer::new(disputes_api)))
        .grpc(grpc!(PackServiceServer::new(PacksApi { packs })))
        .probe(move || {
            let store = store.clone();
            async move { store.ping().await.map_err(|error| error.to_string()) }
        })
        .audit(Arc::new(audit.clone()))
        .background("audit", move |stop| async move { audit.flush_after(stop.cancelled()).await })
        .background("alerts", move |stop| async move { alerts.follow(poll_interval, stop).await })
        .background("disputes", move |stop| async move { disputes.follow(poll_interval, stop).await })
        .background("catalogue follower", move |stop| async move { follower.follow(poll_interval, stop).await }))
}

/// The key that packs are signed with, made when it is not there. Replicas that share the file share the key.
fn pack_key(path: &Path) -> anyhow::Result<Arc<dyn Signer>> {
    let missing =
        |error: &KeyFileError| matches!(error, KeyFileError::Io { source, .. } if source.kind() == ErrorKind::NotFound);
    let key = match SigningKey::load(path) {
        Err(error) if missing(&error) => {
            let key = SigningKey::generate_ed25519();
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).context("the folder of the key of recognition packs")?;
            }
            match key.save(path) {
                // Another replica has just made it.
                Err(KeyFileError::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {
                    SigningKey::load(path)
                }
                saved => saved.map(|()| key),
            }
        }
        loaded => loaded,
    };
    Ok(Arc::new(key.context("the key of recognition packs")?))
}

/// A key that packs are to be believed by although it does not sign.
fn other_pack_key(other: &OtherPackKey) -> anyhow::Result<(Jwk, Option<DateTime<Utc>>)> {
    let told = || format!("the other key of recognition packs, {}", other.file.display());
    let bytes = std::fs::read(&other.file).with_context(told)?;
    Ok((Jwk::parse(&bytes).with_context(told)?, other.until))
}
