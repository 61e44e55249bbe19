//! Following certificates: what happens to them, in the order of the log.
//!
//! A watch is pulled. It has a place in the log and reads on from there when its reader asks for more, so nothing is
//! buffered for it, nothing is missed, and any revision that it has told is a place to begin again.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use greenlane_platform::clock::Clock;
use greenlane_store::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;

use super::read::{Disputed, ReadError, Reader};
use crate::domain::certificate::Snapshot;
use crate::domain::contestation::Contestation;
use crate::domain::life::Event;
use crate::domain::names::CertificateNumber;
use crate::domain::world::Known;
use crate::store::contestation;
use crate::store::filter::Filter;
use crate::store::list;
use crate::store::log::TreeHead;

/// Events, or certificates of a snapshot, that are read at a time.
const PAGE: u64 = 500;

/// How often a watch on which nothing happens says so, and how long a reader may leave a message waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) bookmark: Duration,
    pub(crate) patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { bookmark: Duration::from_secs(5), patience: Duration::from_secs(30) }
    }
}

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With what is published after the call arrived.
    Now,
    /// After this revision.
    After(u64),
    /// With the certificates as they are.
    Snapshot,
}

/// What a watch tells.
#[derive(Debug)]
pub(crate) enum Told {
    Event(CertificateNumber, Event),
    Certificate(Box<Snapshot>),
    /// News of a dispute about a certificate.
    Contestation(CertificateNumber, Contestation),
    /// Everything up to the revision has been told.
    Bookmark,
}

/// Why a watch ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchEnd {
    #[error("the reader was too slow; it has everything up to revision {resume}")]
    TooSlow { resume: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is left of the snapshot that a watch began with.
#[derive(Clone, Copy, Debug)]
struct Remaining {
    revision: u64,
    after: Option<u64>,
}

/// A watch.
pub(crate) struct Watch {
    reader: Reader,
    clock: Clock,
    pace: Pace,
    filter: Filter,
    /// Whether the filter lets everything pass.
    all: bool,
    heads: watch::Receiver<Arc<TreeHead>>,
    snapshot: Option<Remaining>,
    /// The entries before this one have been looked at.
    cursor: u64,
    ready: VecDeque<(u64, Told)>,
    /// A bookmark is due as soon as there is nothing else to tell.
    catching_up: bool,
    told_at: Instant,
}

impl Watch {
    /// Begins, waiting briefly for the revision to begin after.
    pub(crate) async fn begin(
        reader: Reader,
        clock: Clock,
        pace: Pace,
        filter: Filter,
        start: Start,
    ) -> Result<Self, ReadError> {
        let heads = reader.published.subscribe();
        let revision = reader.published.revision();
        let (cursor, snapshot) = match start {
            Start::Now => (revision, None),
            Start::Snapshot => (revision, Some(Remaining { revision, after: None })),
            Start::After(after) => {
                reader.settle(super::read::Freshness::AtLeast(after)).await?;
                (after, None)
            }
        };
        let all = filter.is_empty();
        let told_at = Instant::now();
        let ready = VecDeque::new();
        Ok(Self { reader, clock, pace, filter, all, heads, snapshot, cursor, ready, catching_up: true, told_at })
    }

    /// The next message with the revision to resume after, 0 while there is none. None when this process ends.
    pub(crate) async fn next(&mut self) -> Option<Result<(u64, Told), WatchEnd>> {
        if self.told_at.elapsed() > self.pace.patience {
            // It was asked for the next message that long after it had given the one before.
            return Some(Err(WatchEnd::TooSlow { resume: self.resume() }));
        }
        let told = self.find().await;
        self.told_at = Instant::now();
        told.transpose()
    }

    /// Everything up to here was told, so far as it goes.
    fn resume(&self) -> u64 {
        match self.ready.front() {
            _ if self.snapshot.is_some() => 0,
            Some((revision, _)) => revision.saturating_sub(1),
            None => self.cursor,
        }
    }

    async fn find(&mut self) -> Result<Option<(u64, Told)>, WatchEnd> {
        let began = Instant::now();
        loop {
            if let Some(told) = self.ready.pop_front() {
                return Ok(Some(told));
            }
            if let Some(remaining) = self.snapshot {
                self.read_certificates(remaining).await?;
                continue;
            }
            let size = self.heads.borrow_and_update().size;
            if self.cursor < size {
                self.read_events(size).await?;
                if self.ready.is_empty() && began.elapsed() >= self.pace.bookmark {
                    return Ok(Some((self.cursor, Told::Bookmark)));
                }
                continue;
            }
            if std::mem::take(&mut self.catching_up) {
                return Ok(Some((self.cursor, Told::Bookmark)));
            }
            let left = self.pace.bookmark.saturating_sub(began.elapsed());
            match tokio::time::timeout(left, self.heads.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ok(None),
                Err(_) => return Ok(Some((self.cursor, Told::Bookmark))),
            }
        }
    }

    /// The next page of events, of which the filter may let none pass.
    async fn read_events(&mut self, size: u64) -> Result<(), StoreError> {
        let (from, all, filter) = (self.cursor, self.all, self.filter.clone());
        let (events, news, wanted) = self
            .reader
            .read("watch_events", move |tx| {
                let filter = filter.clone();
                Box::pin(async move {
                    let events = list::events_between(tx, from, size, PAGE).await?;
                    let news = contestation::between(tx, from, size, PAGE).await?;
                    let named = events.iter().map(|(number, _)| number).chain(news.iter().map(|(number, _)| number));
                    let numbers: HashSet<&str> = named.map(CertificateNumber::as_str).collect();
                    // Asked of the page's certificates and not of the table, so that a rare event costs no scan.
                    let wanted =
                        if all || numbers.is_empty() { None } else { Some(list::which(tx, &filter, &numbers).await?) };
                    Ok((events, news, wanted))
                })
            })
            .await?;
        // What is behind the end of a full page is read with the next.
        let end = |last: Option<u64>, read: usize| match last {
            Some(last) if read as u64 == PAGE => last + 1,
            _ => size,
        };
        let ends = [
            end(events.last().map(|(_, last)| last.log_index), events.len()),
            end(news.last().map(|(_, last)| last.log_index), news.len()),
        ];
        self.cursor = ends[0].min(ends[1]);
        let is_wanted = |number: &CertificateNumber| wanted.as_ref().is_none_or(|it| it.contains(number.as_str()));
        let events = events.into_iter().filter(|(number, _)| is_wanted(number));
        let news = news.into_iter().filter(|(number, _)| is_wanted(number));
        let events = events.map(|(number, event)| (event.log_index + 1, Told::Event(number, event)));
        let news = news.map(|(number, heard)| (heard.log_index + 1, Told::Contestation(number, heard)));
        let mut told: Vec<_> = events.chain(news).filter(|(revision, _)| *revision <= self.cursor).collect();
        told.sort_by_key(|(revision, _)| *revision);
        self.ready.extend(told);
        Ok(())
    }

    async fn read_certificates(&mut self, remaining: Remaining) -> Result<(), StoreError> {
        let Remaining { revision, after } = remaining;
        let (filter, today) = (self.filter.clone(), self.clock.today());
        let page = self
            .reader
            .read("watch_snapshot", move |tx| {
                let filter = filter.clone();
                Box::pin(async move {
                    let page = list::certificates(tx, &filter, after, PAGE).await?;
                    let disputed = Disputed::of(tx, &page).await?;
                    let row =
                        |known: &Known| (known.head.granted_index, disputed.at_revision(known, revision, 0, today));
                    Ok(page.iter().map(row).collect::<Vec<_>>())
                })
            })
            .await?;
        let last = page.last().map(|(granted, _)| *granted).filter(|granted| {
            // Certificates come in the order of their grants: from the revision on none was known.
            page.len() as u64 == PAGE && *granted < revision
        });
        self.snapshot = last.map(|granted| Remaining { revision, after: Some(granted) });
        let known = page.into_iter().filter_map(|(_, snapshot)| snapshot);
        self.ready.extend(known.map(|snapshot| (0, Told::Certificate(Box::new(snapshot)))));
        Ok(())
    }
}
