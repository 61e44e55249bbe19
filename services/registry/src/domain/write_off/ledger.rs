//! What of a certificate is taken, and what is left of it.

use std::collections::{BTreeMap, HashMap};

use super::amount::Amount;
use super::lineage::{Kin, Lineage};
use super::{Kind, Record, WriteOff, is_meant, product_key};
use crate::domain::content::{Content, Product, Quantity, SerialRange};
use crate::domain::goods::{Goods, ProductId, folded};
use crate::domain::verdict::Finding;

/// Products that one verdict tells of.
const TOLD: usize = 20;

/// What is taken of one certificate, as far as it matters to who asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// By product and unit.
    pub(crate) used: HashMap<(String, String), Amount>,
    /// Serial numbers that are written off.
    pub(crate) serials: Vec<Standing>,
    /// What declarations wrote off, by the record that stands for it.
    pub(crate) declared: HashMap<Declared, u64>,
}

/// What one declaration writes off: a product, once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Declared {
    pub(crate) economy: String,
    /// The reference, as it is compared.
    pub(crate) declaration: String,
    /// The product, as the ledger calls it.
    pub(crate) product: String,
}

impl Declared {
    /// Of a record, whose product is named as certified.
    pub(crate) fn of(record: &Record) -> Self {
        Self {
            economy: record.economy.clone(),
            declaration: folded(&record.declaration),
            product: product_key(&record.product),
        }
    }
}

/// Serial numbers that are written off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The record that took them.
    pub(crate) index: u64,
    /// The product that they are of, as the ledger calls it.
    pub(crate) product: String,
    /// As it is compared.
    pub(crate) range: SerialRange,
}

/// Why something cannot be written off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Field { field: &'static str, why: String },
    Quantity { left: Amount, unit: String },
    Serials { taken: SerialRange },
}

impl Ledger {
    /// What all these records of one certificate leave taken.
    pub(crate) fn of<'w>(records: impl IntoIterator<Item = &'w WriteOff>) -> Self {
        let mut ledger = Self::default();
        for write_off in records {
            ledger.take(write_off);
        }
        ledger
    }

    /// Takes in a record. Gives the amount and the unit that it changed, with the product.
    pub(crate) fn take(&mut self, write_off: &WriteOff) -> Option<((String, String), Amount)> {
        let record = &write_off.record;
        let product = product_key(&record.product);
        match record.kind {
            Kind::Rejection => return None,
            Kind::Use => {
                self.declared.insert(Declared::of(record), write_off.index);
                self.serials.extend(record.serials.iter().map(|range| Standing {
                    index: write_off.index,
                    product: product.clone(),
                    range: range.as_read(),
                }));
            }
            Kind::Reversal => {
                self.declared.retain(|_, index| Some(*index) != record.reverses);
                self.serials.retain(|standing| Some(standing.index) != record.reverses);
            }
        }
        let quantity = record.quantity.as_ref()?;
        let amount = Amount::parse(&quantity.amount).unwrap_or_default();
        let key = (product, quantity.unit.clone());
        let used = self.used.entry(key.clone()).or_default();
        *used = if record.kind == Kind::Use { used.plus(amount) } else { used.minus(amount) };
        Some((key, *used))
    }

    /// How much of a product is taken, in each unit.
    pub(crate) fn used(&self, kin: &Kin) -> BTreeMap<&str, Amount> {
        let mut used: BTreeMap<&str, Amount> = BTreeMap::new();
        for ((_, unit), amount) in self.used.iter().filter(|((key, _), amount)| kin.has(key) && !amount.is_zero()) {
            let sum = used.entry(unit.as_str()).or_default();
            *sum = sum.plus(*amount);
        }
        used
    }

    /// How much of what a product is certified for is left. Nothing, once something was taken in another unit: how much
    /// that is of this one, nobody here knows.
    fn rest(&self, certified: &Quantity, kin: &Kin) -> Amount {
        let used = self.used(kin);
        if used.keys().any(|unit| *unit != certified.unit) {
            return Amount::default();
        }
        Amount::certified(&certified.amount).minus(used.values().copied().fold(Amount::default(), Amount::plus))
    }

    /// How much of a product is left, when it is certified for a quantity.
    pub(crate) fn left(&self, product: &Product, kin: &Kin) -> Option<Quantity> {
        let certified = product.quantity.as_ref()?;
        Some(Quantity { amount: self.rest(certified, kin).to_string(), unit: certified.unit.clone() })
    }

    /// Serial numbers of a product that are taken among these.
    pub(crate) fn taken(&self, kin: &Kin, wanted: &SerialRange) -> Option<SerialRange> {
        let standing = self.serials.iter().filter(|standing| kin.has(&standing.product));
        standing.filter_map(|standing| standing.range.common(wanted)).next()
    }

    /// The record by which a declaration has written a product off.
    pub(crate) fn declared(&self, record: &Record, kin: &Kin) -> Option<u64> {
        let declared = Declared::of(record);
        let of = |key: &str| self.declared.get(&Declared { product: key.to_owned(), ..declared.clone() }).copied();
        kin.keys().find_map(of)
    }

    /// What a verdict on goods says of it, for each product of a version that may be meant.
    pub(crate) fn tell(&self, lineage: &Lineage, version: u32, content: &Content, goods: &Goods) -> Vec<Finding> {
        let declared = ProductId { serial: String::new(), ..goods.product.clone() };
        let mut findings = Vec::new();
        for product in content.products.iter().filter(|product| is_meant(product, &declared)).take(TOLD) {
            let kin = lineage.kin(version, product);
            if let (Some(certified), Some(left)) = (&product.quantity, self.left(product, &kin)) {
                let finding = Finding::new("quantity_left", "So much of the certified quantity is not written off.");
                findings.push(
                    finding
                        .with("product", product.name.clone())
                        .with("left", left.amount)
                        .with("certified", certified.amount.clone())
                        .with("unit", left.unit),
                );
            }
            let serial = &goods.product.serial;
            if !serial.is_empty() && self.taken(&kin, &SerialRange::one(serial)).is_some() {
                let message = "This serial number was written off already, for this consignment or another.";
                findings.push(Finding::new("serial_written_off", message).with("product", product.name.clone()));
            }
        }
        findings
    }

    /// Whether so much of a product, and these serial numbers, can be taken.
    pub(crate) fn allows(
        &self,
        product: &Product,
        kin: &Kin,
        quantity: Option<&Quantity>,
        serials: &[SerialRange],
    ) -> Result<(), Exceeded> {
        let field = |field, why: String| Err(Exceeded::Field { field, why });
        match (&product.quantity, quantity) {
            (Some(certified), None) => {
                return field(
                    "quantity",
                    format!("is required, in {}: the certificate is for a quantity", certified.unit),
                );
            }
            (Some(certified), Some(wanted)) if certified.unit != wanted.unit => {
                return field("quantity.unit", format!("must be {}, as certified", certified.unit));
            }
            (Some(_) | None, _) => {}
        }
        let certified = product.runs();
        if !certified.is_empty() && serials.is_empty() {
            return field("serial_ranges", "is required: the certificate is for serial numbers".to_owned());
        }
        for (at, wanted) in serials.iter().enumerate() {
            let covered = certified.is_empty()
                || certified.iter().any(|range| range.contains(&wanted.first) && range.contains(&wanted.last));
            if !covered {
                let why = format!("{} to {} lie not within one certified run", wanted.first, wanted.last);
                return field("serial_ranges", why);
            }
            if let Some(twice) = serials[..at].iter().find_map(|before| before.common(wanted)) {
                return field("serial_ranges", format!("{} to {} are named twice", twice.first, twice.last));
            }
        }
        if let Some(taken) = serials.iter().find_map(|wanted| self.taken(kin, wanted)) {
            return Err(Exceeded::Serials { taken });
        }
        if let (Some(certified), Some(wanted)) = (&product.quantity, quantity) {
            let left = self.rest(certified, kin);
            if Amount::parse(&wanted.amount).map_or(true, |wanted| wanted > left) {
                return Err(Exceeded::Quantity { left, unit: certified.unit.clone() });
            }
        }
        Ok(())
    }
}
