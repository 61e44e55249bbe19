//! Asking witnesses to cosign this log's checkpoints (C2SP tlog-witness).

mod tally;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use greenlane_platform::outbound::Outbound;
use greenlane_store::StoreError;
use http::{Response, StatusCode, header};

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

/// How often one checkpoint is sent to one witness: once to learn its size, once more with the proof, and once again
/// when another replica was faster.
const ATTEMPTS: usize = 3;

impl Witnesses {
    pub(crate) fn new(reader: Reader, cosigner: Arc<Cosigner>, asked: Vec<Asked>, every: Duration) -> Self {
        let tally = Tally::new(asked.iter().map(|witness| witness.name.as_str()));
        Self { reader, cosigner, asked, every, tally }
    }

    /// Until `stop`: each new checkpoint that is the newest when its turn comes.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut cosigned: Vec<u64> = vec![0; self.asked.len()];
        loop {
            let head = self.reader.published.head();
            for (index, (witness, known)) in self.asked.iter().zip(&mut cosigned).enumerate() {
                if *known == head.size && head.size > 0 {
                    continue;
                }
                let answer = self.ask(witness, &head, *known).await;
                self.tally.asked(index, &answer);
                match answer {
                    Ok(()) => *known = head.size,
                    Err(no) => tracing::warn!(witness = witness.name, why = no.why(), "a witness has not cosigned"),
                }
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(self.every) => {}
            }
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
