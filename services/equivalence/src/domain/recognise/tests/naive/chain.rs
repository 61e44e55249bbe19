//! Every chain of equivalences, walked to its end.

use super::{Three, World};
use crate::domain::arrangement::Annex;
use crate::domain::entry::Entry;
use crate::domain::equivalence::{Equivalence, Target, TargetKey};
use crate::domain::requirement::{Acceptance, Requirement};

/// Where a chain is to lead.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To what counts for any goods.
    Plain,
    /// To what counts for stock that is exempt.
    AsStock,
    /// To what counts if the result is old enough, or the market no member of a bloc.
    InDoubt,
}

impl World<'_> {
    /// Walks every chain to something of the kind wanted, and takes the one with the fewest tests, then links, then by
    /// names.
    pub(super) fn chain(
        &self,
        requirement: &Requirement,
        annex: &Annex,
        usable: &[&Target],
        wanted: Wanted,
    ) -> Option<(Target, Acceptance, Vec<&Equivalence>)> {
        let limit = annex.max_chain_links.unwrap_or(1) as usize;
        let mut all = Vec::new();
        for (start, held) in usable.iter().enumerate() {
            self.walk(requirement, held, limit, &mut Vec::new(), &mut |accepted, links: &[&Equivalence]| {
                let acceptance = &requirement.acceptances[accepted];
                let counts = match self.edition(requirement, acceptance) {
                    Three::Yes if self.exempt(requirement, acceptance).is_empty() => wanted == Wanted::Plain,
                    Three::Yes => wanted == Wanted::AsStock,
                    Three::Unknown(_) => wanted == Wanted::InDoubt,
                    Three::No => false,
                };
                if counts {
                    all.push((start, accepted, links.to_vec()));
                }
            });
        }
        let tests = |links: &[&Equivalence]| -> usize {
            links.iter().map(|l| l.deviations.iter().filter(|d| d.bridging_test.is_some()).count()).sum()
        };
        all.sort_by_key(|(start, accepted, links)| {
            let names: Vec<_> = links.iter().map(|link| link.name.clone()).collect();
            (tests(links), links.len(), names, *start, *accepted)
        });
        let (start, accepted, links) = all.into_iter().next()?;
        Some((usable[start].clone(), requirement.acceptances[accepted].clone(), links))
    }

    /// Whether some certificate under an annex, granted on the day, would lead to something that is accepted.
    pub(super) fn leads(&self, requirement: &Requirement, annex: &Annex) -> bool {
        let date = self.question.date;
        let usable = |it: &Target| annex.exclusions.as_ref().is_none_or(|not| !not.targets.contains(&it.name));
        let accepted: Vec<&Target> = requirement
            .acceptances
            .iter()
            .filter(|it| it.validity.as_ref().is_none_or(|validity| validity.contains(date)))
            .filter(|it| matches!(self.edition_of(requirement, it, Some(date)), Three::Yes))
            .map(|it| &it.target)
            .collect();
        if annex.covered.is_empty() {
            return accepted.iter().any(|it| usable(it));
        }
        let limit = annex.max_chain_links.unwrap_or(1) as usize;
        annex.covered.iter().filter(|it| usable(it)).any(|covered| {
            let is_standard = |it: &Target| matches!(it.name, TargetKey::Standard(_));
            let beside = !is_standard(covered) && accepted.iter().any(|it| is_standard(it) && usable(it));
            beside || self.as_certified(covered).iter().any(|held| self.reaches(held, limit, &accepted))
        })
    }

    /// What may be certified where something is covered.
    fn as_certified(&self, covered: &Target) -> Vec<Target> {
        let mut all = vec![covered.clone()];
        for entry in &self.entries {
            let Entry::Scheme(scheme) = entry else { continue };
            let levels =
                scheme.levels.iter().map(|level| Target { level: level.id.as_str().into(), ..covered.clone() });
            if covered.name == TargetKey::Scheme(scheme.name.clone()) {
                all.extend(levels.filter(|it| self.holds(it, covered)));
            }
        }
        all
    }

    fn reaches(&self, held: &Target, left: usize, wanted: &[&Target]) -> bool {
        if wanted.iter().any(|it| self.holds(held, it)) {
            return true;
        }
        left > 0
            && self.entries.iter().any(|entry| match entry {
                Entry::Equivalence(link) => {
                    let passes = link.passes() && link.validity.contains(self.question.date);
                    passes && self.holds(held, &link.from) && self.reaches(&link.to, left - 1, wanted)
                }
                _ => false,
            })
    }

    fn walk<'w>(
        &'w self,
        requirement: &Requirement,
        held: &Target,
        left: usize,
        links: &mut Vec<&'w Equivalence>,
        found: &mut impl FnMut(usize, &[&'w Equivalence]),
    ) {
        let date = self.question.date;
        for (index, acceptance) in requirement.acceptances.iter().enumerate() {
            let stands = acceptance.validity.as_ref().is_none_or(|validity| validity.contains(date));
            let goes = stands && self.names_what_goes_with(acceptance);
            if goes && self.holds(held, &acceptance.target) {
                found(index, links);
            }
        }
        if left == 0 {
            return;
        }
        for entry in &self.entries {
            let Entry::Equivalence(link) = entry else { continue };
            let again = links.iter().any(|known| known.name == link.name);
            if link.passes() && link.validity.contains(date) && !again && self.holds(held, &link.from) {
                links.push(link);
                self.walk(requirement, &link.to, left - 1, links, found);
                links.pop();
            }
        }
    }
}
