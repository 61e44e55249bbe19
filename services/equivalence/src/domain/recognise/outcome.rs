//! The overall outcome of what became of each requirement.

use std::ops::Range;

use super::Judged;
use super::way;
use crate::domain::decision::{Condition, Conditions, Demand, Outcome, Status};

/// What a decision says in short.
pub(super) struct Summary<'a> {
    pub(super) outcome: Outcome,
    pub(super) conditions: Conditions<'a>,
    /// The place of the result with the best route.
    pub(super) best: Option<usize>,
}

impl Summary<'_> {
    /// An outcome with nothing more to say.
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, conditions: Conditions::new(), best: None }
    }
}

/// Mandatory requirements decide together; where none applies, the best of the voluntary ones does. Mandatory ones come
/// first.
pub(super) fn overall<'a>(results: &[&Judged<'a>]) -> Summary<'a> {
    let mandatory = results.partition_point(|result| result.entry.mandatory);
    if mandatory > 0 {
        return summary(together(&results[..mandatory]), results, 0..mandatory);
    }
    // What cannot be said settles nothing less than what it may come to, and something stronger may be there: never a guess.
    let settled = |it: &Judged<'_>| {
        let sure = it.route.as_ref().map(|route| route.effect);
        it.status == Status::Undetermined
            || results.iter().all(|other| other.may_have.is_none_or(|may| sure.is_some_and(|sure| sure <= may)))
    };
    let settled = (0..results.len()).filter(|at| settled(results[*at]));
    let Some(best) = settled.min_by_key(|at| standing(results[*at])) else {
        return Summary::of(Outcome::NoRequirementApplies);
    };
    summary(alone(results[best]), results, best..best + 1)
}

/// What is demanded of goods to which no mandatory requirement applies and a voluntary one does: told where that is not met.
/// `in_doubt` tells whether the catalogue may lack a mandatory one.
pub(super) fn demand(outcome: Outcome, in_doubt: bool) -> Option<Demand> {
    match outcome {
        Outcome::Recognised | Outcome::RecognisedOnConditions | Outcome::NoRequirementApplies => None,
        Outcome::Partial | Outcome::InformationOnly | Outcome::NotRecognised | Outcome::Undetermined => {
            Some(if in_doubt { Demand::Unknown } else { Demand::Nothing })
        }
    }
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

fn conditions<'j, 'a>(result: &'j Judged<'a>) -> &'j [Condition<'a>] {
    result.route.as_ref().map_or(&[], |route| &route.conditions)
}

fn summary<'a>(outcome: Outcome, results: &[&Judged<'a>], counted: Range<usize>) -> Summary<'a> {
    let mut all = Conditions::new();
    results[counted.clone()].iter().flat_map(|result| conditions(result)).for_each(|it| way::add(&mut all, *it));
    let best = counted.filter(|at| results[*at].route.is_some()).min_by_key(|at| standing(results[*at]));
    Summary { outcome, conditions: all, best }
}
