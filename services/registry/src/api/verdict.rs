//! A verdict on the wire.

use std::time::Duration;

use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_store::Micros;

use super::render;
use crate::app::verify::Verdict;
use crate::domain::verdict::{Outcome, Overall, Part};

pub(crate) fn verdict(verdict: Verdict) -> wire::Verdict {
    wire::Verdict {
        outcome: wire::VerdictOutcome::from(verdict.outcome).into(),
        authentic: Some(part(verdict.authentic)),
        in_force: Some(part(verdict.in_force)),
        covers_goods: Some(part(verdict.covers_goods)),
        recognised: Some(part(verdict.recognised)),
        certificate: verdict.number.map(|number| number.name()).unwrap_or_default(),
        body: verdict.body.map(|body| body.name()).unwrap_or_default(),
        state: verdict.standing.map_or(wire::CertificateState::Unspecified, render::state).into(),
        version: verdict.version,
        date: verdict.day.to_string(),
        revisions: Some(common::Revisions {
            registry: verdict.revisions.registry,
            equivalence: verdict.revisions.equivalence,
            classification: verdict.revisions.classification,
        }),
        decision_id: verdict.decision_id,
        recognition_decision_id: verdict.recognition_decision_id,
        freshness: Some(freshness(verdict.checkpoint_time, verdict.equivalence_age, verdict.from_memory)),
    }
}

pub(crate) fn freshness(checkpoint_time: Micros, age: Option<Duration>, from_memory: bool) -> wire::Freshness {
    wire::Freshness {
        checkpoint_time: Some(render::timestamp(checkpoint_time.to_utc())),
        equivalence_age: age.and_then(|age| prost_types::Duration::try_from(age).ok()),
        from_snapshot: from_memory,
    }
}

fn part(part: Part) -> wire::VerdictPart {
    wire::VerdictPart {
        outcome: wire::PartOutcome::from(part.outcome).into(),
        findings: part.findings.into_iter().map(render::finding).collect(),
    }
}

impl From<Outcome> for wire::PartOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Yes => Self::Yes,
            Outcome::YesOnConditions => Self::YesOnConditions,
            Outcome::No => Self::No,
            Outcome::Undetermined => Self::Undetermined,
            Outcome::NotAsked => Self::NotAsked,
            Outcome::NotApplicable => Self::NotApplicable,
        }
    }
}

impl From<Overall> for wire::VerdictOutcome {
    fn from(overall: Overall) -> Self {
        match overall {
            Overall::Accepted => Self::Accepted,
            Overall::AcceptedOnConditions => Self::AcceptedOnConditions,
            Overall::Refused => Self::Refused,
            Overall::Undetermined => Self::Undetermined,
        }
    }
}
