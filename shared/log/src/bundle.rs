//! Entry bundles (C2SP tlog-tiles): the entries of a level 0 tile, each after its length in two bytes.

use crate::tile::{NotATilePath, TILE_WIDTH, index_path, parse_index_path};

/// The longest entry that a bundle can hold, in bytes.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Why entries and a bundle do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry is longer than 65,535 bytes.
    #[error("an entry is longer than {MAX_ENTRY_BYTES} bytes")]
    EntryTooLong,
    /// A bundle has 1 to 256 entries.
    #[error("a bundle has 1 to 256 entries")]
    Count,
    /// The bytes end within an entry.
    #[error("the bundle ends within an entry")]
    Truncated,
}

/// The path of a bundle under the log's prefix, such as `tile/entries/x001/234.p/8`.
pub fn path(index: u64, width: u16) -> String {
    format!("tile/entries/{}", index_path(index, width))
}

/// Index and width from the path of a bundle.
pub fn parse_path(path: &str) -> Result<(u64, u16), NotATilePath> {
    path.strip_prefix("tile/entries/").and_then(parse_index_path).ok_or(NotATilePath)
}

/// Writes a bundle.
pub fn encode<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BundleError> {
    check_count(entries.len())?;
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| BundleError::EntryTooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle.
pub fn decode(bytes: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(BundleError::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(BundleError::Truncated)?;
        entries.push(entry);
        check_count(entries.len())?;
        rest = after;
    }
    check_count(entries.len())?;
    Ok(entries)
}

fn check_count(count: usize) -> Result<(), BundleError> {
    if (1..=TILE_WIDTH as usize).contains(&count) { Ok(()) } else { Err(BundleError::Count) }
}

#[cfg(test)]
mod tests;
