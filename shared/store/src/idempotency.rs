//! Request ids: the same request twice is done once and answered twice.
//!
//! A record is written in the transaction of the mutation itself, so there is one exactly when there is the mutation.

mod records;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use sea_orm::DbErr;
use sha2::{Digest, Sha256};

use crate::bulk::Inserts;
use crate::time::Micros;
use crate::tx::Tx;

/// How long a record is kept before [`expire`] may remove it, unless configured otherwise: 90 days.
pub const DEFAULT_KEEP: chrono::TimeDelta = chrono::TimeDelta::days(90);

/// Whose request, to which method, under which id. Two callers never share a record. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    caller: Arc<str>,
    method: Arc<str>,
    request_id: Arc<str>,
    /// One fixed-size value for the three parts, each with its length before it, so that no two keys share one.
    digest: [u8; 32],
}

impl Key {
    /// A key of its three parts: who asked (issuer and subject of the token, joined by the service in one way), the full
    /// gRPC path of the method, and the caller's request id.
    pub fn new(caller: impl Into<Arc<str>>, method: impl Into<Arc<str>>, request_id: impl Into<Arc<str>>) -> Self {
        let (caller, method, request_id) = (caller.into(), method.into(), request_id.into());
        let mut hash = Sha256::new();
        for part in [&caller, &method, &request_id] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self { caller, method, request_id, digest: hash.finalize().into() }
    }

    /// The caller's request id.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}

/// As good as a hash of all parts.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

/// SHA-256 of what was asked, without the request id: tells a repetition from another request under the same id.
pub type PayloadHash = [u8; 32];

/// The SHA-256 of a payload's canonical bytes.
#[must_use]
pub fn payload_hash(payload: &[u8]) -> PayloadHash {
    Sha256::digest(payload).into()
}

/// The hash of a payload as it is asked for somebody, as [`Caller::acts_for`](greenlane_platform::auth::Caller::acts_for)
/// tells: the same subject who acts for another asks something else under the same id. Asked for nobody it stays as it is.
#[must_use]
pub fn asked_for(payload: PayloadHash, whom: Option<&str>) -> PayloadHash {
    match whom {
        Some(whom) => Sha256::new().chain_update(payload).chain_update(whom).finalize().into(),
        None => payload,
    }
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Not seen before: do it, then [`complete`] in the same transaction.
    New,
    /// Done before: give this answer again.
    Replay(Vec<u8>),
    /// The id was used for another payload: refuse.
    Conflict,
}

/// Claims the key for this transaction, or tells what became of it. A concurrent request of the same key is waited
/// for. Follow `New` with [`complete`] before the transaction ends.
pub async fn begin(tx: &Tx, key: &Key, payload: &PayloadHash, now: impl Into<Micros>) -> Result<Begun, DbErr> {
    records::claim(tx, key, payload, now.into()).await
}

/// Records the answer to a request that [`begin`] found new.
pub async fn complete(tx: &Tx, key: &Key, response: &[u8]) -> Result<(), DbErr> {
    records::answer(tx, key, response).await
}

/// Looks up many keys in one query, for a group commit. Answers in the order of `requests`. Claims nothing: hold a
/// lock that every writer of these keys takes, and finish with [`record_many`].
pub async fn look_up_many(tx: &Tx, requests: &[(Key, PayloadHash)]) -> Result<Vec<Begun>, DbErr> {
    records::look_up_many(tx, requests).await
}

/// One answered request, for [`record_many`].
#[derive(Clone, Debug)]
pub struct Answered {
    /// The request's key.
    pub key: Key,
    /// What was asked.
    pub payload: PayloadHash,
    /// What was answered.
    pub response: Vec<u8>,
}

/// Records many answers together. When a key was taken since [`look_up_many`], the transaction runs again.
pub async fn record_many(tx: &Tx, answered: Vec<Answered>, now: impl Into<Micros>) -> Result<(), DbErr> {
    record_with(tx, Inserts::default(), answered, now).await
}

/// As [`record_many`], and writes with them the rows of what was answered.
pub async fn record_with(
    tx: &Tx,
    inserts: Inserts,
    answered: Vec<Answered>,
    now: impl Into<Micros>,
) -> Result<(), DbErr> {
    records::record_with(tx, inserts, answered, now.into()).await
}

/// Removes up to `limit` records that were made before `before`, and gives their number. Call it now and then with
/// `now - DEFAULT_KEEP`, in a transaction of its own, until it gives less than `limit`.
pub async fn expire(tx: &Tx, before: impl Into<Micros>, limit: u64) -> Result<u64, DbErr> {
    records::expire(tx, before.into(), limit).await
}
