//! Answers that are put together from encoded parts. The numbers are those of the contract's fields.

use bytes::{BufMut, Bytes};
use greenlane_api::registry::v1 as wire;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len, uint64};

/// `VerifyResponse` without proof and statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    /// `Verdict` without its freshness.
    pub(super) verdict: &'a [u8],
    /// The freshness, as the last field of the verdict.
    pub(super) freshness: &'a [u8],
    pub(super) revision: u64,
}

impl Answer<'_> {
    fn len(&self) -> usize {
        field_len(1, self.verdict.len() + self.freshness.len()) + uint64::encoded_len(2, &self.revision)
    }

    fn put(&self, out: &mut Vec<u8>) {
        begin(out, 1, self.verdict.len() + self.freshness.len());
        out.put_slice(self.verdict);
        out.put_slice(self.freshness);
        uint64::encode(2, &self.revision, out);
    }

    /// As the answer of `Verify`.
    pub(super) fn alone(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.len());
        self.put(&mut out);
        out.into()
    }

    /// As `VerifyResult` in the field of this number.
    pub(super) fn put_result(&self, out: &mut Vec<u8>, field: u32) {
        begin(out, field, field_len(1, self.len()));
        begin(out, 1, self.len());
        self.put(out);
    }
}

/// The freshness as the last field of a verdict.
pub(super) fn freshness(told: &wire::Freshness) -> Vec<u8> {
    let mut out = Vec::with_capacity(48);
    begin(&mut out, 14, told.encoded_len());
    told.encode_raw(&mut out);
    out
}

/// The field of this number, which holds these bytes.
pub(super) fn put_field(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    begin(out, field, bytes.len());
    out.put_slice(bytes);
}

fn begin(out: &mut Vec<u8>, field: u32, len: usize) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(len as u64, out);
}

fn field_len(field: u32, len: usize) -> usize {
    key_len(field) + encoded_len_varint(len as u64) + len
}
