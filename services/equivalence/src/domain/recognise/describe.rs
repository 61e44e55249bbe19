//! Why a route failed and what would mend it, in words.

use super::annex::Failed;
use super::context::Context;
use crate::domain::arrangement::{Annex, Arrangement};
use crate::domain::decision::Check;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::{Acceptance, Requirement};

/// The reason and the mend.
pub(super) fn miss(ctx: &Context<'_>, requirement: &Requirement, failed: &Failed<'_>) -> (String, String) {
    match failed.annex {
        Some(annex) => by_annex(ctx, requirement, annex, failed.check),
        None => direct(ctx, requirement, failed),
    }
}

/// How many things a sentence names before it only counts them.
const MOST_NAMED: usize = 5;

fn list(items: impl IntoIterator<Item = String>) -> String {
    let mut items: Vec<_> = items.into_iter().collect();
    items.dedup();
    if items.is_empty() {
        return "nothing".to_owned();
    }
    let more = items.len().saturating_sub(MOST_NAMED);
    items.truncate(MOST_NAMED);
    let named = items.join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

fn certified(ctx: &Context<'_>) -> String {
    list(ctx.question.certified.iter().map(ToString::to_string))
}

fn accepted(ctx: &Context<'_>, requirement: &Requirement) -> String {
    let in_force = requirement.acceptances.iter().filter(|acceptance| acceptance.in_force(ctx.date()));
    list(in_force.map(|acceptance| acceptance.target.to_string()))
}

fn acceptable_bodies(acceptance: &Acceptance) -> String {
    let rule = &acceptance.bodies;
    let economies = rule.economies.iter().map(|economy| format!("a body of {}", economy.as_str()));
    let named = rule.bodies.iter().map(ToString::to_string);
    let all: Vec<_> = named.chain(economies).collect();
    if all.is_empty() { "a body that an arrangement covers".to_owned() } else { format!("one of: {}", list(all)) }
}

fn direct(ctx: &Context<'_>, requirement: &Requirement, failed: &Failed<'_>) -> (String, String) {
    let market = requirement.market.as_str();
    let body = &ctx.question.body;
    match (failed.check, failed.acceptance) {
        (Check::Object, Some(acceptance)) => {
            let kinds = list(acceptance.objects.iter().map(|object| object.words()));
            (
                format!("{market} accepts {kinds} for this requirement, not {}", ctx.question.object.words()),
                format!("obtain one of: {kinds}, to {}", acceptance.target),
            )
        }
        (Check::Body, Some(acceptance)) => (
            format!(
                "{market} accepts {}, but not from {body} of {}, and no arrangement that covers it leads there",
                acceptance.target,
                ctx.issuer.as_str()
            ),
            format!("have {} certified by {}", acceptance.target, acceptable_bodies(acceptance)),
        ),
        _ => {
            let wanted = accepted(ctx, requirement);
            (
                format!("{market} accepts {wanted}; certified was {}", certified(ctx)),
                format!("certify to one of: {wanted}"),
            )
        }
    }
}

fn by_annex(ctx: &Context<'_>, requirement: &Requirement, annex: &Annex, check: Check) -> (String, String) {
    let date = ctx.date();
    let name = &annex.name;
    let body = &ctx.question.body;
    let issuer = ctx.issuer.as_str();
    let arrangement = ctx.catalogue.arrangements.get(&annex.arrangement).map(|it| &**it);
    match check {
        Check::Parties | Check::Body => (
            format!("{} does not carry results of {issuer} to {}", annex.arrangement, requirement.market.as_str()),
            format!("have the goods certified by a body of {}", exporters(arrangement, &requirement.market)),
        ),
        Check::Scheme => {
            let covered = list(annex.covered.iter().map(ToString::to_string));
            (
                format!("{name} covers {covered}; certified was {}", certified(ctx)),
                format!("certify to one of: {covered}"),
            )
        }
        Check::Code => {
            let code = &ctx.question.code;
            (
                format!("{name} does not cover {code}"),
                format!("none by this annex while {code} is outside it; ask the parties to extend it"),
            )
        }
        Check::Object => {
            let objects = list(annex.objects.iter().map(|object| object.words()));
            (
                format!("{name} covers {objects}, not {}", ctx.question.object.words()),
                format!("obtain one of: {objects}"),
            )
        }
        Check::ArrangementInForce => when(
            &annex.arrangement.name(),
            arrangement.and_then(Arrangement::applies_from).filter(|from| date < *from).map(|from| from.to_string()),
            arrangement.and_then(|it| it.lapse.as_ref()).filter(|end| date >= end.on).map(|end| end.on.to_string()),
            ctx,
        ),
        Check::AnnexInForce => {
            let lapsed = annex.lapse.as_ref().map(|end| end.on).filter(|on| date >= *on);
            let over = annex.validity.until.filter(|until| date >= *until);
            when(
                &name.name(),
                (date < annex.validity.from).then(|| annex.validity.from.to_string()),
                lapsed.or(over).map(|on| on.to_string()),
                ctx,
            )
        }
        Check::Exclusions => (
            format!("{name} excludes this body, economy, origin or code"),
            "choose a body or goods that the annex does not exclude".to_owned(),
        ),
        Check::Origin => (
            format!(
                "{name} covers goods that originate in the party that certified them, not in {}",
                ctx.question.origin.as_str()
            ),
            "have the goods certified in the economy where they originate".to_owned(),
        ),
        Check::Transition => {
            let until = annex.transitions.iter().map(|period| period.ends_on).filter(|ends_on| date < *ends_on).max();
            let until = until.map_or_else(String::new, |until| until.to_string());
            (
                format!("under {name} a transition period of one of the parties runs until {until}"),
                format!("wait until {until}, or certify with a body that the market accepts directly"),
            )
        }
        Check::Designation => {
            let known = ctx.catalogue.designations_of(name, body);
            let state = match known {
                [] => "is not designated",
                known if known.iter().any(|it| it.validity.contains(date) && it.is_suspended(date)) => "is suspended",
                known if known.iter().all(|it| !it.validity.contains(date)) => "is not designated on this date",
                _ => "is not designated for these goods and this scheme",
            };
            let others = ctx.catalogue.designations_under(name).iter();
            let others = others.filter(|it| it.validity.contains(date) && !it.is_suspended(date));
            let others = list(others.filter(|it| it.body != *body).map(|it| it.body.name()));
            (
                format!("{body} {state} under {name} on {date}"),
                format!("have {body} designated, or certify with a designated body: {others}"),
            )
        }
        Check::Chain => {
            let wanted = accepted(ctx, requirement);
            (
                format!(
                    "no chain of at most {} equivalences in force leads from {} to {wanted}",
                    annex.chain_limit(),
                    certified(ctx)
                ),
                format!("test and certify to one of: {wanted}"),
            )
        }
    }
}

fn exporters(arrangement: Option<&Arrangement>, market: &EconomyCode) -> String {
    let parties = arrangement.map_or(&[][..], |it| &it.parties);
    let accepted = parties.iter().filter(|party| party.is_accepted() && party.economy != *market);
    list(accepted.map(|party| party.economy.as_str().to_owned()))
}

fn when(name: &str, from: Option<String>, since: Option<String>, ctx: &Context<'_>) -> (String, String) {
    let mend = "certify with a body that the market accepts directly";
    match (from, since) {
        (Some(from), _) => (format!("{name} is in force only from {from}"), format!("wait until {from}, or {mend}")),
        (None, Some(since)) => (format!("{name} ended on {since} and covers no later results"), mend.to_owned()),
        (None, None) => (format!("{name} is suspended or not in force on {}", ctx.date()), mend.to_owned()),
    }
}
