//! Why a route failed and what would mend it, in words.

use chrono::NaiveDate;

use super::annex::Failed;
use super::context::{Context, Place};
use super::{leads, standing};
use crate::domain::arrangement::Arrangement;
use crate::domain::body::Designation;
use crate::domain::catalogue::{AnnexEntry, Calendar, PartyTerms, RequirementEntry};
use crate::domain::decision::Check;
use crate::domain::key::EconomyCode;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::standard::{EditionTransition, Stock};
use crate::domain::time::{Counts, Ending, Validity};
use crate::domain::words::{ConversionConsequence, LapseRule};

/// The reason and the mend.
pub(super) fn miss(ctx: &Context<'_, '_>, requirement: &RequirementEntry, failed: &Failed<'_>) -> (String, String) {
    match failed.annex {
        Some(entry) => by_annex(ctx, requirement, entry, failed.check),
        None => direct(ctx, &requirement.requirement, failed),
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
    let calendars = ctx.catalogue.calendars_of(acceptance);
    let Some(Calendar { standard, transition }) = standing::refusing(&calendars, within, date, granted_on, stock)
    else {
        return (format!("{market} does not count {} on {date}", acceptance.wanted()), certify_to(ctx, requirement));
    };
    let EditionTransition { from_standard, to_standard, .. } = &**transition;
    if standard == to_standard {
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

fn by_annex(ctx: &Context<'_, '_>, of: &RequirementEntry, entry: &AnnexEntry, check: Check) -> (String, String) {
    let AnnexEntry { annex, arrangement, .. } = entry;
    let requirement = &of.requirement;
    let date = ctx.date();
    let name = &annex.name;
    match check {
        // The checks of a direct route are made by no annex.
        Check::Parties | Check::Body | Check::Edition => parties(ctx, &requirement.market, entry),
        Check::Scheme => {
            let covered = list(annex.covered.iter().map(ToString::to_string));
            let reason = if annex.covered.is_empty() {
                format!("{name} excludes all that was certified: {}", certified(ctx))
            } else {
                format!("{name} covers {covered}; certified was {}", certified(ctx))
            };
            (reason, certify_under(ctx, of, entry, "certify"))
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
        Check::ArrangementInForce => {
            let from = arrangement.applies_from();
            let lapse = arrangement.lapse.as_ref().filter(|it| it.on <= date);
            out_of_force(ctx, &annex.arrangement.name(), from, &arrangement.suspensions, lapse, None)
        }
        Check::AnnexInForce => {
            let Validity { from, until } = annex.validity;
            let lapse = annex.validity.ended(annex.lapse.as_ref(), date);
            out_of_force(ctx, &name.name(), Some(from), &annex.suspensions, lapse, until)
        }
        Check::Exclusions => exclusion(ctx, &requirement.market, entry),
        Check::Origin => (
            format!(
                "{name} covers goods that originate in the party that certified them, not in {}",
                ctx.question.origin.as_str()
            ),
            "have the goods certified in the economy where they originate".to_owned(),
        ),
        Check::Transition => {
            let market = Place::new(ctx.catalogue, &requirement.market, date);
            let concerns =
                |it: &EconomyCode| [&ctx.issuer, &market, &ctx.destination].iter().any(|side| side.is_within(it));
            let periods = annex.transitions.iter().filter(|period| concerns(&period.economy));
            let until = periods.map(|period| period.ends_on).filter(|ends_on| date < *ends_on).max();
            let until = until.map_or_else(String::new, |until| until.to_string());
            (
                format!("under {name} a transition period of one of the parties runs until {until}"),
                format!("wait until {until}, or certify with a body that the market accepts directly"),
            )
        }
        Check::Designation => designation(ctx, entry),
        Check::Chain => (
            format!(
                "no chain of at most {} equivalences in force leads from {} to {}",
                annex.chain_limit(),
                certified(ctx),
                accepted(ctx, requirement)
            ),
            certify_under(ctx, of, entry, "test and certify"),
        ),
    }
}

/// What is to be certified under an annex so that it leads to acceptance.
fn certify_under(ctx: &Context<'_, '_>, requirement: &RequirementEntry, entry: &AnnexEntry, how: &str) -> String {
    let leading = leads::all(ctx, requirement, entry);
    if leading.is_empty() {
        let wanted = accepted(ctx, &requirement.requirement);
        return format!("none by this annex: nothing that it covers leads to {wanted}");
    }
    format!("{how} to one of: {}", list(leading))
}

/// What of the question an annex excludes, and what would help.
fn exclusion(ctx: &Context<'_, '_>, market: &EconomyCode, entry: &AnnexEntry) -> (String, String) {
    let (name, question) = (&entry.annex.name, ctx.question);
    let market = Place::new(ctx.catalogue, market, ctx.date());
    let not = entry.annex.exclusions.clone().unwrap_or_default();
    let body = not.bodies.contains(&question.body).then(|| question.body.to_string());
    let issuer = excluded_by(&not.economies, &ctx.issuer).map(|it| format!("results of bodies of {it}"));
    let importer = [&market, &ctx.destination].into_iter().find_map(|side| excluded_by(&not.economies, side));
    let importer = importer.map(|it| format!("results for {it}"));
    let origin = excluded_by(&not.origins, &ctx.origin).map(|it| format!("goods that originate in {it}"));
    let mut goods: Vec<String> = importer.into_iter().chain(origin).collect();
    if goods.is_empty() && body.is_none() && issuer.is_none() {
        goods.push(question.code.to_string()); // the last that is looked at
    }
    let all = goods.iter().chain(&body).chain(&issuer).cloned();
    let reason = format!("{name} excludes {}", list(all));
    let mend = if issuer.is_none() && goods.is_empty() {
        format!("have the goods certified by another body than {}", question.body)
    } else if goods.is_empty() {
        format!("have the goods certified by a body of another economy than {}", ctx.issuer.economy.as_str())
    } else {
        format!("none by this annex while it excludes {}; ask the parties to extend it", list(goods))
    };
    (reason, mend)
}

/// The economy, and the bloc of it that is excluded, if one is.
fn excluded_by(wholes: &[EconomyCode], place: &Place<'_, '_>) -> Option<String> {
    let whole = wholes.iter().find(|whole| place.is_within(whole))?.as_str();
    let economy = place.economy.as_str();
    Some(if economy == whole { economy.to_owned() } else { format!("{economy} of {whole}") })
}

fn designation(ctx: &Context<'_, '_>, entry: &AnnexEntry) -> (String, String) {
    let (name, body) = (&entry.annex.name, &ctx.question.body);
    let (date, granted_on) = (ctx.date(), ctx.question.granted_on);
    let known = entry.designations_of(body);
    let is_in_time = |it: &Designation| it.validity.counts(it.ending.as_ref(), date, granted_on) != Counts::No;
    let suspended = known.iter().find(|it| is_in_time(it) && it.is_suspended(date));
    let state = match known {
        [] => "is not designated",
        _ if suspended.is_some() => "is suspended",
        known if known.iter().all(|it| !is_in_time(it)) => "is not designated on this date",
        _ => "is not designated for these goods and this scheme",
    };
    let mut reason = format!("{body} {state} under {name} on {date}");
    let over = known.iter().find_map(|it| Some((it, it.validity.ended(it.ending.as_ref(), date)?)));
    if let Some((it, ending)) = over.filter(|(it, _)| !is_in_time(it)) {
        reason.push_str(&format!(": {}", ended(ctx, &it.name.name(), ending)));
    }
    let others = entry.designations.iter().filter(|it| it.body != *body && it.counts(date, Some(date)) == Counts::Yes);
    let others: Vec<_> = others.map(|it| it.body.name()).collect();
    let mut mend = suspended.map_or_else(|| format!("have {body} designated"), |it| end_of_suspension(it, date));
    if !others.is_empty() {
        mend.push_str(&format!(", or certify with a designated body: {}", list(others)));
    }
    (reason, mend)
}

/// What is waited for while a designation is suspended.
fn end_of_suspension(it: &Designation, date: NaiveDate) -> String {
    let periods: Vec<_> = it.suspensions_on(date).collect();
    let last = periods.iter().map(|(period, _)| period.until).max_by_key(|until| until.unwrap_or(NaiveDate::MAX));
    let contested = periods.iter().find_map(|(_, contest)| *contest);
    match (last.flatten(), contested) {
        (until, Some(contest)) => {
            let until = until.map(|day| format!("{day}, or until ")).unwrap_or_default();
            format!("wait until {until}the contestation of {} by {} is settled", it.name, contest.party.as_str())
        }
        (Some(until), None) => format!("wait until {until}, when the suspension of {} ends", it.name),
        (None, None) => format!("wait until the suspension of {} ends", it.name),
    }
}

/// Why an annex is not between the issuer and the market, and whose bodies' results it carries there.
fn parties(ctx: &Context<'_, '_>, market: &EconomyCode, entry: &AnnexEntry) -> (String, String) {
    let AnnexEntry { annex, arrangement, .. } = entry;
    let reason = if annex.reciprocal && one_sided(arrangement) {
        format!("{} carries only what the parties grant each other, and not all of them grant the same", annex.name)
    } else {
        let taking_part = |it: &EconomyCode| it.as_str().to_owned();
        let all: Vec<_> = if annex.economies.is_empty() {
            arrangement.parties.iter().map(|it| taking_part(&it.economy)).collect()
        } else {
            annex.economies.iter().map(taking_part).collect()
        };
        let issuer = ctx.issuer.economy.as_str();
        format!("{}, of {}, carries no results of {issuer} to {}", annex.name, list(all), market.as_str())
    };
    let exporters = exporters(ctx, market, entry);
    let mend = if exporters.is_empty() {
        format!("none by this annex: it carries nobody's results to {}", market.as_str())
    } else {
        format!("have the goods certified by a body of {}", list(exporters))
    };
    (reason, mend)
}

/// Whether some party only accepts, or is only accepted.
fn one_sided(arrangement: &Arrangement) -> bool {
    arrangement.parties.iter().any(|party| !party.accepts() || !party.is_accepted())
}

/// The economies and blocs whose bodies' results an annex carries to a market.
fn exporters(ctx: &Context<'_, '_>, market: &EconomyCode, entry: &AnnexEntry) -> Vec<String> {
    let AnnexEntry { annex, arrangement, terms, .. } = entry;
    let (importer, of) = (Place::new(ctx.catalogue, market, ctx.date()), terms.economies());
    if !(of.is_empty() || importer.is_in_any(of) || ctx.destination.is_in_any(of)) {
        return Vec::new();
    }
    let accepts = |exporter: &PartyTerms| {
        let mut importers = terms.parties.iter().filter(|it| it.accepts && importer.is_in(it.economy));
        importers.any(|it| it.economy != exporter.economy || terms.within_party)
    };
    let accepted = arrangement.parties.iter().zip(&terms.parties).filter(|(_, it)| it.is_accepted && accepts(it));
    let accepted: Vec<_> = accepted.map(|(party, _)| &party.economy).collect();
    let parts: Vec<&EconomyCode> = if annex.economies.is_empty() {
        accepted
    } else {
        // A member that takes part, of a party; or a party, of a bloc that does.
        let within = |one: &EconomyCode, whole: &EconomyCode| ctx.catalogue.is_within(one, whole, ctx.date());
        let of_party = |it: &&EconomyCode| accepted.iter().any(|party| within(it, party) || within(party, it));
        annex.economies.iter().filter(of_party).collect()
    };
    parts.into_iter().filter(|it| **it != *market).map(|it| it.as_str().to_owned()).collect()
}

/// Why something is not in force.
fn out_of_force(
    ctx: &Context<'_, '_>,
    name: &str,
    from: Option<NaiveDate>,
    suspensions: &[Validity],
    lapse: Option<&Ending>,
    until: Option<NaiveDate>,
) -> (String, String) {
    let date = ctx.date();
    let mend = "certify with a body that the market accepts directly";
    if let Some(from) = from.filter(|from| date < *from) {
        return (format!("{name} is in force only from {from}"), format!("wait until {from}, or {mend}"));
    }
    let reason = match (lapse, until.filter(|until| date >= *until)) {
        _ if suspensions.iter().any(|period| period.contains(date)) => format!("{name} is suspended on {date}"),
        (Some(lapse), _) => ended(ctx, name, lapse),
        (None, Some(until)) => format!("{name} ended on {until}"),
        (None, None) => format!("{name} is not in force on {date}"),
    };
    (reason, mend.to_owned())
}

/// How something ended of which an end has come, and what that did to earlier results.
fn ended(ctx: &Context<'_, '_>, name: &str, ending: &Ending) -> String {
    let on = ending.on;
    match (ending.rule, ending.earlier_results_until) {
        (LapseRule::CutOff, _) => format!("{name} ended on {on}, for earlier results too"),
        (LapseRule::Grandfather, Some(until)) if ctx.date() >= until => {
            format!("{name} ended on {on}; results granted before counted until {until}")
        }
        (LapseRule::Grandfather, Some(until)) => {
            format!("{name} ended on {on}; only results granted before count until {until}")
        }
        (LapseRule::Grandfather, None) => format!("{name} ended on {on}; only results granted before count"),
    }
}
