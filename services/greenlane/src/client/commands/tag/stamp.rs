//! Whether a table that is read several times is the same each time.

use std::{fs::Metadata, path::Path, time::SystemTime};

use anyhow::Context as _;

/// What a file was when it was opened: of one that is written to or replaced, something of it is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    /// To the nanosecond where the file system keeps it so.
    modified: Option<SystemTime>,
    /// Device and number of the file.
    identity: Option<(u64, u64)>,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok(), identity: identity(metadata) }
    }

    /// Refuses a file that is another now. That its number is another says nothing by itself: some mounts (FUSE, SMB)
    /// number a file anew each time they look it up.
    pub(crate) fn must_be(self, now: Self) -> anyhow::Result<()> {
        if self.modified.is_some() && (self.length, self.modified) == (now.length, now.modified) {
            return Ok(());
        }
        let what = if self.identity != now.identity {
            "another file has its name now".to_owned()
        } else if self.length != now.length {
            format!("it had {} bytes and has {} now", self.length, now.length)
        } else if self.modified != now.modified {
            "it was written to".to_owned()
        } else {
            return Ok(());
        };
        anyhow::bail!("the table changed while it was read: {what}; run this again when nothing writes to it")
    }

    /// Refuses what a path leads to when that is another file now.
    pub(crate) fn must_be_at(self, path: &Path) -> anyhow::Result<()> {
        let metadata = path.metadata().with_context(|| format!("cannot read {} again", path.display()))?;
        self.must_be(Self::of(&metadata))
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;

    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Duration};

    use super::*;

    #[test]
    fn a_file_that_is_written_to_cut_off_or_replaced_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        let stamp = || Stamp::of(&path.metadata().unwrap());
        let why = |before: Stamp| before.must_be_at(&path).unwrap_err().to_string();
        write("one row\n");
        let before = stamp();
        before.must_be_at(&path).unwrap();
        write("one row\ntwo\n");
        assert!(why(before).contains("it had 8 bytes and has 12 now"));
        write("one");
        assert!(why(before).contains("it had 8 bytes and has 3 now"));
        let before = stamp();
        let file = File::options().append(true).open(&path).unwrap();
        file.set_modified(before.modified.unwrap() + Duration::from_nanos(1)).unwrap();
        assert!(why(before).starts_with("the table changed while it was read: it was written to"));
        let before = stamp();
        std::fs::write(folder.path().join("other.csv"), "two").unwrap();
        std::fs::rename(folder.path().join("other.csv"), &path).unwrap();
        assert!(why(before).contains("another file has its name now"));
        let renumbered = Stamp { identity: Some((0, 0)), ..stamp() };
        renumbered.must_be_at(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(why(before).contains("again"));
    }
}
