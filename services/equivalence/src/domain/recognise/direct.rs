//! The direct route: of an accepted scheme or standard itself, from a body that the market accepts.

use std::sync::Arc;

use smallvec::SmallVec;

use super::annex::{Failed, Verdict};
use super::context::Context;
use super::market::Market;
use super::standing::{self, Standing};
use super::way;
use crate::domain::catalogue::RequirementEntry;
use crate::domain::decision::{Check, Conditions, Finding, Route};
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::words::RecognitionEffect;

/// That somebody may be accepted whom the catalogue does not list.
pub(super) const BODIES_UNKNOWN: &str = "accepted_bodies_unknown";

pub(super) fn attempt<'a>(
    ctx: &Context<'a, '_>,
    market: &Market<'a, '_>,
    entry: &'a RequirementEntry,
    standing: &Standing<'a>,
) -> Verdict<'a> {
    let requirement = &entry.requirement;
    let mut nearest = Failed { annex: None, check: Check::Scheme, acceptance: None };
    let mut missing = None;
    // What counts only since the goods are exempt stock comes after what counts anyhow.
    let mut exempt = None;
    for it in &standing.all {
        let Some(held) = ctx.held.iter().position(|held| it.terms.wanted.is_met_by(*held)) else { continue };
        let acceptance = || &requirement.acceptances[it.place];
        let accepts_body = ctx.accepts_body(it.terms);
        let check = if !it.terms.accepts(ctx.question.object) {
            Check::Object
        } else if accepts_body == Some(false) {
            if it.terms.incomplete && !it.terms.excludes(ctx.body) {
                missing.get_or_insert_with(|| bodies_unknown(ctx, requirement, acceptance()));
            }
            Check::Body
        } else {
            match it.counts {
                Some(true) | None if accepts_body.is_none() => {
                    missing.get_or_insert_with(|| ctx.body_missing(it.terms));
                    continue;
                }
                Some(true) if it.exempt => {
                    exempt.get_or_insert((it, held));
                    continue;
                }
                Some(true) => return Verdict::Route(route(requirement, it.place, held)),
                None => {
                    if it.bloc_decides {
                        ctx.note_calendar_in_doubt();
                    }
                    missing.get_or_insert_with(|| standing::missing(ctx, market, it.terms));
                    continue;
                }
                Some(false) => Check::Edition,
            }
        };
        let failed = Failed { annex: None, check, acceptance: Some(it.place) };
        if failed.checks_passed() > nearest.checks_passed() {
            nearest = failed;
        }
    }
    match (exempt, missing) {
        (Some((it, held)), _) => {
            let mut found = route(requirement, it.place, held);
            way::exempt(&mut found, standing::exemptions(ctx, market, it.terms));
            Verdict::Route(found)
        }
        (None, Some(finding)) => Verdict::Missing { annex: None, finding },
        (None, None) => Verdict::Failed(nearest),
    }
}

fn route(requirement: &Arc<Requirement>, place: usize, held: usize) -> Route<'_> {
    Route {
        requirement,
        certified: held,
        acceptance: place,
        annex: None,
        designation: None,
        links: SmallVec::new(),
        effect: RecognitionEffect::Full,
        conditions: Conditions::new(),
        exemptions: Vec::new(),
    }
}

fn bodies_unknown(ctx: &Context<'_, '_>, requirement: &Requirement, acceptance: &Acceptance) -> Finding {
    let (body, market, target) = (&ctx.question.body, requirement.market.as_str(), &acceptance.target);
    let message =
        format!("the catalogue does not hold every body whose {target} {market} accepts, and does not list {body}");
    Finding::about(BODIES_UNKNOWN, "body", body, message)
}
