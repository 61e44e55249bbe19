//! Base64url without padding (RFC 7515 section 2), canonical only: one byte string has exactly one accepted text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not canonical base64url without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64url without padding")]
pub struct NotBase64Url;

/// Encodes without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Encodes without padding, behind what is there.
pub fn encode_to(bytes: impl AsRef<[u8]>, text: &mut String) {
    let bytes = bytes.as_ref();
    let length = base64::encoded_len(bytes.len(), false).expect("what is in memory has a length in base64");
    let mut whole = std::mem::take(text).into_bytes();
    let before = whole.len();
    whole.resize(before + length, 0);
    URL_SAFE_NO_PAD.encode_slice(bytes, &mut whole[before..]).expect("there is room for what is encoded");
    *text = String::from_utf8(whole).expect("base64 is ASCII");
}

/// Decodes. Padding, white space, the `+` and `/` of plain base64, and bits left over at the end are refused.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// As [`decode`], behind what is there. What was refused leaves nothing to be used behind it.
pub fn decode_to(text: impl AsRef<[u8]>, bytes: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    URL_SAFE_NO_PAD.decode_vec(text, bytes).map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests;
