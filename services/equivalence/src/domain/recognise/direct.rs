//! The direct route: of an accepted scheme or standard itself, from a body that the market accepts.

use std::sync::Arc;

use super::annex::{Failed, Verdict};
use super::context::Context;
use super::standing::{self, Standing};
use crate::domain::decision::{Check, Finding, Route};
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::time::Counts;
use crate::domain::words::RecognitionEffect;

pub(super) fn attempt<'a>(
    ctx: &Context<'a>,
    requirement: &'a Arc<Requirement>,
    standing: &Standing<'a>,
) -> Verdict<'a> {
    let mut nearest = Failed { annex: None, check: Check::Scheme, acceptance: None };
    let mut missing = None;
    for (acceptance, counts) in &standing.all {
        let held = ctx.question.certified.iter().find(|held| ctx.satisfies(held, &acceptance.target));
        let Some(certified) = held else { continue };
        let check = if !acceptance.objects.is_empty() && !acceptance.objects.contains(&ctx.question.object) {
            Check::Object
        } else if !ctx.accepts_body(&acceptance.bodies) {
            if acceptance.bodies.incomplete && !acceptance.bodies.excluded_bodies.contains(&ctx.question.body) {
                missing.get_or_insert_with(|| bodies_unknown(ctx, requirement, acceptance));
            }
            Check::Body
        } else {
            match counts {
                Counts::Yes => {
                    return Verdict::Route(Box::new(Route {
                        requirement: requirement.clone(),
                        certified: certified.clone(),
                        accepted: acceptance.target.clone(),
                        annex: None,
                        designation: None,
                        links: Vec::new(),
                        effect: RecognitionEffect::Full,
                        conditions: Vec::new(),
                    }));
                }
                Counts::NeedsGrantDate | Counts::NeedsEntryIntoForce => {
                    missing.get_or_insert_with(|| standing::grant_date_missing(ctx, acceptance));
                    continue;
                }
                Counts::No => Check::Edition,
            }
        };
        let failed = Failed { annex: None, check, acceptance: Some(acceptance) };
        if failed.checks_passed() > nearest.checks_passed() {
            nearest = failed;
        }
    }
    match missing {
        Some(finding) => Verdict::Missing { annex: None, finding },
        None => Verdict::Failed(nearest),
    }
}

fn bodies_unknown(ctx: &Context<'_>, requirement: &Requirement, acceptance: &Acceptance) -> Finding {
    let (body, market, target) = (&ctx.question.body, requirement.market.as_str(), &acceptance.target);
    let message =
        format!("the catalogue does not hold every body whose {target} {market} accepts, and does not list {body}");
    Finding::about("accepted_bodies_unknown", "body", body, message)
}
