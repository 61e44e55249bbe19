//! Status lists as they are served: what they say now, and what they said at a moment.
//!
//! A list is computed from the events of the certificates whose documents have a place in it, by the rules that verdicts
//! follow: days are whole, and what was announced for later counts from its day. What it said at a moment is computed from
//! what was recorded by then; it is the same text that was served then. So nothing about lists is stored but the places.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use greenlane_credential::{StatusList, StatusListCredential, StatusPurpose, did_web};
use greenlane_platform::clock::Clock;
use greenlane_store::{Micros, StoreError};
use quick_cache::sync::Cache;
use tokio::sync::{Mutex, Semaphore};

use super::document;
use super::log::{LogBroken, LogWriter};
use super::read::Reader;
use crate::domain::names::BodyId;
use crate::domain::status::{ENTRIES, bits};
use crate::store::status::{self, Listing};
use greenlane_jose::sha256;

/// After how long a reader should ask again.
pub(crate) const TTL_SECONDS: u32 = 60;
/// How long a list may be used at most. It is signed anew every hour.
const GOOD_FOR: TimeDelta = TimeDelta::hours(24);
/// Lists that are kept, signed.
const KEPT: usize = 1_024;
/// Past states that are computed at a time, and how long somebody waits for that.
const PAST: usize = 1;
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a list is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StatusError {
    #[error("there is no such list")]
    Unknown,
    #[error("that moment has not come")]
    Future,
    #[error("others are waiting for past lists")]
    Busy,
    #[error(transparent)]
    Broken(#[from] LogBroken),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A signed list and what tells it from others.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) text: Arc<str>,
    pub(crate) etag: String,
}

/// The two lists of one number.
#[derive(Clone, Debug)]
struct Pair {
    suspension: Served,
    revocation: Served,
}

/// A pair that was signed, and until when it is right.
#[derive(Debug)]
struct Current {
    pair: Pair,
    revision: u64,
    hour: DateTime<Utc>,
}

/// What lists are computed and signed with.
pub(crate) struct StatusLists {
    reader: Reader,
    log: Arc<LogWriter>,
    clock: Clock,
    public_url: String,
    /// One computation at a time for each.
    current: Cache<(String, u32), Arc<Mutex<Option<Current>>>>,
    past: Semaphore,
}

impl StatusLists {
    pub(crate) fn new(reader: Reader, log: Arc<LogWriter>, clock: Clock, public_url: String) -> Self {
        Self { reader, log, clock, public_url, current: Cache::new(KEPT), past: Semaphore::new(PAST) }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A body's list, as it is now or was at a moment.
    pub(crate) async fn list(
        &self,
        body: &BodyId,
        list: u32,
        purpose: StatusPurpose,
        moment: Option<DateTime<Utc>>,
    ) -> Result<Served, StatusError> {
        let now = self.clock.now();
        let pair = match moment {
            Some(moment) if moment > now => return Err(StatusError::Future),
            Some(moment) => {
                let Ok(_turn) = tokio::time::timeout(PATIENCE, self.past.acquire()).await else {
                    return Err(StatusError::Busy);
                };
                self.compute(body, list, self.reader.published.revision(), moment, Some(moment)).await?
            }
            None => self.current(body, list, now).await?,
        };
        Ok(match purpose {
            StatusPurpose::Suspension => pair.suspension,
            StatusPurpose::Revocation => pair.revocation,
        })
    }

    async fn current(&self, body: &BodyId, list: u32, now: DateTime<Utc>) -> Result<Pair, StatusError> {
        let key = (body.as_str().to_owned(), list);
        let kept = match self.current.get(&key) {
            Some(kept) => kept,
            None => {
                // Strangers may ask for anything: only what there is has a place here.
                let of = body.clone();
                let exists = self.reader.read("find_status_list", move |tx| {
                    let of = of.clone();
                    Box::pin(async move { Ok(status::exists(tx, &of, list).await?) })
                });
                if !exists.await? {
                    return Err(StatusError::Unknown);
                }
                let Ok(kept) =
                    self.current.get_or_insert_with::<_, std::convert::Infallible>(&key, || Ok(Arc::default()));
                kept
            }
        };
        let mut kept = kept.lock().await;
        let (revision, hour) = (self.reader.published.revision(), hour_of(now));
        if let Some(current) = kept.as_mut().filter(|current| current.hour == hour)
            && (revision <= current.revision || !self.moved(body, current.revision, revision).await?)
        {
            current.revision = current.revision.max(revision);
            return Ok(current.pair.clone());
        }
        // All that is known: another replica's clock may be ahead of this one.
        let pair = self.compute(body, list, revision, now, None).await?;
        *kept = Some(Current { pair: pair.clone(), revision, hour });
        Ok(pair)
    }

    async fn moved(&self, body: &BodyId, from: u64, to: u64) -> Result<bool, StoreError> {
        let body = body.clone();
        let moved = self.reader.read("status_list_moved", move |tx| {
            let body = body.clone();
            Box::pin(async move { Ok(status::moved(tx, &body, from, to).await?) })
        });
        moved.await
    }

    async fn compute(
        &self,
        body: &BodyId,
        list: u32,
        revision: u64,
        moment: DateTime<Utc>,
        recorded_by: Option<DateTime<Utc>>,
    ) -> Result<Pair, StatusError> {
        let of = body.clone();
        let read = self.reader.read("read_status_list", move |tx| {
            let of = of.clone();
            Box::pin(async move {
                let recorded_by = recorded_by.map(Micros::from);
                let exists = match recorded_by {
                    None => status::exists(tx, &of, list).await?,
                    // Before anything had a place in it, there was no such list.
                    Some(moment) => status::existed(tx, &of, list, moment).await?,
                };
                if !exists {
                    return Ok(None);
                }
                Ok(Some(status::stepped(tx, &of, list, revision, recorded_by).await?))
            })
        });
        let Listing { documents, events, contestations } = read.await?.ok_or(StatusError::Unknown)?;
        let clear = || StatusList::new(ENTRIES.into()).expect("the number of entries is within the bounds");
        let (mut suspension, mut revocation) = (clear(), clear());
        let mut since = hour_of(moment);
        for document in documents {
            let steps = events.get(&document.certificate).map(Vec::as_slice).unwrap_or_default();
            let heard = contestations.get(&document.certificate).map(Vec::as_slice).unwrap_or_default();
            let recorded = steps.iter().map(|event| event.recorded_at).chain(heard.iter().map(|it| it.recorded_at));
            since = recorded.fold(since, DateTime::max);
            // A version that was not made yet had no document.
            if document.version > steps.iter().map(|event| event.version).max().unwrap_or(1) {
                continue;
            }
            let bits = bits(steps, heard, document.version, moment.date_naive());
            for (list, set) in [(&mut suspension, bits.suspension), (&mut revocation, bits.revocation)] {
                if set {
                    list.set(document.index.into(), true).expect("indices were held against the number of entries");
                }
            }
        }
        let since = since.min(moment).duration_trunc(TimeDelta::seconds(1)).unwrap_or(since);
        Ok(Pair {
            suspension: self.sign(body, list, StatusPurpose::Suspension, suspension, since)?,
            revocation: self.sign(body, list, StatusPurpose::Revocation, revocation, since)?,
        })
    }

    fn sign(
        &self,
        body: &BodyId,
        number: u32,
        purpose: StatusPurpose,
        list: StatusList,
        since: DateTime<Utc>,
    ) -> Result<Served, LogBroken> {
        let did = did_web(&self.public_url, &[]).map_err(|error| LogBroken(error.to_string()))?;
        let kid = format!("{did}#log");
        let credential = StatusListCredential {
            id: document::status_list(&self.public_url, body, number, purpose),
            issuer: did,
            purpose,
            list,
            valid_from: since,
            valid_until: since + GOOD_FOR,
            ttl_ms: u64::from(TTL_SECONDS) * 1_000,
        };
        let text = credential.sign(self.log.signer()?, &kid).map_err(|error| LogBroken(error.to_string()))?;
        let etag = format!("\"{}\"", hex::encode(&sha256(&text)[..16]));
        Ok(Served { text: text.into(), etag })
    }
}

fn hour_of(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.duration_trunc(TimeDelta::hours(1)).unwrap_or(moment)
}
