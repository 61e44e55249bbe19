//! How much of a batch fits into its answer, which is one message.

use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use prost::Message as _;

use super::result;

/// What a batch's answer takes beside its results.
const ENVELOPE_BYTES: usize = 16;

/// The room for the results of a batch. Each is sure of as much as it takes to say that it did not fit. The first one that
/// does not closes it: who asks goes on from there.
#[derive(Debug)]
pub(super) struct Room {
    left_bytes: usize,
    refusal_bytes: usize,
    is_closed: bool,
}

impl Room {
    /// For so many results in a message of at most so many bytes.
    pub(super) fn new(message_bytes: usize, results: usize) -> Self {
        let refusal_bytes = framed(refusal().encoded_len());
        let taken = results.saturating_mul(refusal_bytes).saturating_add(ENVELOPE_BYTES);
        Self { left_bytes: message_bytes.saturating_sub(taken), refusal_bytes, is_closed: false }
    }

    /// Whether the next result fits, which takes so many bytes with its frame.
    pub(super) fn takes(&mut self, framed_bytes: usize) -> bool {
        let left = self.left_bytes.checked_sub(framed_bytes.saturating_sub(self.refusal_bytes));
        match left.filter(|_| !self.is_closed) {
            Some(left) => self.left_bytes = left,
            None => self.is_closed = true,
        }
        !self.is_closed
    }
}

/// The size of a result within the answer.
pub(super) fn framed(bytes: usize) -> usize {
    1 + prost::length_delimiter_len(bytes) + bytes
}

/// What is said of a result that does not fit.
pub(super) fn refusal() -> wire::VerifyResult {
    let message = "the answers before this one fill the message: ask for the rest in another batch, or by StreamVerify";
    result(Err(Fault::message_too_large().with_message(message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_answer_is_no_larger_than_the_message_may_be() {
        for message_bytes in [2_000, 3_001, 10_000] {
            let mut room = Room::new(message_bytes, 7);
            let mut whole = ENVELOPE_BYTES;
            let mut fitted = Vec::new();
            for size in [1, 100, 900, 500, 5_000, 1, 1] {
                let fits = room.takes(framed(size));
                whole += framed(if fits { size } else { refusal().encoded_len() });
                fitted.push(fits);
            }
            assert!(whole <= message_bytes, "{whole} of {message_bytes}: {fitted:?}");
            assert!(fitted.is_sorted_by(|earlier, later| earlier >= later), "closed once: {fitted:?}");
            assert!(fitted[0], "{fitted:?}");
        }
    }
}
