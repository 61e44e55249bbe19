//! Rolling events up into a footprint per declared unit, and holding it against a claim.
//!
//! The product's amount is what its production events declare together, or, without any, the largest amount that one
//! event declares. An event counts with its figure times its own amount, over the product's amount: so two legs of a
//! transport add up, and two production runs average. Events that were used up (inputs) count whole, each once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::decimal::{Decimal, Product};
use super::{Stage, TraceEvent, is_of};
use crate::domain::content::{Content, Quantity};
use crate::domain::goods::ProductId;
use crate::domain::verdict::Finding;

/// The stages without which a footprint at the border has a gap; what comes after counts when it is there.
const EXPECTED: [Stage; 3] = [Stage::RawMaterial, Stage::Production, Stage::Transport];

/// A rolled-up footprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Footprint {
    pub(crate) energy: Decimal,
    pub(crate) emissions: Decimal,
    pub(crate) stages: Vec<StageFootprint>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) event_count: u64,
    /// The unit of the declared amounts.
    pub(crate) unit: String,
}

/// The footprint of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StageFootprint {
    pub(crate) stage: Stage,
    pub(crate) energy: Decimal,
    pub(crate) emissions: Decimal,
    pub(crate) event_count: u64,
}

impl Footprint {
    /// Whether something is missing or counted wrongly, so that no comparison can be made.
    pub(crate) fn has_gaps(&self) -> bool {
        !self.findings.is_empty()
    }
}

/// Rolls up. `events` are all that may be needed: those of the product, and what they used up, directly or not; none
/// when no event is of the product.
pub(crate) fn footprint(events: &[TraceEvent], product: &ProductId) -> Option<Footprint> {
    let corrected: BTreeSet<u64> = events.iter().filter_map(|event| event.record.corrects).collect();
    let standing: BTreeMap<u64, &TraceEvent> =
        events.iter().filter(|event| !corrected.contains(&event.index)).map(|event| (event.index, event)).collect();
    // An event that was corrected is used up in its corrected form.
    let successor: HashMap<u64, u64> =
        events.iter().filter_map(|event| Some((event.record.corrects?, event.index))).collect();
    let own: Vec<&TraceEvent> =
        standing.values().copied().filter(|event| is_of(&event.record.product, product)).collect();
    let first = own.first()?;
    let mut findings = Vec::new();

    let producing: Vec<&&TraceEvent> = own.iter().filter(|event| event.record.stage == Stage::Production).collect();
    let unit = producing.first().unwrap_or(&first).record.declared_units.unit.clone();
    let amount =
        |event: &TraceEvent| amount(&event.record.declared_units).filter(|_| event.record.declared_units.unit == unit);
    let total = if producing.is_empty() {
        own.iter().filter_map(|event| amount(event)).max()
    } else {
        Some(producing.iter().filter_map(|event| amount(event)).fold(Decimal::default(), Decimal::plus))
    };
    let total = total.filter(|total| !total.is_zero());

    let mut counted: BTreeMap<u64, (&TraceEvent, Decimal)> = BTreeMap::new();
    for event in &own {
        match amount(event) {
            Some(amount) => drop(counted.insert(event.index, (event, amount))),
            None => findings.push(of(event, "unit_mismatch", "The event declares another unit than the production.")),
        }
    }
    used_up(&standing, &successor, &mut counted, &mut findings);
    for stage in EXPECTED {
        if !counted.values().any(|(event, _)| event.record.stage == stage) {
            findings.push(
                Finding::new("stage_missing", format!("No event tells of the stage {}.", stage.as_str()))
                    .with("stage", stage.as_str()),
            );
        }
    }
    let mut stages: BTreeMap<Stage, (Product, Product, u64)> = BTreeMap::new();
    for (event, amount) in counted.values() {
        let figure = |text: &str| Decimal::parse(text).unwrap_or_default();
        let entry = stages.entry(event.record.stage).or_default();
        entry.0 = entry.0.plus(figure(&event.record.energy_kwh_per_unit).times(*amount));
        entry.1 = entry.1.plus(figure(&event.record.emissions_kg_co2e_per_unit).times(*amount));
        entry.2 += 1;
        if event.record.emissions_kg_co2e_per_unit.is_empty() {
            findings.push(of(event, "input_missing", "The event tells no emissions."));
        }
    }
    let per = |sum: Product| total.map_or_else(Decimal::default, |total| sum.per(total));
    let stages: Vec<StageFootprint> = stages
        .into_iter()
        .map(|(stage, (energy, emissions, event_count))| StageFootprint {
            stage,
            energy: per(energy),
            emissions: per(emissions),
            event_count,
        })
        .collect();
    let sum = |of: fn(&StageFootprint) -> Decimal| stages.iter().map(of).fold(Decimal::default(), Decimal::plus);
    Some(Footprint {
        energy: sum(|stage| stage.energy),
        emissions: sum(|stage| stage.emissions),
        event_count: counted.len() as u64,
        stages,
        findings,
        unit,
    })
}

/// Adds what the counted events used up, and what that used up, each once.
fn used_up<'e>(
    standing: &BTreeMap<u64, &'e TraceEvent>,
    successor: &HashMap<u64, u64>,
    counted: &mut BTreeMap<u64, (&'e TraceEvent, Decimal)>,
    findings: &mut Vec<Finding>,
) {
    let mut open: Vec<(u64, u64)> =
        counted.values().flat_map(|(event, _)| event.record.inputs.iter().map(|input| (event.index, *input))).collect();
    let mut users: HashMap<u64, u64> = HashMap::new();
    while let Some((user, mut input)) = open.pop() {
        while let Some(later) = successor.get(&input) {
            input = *later;
        }
        let Some(event) = standing.get(&input) else {
            let message = "An event that was used up is not known.";
            findings.push(Finding::new("input_missing", message).with("input", super::trace_name(input)));
            continue;
        };
        if users.insert(input, user).is_some_and(|other| other != user) {
            findings.push(of(event, "counted_twice", "Two events say that they used it up."));
            continue;
        }
        if counted.contains_key(&input) {
            // It is of the product itself, and counts already.
            continue;
        }
        match amount(&event.record.declared_units) {
            Some(amount) => {
                counted.insert(input, (event, amount));
                open.extend(event.record.inputs.iter().map(|next| (input, *next)));
            }
            None => findings.push(of(event, "unit_mismatch", "The amount of the event cannot be read.")),
        }
    }
}

fn of(event: &TraceEvent, code: &'static str, message: &str) -> Finding {
    Finding::new(code, message).with("event", event.name())
}

fn amount(quantity: &Quantity) -> Option<Decimal> {
    Decimal::parse(&quantity.amount).ok()
}

/// How a footprint compares with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Consistent,
    ExceedsClaim,
    Undetermined,
    NoClaim,
}

/// What a certificate claims, in kg of CO2 equivalent per declared unit: its first measurement in kilograms that names
/// a carbon footprint.
pub(crate) fn claim(content: &Content) -> Option<Decimal> {
    let names = |metric: &str| {
        let metric = metric.to_lowercase();
        ["carbon footprint", "co2e", "co2-eq", "global warming potential", "gwp"]
            .iter()
            .any(|word| metric.contains(word))
    };
    let found =
        content.measurements.iter().find(|measurement| measurement.value.unit == "KGM" && names(&measurement.metric));
    found.and_then(|measurement| Decimal::parse(&measurement.value.amount).ok())
}

/// Holds a footprint against a claim.
pub(crate) fn compare(footprint: &Footprint, claim: Option<Decimal>, is_certified: bool) -> (Comparison, Vec<Finding>) {
    if !is_certified {
        let finding = Finding::new("product_not_certified", "The certificate names no such product.");
        return (Comparison::Undetermined, vec![finding]);
    }
    let Some(claim) = claim else {
        let finding = Finding::new("no_claim", "The certificate claims no carbon footprint in kilograms.");
        return (Comparison::NoClaim, vec![finding]);
    };
    let numbers =
        |finding: Finding| finding.with("claimed", claim.to_string()).with("found", footprint.emissions.to_string());
    // More than is claimed is more, whatever is missing; but counted twice or in other units it may be too much.
    let exact = !footprint.findings.iter().any(|finding| matches!(finding.code, "counted_twice" | "unit_mismatch"));
    if footprint.emissions > claim && exact {
        let finding = Finding::new("claim_exceeded", "The events add up to more than the certificate claims.");
        return (Comparison::ExceedsClaim, vec![numbers(finding)]);
    }
    if footprint.has_gaps() {
        let finding =
            Finding::new("events_have_gaps", "The events do not tell the whole life that the claim is about.");
        return (Comparison::Undetermined, vec![numbers(finding)]);
    }
    let finding = Finding::new("claim_borne_out", "The events add up to no more than the certificate claims.");
    (Comparison::Consistent, vec![numbers(finding)])
}
