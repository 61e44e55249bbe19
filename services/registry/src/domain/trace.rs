//! A product's life: events with energy and emissions per declared unit.

pub(crate) mod decimal;
pub(crate) mod footprint;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::content::Quantity;
use super::goods::{ProductId, same_gtin, same_text};
use super::names::BodyId;

/// A stage of a product's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    RawMaterial,
    Production,
    Transport,
    Use,
    Recovery,
}

impl Stage {
    /// The name in the store and in findings.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RawMaterial => "raw_material",
            Self::Production => "production",
            Self::Transport => "transport",
            Self::Use => "use",
            Self::Recovery => "recovery",
        }
    }
}

/// What a reporter states and signs. Stored and signed as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TraceRecord {
    pub(crate) reporter: BodyId,
    pub(crate) product: ProductId,
    pub(crate) stage: Stage,
    pub(crate) event_time: DateTime<Utc>,
    pub(crate) economy: String,
    pub(crate) declared_units: Quantity,
    /// A decimal number; empty when it is not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) energy_kwh_per_unit: String,
    /// A decimal number, negative for avoided burdens; empty when it is not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) emissions_kg_co2e_per_unit: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) method: String,
    /// Events that this one used up, by their indices in the log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) inputs: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) corrects: Option<u64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) epcis_json: String,
}

/// An event as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TraceEvent {
    pub(crate) record: TraceRecord,
    /// As the reporter signed it.
    pub(crate) document: String,
    pub(crate) recorded_at: DateTime<Utc>,
    /// Index of its entry in the log, which is also its identifier.
    pub(crate) index: u64,
}

impl TraceEvent {
    /// `traceEvents/{index}`.
    pub(crate) fn name(&self) -> String {
        trace_name(self.index)
    }
}

/// `traceEvents/{index}`.
pub(crate) fn trace_name(index: u64) -> String {
    format!("traceEvents/{index}")
}

/// Splits `traceEvents/{index}`.
pub(crate) fn parse_trace_name(name: &str) -> Result<u64, &'static str> {
    const SHAPE: &str = "must be a resource name of the shape traceEvents/{index}";
    let index = name.strip_prefix("traceEvents/").ok_or(SHAPE)?;
    let parsed: u64 = index.parse().map_err(|_| SHAPE)?;
    if parsed.to_string() == index && i64::try_from(parsed).is_ok() { Ok(parsed) } else { Err(SHAPE) }
}

/// Whether an event's product is the one asked for: all that is asked must be the same.
pub(crate) fn is_of(product: &ProductId, asked: &ProductId) -> bool {
    let same = |one: &str, other: &str| other.is_empty() || same_text(one, other);
    (asked.gtin.is_empty() || (!product.gtin.is_empty() && same_gtin(&product.gtin, &asked.gtin)))
        && same(&product.model, &asked.model)
        && same(&product.batch, &asked.batch)
        && same(&product.serial, &asked.serial)
}

#[cfg(test)]
mod tests;
