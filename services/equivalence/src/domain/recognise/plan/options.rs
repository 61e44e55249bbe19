//! Who could certify what, so that a requirement is met: every option that the catalogue knows and that could be the least
//! work, each tried as if it were done on the date of the plan.

mod bodies;
mod designate;
mod doubt;

use std::borrow::Cow;
use std::cmp::Ordering;

use foldhash::{HashSet, HashSetExt as _};
use smallvec::SmallVec;

use self::bodies::wanted_object;
use super::barred::Barred;
use super::{MOST_BODIES, Product};
use crate::domain::catalogue::{AnnexEntry, Catalogue, Held, NONE, RequirementEntry};
use crate::domain::decision::{Conditions, Finding, Route, Status};
use crate::domain::equivalence::Target;
use crate::domain::key::{AnnexKey, BodyKey, EconomyCode};
use crate::domain::question::Question;
use crate::domain::recognise::chain::Net;
use crate::domain::recognise::context::Context;
use crate::domain::recognise::direct::BODIES_UNKNOWN;
use crate::domain::recognise::leads::{self, To};
use crate::domain::recognise::market::Market;
use crate::domain::recognise::standing::{Standing, Tier};
use crate::domain::recognise::{Detail, Judged, annex, evaluate};
use crate::domain::requirement::Acceptance;
use crate::domain::translate::Translator;
use crate::domain::words::{RecognitionEffect, RecognitionObject};

/// A certificate that would meet a requirement.
#[derive(Clone, Debug)]
pub(super) struct Choice<'c, 'q> {
    /// What it takes, smaller is less.
    pub(super) work: Work,
    pub(super) body: Candidate<'q>,
    /// Everything that it names.
    pub(super) certified: Cow<'q, [Target]>,
    /// The place of what of that the route starts from.
    start: usize,
    pub(super) object: RecognitionObject,
    /// The annex that carries it, if one does.
    pub(super) annex: Option<&'c AnnexKey>,
    /// The same where the body must be designated under it first.
    pub(super) designation: Option<&'c AnnexEntry>,
    pub(super) conditions: Conditions<'c>,
}

impl Choice<'_, '_> {
    /// What the route starts from.
    pub(super) fn start(&self) -> &Target {
        &self.certified[self.start]
    }

    /// By work; among equals by what is certified, by the annex, and by the body.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let by_start = || {
            if self.certifies_as(other) { self.start.cmp(&other.start) } else { self.start().cmp(other.start()) }
        };
        let by_work = self.work.cmp(&other.work);
        by_work.then_with(by_start).then_with(|| self.annex.cmp(&other.annex)).then_with(|| self.body.order(other.body))
    }

    /// Whether the same is certified, if that is told at a glance. It is sorted.
    fn certifies_as(&self, other: &Self) -> bool {
        std::ptr::eq(&*self.certified, &*other.certified)
    }

    /// Whether it is the same certificate, to be fulfilled in the same way, but for who issues it.
    pub(super) fn is_like(&self, best: &Self) -> bool {
        (self.certifies_as(best) || self.certified == best.certified)
            && self.object == best.object
            && self.conditions == best.conditions
            && self.work.new_target == best.work.new_target
            && self.is_designated_as(best)
    }

    /// Whether the same authorities must first do the same, if they must do anything.
    fn is_designated_as(&self, other: &Self) -> bool {
        match (self.designation, other.designation) {
            (None, None) => true,
            (Some(one), Some(two)) => one.terms.place == two.terms.place && self.body.economy == other.body.economy,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// How much work a choice is: above all whether a body must be designated, then whether something new is certified, then
/// whether by another body, then the conditions, then how long and how direct the route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Work {
    pub(super) designation: bool,
    pub(super) new_target: bool,
    pub(super) new_body: bool,
    pub(super) conditions: usize,
    pub(super) links: usize,
    pub(super) by_annex: bool,
}

/// A body that may be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) key: &'a BodyKey,
    pub(super) economy: &'a EconomyCode,
    /// Its number in the catalogue, if that speaks of it.
    number: u32,
}

impl<'a> Candidate<'a> {
    /// What tells it from others: the catalogue's number, or else its name.
    pub(super) fn identity(self) -> (u32, Option<&'a BodyKey>) {
        (self.number, (self.number == NONE).then_some(self.key))
    }

    /// By name, of which numbers are in the order.
    fn order(self, other: Candidate<'_>) -> Ordering {
        if self.number == NONE || other.number == NONE {
            self.key.cmp(other.key)
        } else {
            self.number.cmp(&other.number)
        }
    }
}

/// Looks for what would meet requirements of one market.
pub(super) struct Options<'c: 'q, 'q> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) translator: &'q dyn Translator,
    pub(super) product: &'q Product,
    /// Everything that is held and can be certified anew on the date, and the same in numbers.
    pub(super) held: &'q [Target],
    numbers: Numbers,
    /// The bodies whose certificates are held.
    pub(super) issuers: Vec<Candidate<'q>>,
    pub(super) destination: &'q EconomyCode,
}

/// What is held, in numbers.
type Numbers = SmallVec<[Held; 8]>;

/// A certificate that nobody holds: what it names, and the same in numbers.
type Fresh<'q> = (Cow<'q, [Target]>, Numbers);

/// An annex that carries results to a market, with the kind of these that is wanted.
type Carrying<'c> = (&'c AnnexEntry, RecognitionObject);

/// A question to one market about one certificate after the other.
struct Trial<'c: 't, 't> {
    ctx: Context<'c, 't>,
    market: Market<'c, 't>,
    /// What is missing to say whether one of them would do.
    missing: Option<Finding>,
}

impl<'c, 't> Trial<'c, 't> {
    /// About certificates of a body from now on.
    fn turn_to(&mut self, body: Candidate<'t>) {
        if self.ctx.about_issuer(body.number, body.economy) {
            self.market = Market::new(&self.ctx, self.market.place.economy);
        }
    }
}

/// What was found for a requirement.
pub(super) struct Found<'c, 'q> {
    /// Every choice that could be the one with the least work, or be offered beside it.
    pub(super) choices: Vec<Choice<'c, 'q>>,
    /// The places of what is accepted on the date, but for what surely does not count for a result that is granted then, or
    /// is barred.
    pub(super) may_count: SmallVec<[usize; 4]>,
    /// What of the rest is accepted and may count, but nobody can certify to on the date, and why.
    pub(super) barred: Vec<(&'c Target, Barred<'c>)>,
    /// Where there is none: whether bodies that the catalogue does not list are accepted directly, or may be.
    pub(super) unlisted: bool,
    /// And what is missing to say whether somebody's certificate would do.
    pub(super) missing: Option<Finding>,
}

/// What there is to try for a requirement where nobody's certificate surely would do.
struct Search<'t, 'c, 'q> {
    entry: &'c RequirementEntry,
    standing: &'t Standing<'c>,
    /// The annexes that carry results of any body to which they apply, and those that may.
    open: &'t [Carrying<'c>],
    perhaps: &'t [Carrying<'c>],
    worth: Worth,
    /// What may be certified.
    fresh: &'t [Fresh<'q>],
    /// One for each kind of result.
    questions: &'t [Question],
}

impl<'t> Search<'t, '_, '_> {
    /// The question about results of a kind.
    fn about(&self, object: RecognitionObject) -> Option<&'t Question> {
        self.questions.iter().find(|it| it.object == object)
    }
}

/// What of a body's certificates is worth a trial.
#[derive(Clone, Copy)]
struct Worth {
    /// What is held may lead somewhere.
    held: bool,
    /// Something new may be the least work.
    new_target: bool,
    /// So may a body that has issued nothing yet.
    new_body: bool,
    /// So may something new by such a body.
    new_both: bool,
}

impl<'c, 'q> Options<'c, 'q> {
    pub(super) fn new(
        catalogue: &'c Catalogue,
        translator: &'q dyn Translator,
        product: &'q Product,
        held: &'q [Target],
        destination: &'q EconomyCode,
    ) -> Self {
        let mut seen = HashSet::new();
        let fresh = product.certificates.iter().filter(|it| seen.insert(&it.body));
        let located = fresh.map(|it| {
            let number = catalogue.body_number(&it.body);
            let economy = catalogue.home(number).map_or(&it.body_economy, |home| &home.code);
            Candidate { key: &it.body, economy, number }
        });
        let numbers = in_numbers(catalogue, held);
        Self { issuers: located.collect(), catalogue, translator, product, held, numbers, destination }
    }

    /// What is found for a requirement.
    pub(super) fn of(&self, entry: &'c RequirementEntry) -> Found<'c, 'q> {
        let question = self.question();
        let ctx = Context::new(self.catalogue, self.translator, &question, Detail::Outcome);
        let market = Market::new(&ctx, &entry.requirement.market);
        let standing = Standing::of_all(&ctx, &market, entry);
        let (mut may_count, mut barred) = (SmallVec::<[usize; 4]>::new(), Vec::new());
        for it in standing.all.iter().filter(|it| it.counts != Some(false)) {
            match self.barring(&entry.requirement.acceptances[it.place]) {
                None => may_count.push(it.place),
                Some(why) => barred.push(why),
            }
        }
        let mut choices = Vec::new();
        for at in standing.that_count().filter(|at| may_count.contains(at)) {
            self.direct(&entry.requirement.acceptances[at], &mut choices);
        }

        let (open, perhaps) = self.carrying(&ctx, &market);
        let worth = self.worth(&open, &standing, &choices);
        // What is accepted no more, or not yet, may still lead to something that is.
        let mut fresh: Vec<Fresh<'_>> = if worth.new_target {
            let all = entry.requirement.acceptances.iter().filter(|it| self.barring(it).is_none());
            all.map(|it| self.certified(&it.target, it))
                .map(|certified| {
                    let numbers = in_numbers(self.catalogue, &certified);
                    (certified, numbers)
                })
                .collect()
        } else {
            Vec::new()
        };
        let mut kinds: SmallVec<[RecognitionObject; 4]> = SmallVec::new();
        for (_, object) in open.iter().chain(&perhaps) {
            if !kinds.contains(object) {
                kinds.push(*object);
            }
        }
        let questions: Vec<_> = kinds.into_iter().map(|object| Question { object, ..question.clone() }).collect();
        let mut trial = Trial { ctx, market, missing: None };
        let mut go_through = |worth: Worth, fresh: &[Fresh<'q>], choices: &mut Vec<Choice<'c, 'q>>| {
            let mut tried = HashSet::new();
            for (annex, object) in &open {
                trial.ctx.question = questions.iter().find(|it| it.object == *object).unwrap_or(&question);
                let of_it = worth.new_body.then(|| self.bodies_under(annex, *object)).into_iter().flatten();
                for body in self.issuers.iter().copied().chain(of_it) {
                    if tried.insert((body.identity(), *object)) {
                        self.by_annex(entry, body, worth, fresh, &mut trial, choices);
                    }
                }
            }
        };
        go_through(worth, &fresh, &mut choices);
        // What leads on from what an annex covers takes a link at least: it is less work only where something else is more.
        let best = choices.iter().min_by(|a, b| a.order(b)).map(|it| it.work);
        let is_least = best.is_some_and(|it| !it.new_target || (!it.new_body && it.conditions == 0));
        let mut covered = Vec::new();
        if worth.new_target && !is_least {
            let ctx = Context::new(self.catalogue, self.translator, &question, Detail::Outcome);
            covered = self.covered(&ctx, entry, open.iter(), To::Counting);
            if !covered.is_empty() {
                go_through(Worth { held: false, ..worth }, &covered, &mut choices);
            }
        }
        let mut found = Found { choices, may_count, barred, unlisted: false, missing: None };
        if found.choices.is_empty() {
            found.unlisted = self.accepts_unlisted(&standing, &found.may_count);
        }
        if found.choices.is_empty() && !found.unlisted {
            fresh.append(&mut covered);
            // What leads to something of which it is not known whether it counts, and what an annex covers that may be open.
            let in_doubt = if standing.some_in_doubt { &open[..] } else { &[] };
            let ctx = Context::new(self.catalogue, self.translator, &question, Detail::Outcome);
            for certified in self.covered(&ctx, entry, in_doubt.iter().chain(&perhaps), To::InDoubt) {
                if fresh.iter().all(|(known, _)| **known != *certified.0) {
                    fresh.push(certified);
                }
            }
            let all = open.iter().chain(&perhaps);
            let held = self.is_held_leading(all, &standing, &[Tier::Plain, Tier::Exempt, Tier::InDoubt]);
            let search = Search {
                entry,
                standing: &standing,
                open: &open,
                perhaps: &perhaps,
                worth: Worth { held, ..worth },
                fresh: &fresh,
                questions: &questions,
            };
            found.missing = self.missing(&search, &mut trial, &mut found.choices);
            if found.choices.is_empty() && found.missing.is_none() {
                found.choices = self.once_designated(&search, &mut trial);
            }
        }
        found
    }

    /// The annexes that carry results to a market, and those of which it is not known whether they do; in the order of names.
    fn carrying(&self, ctx: &Context<'c, '_>, market: &Market<'c, '_>) -> (Vec<Carrying<'c>>, Vec<Carrying<'c>>) {
        let sure = market.place.numbers().iter().map(|it| (it, true));
        let all = sure.chain(market.place.possible().iter().map(|it| (it, false)));
        let accepted = all.flat_map(|(of, sure)| self.catalogue.annexes_accepted_in(*of).map(move |it| (it, sure)));
        let carrying = accepted.filter_map(|(annex, sure)| {
            let (object, is_told) = annex::is_open(ctx, market, annex)?;
            Some((annex, object, sure && is_told))
        });
        let mut carrying: Vec<_> = carrying.collect();
        carrying.sort_by_key(|(annex, _, surely)| (annex.terms.place, !surely));
        carrying.dedup_by_key(|(annex, ..)| annex.terms.place);
        let of = |which: bool| {
            let these = carrying.iter().filter(|(.., surely)| *surely == which);
            these.map(|(annex, object, _)| (*annex, *object)).collect()
        };
        (of(true), of(false))
    }

    /// Certificates of what annexes cover, or bodies under them are designated for, and that leads to acceptance.
    fn covered<'x>(
        &self,
        ctx: &Context<'c, '_>,
        entry: &'c RequirementEntry,
        carrying: impl Iterator<Item = &'x Carrying<'c>>,
        to: To,
    ) -> Vec<Fresh<'q>>
    where
        'c: 'x,
    {
        let mut all: Vec<Fresh<'q>> = Vec::new();
        let can_be = |it: &Target| self.is_certifiable(it);
        let leading = |annex: &AnnexEntry| {
            let covered = leads::covered(ctx, entry, annex, to, &can_be).into_iter();
            covered.chain(leads::of_scheme(ctx, entry, annex, to, &can_be))
        };
        for certified in carrying.flat_map(|(annex, _)| leading(annex)) {
            let mut certified: Vec<Target> =
                certified.iter().map(|it| self.holding(it).unwrap_or(it).clone()).collect();
            certified.sort();
            certified.dedup();
            // One of which everything is held is tried as such.
            let known =
                all.iter().any(|(it, _)| **it == *certified) || certified.iter().all(|it| self.held.contains(it));
            if !known && certified.iter().all(|it| self.is_certifiable(it)) {
                let numbers = in_numbers(self.catalogue, &certified);
                all.push((Cow::Owned(certified), numbers));
            }
        }
        all
    }

    /// What is worth a trial beside what is accepted directly.
    fn worth(&self, open: &[Carrying<'c>], standing: &Standing<'_>, direct: &[Choice<'_, '_>]) -> Worth {
        let best = direct.iter().min_by(|a, b| a.order(b));
        let full = best.is_some_and(|best| direct.iter().filter(|it| it.is_like(best)).count() >= MOST_BODIES);
        let leads = self.is_held_leading(open.iter(), standing, &[Tier::Plain, Tier::Exempt]);
        // What is held does directly: then nothing new is the least work.
        let new_target = best.is_none_or(|best| best.work.new_target);
        // By an annex another body is more work than directly, and the step names as many bodies as it may; only what is
        // held would be less.
        let new_both = !full && new_target;
        Worth { held: leads, new_target, new_body: new_both || (leads && (!full || new_target)), new_both }
    }

    /// Whether what is held may lead by an annex to something of these tiers, or is it: nobody's certificate of it leads
    /// anywhere if no chain does.
    fn is_held_leading<'x>(
        &self,
        carrying: impl Iterator<Item = &'x Carrying<'c>>,
        standing: &Standing<'_>,
        tiers: &[Tier],
    ) -> bool
    where
        'c: 'x,
    {
        let held: SmallVec<[_; 8]> = (0_u32..).zip(self.numbers.iter().copied()).collect();
        let net = Net { catalogue: self.catalogue, date: self.product.date };
        let limit = carrying.map(|(annex, _)| usize::from(annex.terms.chain_limit)).max().unwrap_or(0);
        tiers.iter().any(|tier| standing.has(*tier) && standing.chain(net, &held, limit, *tier).is_some())
    }

    /// Whether the catalogue knows nothing against certifying to something on the date.
    fn is_certifiable(&self, target: &Target) -> bool {
        Barred::of(self.catalogue, target, self.product.date).is_none()
    }

    /// What an acceptance asks for and nobody can certify to on the date, if anything, and why.
    fn barring<'a>(&self, acceptance: &'a Acceptance) -> Option<(&'a Target, Barred<'a>)>
    where
        'c: 'a,
    {
        let catalogue: &'a Catalogue = self.catalogue;
        let mut all = std::iter::once(&acceptance.target).chain(&acceptance.together_with);
        all.find_map(|it| Some((it, Barred::of(catalogue, it, self.product.date)?)))
    }

    /// A certificate of nothing yet, as if it were granted on the date of the plan.
    fn question(&self) -> Question {
        let mut question = self.product.question(None, self.destination);
        question.granted_on = Some(self.product.date);
        question
    }

    /// Directly accepted bodies need no trial: the rule names them.
    fn direct(&self, acceptance: &'c Acceptance, choices: &mut Vec<Choice<'c, 'q>>) {
        let starts_from = self.holding(&acceptance.target).unwrap_or(&acceptance.target);
        let certified = self.certified(starts_from, acceptance);
        let start = certified.iter().position(|it| it == starts_from).unwrap_or(0);
        let new_target = certified.iter().any(|it| !self.held.contains(it));
        let object = wanted_object(acceptance);
        for body in self.accepted_bodies(acceptance, object) {
            let new_body = !self.is_issuer(body);
            choices.push(Choice {
                work: Work { designation: false, new_target, new_body, conditions: 0, links: 0, by_annex: false },
                body,
                certified: certified.clone(),
                start,
                object,
                annex: None,
                designation: None,
                conditions: Conditions::new(),
            });
        }
    }

    /// What is held that is something wanted.
    fn holding(&self, target: &Target) -> Option<&'q Target> {
        let wanted = self.catalogue.wanted(target);
        self.held.iter().find(|held| wanted.is_met_by(self.catalogue.held(held).0))
    }

    /// What a certificate names that starts from something, with what an acceptance asks beside it.
    fn certified(&self, start: &'q Target, acceptance: &'c Acceptance) -> Cow<'q, [Target]> {
        if acceptance.together_with.is_empty() {
            return Cow::Borrowed(std::slice::from_ref(start));
        }
        let beside = acceptance.together_with.iter().map(|it| self.holding(it).unwrap_or(it));
        let mut all: Vec<_> = std::iter::once(start).chain(beside).cloned().collect();
        all.sort();
        all.dedup();
        Cow::Owned(all)
    }

    fn by_annex<'t>(
        &self,
        entry: &'c RequirementEntry,
        body: Candidate<'q>,
        worth: Worth,
        fresh: &[Fresh<'q>],
        trial: &mut Trial<'c, 't>,
        choices: &mut Vec<Choice<'c, 'q>>,
    ) where
        'q: 't,
    {
        let new = if self.is_issuer(body) { worth.new_target } else { worth.new_both };
        if !worth.held && !new {
            return;
        }
        trial.turn_to(body);
        // What is held already, if this body certified it: all of it first, then only what the route starts from.
        if worth.held
            && let Some(choice) = self.choice(entry, (Cow::Borrowed(self.held), &self.numbers), body, trial, false)
        {
            let start = choice.start..=choice.start;
            let alone = (Cow::Borrowed(&self.held[start.clone()]), &self.numbers[start]);
            let alone = if self.held.len() > 1 { self.choice(entry, alone, body, trial, false) } else { None };
            choices.push(alone.unwrap_or(choice));
            return;
        }
        if new {
            let all = fresh.iter().map(|(certified, numbers)| (certified.clone(), &numbers[..]));
            choices.extend(all.filter_map(|certified| self.choice(entry, certified, body, trial, true)));
        }
    }

    /// The choice of a certificate of a body, if it meets a requirement in full. `trial` is about those of that body.
    fn choice(
        &self,
        entry: &'c RequirementEntry,
        (certified, numbers): (Cow<'q, [Target]>, &[Held]),
        body: Candidate<'q>,
        trial: &mut Trial<'c, '_>,
        new_target: bool,
    ) -> Option<Choice<'c, 'q>> {
        if certified.is_empty() {
            return None;
        }
        trial.ctx.about_held(numbers);
        let Judged { status, route, mut findings, may_have, leaves_open, .. } =
            evaluate(&trial.ctx, &trial.market, entry)?;
        if status == Status::Undetermined && may_have == Some(RecognitionEffect::Full) && trial.missing.is_none() {
            // Of whom the catalogue does not list it is told apart, where that may still count.
            trial.missing = Some(findings.swap_remove(leaves_open)).filter(|it| it.code != BODIES_UNKNOWN);
        }
        let way = route.filter(|_| status == Status::Met)?;
        Some(self.by_way(way, certified, body, trial.ctx.question.object, new_target))
    }

    /// The choice of a certificate of a body that is accepted in a way.
    fn by_way(
        &self,
        way: Route<'c>,
        certified: Cow<'q, [Target]>,
        body: Candidate<'q>,
        object: RecognitionObject,
        new_target: bool,
    ) -> Choice<'c, 'q> {
        let (new_body, by_annex) = (!self.is_issuer(body), way.annex.is_some());
        let (conditions, links) = (way.conditions.len(), way.links.len());
        Choice {
            work: Work { designation: false, new_target, new_body, conditions, links, by_annex },
            body,
            certified,
            start: way.certified,
            object,
            annex: way.annex.map(|annex| &annex.name),
            designation: None,
            conditions: way.conditions,
        }
    }
}

fn in_numbers(catalogue: &Catalogue, targets: &[Target]) -> Numbers {
    targets.iter().map(|target| catalogue.held(target).0).collect()
}
