//! The overall outcome of what became of each requirement.

use super::Judged;
use super::way::{self, Asked, Way};
use crate::domain::decision::{Outcome, Status};

/// What a decision says in short.
pub(super) struct Summary<'j, 'a> {
    pub(super) outcome: Outcome,
    pub(super) conditions: Vec<Asked<'a>>,
    pub(super) best: Option<&'j Way<'a>>,
}

impl Summary<'_, '_> {
    /// An outcome with nothing more to say.
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, conditions: Vec::new(), best: None }
    }
}

/// Mandatory requirements decide together; where none applies, the best of the voluntary ones does. Mandatory ones come
/// first.
pub(super) fn overall<'j, 'a>(results: &[&'j Judged<'a>]) -> Summary<'j, 'a> {
    let mandatory = &results[..results.partition_point(|result| result.entry.mandatory)];
    if !mandatory.is_empty() {
        return summary(together(mandatory), mandatory);
    }
    let Some(best) = results.iter().min_by_key(|result| standing(result)) else {
        return Summary::of(Outcome::NoRequirementApplies);
    };
    summary(alone(best), &[best])
}

fn together(results: &[&Judged<'_>]) -> Outcome {
    let any = |status| results.iter().any(|result| result.status == status);
    let all = |status| results.iter().all(|result| result.status == status);
    if any(Status::Undetermined) {
        Outcome::Undetermined
    } else if all(Status::Met) {
        let free = results.iter().all(|result| conditions(result).is_empty());
        if free { Outcome::Recognised } else { Outcome::RecognisedOnConditions }
    } else if any(Status::Met) || any(Status::MetInPart) {
        Outcome::Partial
    } else if any(Status::InformationOnly) {
        Outcome::InformationOnly
    } else {
        Outcome::NotRecognised
    }
}

fn alone(result: &Judged<'_>) -> Outcome {
    match result.status {
        Status::Met if conditions(result).is_empty() => Outcome::Recognised,
        Status::Met => Outcome::RecognisedOnConditions,
        Status::MetInPart => Outcome::Partial,
        Status::InformationOnly => Outcome::InformationOnly,
        Status::Undetermined => Outcome::Undetermined,
        Status::NotMet => Outcome::NotRecognised,
    }
}

/// How well a requirement is met, smaller is better. What cannot be said stands before what is not met: it may be.
pub(super) fn standing(result: &Judged<'_>) -> (u8, usize, usize) {
    let status = match result.status {
        Status::Met => 0,
        Status::MetInPart => 1,
        Status::InformationOnly => 2,
        Status::Undetermined => 3,
        Status::NotMet => 4,
    };
    (status, conditions(result).len(), result.route.as_ref().map_or(0, |route| route.links.len()))
}

fn conditions<'j, 'a>(result: &'j Judged<'a>) -> &'j [Asked<'a>] {
    result.route.as_ref().map_or(&[], |route| &route.conditions)
}

fn summary<'j, 'a>(outcome: Outcome, counted: &[&'j Judged<'a>]) -> Summary<'j, 'a> {
    let mut all = Vec::new();
    counted.iter().flat_map(|result| conditions(result)).for_each(|it| way::add(&mut all, *it));
    let best = counted.iter().filter(|result| result.route.is_some()).min_by_key(|result| standing(result));
    Summary { outcome, conditions: all, best: best.and_then(|result| result.route.as_ref()) }
}
