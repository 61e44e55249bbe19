//! Answers that are put together from encoded parts. The numbers are those of the contract's fields.

use bytes::Bytes;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::server::fields;
use prost::Message as _;
use prost::encoding::uint64;

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
        fields::len(1, self.verdict.len() + self.freshness.len()) + uint64::encoded_len(2, &self.revision)
    }

    fn put(&self, out: &mut Vec<u8>) {
        fields::begin(out, 1, self.verdict.len() + self.freshness.len());
        out.extend_from_slice(self.verdict);
        out.extend_from_slice(self.freshness);
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
        fields::begin(out, field, fields::len(1, self.len()));
        fields::begin(out, 1, self.len());
        self.put(out);
    }
}

/// The freshness as the last field of a verdict.
pub(super) fn freshness(told: &wire::Freshness) -> Vec<u8> {
    let mut out = Vec::with_capacity(48);
    fields::begin(&mut out, 14, told.encoded_len());
    told.encode_raw(&mut out);
    out
}
