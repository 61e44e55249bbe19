//! The overall outcome of what became of each requirement.

use crate::domain::decision::{Condition, Outcome, RequirementResult, Route, Status};

/// What a decision says in short.
pub(super) struct Summary {
    pub(super) outcome: Outcome,
    pub(super) conditions: Vec<Condition>,
    pub(super) best_route: Option<Route>,
}

impl Summary {
    /// An outcome with nothing more to say.
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, conditions: Vec::new(), best_route: None }
    }
}

/// Mandatory requirements decide together; where none applies, the best of the voluntary ones does.
pub(super) fn overall(results: &[RequirementResult]) -> Summary {
    let mandatory: Vec<_> = results.iter().filter(|result| result.requirement.mandatory).collect();
    if !mandatory.is_empty() {
        return summary(together(&mandatory), &mandatory);
    }
    let Some(best) = results.iter().min_by_key(|result| standing(result)) else {
        return Summary::of(Outcome::NoRequirementApplies);
    };
    summary(alone(best), &[best])
}

fn together(results: &[&RequirementResult]) -> Outcome {
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

fn alone(result: &RequirementResult) -> Outcome {
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
pub(super) fn standing(result: &RequirementResult) -> (u8, usize, usize) {
    let status = match result.status {
        Status::Met => 0,
        Status::MetInPart => 1,
        Status::InformationOnly => 2,
        Status::Undetermined => 3,
        Status::NotMet => 4,
    };
    (status, conditions(result).len(), result.route.as_ref().map_or(0, |route| route.links.len()))
}

fn conditions(result: &RequirementResult) -> &[Condition] {
    result.route.as_ref().map_or(&[], |route| &route.conditions)
}

fn summary(outcome: Outcome, counted: &[&RequirementResult]) -> Summary {
    let mut all: Vec<Condition> = Vec::new();
    for condition in counted.iter().flat_map(|result| conditions(result)) {
        if !all.iter().any(|known| condition.is_same(known)) {
            all.push(condition.clone());
        }
    }
    let best = counted.iter().filter(|result| result.route.is_some()).min_by_key(|result| standing(result));
    Summary { outcome, conditions: all, best_route: best.and_then(|result| result.route.clone()) }
}
