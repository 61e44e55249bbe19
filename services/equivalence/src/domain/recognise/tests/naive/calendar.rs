//! Whether a market's calendars of editions let what it accepts count: each edition that a certificate must name.

use chrono::NaiveDate;

use super::{Asked, Flaw, Three, World};
use crate::domain::entry::Entry;
use crate::domain::equivalence::TargetKey;
use crate::domain::key::StandardKey;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::standard::EditionTransition;

/// What must be shown of exempt stock, by the transitions that exempt it.
pub(super) fn shown_of_stock(exempt: &[&EditionTransition]) -> Vec<Asked> {
    let asks = exempt.iter().filter(|it| it.stock_exemption.as_ref().is_some_and(|it| !it.provided.is_empty()));
    asks.map(|it| Asked { by: it.name.name(), id: it.name.as_str().to_owned() }).collect()
}

impl World<'_> {
    /// The editions that a certificate must name: the one accepted, and those beside it.
    fn editions<'r>(&self, acceptance: &'r Acceptance) -> Vec<&'r StandardKey> {
        let mut editions = Vec::new();
        let beside = if self.flaw == Some(Flaw::CalendarOfTargetAlone) { &[][..] } else { &acceptance.together_with };
        for target in std::iter::once(&acceptance.target).chain(beside) {
            if let TargetKey::Standard(standard) = &target.name {
                editions.push(standard);
            }
        }
        editions
    }

    /// The transitions that leave the goods under an earlier edition: those past their day of conversion.
    pub(super) fn exempt(&self, requirement: &Requirement, acceptance: &Acceptance) -> Vec<&EditionTransition> {
        let question = self.question;
        let mut found = Vec::new();
        for entry in &self.entries {
            let Entry::EditionTransition(it) = entry else { continue };
            let concerned = self.editions(acceptance).into_iter().any(|standard| *standard == it.from_standard);
            let here = self.belongs(&requirement.market, &it.market) || self.belongs(&question.destination, &it.market);
            let over = question.date >= it.new_only_from && it.convert_by.is_some_and(|by| by < question.date);
            if !here || !concerned || it.from_standard == it.to_standard || !over {
                continue;
            }
            let Some(exemption) = &it.stock_exemption else { continue };
            let sold = exemption.until.is_some_and(|until| question.date >= until);
            let placed = match (exemption.placed_on_market_before, question.stock.placed_on) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(limit), Some(day)) => day < limit,
            };
            let made = match (exemption.manufactured_before, question.stock.manufactured_on) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(limit), Some(day)) => day < limit,
            };
            if !sold && placed && made {
                found.push(it);
            }
        }
        found
    }

    /// Whether every edition that a certificate must name counts.
    pub(super) fn edition(&self, requirement: &Requirement, acceptance: &Acceptance) -> Three {
        self.edition_of(requirement, acceptance, self.question.granted_on)
    }

    /// The same for a result granted on another day.
    pub(super) fn edition_of(
        &self,
        requirement: &Requirement,
        acceptance: &Acceptance,
        granted_on: Option<NaiveDate>,
    ) -> Three {
        let mut unknown = false;
        for standard in self.editions(acceptance) {
            match self.one_edition(requirement, acceptance, standard, granted_on) {
                Three::Yes => {}
                Three::No => return Three::No,
                Three::Unknown(_) => unknown = true,
            }
        }
        if unknown { Three::Unknown("granted_on_missing") } else { Three::Yes }
    }

    fn one_edition(
        &self,
        requirement: &Requirement,
        acceptance: &Acceptance,
        standard: &StandardKey,
        granted_on: Option<NaiveDate>,
    ) -> Three {
        let date = self.question.date;
        let mut unknown = false;
        for entry in &self.entries {
            let Entry::EditionTransition(it) = entry else { continue };
            let here =
                self.belongs(&requirement.market, &it.market) || self.belongs(&self.question.destination, &it.market);
            if !here {
                continue;
            }
            if *standard == it.to_standard && it.either_from.is_some_and(|from| date < from) {
                return Three::No; // not yet
            }
            if *standard == it.from_standard && *standard != it.to_standard && date >= it.new_only_from {
                let as_stock = self.exempt(requirement, acceptance).iter().any(|exempt| exempt.name == it.name);
                if it.convert_by.is_some_and(|by| by < date) && !as_stock {
                    return Three::No; // not converted
                }
                match granted_on {
                    None => unknown = true,
                    Some(day) if day >= it.new_only_from => return Three::No, // a new one, to the old edition
                    Some(_) => {}
                }
            }
        }
        if unknown { Three::Unknown("granted_on_missing") } else { Three::Yes }
    }
}
