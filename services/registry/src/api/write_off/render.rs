//! Records and balances to the wire.

use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;

use super::super::issue::Answer;
use super::super::render::{identification, quantity, serial_range, timestamp};
use crate::domain::content::{Content, Quantity};
use crate::domain::write_off::ledger::Ledger;
use crate::domain::write_off::lineage::Lineage;
use crate::domain::write_off::{Kind, Rejection, WriteOff, write_off_name};

/// Runs of serial numbers that a balance tells.
const MAX_RANGES: usize = 1_000;

/// The record of an answer to a mutation, and what is left after it.
pub(super) fn written_off(answer: &Answer) -> Result<(wire::WriteOff, Option<wire::Quantity>), Fault> {
    let done = answer.written_off()?;
    let committed = answer.proof.is_some();
    let mut shown = write_off(&done.write_off, None);
    if !committed {
        // What is only checked has no place in the log, and no record yet.
        (shown.name, shown.revision, shown.record_time, shown.logged_record) = Default::default();
    }
    Ok((shown, done.left.as_ref().map(quantity)))
}

pub(super) fn write_off(write_off: &WriteOff, reversed_by: Option<u64>) -> wire::WriteOff {
    let record = &write_off.record;
    wire::WriteOff {
        name: write_off.name(),
        kind: match record.kind {
            Kind::Use => wire::WriteOffKind::Use,
            Kind::Reversal => wire::WriteOffKind::Reversal,
            Kind::Rejection => wire::WriteOffKind::Rejection,
        }
        .into(),
        certificate: record.certificate.name(),
        body: record.body.name(),
        version: record.version,
        economy: record.economy.clone(),
        declaration_reference: record.declaration.clone(),
        product: (!record.product.is_empty()).then(|| identification(&record.product)),
        quantity: record.quantity.as_ref().map(quantity),
        serial_ranges: record.serials.iter().map(serial_range).collect(),
        event_time: Some(timestamp(record.event_time)),
        reverses: record.reverses.map(write_off_name).unwrap_or_default(),
        reversed_by: reversed_by.map(write_off_name).unwrap_or_default(),
        rejection_reason: record.rejection.map_or(wire::RejectionReason::Unspecified, Into::into).into(),
        reason_text: record.reason_text.clone(),
        actor: record.actor.clone(),
        record_time: Some(timestamp(write_off.recorded_at)),
        revision: write_off.index + 1,
        logged_record: String::from_utf8(record.canonical()).unwrap_or_default(),
    }
}

impl From<Rejection> for wire::RejectionReason {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::NotAuthentic => Self::NotAuthentic,
            Rejection::NotInForce => Self::NotInForce,
            Rejection::GoodsNotCovered => Self::GoodsNotCovered,
            Rejection::NotRecognised => Self::NotRecognised,
            Rejection::Exceeded => Self::Exceeded,
            Rejection::Nonconformity => Self::Nonconformity,
            Rejection::Other => Self::Other,
        }
    }
}

/// What is left of each product.
pub(super) fn balances(
    version: u32,
    content: &Content,
    lineage: &Lineage,
    ledger: &Ledger,
) -> Vec<wire::ProductBalance> {
    let balance = |product: &crate::domain::content::Product| {
        let kin = lineage.kin(version, product);
        let used = ledger.used(&kin).into_iter();
        let used = used.map(|(unit, amount)| quantity(&Quantity { amount: amount.to_string(), unit: unit.to_owned() }));
        let standing = ledger.serials.iter().filter(|standing| kin.has(&standing.product));
        wire::ProductBalance {
            product: Some(identification(&product.id)),
            product_name: product.name.clone(),
            certified: product.quantity.as_ref().map(quantity),
            written_off: used.collect(),
            left: ledger.left(product, &kin).as_ref().map(quantity),
            serial_ranges_written_off: standing
                .map(|standing| serial_range(&standing.range))
                .take(MAX_RANGES)
                .collect(),
        }
    };
    content.products.iter().map(balance).collect()
}
