//! Status lists as they are served: what they say now, and what they said at a moment.
//!
//! A list is computed from the events of the certificates whose documents have a place in it, by the rules that verdicts
//! follow: days are whole, and what was announced for later counts from its day. What it said at a moment is computed from
//! what was recorded by then; it is the same text that this program served then, and what one with other rules served may
//! differ. So nothing about lists is stored but the places.

use std::sync::Arc;

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
/// Past lists that are kept, signed.
const PAST_KEPT: usize = 256;
/// How many may wait for a past list at a time, of which one is made after the other.
const WAITING: usize = 16;
/// After how long nobody records anything of a moment any more.
pub(crate) const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(5);

/// Why a list is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StatusError {
    #[error("there is no such list")]
    Unknown,
    #[error("that moment has not come")]
    Future,
    #[error("too many wait for past lists")]
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

/// What tells a past list from others: the last that was recorded before it, or the beginning of its hour.
type Past = (BodyId, u32, StatusPurpose, DateTime<Utc>);

/// What lists are computed and signed with.
pub(crate) struct StatusLists {
    reader: Reader,
    clock: Clock,
    press: Arc<Press>,
    /// One computation at a time for each.
    current: Cache<(String, u32), Arc<Mutex<Option<Current>>>>,
    past: Cache<Past, Served>,
    waiting: Arc<Semaphore>,
    turn: Arc<Semaphore>,
}

impl StatusLists {
    pub(crate) fn new(reader: Reader, log: Arc<LogWriter>, clock: Clock, public_url: String) -> Self {
        Self {
            reader,
            clock,
            press: Arc::new(Press { log, public_url }),
            current: Cache::new(KEPT),
            past: Cache::new(PAST_KEPT),
            waiting: Arc::new(Semaphore::new(WAITING)),
            turn: Arc::new(Semaphore::new(1)),
        }
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
        match moment {
            Some(moment) if moment > now => Err(StatusError::Future),
            Some(moment) => self.past(body, list, purpose, (moment, now)).await,
            None => {
                let pair = self.current(body, list, now).await?;
                Ok(match purpose {
                    StatusPurpose::Suspension => pair.suspension,
                    StatusPurpose::Revocation => pair.revocation,
                })
            }
        }
    }

    /// A list as it was at a moment. Within an hour, and between two events, it is one text: that is kept, once nothing more
    /// is recorded of the moment.
    async fn past(
        &self,
        body: &BodyId,
        list: u32,
        purpose: StatusPurpose,
        (moment, now): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Served, StatusError> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| StatusError::Busy)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let listing = self.listing(body, list, self.reader.published.revision(), Some(moment)).await?;
        let key = (body.clone(), list, purpose, since(&listing, moment));
        if let Some(kept) = self.past.get(&key) {
            return Ok(kept);
        }
        let (press, draft) = (Arc::clone(&self.press), Draft { body: body.clone(), list, listing, moment });
        let made = tokio::task::spawn_blocking(move || {
            let made = press.make(&draft, purpose);
            // Whoever asked may be gone meanwhile: the next one's turn comes when this is done, and not before.
            drop((place, turn));
            made
        });
        let made = made.await.map_err(stopped)??;
        if moment < now - SETTLED_AFTER {
            self.past.insert(key, made.clone());
        }
        Ok(made)
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
        let listing = self.listing(body, list, revision, None).await?;
        let (press, draft) = (Arc::clone(&self.press), Draft { body: body.clone(), list, listing, moment: now });
        let made = tokio::task::spawn_blocking(move || press.pair(&draft));
        let pair = made.await.map_err(stopped)??;
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

    async fn listing(
        &self,
        body: &BodyId,
        list: u32,
        revision: u64,
        recorded_by: Option<DateTime<Utc>>,
    ) -> Result<Listing, StatusError> {
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
        read.await?.ok_or(StatusError::Unknown)
    }
}

/// A list before it is made.
struct Draft {
    body: BodyId,
    list: u32,
    listing: Listing,
    moment: DateTime<Utc>,
}

/// Makes lists: a lot of work, for threads of its own.
struct Press {
    log: Arc<LogWriter>,
    public_url: String,
}

impl Press {
    fn pair(&self, draft: &Draft) -> Result<Pair, LogBroken> {
        Ok(Pair {
            suspension: self.make(draft, StatusPurpose::Suspension)?,
            revocation: self.make(draft, StatusPurpose::Revocation)?,
        })
    }

    fn make(&self, draft: &Draft, purpose: StatusPurpose) -> Result<Served, LogBroken> {
        let Draft { body, list: number, listing, moment } = draft;
        let mut list = StatusList::new(ENTRIES.into()).expect("the number of entries is within the bounds");
        for document in &listing.documents {
            let steps = listing.events.get(&document.certificate).map(Vec::as_slice).unwrap_or_default();
            let heard = listing.contestations.get(&document.certificate).map(Vec::as_slice).unwrap_or_default();
            // A version that was not made yet had no document.
            if document.version > steps.iter().map(|event| event.version).max().unwrap_or(1) {
                continue;
            }
            let bits = bits(steps, heard, document.version, moment.date_naive());
            let set = match purpose {
                StatusPurpose::Suspension => bits.suspension,
                StatusPurpose::Revocation => bits.revocation,
            };
            if set {
                list.set(document.index.into(), true).expect("indices were held against the number of entries");
            }
        }
        let since = since(listing, *moment).min(*moment);
        let since = since.duration_trunc(TimeDelta::seconds(1)).unwrap_or(since);
        let did = did_web(&self.public_url, &[]).map_err(|error| LogBroken(error.to_string()))?;
        let kid = format!("{did}#log");
        let credential = StatusListCredential {
            id: document::status_list(&self.public_url, body, *number, purpose),
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

/// Since when a list says what it does, as it is signed anew every hour: the last that was recorded in the hour, or its
/// beginning.
fn since(listing: &Listing, moment: DateTime<Utc>) -> DateTime<Utc> {
    let steps = listing.events.values().flatten().map(|event| event.recorded_at);
    let heard = listing.contestations.values().flatten().map(|it| it.recorded_at);
    steps.chain(heard).fold(hour_of(moment), DateTime::max)
}

fn stopped(error: tokio::task::JoinError) -> StatusError {
    StatusError::Store(StoreError::Aborted(error.to_string()))
}

fn hour_of(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment.duration_trunc(TimeDelta::hours(1)).unwrap_or(moment)
}
