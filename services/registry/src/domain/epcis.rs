//! What a trace event takes from an EPCIS 2.0 event (GS1 EPCIS and CBV 2.0, JSON binding): when, which product, how
//! much, and by the business step at which stage. Energy and emissions are no part of EPCIS.

use chrono::{DateTime, Utc};
use greenlane_jose::canonical;
use serde_json::Value;

use super::goods::{ProductId, gtin};
use super::trace::Stage;
use super::trace::decimal::Decimal;
use super::write_off::product_key;
use greenlane_jose::sha256;

/// What was read; none is what the event does not tell, and an error what it tells in a way that cannot be taken from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Epcis {
    pub(crate) event_time: Option<DateTime<Utc>>,
    pub(crate) product: Result<Option<ProductId>, String>,
    /// Amount and unit.
    pub(crate) quantity: Result<Option<(String, String)>, String>,
    pub(crate) stage: Option<Stage>,
}

impl Default for Epcis {
    fn default() -> Self {
        Self { event_time: None, product: Ok(None), quantity: Ok(None), stage: None }
    }
}

/// Event types of EPCIS 2.0.
const TYPES: [&str; 5] =
    ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"];

/// Where types of events tell what they are about, as single items and as quantities: what came about first, what went
/// into it last. An event is about those of the first kind that it has.
const ABOUT: [(&str, &str); 4] = [
    ("outputEPCList", "outputQuantityList"),
    ("epcList", "quantityList"),
    ("childEPCs", "childQuantityList"),
    ("inputEPCList", "inputQuantityList"),
];

impl Epcis {
    /// Reads an event, or a document with exactly one.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let whole: Value = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
        let event = one(&whole)?;
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        if !TYPES.contains(&kind) {
            return Err("must be an event of EPCIS 2.0 with its type".to_owned());
        }
        if event.get("errorDeclaration").is_some() {
            let why = "declares an event erroneous, and tells nothing that happened: record what did, and name in \
                       `corrects` the event that was wrong";
            return Err(why.to_owned());
        }
        let time = event.get("eventTime").and_then(Value::as_str).ok_or("must have an eventTime")?;
        let time = DateTime::parse_from_rfc3339(time).map_err(|_| "must have an eventTime that is a date and time")?;
        let micros = time.timestamp_micros();
        let about = About::of(event);
        Ok(Self {
            event_time: DateTime::from_timestamp_micros(micros),
            product: about.product(),
            quantity: about.quantity(),
            stage: stage(event, kind),
        })
    }
}

/// The event itself.
fn one(whole: &Value) -> Result<&Value, String> {
    match whole.pointer("/epcisBody/eventList").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => Ok(one),
        Some(several) => Err(format!("must hold one event, not {}", several.len())),
        None => Ok(whole),
    }
}

/// What tells that two records are of one event: its `eventID`, or else all that it says, in whatever order of members.
/// None when it cannot be read.
pub(crate) fn identity(text: &str) -> Option<String> {
    let whole: Value = serde_json::from_str(text).ok()?;
    let event = one(&whole).ok()?;
    let said = match event.get("eventID").and_then(Value::as_str).map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) => format!("eventID {id}").into_bytes(),
        // A number of a size that has no one way to be written is taken as it stands.
        None => canonical::to_vec_with_decimals(event).unwrap_or_else(|_| event.to_string().into_bytes()),
    };
    Some(hex::encode(sha256(said)))
}

/// The same of one of the products that an event may be about: it is recorded once of each.
pub(crate) fn identity_of(text: &str, product: &ProductId) -> Option<String> {
    Some(hex::encode(sha256(format!("{} {}", identity(text)?, product_key(product)))))
}

/// What an event is about.
struct About<'v> {
    items: &'v [Value],
    quantities: &'v [Value],
}

impl<'v> About<'v> {
    fn of(event: &'v Value) -> Self {
        let list = |name: &str| event.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut kinds =
            ABOUT.into_iter().map(|(items, quantities)| Self { items: list(items), quantities: list(quantities) });
        let told = kinds.find(|about| !about.items.is_empty() || !about.quantities.is_empty());
        told.unwrap_or(Self { items: &[], quantities: &[] })
    }

    fn product(&self) -> Result<Option<ProductId>, String> {
        let classes = self.quantities.iter().filter_map(|item| item.get("epcClass"));
        let mut found = self.items.iter().chain(classes).filter_map(Value::as_str).map(identify);
        let Some(first) = found.next() else { return Ok(None) };
        // Several items of one product are told as the product, or its batch, alone.
        let mut common = first?;
        for other in found {
            let other = other?;
            if other.gtin != common.gtin {
                return Err("must be about one product, unless `product` says which".to_owned());
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

    /// All quantities of it, and its single items, together.
    fn quantity(&self) -> Result<Option<(String, String)>, String> {
        let mut sum: Option<(Decimal, &str)> = None;
        let items = (!self.items.is_empty()).then(|| (self.items.len().to_string(), ONE));
        let mut told: Vec<(String, &str)> = items.into_iter().collect();
        for item in self.quantities {
            // How much is left open: then so is the whole.
            let Some(amount) = item.get("quantity") else { return Ok(None) };
            told.push((amount.to_string(), item.get("uom").and_then(Value::as_str).unwrap_or(ONE)));
        }
        for (amount, unit) in told {
            let amount = Decimal::parse(&amount).map_err(|why| format!("has a quantity that {why}"))?;
            sum = match sum {
                None => Some((amount, unit)),
                Some((before, same)) if same == unit => Some((before.plus(amount), unit)),
                Some(_) => return Err("has quantities of several units: `declared_units` must say how much".to_owned()),
            };
        }
        Ok(sum.map(|(amount, unit)| (amount.to_string(), unit.to_owned())))
    }
}

/// The unit of what is counted.
const ONE: &str = "C62";

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
    gtin(&found.gtin).map_err(|why| format!("names the GTIN {}: {why}", found.gtin))?;
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
