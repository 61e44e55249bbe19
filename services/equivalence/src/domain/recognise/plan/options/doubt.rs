//! What is not certain where nobody's certificate surely would do: then nothing is denied, and nobody is to be designated.

use foldhash::{HashSet, HashSetExt as _};
use smallvec::SmallVec;

use super::bodies::wanted_object;
use super::{Candidate, Carrying, Choice, MOST_BODIES, Options, Search, Trial};
use crate::domain::body::Designation;
use crate::domain::catalogue::{AnnexEntry, Held, NONE};
use crate::domain::decision::Finding;
use crate::domain::key::EconomyCode;
use crate::domain::recognise::chain::Net;
use crate::domain::recognise::standing::{self, Standing, Tier};
use crate::domain::recognise::starts;
use crate::domain::words::RecognitionObject;

impl<'c, 'q> Options<'c, 'q> {
    /// Whether a market accepts results directly of bodies that the catalogue does not list, or of whoever belongs to a bloc
    /// of which it does not list every member; of the acceptances at these places.
    pub(super) fn accepts_unlisted(&self, standing: &Standing<'_>, may_count: &[usize]) -> bool {
        let with_others = self.catalogue.may_belong(None, self.product.date);
        let mut may_count = standing.all.iter().filter(|it| may_count.contains(&it.place)).map(|it| it.terms);
        may_count.any(|terms| terms.incomplete || terms.economies().any(|whole| with_others.contains(&whole)))
    }

    /// What is missing to say whether somebody's certificate would do: of a body that is accepted directly, of one whose
    /// certificates are held, of one under an annex, or of one of the origin. What surely does after all is a choice.
    pub(super) fn missing<'t>(
        &self,
        search: &Search<'t, 'c, 'q>,
        trial: &mut Trial<'c, 't>,
        choices: &mut Vec<Choice<'c, 'q>>,
    ) -> Option<Finding>
    where
        'q: 't,
    {
        if trial.missing.is_some() {
            return trial.missing.take();
        }
        for it in search.standing.all.iter().filter(|it| it.counts.is_none()) {
            let acceptance = &search.entry.requirement.acceptances[it.place];
            if self.barring(acceptance).is_none()
                && !self.accepted_bodies(acceptance, wanted_object(acceptance)).is_empty()
            {
                return Some(standing::missing(&trial.ctx, &trial.market, it.terms));
            }
        }
        let mut bodies = self.under_annexes(search, trial);
        for object in search.questions.iter().map(|it| it.object) {
            let of_origin = self.bodies_in(&self.product.origin, object).take(MOST_BODIES);
            bodies.extend(self.issuers.iter().copied().chain(of_origin).map(|it| (it, object)));
        }
        let mut tried = Vec::new();
        for (body, object) in bodies {
            if let Some(question) = search.about(object) {
                trial.ctx.question = question;
            }
            trial.turn_to(body);
            let alike = Alike::of(body, object, &trial.market.annexes);
            if !tried.contains(&alike) {
                tried.push(alike);
                self.by_annex(search.entry, body, search.worth, search.fresh, trial, choices);
            }
            if trial.missing.is_some() || !choices.is_empty() {
                return trial.missing.take();
            }
        }
        None
    }

    /// The bodies under the annexes that may be open and from which something may lead on. Those under annexes that are open
    /// were tried, but for what leads only to something in doubt.
    fn under_annexes<'t>(
        &self,
        search: &Search<'t, 'c, 'q>,
        trial: &mut Trial<'c, 't>,
    ) -> Vec<(Candidate<'q>, RecognitionObject)>
    where
        'q: 't,
    {
        let again = if search.standing.some_in_doubt { search.open } else { &[] };
        let mut bodies = Vec::new();
        let mut seen = HashSet::new();
        for carrying in again.iter().chain(search.perhaps) {
            let (annex, object) = *carrying;
            if self.may_lead(search, carrying, trial) {
                let under = self.bodies_under(annex, object).into_iter().map(|it| (it, object));
                bodies.extend(under.filter(|(body, object)| seen.insert((body.identity(), *object))));
            }
        }
        bodies
    }

    /// Whether anything that is held or may be certified leads by an annex to something that counts, or may.
    fn may_lead(&self, search: &Search<'_, 'c, 'q>, (annex, _): &Carrying<'c>, trial: &mut Trial<'c, '_>) -> bool {
        let net = Net { catalogue: self.catalogue, date: self.product.date };
        let limit = usize::from(annex.terms.chain_limit);
        let tiers = [Tier::Plain, Tier::Exempt, Tier::InDoubt].into_iter().filter(|tier| search.standing.has(*tier));
        let tiers: SmallVec<[Tier; 3]> = tiers.collect();
        let mut leads = |numbers: &[Held]| {
            trial.ctx.about_held(numbers);
            let starts = starts::covered(&trial.ctx, &annex.terms);
            !starts.is_empty() && tiers.iter().any(|tier| search.standing.chain(net, &starts, limit, *tier).is_some())
        };
        (search.worth.held && leads(&self.numbers)) || search.fresh.iter().any(|(_, numbers)| leads(numbers))
    }
}

/// What decides whether a body's results are accepted by annexes: what is the same of two is tried once.
#[derive(PartialEq)]
struct Alike<'a> {
    economy: &'a EconomyCode,
    object: RecognitionObject,
    said: SmallVec<[Said<'a>; 2]>,
}

/// What an annex says of a body.
#[derive(PartialEq)]
struct Said<'a> {
    /// The annex, by its place.
    by: u32,
    is_excluded: bool,
    designations: SmallVec<[For<'a>; 1]>,
}

/// A designation, whoever's it is.
struct For<'a>(&'a Designation);

impl PartialEq for For<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (one, two) = (self.0, other.0);
        (&one.targets, &one.codes) == (&two.targets, &two.codes)
            && (&one.validity, &one.ending) == (&two.validity, &two.ending)
            && (&one.suspensions, &one.contestations) == (&two.suspensions, &two.contestations)
    }
}

impl<'a> Alike<'a> {
    fn of(body: Candidate<'a>, object: RecognitionObject, annexes: &[&'a AnnexEntry]) -> Self {
        let named = annexes.iter().copied().filter(|_| body.number != NONE);
        let said = named.map(|annex| Said::by(annex, body.number));
        let said = said.filter(|it| it.is_excluded || !it.designations.is_empty());
        Self { economy: body.economy, object, said: said.collect() }
    }
}

impl<'a> Said<'a> {
    fn by(annex: &'a AnnexEntry, body: u32) -> Self {
        Self {
            by: annex.terms.place,
            is_excluded: annex.terms.exclusions().is_some_and(|not| not.bodies.contains(&body)),
            designations: annex.designations_by(body).map(|at| For(&annex.designations[at])).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
