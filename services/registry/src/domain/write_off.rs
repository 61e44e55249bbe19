//! The write-off ledger: what customs has let in against a certificate.

pub(crate) mod amount;
pub(crate) mod ledger;
pub(crate) mod lineage;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::content::{Content, Product, Quantity, SerialRange};
use super::goods::{ProductId, folded, same_gtin, same_text};
use super::names::{BodyId, CertificateNumber};
use greenlane_jose::sha256;

/// What a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Use,
    Reversal,
    Rejection,
}

impl Kind {
    /// The name in the store and in the log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Reversal => "reversal",
            Self::Rejection => "rejection",
        }
    }
}

/// Why a consignment was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rejection {
    NotAuthentic,
    NotInForce,
    GoodsNotCovered,
    NotRecognised,
    Exceeded,
    Nonconformity,
    Other,
}

/// What is recorded. Stored and hashed as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) certificate: CertificateNumber,
    pub(crate) body: BodyId,
    pub(crate) version: u32,
    pub(crate) economy: String,
    pub(crate) declaration: String,
    /// As certified; of a rejection, as declared.
    pub(crate) product: ProductId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quantity: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) serials: Vec<SerialRange>,
    pub(crate) event_time: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reverses: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rejection: Option<Rejection>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) reason_text: String,
    pub(crate) actor: String,
    /// Random: nobody finds the record out by trying what its hash would be.
    pub(crate) salt: String,
}

impl Record {
    /// The canonical JSON whose hash the log has.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        let value = serde_json::to_value(self).expect("a record of texts is JSON");
        greenlane_jose::canonical::to_vec(&value).expect("a record of texts is canonical")
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        sha256(self.canonical())
    }
}

/// A record with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WriteOff {
    pub(crate) record: Record,
    pub(crate) recorded_at: DateTime<Utc>,
    /// Index of its entry in the log, which is also its identifier.
    pub(crate) index: u64,
}

impl WriteOff {
    /// `writeOffs/{index}`.
    pub(crate) fn name(&self) -> String {
        write_off_name(self.index)
    }
}

/// `writeOffs/{index}`.
pub(crate) fn write_off_name(index: u64) -> String {
    format!("writeOffs/{index}")
}

/// Splits `writeOffs/{index}`.
pub(crate) fn parse_write_off_name(name: &str) -> Result<u64, &'static str> {
    const SHAPE: &str = "must be a resource name of the shape writeOffs/{index}";
    let index = name.strip_prefix("writeOffs/").ok_or(SHAPE)?;
    let parsed: u64 = index.parse().map_err(|_| SHAPE)?;
    if parsed.to_string() == index && i64::try_from(parsed).is_ok() { Ok(parsed) } else { Err(SHAPE) }
}

/// The one product of a certificate that is meant: what is set must match it, and no other, unless it is identified by
/// exactly that.
pub(crate) fn meant<'c>(content: &'c Content, asked: &ProductId) -> Result<&'c Product, &'static str> {
    let key = product_key(asked);
    if let Some(exact) = content.products.iter().find(|product| product_key(&product.id) == key) {
        return Ok(exact);
    }
    let mut found = content.products.iter().filter(|product| is_meant(product, asked));
    match (found.next(), found.next()) {
        (Some(product), None) => Ok(product),
        (Some(_), Some(_)) => Err("matches more than one product of the certificate: say more of it"),
        (None, _) => Err("matches no product of the certificate"),
    }
}

fn is_meant(product: &Product, asked: &ProductId) -> bool {
    let id = &product.id;
    let gtin = asked.gtin.is_empty() || !id.gtin.is_empty() && same_gtin(&id.gtin, &asked.gtin);
    let mut models = product.models.iter().chain([&id.model]);
    let model = asked.model.is_empty() || models.any(|model| same_text(model, &asked.model));
    let same = |asked: &str, certified: &str| asked.is_empty() || same_text(certified, asked);
    gtin && model && same(&asked.batch, &id.batch) && same(&asked.serial, &id.serial)
}

/// What stands for a product in the ledger: its identification, folded as people read it.
pub(crate) fn product_key(id: &ProductId) -> String {
    let gtin = id.gtin.trim_start_matches('0').to_owned();
    let parts = [gtin, folded(&id.model), folded(&id.batch), folded(&id.serial)];
    hex::encode(sha256(serde_json::to_vec(&parts).expect("texts are JSON")))
}

#[cfg(test)]
mod tests;
