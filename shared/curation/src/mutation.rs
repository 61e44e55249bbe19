//! One mutation: once whatever its request id says about repetition, with its line in the audit trail, in one
//! transaction.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_platform::audit::{AuditRecord, Origin, Outcome};
use greenlane_platform::auth::Caller;
use greenlane_store::idempotency::{self, Begun, Key};
use greenlane_store::{Body, Store, StoreError, Tx, audit};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::ChangeError;

/// Who asks for a mutation, and how.
#[derive(Clone)]
pub struct Mutation {
    /// Who.
    pub caller: Arc<Caller>,
    /// From where.
    pub origin: Origin,
    /// The request id.
    pub request_id: String,
    /// Check everything and write nothing.
    pub validate_only: bool,
    /// Hash of what is asked, without the request id.
    pub payload: idempotency::PayloadHash,
}

/// What a mutation did, and to which resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done<T> {
    /// The answer.
    pub answer: T,
    /// Resource name, for the audit trail.
    pub resource: String,
}

/// Runs a mutation.
pub(crate) async fn run<T, F>(
    store: &Store,
    name: &'static str,
    mutation: Mutation,
    now: DateTime<Utc>,
    body: F,
) -> Result<T, StoreError<ChangeError>>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    F: for<'tx> Fn(&'tx Tx) -> Body<'tx, Done<T>, ChangeError> + Clone + Send + Sync + 'static,
{
    let validate_only = mutation.validate_only;
    let result = store.write(name, move |tx| attempt(tx, mutation.clone(), body.clone(), now)).await;
    match result {
        Ok(done) => Ok(done.answer),
        // A rolled back transaction is how a validation writes nothing.
        Err(StoreError::Domain(ChangeError::Validated(bytes))) if validate_only => Ok(read::<T>(&bytes)?.answer),
        Err(error) => Err(error),
    }
}

fn attempt<'tx, T, F>(tx: &'tx Tx, mutation: Mutation, body: F, now: DateTime<Utc>) -> Body<'tx, Done<T>, ChangeError>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    F: for<'a> Fn(&'a Tx) -> Body<'a, Done<T>, ChangeError> + Send + Sync + 'static,
{
    Box::pin(async move {
        let key = Key::new(mutation.caller.key(), mutation.origin.method.to_string(), mutation.request_id.clone());
        match idempotency::begin(tx, &key, &mutation.payload, now).await? {
            Begun::New => {}
            Begun::Conflict => return Err(ChangeError::RequestIdReused(mutation.request_id).into()),
            Begun::Replay(bytes) => {
                let done = read::<T>(&bytes)?;
                audit::insert(tx, [record(&mutation, &done.resource, Outcome::Replayed, now)]).await?;
                return Ok(done);
            }
        }
        let done = body(tx).await?;
        let bytes = serde_json::to_vec(&done).map_err(|error| ChangeError::Stored(error.to_string()))?;
        if mutation.validate_only {
            return Err(ChangeError::Validated(bytes).into());
        }
        idempotency::complete(tx, &key, &bytes).await?;
        audit::insert(tx, [record(&mutation, &done.resource, Outcome::Done, now)]).await?;
        Ok(done)
    })
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Done<T>, ChangeError> {
    serde_json::from_slice(bytes).map_err(|error| ChangeError::Stored(format!("recorded answer: {error}")))
}

fn record(mutation: &Mutation, resource: &str, outcome: Outcome, now: DateTime<Utc>) -> AuditRecord {
    AuditRecord::new(now, &mutation.origin, outcome)
        .with_resource(resource)
        .with_request_id(mutation.request_id.clone())
}
