//! Following the records of the write-off ledger, as certificates are followed: pulled, in the order of the log.

use std::collections::VecDeque;
use std::sync::Arc;

use greenlane_store::StoreError;
use tokio::sync::watch;
use tokio::time::Instant;

use super::read::{Freshness, ReadError, Reader};
use super::watch::{Pace, WatchEnd};
use crate::domain::write_off::WriteOff;
use crate::store::log::TreeHead;
use crate::store::write_off::{self, WriteOffFilter};

/// Records that are read at a time.
const PAGE: u64 = 500;

/// A watch.
pub(crate) struct Notices {
    reader: Reader,
    pace: Pace,
    filter: WriteOffFilter,
    heads: watch::Receiver<Arc<TreeHead>>,
    /// The entries before this one have been looked at.
    cursor: u64,
    ready: VecDeque<WriteOff>,
    /// A bookmark is due as soon as there is nothing else to tell.
    catching_up: bool,
    told_at: Instant,
}

impl Notices {
    /// Begins after a revision, waiting briefly for it; with what is new when none is given.
    pub(crate) async fn begin(
        reader: Reader,
        pace: Pace,
        filter: WriteOffFilter,
        after: Option<u64>,
    ) -> Result<Self, ReadError> {
        let heads = reader.published.subscribe();
        let cursor = match after {
            None => reader.published.revision(),
            Some(after) => {
                reader.settle(Freshness::AtLeast(after)).await?;
                after
            }
        };
        let (ready, told_at) = (VecDeque::new(), Instant::now());
        Ok(Self { reader, pace, filter, heads, cursor, ready, catching_up: true, told_at })
    }

    /// The next record, or none for a bookmark, with the revision to resume after. None when this process ends.
    pub(crate) async fn next(&mut self) -> Option<Result<(u64, Option<WriteOff>), WatchEnd>> {
        if self.told_at.elapsed() > self.pace.patience {
            // It was asked for the next message that long after it had given the one before.
            let resume = self.ready.front().map_or(self.cursor, |write_off| write_off.index);
            return Some(Err(WatchEnd::TooSlow { resume }));
        }
        let told = self.find().await;
        self.told_at = Instant::now();
        told.transpose()
    }

    async fn find(&mut self) -> Result<Option<(u64, Option<WriteOff>)>, WatchEnd> {
        let began = Instant::now();
        loop {
            if let Some(write_off) = self.ready.pop_front() {
                return Ok(Some((write_off.index + 1, Some(write_off))));
            }
            let size = self.heads.borrow_and_update().size;
            if self.cursor < size {
                self.read(size).await?;
                continue;
            }
            if std::mem::take(&mut self.catching_up) {
                return Ok(Some((self.cursor, None)));
            }
            let left = self.pace.bookmark.saturating_sub(began.elapsed());
            match tokio::time::timeout(left, self.heads.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Ok(None),
                Err(_) => return Ok(Some((self.cursor, None))),
            }
        }
    }

    async fn read(&mut self, size: u64) -> Result<(), StoreError> {
        let (from, filter) = (self.cursor, self.filter.clone());
        let found = self
            .reader
            .read("watch_write_offs", move |tx| {
                let filter = filter.clone();
                Box::pin(async move { Ok(write_off::list(tx, &filter, (from, size), Some(PAGE)).await?) })
            })
            .await?;
        self.cursor = match found.last() {
            Some(last) if found.len() as u64 == PAGE => last.index + 1,
            _ => size,
        };
        self.ready.extend(found);
        Ok(())
    }
}
