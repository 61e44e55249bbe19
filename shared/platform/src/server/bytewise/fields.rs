//! Fields of messages, written around contents that are encoded already.

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

/// A field of this number that holds these bytes: a message, a text or bytes.
pub fn put(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    begin(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

/// The beginning of a field of this number: its contents, of so many bytes, must follow.
pub fn begin(out: &mut Vec<u8>, field: u32, len: usize) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(len as u64, out);
}

/// Bytes of a field of this number whose contents are so long.
#[must_use]
pub fn len(field: u32, contents: usize) -> usize {
    key_len(field) + encoded_len_varint(contents as u64) + contents
}
