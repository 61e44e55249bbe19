//! The direct route: of an accepted scheme or standard itself, from a body that the market accepts.

use super::annex::{Failed, Verdict};
use super::context::Context;
use crate::domain::decision::{Check, Route};
use crate::domain::requirement::Requirement;
use crate::domain::words::RecognitionEffect;

pub(super) fn attempt<'a>(ctx: &Context<'a>, requirement: &'a Requirement) -> Verdict<'a> {
    let mut nearest = Failed { annex: None, check: Check::Scheme, acceptance: None };
    for acceptance in requirement.acceptances.iter().filter(|acceptance| acceptance.in_force(ctx.date())) {
        let held = ctx.question.certified.iter().find(|held| ctx.satisfies(held, &acceptance.target));
        let Some(certified) = held else { continue };
        let check = if !acceptance.objects.is_empty() && !acceptance.objects.contains(&ctx.question.object) {
            Check::Object
        } else if !ctx.accepts_body(&acceptance.bodies) {
            Check::Body
        } else {
            return Verdict::Route(Box::new(Route {
                requirement: requirement.name.clone(),
                certified: certified.clone(),
                accepted: acceptance.target.clone(),
                annex: None,
                designation: None,
                legal_reference: requirement.legal_reference.clone(),
                links: Vec::new(),
                effect: RecognitionEffect::Full,
                conditions: Vec::new(),
            }));
        };
        let failed = Failed { annex: None, check, acceptance: Some(acceptance) };
        if failed.checks_passed() > nearest.checks_passed() {
            nearest = failed;
        }
    }
    Verdict::Failed(nearest)
}
