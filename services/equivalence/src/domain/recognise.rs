//! Recognition: whether a market accepts a certificate for goods on a date, by which route, and what is missing.
//!
//! A pure function of the catalogue at a revision, of translations at a revision, and of the question.

mod annex;
mod chain;
mod context;
mod coverage;
mod describe;
mod direct;
pub mod fairness;
mod identity;
mod market;
mod outcome;
mod plan;
mod standing;
mod trace;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use self::plan::{MarketAccess, Plan, Product, Step, markets, plan};
pub use self::trace::{Chain, trace};

use self::annex::Verdict;
use self::context::Context;
use self::coverage::Coverage;
use self::market::Market;
use self::standing::Standing;
use super::catalogue::Catalogue;
use super::decision::{Attempt, Decision, Finding, Miss, Outcome, RequirementResult, Route, Status};
use super::question::Question;
use super::requirement::Requirement;
use super::translate::Translator;
use super::words::RecognitionEffect;

/// How much a decision tells. What it decides, and its identifier, are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The outcome, its conditions, the best route and what is missing; no nearest misses.
    Outcome,
    /// The nearest miss of each unmet requirement as well.
    Requirements,
    /// Every route that was tried as well.
    Attempts,
}

/// Decides a question, with what became of each requirement.
pub fn recognise(catalogue: &Catalogue, translator: &dyn Translator, question: &Question) -> Decision {
    decide(catalogue, translator, question, Detail::Requirements)
}

/// Decides a question and keeps every route that was tried.
pub fn explain(catalogue: &Catalogue, translator: &dyn Translator, question: &Question) -> Decision {
    decide(catalogue, translator, question, Detail::Attempts)
}

/// Decides a question.
pub fn decide(catalogue: &Catalogue, translator: &dyn Translator, question: &Question, detail: Detail) -> Decision {
    let ctx = Context::new(catalogue, translator, question, detail);
    let mut findings = ctx.unknown_names();
    let known = catalogue.economies.contains_key(&question.destination);
    let requirements = if known { judge(&ctx) } else { Vec::new() };
    let mut summary = if known { outcome::overall(&requirements) } else { outcome::Summary::of(Outcome::Undetermined) };
    if summary.outcome == Outcome::NoRequirementApplies {
        let doubts = ctx.doubts_that_nothing_applies();
        if !doubts.is_empty() {
            summary = outcome::Summary::of(Outcome::Undetermined);
            findings.extend(doubts);
        }
    }
    if summary.outcome == Outcome::Undetermined {
        let missing: BTreeSet<&Finding> = requirements.iter().flat_map(|result| &result.findings).collect();
        findings.extend(missing.into_iter().cloned());
    }
    Decision {
        id: identity::of(&ctx),
        outcome: summary.outcome,
        conditions: summary.conditions,
        best_route: summary.best_route,
        requirements,
        findings,
        date: question.date,
        markets: ctx.destination.codes().cloned().collect(),
        revision: catalogue.revision(),
        classification_revision: ctx.classification_revision(),
    }
}

/// What becomes of each requirement that applies or may apply: mandatory ones first, the destination's own before each
/// bloc's, by name. Which these are does not depend on the certificate.
fn judge(ctx: &Context<'_>) -> Vec<RequirementResult> {
    let mut results = Vec::new();
    for economy in ctx.destination.codes() {
        let applicable = market::applicable(ctx, economy);
        if applicable.is_empty() {
            continue;
        }
        let market = Market::new(ctx, economy);
        results.extend(applicable.into_iter().filter_map(|it| evaluate(ctx, &market, it)));
    }
    results.sort_by_key(|result| !result.requirement.mandatory); // stable
    results
}

/// What becomes of a requirement; none when it does not cover the goods.
fn evaluate<'a>(
    ctx: &Context<'a>,
    market: &Market<'a>,
    requirement: &'a Arc<Requirement>,
) -> Option<RequirementResult> {
    let mut result = RequirementResult {
        requirement: requirement.clone(),
        status: Status::Undetermined,
        route: None,
        nearest_miss: None,
        findings: Vec::new(),
        attempts: Vec::new(),
    };
    match ctx.coverage(&requirement.codes) {
        Coverage::Outside => return None,
        Coverage::Unknown(finding) => {
            result.findings.push(finding);
            return Some(result);
        }
        Coverage::Inside => {}
    }

    let mut best: Option<Route> = None;
    let mut nearest: Option<annex::Failed<'_>> = None;
    let mut missing: Vec<Finding> = Vec::new();
    let standing = Standing::new(ctx, market, requirement);
    let verdicts = std::iter::once_with(|| direct::attempt(ctx, requirement, &standing))
        .chain(market.annexes.iter().map(|entry| annex::attempt(ctx, market, requirement, &standing, entry)));
    for verdict in verdicts {
        if ctx.detail == Detail::Attempts {
            result.attempts.push(as_attempt(ctx, requirement, &verdict));
        }
        match verdict {
            Verdict::Route(route) => {
                // The first of equals stays: the direct route before annexes, annexes by name.
                if best.as_ref().is_none_or(|best| rank(&route) < rank(best)) {
                    best = Some(*route);
                }
            }
            Verdict::Failed(failed) => {
                if nearest.as_ref().is_none_or(|nearest| failed.checks_passed() > nearest.checks_passed()) {
                    nearest = Some(failed);
                }
            }
            Verdict::Missing { finding, .. } => missing.push(finding),
        }
        // Nothing is better than this, and only an explanation tells what else there is.
        if best.as_ref().is_some_and(|best| rank(best) == BEST) {
            if ctx.detail != Detail::Attempts {
                break;
            }
            ctx.count_translations(false);
        }
    }
    ctx.count_translations(true);

    if let Some(route) = best {
        result.status = match route.effect {
            RecognitionEffect::Full => Status::Met,
            RecognitionEffect::Partial => Status::MetInPart,
            RecognitionEffect::InformationOnly => Status::InformationOnly,
        };
        result.route = Some(route);
    } else if !missing.is_empty() {
        missing.sort();
        missing.dedup();
        result.findings = missing;
    } else {
        result.status = Status::NotMet;
        if ctx.detail != Detail::Outcome {
            result.nearest_miss = nearest.map(|failed| as_miss(ctx, requirement, &failed));
        }
    }
    Some(result)
}

/// How good a route is, smaller is better.
fn rank(route: &Route) -> (RecognitionEffect, usize, usize) {
    (route.effect, route.conditions.len(), route.links.len())
}

const BEST: (RecognitionEffect, usize, usize) = (RecognitionEffect::Full, 0, 0);

fn as_attempt(ctx: &Context<'_>, requirement: &Requirement, verdict: &Verdict<'_>) -> Attempt {
    match verdict {
        Verdict::Route(route) => Attempt::Route(route.clone()),
        Verdict::Failed(failed) => Attempt::Miss(as_miss(ctx, requirement, failed)),
        Verdict::Missing { annex, finding } => {
            Attempt::Missing { annex: annex.map(|annex| annex.name.clone()), finding: finding.clone() }
        }
    }
}

fn as_miss(ctx: &Context<'_>, requirement: &Requirement, failed: &annex::Failed<'_>) -> Miss {
    let (reason, mend) = describe::miss(ctx, requirement, failed);
    Miss {
        annex: failed.annex.map(|entry| entry.annex.clone()),
        check: failed.check,
        checks_passed: failed.checks_passed(),
        reason,
        mend,
    }
}

#[cfg(test)]
mod tests;
