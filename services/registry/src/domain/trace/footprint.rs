//! Rolling events up into a footprint per declared unit, and holding it against a claim.
//!
//! The product's amount is what its production events declare together, or, without any, the largest amount that one
//! event declares. An event counts with its figure times its own amount, over the product's amount: so two legs of a
//! transport add up, and two production runs average. Events that were used up (inputs) count whole, each once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::decimal::{Decimal, Product};
use super::{Stage, TraceEvent, is_of};
use crate::domain::content::{Content, Quantity};
use crate::domain::epcis;
use crate::domain::goods::ProductId;
use crate::domain::names::BodyId;
use crate::domain::verdict::Finding;

/// The stages without which a footprint at the border has a gap; what comes after counts when it is there.
const EXPECTED: [Stage; 3] = [Stage::RawMaterial, Stage::Production, Stage::Transport];

/// A rolled-up footprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Footprint {
    pub(crate) energy: Decimal,
    pub(crate) emissions: Decimal,
    pub(crate) stages: Vec<StageFootprint>,
    pub(crate) reporters: Vec<ReporterFootprint>,
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

/// What of a footprint one reporter tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReporterFootprint {
    pub(crate) reporter: BodyId,
    pub(crate) energy: Decimal,
    pub(crate) emissions: Decimal,
    pub(crate) event_count: u64,
    /// Whether any of it is of production or transport.
    pub(crate) makes_or_moves: bool,
}

/// What events add up to.
#[derive(Default)]
struct Sums {
    energy: Product,
    emissions: Product,
    event_count: u64,
}

impl Sums {
    fn add(&mut self, energy: Product, emissions: Product) {
        self.energy = self.energy.plus(energy);
        self.emissions = self.emissions.plus(emissions);
        self.event_count += 1;
    }
}

impl Footprint {
    /// Of a product whose events are all void; none when there are none at all.
    fn of_nothing(findings: Vec<Finding>) -> Option<Self> {
        (!findings.is_empty()).then(|| Self {
            energy: Decimal::default(),
            emissions: Decimal::default(),
            stages: Vec::new(),
            reporters: Vec::new(),
            findings,
            event_count: 0,
            unit: String::new(),
        })
    }

    /// Whether something is missing or counted wrongly, so that no comparison can be made.
    pub(crate) fn has_gaps(&self) -> bool {
        !self.findings.is_empty()
    }
}

/// What a footprint is rolled up from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    /// All that may be needed: the events of the product, what they used up, directly or not, and what else used that up.
    pub(crate) events: Vec<TraceEvent>,
    /// Inputs that more events used up than were read.
    pub(crate) more_users: BTreeSet<u64>,
    /// Those of them that are void: the key that signed each was compromised by then.
    pub(crate) void: BTreeSet<u64>,
    /// Whose events of the product count; empty for all. What these used up counts, whoever tells it.
    pub(crate) reporters: BTreeSet<BodyId>,
}

/// Which events were corrected, and by which good one each. An event that was corrected is used up in its corrected form.
/// Where a correction is void and was corrected itself, so is what it corrected: nothing else could correct that any more.
fn corrections(events: &[TraceEvent], void: &BTreeSet<u64>) -> (BTreeSet<u64>, HashMap<u64, u64>) {
    let correct: HashMap<u64, Option<u64>> = events.iter().map(|event| (event.index, event.record.corrects)).collect();
    let (mut corrected, mut successor) = (BTreeSet::new(), HashMap::new());
    for event in events.iter().filter(|event| !void.contains(&event.index)) {
        let mut before = event.record.corrects;
        while let Some(index) = before.filter(|index| corrected.insert(*index)) {
            successor.insert(index, event.index);
            before = correct.get(&index).copied().flatten().filter(|_| void.contains(&index));
        }
    }
    (corrected, successor)
}

/// Rolls up; none when no event is of the product.
pub(crate) fn footprint(gathered: &Gathered, product: &ProductId) -> Option<Footprint> {
    let Gathered { events, more_users, void, reporters: asked } = gathered;
    // What is void corrects nothing either.
    let good = || events.iter().filter(|event| !void.contains(&event.index));
    let (corrected, successor) = corrections(events, void);
    let standing: BTreeMap<u64, &TraceEvent> =
        good().filter(|event| !corrected.contains(&event.index)).map(|event| (event.index, event)).collect();
    let is_asked = |event: &TraceEvent| asked.is_empty() || asked.contains(&event.record.reporter);
    let is_own = |event: &&TraceEvent| is_of(&event.record.product, product) && is_asked(event);
    let own: Vec<&TraceEvent> = standing.values().copied().filter(is_own).collect();
    let out = events.iter().filter(|event| void.contains(&event.index) && !corrected.contains(&event.index));
    let mut findings: Vec<Finding> = out.filter(is_own).map(compromised).collect();
    let Some(first) = own.first() else { return Footprint::of_nothing(findings) };

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
    Inputs { standing: &standing, successor: &successor, more_users, void }.count(&mut counted, &mut findings);
    findings.extend(told_twice(counted.values().map(|(event, _)| *event)));
    for stage in EXPECTED {
        if !counted.values().any(|(event, _)| event.record.stage == stage) {
            findings.push(
                Finding::new("stage_missing", format!("No event tells of the stage {}.", stage.as_str()))
                    .with("stage", stage.as_str()),
            );
        }
    }
    let mut stages: BTreeMap<Stage, Sums> = BTreeMap::new();
    let mut reporters: BTreeMap<&BodyId, (Sums, bool)> = BTreeMap::new();
    for (event, amount) in counted.values() {
        let figure = |text: &str| Decimal::parse(text).unwrap_or_default().times(*amount);
        let energy = figure(&event.record.energy_kwh_per_unit);
        let emissions = figure(&event.record.emissions_kg_co2e_per_unit);
        stages.entry(event.record.stage).or_default().add(energy, emissions);
        let (sums, makes_or_moves) = reporters.entry(&event.record.reporter).or_default();
        sums.add(energy, emissions);
        *makes_or_moves |= matches!(event.record.stage, Stage::Production | Stage::Transport);
        if event.record.emissions_kg_co2e_per_unit.is_empty() {
            findings.push(of(event, "input_missing", "The event tells no emissions."));
        }
    }
    let per = |sum: Product| total.map_or_else(Decimal::default, |total| sum.per(total));
    let stages: Vec<StageFootprint> = stages
        .into_iter()
        .map(|(stage, Sums { energy, emissions, event_count })| StageFootprint {
            stage,
            energy: per(energy),
            emissions: per(emissions),
            event_count,
        })
        .collect();
    let reporters: Vec<ReporterFootprint> = reporters
        .into_iter()
        .map(|(reporter, (Sums { energy, emissions, event_count }, makes_or_moves))| ReporterFootprint {
            reporter: reporter.clone(),
            energy: per(energy),
            emissions: per(emissions),
            event_count,
            makes_or_moves,
        })
        .collect();
    let sum = |of: fn(&StageFootprint) -> Decimal| stages.iter().map(of).fold(Decimal::default(), Decimal::plus);
    Some(Footprint {
        energy: sum(|stage| stage.energy),
        emissions: sum(|stage| stage.emissions),
        event_count: counted.len() as u64,
        stages,
        reporters,
        findings,
        unit,
    })
}

/// What was used up.
struct Inputs<'e> {
    standing: &'e BTreeMap<u64, &'e TraceEvent>,
    successor: &'e HashMap<u64, u64>,
    more_users: &'e BTreeSet<u64>,
    void: &'e BTreeSet<u64>,
}

impl<'e> Inputs<'e> {
    /// An event as it is after its corrections.
    fn latest(&self, mut index: u64) -> u64 {
        while let Some(later) = self.successor.get(&index) {
            index = *later;
        }
        index
    }

    /// Adds what the counted events used up, and what that used up, each once.
    fn count(&self, counted: &mut BTreeMap<u64, (&'e TraceEvent, Decimal)>, findings: &mut Vec<Finding>) {
        // Also by events of other products: what counts whole for each of two is counted twice.
        let mut users: HashMap<u64, BTreeSet<u64>> = HashMap::new();
        for user in self.standing.values() {
            for input in &user.record.inputs {
                users.entry(self.latest(*input)).or_default().insert(user.index);
            }
        }
        let more_users: BTreeSet<u64> = self.more_users.iter().map(|input| self.latest(*input)).collect();
        let mut unknown: BTreeSet<u64> = BTreeSet::new();
        let mut open: Vec<u64> = counted
            .values()
            .flat_map(|(event, _)| event.record.inputs.iter().map(|input| self.latest(*input)))
            .collect();
        let mut seen: BTreeSet<u64> = BTreeSet::new();
        while let Some(input) = open.pop() {
            if !seen.insert(input) {
                continue;
            }
            let Some(event) = self.standing.get(&input).copied() else {
                findings.push(if self.void.contains(&input) {
                    Finding::new("key_compromised", VOID).with("event", super::trace_name(input))
                } else {
                    let message = "An event that was used up is not known.";
                    Finding::new("input_missing", message).with("input", super::trace_name(input))
                });
                continue;
            };
            if users.get(&input).is_some_and(|users| users.len() > 1) {
                findings.push(of(event, "counted_twice", "More than one event says that it used it up."));
            } else if more_users.contains(&input) {
                unknown.insert(input);
            }
            if counted.contains_key(&input) {
                // It is of the product itself, and counts already.
                continue;
            }
            match amount(&event.record.declared_units) {
                Some(amount) => {
                    counted.insert(input, (event, amount));
                    open.extend(event.record.inputs.iter().map(|next| self.latest(*next)));
                }
                None => findings.push(of(event, "unit_mismatch", "The amount of the event cannot be read.")),
            }
        }
        if let Some(first) = unknown.first() {
            let message = "More events say what they used up than are read: whether it counts twice is not known.";
            let finding = Finding::new("uses_unknown", message).with("event", super::trace_name(*first));
            findings.push(finding.with("events", unknown.len().to_string()));
        }
    }
}

/// Events that tell what another one among these tells: of the same EPCIS event.
fn told_twice<'e>(events: impl Iterator<Item = &'e TraceEvent>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let told = events.filter(|event| !event.record.epcis_json.is_empty());
    let again = told.filter(|event| epcis::identity(&event.record.epcis_json).is_some_and(|same| !seen.insert(same)));
    again.map(|event| of(event, "counted_twice", "Another event tells of the same EPCIS event.")).collect()
}

const VOID: &str = "The key that signed the event was compromised: it does not count.";

fn compromised(event: &TraceEvent) -> Finding {
    of(event, "key_compromised", VOID)
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

/// What a certificate says, as far as a footprint is held against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certified {
    /// Nothing when it keeps that back.
    pub(crate) claim: Claim,
    /// Whether it keeps that back from who asks.
    pub(crate) kept_back: bool,
    /// Whether it is for the product.
    pub(crate) names_product: bool,
    /// Its state, or what makes it void, when it is not in force.
    pub(crate) not_in_force: Option<&'static str>,
}

/// What a certificate claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Nothing,
    /// In kg of CO2 equivalent per declared unit.
    Told(Decimal),
    /// In a unit that is no mass, or of more digits than are compared.
    Unread(Quantity),
}

impl Claim {
    pub(crate) fn told(&self) -> Option<Decimal> {
        match self {
            Self::Told(claim) => Some(*claim),
            Self::Nothing | Self::Unread(_) => None,
        }
    }
}

/// What a certificate claims: its first measurement in kilograms that names a carbon footprint, or else its first in grams,
/// tonnes or milligrams.
pub(crate) fn claim(content: &Content) -> Claim {
    let names = |metric: &str| {
        let metric = metric.to_lowercase();
        ["carbon footprint", "co2e", "co2-eq", "global warming potential", "gwp"]
            .iter()
            .any(|word| metric.contains(word))
    };
    let claims: Vec<&Quantity> =
        content.measurements.iter().filter(|it| names(&it.metric)).map(|it| &it.value).collect();
    let kilograms = |value: &Quantity| match value.unit.as_str() {
        "MGM" => Decimal::parse_moved(&value.amount, -6),
        "GRM" => Decimal::parse_moved(&value.amount, -3),
        "KGM" => Decimal::parse_moved(&value.amount, 0),
        "TNE" => Decimal::parse_moved(&value.amount, 3),
        _ => None,
    };
    let first =
        |unit: &str| claims.iter().filter(|value| unit.is_empty() || value.unit == unit).find_map(|it| kilograms(it));
    match (first("KGM").or_else(|| first("")), claims.first()) {
        (Some(told), _) => Claim::Told(told),
        (None, Some(value)) => Claim::Unread((*value).clone()),
        (None, None) => Claim::Nothing,
    }
}

/// That production or transport is told by others than the body whose certificate a footprint is held against: partners
/// may, and so may anybody.
pub(crate) fn other_reporter(footprint: &Footprint, body: &BodyId) -> Option<Finding> {
    let others = footprint.reporters.iter().filter(|it| it.makes_or_moves && it.reporter != *body);
    let others: Vec<String> = others.map(|it| it.reporter.name()).collect();
    let first = others.first()?.clone();
    let message = "Others than the certificate's body tell of production or transport.";
    let finding = Finding::new("other_reporter", message).with("reporter", first);
    Some(finding.with("reporters", others.len().to_string()))
}

/// Holds a footprint against a claim.
pub(crate) fn compare(footprint: &Footprint, certified: &Certified) -> (Comparison, Vec<Finding>) {
    let open = |finding| (Comparison::Undetermined, vec![finding]);
    if let Some(state) = certified.not_in_force {
        return open(Finding::new("not_in_force", "The certificate is not in force today.").with("state", state));
    }
    if !certified.names_product {
        return open(Finding::new("product_not_certified", "The certificate names no such product."));
    }
    if certified.kept_back {
        let message = "What the certificate measures is confidential, and kept back from who asks.";
        return open(Finding::new("claim_kept_back", message));
    }
    let claim = match &certified.claim {
        Claim::Told(claim) => *claim,
        Claim::Nothing => {
            let finding = Finding::new("no_claim", "The certificate claims no carbon footprint.");
            return (Comparison::NoClaim, vec![finding]);
        }
        Claim::Unread(Quantity { amount, unit }) => {
            let message = "The certificate claims a carbon footprint that cannot be read as kilograms.";
            let finding = Finding::new("claim_not_comparable", message);
            return open(finding.with("claimed", amount.clone()).with("unit", unit.clone()));
        }
    };
    let numbers =
        |finding: Finding| finding.with("claimed", claim.to_string()).with("found", footprint.emissions.to_string());
    // More than is claimed is more, whatever is missing; but counted twice or in other units it may be too much.
    let may_be_too_much = |code| matches!(code, "counted_twice" | "unit_mismatch" | "uses_unknown");
    let exact = !footprint.findings.iter().any(|finding| may_be_too_much(finding.code));
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
