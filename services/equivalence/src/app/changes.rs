//! The change workflow: each step one transaction, idempotent on its request id, with its line in the audit trail.

use std::sync::Arc;

use greenlane_platform::audit::{AuditRecord, Origin, Outcome};
use greenlane_platform::auth::Caller;
use greenlane_platform::clock::Clock;
use greenlane_store::idempotency::{self, Begun, Key};
use greenlane_store::{DomainError, Store, StoreError, Tx, audit};
use uuid::Uuid;

use super::catalogue::Catalogues;
use crate::domain::catalogue::Catalogue;
use crate::domain::change::{Change, ChangeFinding, View, validate};
use crate::domain::change_set::{Answer, ChangeError, ChangeSet, Review, State};
use crate::domain::owners::owners;
use crate::store::change_sets::{self, Cursor};
use crate::store::entries;

impl DomainError for ChangeError {}

/// Who asks for a mutation, and how.
#[derive(Clone)]
pub(crate) struct Mutation {
    pub(crate) caller: Arc<Caller>,
    pub(crate) origin: Origin,
    pub(crate) request_id: String,
    pub(crate) validate_only: bool,
    /// Hash of what is asked, without the request id.
    pub(crate) payload: idempotency::PayloadHash,
}

/// What a new change set consists of.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) title: String,
    pub(crate) reason: String,
    pub(crate) urgency_reason: String,
    pub(crate) changes: Vec<Change>,
}

/// A step on an existing change set.
#[derive(Clone)]
pub(crate) enum Step {
    Propose,
    Review { approve: bool, comment: String },
    Publish,
}

/// The change workflow.
#[derive(Clone)]
pub(crate) struct Changes {
    pub(crate) store: Store,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) clock: Clock,
}

type Result<T> = std::result::Result<T, StoreError<ChangeError>>;

impl Changes {
    pub(crate) async fn create(&self, mutation: Mutation, draft: Draft) -> Result<Answer> {
        check_owners(&mutation.caller, &self.catalogues.current().catalogue, &draft.changes)?;
        let now = self.clock.now();
        let name = format!("changeSets/{}", Uuid::now_v7());
        let author = mutation.caller.subject().to_owned();
        self.mutate("create_change_set", mutation, move |tx| {
            let change_set = ChangeSet {
                name: name.clone(),
                title: draft.title.clone(),
                reason: draft.reason.clone(),
                changes: draft.changes.clone(),
                state: State::Draft,
                author: author.clone(),
                created_at: now,
                proposed_at: None,
                reviews: Vec::new(),
                published_revision: 0,
                published_at: None,
                publisher: String::new(),
                urgency_reason: draft.urgency_reason.clone(),
                version: 1,
            };
            Box::pin(async move {
                change_sets::insert(tx, &change_set).await?;
                Ok(Answer { change_set, revision: entries::current_revision(tx).await? })
            })
        })
        .await
    }

    pub(crate) async fn step(&self, mutation: Mutation, name: String, etag: String, step: Step) -> Result<Answer> {
        let now = self.clock.now();
        let caller = mutation.caller.clone();
        let current = self.catalogues.current();
        let publishes = matches!(step, Step::Publish) && !mutation.validate_only;
        let answer = self
            .mutate("step_change_set", mutation, move |tx| {
                let (name, etag, step, caller) = (name.clone(), etag.clone(), step.clone(), caller.clone());
                let current = current.clone();
                Box::pin(async move {
                    // Publishing takes the lock first, so that what it validates against stays as it is.
                    let revision = match step {
                        Step::Publish => entries::lock(tx).await?,
                        Step::Propose | Step::Review { .. } => entries::current_revision(tx).await?,
                    };
                    let found = change_sets::get(tx, &name).await?;
                    let mut change_set = found.ok_or_else(|| ChangeError::NotFound(name.clone()))?;
                    let loaded = if current.catalogue.revision() == revision {
                        current
                    } else {
                        Arc::new(entries::load(tx, revision).await?)
                    };
                    check_owners(&caller, &loaded.catalogue, &change_set.changes)?;
                    change_set.check_etag(&etag)?;
                    let subject = caller.subject();
                    let revision = match step {
                        Step::Propose => {
                            let findings = validate(&loaded.catalogue, &change_set.changes);
                            change_set.propose(subject, findings, now)?;
                            revision
                        }
                        Step::Review { approve, comment } => {
                            let reviewer = subject.to_owned();
                            change_set.review(Review { reviewer, approved: approve, comment, at: now })?;
                            revision
                        }
                        Step::Publish => {
                            let findings = validate(&loaded.catalogue, &change_set.changes);
                            change_set.publish(subject, findings, revision + 1, now)?;
                            entries::publish(tx, revision, &change_set.changes, &change_set.name, now).await?
                        }
                    };
                    change_sets::update(tx, &change_set).await?;
                    Ok(Answer { change_set, revision })
                })
            })
            .await?;
        if publishes && let Err(error) = self.catalogues.refresh().await {
            // It is published; this replica learns of it at its next look.
            tracing::warn!(%error, "the new revision could not be loaded at once");
        }
        Ok(answer)
    }

    pub(crate) async fn get(&self, name: String) -> Result<ChangeSet> {
        self.store
            .read("get_change_set", move |tx| {
                let name = name.clone();
                Box::pin(async move {
                    let found = change_sets::get(tx, &name).await?;
                    found.ok_or_else(|| StoreError::Domain(ChangeError::NotFound(name)))
                })
            })
            .await
    }

    pub(crate) async fn list(
        &self,
        state: Option<State>,
        author: String,
        after: Option<Cursor>,
        limit: u64,
    ) -> Result<Vec<ChangeSet>> {
        self.store
            .read("list_change_sets", move |tx| {
                let (author, after) = (author.clone(), after.clone());
                Box::pin(async move { Ok(change_sets::list(tx, state, &author, after.as_ref(), limit).await?) })
            })
            .await
    }

    /// Everything that is wrong with a change set on top of the catalogue as it is, and that catalogue's revision.
    pub(crate) async fn validate(&self, name: String) -> Result<(Vec<ChangeFinding>, u64)> {
        let change_set = self.get(name).await?;
        self.catalogues.refresh().await.map_err(StoreError::widen)?;
        let current = self.catalogues.current();
        Ok((validate(&current.catalogue, &change_set.changes), current.catalogue.revision()))
    }

    /// Runs a mutation once, whatever its request id says about repetition.
    async fn mutate<F>(&self, name: &'static str, mutation: Mutation, body: F) -> Result<Answer>
    where
        F: for<'tx> Fn(&'tx Tx) -> greenlane_store::Body<'tx, Answer, ChangeError> + Clone + Send + Sync + 'static,
    {
        let now = self.clock.now();
        let validate_only = mutation.validate_only;
        let result = self.store.write(name, move |tx| attempt(tx, mutation.clone(), body.clone(), now)).await;
        match result {
            // A rolled back transaction is how a validation writes nothing.
            Err(StoreError::Domain(ChangeError::Validated(answer))) if validate_only => Ok(*answer),
            other => other,
        }
    }
}

fn attempt<'tx, F>(
    tx: &'tx Tx,
    mutation: Mutation,
    body: F,
    now: chrono::DateTime<chrono::Utc>,
) -> greenlane_store::Body<'tx, Answer, ChangeError>
where
    F: for<'a> Fn(&'a Tx) -> greenlane_store::Body<'a, Answer, ChangeError> + Send + Sync + 'static,
{
    Box::pin(async move {
        let key = Key::new(mutation.caller.key(), mutation.origin.method.to_string(), mutation.request_id.clone());
        match idempotency::begin(tx, &key, &mutation.payload, now).await? {
            Begun::New => {}
            Begun::Conflict => return Err(ChangeError::RequestIdReused(mutation.request_id).into()),
            Begun::Replay(bytes) => {
                let answer: Answer = serde_json::from_slice(&bytes)
                    .map_err(|error| ChangeError::Stored(format!("recorded answer: {error}")))?;
                let record = record(&mutation, &answer, Outcome::Replayed, now);
                audit::insert(tx, [record]).await?;
                return Ok(answer);
            }
        }
        let answer = body(tx).await?;
        if mutation.validate_only {
            return Err(ChangeError::Validated(Box::new(answer)).into());
        }
        let bytes = serde_json::to_vec(&answer).map_err(|error| ChangeError::Stored(error.to_string()))?;
        idempotency::complete(tx, &key, &bytes).await?;
        audit::insert(tx, [record(&mutation, &answer, Outcome::Done, now)]).await?;
        Ok(answer)
    })
}

fn record(mutation: &Mutation, answer: &Answer, outcome: Outcome, now: chrono::DateTime<chrono::Utc>) -> AuditRecord {
    AuditRecord::new(now, &mutation.origin, outcome)
        .with_resource(answer.change_set.name.clone())
        .with_request_id(mutation.request_id.clone())
}

/// A caller changes what belongs to its economy, or to its body: as it is and as it is to be. Without an economy in its
/// token only the scope `admin` may change what belongs to another.
fn check_owners(caller: &Caller, catalogue: &Catalogue, changes: &[Change]) -> std::result::Result<(), ChangeError> {
    let owned = |owners: &[String]| {
        let is = |claim: Option<&str>| claim.is_some_and(|claim| owners.iter().any(|owner| owner == claim));
        owners.is_empty()
            || is(caller.economy())
            || is(caller.body())
            || (caller.economy().is_none() && caller.is_admin())
    };
    let as_is = |name: &str| catalogue.entry(name);
    let view = View::new(catalogue, changes);
    let to_be = |name: &str| view.find(name);
    for change in changes {
        let before = as_is(&change.entry_name()).map(|entry| owners(&entry, &as_is));
        let after = match change {
            Change::Upsert(entry) => Some(owners(entry, &to_be)),
            Change::Retire(_) => None,
        };
        for owners in before.iter().chain(&after) {
            if !owned(owners) {
                return Err(ChangeError::NotYours(owners.join(", ")));
            }
        }
    }
    Ok(())
}
