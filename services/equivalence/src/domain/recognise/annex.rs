//! Routes by an annex of an arrangement.

use std::borrow::Cow;
use std::sync::Arc;

use super::chain::{self, Net};
use super::context::Context;
use super::coverage::Coverage;
use super::market::Market;
use super::standing::{self, Standing, Tier};
use super::starts::{self, Designations};
use super::way;
use crate::domain::arrangement::{Annex, Arrangement, TransitionPeriod};
use crate::domain::body::Designation;
use crate::domain::catalogue::{AnnexEntry, PartyTerms, RequirementEntry, Terms};
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

    // Those by which the annex is between the issuer and the market, and with them those by which it may be.
    let sure = || exporting_parties(ctx, market, terms, false);
    let possible = || exporting_parties(ctx, market, terms, true);
    if sure().next().is_none() {
        if possible().next().is_none() {
            return failed(Check::Parties);
        }
        note(&mut missing, parties_missing(ctx, market, terms));
    }
    let covered = starts::covered(ctx, terms);
    if covered.is_empty() {
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
    if !terms.any_origin && !sure().any(|party| ctx.origin.is_in(party.economy)) {
        let may_be_of = |party: &PartyTerms| ctx.origin.is_in(party.economy) || ctx.origin.may_be_in(party.economy);
        if !possible().any(may_be_of) {
            return failed(Check::Origin);
        }
        note(&mut missing, parties_missing(ctx, market, terms));
    }
    if terms.has_transitions {
        let sides = [&market.place, &ctx.destination];
        let concerns = |it: &TransitionPeriod| {
            ctx.issuer.is_within(&it.economy) || sides.iter().any(|side| side.is_within(&it.economy))
        };
        if running(ctx, annex).any(concerns) {
            return failed(Check::Transition);
        }
        if let Some(finding) = running(ctx, annex).find_map(|it| ctx.any_missing_of(&sides, &it.economy)) {
            note(&mut missing, finding);
        }
    }
    let by_designation = terms.designation_required && ctx.designated_under != Some(terms.place);
    let designations = if by_designation { Designations::of_body(ctx, entry, &covered) } else { None };
    if by_designation && designations.is_none() {
        return failed(Check::Designation);
    }
    let net = Net { catalogue: ctx.catalogue, date: ctx.date() };
    let limit = usize::from(terms.chain_limit);
    let starts = designations.as_ref().map_or(Cow::Borrowed(&covered), |it| it.starts(&covered));
    // Where something else is missing that is what is told, with any chain.
    let is_noted = missing.is_some() || ctx.has_calendar_in_doubt();
    if !is_noted && standing.chain_but_for_blocs(net, &starts, limit).is_some() {
        ctx.note_calendar_in_doubt();
    }
    let mut found = standing.chain(net, &starts, limit, Tier::Plain);
    if found.is_none() && standing.some_exempt {
        found = standing.chain(net, &starts, limit, Tier::Exempt);
    }
    if found.is_none() && standing.some_in_doubt {
        found = standing.chain(net, &starts, limit, Tier::InDoubt);
        if let Some(found) = &found {
            note(&mut missing, standing::missing(ctx, market, &requirement.acceptances[found.accepted]));
        }
    }
    // Or from what the body may be designated for.
    let doubtful = designations.as_ref().filter(|it| found.is_none() && !it.possible_starts().is_empty());
    if let Some(it) = doubtful {
        let mut tiers = [Tier::Plain, Tier::Exempt, Tier::InDoubt].into_iter();
        found = tiers.find_map(|tier| standing.chain(net, it.possible_starts(), limit, tier));
        // What is told is why it cannot be said whether it is designated for what the chain starts from.
        if !is_noted
            && let Some(found) = &found
            && let Some(other) = standing.chain_but_for_blocs(net, it.possible_starts(), limit)
            && other.certified != found.certified
        {
            ctx.note_calendar_in_doubt();
        }
        missing = missing.or_else(|| it.doubt(found.as_ref()?.certified));
    }
    let Some(found) = found else { return failed(Check::Chain) };
    if terms.has_conditions {
        missing = missing.or_else(|| condition_missing(ctx, market, annex));
    }
    match missing {
        Some(finding) => Verdict::Missing { annex: Some(annex), finding },
        None => {
            let accepted = &requirement.acceptances[found.accepted];
            let designation = designations.and_then(|it| it.relied_on(found.certified));
            let mut route = way(ctx, market, requirement, entry, found, designation);
            if standing.some_exempt {
                way::exempt(&mut route, standing::exemptions(ctx, market, accepted));
            }
            Verdict::Route(route)
        }
    }
}

/// Whether an annex may carry results granted on the day of the question to a market in full, whoever issues them and
/// whatever they certify: of which kind, certificates before others, and whether nothing is missing to say so.
pub(super) fn is_open(
    ctx: &Context<'_, '_>,
    market: &Market<'_, '_>,
    entry: &AnnexEntry,
) -> Option<(RecognitionObject, bool)> {
    let AnnexEntry { annex, terms, .. } = entry;
    if ctx.lies_outside(&terms.codes) {
        return None; // most
    }
    let (date, granted_on) = (ctx.date(), Some(ctx.date()));
    let sides = [&market.place, &ctx.destination];
    let in_force = [entry.arrangement_counts(date, granted_on), entry.counts(date, granted_on)];
    let runs =
        |period: &TransitionPeriod| date < period.ends_on && sides.iter().any(|side| side.is_within(&period.economy));
    let held_back = terms.has_transitions && annex.transitions.iter().any(runs);
    let excluded = terms.exclusions().is_some_and(|not| {
        ctx.origin.is_in_any(&not.origins) || sides.iter().any(|side| side.is_in_any(&not.economies))
    });
    if in_force.contains(&Counts::No) || held_back || excluded || terms.effect != RecognitionEffect::Full {
        return None;
    }
    let is_covered = match ctx.coverage(&terms.codes) {
        Coverage::Inside => true,
        Coverage::Outside => return None,
        Coverage::Unknown(_) => false,
    };
    let kinds = [
        RecognitionObject::Certificate,
        RecognitionObject::MarkOrLabel,
        RecognitionObject::TestReport,
        RecognitionObject::InspectionReport,
    ];
    let kind = kinds.into_iter().find(|kind| terms.covers(*kind))?;
    Some((kind, is_covered && in_force == [Counts::Yes; 2]))
}

/// The first missing fact is the one that is told.
fn note(missing: &mut Option<Finding>, finding: Finding) {
    missing.get_or_insert(finding);
}

pub(super) fn grant_date_missing(annex: &Annex) -> Finding {
    let message = format!("whether {} still covers the result depends on when it was granted", annex.name);
    Finding::about("granted_on_missing", "annex", &annex.name, message)
}

fn entry_into_force_missing(arrangement: &Arrangement) -> Finding {
    let message = format!("the catalogue holds no entry into force of {}", arrangement.name);
    Finding::about("entry_into_force_missing", "arrangement", &arrangement.name, message)
}

/// The parties that the issuer belongs to and whose results a party that the market belongs to accepts; `or_may_be`: and
/// those of which that may be so, since it is not known who belongs to some bloc.
fn exporting_parties<'p>(
    ctx: &'p Context<'_, '_>,
    market: &'p Market<'_, '_>,
    terms: &'p Terms,
    or_may_be: bool,
) -> impl Iterator<Item = &'p PartyTerms> {
    let issuer_in = move |whole: u32| ctx.issuer.is_in(whole) || (or_may_be && ctx.issuer_may_be_in(whole));
    let market_in = move |whole: u32| market.place.is_in(whole) || (or_may_be && market.place.may_be_in(whole));
    let there = |whole: u32| {
        market_in(whole) || ctx.destination.is_in(whole) || (or_may_be && ctx.destination.may_be_in(whole))
    };
    let of = terms.economies();
    let takes_part = of.is_empty() || (of.iter().any(|it| issuer_in(*it)) && of.iter().any(|it| there(*it)));
    let accepts = move |importer: &PartyTerms, exporter: &PartyTerms| {
        importer.accepts && market_in(importer.economy) && (importer.economy != exporter.economy || terms.within_party)
    };
    let parties = if takes_part { &terms.parties[..] } else { &[] };
    parties.iter().filter(move |exporter| {
        exporter.is_accepted
            && issuer_in(exporter.economy)
            && parties.iter().any(|importer| accepts(importer, exporter))
    })
}

/// What is missing where it cannot be said between whom an annex is.
fn parties_missing(ctx: &Context<'_, '_>, market: &Market<'_, '_>, terms: &Terms) -> Finding {
    if !ctx.issuer.is_known() {
        return ctx.issuer_unknown();
    }
    let sides = [&market.place, &ctx.destination, &ctx.origin];
    let named = terms.parties.iter().map(|party| party.economy).chain(terms.economies().iter().copied());
    let mut missing = named.filter_map(|whole| ctx.any_missing(&sides, whole));
    missing.next().unwrap_or_else(|| ctx.issuer_unknown())
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
    let by_code = if not.codes.is_everything() { Coverage::Outside } else { ctx.coverage(&not.codes) };
    let sides = [&market.place, &ctx.destination];
    let missing = || {
        let by_economy = not.economies.iter().find_map(|it| ctx.any_missing(&sides, *it));
        by_economy.or_else(|| not.origins.iter().find_map(|it| ctx.membership_missing(&ctx.origin, *it)))
    };
    match by_code {
        Coverage::Outside => missing().map_or(Coverage::Outside, Coverage::Unknown),
        known => known,
    }
}

/// The transition periods that run on the day, whomever they concern.
fn running<'x>(ctx: &Context<'_, '_>, annex: &'x Annex) -> impl Iterator<Item = &'x TransitionPeriod> {
    let (date, without_special) = (ctx.date(), ctx.without_special_treatment);
    let runs = move |it: &&TransitionPeriod| date < it.ends_on && !(it.special_and_differential && without_special);
    annex.transitions.iter().filter(runs)
}

/// What is missing where it cannot be said whether a condition is for this market.
fn condition_missing(ctx: &Context<'_, '_>, market: &Market<'_, '_>, annex: &Annex) -> Option<Finding> {
    let sides = [&market.place, &ctx.destination];
    let unsaid = annex.conditions.iter().filter(|it| !sides.iter().any(|side| side.is_within_any(&it.markets)));
    unsaid.flat_map(|it| &it.markets).find_map(|whole| {
        let number = ctx.catalogue.economy(whole)?.number;
        sides.iter().find_map(|side| ctx.membership_missing(side, number))
    })
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
