//! Whose turn it is among all that share a directory: an advisory lock on a file in it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

/// How long somebody else's turn is waited for. It takes little more than a rename; whoever is killed in it loses it at
/// once, and whoever stands still in it must not stop everybody's commits.
const PATIENCE: Duration = Duration::from_millis(100);

const SHORTEST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// One of those that take turns.
#[derive(Debug)]
pub(super) struct Turns {
    file: PathBuf,
    /// Opened with the first turn. Each opening is a party of its own, also within a process.
    lock: Option<File>,
    pub(super) patience: Duration,
    /// Somebody did not end a turn in time: until one is had again, none is waited for.
    pub(super) is_stuck: bool,
}

impl Turns {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, lock: None, patience: PATIENCE, is_stuck: false }
    }

    /// Waits for the turn, which lasts until what is returned is dropped. None where the file cannot be opened or its
    /// file system has no locks, and when somebody else does not end theirs.
    pub(super) fn take(&mut self) -> Option<Turn<'_>> {
        if self.lock.is_none() {
            // Over the network a file must be open for writing to be locked.
            let opened = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&self.file);
            self.lock = opened.ok();
        }
        let lock = self.lock.as_ref()?;
        let patience = if self.is_stuck { Duration::ZERO } else { self.patience };
        let (mut waited, mut pause) = (Duration::ZERO, SHORTEST_PAUSE);
        loop {
            match lock.try_lock() {
                Ok(()) => {
                    self.is_stuck = false;
                    return Some(Turn(lock));
                }
                Err(TryLockError::WouldBlock) if waited < patience => {
                    std::thread::sleep(pause);
                    waited += pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    self.is_stuck = true;
                    return None;
                }
                Err(TryLockError::Error(_)) => return None,
            }
        }
    }
}

/// A turn.
#[derive(Debug)]
pub(super) struct Turn<'t>(&'t File);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // Otherwise it ends with the process.
        let _ = self.0.unlock();
    }
}
