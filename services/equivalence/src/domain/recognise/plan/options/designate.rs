//! What there is only once a body is designated: the last resort, looked for where nobody's result would do as things are. A
//! designation is a matter of authorities and takes longer than any test.

use super::super::MOST_BODIES;
use super::{Candidate, Choice, Fresh, Options, Trial, Work, Worth};
use crate::domain::catalogue::{AnnexEntry, RequirementEntry};
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::question::Question;
use crate::domain::words::{BodyRole, RecognitionObject};

impl<'c, 'q> Options<'c, 'q> {
    /// Results that would meet a requirement if their body were designated under an annex that is open and lacked nothing
    /// else: of those whose certificates are held, or else of those of the origin's economy. `fresh` is what may be certified.
    pub(super) fn once_designated<'t>(
        &self,
        entry: &'c RequirementEntry,
        open: &[(&'c AnnexEntry, RecognitionObject)],
        worth: Worth,
        fresh: &[Fresh<'q>],
        questions: &'t [Question],
        trial: &mut Trial<'c, 't>,
    ) -> Vec<Choice<'c, 'q>>
    where
        'q: 't,
    {
        // Of bodies that are not listed some are accepted already: they are asked for first.
        let date = self.product.date;
        let unlisted = entry.requirement.acceptances.iter().any(|it| it.in_force(date) && it.bodies.incomplete);
        let mut choices = Vec::new();
        for of_issuers in [true, false] {
            for (annex, object) in open.iter().filter(|(it, _)| !unlisted && it.annex.designation_required) {
                if let Some(question) = questions.iter().find(|it| it.object == *object) {
                    trial.ctx.question = question;
                }
                trial.ctx.designated_under = Some(annex.terms.place);
                let bodies: Vec<Candidate<'q>> = if of_issuers {
                    self.issuers.clone()
                } else {
                    self.bodies_in(&self.product.origin, *object).take(MOST_BODIES).collect()
                };
                for body in bodies {
                    trial.turn_to(body);
                    let is_between = trial.market.annexes.iter().any(|it| it.terms.place == annex.terms.place);
                    if !is_between || self.is_waited_for(annex, body) {
                        continue;
                    }
                    let mut found = Vec::new();
                    self.by_annex(entry, body, worth, fresh, trial, &mut found);
                    let by_it = found.into_iter().filter(|it| it.annex == Some(&annex.annex.name));
                    choices.extend(by_it.map(|it| Choice {
                        work: Work { designation: true, ..it.work },
                        designation: Some(*annex),
                        ..it
                    }));
                }
            }
            if !choices.is_empty() {
                break;
            }
        }
        trial.ctx.designated_under = None;
        choices
    }

    /// Whether a body has a designation under an annex that is suspended, or begins later: nobody designates it anew.
    fn is_waited_for(&self, annex: &AnnexEntry, body: Candidate<'_>) -> bool {
        let date = self.product.date;
        annex.designations_of(body.key).iter().any(|it| it.is_suspended(date) || date < it.validity.from)
    }

    /// Who may designate a body of an economy under an annex: who has designated others of it under that; or else the
    /// designating authorities of the economy, or else of the party that it belongs to. In the order of names.
    pub(in crate::domain::recognise::plan) fn authorities(
        &self,
        annex: &AnnexEntry,
        economy: &EconomyCode,
    ) -> Vec<BodyKey> {
        let is_of_it = |body: &BodyKey| self.catalogue.bodies.get(body).is_some_and(|it| it.economy == *economy);
        let known = annex.designations.iter().filter(|it| is_of_it(&it.body));
        let mut found: Vec<BodyKey> = known.map(|it| it.authority.clone()).collect();
        if found.is_empty() {
            found.extend(self.designating(economy));
        }
        if found.is_empty() {
            let is_party = |bloc: u32| annex.terms.parties.iter().any(|it| it.is_accepted && it.economy == bloc);
            let blocs = self.catalogue.economy(economy).into_iter().flat_map(|it| it.blocs(self.product.date));
            let parties = blocs.filter(|bloc| is_party(bloc.number));
            found.extend(parties.flat_map(|bloc| self.designating(&bloc.bloc)));
        }
        found.sort();
        found.dedup();
        found.truncate(MOST_BODIES);
        found
    }

    /// The designating authorities of an economy or bloc, by their roles.
    fn designating(&self, economy: &EconomyCode) -> impl Iterator<Item = BodyKey> {
        let all = self.catalogue.bodies_of(economy).iter();
        all.filter(|(_, body)| body.roles.contains(&BodyRole::DesignatingAuthority)).map(|(_, body)| body.name.clone())
    }
}
