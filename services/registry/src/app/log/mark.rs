//! The largest checkpoint that was ever signed, kept beside the key that signed it and not in the database: a database
//! that was put back to an earlier state cannot tell by itself, and would sign another history.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use greenlane_log::note::NoteKey;
use greenlane_log::{Checkpoint, Hash};

use super::LogBroken;
use crate::store::log::TreeHead;

/// The file's name in the directory of keys.
const NAME: &str = "log.checkpoint";

/// What was signed last, as far as this process knows.
#[derive(Debug)]
pub(crate) struct Mark {
    file: PathBuf,
    highest: Mutex<Option<(u64, Hash)>>,
    /// What this process wrote last: while the file says so, it need not be read.
    written: Mutex<String>,
}

impl Mark {
    /// The mark of the log whose key is in this directory.
    pub(crate) fn new(directory: &Path) -> Self {
        Self { file: directory.join(NAME), highest: Mutex::default(), written: Mutex::default() }
    }

    /// What the file says, which must be a checkpoint of this log.
    pub(super) fn read(&self, key: &NoteKey) -> Result<Option<(u64, Hash)>, LogBroken> {
        let unreadable = |why: &dyn std::fmt::Display| LogBroken(format!("{}: {why}", self.file.display()));
        let text = match fs::read(&self.file) {
            // Written without waiting for the disk: after a power cut it may be empty, and the database is then right.
            Ok(text) if text.is_empty() => return Ok(None),
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
        };
        let signed = Checkpoint::open(&text, key, &[]).map_err(|error| unreadable(&error))?;
        Ok(Some((signed.checkpoint.size, signed.checkpoint.root)))
    }

    /// Refuses a head that lies before what was signed.
    pub(super) fn check(&self, head: &TreeHead) -> Result<(), LogBroken> {
        match *self.highest.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((size, _)) if head.size < size => Err(rolled_back(head.size, size)),
            Some((size, root)) if head.size == size && head.root != root => Err(forked(size)),
            _ => Ok(()),
        }
    }

    /// Whether a head lies above what was signed.
    pub(super) fn is_below(&self, head: &TreeHead) -> bool {
        self.highest.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|(size, _)| size < head.size)
    }

    /// Remembers a head that is signed and committed. Replicas that share the directory raise one mark.
    pub(super) fn raise(&self, key: &NoteKey, head: &TreeHead) {
        if !self.is_below(head) {
            return;
        }
        // First: of two heads that are raised at once the file keeps the higher one.
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut highest = self.highest.lock().unwrap_or_else(PoisonError::into_inner);
            if highest.is_some_and(|(size, _)| size >= head.size) {
                return;
            }
            *highest = Some((head.size, head.root));
        }
        let own = fs::read(&self.file).is_ok_and(|text| !text.is_empty() && text == written.as_bytes());
        let lower = || self.read(key).is_ok_and(|marked| marked.is_none_or(|(size, _)| size < head.size));
        if own || lower() {
            match self.write(&head.note) {
                Ok(()) => written.clone_from(&head.note),
                Err(error) => {
                    tracing::warn!(%error, file = %self.file.display(), "what was signed last could not be noted");
                }
            }
        }
    }

    /// Whole or not at all, and not waited for: what it must outlive is the database's return to an earlier state.
    fn write(&self, note: &str) -> io::Result<()> {
        let fresh = self.file.with_extension(format!("checkpoint.{}", std::process::id()));
        fs::write(&fresh, note)?;
        fs::rename(&fresh, &self.file)
    }
}

pub(crate) fn rolled_back(stored: u64, signed: u64) -> LogBroken {
    LogBroken(format!(
        "this log signed {signed} entries and the database holds {stored}: it was put back to an earlier state"
    ))
}

pub(crate) fn forked(size: u64) -> LogBroken {
    LogBroken(format!("this log signed another tree of {size} entries than the database holds"))
}
