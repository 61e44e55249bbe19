//! Why a route failed and what would mend it, in words.

use chrono::NaiveDate;

use super::annex::Failed;
use super::context::{Context, Place};
use super::standing;
use crate::domain::arrangement::Arrangement;
use crate::domain::catalogue::AnnexEntry;
use crate::domain::decision::Check;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::standard::{EditionTransition, Stock};
use crate::domain::words::ConversionConsequence;

/// The reason and the mend.
pub(super) fn miss(ctx: &Context<'_, '_>, requirement: &Requirement, failed: &Failed<'_>) -> (String, String) {
    match failed.annex {
        Some(entry) => by_annex(ctx, requirement, entry, failed.check),
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

fn certified(ctx: &Context<'_, '_>) -> String {
    list(ctx.question.certified.iter().map(ToString::to_string))
}

fn accepted(ctx: &Context<'_, '_>, requirement: &Requirement) -> String {
    let in_force = requirement.acceptances.iter().filter(|acceptance| acceptance.in_force(ctx.date()));
    list(in_force.map(Acceptance::wanted))
}

fn acceptable_bodies(acceptance: &Acceptance) -> String {
    let rule = &acceptance.bodies;
    let economies = rule.economies.iter().map(|economy| format!("a body of {}", economy.as_str()));
    let named = rule.bodies.iter().map(ToString::to_string);
    let all: Vec<_> = named.chain(economies).collect();
    if all.is_empty() { "a body that an arrangement covers".to_owned() } else { format!("one of: {}", list(all)) }
}

fn direct(ctx: &Context<'_, '_>, requirement: &Requirement, failed: &Failed<'_>) -> (String, String) {
    let market = requirement.market.as_str();
    let body = &ctx.question.body;
    match (failed.check, failed.acceptance.and_then(|at| requirement.acceptances.get(at))) {
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
                ctx.issuer.economy.as_str()
            ),
            format!("have {} certified by {}", acceptance.target, acceptable_bodies(acceptance)),
        ),
        (Check::Edition, Some(acceptance)) => edition(ctx, requirement, acceptance),
        _ => {
            let wanted = accepted(ctx, requirement);
            (format!("{market} accepts {wanted}; certified was {}", certified(ctx)), certify_to(ctx, requirement))
        }
    }
}

/// Why an edition does not count, and what does.
fn edition(ctx: &Context<'_, '_>, requirement: &Requirement, acceptance: &Acceptance) -> (String, String) {
    let market = requirement.market.as_str();
    let date = ctx.date();
    let place = Place::new(ctx.catalogue, &requirement.market, date);
    let within = |it: &EconomyCode| place.is_within(it) || ctx.destination.is_within(it);
    let (granted_on, stock) = (ctx.question.granted_on, ctx.question.stock);
    let Some(transition) = standing::refusing(ctx.catalogue, acceptance, within, date, granted_on, stock) else {
        return (format!("{market} does not count {} on {date}", acceptance.target), certify_to(ctx, requirement));
    };
    let EditionTransition { from_standard, to_standard, .. } = transition;
    if matches!(&acceptance.target.name, TargetKey::Standard(standard) if standard == to_standard) {
        let from = transition.either_from.map_or_else(String::new, |from| from.to_string());
        return (
            format!("{market} counts {to_standard} only from {from}"),
            format!("wait until {from}, or certify to {from_standard}"),
        );
    }
    let early = granted_on.is_none_or(|day| day < transition.new_only_from);
    let exempt = exempt(transition, date, stock, early && transition.convert_by.is_some_and(|by| date > by));
    let mend = format!("convert the certificate to {to_standard}{exempt}");
    let Some(by) = transition.convert_by.filter(|by| date > *by) else {
        let from = transition.new_only_from;
        return (format!("{market} counts {from_standard} only for results granted before {from}"), mend);
    };
    let withdrawn = transition.consequence == Some(ConversionConsequence::Withdraw)
        || transition.withdraw_by.is_some_and(|by| date >= by);
    let state = match (withdrawn, transition.withdraw_by) {
        (true, _) => "is withdrawn".to_owned(),
        (false, Some(by)) => format!("is suspended, to be withdrawn by {by}"),
        (false, None) => "no longer counts".to_owned(),
    };
    (
        format!("{market}: a certificate to {from_standard} that was not converted to {to_standard} by {by} {state}"),
        if withdrawn { format!("certify to {to_standard}{exempt}") } else { mend },
    )
}

/// Which stock is exempt, and if that could help, which of its days are to be told.
fn exempt(transition: &EditionTransition, date: NaiveDate, stock: Stock, could_help: bool) -> String {
    let dated = transition.stock_exemption.as_ref().filter(|it| it.until.is_none_or(|until| date < until));
    let limits = dated.map_or([None, None], |it| {
        [("placed on the market", it.placed_on_market_before), ("manufactured", it.manufactured_before)]
            .map(|(what, limit)| limit.map(|limit| format!("{what} before {limit}")))
    });
    let words = match (transition.exempt_stock.as_str(), dated) {
        ("", None) => return String::new(),
        ("", Some(_)) => format!("goods {}", limits.iter().flatten().cloned().collect::<Vec<_>>().join(" and ")),
        (words, _) => words.to_owned(),
    };
    let unsaid = [
        ("placed_on_market_on", limits[0].as_ref().filter(|_| stock.placed_on.is_none())),
        ("manufactured_on", limits[1].as_ref().filter(|_| stock.manufactured_on.is_none())),
    ];
    let unsaid: Vec<_> =
        unsaid.into_iter().filter_map(|(field, limit)| Some(format!("{field} ({})", limit?))).collect();
    if unsaid.is_empty() || !could_help {
        return format!("; exempt is: {words}");
    }
    format!("; exempt is: {words}; for that the question must say {}", unsaid.join(" and "))
}

fn certify_to(ctx: &Context<'_, '_>, requirement: &Requirement) -> String {
    format!("certify to one of: {}", accepted(ctx, requirement))
}

fn by_annex(ctx: &Context<'_, '_>, requirement: &Requirement, entry: &AnnexEntry, check: Check) -> (String, String) {
    let AnnexEntry { annex, arrangement, designations, .. } = entry;
    let date = ctx.date();
    let name = &annex.name;
    let body = &ctx.question.body;
    let issuer = ctx.issuer.economy.as_str();
    match check {
        Check::Parties if annex.reciprocal && one_sided(arrangement) => (
            format!("{name} carries only what the parties grant each other, and not all of them grant the same"),
            format!("have the goods certified by a body of {}", exporters(arrangement, &requirement.market)),
        ),
        // The checks of a direct route are made by no annex.
        Check::Parties | Check::Body | Check::Edition => (
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
            arrangement.applies_from().filter(|from| date < *from).map(|from| from.to_string()),
            arrangement.lapse.as_ref().filter(|end| date >= end.on).map(|end| end.on.to_string()),
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
            let known = entry.designations_of(body);
            let state = match known {
                [] => "is not designated",
                known if known.iter().any(|it| it.validity.contains(date) && it.is_suspended(date)) => "is suspended",
                known if known.iter().all(|it| !it.validity.contains(date)) => "is not designated on this date",
                _ => "is not designated for these goods and this scheme",
            };
            let others = designations.iter().filter(|it| it.validity.contains(date) && !it.is_suspended(date));
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

/// Whether some party only accepts, or is only accepted.
fn one_sided(arrangement: &Arrangement) -> bool {
    arrangement.parties.iter().any(|party| !party.accepts() || !party.is_accepted())
}

fn exporters(arrangement: &Arrangement, market: &EconomyCode) -> String {
    let accepted = arrangement.parties.iter().filter(|party| party.is_accepted() && party.economy != *market);
    list(accepted.map(|party| party.economy.as_str().to_owned()))
}

fn when(name: &str, from: Option<String>, since: Option<String>, ctx: &Context<'_, '_>) -> (String, String) {
    let mend = "certify with a body that the market accepts directly";
    match (from, since) {
        (Some(from), _) => (format!("{name} is in force only from {from}"), format!("wait until {from}, or {mend}")),
        (None, Some(since)) => (format!("{name} ended on {since} and covers no later results"), mend.to_owned()),
        (None, None) => (format!("{name} is suspended or not in force on {}", ctx.date()), mend.to_owned()),
    }
}
