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
    pub(super) counts: Counts,
    /// Whether it counts only since the goods are stock that is exempt.
    pub(super) exempt: bool,
}

/// The acceptances of a requirement that are in force, by whether they count.
pub(super) struct Standing<'a> {
    /// In the order of the requirement.
    pub(super) all: SmallVec<[Stands<'a>; 4]>,
    /// Whether any depends on when the result was granted.
    pub(super) depends_on_grant: bool,
    /// Whether any counts only since the goods are stock that is exempt.
    pub(super) some_exempt: bool,
}

/// Which of the acceptances a chain may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// Those that count.
    Plain,
    /// Those that count since the goods are stock that is exempt.
    Exempt,
    /// Those that count if the result was granted early enough.
    IfGranted,
}

impl Stands<'_> {
    fn is_in(&self, tier: Tier) -> bool {
        match tier {
            Tier::Plain => self.counts == Counts::Yes && !self.exempt,
            Tier::Exempt => self.counts == Counts::Yes && self.exempt,
            Tier::IfGranted => self.counts == Counts::NeedsGrantDate,
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
        let (mut depends_on_grant, mut some_exempt) = (false, false);
        let all = entry.acceptances.iter().enumerate();
        let all = all.filter(|(_, terms)| terms.in_force(ctx.date()) && which(terms));
        let all = all
            .map(|(place, terms)| {
                let (counts, exempt) = edition_counts(ctx, market, terms);
                depends_on_grant |= counts == Counts::NeedsGrantDate;
                some_exempt |= exempt;
                Stands { place, terms, counts, exempt }
            })
            .collect();
        Self { all, depends_on_grant, some_exempt }
    }

    /// The places of those that count, or count if the result was granted early enough.
    pub(super) fn that(&self, counts: Counts) -> impl Iterator<Item = usize> + '_ {
        self.all.iter().filter(move |it| it.counts == counts).map(|it| it.place)
    }

    /// The cheapest chain to one of these.
    pub(super) fn chain<'n>(
        &self,
        net: Net<'n>,
        held: &[(u32, Held)],
        limit: usize,
        tier: Tier,
    ) -> Option<chain::Found<'n>> {
        // From where a link leads to one of these, whenever it is in force.
        let wanted = self.all.iter().filter(|it| it.is_in(tier)).map(|it| it.terms.wanted.node());
        let sources: SmallVec<[&[u32]; 4]> = wanted.map(|node| net.catalogue.links().sources_of(node)).collect();
        let leads = |node: u32| sources.iter().any(|from| from.binary_search(&node).is_ok());
        chain::search(net, held, limit, |held| self.met_by(tier, held), leads)
    }

    /// The place of the first of these that something held is.
    fn met_by(&self, tier: Tier, held: Held) -> Option<usize> {
        self.all.iter().find(|it| it.is_in(tier) && it.terms.wanted.is_met_by(held)).map(|it| it.place)
    }
}

/// By the calendars of what is accepted and of what must be certified beside it: each must let its edition count.
fn edition_counts(ctx: &Context<'_, '_>, market: &Market<'_, '_>, terms: &AcceptanceTerms) -> (Counts, bool) {
    let (mut counts, mut exempt) = (Counts::Yes, false);
    for Calendar { standard, transition } in here(ctx, market, terms) {
        match transition.counts(standard, ctx.date(), ctx.question.granted_on, ctx.question.stock) {
            Counts::Yes => {}
            Counts::No => return (Counts::No, false),
            Counts::NeedsGrantDate | Counts::NeedsEntryIntoForce => counts = Counts::NeedsGrantDate,
        }
        exempt |= transition.exempts(standard, ctx.date(), ctx.question.stock);
    }
    (counts, exempt)
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

/// Whether an acceptance counts for a result that is granted on the day. Whatever the market is within, the destination is.
pub(super) fn counts_anew(ctx: &Context<'_, '_>, terms: &AcceptanceTerms) -> bool {
    let (date, stock) = (ctx.date(), ctx.question.stock);
    let here = terms.calendars().iter().filter(|it| ctx.destination.is_within(&it.transition.market));
    here.map(|it| it.transition.counts(&it.standard, date, Some(date), stock)).all(|counts| counts == Counts::Yes)
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

/// That whether an acceptance counts depends on when the result was granted.
pub(super) fn grant_date_missing(ctx: &Context<'_, '_>, market: &Market<'_, '_>, terms: &AcceptanceTerms) -> Finding {
    let depends = |it: &&Calendar| {
        it.transition.counts(&it.standard, ctx.date(), None, ctx.question.stock) == Counts::NeedsGrantDate
    };
    let standard = here(ctx, market, terms).find(depends).map_or_else(String::new, |it| it.standard.to_string());
    let market = ctx.destination.economy.as_str();
    let message = format!("whether {market} still accepts {standard} depends on when the result was granted");
    Finding::about("granted_on_missing", "standard", standard, message)
}
