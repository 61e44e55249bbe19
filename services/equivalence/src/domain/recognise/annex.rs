//! Routes by an annex of an arrangement.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chain;
use super::context::Context;
use super::coverage::Coverage;
use crate::domain::arrangement::{Annex, Arrangement, Party};
use crate::domain::body::Designation;
use crate::domain::decision::{Check, Condition, Finding, Link, Route};
use crate::domain::equivalence::Target;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::time::Counts;
use crate::domain::words::{ConditionKind, OriginRule};

/// How one attempt ended.
pub(super) enum Verdict<'a> {
    /// It leads to acceptance.
    Route(Box<Route>),
    /// A check failed.
    Failed(Failed<'a>),
    /// Every check that could be made passed, and one could not be made.
    Missing {
        /// The annex tried.
        annex: Option<&'a Annex>,
        /// What is missing.
        finding: Finding,
    },
}

/// The first check that failed.
#[derive(Clone, Copy)]
pub(super) struct Failed<'a> {
    /// The annex tried; none for the direct route.
    pub(super) annex: Option<&'a Annex>,
    /// The check.
    pub(super) check: Check,
    /// For the direct route: the acceptance that came nearest.
    pub(super) acceptance: Option<&'a Acceptance>,
}

impl Failed<'_> {
    /// How many checks passed before.
    pub(super) fn checks_passed(&self) -> u32 {
        match (self.annex, self.check) {
            // By an annex the checks are made in the order of their numbers.
            (Some(_), check) => u32::try_from(check.number()).map_or(0, |number| number.saturating_sub(1)),
            (None, Check::Object) => 1,
            (None, Check::Body) => 2,
            (None, _) => 0,
        }
    }
}

/// An annex with its arrangement.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    annex: &'a Annex,
    arrangement: &'a Arrangement,
}

/// The annexes by which the market of a requirement accepts others' results, in the order of their names.
pub(super) fn candidates<'a>(ctx: &Context<'a>, requirement: &'a Requirement) -> Vec<Candidate<'a>> {
    let catalogue = ctx.catalogue;
    let market = &requirement.market;
    let parties = std::iter::once(market).chain(catalogue.blocs_of(market, ctx.date()));
    let annexes: BTreeMap<_, &'a Arc<Annex>> =
        parties.flat_map(|party| catalogue.annexes_accepted_by(party)).map(|annex| (&annex.name, annex)).collect();
    annexes
        .into_values()
        .filter_map(|annex| {
            let arrangement = catalogue.arrangements.get(&annex.arrangement)?;
            Some(Candidate { annex, arrangement })
        })
        .collect()
}

/// Tries a route by an annex.
pub(super) fn attempt<'a>(ctx: &Context<'a>, requirement: &'a Requirement, candidate: Candidate<'a>) -> Verdict<'a> {
    let Candidate { annex, arrangement } = candidate;
    let failed = |check| Verdict::Failed(Failed { annex: Some(annex), check, acceptance: None });
    let question = ctx.question;
    let mut missing = None;

    let exporters = exporting_parties(ctx, annex, arrangement, &requirement.market);
    if exporters.is_empty() {
        return failed(Check::Parties);
    }
    let usable: Vec<&Target> = question
        .certified
        .iter()
        .filter(|target| annex.exclusions.as_ref().is_none_or(|not| !not.targets.contains(&target.name)))
        .collect();
    let covered = |target: &&&Target| {
        annex.covered.is_empty() || annex.covered.iter().any(|covered| ctx.satisfies(target, covered))
    };
    let covered: Vec<&Target> = usable.iter().filter(covered).copied().collect();
    if covered.is_empty() {
        return failed(Check::Scheme);
    }
    match ctx.coverage(&annex.codes) {
        Coverage::Inside => {}
        Coverage::Outside => return failed(Check::Code),
        Coverage::Unknown(finding) => note(&mut missing, finding),
    }
    if !annex.objects.iter().any(|object| object.covers(question.object)) {
        return failed(Check::Object);
    }
    let counts = [
        (arrangement.counts(ctx.date(), question.granted_on), Check::ArrangementInForce),
        (annex.counts(ctx.date(), question.granted_on), Check::AnnexInForce),
    ];
    for (counts, check) in counts {
        match counts {
            Counts::Yes => {}
            Counts::No => return failed(check),
            Counts::NeedsGrantDate => note(&mut missing, grant_date_missing(annex)),
            Counts::NeedsEntryIntoForce => note(&mut missing, entry_into_force_missing(arrangement)),
        }
    }
    match excluded(ctx, annex, &requirement.market) {
        Coverage::Outside => {}
        Coverage::Inside => return failed(Check::Exclusions),
        Coverage::Unknown(finding) => note(&mut missing, finding),
    }
    let origin_fits = annex.origin_rule == OriginRule::Any
        || exporters.iter().any(|party| ctx.catalogue.is_within(&question.origin, &party.economy, ctx.date()));
    if !origin_fits {
        return failed(Check::Origin);
    }
    if in_transition(ctx, annex, &requirement.market) {
        return failed(Check::Transition);
    }
    let mut designation = None;
    if annex.designation_required {
        match designated(ctx, annex, &covered) {
            Designated::Yes(found) => designation = Some(found),
            Designated::No => return failed(Check::Designation),
            Designated::Unknown(finding) => note(&mut missing, finding),
        }
    }
    let Some(found) = chain::search(ctx, &usable, &requirement.acceptances, annex.chain_limit()) else {
        return failed(Check::Chain);
    };
    match missing {
        Some(finding) => Verdict::Missing { annex: Some(annex), finding },
        None => Verdict::Route(Box::new(route(ctx, requirement, candidate, &found, designation))),
    }
}

/// The first missing fact is the one that is told.
fn note(missing: &mut Option<Finding>, finding: Finding) {
    missing.get_or_insert(finding);
}

fn grant_date_missing(annex: &Annex) -> Finding {
    let message = format!("whether {} still covers the result depends on when it was granted", annex.name);
    Finding::about("granted_on_missing", "annex", &annex.name, message)
}

fn entry_into_force_missing(arrangement: &Arrangement) -> Finding {
    let message = format!("the catalogue holds no entry into force of {}", arrangement.name);
    Finding::about("entry_into_force_missing", "arrangement", &arrangement.name, message)
}

/// The parties that the issuer belongs to and whose results a party that the market belongs to accepts.
fn exporting_parties<'a>(
    ctx: &Context<'_>,
    annex: &Annex,
    arrangement: &'a Arrangement,
    market: &EconomyCode,
) -> Vec<&'a Party> {
    let catalogue = ctx.catalogue;
    let takes_part = |economy: &EconomyCode| {
        annex.economies.is_empty() || catalogue.is_within_any(economy, &annex.economies, ctx.date())
    };
    if !takes_part(ctx.issuer) || !(takes_part(market) || takes_part(&ctx.question.destination)) {
        return Vec::new();
    }
    let accepts = |importer: &Party, exporter: &Party| {
        importer.accepts()
            && catalogue.is_within(market, &importer.economy, ctx.date())
            && (importer.economy != exporter.economy || annex.within_party)
    };
    arrangement
        .parties
        .iter()
        .filter(|exporter| {
            exporter.is_accepted()
                && catalogue.is_within(ctx.issuer, &exporter.economy, ctx.date())
                && arrangement.parties.iter().any(|importer| accepts(importer, exporter))
        })
        .collect()
}

/// Whether an exclusion applies (`Inside`), or does not (`Outside`).
fn excluded(ctx: &Context<'_>, annex: &Annex, market: &EconomyCode) -> Coverage {
    let Some(not) = &annex.exclusions else { return Coverage::Outside };
    let within =
        |economy: &EconomyCode, wholes: &[EconomyCode]| ctx.catalogue.is_within_any(economy, wholes, ctx.date());
    let question = ctx.question;
    if not.bodies.contains(&question.body)
        || within(&question.origin, &not.origins)
        || [ctx.issuer, market, &question.destination].into_iter().any(|economy| within(economy, &not.economies))
    {
        return Coverage::Inside;
    }
    if not.codes.is_empty() { Coverage::Outside } else { ctx.coverage(&not.codes) }
}

fn in_transition(ctx: &Context<'_>, annex: &Annex, market: &EconomyCode) -> bool {
    let sides = [ctx.issuer, market, &ctx.question.destination];
    annex.transitions.iter().any(|period| {
        ctx.date() < period.ends_on
            && sides.iter().any(|side| ctx.catalogue.is_within(side, &period.economy, ctx.date()))
    })
}

enum Designated<'a> {
    Yes(&'a Designation),
    No,
    Unknown(Finding),
}

fn designated<'a>(ctx: &Context<'a>, annex: &Annex, covered: &[&Target]) -> Designated<'a> {
    let mut unknown = None;
    for designation in ctx.catalogue.designations_of(&annex.name, &ctx.question.body) {
        let for_these =
            designation.targets.is_empty() || covered.iter().any(|target| designation.targets.contains(&target.name));
        if !for_these || !designation.validity.contains(ctx.date()) || designation.is_suspended(ctx.date()) {
            continue;
        }
        let counts = designation
            .ending
            .as_ref()
            .map_or(Counts::Yes, |ending| ending.counts(ctx.date(), ctx.question.granted_on));
        match (counts, ctx.coverage(&designation.codes)) {
            (Counts::No, _) | (_, Coverage::Outside) => {}
            (Counts::Yes, Coverage::Inside) => return Designated::Yes(designation),
            // Only an arrangement's entry into force may be unknown.
            (Counts::NeedsGrantDate | Counts::NeedsEntryIntoForce, _) => note(&mut unknown, grant_date_missing(annex)),
            (Counts::Yes, Coverage::Unknown(finding)) => note(&mut unknown, finding),
        }
    }
    unknown.map_or(Designated::No, Designated::Unknown)
}

fn route(
    ctx: &Context<'_>,
    requirement: &Requirement,
    candidate: Candidate<'_>,
    found: &chain::Found<'_>,
    designation: Option<&Designation>,
) -> Route {
    let Candidate { annex, .. } = candidate;
    let mut conditions = Vec::new();
    let mut add = |condition: Condition| {
        let known = |it: &Condition| it.kind == condition.kind && it.id == condition.id;
        if !conditions.iter().any(known) {
            conditions.push(condition);
        }
    };
    for link in &found.links {
        for test in link.bridging_tests() {
            add(Condition {
                kind: ConditionKind::BridgingTest,
                id: test.id.clone(),
                description: test.description.clone(),
                origin: link.name.name(),
            });
        }
    }
    let sides = [&requirement.market, &ctx.question.destination];
    for condition in &annex.conditions {
        let asked = condition.markets.is_empty()
            || sides.iter().any(|side| ctx.catalogue.is_within_any(side, &condition.markets, ctx.date()));
        if asked {
            add(Condition {
                kind: condition.kind,
                id: condition.id.clone(),
                description: condition.description.clone(),
                origin: annex.name.name(),
            });
        }
    }
    let links = found.links.iter().map(|link| Link {
        equivalence: link.name.clone(),
        from: link.from.clone(),
        to: link.to.clone(),
        degree: link.degree,
        legal_reference: link.legal_reference.clone(),
    });
    Route {
        requirement: requirement.name.clone(),
        certified: found.certified.clone(),
        accepted: found.accepted.clone(),
        annex: Some((annex.arrangement.clone(), annex.name.clone())),
        designation: designation.map(|it| it.name.clone()),
        legal_reference: annex.legal_reference.clone(),
        links: links.collect(),
        effect: annex.effect,
        conditions,
    }
}
