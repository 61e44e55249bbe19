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

    /// Whether a calendar is the market's or the destination's.
    fn bears(&self, requirement: &Requirement, it: &EditionTransition) -> Three {
        let of_it = std::slice::from_ref(&it.market);
        match self.either_belongs(&requirement.market, &self.question.destination, of_it) {
            Three::Unknown(_) if self.flaw == Some(Flaw::CalendarsOfListedMembers) => Three::No,
            other => other,
        }
    }

    /// The transitions that leave the goods under an earlier edition: those past their day of conversion.
    pub(super) fn exempt(&self, requirement: &Requirement, acceptance: &Acceptance) -> Vec<&EditionTransition> {
        let mut found = Vec::new();
        for entry in &self.entries {
            let Entry::EditionTransition(it) = entry else { continue };
            if self.exempts(it, acceptance) && matches!(self.bears(requirement, it), Three::Yes) {
                found.push(it);
            }
        }
        found
    }

    /// Whether the goods are left under the earlier edition by a transition past its day of conversion.
    fn exempts(&self, it: &EditionTransition, acceptance: &Acceptance) -> bool {
        let question = self.question;
        let concerned = self.editions(acceptance).into_iter().any(|standard| *standard == it.from_standard);
        let over = question.date >= it.new_only_from && it.convert_by.is_some_and(|by| by < question.date);
        if !concerned || it.from_standard == it.to_standard || !over {
            return false;
        }
        let Some(exemption) = &it.stock_exemption else { return false };
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
        !sold && placed && made
    }

    /// Whether every edition that a certificate must name counts.
    pub(super) fn edition(&self, requirement: &Requirement, acceptance: &Acceptance) -> Three {
        self.edition_of(requirement, acceptance, self.question.granted_on)
    }

    /// The same for a result granted on another day. When that was is asked for before who belongs to a bloc.
    pub(super) fn edition_of(
        &self,
        requirement: &Requirement,
        acceptance: &Acceptance,
        granted_on: Option<NaiveDate>,
    ) -> Three {
        let (mut ungranted, mut unlisted) = (false, false);
        for standard in self.editions(acceptance) {
            for entry in &self.entries {
                let Entry::EditionTransition(it) = entry else { continue };
                let counts = self.by_calendar(it, acceptance, standard, granted_on);
                let shown = || !shown_of_stock(&[it]).is_empty() && self.exempts(it, acceptance);
                if matches!(counts, Three::Yes) && !shown() {
                    continue; // it counts all the same, and nothing is to be shown for that
                }
                match (self.bears(requirement, it), counts) {
                    (Three::No, _) | (Three::Yes, Three::Yes) => {}
                    (Three::Yes, Three::No) => return Three::No,
                    (Three::Yes, Three::Unknown(_)) => ungranted = true,
                    (Three::Unknown(_), _) => unlisted = true,
                }
            }
        }
        match (ungranted, unlisted) {
            (true, _) => Three::Unknown("granted_on_missing"),
            (false, true) => Three::Unknown("bloc_members_unknown"),
            (false, false) => Three::Yes,
        }
    }

    /// Whether an edition counts by a calendar.
    fn by_calendar(
        &self,
        it: &EditionTransition,
        acceptance: &Acceptance,
        standard: &StandardKey,
        granted_on: Option<NaiveDate>,
    ) -> Three {
        let date = self.question.date;
        if *standard == it.to_standard && it.either_from.is_some_and(|from| date < from) {
            return Three::No; // not yet
        }
        if *standard == it.from_standard && *standard != it.to_standard && date >= it.new_only_from {
            if it.convert_by.is_some_and(|by| by < date) && !self.exempts(it, acceptance) {
                return Three::No; // not converted
            }
            return match granted_on {
                None => Three::Unknown("granted_on_missing"),
                Some(day) if day >= it.new_only_from => Three::No, // a new one, to the old edition
                Some(_) => Three::Yes,
            };
        }
        Three::Yes
    }
}
