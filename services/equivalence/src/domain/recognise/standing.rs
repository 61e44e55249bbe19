//! Which of the things that a requirement accepts count on the day: in force, and by the market's calendar of editions
//! still, or already, good for a result granted when this one was.

use chrono::NaiveDate;

use super::context::Context;
use super::market::Market;
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::Finding;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::standard::EditionTransition;
use crate::domain::time::Counts;

/// The acceptances of a requirement that are in force, by whether they count.
pub(super) struct Standing<'a> {
    /// Each with whether it counts, in the order of the requirement.
    pub(super) all: Vec<(&'a Acceptance, Counts)>,
    /// Whether any depends on when the result was granted.
    pub(super) depends_on_grant: bool,
}

impl<'a> Standing<'a> {
    pub(super) fn new(ctx: &Context<'a>, market: &Market<'a>, requirement: &'a Requirement) -> Self {
        let mut depends_on_grant = false;
        let in_force = requirement.acceptances.iter().filter(|acceptance| acceptance.in_force(ctx.date()));
        let all = in_force
            .map(|acceptance| {
                let counts = edition_counts(ctx, market, acceptance);
                depends_on_grant |= counts == Counts::NeedsGrantDate;
                (acceptance, counts)
            })
            .collect();
        Self { all, depends_on_grant }
    }

    /// Those that count, or count if the result was granted early enough.
    pub(super) fn that(&self, counts: Counts) -> impl Iterator<Item = &'a Acceptance> + '_ {
        self.all.iter().filter(move |(_, it)| *it == counts).map(|(acceptance, _)| *acceptance)
    }
}

fn edition_counts(ctx: &Context<'_>, market: &Market<'_>, acceptance: &Acceptance) -> Counts {
    let TargetKey::Standard(standard) = &acceptance.target.name else { return Counts::Yes };
    let mut counts = Counts::Yes;
    for transition in ctx.catalogue.transitions_of(standard) {
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

pub(super) fn grant_date_missing(ctx: &Context<'_>, acceptance: &Acceptance) -> Finding {
    let target = &acceptance.target;
    let market = ctx.destination.economy.as_str();
    let message = format!("whether {market} still accepts {target} depends on when the result was granted");
    Finding::about("granted_on_missing", "standard", target, message)
}
