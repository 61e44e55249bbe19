//! The classification service: HS codes, editions, correlations, green lists.
//!
//! [`service`] makes it from its [`Config`]; the same call serves it alone, beside the others in one process, and in
//! tests. The catalogue lies in the service's own database, every row with the revisions between which it is known;
//! reads are answered from an indexed snapshot in memory.

mod api;
mod app;
mod config;
mod domain;
pub mod offline;
#[cfg(test)]
mod quality;
mod starter;
mod store;

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::classification::v1::alert_service_server::AlertServiceServer;
use greenlane_api::classification::v1::change_service_server::ChangeServiceServer;
use greenlane_api::classification::v1::code_system_service_server::CodeSystemServiceServer;
use greenlane_api::classification::v1::green_list_service_server::GreenListServiceServer;
use greenlane_api::classification::v1::lookup_service_server::LookupServiceServer;
use greenlane_api::classification::v1::tagging_service_server::TaggingServiceServer;
use greenlane_curation::Workflow;
use greenlane_curation::alerts::Alerts;
use greenlane_platform::clock::Clock;
use greenlane_platform::grpc;
use greenlane_platform::server::Service;
use greenlane_store::audit::{SinkConfig, StoreSink};
use greenlane_store::migrate::SchemaError;
use greenlane_store::{Store, StoreError};

pub use api::{RULES, import_columns};
pub use config::Config;
pub use domain::Column;
pub use store::Migrator;

use crate::app::Catalogues;

/// Why the service could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened or read.
    #[error("the classification database")]
    Store(#[from] StoreError),
    /// The database's schema is not this program's.
    #[error("the classification database")]
    Schema(#[from] SchemaError),
    /// The starter catalogue that the program carries cannot be read.
    #[error("the starter catalogue: {0}")]
    Starter(String),
}

/// Applies the migrations that are not applied yet. Serving does not: it refuses a schema that is not its own.
///
/// # Errors
/// When the database cannot be opened, or is ahead of this program.
pub async fn migrate(config: &Config) -> Result<(), StartError> {
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

/// The service, ready to be served: database open, starter catalogue published if asked for, snapshot loaded.
///
/// # Errors
/// When the database cannot be opened or read, or its schema is not this program's.
pub async fn service(config: &Config, clock: Clock) -> Result<Service, StartError> {
    let store = Store::open_to_serve(&config.store).await?;
    store.check_schema::<Migrator>().await?;
    if config.starter {
        app::publish_starter(&store, &clock).await.map_err(|error| match error {
            app::PublishError::Starter(error) => StartError::Starter(error.to_string()),
            app::PublishError::Store(error) => StartError::Store(error),
        })?;
    }
    let wait = Duration::from_millis(config.revision_wait_ms);
    let catalogues = Arc::new(Catalogues::open(store.clone(), config.older_revisions, wait).await?);
    let bookmarks = Duration::from_millis(config.bookmark_interval_ms.clamp(1, 10_000));
    let lookup = api::Lookup::new(Arc::clone(&catalogues), clock.clone());
    let curated = Arc::new(app::CuratedCatalogue::new(Arc::clone(&catalogues), clock.clone()));
    let workflow = Workflow::new(store.clone(), curated, clock.clone());
    let code_systems = api::CodeSystems::new(Arc::clone(&catalogues), workflow.clone(), bookmarks);
    let about = Arc::new(app::CodeAlerts { catalogues: Arc::clone(&catalogues) });
    // Ten years: further ahead nothing is planned for.
    let look_ahead_days = config.alert_look_ahead_days.min(3_650);
    let alerts = Arc::new(Alerts::new(store.clone(), clock.clone(), about, look_ahead_days));
    let alerts_api = api::AlertsApi { alerts: Arc::clone(&alerts), bookmark_interval: bookmarks };
    let green_lists = api::GreenLists::new(Arc::clone(&catalogues), clock);
    let tagging = api::Tagging::new(Arc::clone(&catalogues));
    let poll = Duration::from_millis(config.poll_interval_ms.max(1));
    let audit = StoreSink::start(store.clone(), SinkConfig::default());
    Ok(Service::new("classification", RULES)
        .grpc(grpc!(LookupServiceServer::new(lookup)))
        .grpc(grpc!(CodeSystemServiceServer::new(code_systems)))
        .grpc(grpc!(GreenListServiceServer::new(green_lists)))
        .grpc(grpc!(TaggingServiceServer::new(tagging)))
        .grpc(grpc!(ChangeServiceServer::new(api::ChangesApi { changes: workflow })))
        .grpc(grpc!(AlertServiceServer::new(alerts_api)))
        .probe(move || {
            let store = store.clone();
            async move { store.ping().await.map_err(|error| error.to_string()) }
        })
        .audit(Arc::new(audit.clone()))
        .background("audit", move |stop| async move { audit.flush_after(stop.cancelled()).await })
        .background("alerts", move |stop| async move { alerts.follow(poll, stop).await })
        .background("catalogue", move |stop| catalogues.follow(poll, stop)))
}
