//! The log as this process appends to it: its identity, its signing key, and the right edge of the tree.

pub(crate) mod mark;
mod turn;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use greenlane_jose::Signer;
use greenlane_log::note::{Note, NoteKey, NoteSigner};
use greenlane_log::{Appender, Checkpoint, Hash, edge_tiles};
use greenlane_store::{DomainError, Store, StoreError, Tx};
use opentelemetry::metrics::Gauge;

use self::mark::Mark;
use crate::domain::world::Parties;
use crate::store::log::{self, TreeHead};

/// What is stored does not fit together: nothing may be signed until somebody has looked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct LogBroken(pub(crate) String);

impl DomainError for LogBroken {}

/// Signs checkpoints and remembers the right edge of the tree. The edge is a cache: what counts is the head that a
/// transaction has locked, and an edge of another size or root is rebuilt from the stored tiles.
#[derive(Debug)]
pub(crate) struct LogWriter {
    origin: String,
    key: NoteKey,
    /// None in a process that only reads.
    pen: Option<Pen>,
    edge: Mutex<Option<Arc<Appender>>>,
    /// Of the head of this root.
    parties: Mutex<Option<(Hash, Arc<Parties>)>>,
    broken: Mutex<Option<String>>,
    /// 1 while checkpoints are signed, 0 once nothing is.
    signing: Gauge<u64>,
    size: Gauge<u64>,
}

/// What signing takes.
#[derive(Debug)]
struct Pen {
    signer: NoteSigner,
    mark: Mark,
}

impl LogWriter {
    pub(crate) fn new(origin: impl Into<String>, signer: NoteSigner, mark: Mark) -> Self {
        let key = signer.key().clone();
        let writer = Self::build(origin.into(), key, Some(Pen { signer, mark }));
        writer.signing.record(1, &[]);
        writer
    }

    /// The log as it is read by whoever has its public key only.
    pub(crate) fn reading(key: NoteKey) -> Self {
        Self::build(key.name().as_str().to_owned(), key, None)
    }

    fn build(origin: String, key: NoteKey, pen: Option<Pen>) -> Self {
        let meter = opentelemetry::global::meter("greenlane-registry");
        let signing = meter
            .u64_gauge("greenlane.registry.log.signing")
            .with_description("1 while the log signs, 0 when it is inconsistent and nothing is signed.")
            .build();
        let size = meter
            .u64_gauge("greenlane.registry.log.size")
            .with_unit("{entry}")
            .with_description("Entries of the log that this process signed or found signed.")
            .build();
        Self {
            origin,
            key,
            pen,
            edge: Mutex::default(),
            parties: Mutex::default(),
            broken: Mutex::default(),
            signing,
            size,
        }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn verifier_key(&self) -> &NoteKey {
        &self.key
    }

    /// Whether this process has the log's key.
    pub(crate) fn can_sign(&self) -> bool {
        self.pen.is_some()
    }

    fn pen(&self) -> Result<&Pen, LogBroken> {
        self.pen.as_ref().ok_or_else(|| LogBroken("this process has no key of the log: it is a verifier".to_owned()))
    }

    /// Why nothing is signed, if so.
    pub(crate) fn broken(&self) -> Option<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nothing is signed any more.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Stops all signing in this process.
    pub(crate) fn stop_signing(&self, why: &LogBroken) {
        self.signing.record(0, &[]);
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        if broken.is_none() {
            tracing::error!(reason = %why, "the log is inconsistent: nothing is signed until an operator has looked");
            *broken = Some(why.to_string());
        }
    }

    /// Signs the head of a tree.
    pub(crate) fn sign(&self, size: u64, root: Hash, at: DateTime<Utc>) -> Result<TreeHead, LogBroken> {
        if let Some(why) = self.broken() {
            return Err(LogBroken(why));
        }
        let note = Checkpoint::new(&self.origin, size, root)
            .sign(&self.pen()?.signer)
            .map_err(|error| LogBroken(format!("the checkpoint cannot be signed: {error}")))?;
        Ok(TreeHead { size, root, note: note.to_text(), signed_at: at.into() })
    }

    /// Signs a text that is no checkpoint: whoever writes it makes sure that it cannot be read as one.
    pub(crate) fn sign_text(&self, text: &str) -> Result<String, LogBroken> {
        if let Some(why) = self.broken() {
            return Err(LogBroken(why));
        }
        let mut note = Note::new(text).map_err(|error| LogBroken(error.to_string()))?;
        note.sign(&self.pen()?.signer).map_err(|error| LogBroken(format!("a note cannot be signed: {error}")))?;
        Ok(note.to_text())
    }

    /// The log's key, for a JWS of the registry: its signing input is one line of base64url, which no note is.
    pub(crate) fn signer(&self) -> Result<&dyn Signer, LogBroken> {
        match self.broken() {
            Some(why) => Err(LogBroken(why)),
            None => Ok(self.pen()?.signer.signer()),
        }
    }

    /// The right edge of the tree that this head names; refused when more than that was signed before.
    pub(crate) async fn edge_at(&self, tx: &Tx, head: &TreeHead) -> Result<Arc<Appender>, StoreError<LogBroken>> {
        self.pen()?.mark.check(head)?;
        let cached = self.edge.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(edge) = cached.filter(|edge| edge.size() == head.size && edge.root() == head.root) {
            return Ok(edge);
        }
        let edge = Arc::new(read_edge(tx, head).await?);
        self.remember(&edge);
        Ok(edge)
    }

    /// Keeps an edge that is in force.
    pub(crate) fn remember(&self, edge: &Arc<Appender>) {
        *self.edge.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(edge));
    }

    /// Bodies and keys that are known as of this head.
    pub(crate) fn parties_at(&self, head: &TreeHead) -> Arc<Parties> {
        let held = self.parties.lock().unwrap_or_else(PoisonError::into_inner).clone();
        held.filter(|(root, _)| *root == head.root).map(|(_, parties)| parties).unwrap_or_default()
    }

    /// Keeps bodies and keys as of a head, or forgets them.
    pub(crate) fn hold(&self, head: &TreeHead, parties: Option<Arc<Parties>>) {
        let held = parties.map(|parties| (head.root, parties));
        *self.parties.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// Notes that a head is signed and committed, so that the database cannot go back behind it unnoticed.
    pub(crate) fn signed(&self, head: &TreeHead) {
        self.size.record(head.size, &[]);
        if let Some(pen) = &self.pen {
            pen.mark.raise(&self.key, head);
        }
    }

    /// Refuses a head that another process wrote and that is to be noted as [signed](Self::signed), if the log's key has not
    /// signed it: who starts after that could not read the mark, or would take it for none.
    pub(crate) fn check_unmarked(&self, head: &TreeHead) -> Result<(), LogBroken> {
        if self.pen()?.mark.is_below(head) { self.check_note(head) } else { Ok(()) }
    }

    /// Rebuilds the edge from what is stored, compares it with the head, and the head with its own signature, and
    /// all of it with what was signed last. Signs the tree if nothing was signed in this log's name.
    pub(crate) async fn start(
        self: &Arc<Self>,
        store: &Store,
        now: DateTime<Utc>,
    ) -> Result<TreeHead, StoreError<LogBroken>> {
        let writer = Arc::clone(self);
        let head = store
            .write("log_start", move |tx| {
                let writer = Arc::clone(&writer);
                Box::pin(async move {
                    let head = log::lock_head(tx).await?;
                    let edge = read_edge(tx, &head).await?;
                    writer.check_mark(tx, &head).await?;
                    if head.note.is_empty() {
                        let head = writer.sign(head.size, head.root, now)?;
                        log::swap_head(tx, head.size, &head).await?;
                        return Ok(head);
                    }
                    writer.check_note(&head)?;
                    writer.remember(&Arc::new(edge));
                    Ok(head)
                })
            })
            .await?;
        self.signed(&head);
        Ok(head)
    }

    /// As [`start`](Self::start), of a log that this process only reads.
    pub(crate) async fn inspect(self: &Arc<Self>, store: &Store) -> Result<TreeHead, StoreError<LogBroken>> {
        let reader = Arc::clone(self);
        store
            .read("log_inspect", move |tx| {
                let reader = Arc::clone(&reader);
                Box::pin(async move {
                    let head = log::head(tx).await?;
                    read_edge(tx, &head).await?;
                    reader.vet(&head)?;
                    Ok(head)
                })
            })
            .await
    }

    /// Refuses a head that the log's key has not signed.
    pub(crate) fn vet(&self, head: &TreeHead) -> Result<(), LogBroken> {
        self.check_note(head)?;
        self.size.record(head.size, &[]);
        Ok(())
    }

    /// What was signed last must be a beginning of what is stored.
    async fn check_mark(&self, tx: &Tx, head: &TreeHead) -> Result<(), StoreError<LogBroken>> {
        let Some((size, root)) = self.pen()?.mark.read(&self.key)? else { return Ok(()) };
        if size > head.size {
            return Err(mark::rolled_back(head.size, size).into());
        }
        let marked = TreeHead { size, root, ..head.clone() };
        read_edge(tx, &marked).await.map(|_| ()).map_err(|error| match error {
            StoreError::Domain(_) => mark::forked(size).into(),
            other => other,
        })
    }

    fn check_note(&self, head: &TreeHead) -> Result<(), LogBroken> {
        let signed = Checkpoint::open(head.note.as_bytes(), self.verifier_key(), &[])
            .map_err(|error| LogBroken(format!("the stored checkpoint is not this log's: {error}")))?;
        if signed.checkpoint.size != head.size || signed.checkpoint.root != head.root {
            return Err(LogBroken("the stored checkpoint is not that of the tree head".to_owned()));
        }
        Ok(())
    }
}

/// The right edge from stored tiles, compared with the head.
pub(crate) async fn read_edge(tx: &Tx, head: &TreeHead) -> Result<Appender, StoreError<LogBroken>> {
    let tiles = log::tiles(tx, &edge_tiles(head.size)).await?;
    let edge =
        Appender::from_tiles(head.size, |id| tiles.iter().find(|(stored, _)| *stored == id).map(|(_, bytes)| bytes))
            .map_err(|error| LogBroken(error.to_string()))?;
    if edge.root() != head.root {
        return Err(
            LogBroken(format!("the stored tiles lead to root {}, the head says {}", edge.root(), head.root)).into()
        );
    }
    Ok(edge)
}
