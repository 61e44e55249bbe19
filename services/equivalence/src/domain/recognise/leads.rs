//! What of the things that an annex covers would lead to acceptance: what it helps to certify to.

use std::collections::BTreeSet;

use smallvec::SmallVec;

use super::chain::{self, Net};
use super::context::Context;
use super::standing;
use crate::domain::catalogue::{AcceptanceTerms, AnnexEntry, Held, RequirementEntry};
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::requirement::Acceptance;
use crate::domain::time::Counts;

/// Which of the things that are accepted it is to lead to, by whether they count for a result that is granted on the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// What surely counts.
    Counting,
    /// What may count, too.
    InDoubt,
}

/// Whether any certificate under an annex would, if it were granted on the day.
pub(super) fn any(ctx: &Context<'_, '_>, requirement: &RequirementEntry, entry: &AnnexEntry) -> bool {
    let accepted = accepted(ctx, requirement, To::Counting);
    if entry.annex.covered.is_empty() {
        return accepted.iter().any(|(it, _)| is_usable(entry, &it.target));
    }
    each_covered(ctx, &accepted, entry, &entry.annex.covered, &anything).next().is_some()
}

/// What such certificates must name, in words.
pub(super) fn all(ctx: &Context<'_, '_>, requirement: &RequirementEntry, entry: &AnnexEntry) -> Vec<String> {
    if !entry.annex.covered.is_empty() {
        return covered(ctx, requirement, entry, To::Counting, &anything).iter().map(|it| words(it)).collect();
    }
    // Whatever is covered: what is accepted itself.
    let itself = accepted(ctx, requirement, To::Counting).into_iter().filter(|(it, _)| is_usable(entry, &it.target));
    itself.map(|(it, _)| words(&named(&it.target, &it.together_with))).collect()
}

/// Where nothing is known against certifying to whatever it is.
pub(super) fn anything(_: &Target) -> bool {
    true
}

/// What such certificates must name of what an annex covers, if it names that, or else of what bodies are designated for:
/// each list begins with that. Beside it they are to name only what can be certified.
pub(super) fn covered(
    ctx: &Context<'_, '_>,
    requirement: &RequirementEntry,
    entry: &AnnexEntry,
    to: To,
    can_be: &dyn Fn(&Target) -> bool,
) -> Vec<Vec<Target>> {
    let (accepted, annex) = (accepted(ctx, requirement, to), &entry.annex);
    let by_designation = annex.covered.is_empty() && annex.designation_required;
    let designated = if by_designation { designated(ctx, entry) } else { Vec::new() };
    let named = if by_designation { &designated } else { &annex.covered };
    each_covered(ctx, &accepted, entry, named, can_be).collect()
}

/// What they must name where an annex covers a scheme, and bodies are designated for an edition of a standard alone: that
/// edition, with the scheme of which the result is one.
pub(super) fn of_scheme(
    ctx: &Context<'_, '_>,
    requirement: &RequirementEntry,
    entry: &AnnexEntry,
    to: To,
    can_be: &dyn Fn(&Target) -> bool,
) -> Vec<Vec<Target>> {
    let is_scheme = |it: &&Target| matches!(it.name, TargetKey::Scheme(_)) && is_usable(entry, it);
    let scheme = entry.annex.covered.iter().find(is_scheme);
    let Some(scheme) = scheme.filter(|_| entry.annex.designation_required) else { return Vec::new() };
    let mut standards = designated(ctx, entry);
    let is_covered = |it: &Target| entry.annex.covered.iter().any(|covered| covered.name == it.name);
    standards.retain(|it| matches!(it.name, TargetKey::Standard(_)) && !is_covered(it));
    let accepted = accepted(ctx, requirement, to);
    let leading = each_covered(ctx, &accepted, entry, &standards, can_be);
    let with_scheme = leading.map(|mut certified| {
        if certified.iter().all(|it| it.name != scheme.name) {
            certified.push(scheme.clone());
        }
        certified
    });
    with_scheme.collect()
}

/// What bodies are designated for by name, on the day.
fn designated(ctx: &Context<'_, '_>, entry: &AnnexEntry) -> Vec<Target> {
    let date = ctx.date();
    let counting = entry.designations.iter().filter(|it| it.counts(date, Some(date)) == Counts::Yes);
    let names: BTreeSet<&TargetKey> = counting.flat_map(|it| &it.targets).collect();
    names.into_iter().map(|name| Target { name: name.clone(), level: "".into() }).collect()
}

/// The same of these of what it covers, one after the other: each is searched for when it is asked for.
fn each_covered<'e>(
    ctx: &'e Context<'_, '_>,
    accepted: &'e [(&Acceptance, &AcceptanceTerms)],
    entry: &'e AnnexEntry,
    these: &'e [Target],
    can_be: &'e dyn Fn(&Target) -> bool,
) -> impl Iterator<Item = Vec<Target>> + 'e {
    let net = Net { catalogue: ctx.catalogue, date: ctx.date() };
    let limit = usize::from(entry.terms.chain_limit);
    let beside_can_be = move |it: &Acceptance| it.together_with.iter().all(can_be);
    let goal =
        move |held: Held| accepted.iter().position(|(it, terms)| terms.wanted.is_met_by(held) && beside_can_be(it));
    let by_itself = move |start: Target| {
        let found = chain::search(net, &[(0, ctx.catalogue.held(&start).0)], limit, goal, |_| true)?;
        Some(named(&start, &accepted[found.accepted].0.together_with))
    };
    // A result of a scheme to a standard that is accepted.
    let beside = move |covered: &Target| {
        let is_scheme = matches!(covered.name, TargetKey::Scheme(_));
        let is_standard = |it: &Target| matches!(it.name, TargetKey::Standard(_)) && is_usable(entry, it);
        let can_be = |it: &Acceptance| can_be(&it.target) && beside_can_be(it);
        let (acceptance, _) = accepted.iter().find(|(it, _)| is_scheme && is_standard(&it.target) && can_be(it))?;
        let all: Vec<_> = std::iter::once(&acceptance.target).chain(&acceptance.together_with).cloned().collect();
        Some(named(covered, &all))
    };
    let usable = these.iter().filter(|it| is_usable(entry, it));
    usable.filter_map(move |it| levels(ctx, it).into_iter().find_map(by_itself).or_else(|| beside(it)))
}

/// What counts for a result that is granted on the day, or may.
fn accepted<'r>(
    ctx: &Context<'_, '_>,
    requirement: &'r RequirementEntry,
    to: To,
) -> SmallVec<[(&'r Acceptance, &'r AcceptanceTerms); 4]> {
    let all = requirement.requirement.acceptances.iter().zip(&requirement.acceptances);
    let counts = |terms: &AcceptanceTerms| standing::counts_anew(ctx, terms).unwrap_or(to == To::InDoubt);
    all.filter(|(_, terms)| terms.in_force(ctx.date()) && counts(terms)).collect()
}

fn is_usable(entry: &AnnexEntry, target: &Target) -> bool {
    entry.annex.exclusions.as_ref().is_none_or(|not| !not.targets.contains(&target.name))
}

/// What may be certified where something is covered: of a scheme each of its levels that is, the least first.
fn levels(ctx: &Context<'_, '_>, covered: &Target) -> Vec<Target> {
    let scheme = match &covered.name {
        TargetKey::Scheme(key) => ctx.catalogue.schemes.get(key),
        TargetKey::Standard(_) => None,
    };
    let Some(scheme) = scheme.filter(|it| !it.levels.is_empty()) else { return vec![covered.clone()] };
    let any = covered.level.is_empty();
    let least = if any { scheme.levels.len() } else { scheme.rank(&covered.level).map_or(0, |at| at + 1) };
    let levels = scheme.levels[..least].iter().rev();
    levels.map(|level| Target { name: covered.name.clone(), level: level.id.as_str().into() }).collect()
}

fn named(start: &Target, beside: &[Target]) -> Vec<Target> {
    let beside = beside.iter().filter(|it| it.name != start.name);
    std::iter::once(start).chain(beside).cloned().collect()
}

fn words(certified: &[Target]) -> String {
    match certified {
        [] => String::new(),
        [start] => start.to_string(),
        [start, beside @ ..] => {
            let beside: Vec<_> = beside.iter().map(ToString::to_string).collect();
            format!("{start} with {}", beside.join(" and "))
        }
    }
}
