//! Which other markets a step opens. A step is looked for only where something that it leads to is accepted and wanted.

use std::collections::{BTreeMap, BTreeSet};

use super::combine::Row;
use super::{MarketAccess, Product, Step};
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::{Outcome, Status};
use crate::domain::equivalence::{Target, TargetKey};
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::recognise::chain::{self, Net};
use crate::domain::recognise::context::Context;
use crate::domain::recognise::{Detail, judge, outcome};
use crate::domain::translate::Translator;
use crate::domain::usage::Facts;

/// A new certificate: what it names, by whom, of which kind.
type Key = (Vec<Target>, BodyKey, i32);

/// What is closed, and what would open it.
pub(super) struct Openings<'a> {
    catalogue: &'a Catalogue,
    translator: &'a dyn Translator,
    product: &'a Product,
    rows: &'a [Row],
    closed: BTreeSet<usize>,
    /// The closed markets in which something is accepted for a requirement that is not met.
    wanted: BTreeMap<&'a TargetKey, Vec<usize>>,
    /// The markets that each step opens, by step in the order of the markets.
    found: Vec<Vec<Vec<EconomyCode>>>,
}

/// Whether goods may enter, or gain what is honoured, once the conditions are fulfilled.
fn is_open(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Recognised | Outcome::RecognisedOnConditions | Outcome::NoRequirementApplies)
}

impl<'a> Openings<'a> {
    pub(super) fn new(
        catalogue: &'a Catalogue,
        translator: &'a dyn Translator,
        product: &'a Product,
        rows: &'a [Row],
        markets: &[MarketAccess],
    ) -> Self {
        let closed = markets.iter().enumerate().filter(|(_, market)| !is_open(market.outcome)).map(|(at, _)| at);
        let closed: BTreeSet<usize> = closed.collect();
        let mut wanted: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for at in &closed {
            let unmet = rows[*at].results.iter().filter(|result| result.status != Status::Met);
            for acceptance in unmet.flat_map(|result| &result.requirement.acceptances) {
                wanted.entry(&acceptance.target.name).or_default().push(*at);
            }
        }
        let mut openings = Self { catalogue, translator, product, rows, closed, wanted, found: Vec::new() };
        openings.find(markets);
        openings
    }

    /// Writes them into the steps.
    pub(super) fn tell(self, markets: &mut [MarketAccess]) {
        for (market, found) in markets.iter_mut().zip(self.found) {
            for (step, also) in market.steps.iter_mut().zip(found) {
                step.also_opens = also;
            }
        }
    }

    fn find(&mut self, markets: &[MarketAccess]) {
        let mut known: BTreeMap<Key, BTreeSet<usize>> = BTreeMap::new();
        let mut reach: BTreeMap<&Target, BTreeSet<usize>> = BTreeMap::new();
        for (at, market) in markets.iter().enumerate() {
            let mut steps = Vec::with_capacity(market.steps.len());
            for step in &market.steps {
                let opened = match (&step.target, step.bodies.first()) {
                    (None, _) => fulfilled(markets, step),
                    (Some(_), None) => BTreeSet::new(),
                    (Some(target), Some(body)) => {
                        let key = (step.certified.clone(), body.clone(), step.object.number());
                        known
                            .entry(key)
                            .or_insert_with(|| {
                                let near = reach.entry(target).or_insert_with(|| self.near(target));
                                near.iter().copied().filter(|other| self.opens(*other, step, body)).collect()
                            })
                            .clone()
                    }
                };
                let others = opened.into_iter().filter(|other| *other != at);
                steps.push(others.map(|other| markets[other].destination.clone()).collect());
            }
            self.found.push(steps);
        }
    }

    /// The closed markets in which something is wanted that a target leads to.
    fn near(&self, target: &Target) -> BTreeSet<usize> {
        let net = Net { catalogue: self.catalogue, date: self.product.date };
        let reached = chain::reach(net, target, self.catalogue.longest_chain());
        let names = reached.iter().map(|(reached, _)| &reached.name).chain([&target.name]);
        names.flat_map(|name| self.wanted.get(name).into_iter().flatten().copied()).collect()
    }

    /// Whether a step opens a closed market, together with what is held.
    fn opens(&self, at: usize, step: &Step, body: &BodyKey) -> bool {
        let row = &self.rows[at];
        if !self.closed.contains(&at) || !row.known || row.in_doubt {
            return false;
        }
        let certificate = Facts {
            certified: step.certified.clone(),
            body: body.clone(),
            body_economy: step.body_economy.clone().unwrap_or_else(|| self.product.origin.clone()),
            object: step.object,
            granted_on: Some(self.product.date),
        };
        let question = self.product.question(Some(&certificate), &row.destination);
        let ctx = Context::new(self.catalogue, self.translator, &question, Detail::Outcome);
        let together = judge(&ctx)
            .into_iter()
            .zip(&row.results)
            .map(|(new, known)| if outcome::standing(&new) < outcome::standing(known) { new } else { known.clone() });
        is_open(outcome::overall(&together.collect::<Vec<_>>()).outcome)
    }
}

/// The markets whose every condition a step fulfils.
fn fulfilled(markets: &[MarketAccess], step: &Step) -> BTreeSet<usize> {
    let done = |market: &MarketAccess| {
        let routes = market.requirements.iter().filter_map(|result| result.route.as_ref());
        let mut conditions = routes.flat_map(|route| &route.conditions);
        conditions.all(|condition| step.conditions.iter().any(|known| condition.is_same(known)))
    };
    let on_conditions = markets.iter().enumerate().filter(|(_, it)| it.outcome == Outcome::RecognisedOnConditions);
    on_conditions.filter(|(_, market)| done(market)).map(|(at, _)| at).collect()
}
