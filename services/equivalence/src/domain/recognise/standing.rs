//! Which of the things that a requirement accepts count on the day: in force, and by the market's calendar of editions
//! still, or already, good for a result granted when this one was.

use chrono::NaiveDate;
use smallvec::SmallVec;

use super::chain::{self, Net};
use super::context::Context;
use super::market::Market;
use crate::domain::catalogue::{AcceptanceTerms, Catalogue, Held, RequirementEntry};
use crate::domain::decision::Finding;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::Acceptance;
use crate::domain::standard::EditionTransition;
use crate::domain::time::Counts;

/// An acceptance that is in force: its place in the requirement, and whether it counts.
#[derive(Clone, Copy)]
pub(super) struct Stands<'a> {
    pub(super) place: usize,
    pub(super) terms: &'a AcceptanceTerms,
    pub(super) counts: Counts,
}

/// The acceptances of a requirement that are in force, by whether they count.
pub(super) struct Standing<'a> {
    /// In the order of the requirement.
    pub(super) all: SmallVec<[Stands<'a>; 4]>,
    /// Whether any depends on when the result was granted.
    pub(super) depends_on_grant: bool,
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
        let mut depends_on_grant = false;
        let all = entry.acceptances.iter().enumerate();
        let all = all.filter(|(_, terms)| terms.in_force(ctx.date()) && which(terms));
        let all = all
            .map(|(place, terms)| {
                let counts = edition_counts(ctx, market, entry, place, terms);
                depends_on_grant |= counts == Counts::NeedsGrantDate;
                Stands { place, terms, counts }
            })
            .collect();
        Self { all, depends_on_grant }
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
        counts: Counts,
    ) -> Option<chain::Found<'n>> {
        // From where a link leads to one of these, whenever it is in force.
        let wanted = self.all.iter().filter(|it| it.counts == counts).map(|it| it.terms.wanted.node());
        let sources: SmallVec<[&[u32]; 4]> = wanted.map(|node| net.catalogue.links().sources_of(node)).collect();
        let leads = |node: u32| sources.iter().any(|from| from.binary_search(&node).is_ok());
        chain::search(net, held, limit, |held| self.met_by(counts, held), leads)
    }

    /// The place of the first of these that something held is.
    fn met_by(&self, counts: Counts, held: Held) -> Option<usize> {
        self.all.iter().find(|it| it.counts == counts && it.terms.wanted.is_met_by(held)).map(|it| it.place)
    }
}

fn edition_counts(
    ctx: &Context<'_, '_>,
    market: &Market<'_, '_>,
    entry: &RequirementEntry,
    place: usize,
    terms: &AcceptanceTerms,
) -> Counts {
    let transitions = terms.transitions();
    if transitions.is_empty() {
        return Counts::Yes;
    }
    let TargetKey::Standard(standard) = &entry.requirement.acceptances[place].target.name else { return Counts::Yes };
    let mut counts = Counts::Yes;
    for transition in transitions {
        if !(market.place.is_within(&transition.market) || ctx.destination.is_within(&transition.market)) {
            continue;
        }
        match transition.counts(standard, ctx.date(), ctx.question.granted_on) {
            Counts::Yes => {}
            Counts::No => return Counts::No,
            Counts::NeedsGrantDate | Counts::NeedsEntryIntoForce => counts = Counts::NeedsGrantDate,
        }
    }
    counts
}

/// The transition by which an acceptance does not count in a market; the first by name.
pub(super) fn refusing<'a>(
    catalogue: &'a Catalogue,
    acceptance: &Acceptance,
    within: impl Fn(&EconomyCode) -> bool,
    date: NaiveDate,
    granted_on: Option<NaiveDate>,
) -> Option<&'a EditionTransition> {
    let TargetKey::Standard(standard) = &acceptance.target.name else { return None };
    let mut transitions = catalogue.transitions_of(standard).iter().filter(|it| within(&it.market));
    transitions.find(|it| it.counts(standard, date, granted_on) == Counts::No).map(|it| &**it)
}

pub(super) fn grant_date_missing(ctx: &Context<'_, '_>, acceptance: &Acceptance) -> Finding {
    let target = &acceptance.target;
    let market = ctx.destination.economy.as_str();
    let message = format!("whether {market} still accepts {target} depends on when the result was granted");
    Finding::about("granted_on_missing", "standard", target, message)
}
