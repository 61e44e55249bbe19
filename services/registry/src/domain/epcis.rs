//! What a trace event takes from an EPCIS 2.0 event (GS1 EPCIS and CBV 2.0, JSON binding): when, which product, how
//! much, and by the business step at which stage. Energy and emissions are no part of EPCIS.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::goods::{ProductId, gtin};
use super::trace::Stage;

/// What was read; none is what the event does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epcis {
    pub(crate) event_time: Option<DateTime<Utc>>,
    pub(crate) product: Option<ProductId>,
    /// Amount and unit.
    pub(crate) quantity: Option<(String, String)>,
    pub(crate) stage: Option<Stage>,
}

/// Event types of EPCIS 2.0.
const TYPES: [&str; 5] =
    ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"];

/// Where GTINs are in the types of events, the ones that came about first.
const EPC_LISTS: [&str; 4] = ["outputEPCList", "epcList", "childEPCs", "inputEPCList"];
const QUANTITY_LISTS: [&str; 4] = ["outputQuantityList", "quantityList", "childQuantityList", "inputQuantityList"];

impl Epcis {
    /// Reads an event, or a document with exactly one.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let whole: Value = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
        let event = match whole.pointer("/epcisBody/eventList").and_then(Value::as_array) {
            Some(events) => match events.as_slice() {
                [one] => one,
                several => return Err(format!("must hold one event, not {}", several.len())),
            },
            None => &whole,
        };
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        if !TYPES.contains(&kind) {
            return Err("must be an event of EPCIS 2.0 with its type".to_owned());
        }
        let time = event.get("eventTime").and_then(Value::as_str).ok_or("must have an eventTime")?;
        let time = DateTime::parse_from_rfc3339(time).map_err(|_| "must have an eventTime that is a date and time")?;
        let micros = time.timestamp_micros();
        Ok(Self {
            event_time: DateTime::from_timestamp_micros(micros),
            product: product(event)?,
            quantity: quantity(event),
            stage: stage(event, kind),
        })
    }
}

fn items<'v>(event: &'v Value, lists: [&str; 4]) -> impl Iterator<Item = &'v Value> {
    lists.into_iter().filter_map(|list| event.get(list)?.as_array()).flatten()
}

fn product(event: &Value) -> Result<Option<ProductId>, String> {
    let classes = items(event, QUANTITY_LISTS).filter_map(|item| item.get("epcClass"));
    let mut found = items(event, EPC_LISTS).chain(classes).filter_map(Value::as_str).map(identify);
    let Some(first) = found.next() else { return Ok(None) };
    let first = first?;
    // Several items of one product are told as the product, or its batch, alone.
    let mut common = first;
    for other in found {
        let other = other?;
        if other.gtin != common.gtin {
            return Err("must be about one product".to_owned());
        }
        if other.batch != common.batch {
            common.batch = String::new();
        }
        if other.serial != common.serial {
            common.serial = String::new();
        }
    }
    Ok(Some(common))
}

/// A GS1 Digital Link or an EPC URN as GTIN, batch and serial.
fn identify(text: &str) -> Result<ProductId, String> {
    let found = if let Some((_, path)) = text.split_once("/01/") {
        digital_link(path)
    } else if let Some(rest) = text.strip_prefix("urn:epc:id:sgtin:") {
        urn(rest).map(|(gtin, serial)| ProductId { gtin, serial, ..ProductId::default() })
    } else if let Some(rest) = text.strip_prefix("urn:epc:class:lgtin:") {
        urn(rest).map(|(gtin, batch)| ProductId { gtin, batch, ..ProductId::default() })
    } else if let Some(rest) = text.strip_prefix("urn:epc:idpat:sgtin:") {
        urn(rest).map(|(gtin, _)| ProductId { gtin, ..ProductId::default() })
    } else {
        None
    };
    let found = found.ok_or_else(|| format!("names a product in a way that is not read: {}", short(text)))?;
    gtin(&found.gtin).map_err(|why| format!("names the GTIN {}, which {why}", found.gtin))?;
    Ok(found)
}

/// `{gtin}/10/{batch}/21/{serial}`.
fn digital_link(path: &str) -> Option<ProductId> {
    let mut segments = path.split(['?', '#']).next()?.split('/');
    let mut id = ProductId { gtin: segments.next()?.to_owned(), ..ProductId::default() };
    while let Some(key) = segments.next() {
        let value = unescape(segments.next()?)?;
        match key {
            "10" => id.batch = value,
            "21" => id.serial = value,
            _ => {}
        }
    }
    Some(id)
}

/// `{company prefix}.{indicator and item reference}.{serial or lot}` (GS1 EPC Tag Data Standard).
fn urn(rest: &str) -> Option<(String, String)> {
    let mut parts = rest.splitn(3, '.');
    let (company, item, last) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if company.len() + item.len() != 13 || item.is_empty() || !digits(company) || !digits(item) {
        return None;
    }
    let (indicator, reference) = item.split_at(1);
    let body = format!("{indicator}{company}{reference}");
    let sum: u32 =
        body.bytes().rev().enumerate().map(|(at, b)| u32::from(b - b'0') * if at % 2 == 0 { 3 } else { 1 }).sum();
    let check = (10 - sum % 10) % 10;
    Some((format!("{body}{check}"), unescape(last)?))
}

/// Percent-encoding undone; none when it is wrong.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (char::from(rest.next()?).to_digit(16)?, char::from(rest.next()?).to_digit(16)?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The amount: of the first quantity, or the number of single items.
fn quantity(event: &Value) -> Option<(String, String)> {
    if let Some(item) = items(event, QUANTITY_LISTS).next() {
        let amount = item.get("quantity")?;
        let unit = item.get("uom").and_then(Value::as_str).unwrap_or("C62");
        return Some((amount.to_string(), unit.to_owned()));
    }
    let count = EPC_LISTS.into_iter().find_map(|list| event.get(list)?.as_array()).map_or(0, Vec::len);
    (count > 0).then(|| (count.to_string(), "C62".to_owned()))
}

/// By the business step (CBV 2.0), as its last word; what says nothing of the stage leaves it open.
fn stage(event: &Value, kind: &str) -> Option<Stage> {
    let step = event.get("bizStep").and_then(Value::as_str).unwrap_or_default();
    let step = step.rsplit([':', '/', '-']).next().unwrap_or_default();
    match step {
        "commissioning" | "assembling" | "encoding" | "installing" | "packing" | "creating_class_instance" => {
            Some(Stage::Production)
        }
        "shipping" | "departing" | "transporting" | "arriving" | "receiving" | "loading" | "unloading" => {
            Some(Stage::Transport)
        }
        "collecting" | "disassembling" | "destroying" | "decommissioning" => Some(Stage::Recovery),
        "" if kind == "TransformationEvent" => Some(Stage::Production),
        _ => None,
    }
}

fn short(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests;
