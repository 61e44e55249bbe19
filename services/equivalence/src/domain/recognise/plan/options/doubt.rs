//! What is not certain where nobody's certificate surely would do: then nothing is denied, and nobody is to be designated.

use foldhash::{HashSet, HashSetExt as _};

use super::bodies::wanted_object;
use super::{Candidate, Choice, MOST_BODIES, Options, Search, Trial};
use crate::domain::catalogue::{AnnexEntry, NONE};
use crate::domain::decision::Finding;
use crate::domain::recognise::standing::{self, Standing};
use crate::domain::words::RecognitionObject;

impl<'c, 'q> Options<'c, 'q> {
    /// Whether a market accepts results directly of bodies that the catalogue does not list, or of whoever belongs to a bloc
    /// of which it does not list every member.
    pub(super) fn accepts_unlisted(&self, standing: &Standing<'_>) -> bool {
        let with_others = self.catalogue.may_belong(None, self.product.date);
        standing.all.iter().any(|it| {
            let may_count = it.counts != Some(false);
            it.terms.incomplete || (may_count && it.terms.economies().any(|whole| with_others.contains(&whole)))
        })
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
            if !self.accepted_bodies(acceptance, wanted_object(acceptance)).is_empty() {
                return Some(standing::missing(&trial.ctx, &trial.market, it.terms));
            }
        }
        // Those under annexes that are open were tried.
        let mut bodies: Vec<(Candidate<'q>, RecognitionObject)> = Vec::new();
        for (annex, object) in search.perhaps {
            bodies.extend(self.bodies_under(annex, *object).into_iter().map(|it| (it, *object)));
        }
        for object in search.questions.iter().map(|it| it.object) {
            let of_origin = self.bodies_in(&self.product.origin, object).take(MOST_BODIES);
            bodies.extend(self.issuers.iter().copied().chain(of_origin).map(|it| (it, object)));
        }
        let mut tried = HashSet::new();
        for (body, object) in bodies {
            if let Some(question) = search.about(object) {
                trial.ctx.question = question;
            }
            trial.turn_to(body);
            // Those of an economy that no annex names are alike.
            let is_named = trial.market.annexes.iter().any(|annex| names(annex, body));
            if tried.insert((body.economy, object, is_named.then(|| body.identity()))) {
                self.by_annex(search.entry, body, search.worth, search.fresh, trial, choices);
            }
            if trial.missing.is_some() || !choices.is_empty() {
                return trial.missing.take();
            }
        }
        None
    }
}

/// Whether an annex says something of a body: that it is designated, or excluded.
fn names(annex: &AnnexEntry, body: Candidate<'_>) -> bool {
    let is_excluded = || annex.terms.exclusions().is_some_and(|not| not.bodies.contains(&body.number));
    body.number != NONE && (annex.designations_by(body.number).next().is_some() || is_excluded())
}
