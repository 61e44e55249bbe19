//! A trace event from the wire, what it leaves out filled in from its EPCIS event.

use chrono::{DateTime, Utc};
use greenlane_api::registry::v1 as wire;
use greenlane_platform::violations::Violations;

use super::super::{consistency, content};
use crate::domain::content::Quantity;
use crate::domain::epcis::Epcis;
use crate::domain::trace::decimal::Decimal;
use crate::domain::trace::{Stage, TraceRecord, parse_trace_name};

/// The longest EPCIS event that is kept.
const MAX_EPCIS_BYTES: usize = 64 * 1024;

/// Events that one event uses up at most.
const MAX_INPUTS: usize = 1_000;

/// The event, and the document when the reporter signed one.
pub(super) fn event(
    v: &mut Violations,
    raw: wire::TraceEvent,
    now: DateTime<Utc>,
) -> Option<(TraceRecord, Option<String>)> {
    let epcis = if raw.epcis_json.is_empty() {
        Some(Epcis::default())
    } else {
        let fits = raw.epcis_json.len() <= MAX_EPCIS_BYTES && !raw.epcis_json.contains('\0');
        v.check("epcis_json", fits, format!("must be an EPCIS 2.0 event of at most {MAX_EPCIS_BYTES} bytes"))
            .then(|| v.parse("epcis_json", Epcis::parse(&raw.epcis_json)))
            .flatten()
    };
    let reporter = consistency::body(v, "reporter", &raw.reporter);
    let told = epcis.clone().unwrap_or_default();
    let product = match (raw.product, told.product) {
        (Some(given), _) => content::product_id(v, "product", given),
        (None, Ok(Some(read))) => Some(read),
        (None, Ok(None)) => content::product_id(v, "product", Default::default()),
        (None, Err(why)) => v.parse("epcis_json", Err(why)),
    };
    // Nothing is asked for that a wrong EPCIS event might have told.
    let asks = epcis.is_some();
    if asks && product.as_ref().is_some_and(crate::domain::goods::ProductId::is_empty) {
        v.add("product", "is required: a GTIN, a model, a batch or a serial");
    }
    let stage = match (raw.stage, told.stage) {
        (0, Some(stage)) => Some(stage),
        (0, None) if !asks => None,
        (given, _) => self::stage(v, "stage", given),
    };
    let event_time = match (raw.event_time, told.event_time) {
        (None, Some(time)) => Some(time),
        (None, None) if !asks => None,
        (given, _) => v.timestamp("event_time", given.as_ref()),
    };
    consistency::not_in_future(v, "event_time", event_time, now);
    let economy = v.seat("economy", &raw.economy);
    let declared = match (raw.declared_units, told.quantity) {
        (Some(given), _) => Some((given.amount, given.unit)),
        (None, Ok(Some(read))) => Some(read),
        (None, Ok(None)) if !asks => None,
        (None, Ok(None)) => v.required("declared_units", None),
        (None, Err(why)) => v.parse("epcis_json", Err(why)),
    };
    let declared_units = declared.and_then(|(amount, unit)| {
        let good = Decimal::parse(&amount).and_then(|number| {
            if number.is_zero() || number.is_negative() { Err("must be more than nothing") } else { Ok(()) }
        });
        v.parse("declared_units.amount", good)?;
        v.parse("declared_units", Quantity::new(&amount, &unit))
    });
    let energy = figure(v, "energy_kwh_per_unit", &raw.energy_kwh_per_unit, false);
    let emissions = figure(v, "emissions_kg_co2e_per_unit", &raw.emissions_kg_co2e_per_unit, true);
    let method = v.text("method", &raw.method, 0..=200);
    let inputs = content::list(v, "inputs", raw.inputs, 0, MAX_INPUTS, |v, name| v.parse("", parse_trace_name(&name)));
    let corrects = match raw.corrects.as_str() {
        "" => Some(None),
        name => v.parse("corrects", parse_trace_name(name)).map(Some),
    };
    let document = match raw.document.trim_ascii() {
        "" => Some(None),
        text => v
            .check("document", text.len() <= 256 * 1024, "must be a JWT of at most 256 KiB")
            .then(|| Some(text.to_owned())),
    };
    let mut inputs: Vec<u64> = inputs?;
    inputs.sort_unstable();
    inputs.dedup();
    epcis?;
    let record = TraceRecord {
        reporter: reporter?,
        product: product.filter(|product| !product.is_empty())?,
        stage: stage?,
        event_time: event_time?,
        economy: economy?.into_string(),
        declared_units: declared_units?,
        energy_kwh_per_unit: energy?,
        emissions_kg_co2e_per_unit: emissions?,
        method: method?,
        inputs,
        corrects: corrects?,
        epcis_json: raw.epcis_json,
    };
    Some((record, document?))
}

fn figure(v: &mut Violations, field: &str, raw: &str, may_be_negative: bool) -> Option<String> {
    if raw.is_empty() {
        return Some(String::new());
    }
    let number = v.parse(field, Decimal::parse(raw))?;
    v.check(field, may_be_negative || !number.is_negative(), "must not be negative").then(|| raw.to_owned())
}

pub(super) fn stage(v: &mut Violations, field: &str, raw: i32) -> Option<Stage> {
    Some(match v.enumeration::<wire::LifeCycleStage>(field, raw)? {
        wire::LifeCycleStage::Unspecified => return None,
        wire::LifeCycleStage::RawMaterial => Stage::RawMaterial,
        wire::LifeCycleStage::Production => Stage::Production,
        wire::LifeCycleStage::Transport => Stage::Transport,
        wire::LifeCycleStage::Use => Stage::Use,
        wire::LifeCycleStage::Recovery => Stage::Recovery,
    })
}
