//! Receiving files.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_curation::ChangeError;
use greenlane_curation::alerts::owner;
use greenlane_platform::auth::Caller;
use greenlane_store::{Store, StoreError, Tx};
use sea_orm::DbErr;
use sha2::{Digest, Sha256};

use super::catalogues::Catalogues;
use super::owners;
use crate::domain::{Reader, RowFault};
use crate::store::{self, ImportRow, ImportState, Piece};

/// The largest file.
pub(crate) const MAX_FILE: u64 = 256 * 1024 * 1024;
/// The largest piece.
pub(crate) const MAX_PIECE: usize = 1024 * 1024;

/// Why a piece is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("there is no such import")]
    NotFound,
    #[error("the import is {0}")]
    State(&'static str),
    #[error("must be {expected}, where the last piece ended")]
    Offset { expected: u64 },
    #[error("must be at most 1 MiB")]
    TooLong,
    #[error("the file is larger than 256 MiB")]
    TooLarge,
    #[error("the whole does not have the announced hash; it has {found}")]
    Hash { found: String },
    #[error("a list or a code system of the file belongs to {0}")]
    NotYours(String),
    #[error(transparent)]
    Another(#[from] ChangeError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file on its way in.
pub(crate) struct Upload {
    store: Store,
    catalogues: Arc<Catalogues>,
    caller: Arc<Caller>,
    row: ImportRow,
    reader: Reader,
    hash: Sha256,
}

/// The rows of an import, out of the bytes that are kept, and what is wrong with them so far.
pub(super) async fn read_import(tx: &Tx, row: &ImportRow) -> Result<(Reader, Vec<RowFault>), DbErr> {
    let (mut reader, mut faults) = (Reader::new(row.announced.format), Vec::new());
    let mut at = 0;
    while let Some(data) = store::next_piece(tx, &row.id, at).await? {
        at += data.len() as u64;
        faults.append(&mut reader.push(&data));
    }
    Ok((reader, faults))
}

impl Upload {
    /// Goes on with an import: what has arrived is read again.
    pub(crate) async fn open(
        store: Store,
        catalogues: Arc<Catalogues>,
        caller: Arc<Caller>,
        id: &str,
    ) -> Result<Self, UploadError> {
        let row = store::get_import(&store, id).await?.ok_or(UploadError::NotFound)?;
        owners::check_import(&caller, &row)?;
        if row.state != ImportState::Receiving {
            return Err(UploadError::State(row.state.as_str()));
        }
        let mut upload =
            Self { store, catalogues, caller, reader: Reader::new(row.announced.format), hash: Sha256::new(), row };
        let mut at = 0;
        while at < upload.row.received_bytes {
            let id = upload.row.id.clone();
            let piece = upload.store.read("import_piece", move |tx| {
                let id = id.clone();
                Box::pin(async move { Ok(store::next_piece(tx, &id, at).await?) })
            });
            let Some(data) = piece.await? else { break };
            at += data.len() as u64;
            upload.hash.update(&data);
            upload.reader.push(&data);
        }
        Ok(upload)
    }

    /// The import as it stands.
    pub(crate) fn row(&self) -> &ImportRow {
        &self.row
    }

    /// Takes a piece. Gives the faults that it brought.
    pub(crate) async fn take(&mut self, offset: u64, data: Vec<u8>, last: bool) -> Result<Vec<RowFault>, UploadError> {
        if self.row.state != ImportState::Receiving {
            return Err(UploadError::State(self.row.state.as_str()));
        }
        if offset != self.row.received_bytes {
            return Err(UploadError::Offset { expected: self.row.received_bytes });
        }
        if data.len() > MAX_PIECE {
            return Err(UploadError::TooLong);
        }
        if offset + data.len() as u64 > MAX_FILE {
            return Err(UploadError::TooLarge);
        }
        let mut hash = self.hash.clone();
        hash.update(&data);
        if last {
            let found = hex::encode(hash.clone().finalize());
            if found != self.row.sha256 {
                return Err(UploadError::Hash { found });
            }
        }
        let mut faults = self.reader.push(&data);
        let (mut rows, mut refused) = self.reader.counts();
        if last {
            let reader = std::mem::replace(&mut self.reader, Reader::new(self.row.announced.format));
            let catalogue = self.catalogues.current();
            let imported = reader.finish(&catalogue, &self.row.announced);
            owners::check_imported(&self.caller, &catalogue, &imported).map_err(UploadError::NotYours)?;
            (rows, refused) = (imported.rows, imported.refused);
            faults.extend(imported.faults);
        }
        let piece = Piece { offset, data, faults, rows, refused_rows: refused, complete: last };
        let (end, piece) = (offset + piece.data.len() as u64, Arc::new(piece));
        let kept = self.store.write("keep_import_piece", {
            let (piece, id, stored) = (Arc::clone(&piece), self.row.id.clone(), self.row.faults);
            move |tx| {
                let (piece, id) = (Arc::clone(&piece), id.clone());
                Box::pin(async move { Ok(store::keep_piece(tx, &id, &piece, stored).await?) })
            }
        });
        if !kept.await? {
            // Somebody else sent a piece, or gave the import up.
            let now = store::get_import(&self.store, &self.row.id).await?.ok_or(UploadError::NotFound)?;
            return match now.state {
                ImportState::Receiving => Err(UploadError::Offset { expected: now.received_bytes }),
                state => Err(UploadError::State(state.as_str())),
            };
        }
        self.hash = hash;
        self.row.received_bytes = end;
        (self.row.rows, self.row.refused_rows) = (rows, refused);
        self.row.faults += piece.faults.len() as u64;
        if last {
            self.row.state = ImportState::Complete;
        }
        Ok(Arc::unwrap_or_clone(piece).faults)
    }
}

/// A new import.
pub(crate) fn announce(
    id: String,
    announced: crate::domain::Announced,
    sha256: String,
    caller: &Caller,
    now: DateTime<Utc>,
) -> ImportRow {
    ImportRow {
        id,
        state: ImportState::Receiving,
        announced,
        sha256,
        author: caller.subject().to_owned(),
        owner: owner(caller),
        created_at: now,
        received_bytes: 0,
        rows: 0,
        refused_rows: 0,
        faults: 0,
        change_set: String::new(),
        published_revision: 0,
    }
}
