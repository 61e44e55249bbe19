//! What there is only once a body is designated: the last resort, looked for where nobody's result would do as things are. A
//! designation is a matter of authorities and takes longer than any test.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use greenlane_curation::clock;

use super::{Candidate, Carrying, Choice, MOST_BODIES, Options, Search, Trial, Work};
use crate::domain::body::{Contestation, Designation};
use crate::domain::catalogue::{AnnexEntry, Held, RequirementEntry};
use crate::domain::decision::Route;
use crate::domain::equivalence::Target;
use crate::domain::key::{BodyKey, EconomyCode};
use crate::domain::recognise::annex::{self, Verdict};
use crate::domain::recognise::standing::Standing;
use crate::domain::time::Counts;
use crate::domain::words::BodyRole;

impl<'c, 'q> Options<'c, 'q> {
    /// Results that would meet a requirement if their body were designated under an annex that is open and lacked nothing
    /// else: of those whose certificates are held, or else of those of the origin's economy.
    pub(super) fn once_designated<'t>(
        &self,
        search: &Search<'t, 'c, 'q>,
        trial: &mut Trial<'c, 't>,
    ) -> Vec<Choice<'c, 'q>>
    where
        'q: 't,
    {
        // Which of the things accepted count does not depend on who certifies.
        let mut standing = |held: &[Held]| {
            trial.ctx.about_held(held);
            Standing::new(&trial.ctx, &trial.market, search.entry)
        };
        let of_held = standing(&self.numbers);
        let of_fresh: Vec<Standing<'c>> = search.fresh.iter().map(|(_, numbers)| standing(numbers)).collect();
        let mut choices = Vec::new();
        for of_issuers in [true, false] {
            for carrying in search.open.iter().filter(|(it, _)| it.annex.designation_required) {
                let (annex, object) = *carrying;
                if let Some(question) = search.about(object) {
                    trial.ctx.question = question;
                }
                trial.ctx.designated_under = Some(annex.terms.place);
                let is_lacking = |body: &Candidate<'q>| self.is_lacking(annex, *body);
                let mut bodies: Vec<Candidate<'q>> = if of_issuers {
                    self.issuers.iter().copied().filter(is_lacking).collect()
                } else {
                    self.bodies_in(&self.product.origin, object).filter(is_lacking).take(MOST_BODIES).collect()
                };
                // Those of an economy are alike.
                while let Some(first) = bodies.first().copied() {
                    let (alike, others): (Vec<_>, Vec<_>) =
                        bodies.into_iter().partition(|it| it.economy == first.economy);
                    bodies = others;
                    trial.turn_to(first);
                    for found in self.under(*carrying, first, search, (&of_held, &of_fresh[..]), trial) {
                        choices.extend(alike.iter().map(|body| {
                            let new_body = !self.is_issuer(*body);
                            Choice { body: *body, work: Work { new_body, ..found.work }, ..found.clone() }
                        }));
                    }
                }
            }
            if !choices.is_empty() {
                break;
            }
        }
        trial.ctx.designated_under = None;
        choices
    }

    /// What a body, which `trial` is about, could certify once it is designated under an annex: what is held already, or else
    /// something new. `standings` are what counts for all that is held, and for each thing that may be certified.
    fn under(
        &self,
        (annex, object): Carrying<'c>,
        body: Candidate<'q>,
        search: &Search<'_, 'c, 'q>,
        standings: (&Standing<'c>, &[Standing<'c>]),
        trial: &mut Trial<'c, '_>,
    ) -> Vec<Choice<'c, 'q>> {
        let (entry, (of_held, of_fresh)) = (search.entry, standings);
        let designated = |way: Route<'c>, certified: Cow<'q, [Target]>, new_target: bool| {
            let choice = self.by_way(way, certified, body, object, new_target);
            Choice { work: Work { designation: true, ..choice.work }, designation: Some(annex), ..choice }
        };
        if search.worth.held
            && let Some(whole) = carried(entry, annex, &self.numbers, of_held, trial)
        {
            let start = whole.certified..=whole.certified;
            let numbers = &self.numbers[start.clone()];
            trial.ctx.about_held(numbers);
            let of_start = Standing::new(&trial.ctx, &trial.market, entry);
            let (way, certified) = match carried(entry, annex, numbers, &of_start, trial) {
                Some(alone) => (alone, &self.held[start]),
                None => (whole, self.held),
            };
            return vec![designated(way, Cow::Borrowed(certified), false)];
        }
        let fresh = search.fresh.iter().zip(of_fresh).filter_map(|((certified, numbers), standing)| {
            let way = carried(entry, annex, numbers, standing, trial)?;
            Some(designated(way, certified.clone(), true))
        });
        fresh.collect()
    }

    /// Whether a body lacks a designation under an annex and may be given one: it is not excluded, and has none that nobody
    /// gives anew, since it is suspended, begins later, or was ended by a contest and none stood after that.
    fn is_lacking(&self, annex: &AnnexEntry, body: Candidate<'_>) -> bool {
        let date = self.product.date;
        let is_excluded = annex.terms.exclusions().is_some_and(|not| not.bodies.contains(&body.number));
        let all = annex.designations_of(body.key);
        let is_last = |end: NaiveDate| all.iter().all(|it| end_of(it).is_some_and(|own| own <= end));
        let is_barring = |it: &Arc<Designation>| {
            it.is_suspended(date) || date < it.validity.from || ended_by_contest(it, date).is_some_and(is_last)
        };
        !is_excluded && !all.iter().any(is_barring)
    }

    /// The designations under an annex of bodies of an economy, whenever they stand.
    pub(in crate::domain::recognise::plan) fn designations<'o>(
        &'o self,
        annex: &'o AnnexEntry,
        economy: &'o EconomyCode,
    ) -> impl Iterator<Item = &'o Arc<Designation>> {
        let bodies = &self.catalogue.bodies;
        let all = annex.designations.iter();
        all.filter(move |it| bodies.get(&it.body).is_some_and(|body| body.economy == *economy))
    }

    /// Who may designate a body of an economy under an annex: who has designated others of it under that; or else the
    /// designating authorities of the economy, or else of the party that it belongs to. In the order of names.
    pub(in crate::domain::recognise::plan) fn authorities(
        &self,
        annex: &AnnexEntry,
        economy: &EconomyCode,
    ) -> Vec<BodyKey> {
        let known = self.designations(annex, economy);
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

/// The first day after a designation; none where it has no end.
fn end_of(designation: &Designation) -> Option<NaiveDate> {
    let endings = designation.ending.iter().map(|it| it.on);
    endings.chain(designation.validity.until).min()
}

/// The day on which a designation that is over ended, where a contest may have ended it: not before that was raised, and no
/// longer after it was settled than comments on what came of it can be taken. What ended before or later ended otherwise.
fn ended_by_contest(designation: &Designation, date: NaiveDate) -> Option<NaiveDate> {
    if designation.counts(date, Some(date)) != Counts::No {
        return None;
    }
    let end = end_of(designation)?;
    let is_its = |contest: &Contestation| {
        let last = contest.settled_on.and_then(|day| day.checked_add_days(Days::new(clock::MAX_DAYS)));
        contest.raised_on <= end && last.is_none_or(|last| end <= last)
    };
    designation.contestations.iter().any(is_its).then_some(end)
}

/// How an annex carries a certificate of what is held.
fn carried<'c>(
    entry: &'c RequirementEntry,
    annex: &'c AnnexEntry,
    held: &[Held],
    standing: &Standing<'c>,
    trial: &mut Trial<'c, '_>,
) -> Option<Route<'c>> {
    trial.ctx.about_held(held);
    match annex::attempt(&trial.ctx, &trial.market, entry, standing, annex) {
        Verdict::Route(route) => Some(route),
        Verdict::Failed(_) | Verdict::Missing { .. } => None,
    }
}
