//! Which of the things that a requirement accepts count on the day: in force, and by the market's calendar of editions
//! still, or already, good for a result granted when this one was.

use chrono::NaiveDate;
use smallvec::SmallVec;

use super::chain::{self, Net};
use super::context::Context;
use super::market::Market;
use crate::domain::catalogue::{AcceptanceTerms, Calendar, Held, RequirementEntry};
use crate::domain::decision::{Exemption, Finding};
use crate::domain::key::EconomyCode;
use crate::domain::standard::Stock;
use crate::domain::time::Counts;

/// An acceptance that is in force: its place in the requirement, and whether it counts.
#[derive(Clone, Copy)]
pub(super) struct Stands<'a> {
    pub(super) place: usize,
    pub(super) terms: &'a AcceptanceTerms,
    /// None where that depends on what is not known: see [`missing`].
    pub(super) counts: Option<bool>,
    /// Whether it counts only since the goods are stock that is exempt.
    pub(super) exempt: bool,
    /// Whether it counts but for the calendar of a bloc, and nobody knows whether the market belongs to that.
    pub(super) bloc_decides: bool,
}

/// The acceptances of a requirement that are in force, by whether they count.
pub(super) struct Standing<'a> {
    /// In the order of the requirement.
    pub(super) all: SmallVec<[Stands<'a>; 4]>,
    /// Whether of any it is not known whether it counts.
    pub(super) some_in_doubt: bool,
    /// Whether any counts only since the goods are stock that is exempt.
    pub(super) some_exempt: bool,
    /// Whether of any a bloc decides.
    some_bloc_decides: bool,
}

/// Which of the acceptances a chain may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// Those that count.
    Plain,
    /// Those that count since the goods are stock that is exempt.
    Exempt,
    /// Those that count or do not by what is not known: when the result was granted, or who belongs to a bloc.
    InDoubt,
}

impl Stands<'_> {
    fn is_in(&self, tier: Tier) -> bool {
        match tier {
            Tier::Plain => self.counts == Some(true) && !self.exempt,
            Tier::Exempt => self.counts == Some(true) && self.exempt,
            Tier::InDoubt => self.counts.is_none(),
        }
    }
}

impl<'a> Standing<'a> {
    /// Those of which what must be certified beside them is.
    pub(super) fn new(ctx: &Context<'a, '_>, market: &Market<'a, '_>, entry: &'a RequirementEntry) -> Self {
        Self::of(ctx, market, entry, |terms| terms.is_complete(&ctx.held))
    }

    /// Whatever is certified.
    pub(super) fn of_all(ctx: &Context<'a, '_>, market: &Market<'a, '_>, entry: &'a RequirementEntry) -> Self {
        Self::of(ctx, market, entry, |_| true)
    }

    fn of(
        ctx: &Context<'a, '_>,
        market: &Market<'a, '_>,
        entry: &'a RequirementEntry,
        which: impl Fn(&AcceptanceTerms) -> bool,
    ) -> Self {
        let (mut some_in_doubt, mut some_exempt, mut some_bloc_decides) = (false, false, false);
        let all = entry.acceptances.iter().enumerate();
        let all = all.filter(|(_, terms)| terms.in_force(ctx.date()) && which(terms));
        let all = all
            .map(|(place, terms)| {
                let it = by_edition(ctx, market, place, terms);
                some_in_doubt |= it.counts.is_none();
                some_exempt |= it.exempt;
                some_bloc_decides |= it.bloc_decides;
                it
            })
            .collect();
        Self { all, some_in_doubt, some_exempt, some_bloc_decides }
    }

    /// The places of those that count.
    pub(super) fn that_count(&self) -> impl Iterator<Item = usize> + '_ {
        self.all.iter().filter(|it| it.counts == Some(true)).map(|it| it.place)
    }

    /// Whether any of them is in a tier.
    pub(super) fn has(&self, tier: Tier) -> bool {
        self.all.iter().any(|it| it.is_in(tier))
    }

    /// The cheapest chain to one of these.
    pub(super) fn chain<'n>(
        &self,
        net: Net<'n>,
        held: &[(u32, Held)],
        limit: usize,
        tier: Tier,
    ) -> Option<chain::Found<'n>> {
        self.chain_to(net, held, limit, |it| it.is_in(tier))
    }

    /// The chain that would be relied on if no calendar were the market's of a bloc of which nobody knows whether the market
    /// belongs to it; none where that leads to something of which no such bloc decides whether it counts.
    pub(super) fn chain_but_for_blocs<'n>(
        &self,
        net: Net<'n>,
        held: &[(u32, Held)],
        limit: usize,
    ) -> Option<chain::Found<'n>> {
        if !self.some_bloc_decides {
            return None; // most
        }
        let would_count = |it: &Stands<'_>| it.counts == Some(true) || it.bloc_decides;
        let found = [false, true]
            .into_iter()
            .find_map(|exempt| self.chain_to(net, held, limit, |it| it.exempt == exempt && would_count(it)))?;
        let bloc_decides = self.all.iter().any(|it| it.place == found.accepted && it.bloc_decides);
        bloc_decides.then_some(found)
    }

    /// The cheapest chain to one of those that are wanted.
    fn chain_to<'n>(
        &self,
        net: Net<'n>,
        held: &[(u32, Held)],
        limit: usize,
        is_wanted: impl Fn(&Stands<'a>) -> bool,
    ) -> Option<chain::Found<'n>> {
        let wanted: SmallVec<[&Stands<'a>; 4]> = self.all.iter().filter(|it| is_wanted(it)).collect();
        // From where a link leads to one of these, whenever it is in force.
        let sources = wanted.iter().map(|it| net.catalogue.links().sources_of(it.terms.wanted.node()));
        let sources: SmallVec<[&[u32]; 4]> = sources.collect();
        let leads = |node: u32| sources.iter().any(|from| from.binary_search(&node).is_ok());
        let met_by = |held: Held| wanted.iter().find(|it| it.terms.wanted.is_met_by(held)).map(|it| it.place);
        chain::search(net, held, limit, met_by, leads)
    }
}

/// By the calendars of what is accepted and of what must be certified beside it: each must let its edition count.
fn by_edition<'a>(
    ctx: &Context<'_, '_>,
    market: &Market<'_, '_>,
    place: usize,
    terms: &'a AcceptanceTerms,
) -> Stands<'a> {
    let mut stands = Stands { place, terms, counts: Some(true), exempt: false, bloc_decides: false };
    for it in here(ctx, market, terms) {
        match by_calendar(ctx, it) {
            Counts::Yes => {}
            Counts::No => return Stands { counts: Some(false), exempt: false, ..stands },
            Counts::NeedsGrantDate | Counts::NeedsEntryIntoForce => stands.counts = None,
        }
        stands.exempt |= it.transition.exempts(&it.standard, ctx.date(), ctx.question.stock);
    }
    if stands.counts.is_some() && perhaps_here(ctx, market, terms).is_some() {
        (stands.counts, stands.bloc_decides) = (None, true);
    }
    stands
}

/// Whether a calendar lets its edition count.
fn by_calendar(ctx: &Context<'_, '_>, it: &Calendar) -> Counts {
    it.transition.counts(&it.standard, ctx.date(), ctx.question.granted_on, ctx.question.stock)
}

/// The calendars of the market and of the destination that bear on an acceptance, by name.
fn here<'a>(
    ctx: &Context<'_, '_>,
    market: &Market<'_, '_>,
    terms: &'a AcceptanceTerms,
) -> impl Iterator<Item = &'a Calendar> {
    terms.calendars().iter().filter(|it| {
        let of = &it.transition.market;
        market.place.is_within(of) || ctx.destination.is_within(of)
    })
}

/// The bloc, as its number, of the first calendar of which it matters that nobody knows whether the market or the destination
/// belongs to that.
fn perhaps_here(ctx: &Context<'_, '_>, market: &Market<'_, '_>, terms: &AcceptanceTerms) -> Option<u32> {
    let sides = [&market.place, &ctx.destination];
    if sides.iter().all(|side| side.possible().is_empty()) {
        return None; // most
    }
    let elsewhere =
        terms.calendars().iter().filter(|it| !sides.iter().any(|side| side.is_within(&it.transition.market)));
    elsewhere.filter(|it| matters(ctx, it)).find_map(|it| {
        let bloc = ctx.catalogue.economy(&it.transition.market)?.number;
        sides.iter().any(|side| side.may_be_in(bloc)).then_some(bloc)
    })
}

/// Whether a calendar makes a difference where it bears on an acceptance: that does not count, or counts on a condition.
fn matters(ctx: &Context<'_, '_>, it: &Calendar) -> bool {
    let transition = &it.transition;
    let shown = transition.stock_exemption.as_ref().is_some_and(|it| !it.provided.is_empty());
    by_calendar(ctx, it) != Counts::Yes || (shown && transition.exempts(&it.standard, ctx.date(), ctx.question.stock))
}

/// Whether an acceptance counts for a result that is granted on the day; none where that depends on what is not known.
/// Whatever the market is within or may be, the destination is or may be.
pub(super) fn counts_anew(ctx: &Context<'_, '_>, terms: &AcceptanceTerms) -> Option<bool> {
    let (date, stock) = (ctx.date(), ctx.question.stock);
    let may_be_here = |whole: &EconomyCode| {
        let number = || ctx.catalogue.economy(whole).map(|it| it.number);
        !ctx.destination.possible().is_empty() && number().is_some_and(|it| ctx.destination.may_be_in(it))
    };
    let mut anew = Some(true);
    for it in terms.calendars() {
        let surely = ctx.destination.is_within(&it.transition.market);
        if !surely && !may_be_here(&it.transition.market) {
            continue;
        }
        match it.transition.counts(&it.standard, date, Some(date), stock) {
            Counts::Yes => {}
            Counts::No if surely => return Some(false),
            Counts::No | Counts::NeedsGrantDate | Counts::NeedsEntryIntoForce => anew = None,
        }
    }
    anew
}

/// The transitions from which the goods are exempt, where an acceptance counts for that reason; by name.
pub(super) fn exemptions<'a>(
    ctx: &Context<'_, '_>,
    market: &Market<'_, '_>,
    terms: &'a AcceptanceTerms,
) -> Vec<Exemption<'a>> {
    let stock = ctx.question.stock;
    let exempts = here(ctx, market, terms).filter(|it| it.transition.exempts(&it.standard, ctx.date(), stock));
    exempts.map(|it| Exemption { transition: &it.transition, stock }).collect()
}

/// The calendar by which an acceptance does not count in a market; the first by name.
pub(super) fn refusing(
    calendars: &[Calendar],
    within: impl Fn(&EconomyCode) -> bool,
    date: NaiveDate,
    granted_on: Option<NaiveDate>,
    stock: Stock,
) -> Option<&Calendar> {
    let mut calendars = calendars.iter().filter(|it| within(&it.transition.market));
    calendars.find(|it| it.transition.counts(&it.standard, date, granted_on, stock) == Counts::No)
}

/// What is missing where it cannot be said whether an acceptance counts: when the result was granted, or else whether the
/// market belongs to a bloc that has a calendar.
pub(super) fn missing(ctx: &Context<'_, '_>, market: &Market<'_, '_>, terms: &AcceptanceTerms) -> Finding {
    let dated = here(ctx, market, terms).find(|it| by_calendar(ctx, it) == Counts::NeedsGrantDate);
    if dated.is_none()
        && let Some(bloc) = perhaps_here(ctx, market, terms)
        && let Some(finding) =
            [&market.place, &ctx.destination].into_iter().find_map(|side| ctx.membership_missing(side, bloc))
    {
        return finding;
    }
    let standard = dated.map_or_else(String::new, |it| it.standard.to_string());
    let market = ctx.destination.economy.as_str();
    let message = format!("whether {market} still accepts {standard} depends on when the result was granted");
    Finding::about("granted_on_missing", "standard", standard, message)
}
