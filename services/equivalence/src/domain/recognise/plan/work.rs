//! The steps of a market: the least work for each requirement that is not met, or met on conditions only.

use std::sync::Arc;

use chrono::NaiveDate;
use foldhash::{HashSet, HashSetExt as _};

use super::combine::Row;
use super::options::{Choice, Found, Options};
use super::{Designating, MOST_BODIES, Product, Step};
use crate::domain::catalogue::{Catalogue, RequirementEntry};
use crate::domain::decision::{Conditions, Status};
use crate::domain::equivalence::Target;
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::recognise::Judged;
use crate::domain::requirement::Requirement;
use crate::domain::translate::Translator;
use crate::domain::words::RecognitionObject;

pub(super) fn steps<'c>(
    catalogue: &'c Catalogue,
    translator: &dyn Translator,
    product: &Product,
    held: &[Target],
    row: &Row<'c, '_>,
    destination: &EconomyCode,
) -> Vec<Step<'c>> {
    let options = Options::new(catalogue, translator, product, held, destination);
    let mut steps = Vec::new();
    for (result, by) in row.results.iter().zip(&row.by) {
        match result.status {
            Status::Met => steps.extend(conditions(product, result, *by)),
            Status::MetInPart | Status::InformationOnly | Status::NotMet => {
                steps.push(least(&options, result.entry));
            }
            // What is missing is a fact, not work.
            Status::Undetermined => {}
        }
    }
    steps
}

/// What is left to do where a route has conditions.
fn conditions<'c>(product: &Product, result: &Judged<'c>, by: usize) -> Option<Step<'c>> {
    let route = result.route.as_ref().filter(|route| !route.conditions.is_empty())?;
    let certificate = product.certificates.get(by)?;
    let conditions = route.conditions.clone();
    let what: Vec<_> = conditions.iter().map(|condition| condition.description().trim_end_matches('.')).collect();
    Some(Step {
        requirement: &result.entry.requirement,
        description: format!("fulfil: {}", what.join("; ")),
        target: None,
        certified: certificate.certified.clone(),
        object: certificate.object,
        designation: None,
        conditions,
        bodies: vec![certificate.body.clone()],
        body_economy: Some(certificate.body_economy.clone()),
        also_opens: Vec::new(),
    })
}

fn least<'c>(options: &Options<'c, '_>, entry: &'c RequirementEntry) -> Step<'c> {
    let requirement = &entry.requirement;
    let found = options.of(entry);
    let Some(best) = found.choices.iter().min_by(|a, b| a.order(b)) else {
        return nobody(options.product.date, requirement, &found);
    };
    let mut like: Vec<_> = found.choices.iter().filter(|it| it.is_like(best)).collect();
    like.sort_by(|a, b| a.order(b));
    let mut seen = HashSet::new();
    let different = like.into_iter().filter(|it| seen.insert(it.body.identity()));
    let different: Vec<_> = different.take(MOST_BODIES).collect();
    let bodies: Vec<BodyKey> = different.iter().map(|it| it.body.key.clone()).collect();
    let economy = best.body.economy;
    let designation = best.designation.map(|under| Designating {
        under,
        none_listed: options.designations(under, economy).next().is_none(),
        authorities: options.authorities(under, economy),
    });
    Step {
        requirement,
        description: describe(best, &different, designation.as_ref()),
        target: Some(best.start().clone()),
        certified: best.certified.clone().into_owned(),
        object: best.object,
        designation,
        conditions: best.conditions.clone(),
        body_economy: Some(best.body.economy.clone()),
        bodies,
        also_opens: Vec::new(),
    }
}

/// How many bodies a sentence names.
const MOST_NAMED: usize = 3;

/// The first of some names, and how many more there are.
fn first_of(names: &[String]) -> String {
    let mut named: Vec<_> = names.iter().take(MOST_NAMED).cloned().collect();
    if names.len() > MOST_NAMED {
        named.push(format!("{} more", names.len() - MOST_NAMED));
    }
    named.join(", ")
}

/// What is to be done, in words: the best choice, and who can do it by choices like that.
fn describe(best: &Choice<'_, '_>, like: &[&Choice<'_, '_>], designation: Option<&Designating<'_>>) -> String {
    // Of several ways each body has its own.
    let one_way = like.iter().all(|it| it.annex == best.annex);
    let named = like.iter().map(|it| match it.annex.filter(|_| !one_way) {
        Some(annex) => format!("{} through {annex}", it.body.key),
        None => it.body.key.to_string(),
    });
    let named = first_of(&named.collect::<Vec<_>>());
    let beside: Vec<_> = best.certified.iter().filter(|it| *it != best.start()).map(ToString::to_string).collect();
    let target = if best.work.new_target && !beside.is_empty() {
        format!("{} with {}", best.start(), beside.join(" and "))
    } else {
        best.start().to_string()
    };
    let bodies = if like.len() > 1 { format!("one of: {named}") } else { named };
    let first = designation.map(|it| designate(it, &bodies, best.body.economy));
    let by = if first.is_some() { "it".to_owned() } else { bodies };
    let kind = if best.object == RecognitionObject::Certificate {
        String::new()
    } else {
        format!(" ({})", best.object.words())
    };
    let mut text = if !best.work.new_target && best.work.new_body {
        format!("have {target}, which is held, certified{kind} by {by}")
    } else if best.work.new_target {
        format!("certify to {target}{kind} with {by}")
    } else {
        format!("obtain a new result to {target}{kind} from {by}")
    };
    if let Some(first) = first {
        text = format!("{first}, then {text}");
    } else if let Some(annex) = best.annex.filter(|_| one_way) {
        text.push_str(&format!(", accepted through {annex}"));
    }
    if !best.conditions.is_empty() {
        text.push_str("; then fulfil the conditions");
    }
    text
}

/// Which designation comes first, in words.
fn designate(it: &Designating<'_>, bodies: &str, economy: &EconomyCode) -> String {
    let authorities: Vec<_> = it.authorities.iter().map(ToString::to_string).collect();
    let by = match &authorities[..] {
        [] => format!(" (the catalogue names no designating authority of {})", economy.as_str()),
        [one] => format!(" by {one}"),
        several => format!(" by one of: {}", first_of(several)),
    };
    let unless = if it.none_listed { ", if it is not designated already" } else { "" };
    format!("have {bodies} designated under {}{by}{unless}", it.under.annex.name)
}

/// Why there is nothing to certify to that is accepted, in words.
fn none(date: NaiveDate, market: &str, found: &Found<'_, '_>) -> String {
    if found.barred.is_empty() {
        return format!("none known: {market} accepts nothing for this requirement on {date}");
    }
    let mut seen = HashSet::new();
    let different = found.barred.iter().filter(|(target, _)| seen.insert(*target));
    let why: Vec<_> = different.map(|(target, why)| format!("{target} {why}")).collect();
    let mut text = format!(
        "none known: nobody can certify on {date} to what {market} accepts for this requirement: {}",
        why.join("; ")
    );
    if let Some(missing) = &found.missing {
        text.push_str(&format!("; it cannot be told whether {market} would accept anything else: {}", missing.message));
    }
    text
}

/// The step where the catalogue knows no certificate of anybody that surely would do.
fn nobody<'c>(date: NaiveDate, requirement: &'c Arc<Requirement>, found: &Found<'_, '_>) -> Step<'c> {
    let may_count: Vec<_> = found.may_count.iter().map(|at| &requirement.acceptances[*at]).collect();
    let named: Vec<_> = may_count.iter().map(|it| it.wanted()).collect();
    let (market, certify) = (requirement.market.as_str(), format!("certify to {}", named.join(" or ")));
    let description = if named.is_empty() {
        none(date, market, found)
    } else if found.unlisted {
        format!("{certify}; the catalogue does not say every body whose result {market} accepts: ask {market}")
    } else if let Some(missing) = &found.missing {
        format!("{certify}; it cannot be told whose result {market} would accept, if anybody's: {}", missing.message)
    } else {
        format!("{certify}; the catalogue knows no body whose result {market} would accept")
    };
    let first = may_count.first();
    let certified = first.map(|it| std::iter::once(&it.target).chain(&it.together_with).cloned().collect());
    Step {
        requirement,
        description,
        target: first.map(|it| it.target.clone()),
        certified: certified.unwrap_or_default(),
        object: RecognitionObject::Certificate,
        designation: None,
        conditions: Conditions::new(),
        bodies: Vec::new(),
        body_economy: None,
        also_opens: Vec::new(),
    }
}
