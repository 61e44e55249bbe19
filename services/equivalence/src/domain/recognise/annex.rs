//! Routes by an annex of an arrangement.

use std::sync::Arc;

use super::chain;
use super::context::Context;
use super::coverage::Coverage;
use super::market::Market;
use super::standing::{self, Standing};
use crate::domain::arrangement::{Annex, Arrangement, Party};
use crate::domain::body::Designation;
use crate::domain::catalogue::AnnexEntry;
use crate::domain::decision::{Check, Condition, ConditionOrigin, Finding, Route};
use crate::domain::equivalence::Target;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::time::Counts;
use crate::domain::words::{ConditionKind, OriginRule, RecognitionEffect, RecognitionObject};

/// How one attempt ended.
pub(super) enum Verdict<'a> {
    /// It leads to acceptance.
    Route(Box<Route>),
    /// A check failed.
    Failed(Failed<'a>),
    /// Every check that could be made passed, and one could not be made.
    Missing {
        /// The annex tried.
        annex: Option<&'a Arc<Annex>>,
        /// What is missing.
        finding: Finding,
    },
}

/// The first check that failed.
#[derive(Clone, Copy)]
pub(super) struct Failed<'a> {
    /// The annex tried; none for the direct route.
    pub(super) annex: Option<&'a AnnexEntry>,
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
            (None, Check::Edition) => 3,
            (None, _) => 0,
        }
    }
}

/// Tries a route by an annex.
pub(super) fn attempt<'a>(
    ctx: &Context<'a>,
    market: &Market<'a>,
    requirement: &'a Arc<Requirement>,
    standing: &Standing<'a>,
    entry: &'a AnnexEntry,
) -> Verdict<'a> {
    let AnnexEntry { annex, arrangement, .. } = entry;
    let failed = |check| Verdict::Failed(Failed { annex: Some(entry), check, acceptance: None });
    let question = ctx.question;
    let mut missing = None;

    let exporters = || exporting_parties(ctx, market, annex, arrangement);
    if exporters().next().is_none() {
        return failed(Check::Parties);
    }
    let excluded_targets = annex.exclusions.as_ref().map_or(&[][..], |not| &not.targets);
    let usable: Vec<&'a Target> =
        question.certified.iter().filter(|target| !excluded_targets.contains(&target.name)).collect();
    let is_covered = |target: &&Target| {
        annex.covered.is_empty() || annex.covered.iter().any(|covered| ctx.satisfies(target, covered))
    };
    if !usable.iter().any(is_covered) {
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
    match excluded(ctx, annex, market) {
        Coverage::Outside => {}
        Coverage::Inside => return failed(Check::Exclusions),
        Coverage::Unknown(finding) => note(&mut missing, finding),
    }
    let origin_fits =
        annex.origin_rule == OriginRule::Any || exporters().any(|party| ctx.origin.is_within(&party.economy));
    if !origin_fits {
        return failed(Check::Origin);
    }
    if in_transition(ctx, annex, market) {
        return failed(Check::Transition);
    }
    let mut designation = None;
    if annex.designation_required {
        match designated(ctx, entry, usable.iter().copied().filter(|target| is_covered(target))) {
            Designated::Yes(found) => designation = Some(found),
            Designated::No => return failed(Check::Designation),
            Designated::Unknown(finding) => note(&mut missing, finding),
        }
    }
    let limit = annex.chain_limit();
    let mut found = chain::search(ctx.net(), &usable, limit, &|held| {
        standing.that(Counts::Yes).map(|it| &it.target).find(|target| ctx.satisfies(held, target))
    });
    if found.is_none() && standing.depends_on_grant {
        let mut acceptance = None;
        found = chain::search(ctx.net(), &usable, limit, &|held| {
            standing.that(Counts::NeedsGrantDate).map(|it| &it.target).find(|target| ctx.satisfies(held, target))
        });
        if let Some(found) = &found {
            acceptance = standing.that(Counts::NeedsGrantDate).find(|it| it.target == *found.accepted);
        }
        if let Some(acceptance) = acceptance {
            note(&mut missing, standing::grant_date_missing(ctx, acceptance));
        }
    }
    let Some(found) = found else { return failed(Check::Chain) };
    match missing {
        Some(finding) => Verdict::Missing { annex: Some(annex), finding },
        None => Verdict::Route(Box::new(route(ctx, market, requirement, annex, found, designation))),
    }
}

/// Whether an annex may carry results granted on the day of the question to a market in full, whoever issues them and
/// whatever they certify; and of which kind, certificates before others.
pub(super) fn is_open(ctx: &Context<'_>, market: &Market<'_>, entry: &AnnexEntry) -> Option<RecognitionObject> {
    let AnnexEntry { annex, arrangement, .. } = entry;
    let (date, granted_on) = (ctx.date(), Some(ctx.date()));
    let sides = [&market.place, &ctx.destination];
    let in_force = arrangement.counts(date, granted_on) == Counts::Yes && annex.counts(date, granted_on) == Counts::Yes;
    let held_back = annex
        .transitions
        .iter()
        .any(|period| date < period.ends_on && sides.iter().any(|side| side.is_within(&period.economy)));
    let excluded = annex.exclusions.as_ref().is_some_and(|not| {
        ctx.origin.is_within_any(&not.origins) || sides.iter().any(|side| side.is_within_any(&not.economies))
    });
    if !in_force || held_back || excluded || annex.effect != RecognitionEffect::Full {
        return None;
    }
    if !matches!(ctx.coverage(&annex.codes), Coverage::Inside) {
        return None;
    }
    let kinds = [
        RecognitionObject::Certificate,
        RecognitionObject::MarkOrLabel,
        RecognitionObject::TestReport,
        RecognitionObject::InspectionReport,
    ];
    kinds.into_iter().find(|kind| annex.objects.iter().any(|object| object.covers(*kind)))
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
fn exporting_parties<'p>(
    ctx: &'p Context<'_>,
    market: &'p Market<'_>,
    annex: &'p Annex,
    arrangement: &'p Arrangement,
) -> impl Iterator<Item = &'p Party> {
    let takes_part = annex.economies.is_empty()
        || (ctx.issuer.is_within_any(&annex.economies)
            && (market.place.is_within_any(&annex.economies) || ctx.destination.is_within_any(&annex.economies)));
    let accepts = |importer: &Party, exporter: &Party| {
        importer.accepts()
            && market.place.is_within(&importer.economy)
            && (importer.economy != exporter.economy || annex.within_party)
    };
    let parties = if takes_part { &arrangement.parties[..] } else { &[] };
    parties.iter().filter(move |exporter| {
        exporter.is_accepted()
            && ctx.issuer.is_within(&exporter.economy)
            && parties.iter().any(|importer| accepts(importer, exporter))
    })
}

/// Whether an exclusion applies (`Inside`), or does not (`Outside`).
fn excluded(ctx: &Context<'_>, annex: &Annex, market: &Market<'_>) -> Coverage {
    let Some(not) = &annex.exclusions else { return Coverage::Outside };
    if not.bodies.contains(&ctx.question.body)
        || ctx.origin.is_within_any(&not.origins)
        || [&ctx.issuer, &market.place, &ctx.destination].into_iter().any(|it| it.is_within_any(&not.economies))
    {
        return Coverage::Inside;
    }
    if not.codes.is_empty() { Coverage::Outside } else { ctx.coverage(&not.codes) }
}

fn in_transition(ctx: &Context<'_>, annex: &Annex, market: &Market<'_>) -> bool {
    let sides = [&ctx.issuer, &market.place, &ctx.destination];
    annex.transitions.iter().any(|period| {
        ctx.date() < period.ends_on
            && !(period.special_and_differential && ctx.without_special_treatment)
            && sides.iter().any(|side| side.is_within(&period.economy))
    })
}

enum Designated<'a> {
    Yes(&'a Arc<Designation>),
    No,
    Unknown(Finding),
}

fn designated<'a>(
    ctx: &Context<'a>,
    entry: &'a AnnexEntry,
    covered: impl Iterator<Item = &'a Target> + Clone,
) -> Designated<'a> {
    let mut unknown = None;
    for designation in entry.designations_of(&ctx.question.body) {
        let for_these =
            designation.targets.is_empty() || covered.clone().any(|target| designation.targets.contains(&target.name));
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
            (Counts::NeedsGrantDate | Counts::NeedsEntryIntoForce, _) => {
                note(&mut unknown, grant_date_missing(&entry.annex))
            }
            (Counts::Yes, Coverage::Unknown(finding)) => note(&mut unknown, finding),
        }
    }
    unknown.map_or(Designated::No, Designated::Unknown)
}

fn route(
    ctx: &Context<'_>,
    market: &Market<'_>,
    requirement: &Arc<Requirement>,
    annex: &Arc<Annex>,
    found: chain::Found<'_>,
    designation: Option<&Arc<Designation>>,
) -> Route {
    let mut conditions = Vec::new();
    let mut add = |condition: Condition| {
        if !conditions.iter().any(|known| condition.is_same(known)) {
            conditions.push(condition);
        }
    };
    found.links.iter().flat_map(|link| bridging_conditions(link)).for_each(&mut add);
    let asks = |markets: &[EconomyCode]| {
        markets.is_empty() || market.place.is_within_any(markets) || ctx.destination.is_within_any(markets)
    };
    for condition in annex.conditions.iter().filter(|condition| asks(&condition.markets)) {
        add(Condition {
            kind: condition.kind,
            id: condition.id.clone(),
            description: condition.description.clone(),
            origin: ConditionOrigin::Annex(annex.name.clone()),
        });
    }
    Route {
        requirement: requirement.clone(),
        certified: found.certified.clone(),
        accepted: found.accepted.clone(),
        annex: Some(annex.clone()),
        designation: designation.cloned(),
        links: found.links.into_iter().cloned().collect(),
        effect: annex.effect,
        conditions,
    }
}

/// What passing along an equivalence costs.
pub(super) fn bridging_conditions(
    link: &crate::domain::equivalence::Equivalence,
) -> impl Iterator<Item = Condition> + '_ {
    link.bridging_tests().map(|test| Condition {
        kind: ConditionKind::BridgingTest,
        id: test.id.clone(),
        description: test.description.clone(),
        origin: ConditionOrigin::Equivalence(link.name.clone()),
    })
}
