//! Routes by an annex of an arrangement.

use std::sync::Arc;

use smallvec::SmallVec;

use super::chain::{self, Net};
use super::context::Context;
use super::coverage::Coverage;
use super::market::Market;
use super::standing::{self, Standing, Tier};
use super::way;
use crate::domain::arrangement::{Annex, Arrangement, TransitionPeriod};
use crate::domain::body::Designation;
use crate::domain::catalogue::{AnnexEntry, Held, PartyTerms, RequirementEntry, Terms};
use crate::domain::decision::{Check, Condition, Conditions, Finding, Route};
use crate::domain::key::EconomyCode;
use crate::domain::time::Counts;
use crate::domain::words::{RecognitionEffect, RecognitionObject};

/// How one attempt ended.
pub(super) enum Verdict<'a> {
    /// It leads to acceptance.
    Route(Route<'a>),
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed<'a> {
    /// The annex tried; none for the direct route.
    pub(super) annex: Option<&'a AnnexEntry>,
    /// The check.
    pub(super) check: Check,
    /// For the direct route: the place of the acceptance that came nearest.
    pub(super) acceptance: Option<usize>,
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
    ctx: &Context<'a, '_>,
    market: &Market<'a, '_>,
    requirement: &'a RequirementEntry,
    standing: &Standing<'a>,
    entry: &'a AnnexEntry,
) -> Verdict<'a> {
    let AnnexEntry { annex, arrangement, terms, .. } = entry;
    let failed = |check| Verdict::Failed(Failed { annex: Some(entry), check, acceptance: None });
    let question = ctx.question;
    let mut missing = None;

    let exporters = || exporting_parties(ctx, market, terms);
    if exporters().next().is_none() {
        return failed(Check::Parties);
    }
    let usable = usable(ctx, terms);
    if !usable.iter().any(|(_, held)| terms.covers_held(*held)) {
        return failed(Check::Scheme);
    }
    match ctx.coverage(&terms.codes) {
        Coverage::Inside => {}
        Coverage::Outside => return failed(Check::Code),
        Coverage::Unknown(finding) => note(&mut missing, finding),
    }
    if !terms.covers(question.object) {
        return failed(Check::Object);
    }
    let counts = [
        (entry.arrangement_counts(ctx.date(), question.granted_on), Check::ArrangementInForce),
        (entry.counts(ctx.date(), question.granted_on), Check::AnnexInForce),
    ];
    for (counts, check) in counts {
        match counts {
            Counts::Yes => {}
            Counts::No => return failed(check),
            Counts::NeedsGrantDate => note(&mut missing, grant_date_missing(annex)),
            Counts::NeedsEntryIntoForce => note(&mut missing, entry_into_force_missing(arrangement)),
        }
    }
    match excluded(ctx, terms, market) {
        Coverage::Outside => {}
        Coverage::Inside => return failed(Check::Exclusions),
        Coverage::Unknown(finding) => note(&mut missing, finding),
    }
    if !terms.any_origin && !exporters().any(|party| ctx.origin.is_in(party.economy)) {
        return failed(Check::Origin);
    }
    if terms.has_transitions && in_transition(ctx, annex, market) {
        return failed(Check::Transition);
    }
    let mut designation = None;
    if terms.designation_required {
        let covered = usable.iter().map(|(_, held)| *held).filter(|held| terms.covers_held(*held));
        match designated(ctx, entry, covered) {
            Designated::Yes(found) => designation = Some(found),
            Designated::No => return failed(Check::Designation),
            Designated::Unknown(finding) => note(&mut missing, finding),
        }
    }
    let net = Net { catalogue: ctx.catalogue, date: ctx.date() };
    let limit = usize::from(terms.chain_limit);
    let mut found = standing.chain(net, &usable, limit, Tier::Plain);
    if found.is_none() && standing.some_exempt {
        found = standing.chain(net, &usable, limit, Tier::Exempt);
    }
    if found.is_none() && standing.depends_on_grant {
        found = standing.chain(net, &usable, limit, Tier::IfGranted);
        if let Some(found) = &found {
            let acceptance = &requirement.requirement.acceptances[found.accepted];
            note(&mut missing, standing::grant_date_missing(ctx, acceptance));
        }
    }
    let Some(found) = found else { return failed(Check::Chain) };
    match missing {
        Some(finding) => Verdict::Missing { annex: Some(annex), finding },
        None => {
            let place = found.accepted;
            let mut route = way(ctx, market, requirement, entry, found, designation);
            if standing.some_exempt {
                way::exempt(&mut route, standing::exemptions(ctx, market, requirement, place));
            }
            Verdict::Route(route)
        }
    }
}

/// What was certified and is not excluded, each with its place in the question.
fn usable(ctx: &Context<'_, '_>, terms: &Terms) -> SmallVec<[(u32, Held); 8]> {
    let excluded = terms.exclusions().map_or(&[][..], |not| &not.targets);
    (0_u32..).zip(&ctx.held).filter(|(_, held)| !excluded.contains(&held.node)).map(|(at, held)| (at, *held)).collect()
}

/// Whether an annex may carry results granted on the day of the question to a market in full, whoever issues them and
/// whatever they certify; and of which kind, certificates before others.
pub(super) fn is_open(ctx: &Context<'_, '_>, market: &Market<'_, '_>, entry: &AnnexEntry) -> Option<RecognitionObject> {
    let AnnexEntry { annex, terms, .. } = entry;
    if ctx.lies_outside(&terms.codes) {
        return None; // most
    }
    let (date, granted_on) = (ctx.date(), Some(ctx.date()));
    let sides = [&market.place, &ctx.destination];
    let in_force =
        entry.arrangement_counts(date, granted_on) == Counts::Yes && entry.counts(date, granted_on) == Counts::Yes;
    let runs =
        |period: &TransitionPeriod| date < period.ends_on && sides.iter().any(|side| side.is_within(&period.economy));
    let held_back = terms.has_transitions && annex.transitions.iter().any(runs);
    let excluded = terms.exclusions().is_some_and(|not| {
        ctx.origin.is_in_any(&not.origins) || sides.iter().any(|side| side.is_in_any(&not.economies))
    });
    if !in_force || held_back || excluded || terms.effect != RecognitionEffect::Full {
        return None;
    }
    if !matches!(ctx.coverage(&terms.codes), Coverage::Inside) {
        return None;
    }
    let kinds = [
        RecognitionObject::Certificate,
        RecognitionObject::MarkOrLabel,
        RecognitionObject::TestReport,
        RecognitionObject::InspectionReport,
    ];
    kinds.into_iter().find(|kind| terms.covers(*kind))
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
    ctx: &'p Context<'_, '_>,
    market: &'p Market<'_, '_>,
    terms: &'p Terms,
) -> impl Iterator<Item = &'p PartyTerms> {
    let of = terms.economies();
    let takes_part =
        of.is_empty() || (ctx.issuer.is_in_any(of) && (market.place.is_in_any(of) || ctx.destination.is_in_any(of)));
    let accepts = |importer: &PartyTerms, exporter: &PartyTerms| {
        importer.accepts
            && market.place.is_in(importer.economy)
            && (importer.economy != exporter.economy || terms.within_party)
    };
    let parties = if takes_part { &terms.parties[..] } else { &[] };
    parties.iter().filter(move |exporter| {
        exporter.is_accepted
            && ctx.issuer.is_in(exporter.economy)
            && parties.iter().any(|importer| accepts(importer, exporter))
    })
}

/// Whether an exclusion applies (`Inside`), or does not (`Outside`).
fn excluded(ctx: &Context<'_, '_>, terms: &Terms, market: &Market<'_, '_>) -> Coverage {
    let Some(not) = terms.exclusions() else { return Coverage::Outside };
    if not.bodies.contains(&ctx.body)
        || ctx.origin.is_in_any(&not.origins)
        || [&ctx.issuer, &market.place, &ctx.destination].into_iter().any(|it| it.is_in_any(&not.economies))
    {
        return Coverage::Inside;
    }
    if not.codes.is_everything() { Coverage::Outside } else { ctx.coverage(&not.codes) }
}

fn in_transition(ctx: &Context<'_, '_>, annex: &Annex, market: &Market<'_, '_>) -> bool {
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
    ctx: &Context<'a, '_>,
    entry: &'a AnnexEntry,
    covered: impl Iterator<Item = Held> + Clone,
) -> Designated<'a> {
    let mut unknown = None;
    for at in entry.designations_by(ctx.body) {
        let (terms, designation) = (&entry.terms.designated[at], &entry.designations[at]);
        let stands = terms.stand(designation, ctx.date());
        let only = entry.terms.only(at);
        let for_these = only.is_none_or(|only| {
            only.targets.is_empty() || covered.clone().any(|held| only.targets.contains(&held.node))
        });
        if !stands || !for_these {
            continue;
        }
        let ending = if terms.validity.is_some() { None } else { designation.ending.as_ref() };
        let counts = ending.map_or(Counts::Yes, |ending| ending.counts(ctx.date(), ctx.question.granted_on));
        match (counts, only.map_or(Coverage::Inside, |only| ctx.coverage(&only.codes))) {
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

fn way<'a>(
    ctx: &Context<'a, '_>,
    market: &Market<'a, '_>,
    requirement: &'a RequirementEntry,
    entry: &'a AnnexEntry,
    found: chain::Found<'a>,
    designation: Option<&'a Arc<Designation>>,
) -> Route<'a> {
    let mut conditions = Conditions::new();
    found.bridging().for_each(|it| way::add(&mut conditions, it));
    if entry.terms.has_conditions {
        let asks = |markets: &[EconomyCode]| {
            markets.is_empty() || market.place.is_within_any(markets) || ctx.destination.is_within_any(markets)
        };
        for condition in entry.annex.conditions.iter().filter(|condition| asks(&condition.markets)) {
            way::add(&mut conditions, Condition::ByAnnex(condition, &entry.annex));
        }
    }
    Route {
        requirement: &requirement.requirement,
        certified: found.certified,
        acceptance: found.accepted,
        annex: Some(&entry.annex),
        designation,
        links: found.links,
        effect: entry.terms.effect,
        conditions,
        exemptions: Vec::new(),
    }
}
