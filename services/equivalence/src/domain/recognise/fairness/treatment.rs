//! How one origin fares under a requirement, and what makes it fare so.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::arrangement::{Annex, TransitionPeriod};
use crate::domain::catalogue::{AnnexEntry, Catalogue, RequirementEntry};
use crate::domain::code::CodeReference;
use crate::domain::decision::{Attempt, Check, Condition, Outcome, Status};
use crate::domain::equivalence::Target;
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::question::Question;
use crate::domain::recognise::context::Context;
use crate::domain::recognise::market::Market;
use crate::domain::recognise::{Detail, evaluate, leads, outcome};
use crate::domain::standard::Stock;
use crate::domain::translate::Translator;
use crate::domain::words::{ConditionKind, RecognitionEffect, RecognitionObject};

/// What all origins have in common.
pub(super) struct Bench<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) translator: &'a dyn Translator,
    pub(super) entry: &'a RequirementEntry,
    /// Where the goods go: the requirement's market, or a member of it.
    pub(super) destination: &'a EconomyCode,
    /// The annexes by which the market accepts others' results.
    pub(super) annexes: &'a [&'a AnnexEntry],
    /// What each certificate that may serve names.
    pub(super) certificates: &'a [Vec<Target>],
    pub(super) code: &'a CodeReference,
    pub(super) object: RecognitionObject,
    pub(super) date: NaiveDate,
}

/// How an origin fares.
pub(super) struct Treatment<'a> {
    pub(super) origin: &'a EconomyCode,
    pub(super) outcome: Outcome,
    mandatory: bool,
    /// What is to be fulfilled by the way that serves best.
    conditions: Vec<Asked>,
    /// The same of every other way that has this outcome and asks for nothing more than another.
    other_ways: Vec<Vec<Asked>>,
    body: BodyKey,
    /// What the certificate names that serves best.
    certified: &'a [Target],
    /// By which annex it is met, if by one.
    annex: Option<Arc<Annex>>,
    /// Whether the requirement covers the origin.
    covered: bool,
}

/// What is to be fulfilled: a test by its name, what an annex asks for by its words, whichever annex has them.
type Asked = (ConditionKind, String);

fn asked(condition: Condition<'_>) -> Asked {
    let what = match condition {
        Condition::ByAnnex(it, _) if !it.description.is_empty() => &it.description,
        other => other.id(),
    };
    (condition.kind(), what.to_owned())
}

/// Whether everything of the one is asked for by the other.
fn is_within(one: &[Asked], other: &[Asked]) -> bool {
    one.iter().all(|it| other.contains(it))
}

impl Treatment<'_> {
    /// Smaller is better. Not to be asked is best where something is demanded, and nothing where it is honoured.
    pub(super) fn standing(&self) -> (u8, usize) {
        let outcome = match self.outcome {
            Outcome::NoRequirementApplies if self.mandatory => 0,
            Outcome::Recognised => 1,
            Outcome::RecognisedOnConditions => 2,
            Outcome::Partial => 3,
            Outcome::InformationOnly => 4,
            Outcome::NotRecognised | Outcome::NoRequirementApplies | Outcome::Undetermined => 5,
        };
        (outcome, self.conditions.len())
    }

    /// Whether it has the better outcome, or the same by a way on which nothing is to be fulfilled that is not on one of the
    /// other's.
    pub(super) fn is_no_worse_than(&self, other: &Self) -> bool {
        let (own, others) = (self.standing().0, other.standing().0);
        let reaches = |way: &Vec<Asked>| other.ways().any(|it| is_within(way, it));
        own < others || (own == others && self.ways().any(reaches))
    }

    fn ways(&self) -> impl Iterator<Item = &Vec<Asked>> {
        std::iter::once(&self.conditions).chain(&self.other_ways)
    }
}

impl<'a> Bench<'a> {
    /// How goods of an origin fare, by the body of it that fares best and by what it certifies best. None when that cannot
    /// be said.
    pub(super) fn treat(&self, origin: &'a EconomyCode) -> Option<Treatment<'a>> {
        self.best(origin, false)
    }

    fn best(&self, origin: &'a EconomyCode, without_special: bool) -> Option<Treatment<'a>> {
        let bodies = self.bodies(origin).into_iter();
        let tried = bodies.flat_map(|body| self.certificates.iter().map(move |certified| (body.clone(), certified)));
        let treated = tried.filter_map(|(body, certified)| self.treat_by(origin, body, certified, without_special));
        let treated: Vec<_> = treated.collect();
        let best = treated.iter().map(Treatment::standing).min()?;
        let mut ways: Vec<_> =
            treated.iter().filter(|it| it.standing().0 == best.0).flat_map(|it| it.ways().cloned()).collect();
        ways.sort_by_key(Vec::len);
        let mut other_ways: Vec<Vec<Asked>> = Vec::new();
        for way in ways {
            if !other_ways.iter().any(|less| is_within(less, &way)) {
                other_ways.push(way);
            }
        }
        let best = treated.into_iter().find(|it| it.standing() == best)?;
        Some(Treatment { other_ways, ..best })
    }

    /// How goods would fare if nothing were special and differential treatment, and the clause that is.
    pub(super) fn special(&self, treatment: &Treatment<'a>) -> Option<(Treatment<'a>, String)> {
        let running = |annex: &Annex| self.periods(annex, treatment).any(|period| period.special_and_differential);
        if !self.annexes.iter().any(|entry| running(&entry.annex)) {
            return None;
        }
        let without = self.best(treatment.origin, true)?;
        let annex = without.annex.clone()?;
        let period = self.periods(&annex, treatment).find(|period| period.special_and_differential)?;
        let clause = if period.legal_reference.is_empty() { &annex.legal_reference } else { &period.legal_reference };
        let clause = named(&annex.name.name(), clause);
        Some((without, clause))
    }

    /// What makes the difference between two origins.
    pub(super) fn clause(&self, favoured: &Treatment<'_>, disfavoured: &Treatment<'_>) -> String {
        let requirement = &self.entry.requirement;
        let requirement = || named(&requirement.name.name(), &requirement.legal_reference);
        if !favoured.covered || !disfavoured.covered {
            return requirement(); // by the origins that it covers
        }
        if let Some(clause) = self.held_back(favoured, disfavoured) {
            return clause; // whether or not the favoured go by an annex themselves
        }
        let Some(annex) = favoured.annex.as_ref().or(disfavoured.annex.as_ref()) else {
            return requirement(); // by whose bodies it accepts
        };
        named(&annex.name.name(), &annex.legal_reference)
    }

    /// The annex of which a transition holds an origin back, with the reference of that.
    fn held_back(&self, favoured: &Treatment<'_>, disfavoured: &Treatment<'_>) -> Option<String> {
        let certified = [favoured.certified, disfavoured.certified];
        let annex = certified.into_iter().find_map(|certified| self.in_transition(disfavoured, certified))?;
        // What is granted as special alone would be told as that.
        let period = self.periods(annex, disfavoured).min_by_key(|it| it.special_and_differential);
        let clause = period.map(|it| &it.legal_reference).filter(|it| !it.is_empty());
        Some(named(&annex.name.name(), clause.unwrap_or(&annex.legal_reference)))
    }

    /// The transitions that hold results from an origin back: those of its economy, of the market and of the destination.
    fn periods<'p>(
        &'p self,
        annex: &'p Annex,
        treatment: &'p Treatment<'_>,
    ) -> impl Iterator<Item = &'p TransitionPeriod> {
        let sides = [treatment.origin, &self.entry.requirement.market, self.destination];
        annex.transitions.iter().filter(move |period| {
            self.date < period.ends_on
                && sides.iter().any(|side| self.catalogue.is_within(side, &period.economy, self.date))
        })
    }

    /// The annex under which the transition is the first check that fails.
    fn in_transition(&self, treatment: &Treatment<'_>, certified: &[Target]) -> Option<&'a Arc<Annex>> {
        let question = self.question(treatment.origin, &treatment.body, certified);
        let ctx = Context::new(self.catalogue, self.translator, &question, Detail::Attempts);
        let market = Market::new(&ctx, &self.entry.requirement.market);
        let result = evaluate(&ctx, &market, self.entry)?;
        result.attempts.iter().find_map(|attempt| match attempt {
            Attempt::Miss(miss) if miss.check == Check::Transition => miss.annex,
            _ => None,
        })
    }

    /// One body of nowhere in particular, and those of the economy that a rule or a designation names.
    fn bodies(&self, economy: &EconomyCode) -> Vec<BodyKey> {
        let of_it = |body: &BodyKey| self.catalogue.bodies.get(body).is_some_and(|it| it.economy == *economy);
        let by_rule = self.entry.requirement.acceptances.iter().flat_map(|it| &it.bodies.bodies);
        let designated = self.annexes.iter().flat_map(|it| it.designations.iter().map(|it| &it.body));
        let mut bodies: Vec<_> = by_rule.chain(designated).filter(|body| of_it(body)).cloned().collect();
        bodies.sort();
        bodies.dedup();
        bodies.push(BodyKey::of_any());
        bodies
    }

    fn question(&self, origin: &EconomyCode, body: &BodyKey, certified: &[Target]) -> Question {
        Question {
            certified: certified.to_vec(),
            body: body.clone(),
            body_economy: origin.clone(),
            object: self.object,
            granted_on: Some(self.date),
            code: self.code.clone(),
            origin: origin.clone(),
            destination: self.destination.clone(),
            date: self.date,
            stock: Stock::default(),
        }
        .normalised()
    }

    /// What is to be fulfilled by each way that has this effect.
    fn ways(&self, question: &Question, without_special: bool, effect: RecognitionEffect) -> Vec<Vec<Asked>> {
        let mut ctx = Context::new(self.catalogue, self.translator, question, Detail::Attempts);
        ctx.without_special_treatment = without_special;
        let market = Market::new(&ctx, &self.entry.requirement.market);
        let attempts = evaluate(&ctx, &market, self.entry).map(|it| it.attempts).unwrap_or_default();
        let ways = attempts.iter().filter_map(|attempt| match attempt {
            Attempt::Route(route) if route.effect == effect => Some(route.conditions.iter()),
            _ => None,
        });
        ways.map(|conditions| conditions.map(|it| asked(*it)).collect()).collect()
    }

    fn treat_by(
        &self,
        origin: &'a EconomyCode,
        body: BodyKey,
        certified: &'a [Target],
        without_special: bool,
    ) -> Option<Treatment<'a>> {
        let question = self.question(origin, &body, certified);
        let mut ctx = Context::new(self.catalogue, self.translator, &question, Detail::Outcome);
        ctx.without_special_treatment = without_special;
        let mandatory = self.entry.mandatory;
        if !ctx.in_question(self.entry) {
            let outcome = Outcome::NoRequirementApplies;
            let (conditions, other_ways) = (Vec::new(), Vec::new());
            let (annex, covered) = (None, false);
            return Some(Treatment {
                origin,
                outcome,
                mandatory,
                conditions,
                other_ways,
                body,
                certified,
                annex,
                covered,
            });
        }
        let market = Market::new(&ctx, &self.entry.requirement.market);
        let result = evaluate(&ctx, &market, self.entry)?;
        if result.status == Status::Undetermined {
            return None;
        }
        let outcome = outcome::overall(&[&result]).outcome;
        let conditions: Vec<_> = result.route.iter().flat_map(|route| &route.conditions).map(|it| asked(*it)).collect();
        // Where something is to be fulfilled, another annex may ask for something else.
        let other_ways = match &result.route {
            Some(route) if !conditions.is_empty() => self.ways(&question, without_special, route.effect),
            _ => Vec::new(),
        };
        let annex = result.route.as_ref().and_then(|route| route.annex).cloned();
        Some(Treatment { origin, outcome, mandatory, conditions, other_ways, body, certified, annex, covered: true })
    }
}

/// What each certificate that may serve names: everything that is accepted, or what of an annex leads to acceptance.
pub(super) fn certificates(
    catalogue: &Catalogue,
    translator: &dyn Translator,
    entry: &RequirementEntry,
    annexes: &[&AnnexEntry],
    destination: &EconomyCode,
    date: NaiveDate,
) -> Vec<Vec<Target>> {
    let requirement = &entry.requirement;
    let in_force = requirement.acceptances.iter().filter(|it| it.in_force(date));
    let own: Vec<Target> = in_force.flat_map(|it| it.together_with.iter().chain([&it.target])).cloned().collect();
    let mut all = vec![own];
    let question = Question {
        certified: Vec::new(),
        body: BodyKey::of_any(),
        body_economy: requirement.market.clone(),
        object: RecognitionObject::Certificate,
        granted_on: Some(date),
        // Of no matter to what is accepted and what leads there.
        code: requirement.codes.first().map_or_else(super::whichever, |scope| scope.code.clone()),
        origin: requirement.market.clone(),
        destination: destination.clone(),
        date,
        stock: Stock::default(),
    };
    let ctx = Context::new(catalogue, translator, &question, Detail::Outcome);
    let covered = |annex: &&AnnexEntry| leads::covered(&ctx, entry, annex, leads::To::Counting, &leads::anything);
    for certified in annexes.iter().flat_map(covered) {
        if !all.contains(&certified) {
            all.push(certified);
        }
    }
    all
}

fn named(entry: &str, clause: &str) -> String {
    if clause.is_empty() { entry.to_owned() } else { format!("{entry}: {clause}") }
}
