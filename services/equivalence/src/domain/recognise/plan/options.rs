//! Who could certify what, so that a requirement is met: every option that the catalogue knows, each tried as if it were
//! done on the date of the plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{MOST_BODIES, Product};
use crate::domain::body::Body;
use crate::domain::catalogue::{AnnexEntry, Catalogue};
use crate::domain::decision::{RequirementResult, Route, Status};
use crate::domain::economy::Economy;
use crate::domain::equivalence::Target;
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::question::Question;
use crate::domain::recognise::context::{Context, satisfies};
use crate::domain::recognise::market::Market;
use crate::domain::recognise::standing::Standing;
use crate::domain::recognise::{Detail, annex, evaluate};
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::time::Counts;
use crate::domain::translate::Translator;
use crate::domain::words::{BodyRole, RecognitionObject};

/// A certificate that would meet a requirement.
pub(super) struct Choice {
    /// What it takes, smaller is less.
    pub(super) work: Work,
    pub(super) body: BodyKey,
    pub(super) body_economy: EconomyCode,
    /// Everything that it names.
    pub(super) certified: Vec<Target>,
    pub(super) object: RecognitionObject,
    pub(super) route: Route,
}

/// How much work a choice is: above all whether something new is certified, then whether by another body, then the
/// conditions, then how long and how direct the route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Work {
    pub(super) new_target: bool,
    pub(super) new_body: bool,
    pub(super) conditions: usize,
    pub(super) links: usize,
    pub(super) by_annex: bool,
}

/// A body that may be asked.
type Candidate = (BodyKey, EconomyCode);

/// Looks for what would meet requirements of one market.
pub(super) struct Options<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) translator: &'a dyn Translator,
    pub(super) product: &'a Product,
    /// Everything that is held.
    pub(super) held: &'a [Target],
    pub(super) destination: &'a EconomyCode,
}

impl Options<'_> {
    /// Every choice found for a requirement.
    pub(super) fn of(&self, requirement: &Arc<Requirement>) -> Vec<Choice> {
        let question = self.question(&[], None, RecognitionObject::Certificate);
        let ctx = Context::new(self.catalogue, self.translator, &question, Detail::Outcome);
        let market = Market::new(&ctx, &requirement.market);
        let standing = Standing::new(&ctx, &market, requirement);
        let accepted: Vec<&Acceptance> = standing.that(Counts::Yes).collect();
        let mut choices = Vec::new();
        self.direct(requirement, &accepted, &mut choices);

        let issuers = self.issuers();
        let mut tried = BTreeSet::new();
        let annexes: BTreeSet<_> =
            market.place.codes().flat_map(|code| self.catalogue.annexes_accepted_by(code)).map(ByName).collect();
        for ByName(entry) in annexes {
            let Some(object) = annex::is_open(&ctx, &market, entry) else { continue };
            for body in issuers.iter().cloned().chain(self.bodies_under(entry)) {
                if tried.insert((body.0.clone(), object)) {
                    self.by_annex(requirement, body, object, &mut choices);
                }
            }
        }
        choices
    }

    /// A certificate as if it were granted on the date of the plan.
    fn question(&self, certified: &[Target], body: Option<&Candidate>, object: RecognitionObject) -> Question {
        let mut question = self.product.question(None, self.destination);
        question.certified = certified.to_vec();
        question.granted_on = Some(self.product.date);
        question.object = object;
        if let Some((body, economy)) = body {
            question.body = body.clone();
            question.body_economy = economy.clone();
        }
        question
    }

    /// Directly accepted bodies need no trial: the rule names them.
    fn direct(&self, requirement: &Arc<Requirement>, accepted: &[&Acceptance], choices: &mut Vec<Choice>) {
        for acceptance in accepted {
            let target = self.held.iter().find(|held| satisfies(self.catalogue, held, &acceptance.target));
            let new_target = target.is_none();
            let certified = target.unwrap_or(&acceptance.target);
            let object = wanted_object(acceptance);
            for body in self.accepted_bodies(acceptance) {
                choices.push(Choice {
                    work: Work {
                        new_target,
                        new_body: !self.is_issuer(&body.0),
                        conditions: 0,
                        links: 0,
                        by_annex: false,
                    },
                    body: body.0,
                    body_economy: body.1,
                    certified: vec![certified.clone()],
                    object,
                    route: Route {
                        requirement: requirement.clone(),
                        certified: certified.clone(),
                        accepted: acceptance.target.clone(),
                        annex: None,
                        designation: None,
                        links: Vec::new(),
                        effect: crate::domain::words::RecognitionEffect::Full,
                        conditions: Vec::new(),
                    },
                });
            }
        }
    }

    /// The bodies that a rule lets in, as far as the catalogue or the product names them.
    fn accepted_bodies(&self, acceptance: &Acceptance) -> Vec<Candidate> {
        let rule = &acceptance.bodies;
        let date = self.product.date;
        let mut found: Vec<Candidate> = self
            .issuers()
            .into_iter()
            .filter(|(body, economy)| {
                rule.any
                    || rule.bodies.contains(body)
                    || rule.economies.iter().any(|whole| self.catalogue.is_within(economy, whole, date))
            })
            .collect();
        found.extend(rule.bodies.iter().map(|body| self.located(body)));
        let mut economies: Vec<&EconomyCode> = rule.economies.iter().collect();
        if rule.any {
            economies.extend([&self.product.origin, self.destination]);
        }
        found.extend(economies.into_iter().flat_map(|economy| self.bodies_in(economy)));
        if rule.any && found.len() < MOST_BODIES {
            // Whoever there is: some may be excluded by the rule, and some be there twice.
            let all = self.catalogue.bodies.values().filter(|body| certifies(body));
            let enough = 2 * MOST_BODIES + rule.excluded_bodies.len();
            found.extend(all.take(enough).map(|body| (body.name.clone(), body.economy.clone())));
        }
        let mut seen = BTreeSet::new();
        found.retain(|(body, _)| !rule.excluded_bodies.contains(body) && seen.insert(body.clone()));
        found.truncate(MOST_BODIES);
        found
    }

    fn by_annex(
        &self,
        requirement: &Arc<Requirement>,
        body: Candidate,
        object: RecognitionObject,
        choices: &mut Vec<Choice>,
    ) {
        let new_body = !self.is_issuer(&body.0);
        let mut add = |certified: Vec<Target>, route: Route, new_target: bool| {
            choices.push(Choice {
                work: Work {
                    new_target,
                    new_body,
                    conditions: route.conditions.len(),
                    links: route.links.len(),
                    by_annex: route.annex.is_some(),
                },
                body: body.0.clone(),
                body_economy: body.1.clone(),
                certified,
                object,
                route,
            });
        };
        // What is held already, if this body certified it: all of it first, then only what the route starts from.
        if let Some(route) = self.meets(requirement, self.held, &body, object) {
            let alone = [route.certified.clone()];
            match self.meets(requirement, &alone, &body, object) {
                Some(route) => add(alone.to_vec(), route, false),
                None => add(self.held.to_vec(), route, false),
            }
            return;
        }
        // What is accepted no more, or not yet, may still lead to something that is.
        for acceptance in &requirement.acceptances {
            let certified = [acceptance.target.clone()];
            if let Some(route) = self.meets(requirement, &certified, &body, object) {
                add(certified.to_vec(), route, true);
            }
        }
    }

    /// The route by which a certificate of a body meets a requirement in full.
    fn meets(
        &self,
        requirement: &Arc<Requirement>,
        certified: &[Target],
        body: &Candidate,
        object: RecognitionObject,
    ) -> Option<Route> {
        if certified.is_empty() {
            return None;
        }
        let question = self.question(certified, Some(body), object);
        let ctx = Context::new(self.catalogue, self.translator, &question, Detail::Outcome);
        let market = Market::new(&ctx, &requirement.market);
        let RequirementResult { status, route, .. } = evaluate(&ctx, &market, requirement)?;
        route.filter(|_| status == Status::Met)
    }

    fn is_issuer(&self, body: &BodyKey) -> bool {
        self.product.certificates.iter().any(|it| it.body == *body)
    }

    /// The bodies whose certificates are held.
    fn issuers(&self) -> Vec<Candidate> {
        let mut seen = BTreeSet::new();
        let fresh = self.product.certificates.iter().filter(|it| seen.insert(&it.body));
        let located = fresh.map(|it| {
            let known = self.catalogue.bodies.get(&it.body);
            (it.body.clone(), known.map_or(&it.body_economy, |body| &body.economy).clone())
        });
        located.collect()
    }

    /// A body with its economy; of one that the catalogue does not know, the origin's.
    fn located(&self, body: &BodyKey) -> Candidate {
        let economy = self.catalogue.bodies.get(body).map_or(&self.product.origin, |body| &body.economy);
        (body.clone(), economy.clone())
    }

    /// The bodies whose results an annex may carry: the designated ones, or where none need be, those of its parties.
    fn bodies_under(&self, entry: &AnnexEntry) -> Vec<Candidate> {
        let date = self.product.date;
        if entry.annex.designation_required {
            let standing = entry.designations.iter().filter(|it| it.validity.contains(date) && !it.is_suspended(date));
            return standing.map(|it| self.located(&it.body)).collect();
        }
        let exporters = entry.arrangement.parties.iter().filter(|party| party.is_accepted());
        exporters.flat_map(|party| self.bodies_in(&party.economy).take(MOST_BODIES)).collect()
    }

    /// The bodies of an economy, or of the members of a bloc, that certify.
    fn bodies_in<'s>(&'s self, economy: &'s EconomyCode) -> impl Iterator<Item = Candidate> + 's {
        let members = self.catalogue.economies.get(economy).map_or(&[][..], |it: &Arc<Economy>| &it.members);
        let members = members.iter().filter(|it| it.validity.contains(self.product.date)).map(|it| &it.economy);
        let all = std::iter::once(economy).chain(members).flat_map(|economy| self.catalogue.bodies_of(economy));
        all.filter(|body| certifies(body)).map(|body| (body.name.clone(), body.economy.clone()))
    }
}

/// Whether a body certifies, as far as the catalogue says what it does.
fn certifies(body: &Body) -> bool {
    body.roles.is_empty() || body.roles.contains(&BodyRole::CertificationBody)
}

/// The kind of result to obtain for an acceptance: a certificate where that is accepted.
fn wanted_object(acceptance: &Acceptance) -> RecognitionObject {
    let certificate = RecognitionObject::Certificate;
    if acceptance.objects.is_empty() || acceptance.objects.contains(&certificate) {
        return certificate;
    }
    acceptance.objects.iter().copied().find(|object| object.is_result()).unwrap_or(certificate)
}

/// Annexes by name, each once.
struct ByName<'a>(&'a Arc<AnnexEntry>);

impl PartialEq for ByName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.annex.name == other.0.annex.name
    }
}

impl Eq for ByName<'_> {}

impl PartialOrd for ByName<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByName<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.annex.name.cmp(&other.0.annex.name)
    }
}
