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
mod leads;
mod market;
mod outcome;
mod plan;
mod standing;
mod starts;
mod trace;
mod way;

use std::collections::BTreeSet;

use smallvec::SmallVec;

pub use self::plan::{Designating, MarketAccess, Plan, Product, Step, markets, plan, plan_unless};
pub use self::trace::{Chain, trace};

use self::annex::Verdict;
use self::context::Context;
use self::coverage::Coverage;
use self::market::Market;
use self::standing::Standing;
use super::catalogue::{Catalogue, RequirementEntry};
use super::decision::{Attempt, Check, Decision, Finding, Miss, Outcome, RequirementResult, Route, Status};
use super::question::Question;
use super::translate::Translator;
use super::words::RecognitionEffect;

/// How much a decision tells. What it decides, and its identifier, are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The outcome, its conditions, the best route and what is missing; not what became of each requirement.
    Outcome,
    /// What became of each requirement as well, with its nearest miss.
    Requirements,
    /// Every route that was tried as well.
    Attempts,
}

/// Decides a question, with what became of each requirement.
pub fn recognise<'c>(catalogue: &'c Catalogue, translator: &dyn Translator, question: &Question) -> Decision<'c> {
    decide(catalogue, translator, question, Detail::Requirements)
}

/// Decides a question and keeps every route that was tried.
pub fn explain<'c>(catalogue: &'c Catalogue, translator: &dyn Translator, question: &Question) -> Decision<'c> {
    decide(catalogue, translator, question, Detail::Attempts)
}

/// Decides a question.
pub fn decide<'c>(
    catalogue: &'c Catalogue,
    translator: &dyn Translator,
    question: &Question,
    detail: Detail,
) -> Decision<'c> {
    let ctx = Context::new(catalogue, translator, question, detail);
    let mut findings = ctx.unknown_names();
    let known = ctx.knows_places();
    let mut results = if known { judge(&ctx) } else { SmallVec::new() };
    let counted: SmallVec<[&Judged<'_>; 4]> = results.iter().collect();
    let mut summary = if known { outcome::overall(&counted) } else { outcome::Summary::of(Outcome::Undetermined) };
    // Those come first.
    let demanded = results.first().is_some_and(|result| result.entry.mandatory);
    let (mut demand, mut doubts) = (None, Vec::new());
    if known && !demanded {
        doubts = ctx.doubts_that_nothing_is_demanded(results.is_empty());
        if !results.is_empty() {
            demand = outcome::demand(summary.outcome, !doubts.is_empty());
        } else if !doubts.is_empty() {
            summary = outcome::Summary::of(Outcome::Undetermined);
        }
    }
    if summary.outcome == Outcome::Undetermined {
        let missing: BTreeSet<&Finding> = results.iter().flat_map(|result| &result.findings).collect();
        // An economy that is not known is named above.
        let new: Vec<_> = missing.into_iter().filter(|it| !findings.contains(it)).cloned().collect();
        findings.extend(new);
    }
    doubts.retain(|it| !findings.contains(it));
    findings.extend(doubts);
    drop(counted);
    let outcome::Summary { outcome, conditions, best } = summary;
    let (best_route, requirements) = match detail {
        Detail::Outcome => (best.and_then(|best| results[best].route.take()), Vec::new()),
        Detail::Requirements | Detail::Attempts => {
            let best = best.and_then(|best| results[best].route.clone());
            (best, results.into_iter().map(|it| it.result(&ctx)).collect())
        }
    };
    Decision {
        id: identity::of(&ctx),
        outcome,
        demanded,
        demand,
        conditions,
        best_route,
        requirements,
        findings,
        date: question.date,
        markets: ctx.destination.codes().cloned().collect(),
        revision: catalogue.revision(),
        classification_revision: ctx.classification_revision(),
        lacks_translations: ctx.lacks_translations(),
    }
}

/// What becomes of a requirement, borrowed from the catalogue and the question.
#[derive(Clone, Debug)]
struct Judged<'a> {
    entry: &'a RequirementEntry,
    status: Status,
    route: Option<Route<'a>>,
    nearest: Option<annex::Failed<'a>>,
    findings: Vec<Finding>,
    /// The strongest effect that it may have, where what it has cannot be said.
    may_have: Option<RecognitionEffect>,
    /// The place among the findings, which are sorted and each told once, of the first that leaves that effect open.
    leaves_open: usize,
    attempts: Vec<Attempt<'a>>,
}

impl<'a> Judged<'a> {
    /// On its own, with the nearest miss in words. `ctx` is what it was judged in.
    fn result(self, ctx: &Context<'a, '_>) -> RequirementResult<'a> {
        let miss = self.nearest.filter(|_| ctx.detail != Detail::Outcome);
        RequirementResult {
            requirement: &self.entry.requirement,
            status: self.status,
            route: self.route,
            nearest_miss: miss.map(|failed| as_miss(ctx, self.entry, &failed)),
            findings: self.findings,
            attempts: self.attempts,
        }
    }
}

/// What becomes of each requirement that applies or may apply: mandatory ones first, the destination's own before each
/// bloc's, by name. Which these are does not depend on the certificate.
fn judge<'a>(ctx: &Context<'a, '_>) -> SmallVec<[Judged<'a>; 2]> {
    let mut results = SmallVec::new();
    for economy in ctx.destination.codes() {
        let place =
            if economy == ctx.destination.economy { ctx.destination.entry } else { ctx.catalogue.economy(economy) };
        let applicable = market::applicable(ctx, place);
        if applicable.is_empty() {
            continue;
        }
        let market = Market::new(ctx, economy);
        for entry in applicable {
            if let Some(result) = evaluate(ctx, &market, entry) {
                results.push(result);
            }
        }
    }
    if results.len() > 1 {
        results.sort_by_key(|result: &Judged<'_>| !result.entry.mandatory); // stable
    }
    results
}

/// What becomes of a requirement; none when it does not cover the goods.
fn evaluate<'a>(ctx: &Context<'a, '_>, market: &Market<'a, '_>, entry: &'a RequirementEntry) -> Option<Judged<'a>> {
    let mut result = Judged {
        entry,
        status: Status::Undetermined,
        route: None,
        nearest: None,
        findings: Vec::new(),
        may_have: None,
        leaves_open: 0,
        attempts: Vec::new(),
    };
    match ctx.coverage(&entry.codes) {
        Coverage::Outside => return None,
        Coverage::Unknown(finding) => {
            result.findings.push(finding);
            result.may_have = Some(RecognitionEffect::Full);
            return Some(result);
        }
        Coverage::Inside => {}
    }
    if let Some(finding) = ctx.origin_missing(entry) {
        result.findings.push(finding);
        result.may_have = Some(RecognitionEffect::Full);
        return Some(result);
    }

    if !market.annexes.is_empty() {
        let wanted = entry.acceptances.iter().map(|it| it.wanted.node());
        wanted.for_each(|node| ctx.catalogue.links().read_sources_ahead(node));
    }
    let standing = Standing::new(ctx, market, entry);
    // What is missing, each with what would follow if it were there.
    let mut doubts: Vec<(RecognitionEffect, Finding)> = Vec::new();
    // The annexes that cover nothing of what was certified.
    let mut uncovered: SmallVec<[annex::Failed<'a>; 2]> = SmallVec::new();
    let verdicts = std::iter::once_with(|| direct::attempt(ctx, market, entry, &standing))
        .chain(market.annexes.iter().map(|annex| annex::attempt(ctx, market, entry, &standing, annex)));
    for verdict in verdicts {
        if ctx.detail == Detail::Attempts {
            result.attempts.push(as_attempt(ctx, entry, &verdict));
        }
        match verdict {
            Verdict::Route(route) => {
                // The first of equals stays: the direct route before annexes, annexes by name.
                if result.route.as_ref().is_none_or(|best| way::rank(&route) < way::rank(best)) {
                    result.route = Some(route);
                }
            }
            // A mend by it may mend nothing: see below.
            Verdict::Failed(failed) if failed.annex.is_some() && failed.check == Check::Scheme => {
                uncovered.push(failed)
            }
            Verdict::Failed(failed) => {
                if result.nearest.as_ref().is_none_or(|nearest| failed.checks_passed() > nearest.checks_passed()) {
                    result.nearest = Some(failed);
                }
            }
            Verdict::Missing { annex, finding } => {
                doubts.push((annex.map_or(RecognitionEffect::Full, |annex| annex.effect), finding));
            }
        }
        // Nothing is better than this, and only an explanation tells what else there is.
        if result.route.as_ref().is_some_and(|best| way::rank(best) == way::BEST) {
            if ctx.detail != Detail::Attempts {
                break;
            }
            ctx.count(false);
        }
    }
    ctx.count(true);

    // A route that may be there counts as one unless one that is there has no weaker an effect.
    let sure = result.route.as_ref().map(|route| route.effect);
    doubts.retain(|(effect, _)| sure.is_none_or(|sure| *effect < sure));
    // The same finding may leave open several effects: the strongest is what it is told for.
    doubts.sort_by(|(one, this), (other, that)| this.cmp(that).then_with(|| one.cmp(other)));
    doubts.dedup_by(|(_, this), (_, kept)| this == kept);
    if let Some((place, (effect, _))) = doubts.iter().enumerate().min_by_key(|(_, (effect, _))| *effect) {
        (result.may_have, result.leaves_open) = (Some(*effect), place);
        result.findings = doubts.into_iter().map(|(_, finding)| finding).collect();
        (result.route, result.nearest) = (None, None);
    } else if let Some(effect) = sure {
        result.status = match effect {
            RecognitionEffect::Full => Status::Met,
            RecognitionEffect::Partial => Status::MetInPart,
            RecognitionEffect::InformationOnly => Status::InformationOnly,
        };
        result.nearest = None;
    } else {
        result.status = Status::NotMet;
        // One by which no certificate would do comes nowhere near.
        let is_nearer = |it: &&annex::Failed<'_>| {
            result.nearest.as_ref().is_none_or(|nearest| it.checks_passed() > nearest.checks_passed())
                && it.annex.is_some_and(|annex| leads::any(ctx, entry, annex))
        };
        if ctx.detail != Detail::Outcome
            && let Some(nearer) = uncovered.iter().find(is_nearer)
        {
            result.nearest = Some(*nearer);
        }
    }
    Some(result)
}

fn as_attempt<'a>(ctx: &Context<'a, '_>, requirement: &RequirementEntry, verdict: &Verdict<'a>) -> Attempt<'a> {
    match verdict {
        Verdict::Route(route) => Attempt::Route(Box::new(route.clone())),
        Verdict::Failed(failed) => Attempt::Miss(as_miss(ctx, requirement, failed)),
        Verdict::Missing { annex, finding } => {
            Attempt::Missing { annex: annex.map(|annex| annex.name.clone()), finding: finding.clone() }
        }
    }
}

fn as_miss<'a>(ctx: &Context<'a, '_>, requirement: &RequirementEntry, failed: &annex::Failed<'a>) -> Miss<'a> {
    let (reason, mend) = describe::miss(ctx, requirement, failed);
    Miss {
        annex: failed.annex.map(|entry| &entry.annex),
        check: failed.check,
        checks_passed: failed.checks_passed(),
        reason,
        mend,
    }
}

#[cfg(test)]
mod tests;
