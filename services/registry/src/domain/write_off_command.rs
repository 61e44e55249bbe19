//! Writing consignments off, and taking that back.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::certificate::{Version, current_version};
use super::command::{Done, Refusal};
use super::content::{Product, Quantity};
use super::contestation::without_effect;
use super::event::Entry;
use super::key::KeyStanding;
use super::life::{Event, Standing, State, Step, standing};
use super::names::CertificateNumber;
use super::world::{Applied, Change, Known, World};
use super::write_off::amount::Amount;
use super::write_off::ledger::{Exceeded, Ledger};
use super::write_off::lineage::{Kin, Lineage};
use super::write_off::{Kind, Record, WriteOff, meant, product_key, write_off_name};

/// A record to be made. What only the certificate knows, its body, its version and the product as certified, is filled in
/// when it is decided.
#[derive(Clone, Debug)]
pub(crate) struct WriteOffCommand {
    pub(crate) record: Record,
}

/// What was done, and what it leaves.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct WrittenOff {
    pub(crate) write_off: WriteOff,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<Quantity>,
}

/// A record, and what it leaves taken.
#[derive(Clone, Debug)]
pub(crate) struct Booked {
    pub(crate) write_off: WriteOff,
    /// The amount that is taken now, by product and unit.
    pub(crate) used: Option<((String, String), Amount)>,
}

/// The ledgers of the certificates that a group names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledgers {
    pub(crate) by_certificate: HashMap<CertificateNumber, Ledger>,
    /// The records that are to be reversed, and whether they were already.
    pub(crate) named: HashMap<u64, (WriteOff, bool)>,
}

impl World {
    pub(super) fn write_off(
        &mut self,
        command: &WriteOffCommand,
        index: u64,
        now: DateTime<Utc>,
    ) -> Result<Applied, Refusal> {
        let mut record = command.record.clone();
        if let Some(reverses) = record.reverses {
            let unknown = || Refusal::UnknownWriteOff(write_off_name(reverses));
            let (known, reversed) = self.ledgers.named.get_mut(&reverses).ok_or_else(unknown)?;
            if known.record.economy != record.economy {
                return Err(Refusal::OtherEconomy(known.record.economy.clone()));
            }
            let state = if *reversed { "reversed" } else { known.record.kind.as_str() };
            if *reversed || known.record.kind != Kind::Use {
                return Err(Refusal::NotReversible { name: known.name(), state });
            }
            *reversed = true;
            // What is undone is what was recorded.
            record = Record {
                kind: Kind::Reversal,
                reverses: Some(reverses),
                reason_text: record.reason_text,
                actor: record.actor,
                salt: record.salt,
                event_time: now,
                rejection: None,
                ..known.record.clone()
            };
        }
        let number = record.certificate.clone();
        let known = self.certificates.get(&number).ok_or_else(|| Refusal::UnknownCertificate(number.clone()))?;
        // What was released lawfully was so on its day, whatever has become of the certificate since.
        // A clock that is ahead of this one makes no day of tomorrow.
        let day = if record.kind == Kind::Use { record.event_time.min(now) } else { now }.date_naive();
        let current = current(known, day);
        let lineage = known.lineage();
        let ledger = self.ledgers.by_certificate.entry(number.clone()).or_default();
        match record.kind {
            Kind::Use => {
                let heard = self.contestations.get(&number).map(Vec::as_slice).unwrap_or_default();
                let state = state_on(known, day);
                let at = record.event_time.min(now);
                if state != Standing::Stored(State::Active) && !was_active(known, at) {
                    return Err(Refusal::NotInForce { number, state: state.as_str() });
                }
                if !without_effect(heard, day).is_empty() {
                    return Err(Refusal::NotInForce { number, state: "without_effect" });
                }
                let signed_by = self.keys.get(&current.key).map(|key| key.standing_at(current.recorded_at));
                if signed_by == Some(KeyStanding::Compromised) {
                    return Err(Refusal::NotInForce { number, state: "key_compromised" });
                }
                let field = |why: &'static str| Refusal::WriteOffField { field: "product", why: why.to_owned() };
                let product = meant(&current.content, &record.product).map_err(field)?;
                record.product = product.id.clone();
                let kin = lineage.kin(current.version, product);
                if let Some(standing) = ledger.declared(&record, &kin) {
                    let name = write_off_name(standing);
                    return Err(Refusal::DeclarationTaken { name, declaration: record.declaration });
                }
                ledger.allows(product, &kin, record.quantity.as_ref(), &record.serials).map_err(|exceeded| {
                    match exceeded {
                        Exceeded::Field { field, why } => Refusal::WriteOffField { field, why },
                        Exceeded::Quantity { left, unit } => {
                            Refusal::QuantityExceeded { number, left: left.to_string(), unit }
                        }
                        Exceeded::Serials { taken } => {
                            Refusal::SerialsTaken { number, first: taken.first, last: taken.last }
                        }
                    }
                })?;
            }
            Kind::Reversal | Kind::Rejection => {}
        }
        if record.kind != Kind::Reversal {
            record.body = known.head.body.clone();
            record.version = current.version;
        }
        let write_off = WriteOff { record, recorded_at: now, index };
        let used = ledger.take(&write_off);
        let product = named(current, &lineage, &write_off.record);
        let left = product.and_then(|(product, kin)| ledger.left(product, &kin));
        if write_off.record.kind == Kind::Use {
            self.ledgers.named.insert(index, (write_off.clone(), false));
        }
        let leaf = Entry::WriteOff(&write_off).to_bytes();
        let done = Done::WriteOff(Box::new(WrittenOff { write_off: write_off.clone(), left }));
        Ok(Applied { change: Change::WrittenOff(Box::new(Booked { write_off, used })), leaf, done })
    }
}

impl Known {
    fn lineage(&self) -> Lineage {
        Lineage::of(&self.events, self.versions.iter().map(|version| (version.version, version.content.as_ref())))
    }
}

/// The product of a version that a record names, or that came of it, with what counts against it.
fn named<'v>(version: &'v Version, lineage: &Lineage, record: &Record) -> Option<(&'v Product, Kin)> {
    let key = product_key(&record.product);
    let products = &version.content.products;
    let kin = |product: &'v Product| (product, lineage.kin(version.version, product));
    let itself = products.iter().find(|product| product_key(&product.id) == key).map(kin);
    itself.or_else(|| products.iter().map(kin).find(|(_, kin)| kin.has(&key)))
}

/// The version that is current on the day.
fn current(known: &Known, day: NaiveDate) -> &Version {
    let current = current_version(&known.events, day);
    known.versions.iter().find(|version| version.version == current).unwrap_or_else(|| known.version())
}

fn state_on(known: &Known, day: NaiveDate) -> Standing {
    let content = &current(known, day).content;
    let valid = (content.valid_from, content.valid_until);
    standing(&known.events, valid, day).unwrap_or(Standing::Stored(known.head.state))
}

/// Whether it was in force at a moment of a day on which it is not any more: by what had taken effect until then, or by
/// what was recorded until then. What is annulled was so at no moment.
fn was_active(known: &Known, at: DateTime<Utc>) -> bool {
    let day = at.date_naive();
    let content = &current(known, day).content;
    let is_active = |counts: &dyn Fn(&Event) -> bool| {
        let events: Vec<Event> = known.events.iter().filter(|event| counts(event)).cloned().collect();
        standing(&events, (content.valid_from, content.valid_until), day) == Some(Standing::Stored(State::Active))
    };
    // A step that named no time was put behind what takes effect later in the day, and counts from its recording.
    let was_put_behind = |event: &Event| {
        let is_before = |other: &Event| other.log_index < event.log_index && other.effective_at == event.effective_at;
        event.recorded_at.date_naive() == event.effective_at.date_naive() && known.events.iter().any(is_before)
    };
    let had_effect = |event: &Event| event.effective_at <= at || (event.recorded_at <= at && was_put_behind(event));
    !known.events.iter().any(|event| event.step == Step::Annul)
        && (is_active(&had_effect) || is_active(&|event| event.recorded_at <= at))
}
