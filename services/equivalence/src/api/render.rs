//! Decisions in the contract's words.

use std::sync::Arc;

use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;

use crate::domain::arrangement::Annex;
use crate::domain::decision::{
    Attempt, Condition, Decision, Demand, Exemption, Finding, Miss, RequirementResult, Route,
};
use crate::domain::equivalence::{Equivalence, Target};

pub(crate) fn decision(decision: Decision<'_>, with_requirements: bool) -> pb::RecognitionDecision {
    let requirements =
        if with_requirements { decision.requirements.into_iter().map(requirement).collect() } else { Vec::new() };
    pb::RecognitionDecision {
        decision_id: decision.id.to_string(),
        outcome: decision.outcome.number(),
        conditions: decision.conditions.into_iter().map(condition).collect(),
        best_route: decision.best_route.as_ref().map(route),
        requirements,
        findings: decision.findings.into_iter().map(finding).collect(),
        date: decision.date.to_string(),
        markets: decision.markets.iter().map(|market| market.as_str().to_owned()).collect(),
        revision: decision.revision,
        classification_revision: decision.classification_revision,
        demand: decision.demand.map(Demand::number).unwrap_or_default(),
    }
}

/// Every attempt of every requirement, in their order.
pub(super) fn attempts(decision: &Decision<'_>) -> Vec<pb::RouteAttempt> {
    use pb::route_attempt::Result as Outcome;
    let mut all = Vec::new();
    for result in &decision.requirements {
        for attempt in &result.attempts {
            let (annex, outcome) = match attempt {
                Attempt::Route(found) => (found.annex.map(|annex| annex.name.name()), Outcome::Route(route(found))),
                Attempt::Miss(failed) => (failed.annex.map(|annex| annex.name.name()), Outcome::Miss(miss(failed))),
                Attempt::Missing { annex, finding } => {
                    (annex.as_ref().map(|annex| annex.name()), Outcome::MissingFact(finding.message.clone()))
                }
            };
            all.push(pb::RouteAttempt {
                requirement: result.requirement.name.name(),
                annex: annex.unwrap_or_default(),
                result: Some(outcome),
            });
        }
    }
    all
}

pub(super) fn requirement(result: RequirementResult<'_>) -> pb::RequirementResult {
    let requirement = &result.requirement;
    pb::RequirementResult {
        requirement: requirement.name.name(),
        title: requirement.title.clone(),
        market: requirement.market.as_str().to_owned(),
        mandatory: requirement.mandatory,
        legal_reference: requirement.legal_reference.clone(),
        status: result.status.number(),
        route: result.route.as_ref().map(route),
        nearest_miss: result.nearest_miss.as_ref().map(miss),
        findings: result.findings.into_iter().map(finding).collect(),
    }
}

/// The names of an annex and its arrangement; empty for none.
fn instrument(annex: Option<&Arc<Annex>>) -> (String, String) {
    annex.map(|annex| (annex.arrangement.name(), annex.name.name())).unwrap_or_default()
}

fn route(route: &Route<'_>) -> pb::RecognitionRoute {
    let (arrangement, annex) = instrument(route.annex);
    pb::RecognitionRoute {
        requirement: route.requirement.name.name(),
        certified: route.certified_to().to_string(),
        accepted: route.accepted().name.to_string(),
        arrangement,
        annex,
        designation: route.designation.as_ref().map(|it| it.name.name()).unwrap_or_default(),
        legal_reference: route.legal_reference().to_owned(),
        links: route.links.iter().map(|it| link(it)).collect(),
        effect: route.effect.number(),
        conditions: route.conditions.iter().copied().map(condition).collect(),
        exemptions: route.exemptions.iter().map(exemption).collect(),
    }
}

fn exemption(exemption: &Exemption<'_>) -> pb::RouteExemption {
    let transition = exemption.transition;
    pb::RouteExemption {
        edition_transition: transition.name.name(),
        standard: transition.from_standard.name(),
        exempt_stock: transition.exempt_stock.clone(),
        reason: exemption.reason(),
        source_uri: transition.source.uri.clone(),
    }
}

/// A scheme, a level of one, or a standard edition.
pub(super) fn target(target: &Target) -> pb::CertifiableTarget {
    pb::CertifiableTarget { name: target.name.to_string(), level: target.level.to_string() }
}

/// An equivalence as a link of a chain.
pub(super) fn link(link: &Equivalence) -> pb::RouteLink {
    pb::RouteLink {
        equivalence: link.name.name(),
        from: link.from.name.to_string(),
        to: link.to.name.to_string(),
        degree: link.degree.number(),
        legal_reference: link.legal_reference.clone(),
    }
}

fn miss(miss: &Miss<'_>) -> pb::NearestMiss {
    let (arrangement, annex) = instrument(miss.annex);
    pb::NearestMiss {
        annex,
        arrangement,
        failed_check: miss.check.number(),
        reason: miss.reason.clone(),
        mend: miss.mend.clone(),
        checks_passed: miss.checks_passed,
    }
}

pub(super) fn condition(condition: Condition<'_>) -> pb::RecognitionCondition {
    pb::RecognitionCondition {
        kind: condition.kind().number(),
        id: condition.id().to_owned(),
        description: condition.description().to_owned(),
        origin: condition.origin(),
    }
}

pub(crate) fn finding(finding: Finding) -> common::Finding {
    common::Finding { code: finding.code.to_owned(), message: finding.message, parameters: finding.parameters }
}
