//! Requirements as recognition reads them, and found by the code of goods.

use std::sync::Arc;

use chrono::NaiveDate;
use smallvec::SmallVec;

use super::Catalogue;
use super::numbers::{Held, NONE, Numbers, Wanted};
use super::scopes::{EditionScopes, Scopes};
use crate::domain::equivalence::TargetKey;
use crate::domain::key::StandardKey;
use crate::domain::requirement::{Acceptance, Requirement};
use crate::domain::standard::EditionTransition;
use crate::domain::time::Validity;
use crate::domain::words::RecognitionObject;

/// A requirement, with what recognition compares in numbers and in the order in which it is read. Most are wholly in
/// place, two of the lines in which the processor reads.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct RequirementEntry {
    pub(in crate::domain) codes: Scopes,
    pub(in crate::domain) validity: Validity,
    pub(in crate::domain) mandatory: bool,
    origins: Option<Box<Origins>>,
    /// One for each acceptance, in their order.
    pub(in crate::domain) acceptances: SmallVec<[AcceptanceTerms; 2]>,
    /// The requirement.
    pub requirement: Arc<Requirement>,
}

// Two lines.
const _: () = assert!(size_of::<RequirementEntry>() <= 128);

/// For goods of which origins a requirement is, if not for all.
#[derive(Clone, Debug)]
struct Origins {
    /// Of these; empty means all.
    only: Vec<u32>,
    not: Vec<u32>,
}

impl RequirementEntry {
    /// Whether it covers goods of an origin, which is one of these economies and blocs; none where that depends on whether it
    /// belongs to one of others as well.
    pub(in crate::domain) fn covers_origin(&self, origin: &[u32], possible: &[u32]) -> Option<bool> {
        let Some(of) = &self.origins else { return Some(true) };
        let is_in = |whole: &u32| origin.contains(whole);
        let may_be_in = |whole: &u32| is_in(whole) || possible.contains(whole);
        if of.not.iter().any(is_in) || !(of.only.is_empty() || of.only.iter().any(may_be_in)) {
            return Some(false);
        }
        let surely = (of.only.is_empty() || of.only.iter().any(is_in)) && !of.not.iter().any(may_be_in);
        surely.then_some(true)
    }

    /// The economies and blocs by which it does or does not cover goods.
    pub(in crate::domain) fn origins(&self) -> impl Iterator<Item = u32> {
        self.origins.iter().flat_map(|it| it.only.iter().chain(&it.not)).copied()
    }
}

/// An acceptance in numbers.
#[derive(Clone, Debug)]
pub(in crate::domain) struct AcceptanceTerms {
    pub(in crate::domain) wanted: Wanted,
    /// The first of the economies and blocs whose bodies are accepted; [`NONE`] without any.
    economy: u32,
    /// The kinds of results that are accepted, a bit each.
    objects: u16,
    pub(in crate::domain) any_body: bool,
    pub(in crate::domain) incomplete: bool,
    /// What few acceptances have.
    more: Option<Box<More>>,
}

/// What few acceptances have.
#[derive(Clone, Debug)]
struct More {
    validity: Option<Validity>,
    /// The economies and blocs beside the first.
    economies: Vec<u32>,
    bodies: SmallVec<[u32; 4]>,
    excluded_bodies: SmallVec<[u32; 4]>,
    /// What must be certified beside it.
    together: SmallVec<[Wanted; 2]>,
    /// The calendars that what is accepted has a part in, by name.
    calendars: Vec<Calendar>,
}

/// A calendar of editions, asked about one of the two.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Calendar {
    pub(in crate::domain) standard: StandardKey,
    pub(in crate::domain) transition: Arc<EditionTransition>,
}

impl Catalogue {
    /// The calendars of whatever market that bear on an acceptance, by name: of what it accepts, and of what must be
    /// certified beside that.
    pub(in crate::domain) fn calendars_of(&self, acceptance: &Acceptance) -> Vec<Calendar> {
        let mut standards: Vec<&StandardKey> = std::iter::once(&acceptance.target)
            .chain(&acceptance.together_with)
            .filter_map(|it| match &it.name {
                TargetKey::Standard(standard) => Some(standard),
                TargetKey::Scheme(_) => None,
            })
            .collect();
        standards.sort_unstable();
        standards.dedup();
        let of = |standard: &StandardKey| {
            let all = self.transitions_of(standard).iter().cloned();
            let calendar = |transition| Calendar { standard: standard.clone(), transition };
            all.map(calendar).collect::<Vec<_>>()
        };
        let mut calendars: Vec<Calendar> = standards.into_iter().flat_map(of).collect();
        calendars.sort_by(|one, other| one.transition.name.cmp(&other.transition.name)); // stable: by standard
        calendars
    }
}

impl AcceptanceTerms {
    fn new(numbers: &Numbers, calendars: Vec<Calendar>, it: &Acceptance) -> Self {
        let all = it.objects.is_empty();
        let objects = if all { u16::MAX } else { it.objects.iter().fold(0, |bits, it| bits | it.bit()) };
        let rule = &it.bodies;
        let plain = it.validity.is_none()
            && rule.economies.len() < 2
            && rule.bodies.is_empty()
            && rule.excluded_bodies.is_empty()
            && it.together_with.is_empty()
            && calendars.is_empty();
        let mut economies = rule.economies.iter().map(|it| numbers.economy(it));
        let economy = economies.next().unwrap_or(NONE);
        let more = (!plain).then(|| More {
            validity: it.validity.clone(),
            economies: economies.collect(),
            bodies: rule.bodies.iter().map(|it| numbers.body(it)).collect(),
            excluded_bodies: rule.excluded_bodies.iter().map(|it| numbers.body(it)).collect(),
            together: it.together_with.iter().map(|it| numbers.wanted(it)).collect(),
            calendars,
        });
        Self {
            wanted: numbers.wanted(&it.target),
            economy,
            objects,
            any_body: rule.any,
            incomplete: rule.incomplete,
            more: more.map(Box::new),
        }
    }

    /// The economies and blocs whose bodies are accepted.
    pub(in crate::domain) fn economies(&self) -> impl Iterator<Item = u32> + '_ {
        let more = self.more.as_ref().map_or(&[][..], |it| &it.economies);
        std::iter::once(self.economy).filter(|it| *it != NONE).chain(more.iter().copied())
    }

    /// Whether the rule names the body.
    pub(in crate::domain) fn names(&self, body: u32) -> bool {
        self.more.as_ref().is_some_and(|it| it.bodies.contains(&body))
    }

    /// Whether the rule excludes the body.
    pub(in crate::domain) fn excludes(&self, body: u32) -> bool {
        self.more.as_ref().is_some_and(|it| it.excluded_bodies.contains(&body))
    }

    /// Whether what must be certified beside it is held.
    pub(in crate::domain) fn is_complete(&self, held: &[Held]) -> bool {
        let together = self.more.as_ref().map_or(&[][..], |it| &it.together);
        together.iter().all(|wanted| held.iter().any(|held| wanted.is_met_by(*held)))
    }

    /// The calendars that what is accepted has a part in, by name.
    pub(in crate::domain) fn calendars(&self) -> &[Calendar] {
        self.more.as_ref().map_or(&[], |it| &it.calendars)
    }

    pub(in crate::domain) fn accepts(&self, object: RecognitionObject) -> bool {
        self.objects & object.bit() != 0
    }

    /// Whether it stands on a day.
    pub(in crate::domain) fn in_force(&self, date: NaiveDate) -> bool {
        let validity = self.more.as_ref().and_then(|it| it.validity.as_ref());
        validity.is_none_or(|validity| validity.contains(date))
    }
}

/// The requirements of one market.
#[derive(Clone, Debug, Default)]
pub(in crate::domain) struct Requirements {
    /// All of them, in the order of names.
    pub(in crate::domain) all: Vec<RequirementEntry>,
    /// By the edition that they speak in.
    pub(in crate::domain) editions: Vec<EditionScopes>,
}

impl Requirements {
    /// `all` is in the order of names.
    pub(super) fn new(numbers: &mut Numbers, catalogue: &Catalogue, all: &[Arc<Requirement>]) -> Self {
        let mut entries = Vec::with_capacity(all.len());
        for requirement in all {
            let codes = Scopes::new(numbers, &requirement.codes);
            let acceptances = requirement.acceptances.iter();
            let acceptances = acceptances.map(|it| AcceptanceTerms::new(numbers, catalogue.calendars_of(it), it));
            let acceptances = acceptances.collect();
            let economies = |all: &[_]| all.iter().map(|it| numbers.economy(it)).collect();
            let (only, not) = (&requirement.origins, &requirement.excluded_origins);
            let some = !(only.is_empty() && not.is_empty());
            entries.push(RequirementEntry {
                requirement: requirement.clone(),
                mandatory: requirement.mandatory,
                validity: requirement.validity.clone(),
                codes,
                origins: some.then(|| Box::new(Origins { only: economies(only), not: economies(not) })),
                acceptances,
            });
        }
        let editions = EditionScopes::by_edition(entries.iter().map(|it| &it.codes));
        Self { all: entries, editions }
    }
}
