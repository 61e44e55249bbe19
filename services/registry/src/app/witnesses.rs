//! Asking witnesses to cosign this log's checkpoints (C2SP tlog-witness).

mod tally;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use greenlane_platform::outbound::Outbound;
use greenlane_store::StoreError;
use http::{Response, StatusCode, header};
use tokio::time::Instant;

use self::tally::{NotCosigned, Tally};
use super::cosign::{CosignError, Cosigner};
use super::mutation::WriteError;
use super::read::Reader;
use crate::store::log::{self, TreeHead};

/// A witness that can be asked.
pub(crate) struct Asked {
    /// Its name, for the log.
    pub(crate) name: String,
    /// Where `add-checkpoint` is.
    pub(crate) address: Outbound,
}

/// Asks the witnesses, again and again.
pub(crate) struct Witnesses {
    reader: Reader,
    cosigner: Arc<Cosigner>,
    asked: Vec<Asked>,
    every: Duration,
    tally: Tally,
}

/// How it stands with a witness.
#[derive(Debug, Default)]
struct Standing {
    /// The size that it cosigned last.
    cosigned: u64,
    /// Whether its answer is awaited.
    is_asked: bool,
    /// Whether it did not cosign what it was asked to last.
    has_failed: bool,
}

/// How often one checkpoint is sent to one witness: once to learn its size, once more with the proof, and once again
/// when another replica was faster.
const ATTEMPTS: usize = 3;

impl Witnesses {
    pub(crate) fn new(reader: Reader, cosigner: Arc<Cosigner>, asked: Vec<Asked>, every: Duration) -> Self {
        let tally = Tally::new(asked.iter().map(|witness| witness.name.as_str()));
        Self { reader, cosigner, asked, every, tally }
    }

    /// Until `stop`: each new checkpoint that is the newest when its turn comes, and all witnesses the same one. Whoever
    /// waits for cosignatures is not kept waiting for the next interval, nor for a witness that is away: that one is
    /// asked beside the others, and anew at the next interval.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let this = &self;
        let mut standings: Vec<Standing> = this.asked.iter().map(|_| Standing::default()).collect();
        let mut asking = FuturesUnordered::new();
        let mut due = Instant::now();
        loop {
            let head = this.reader.published.head();
            let is_due = Instant::now() >= due;
            if is_due {
                due = Instant::now() + this.every;
            }
            for (index, (witness, standing)) in this.asked.iter().zip(&mut standings).enumerate() {
                let has_all = standing.cosigned == head.size && head.size > 0;
                if standing.is_asked || has_all || (standing.has_failed && !is_due) {
                    continue;
                }
                standing.is_asked = true;
                let (head, known) = (Arc::clone(&head), standing.cosigned);
                asking.push(async move { (index, head.size, this.ask(witness, &head, known).await) });
            }
            while standings.iter().any(|standing| standing.is_asked && !standing.has_failed) {
                tokio::select! {
                    () = &mut stop => return,
                    Some((index, size, answer)) = asking.next() => this.settle(&mut standings, index, size, &answer),
                }
            }
            loop {
                tokio::select! {
                    () = &mut stop => return,
                    () = tokio::time::sleep_until(due) => break,
                    () = this.cosigner.cosigned.wanted() => break,
                    Some((index, size, answer)) = asking.next() => this.settle(&mut standings, index, size, &answer),
                }
            }
        }
    }

    /// Notes what became of asking a witness to cosign a size.
    fn settle(&self, standings: &mut [Standing], index: usize, size: u64, answer: &Result<(), NotCosigned>) {
        self.tally.asked(index, answer);
        let (Some(standing), Some(witness)) = (standings.get_mut(index), self.asked.get(index)) else { return };
        standing.is_asked = false;
        standing.has_failed = answer.is_err();
        match answer {
            Ok(()) => standing.cosigned = size,
            Err(no) => tracing::warn!(witness = witness.name, why = no.why(), "a witness has not cosigned"),
        }
    }

    /// Asks every witness once, before anything is signed: one that knows a larger tree stops that.
    pub(crate) async fn ask_all(&self) {
        let head = self.reader.published.head();
        for (index, witness) in self.asked.iter().enumerate() {
            let answer = self.ask(witness, &head, 0).await;
            self.tally.asked(index, &answer);
            if let Err(no) = answer {
                tracing::warn!(witness = witness.name, why = no.why(), "a witness could not be asked at start");
            }
        }
    }

    async fn ask(&self, witness: &Asked, head: &TreeHead, known: u64) -> Result<(), NotCosigned> {
        let mut old = known.min(head.size);
        for _ in 0..ATTEMPTS {
            let request = self.request(old, head).await.map_err(|error| NotCosigned::Failed(error.to_string()))?;
            let answer = witness.address.post("text/plain; charset=utf-8", request).await;
            let answer = answer.map_err(NotCosigned::Unreachable)?;
            let refused = |why: &str| Err(NotCosigned::Refused(why.to_owned()));
            match answer.status() {
                StatusCode::OK => return self.take(head, &answer).await.map_err(NotCosigned::Failed),
                StatusCode::CONFLICT => {
                    let Some(size) = conflict(&answer) else { return refused("409 without the size that it has") };
                    if size > head.size {
                        // The head may have moved on since it was read; then the next turn tells.
                        let stored = self.size().await.map_err(NotCosigned::Failed)?;
                        let ours = self.reader.published.revision().max(stored);
                        if size > ours {
                            self.cosigner.overtaken(&witness.name, size, ours);
                        }
                        return refused(&format!("it knows {size} entries"));
                    }
                    if size == old && old == head.size {
                        self.cosigner.forked(&witness.name, size);
                        return refused("it knows another tree of this size");
                    }
                    old = size;
                }
                StatusCode::UNPROCESSABLE_ENTITY if old > 0 => {
                    self.cosigner.forked(&witness.name, old);
                    return refused(&format!("it knows another tree of {old} entries"));
                }
                status => return refused(&format!("status {status}")),
            }
        }
        Err(NotCosigned::Refused("others are faster".to_owned()))
    }

    async fn size(&self) -> Result<u64, String> {
        let size = self.reader.read("read_size", |tx| Box::pin(async move { Ok(log::size(tx).await?) })).await;
        size.map_err(|error| error.to_string())
    }

    async fn request(&self, old: u64, head: &TreeHead) -> Result<String, StoreError> {
        let new = head.size;
        let hashes = if old == 0 || old == new {
            Vec::new()
        } else {
            self.reader
                .read("witness_proof", move |tx| {
                    Box::pin(async move { Ok(log::consistency_proof(tx, old, new).await?) })
                })
                .await?
        };
        let mut request = format!("old {old}\n");
        for hash in hashes {
            request.push_str(&format!("{hash}\n"));
        }
        Ok(format!("{request}\n{}", head.note))
    }

    async fn take(&self, head: &TreeHead, answer: &Response<Bytes>) -> Result<(), String> {
        let lines = std::str::from_utf8(answer.body()).map_err(|error| error.to_string())?;
        match self.cosigner.take(&format!("{}{lines}", head.note), None, false).await {
            Ok(_) => Ok(()),
            Err(CosignError::Note(why)) => Err(why),
            Err(CosignError::Write(error @ WriteError::LogInconsistent(_))) => Err(error.to_string()),
            Err(CosignError::Write(error)) => Err(error.to_string()),
        }
    }
}

fn conflict(answer: &Response<Bytes>) -> Option<u64> {
    let kind = answer.headers().get(header::CONTENT_TYPE)?;
    (kind == "text/x.tlog.size").then_some(())?;
    std::str::from_utf8(answer.body()).ok()?.strip_suffix('\n')?.parse().ok()
}
