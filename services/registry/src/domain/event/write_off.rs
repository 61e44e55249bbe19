//! Entries of the write-off ledger: whose customs it was, and the hash of the record. Which certificate, and how much, is
//! in the record alone.

use greenlane_jose::canonical::Node;

use crate::domain::write_off::{Kind, WriteOff, write_off_name};

pub(super) fn members(write_off: &WriteOff, put: &mut impl FnMut(&'static str, Node<'static>)) {
    let record = &write_off.record;
    let event = match record.kind {
        Kind::Use => "write_off.use",
        Kind::Reversal => "write_off.reversal",
        Kind::Rejection => "write_off.rejection",
    };
    put("event", event.into());
    put("write_off", write_off.name().into());
    put("economy", record.economy.clone().into());
    put("record_sha256", hex::encode(record.sha256()).into());
    if let Some(reverses) = record.reverses {
        put("reverses", write_off_name(reverses).into());
    }
}
