//! Publishing the starter catalogue.

use std::sync::Arc;

use greenlane_platform::clock::Clock;
use greenlane_store::{Micros, Store, StoreError};

use crate::starter::{self, StarterError};
use crate::store::{self, Publication, publish_first};

/// Why the starter catalogue could not be published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error(transparent)]
    Starter(#[from] StarterError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Publishes the starter catalogue as revision 1, if nothing has been published.
pub(crate) async fn publish_starter(store: &Store, clock: &Clock) -> Result<(), PublishError> {
    if store::current(store).await? > 0 {
        return Ok(());
    }
    let publication = Publication {
        facts: Arc::new(starter::facts()?),
        published_at: Micros::from(clock.now()),
        publisher: "greenlane".to_owned(),
        title: "Starter catalogue".to_owned(),
    };
    if publish_first(store, publication).await? {
        tracing::info!("published the starter catalogue as revision 1");
    }
    Ok(())
}
