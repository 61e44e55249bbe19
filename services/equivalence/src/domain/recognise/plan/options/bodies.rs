//! Whom to ask: the bodies whose results may be accepted, as far as the catalogue or the product names them.

use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};
use smallvec::SmallVec;

use super::{Candidate, MOST_BODIES, Options};
use crate::domain::body::Body;
use crate::domain::catalogue::AnnexEntry;
use crate::domain::economy::Economy;
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::requirement::Acceptance;
use crate::domain::time::Counts;
use crate::domain::words::{BodyRole, RecognitionObject};

impl<'c, 'q> Options<'c, 'q> {
    /// The bodies that a rule lets in, as far as the catalogue or the product names them.
    pub(super) fn accepted_bodies(&self, acceptance: &'c Acceptance, object: RecognitionObject) -> Vec<Candidate<'q>> {
        let rule = &acceptance.bodies;
        let date = self.product.date;
        let accepted = |it: &&Candidate<'_>| {
            rule.any
                || rule.bodies.contains(it.key)
                || rule.economies.iter().any(|whole| self.catalogue.is_within(it.economy, whole, date))
        };
        let mut found: Vec<Candidate<'q>> = self.issuers.iter().filter(accepted).copied().collect();
        found.extend(rule.bodies.iter().map(|body| self.located(body)));
        let origin_and_destination = [&self.product.origin, self.destination];
        let more = if rule.any { &origin_and_destination[..] } else { &[] };
        let economies = rule.economies.iter().chain(more.iter().copied());
        // As many as a step names, beside those that the rule excludes and those that come up twice.
        let enough = 2 * MOST_BODIES + rule.excluded_bodies.len();
        for economy in economies {
            found.extend(self.bodies_in(economy, object).take(enough));
        }
        if rule.any && found.len() < MOST_BODIES {
            // Whoever there is.
            let all = self.catalogue.bodies.values().filter(|body| issues(body, object));
            found.extend(all.take(enough).map(|body| self.located(&body.name)));
        }
        let mut seen = HashSet::new();
        found.retain(|body| !rule.excluded_bodies.contains(body.key) && seen.insert(body.identity()));
        found.truncate(MOST_BODIES);
        found
    }

    pub(super) fn is_issuer(&self, body: Candidate<'_>) -> bool {
        self.issuers.iter().any(|it| it.identity() == body.identity())
    }

    /// A body with its economy; of one that the catalogue does not know, the origin's.
    fn located(&self, body: &'q BodyKey) -> Candidate<'q> {
        self.numbered(body, self.catalogue.body_number(body))
    }

    fn numbered(&self, key: &'q BodyKey, number: u32) -> Candidate<'q> {
        let economy = self.catalogue.home(number).map_or(&self.product.origin, |home| &home.code);
        Candidate { key, economy, number }
    }

    /// The bodies whose results an annex may carry: the designated ones, or where none need be, those of its parties.
    pub(super) fn bodies_under(&self, entry: &'c AnnexEntry, object: RecognitionObject) -> Vec<Candidate<'q>> {
        let date = self.product.date;
        if entry.annex.designation_required {
            let all = entry.terms.designated.iter().zip(&entry.designations);
            let standing = all.filter(|(it, designation)| it.counts(designation, date, Some(date)) == Counts::Yes);
            return standing.map(|(terms, designation)| self.numbered(&designation.body, terms.body)).collect();
        }
        let within = |economy: &EconomyCode, all: &[EconomyCode]| {
            all.iter().any(|whole| self.catalogue.is_within(economy, whole, date))
        };
        // Whom it leaves out would hide whom it lets in.
        let (only, not) = (&entry.annex.economies, entry.annex.exclusions.as_ref());
        let let_in = |body: &Candidate<'_>| {
            let excluded = not.is_some_and(|it| it.bodies.contains(body.key) || within(body.economy, &it.economies));
            !excluded && (only.is_empty() || within(body.economy, only))
        };
        let exporters = entry.arrangement.parties.iter().filter(|party| party.is_accepted());
        let bodies = exporters.map(|party| self.bodies_in(&party.economy, object));
        bodies.flat_map(|of_it| of_it.filter(let_in).take(MOST_BODIES)).collect()
    }

    /// The bodies of an economy, or of whoever belongs to a bloc, that issue results of a kind.
    pub(super) fn bodies_in(
        &self,
        economy: &'q EconomyCode,
        object: RecognitionObject,
    ) -> impl Iterator<Item = Candidate<'q>> {
        let (catalogue, date) = (self.catalogue, self.product.date);
        // Of members that are blocs, the members too.
        let mut all: SmallVec<[&EconomyCode; 1]> = SmallVec::from_elem(economy, 1);
        let mut next = 0;
        while let Some(economy) = all.get(next) {
            let members = catalogue.economies.get(*economy).map_or(&[][..], |it: &Arc<Economy>| &it.members);
            for member in members.iter().filter(|it| it.validity.contains(date)) {
                if !all.contains(&&member.economy) {
                    all.push(&member.economy);
                }
            }
            next += 1;
        }
        let all = all.into_iter().flat_map(|economy| catalogue.bodies_of(economy));
        let issuing = all.filter(move |(_, body)| issues(body, object));
        issuing.map(|(number, body)| Candidate { key: &body.name, economy: &body.economy, number: *number })
    }
}

/// Whether a body issues results of a kind, as far as the catalogue says what it does: laboratories report tests.
fn issues(body: &Body, object: RecognitionObject) -> bool {
    let tests = object == RecognitionObject::TestReport && body.roles.contains(&BodyRole::TestingLaboratory);
    tests || body.roles.is_empty() || body.roles.contains(&BodyRole::CertificationBody)
}

/// The kind of result to obtain for an acceptance: a certificate where that is accepted.
pub(super) fn wanted_object(acceptance: &Acceptance) -> RecognitionObject {
    let certificate = RecognitionObject::Certificate;
    if acceptance.objects.is_empty() || acceptance.objects.contains(&certificate) {
        return certificate;
    }
    acceptance.objects.iter().copied().find(|object| object.is_result()).unwrap_or(certificate)
}
