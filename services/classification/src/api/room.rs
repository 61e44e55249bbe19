//! How much an answer holds.

use prost::Message;

/// What an answer holds at most: gRPC clients refuse a message of more than 4 MiB, unless they are told otherwise.
const ROOM: usize = 7 << 19;
/// The same in MiB.
pub(super) const MEBIBYTES: &str = "3.5";
/// What stands around an item of an answer.
const AROUND: usize = 8;

/// What is left for items.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    left: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { left: ROOM }
    }
}

impl Room {
    /// Whether there is room for an item, which then takes it.
    pub(super) fn take(&mut self, item: &impl Message) -> bool {
        let left = self.left.checked_sub(item.encoded_len() + AROUND);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}
