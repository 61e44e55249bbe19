//! Which other markets a step opens. A step is looked for only where something that it leads to is accepted and wanted.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;

use super::combine::Row;
use super::{MarketAccess, Product, Step};
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::{Outcome, Status};
use crate::domain::equivalence::Target;
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::recognise::chain::{self, Net};
use crate::domain::recognise::context::{Context, Place};
use crate::domain::recognise::{Detail, Judged, judge, outcome};
use crate::domain::translate::Translator;
use crate::domain::usage::Facts;

/// A new certificate: what it names, by whom, of which kind, and the place of the annex under which that is designated first.
type Key = (Vec<Target>, BodyKey, i32, Option<u32>);

/// What is closed, and what would open it.
pub(super) struct Openings<'a, 'c, 'q> {
    catalogue: &'c Catalogue,
    translator: &'a dyn Translator,
    product: &'a Product,
    rows: &'a [Row<'c, 'q>],
    markets: &'a [MarketAccess<'c>],
    /// The closed markets in which something is accepted for a requirement that is not met.
    wanted: HashMap<u32, Vec<usize>>,
    /// The closed markets that accept results of bodies of an economy or bloc, directly or by an annex.
    by_economy: HashMap<u32, Vec<usize>>,
    /// Those that accept results of a body that they name.
    by_body: HashMap<&'c BodyKey, Vec<usize>>,
    /// Those that accept anybody's.
    by_anybody: Vec<usize>,
}

/// Whether goods may enter, or gain what is honoured, once the conditions are fulfilled.
fn is_open(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Recognised | Outcome::RecognisedOnConditions | Outcome::NoRequirementApplies)
}

/// The markets that each step opens, by step in the order of the markets.
pub(super) type Opened = Vec<Vec<Vec<EconomyCode>>>;

impl<'a, 'c: 'a, 'q: 'a> Openings<'a, 'c, 'q> {
    pub(super) fn new(
        catalogue: &'c Catalogue,
        translator: &'a dyn Translator,
        product: &'a Product,
        rows: &'a [Row<'c, 'q>],
        markets: &'a [MarketAccess<'c>],
    ) -> Self {
        let mut openings = Self {
            catalogue,
            translator,
            product,
            rows,
            markets,
            wanted: HashMap::default(),
            by_economy: HashMap::default(),
            by_body: HashMap::default(),
            by_anybody: Vec::new(),
        };
        for (at, (row, market)) in rows.iter().zip(markets).enumerate() {
            // What a certificate cannot open: what is open, and what nobody can tell.
            if row.is_told() && !is_open(market.outcome) {
                openings.close(at);
            }
        }
        openings
    }

    /// Notes what could open a closed market.
    fn close(&mut self, at: usize) {
        let mut importers = BTreeSet::new();
        for result in self.rows[at].results.iter().filter(|result| result.status != Status::Met) {
            let entry = result.entry;
            importers.insert(&entry.requirement.market);
            for (acceptance, terms) in entry.requirement.acceptances.iter().zip(&entry.acceptances) {
                note(self.wanted.entry(terms.wanted.node()).or_default(), at);
                for economy in terms.economies() {
                    note(self.by_economy.entry(economy).or_default(), at);
                }
                for body in &acceptance.bodies.bodies {
                    note(self.by_body.entry(body).or_default(), at);
                }
                if terms.any_body {
                    note(&mut self.by_anybody, at);
                }
            }
        }
        for market in importers {
            let place = Place::new(self.catalogue, market, self.product.date);
            let annexes = place.codes().flat_map(|code| self.catalogue.annexes_accepted_by(code));
            for entry in annexes.filter(|entry| !self.rows[at].lies_outside(&entry.terms.codes)) {
                for exporter in entry.terms.parties.iter().filter(|party| party.is_accepted) {
                    note(self.by_economy.entry(exporter.economy).or_default(), at);
                }
            }
        }
    }

    /// None when it becomes too late meanwhile.
    pub(super) fn find(&self, late: &dyn Fn() -> bool) -> Option<Opened> {
        let mut known: BTreeMap<Key, BTreeSet<usize>> = BTreeMap::new();
        let mut near: BTreeMap<&Target, Vec<bool>> = BTreeMap::new();
        let mut found = Vec::with_capacity(self.markets.len());
        for (at, market) in self.markets.iter().enumerate() {
            if late() {
                return None;
            }
            let mut steps = Vec::with_capacity(market.steps.len());
            for step in &market.steps {
                let opened = match (&step.target, step.bodies.first()) {
                    (None, _) => fulfilled(self.markets, step),
                    (Some(_), None) => BTreeSet::new(),
                    (Some(_), Some(body)) => {
                        let kind = step.object.number();
                        let key = (step.certified.clone(), body.clone(), kind, designated_under(step));
                        let opened = known.entry(key).or_insert_with(|| {
                            let then = self.held_then(step, body);
                            let all = || then.iter().flat_map(|it| &it.certified).chain(&step.certified);
                            for target in all() {
                                near.entry(target).or_insert_with(|| self.near(target));
                            }
                            self.opened(step, body, &then, &|at| all().any(|target| near[target][at]))
                        });
                        opened.clone()
                    }
                };
                let others = opened.into_iter().filter(|other| *other != at);
                steps.push(others.map(|other| self.markets[other].destination.clone()).collect());
            }
            found.push(steps);
        }
        Some(found)
    }

    /// For each market, whether it is closed and something is wanted in it that a target leads to.
    fn near(&self, target: &Target) -> Vec<bool> {
        let net = Net { catalogue: self.catalogue, date: self.product.date };
        let reached = chain::reachable(net, self.catalogue.held(target).0, self.catalogue.longest_chain());
        let mut near = vec![false; self.markets.len()];
        reached.iter().flat_map(|node| self.wanted.get(node).into_iter().flatten()).for_each(|at| near[*at] = true);
        near
    }

    /// What is held that may count for more once a step has its body designated: the certificates of that body.
    fn held_then(&self, step: &Step<'_>, body: &BodyKey) -> Vec<&'a Facts> {
        let all = self.product.certificates.iter();
        all.filter(|it| step.designation.is_some() && it.body == *body).collect()
    }

    /// Which of the markets in which it leads somewhere a step opens, together with what is held, and what of that counts for
    /// more `then`.
    fn opened(
        &self,
        step: &Step<'_>,
        body: &BodyKey,
        then: &[&Facts],
        near: &dyn Fn(usize) -> bool,
    ) -> BTreeSet<usize> {
        let certificate = Facts {
            certified: step.certified.clone(),
            body: body.clone(),
            body_economy: step.body_economy.clone().unwrap_or_else(|| self.product.origin.clone()),
            object: step.object,
            granted_on: Some(self.product.date),
        };
        let located = self.catalogue.bodies.get(body).map_or(&certificate.body_economy, |it| &it.economy);
        let place = Place::new(self.catalogue, located, self.product.date);
        let by_economy = place.numbers().iter().filter_map(|number| self.by_economy.get(number));
        let doors = by_economy.chain(self.by_body.get(body)).chain([&self.by_anybody]).flatten();
        let mut doors: Vec<usize> = doors.copied().filter(|at| near(*at)).collect();
        doors.sort_unstable();
        doors.dedup();
        let certificates = then.iter().copied().chain([&certificate]);
        let questions: Vec<_> = certificates.map(|it| self.product.question(Some(it), located)).collect();
        let context = |question| {
            let mut ctx = Context::new(self.catalogue, self.translator, question, Detail::Outcome);
            ctx.designated_under = designated_under(step);
            ctx
        };
        let mut contexts: Vec<Context<'c, '_>> = questions.iter().map(context).collect();
        let opened = doors.into_iter().filter(|at| {
            contexts.iter_mut().for_each(|ctx| ctx.towards(self.rows[*at].destination()));
            self.opens(*at, &contexts)
        });
        opened.collect()
    }

    /// Whether what certificates ask of a closed market opens that, together with what is held.
    fn opens(&self, at: usize, contexts: &[Context<'c, '_>]) -> bool {
        let asked: Vec<_> = contexts.iter().map(judge).collect();
        let mut together: Vec<&Judged<'_>> = self.rows[at].results.iter().collect();
        for results in &asked {
            for (known, new) in together.iter_mut().zip(results) {
                if outcome::standing(new) < outcome::standing(known) {
                    *known = new;
                }
            }
        }
        is_open(outcome::overall(&together).outcome)
    }
}

/// The place of the annex under which a step has its bodies designated.
fn designated_under(step: &Step<'_>) -> Option<u32> {
    step.designation.as_ref().map(|it| it.under.terms.place)
}

/// Adds the place of a market; those of a list come in their order.
fn note(places: &mut Vec<usize>, at: usize) {
    if places.last() != Some(&at) {
        places.push(at);
    }
}

/// Writes what was found into the steps.
pub(super) fn tell(found: Opened, markets: &mut [MarketAccess<'_>]) {
    for (market, found) in markets.iter_mut().zip(found) {
        for (step, also) in market.steps.iter_mut().zip(found) {
            step.also_opens = also;
        }
    }
}

/// The markets whose every condition a step fulfils.
fn fulfilled(markets: &[MarketAccess<'_>], step: &Step<'_>) -> BTreeSet<usize> {
    let done = |market: &MarketAccess<'_>| {
        let routes = market.requirements.iter().filter_map(|result| result.route.as_ref());
        let mut conditions = routes.flat_map(|route| &route.conditions);
        conditions.all(|condition| step.conditions.iter().any(|known| condition.is_same(*known)))
    };
    let on_conditions = markets.iter().enumerate().filter(|(_, it)| it.outcome == Outcome::RecognisedOnConditions);
    on_conditions.filter(|(_, market)| done(market)).map(|(at, _)| at).collect()
}
