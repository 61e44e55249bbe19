//! The largest checkpoint that was ever signed, kept beside the key that signed it and not in the database: a database
//! that was put back to an earlier state cannot tell by itself, and would sign another history.

use std::fmt::Display;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use greenlane_log::note::NoteKey;
use greenlane_log::{Checkpoint, Hash};

use super::LogBroken;
use super::turn::Turns;
use crate::store::log::TreeHead;

/// The file's name in the directory of keys.
const NAME: &str = "log.checkpoint";

/// Whose turn it is among replicas to look at the file and to replace it.
const LOCK: &str = "log.checkpoint.lock";

/// How the names of files begin that are to take the mark's place.
const FRESH: &str = "log.checkpoint.new-";

/// Who wrote a file so long ago and has not put it in the mark's place was killed in between.
const LEFT_OVER: Duration = Duration::from_secs(60);

/// What was signed last, as far as this process knows.
#[derive(Debug)]
pub(crate) struct Mark {
    file: PathBuf,
    highest: Mutex<Option<(u64, Hash)>>,
    hand: Mutex<Hand>,
}

/// What writing the file takes.
#[derive(Debug)]
struct Hand {
    /// No other mark writes under this name, of this process or of another: all may have the same process id.
    fresh: PathBuf,
    turns: Turns,
    /// What was written last: while the file says so, its signature need not be verified.
    written: String,
    /// Whether it was told that the file cannot be read.
    is_told: bool,
}

impl Mark {
    /// The mark of the log whose key is in this directory.
    pub(crate) fn new(directory: &Path) -> Self {
        clear(directory);
        let fresh = directory.join(format!("{FRESH}{}", uuid::Uuid::new_v4().simple()));
        let turns = Turns::new(directory.join(LOCK));
        let hand = Hand { fresh, turns, written: String::new(), is_told: false };
        Self { file: directory.join(NAME), highest: Mutex::default(), hand: Mutex::new(hand) }
    }

    /// What the file says, which must be a checkpoint of this log.
    pub(super) fn read(&self, key: &NoteKey) -> Result<Option<(u64, Hash)>, LogBroken> {
        self.text()?.map(|text| self.open(&text, key)).transpose()
    }

    fn text(&self) -> Result<Option<Vec<u8>>, LogBroken> {
        match fs::read(&self.file) {
            // Written without waiting for the disk: after a power cut it may be empty, and the database is then right.
            Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    fn open(&self, text: &[u8], key: &NoteKey) -> Result<(u64, Hash), LogBroken> {
        let signed = Checkpoint::open(text, key, &[]).map_err(|error| self.unreadable(&error))?;
        Ok((signed.checkpoint.size, signed.checkpoint.root))
    }

    fn unreadable(&self, why: &dyn Display) -> LogBroken {
        LogBroken(format!("{}: {why}", self.file.display()))
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

    /// Remembers a head that is signed and committed. Replicas that share the directory raise one mark, which is whole
    /// whenever it is read. It never goes down where its file system can lock files and whoever has the turn ends it
    /// before the others lose [patience](Turns). Otherwise the lower of two heads may replace the higher, where the
    /// file was read just before the higher was put there: that lasts until the next head is raised.
    pub(super) fn raise(&self, key: &NoteKey, head: &TreeHead) {
        if !self.is_below(head) {
            return;
        }
        // First: of two heads that are raised at once in this process the file keeps the higher one.
        let mut hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut highest = self.highest.lock().unwrap_or_else(PoisonError::into_inner);
            if highest.is_some_and(|(size, _)| size >= head.size) {
                return;
            }
            *highest = Some((head.size, head.root));
        }
        if let Err(error) = self.write(&mut hand, key, head) {
            tracing::warn!(%error, file = %self.file.display(), "what was signed last could not be noted");
        }
    }

    /// Whole or not at all, and not waited for: what it must outlive is the database's return to an earlier state.
    fn write(&self, hand: &mut Hand, key: &NoteKey, head: &TreeHead) -> io::Result<()> {
        let Hand { fresh, turns, written, is_told } = hand;
        // Before the turn, which is the shorter for it.
        fs::write(&*fresh, &head.note)?;
        let _turn = turns.take();
        let is_lower = self.text().and_then(|text| match text {
            Some(text) if text != written.as_bytes() => Ok(self.open(&text, key)?.0 < head.size),
            _ => Ok(true),
        });
        if let (Err(reason), false) = (&is_lower, *is_told) {
            tracing::warn!(%reason, "what is signed is not noted: the mark cannot be read, and is left as it is");
        }
        *is_told = is_lower.is_err();
        if matches!(is_lower, Ok(true)) {
            fs::rename(&*fresh, &self.file)?;
            written.clone_from(&head.note);
        } else {
            let _ = fs::remove_file(&*fresh);
        }
        Ok(())
    }
}

/// Removes what was left by processes that were killed while they wrote.
fn clear(directory: &Path) {
    let is_left_over = |entry: &DirEntry| {
        let is_fresh = entry.file_name().to_str().is_some_and(|name| name.starts_with(FRESH));
        let written_at = || entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = || written_at().and_then(|at| at.elapsed().ok());
        is_fresh && age().is_some_and(|age| age > LEFT_OVER)
    };
    for entry in fs::read_dir(directory).into_iter().flatten().flatten().filter(is_left_over) {
        let _ = fs::remove_file(entry.path());
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

#[cfg(test)]
mod tests;
