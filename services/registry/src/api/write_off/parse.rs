//! Consignments from the wire.

use chrono::{DateTime, Utc};
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::violations::Violations;

use super::super::{consistency, content};
use crate::domain::content::{Quantity, SerialRange};
use crate::domain::names::BodyId;
use crate::domain::write_off::amount::Amount;
use crate::domain::write_off::{Kind, Record, Rejection};

/// Runs of serial numbers in one record.
const MAX_RANGES: usize = 100;

/// What releases and rejections have in common.
pub(super) struct Consignment {
    certificate: String,
    economy: String,
    declaration_reference: String,
    product: common::ProductIdentification,
    quantity: Option<wire::Quantity>,
    serial_ranges: Vec<wire::SerialRange>,
    event_time: Option<prost_types::Timestamp>,
    /// Of a rejection: why.
    rejection: Option<(i32, String)>,
}

impl From<wire::RecordWriteOffRequest> for Consignment {
    fn from(raw: wire::RecordWriteOffRequest) -> Self {
        Self {
            certificate: raw.certificate,
            economy: raw.economy,
            declaration_reference: raw.declaration_reference,
            product: raw.product.unwrap_or_default(),
            quantity: raw.quantity,
            serial_ranges: raw.serial_ranges,
            event_time: raw.event_time,
            rejection: None,
        }
    }
}

impl From<wire::RecordRejectionRequest> for Consignment {
    fn from(raw: wire::RecordRejectionRequest) -> Self {
        Self {
            certificate: raw.certificate,
            economy: raw.economy,
            declaration_reference: raw.declaration_reference,
            product: raw.product.unwrap_or_default(),
            quantity: raw.quantity,
            serial_ranges: raw.serial_ranges,
            event_time: raw.event_time,
            rejection: Some((raw.reason, raw.reason_text)),
        }
    }
}

impl Consignment {
    /// The record, but for what only the certificate knows.
    pub(super) fn parse(
        self,
        v: &mut Violations,
        now: DateTime<Utc>,
        too_early: impl FnOnce(DateTime<Utc>) -> Option<String>,
        actor: &str,
    ) -> Option<Record> {
        let certificate = consistency::certificate(v, "certificate", &self.certificate, false);
        let economy = v.seat("economy", &self.economy);
        let declaration = v.text("declaration_reference", &self.declaration_reference, 1..=100);
        let declaration = declaration
            .filter(|told| v.check("declaration_reference", told.trim() == told, "must not begin or end with a blank"));
        let product = content::product_id(v, "product", self.product);
        let quantity = match &self.quantity {
            None => Some(None),
            Some(raw) => quantity(v, raw).map(Some),
        };
        let serials = content::list(v, "serial_ranges", self.serial_ranges, 0, MAX_RANGES, |v, range| {
            let first = v.text("first", &range.first, 1..=100);
            let last = v.text("last", &range.last, 1..=100);
            v.parse("", SerialRange::new(&first?, &last?))
        });
        let event_time = v.optional_timestamp("event_time", self.event_time.as_ref());
        consistency::not_in_future(v, "event_time", event_time.flatten(), now);
        let nothing = matches!((&quantity, &serials), (Some(None), Some(serials)) if serials.is_empty());
        let rejection = match &self.rejection {
            Some((reason, text)) => self::rejection(v, *reason, text).map(Some),
            None => {
                v.check("quantity", !nothing, "is required, or serial numbers are: what is written off");
                Some(None)
            }
        };
        // Alone it is told only after it was looked whether the same was done before: that stays done.
        if let Some(why) = event_time.flatten().and_then(too_early).filter(|_| !v.is_empty()) {
            v.add("event_time", why);
        }
        let (rejection, reason_text) = rejection?.map_or((None, String::new()), |(why, text)| (Some(why), text));
        Some(Record {
            kind: if rejection.is_some() { Kind::Rejection } else { Kind::Use },
            certificate: certificate?,
            // Both are filled in when it is decided.
            body: BodyId::trusted(""),
            version: 0,
            economy: economy?.into_string(),
            declaration: declaration?,
            product: product?,
            quantity: quantity?,
            serials: serials?,
            event_time: event_time?.unwrap_or(now),
            reverses: None,
            rejection,
            reason_text,
            actor: actor.to_owned(),
            salt: salt(),
        })
    }
}

/// Nobody guesses it.
pub(super) fn salt() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn quantity(v: &mut Violations, raw: &wire::Quantity) -> Option<Quantity> {
    let amount = v.parse("quantity.amount", Amount::parse(&raw.amount));
    let unit = v.parse("quantity.unit", Quantity::unit(&raw.unit));
    let some = v.check("quantity.amount", !amount?.is_zero(), "must be more than nothing");
    let quantity = Quantity { amount: raw.amount.clone(), unit: unit? };
    some.then_some(quantity)
}

fn rejection(v: &mut Violations, code: i32, text: &str) -> Option<(Rejection, String)> {
    use wire::RejectionReason as W;
    let code: Option<W> = v.enumeration("reason", code);
    let is_other = code == Some(W::Other);
    let text = v.paragraphs("reason_text", text, usize::from(is_other)..=2_000);
    let reason = match code? {
        W::Unspecified => return None,
        W::NotAuthentic => Rejection::NotAuthentic,
        W::NotInForce => Rejection::NotInForce,
        W::GoodsNotCovered => Rejection::GoodsNotCovered,
        W::NotRecognised => Rejection::NotRecognised,
        W::Exceeded => Rejection::Exceeded,
        W::Nonconformity => Rejection::Nonconformity,
        W::Other => Rejection::Other,
    };
    Some((reason, text?))
}

/// A kind to list; unspecified means all.
pub(super) fn kind(v: &mut Violations, raw: i32) -> Option<Option<Kind>> {
    use wire::WriteOffKind as W;
    if raw == 0 {
        return Some(None);
    }
    Some(match v.enumeration::<W>("kind", raw)? {
        W::Unspecified => None,
        W::Use => Some(Kind::Use),
        W::Reversal => Some(Kind::Reversal),
        W::Rejection => Some(Kind::Rejection),
    })
}
