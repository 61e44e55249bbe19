//! Teaching decided classifications: one transaction, idempotent on its request id, with its line in the audit trail.

use greenlane_platform::audit::{AuditRecord, Origin, Outcome};
use greenlane_store::idempotency::{self, Begun, Key, PayloadHash};
use greenlane_store::{DomainError, Micros, StoreError, Tx, audit};
use serde::{Deserialize, Serialize};

use super::Catalogues;
use crate::domain::ExampleFact;
use crate::store::{self, Lesson};

/// What is taught, by whom and how.
#[derive(Clone, Debug)]
pub(crate) struct Teaching {
    /// Issuer and subject, joined in the one way.
    pub(crate) caller: String,
    pub(crate) subject: String,
    pub(crate) origin: Origin,
    pub(crate) request_id: String,
    /// Hash of what is asked, without the request id.
    pub(crate) payload: PayloadHash,
    pub(crate) validate_only: bool,
    pub(crate) examples: Vec<ExampleFact>,
    pub(crate) at: chrono::DateTime<chrono::Utc>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taught {
    /// How many were new.
    pub(crate) learned: u32,
    /// The revision from which all count.
    pub(crate) revision: u64,
}

/// Why nothing was taught.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum TeachError {
    #[error("the request id {0} was used for another request")]
    RequestIdReused(String),
    #[error("{0}")]
    Stored(String),
    /// Not a failure: rolls back what was done to try.
    #[error("only validated")]
    Validated(Taught),
}

impl DomainError for TeachError {}

/// Teaches. When it returns, this replica answers with what was taught.
pub(crate) async fn teach(catalogues: &Catalogues, teaching: Teaching) -> Result<Taught, StoreError<TeachError>> {
    let done = catalogues
        .store()
        .write("teach_classifications", move |tx| {
            let teaching = teaching.clone();
            Box::pin(async move { attempt(tx, teaching).await })
        })
        .await;
    match done {
        Err(StoreError::Domain(TeachError::Validated(taught))) => Ok(taught),
        Ok(taught) => {
            catalogues.refresh().await.map_err(StoreError::widen)?;
            Ok(taught)
        }
        Err(error) => Err(error),
    }
}

async fn attempt(tx: &Tx, teaching: Teaching) -> Result<Taught, StoreError<TeachError>> {
    let Teaching { caller, subject, origin, request_id, payload, validate_only, examples, at } = teaching;
    let key = Key::new(caller, origin.method.to_string(), request_id.clone());
    let record = |taught: &Taught, outcome| {
        AuditRecord::new(at, &origin, outcome)
            .with_resource(format!("revisions/{}", taught.revision))
            .with_request_id(request_id.clone())
    };
    match idempotency::begin(tx, &key, &payload, at).await? {
        Begun::New => {}
        Begun::Conflict => return Err(TeachError::RequestIdReused(request_id).into()),
        Begun::Replay(bytes) => {
            let taught = serde_json::from_slice(&bytes)
                .map_err(|error| TeachError::Stored(format!("recorded answer: {error}")))?;
            audit::insert(tx, [record(&taught, Outcome::Replayed)]).await?;
            return Ok(taught);
        }
    }
    let lesson = Lesson { examples, teacher: subject, at: Micros::from(at) };
    let (learned, revision) = store::teach(tx, &lesson).await?;
    let taught = Taught { learned, revision };
    if validate_only {
        return Err(TeachError::Validated(taught).into());
    }
    let bytes = serde_json::to_vec(&taught).map_err(|error| TeachError::Stored(error.to_string()))?;
    idempotency::complete(tx, &key, &bytes).await?;
    audit::insert(tx, [record(&taught, Outcome::Done)]).await?;
    Ok(taught)
}
