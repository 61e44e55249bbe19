//! Decisions in the contract's words.

use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;

use crate::domain::decision::{Attempt, Condition, Decision, Finding, Miss, RequirementResult, Route};

pub(super) fn decision(decision: Decision, with_requirements: bool) -> pb::RecognitionDecision {
    let requirements =
        if with_requirements { decision.requirements.into_iter().map(requirement).collect() } else { Vec::new() };
    pb::RecognitionDecision {
        decision_id: decision.id,
        outcome: decision.outcome.number(),
        conditions: decision.conditions.into_iter().map(condition).collect(),
        best_route: decision.best_route.map(route),
        requirements,
        findings: decision.findings.into_iter().map(finding).collect(),
        date: decision.date.to_string(),
        markets: decision.markets.iter().map(|market| market.as_str().to_owned()).collect(),
        revision: decision.revision,
        classification_revision: decision.classification_revision,
    }
}

/// Every attempt of every requirement, in their order.
pub(super) fn attempts(decision: &Decision) -> Vec<pb::RouteAttempt> {
    use pb::route_attempt::Result as Outcome;
    let mut all = Vec::new();
    for result in &decision.requirements {
        for attempt in &result.attempts {
            let (annex, outcome) = match attempt {
                Attempt::Route(found) => {
                    let annex = found.annex.as_ref().map(|(_, annex)| annex.name());
                    (annex, Outcome::Route(route(Route::clone(found))))
                }
                Attempt::Miss(failed) => {
                    (failed.annex.as_ref().map(|(_, annex)| annex.name()), Outcome::Miss(miss(failed.clone())))
                }
                Attempt::Missing { annex, finding } => {
                    (annex.as_ref().map(|annex| annex.name()), Outcome::MissingFact(finding.message.clone()))
                }
            };
            all.push(pb::RouteAttempt {
                requirement: result.requirement.name(),
                annex: annex.unwrap_or_default(),
                result: Some(outcome),
            });
        }
    }
    all
}

fn requirement(result: RequirementResult) -> pb::RequirementResult {
    pb::RequirementResult {
        requirement: result.requirement.name(),
        title: result.title,
        market: result.market.as_str().to_owned(),
        mandatory: result.mandatory,
        legal_reference: result.legal_reference,
        status: result.status.number(),
        route: result.route.map(route),
        nearest_miss: result.nearest_miss.map(miss),
        findings: result.findings.into_iter().map(finding).collect(),
    }
}

fn route(route: Route) -> pb::RecognitionRoute {
    let (arrangement, annex) =
        route.annex.map(|(arrangement, annex)| (arrangement.name(), annex.name())).unwrap_or_default();
    let links = route.links.into_iter().map(|link| pb::RouteLink {
        equivalence: link.equivalence.name(),
        from: link.from.name.to_string(),
        to: link.to.name.to_string(),
        degree: link.degree.number(),
        legal_reference: link.legal_reference,
    });
    pb::RecognitionRoute {
        requirement: route.requirement.name(),
        certified: route.certified.name.to_string(),
        accepted: route.accepted.name.to_string(),
        arrangement,
        annex,
        designation: route.designation.map(|it| it.name()).unwrap_or_default(),
        legal_reference: route.legal_reference,
        links: links.collect(),
        effect: route.effect.number(),
        conditions: route.conditions.into_iter().map(condition).collect(),
    }
}

fn miss(miss: Miss) -> pb::NearestMiss {
    let (arrangement, annex) =
        miss.annex.map(|(arrangement, annex)| (arrangement.name(), annex.name())).unwrap_or_default();
    pb::NearestMiss {
        annex,
        arrangement,
        failed_check: miss.check.number(),
        reason: miss.reason,
        mend: miss.mend,
        checks_passed: miss.checks_passed,
    }
}

fn condition(condition: Condition) -> pb::RecognitionCondition {
    pb::RecognitionCondition {
        kind: condition.kind.number(),
        id: condition.id,
        description: condition.description,
        origin: condition.origin,
    }
}

fn finding(finding: Finding) -> common::Finding {
    common::Finding { code: finding.code.to_owned(), message: finding.message, parameters: finding.parameters }
}
