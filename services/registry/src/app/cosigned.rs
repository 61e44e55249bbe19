//! Which checkpoints the witnesses have cosigned, for whoever waits for that.
//!
//! Cosignatures are taken here or by any other replica, and either way they are in the database. While somebody waits,
//! one task looks there: at once when one was taken here or somebody begins to wait, and as often as the head is read.
//! What it finds it tells to all who wait, who then ask for their own proof and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use greenlane_log::note::{KeyName, Note, NoteKey, NoteSignature};
use greenlane_platform::deadline;
use greenlane_store::StoreError;
use tokio::sync::{Notify, watch};

use super::log::LogWriter;
use super::mutation::{LogReceipt, Receipt};
use super::read::Reader;
use super::recall;
use crate::store::cosign;

/// Cosigned sizes that are looked at together, the newest ones. While somebody waits there are never many that are new.
const SIZES: u64 = 64;

/// What is left of a caller's time for the answer.
const FOR_WAITING: f32 = 0.8;

/// A size, and how many different witnesses have cosigned the checkpoint of it.
type Count = (u64, usize);

/// Why there is no cosigned checkpoint to answer with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotWitnessed {
    /// Not in time.
    #[error("{cosigned} of {wanted} witnesses have cosigned the entry {index} in time")]
    Late { index: u64, cosigned: usize, wanted: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Knows what is cosigned while somebody waits for it.
pub(crate) struct Cosigned {
    reader: Reader,
    log: Arc<LogWriter>,
    witnesses: Vec<NoteKey>,
    keys: Arc<[String]>,
    /// How long anybody waits.
    wait: Duration,
    /// By size.
    counts: watch::Sender<Arc<[Count]>>,
    look: Notify,
    ask: Notify,
    /// The entries that are waited for, and by how many.
    waiting: Mutex<BTreeMap<u64, usize>>,
}

/// Somebody who waits for an entry, for as long as this is held.
struct Waiter<'c> {
    cosigned: &'c Cosigned,
    index: u64,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiting = self.cosigned.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(others) = waiting.get_mut(&self.index) {
            *others -= 1;
            if *others == 0 {
                waiting.remove(&self.index);
            }
        }
    }
}

impl Cosigned {
    pub(crate) fn new(reader: Reader, log: Arc<LogWriter>, witnesses: Vec<NoteKey>, wait: Duration) -> Self {
        let keys: BTreeSet<String> = witnesses.iter().map(ToString::to_string).collect();
        let nothing: Arc<[Count]> = Arc::default();
        Self {
            reader,
            log,
            witnesses,
            keys: keys.into_iter().collect(),
            wait,
            counts: watch::Sender::new(nothing),
            look: Notify::new(),
            ask: Notify::new(),
            waiting: Mutex::default(),
        }
    }

    /// How many different witnesses are configured. Two keys of one name are one witness, whose key is being changed.
    pub(crate) fn witnesses(&self) -> usize {
        self.witnesses.iter().map(NoteKey::name).map(KeyName::as_str).collect::<BTreeSet<_>>().len()
    }

    /// Cosignatures were taken.
    pub(crate) fn taken(&self) {
        self.look.notify_one();
    }

    /// Until somebody begins to wait: the witnesses are then to be asked at once.
    pub(crate) async fn wanted(&self) {
        self.ask.notified().await;
    }

    /// Waits until so many witnesses have cosigned a checkpoint that holds an entry. Gives the proof that the entry is
    /// in that tree; its checkpoint carries what all of them signed there.
    pub(crate) async fn proof(&self, receipt: &Receipt, wanted: usize) -> Result<LogReceipt, NotWitnessed> {
        let index = receipt.log.index;
        let wait = deadline::remaining().map_or(self.wait, |left| self.wait.min(left.mul_f32(FOR_WAITING)));
        match tokio::time::timeout(wait, self.proved(index, wanted, receipt.replayed)).await {
            Ok(Ok(Some(proof))) => Ok(proof),
            Ok(Err(error)) => Err(error.into()),
            Ok(Ok(None)) | Err(_) => {
                let cosigned = self.counts.borrow().iter().filter(|(size, _)| *size > index).map(|(_, by)| *by).max();
                Err(NotWitnessed::Late { index, cosigned: cosigned.unwrap_or_default(), wanted })
            }
        }
    }

    /// None when nobody looks any more.
    async fn proved(&self, index: u64, wanted: usize, is_old: bool) -> Result<Option<LogReceipt>, StoreError> {
        let mut above = index;
        if is_old {
            // What was done before may have been cosigned long ago.
            while let Some(size) = self.first_above(above, wanted).await? {
                if let Some(proof) = self.proved_at(index, size, wanted).await? {
                    return Ok(Some(proof));
                }
                above = size;
            }
        }
        let mut counts = self.counts.subscribe();
        let _waiter = self.wait_for(index);
        loop {
            let enough = |(size, by): &&Count| *size > above && *by >= wanted;
            let first = counts.borrow_and_update().iter().find(enough).map(|(size, _)| *size);
            let Some(size) = first else {
                if counts.changed().await.is_err() {
                    return Ok(None);
                }
                continue;
            };
            if let Some(proof) = self.proved_at(index, size, wanted).await? {
                return Ok(Some(proof));
            }
            above = size;
        }
    }

    fn wait_for(&self, index: u64) -> Waiter<'_> {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner).entry(index).or_default() += 1;
        self.look.notify_one();
        self.ask.notify_one();
        Waiter { cosigned: self, index }
    }

    /// The smallest index that is waited for.
    fn floor(&self) -> Option<u64> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).keys().next().copied()
    }

    async fn first_above(&self, floor: u64, wanted: usize) -> Result<Option<u64>, StoreError> {
        let keys = Arc::clone(&self.keys);
        let first = self.reader.read("first_cosigned", move |tx| {
            let keys = Arc::clone(&keys);
            Box::pin(async move { Ok(cosign::first_above(tx, floor, &keys, wanted as u64).await?) })
        });
        first.await
    }

    /// The proof in the tree of a size; none when what is kept of witnesses there is of another log, which ended with
    /// those entries.
    async fn proved_at(&self, index: u64, size: u64, wanted: usize) -> Result<Option<LogReceipt>, StoreError> {
        let keys = Arc::clone(&self.keys);
        let read = self.reader.read("cosigned_proof", move |tx| {
            let keys = Arc::clone(&keys);
            Box::pin(async move {
                let cosignatures = cosign::of_keys(tx, size, &keys).await?;
                Ok((recall::proof(tx, index, size).await?, cosignatures))
            })
        });
        let (proof, cosignatures) = read.await?;
        let lines = cosignatures.iter().map(|cosignature| cosignature.line.as_str());
        let note =
            cosigned_note(&proof.checkpoint, lines, (self.log.verifier_key(), self.witnesses.as_slice()), wanted);
        Ok(note.map(|note| LogReceipt { checkpoint: note.into(), ..proof }))
    }

    /// Looks while somebody waits, until `stop`.
    pub(crate) async fn run(&self, every: Duration, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut failing = false;
        loop {
            let floor = self.floor();
            if let Some(floor) = floor {
                match self.read_counts(floor).await {
                    Ok(counts) => {
                        failing = false;
                        self.counts.send_if_modified(|told| {
                            let is_news = *told != counts;
                            *told = counts;
                            is_news
                        });
                    }
                    Err(error) if !failing => {
                        failing = true;
                        tracing::warn!(%error, "cosignatures that are waited for cannot be read; trying on");
                    }
                    Err(_) => {}
                }
            }
            tokio::select! {
                () = &mut stop => return,
                () = self.look.notified() => {}
                () = tokio::time::sleep(every), if floor.is_some() => {}
            }
        }
    }

    async fn read_counts(&self, floor: u64) -> Result<Arc<[Count]>, StoreError> {
        let (keys, limit) = (Arc::clone(&self.keys), SIZES * self.keys.len() as u64);
        let rows = self.reader.read("read_cosigned", move |tx| {
            let keys = Arc::clone(&keys);
            Box::pin(async move { Ok(cosign::above(tx, floor, &keys, limit).await?) })
        });
        let mut by_size: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for (size, witness) in rows.await? {
            by_size.entry(size).or_default().insert(witness);
        }
        Ok(by_size.into_iter().map(|(size, witnesses)| (size, witnesses.len())).collect())
    }
}

/// A checkpoint with the cosignatures of it that are good, when they are of as many different witnesses as are wanted.
fn cosigned_note<'l>(
    checkpoint: &str,
    lines: impl Iterator<Item = &'l str>,
    (log, witnesses): (&NoteKey, &[NoteKey]),
    wanted: usize,
) -> Option<String> {
    let mut note = Note::parse(checkpoint.as_bytes()).ok()?;
    note.verify(std::slice::from_ref(log)).ok()?;
    let mut names = BTreeSet::new();
    for signature in lines.filter_map(|line| NoteSignature::parse(line.trim_end_matches('\n')).ok()) {
        let mut alone = Note::new(note.text()).ok()?;
        alone.add(signature.clone());
        if alone.verify(witnesses).is_ok() {
            names.insert(signature.name.clone());
            note.add(signature);
        }
    }
    (names.len() >= wanted).then(|| note.to_text())
}

#[cfg(test)]
mod tests;
