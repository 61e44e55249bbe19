//! Bitstring Status Lists (W3C, <https://www.w3.org/TR/vc-bitstring-status-list/>): one bit a certificate.
//!
//! Index 0 is the most significant bit of the first byte; the bytes are compressed with gzip and written as multibase
//! base64url. (The IETF Token Status List counts from the least significant bit and uses zlib: another codec.)

mod credential;

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use greenlane_jose::b64;

pub use credential::{StatusListCredential, StatusPurpose};

/// The least entries that a list has, so that its length tells nothing about one holder: 131,072 (16 KiB).
pub const MIN_ENTRIES: u64 = 131_072;

/// The most entries of a list that is read: 16 MiB decompressed.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A list of bits, one for each index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    bytes: Vec<u8>,
}

/// Why a status list cannot be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusListError {
    /// Fewer than 131,072 entries, or more than are read.
    #[error("a status list has {MIN_ENTRIES} to {} entries", MAX_BYTES * 8)]
    Size,
    /// Not multibase base64url of gzip.
    #[error("not multibase base64url of a gzip stream")]
    Encoding,
    /// The index is past the end of the list.
    #[error("the index is past the end of the status list")]
    Index,
}

impl StatusList {
    /// A list with all bits clear, of at least 131,072 entries; rounded up to whole bytes.
    pub fn new(entries: u64) -> Result<Self, StatusListError> {
        let bytes = entries.div_ceil(8);
        if entries < MIN_ENTRIES || bytes > MAX_BYTES {
            return Err(StatusListError::Size);
        }
        Ok(Self { bytes: vec![0; bytes as usize] })
    }

    /// The number of entries.
    pub fn entries(&self) -> u64 {
        self.bytes.len() as u64 * 8
    }

    /// The bit at an index.
    pub fn get(&self, index: u64) -> Result<bool, StatusListError> {
        let (byte, mask) = locate(index)?;
        self.bytes.get(byte).map(|byte| byte & mask != 0).ok_or(StatusListError::Index)
    }

    /// Sets or clears the bit at an index.
    pub fn set(&mut self, index: u64, value: bool) -> Result<(), StatusListError> {
        let (byte, mask) = locate(index)?;
        let byte = self.bytes.get_mut(byte).ok_or(StatusListError::Index)?;
        if value {
            *byte |= mask;
        } else {
            *byte &= !mask;
        }
        Ok(())
    }

    /// The `encodedList` of a status list credential. The same bits give the same text.
    pub fn encode(&self) -> String {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&self.bytes).expect("gzip to memory does not fail");
        let compressed = gzip.finish().expect("gzip to memory does not fail");
        format!("u{}", b64::encode(compressed))
    }

    /// Reads an `encodedList`. What decompresses to more than 16 MiB, or is followed by more data, is refused.
    pub fn decode(text: &str) -> Result<Self, StatusListError> {
        let encoded = text.strip_prefix('u').ok_or(StatusListError::Encoding)?;
        let compressed = b64::decode(encoded).map_err(|_| StatusListError::Encoding)?;
        let mut rest = compressed.as_slice();
        let mut bytes = Vec::new();
        // flate2's bufread decoder leaves what follows the stream in the reader, where it is found below.
        let mut decoder = GzDecoder::new(&mut rest).take(MAX_BYTES + 1);
        decoder.read_to_end(&mut bytes).map_err(|_| StatusListError::Encoding)?;
        if bytes.len() as u64 > MAX_BYTES || (bytes.len() as u64) < MIN_ENTRIES / 8 {
            return Err(StatusListError::Size);
        }
        if rest.is_empty() { Ok(Self { bytes }) } else { Err(StatusListError::Encoding) }
    }
}

fn locate(index: u64) -> Result<(usize, u8), StatusListError> {
    let byte = usize::try_from(index / 8).map_err(|_| StatusListError::Index)?;
    Ok((byte, 0x80 >> (index % 8)))
}

#[cfg(test)]
mod tests;
