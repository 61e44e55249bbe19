//! The verdict on a certificate: four parts, each for itself, and what follows from them.
//!
//! Everything here is a pure function of stored facts, the question, and what recognition said.

pub(crate) mod authentic;
pub(crate) mod bundled;
pub(crate) mod coverage;
pub(crate) mod force;
pub(crate) mod question;
pub(crate) mod recognition;

/// The outcome of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Yes,
    YesOnConditions,
    No,
    Undetermined,
    NotAsked,
    NotApplicable,
}

/// A reason, for programs (`code`, `parameters`) and for people (`message`). Codes are part of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Finding {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), parameters: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }
}

/// One part of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) outcome: Outcome,
    pub(crate) findings: Vec<Finding>,
}

impl Part {
    pub(crate) fn new(outcome: Outcome, findings: Vec<Finding>) -> Self {
        Self { outcome, findings }
    }

    pub(crate) fn because(outcome: Outcome, finding: Finding) -> Self {
        Self { outcome, findings: vec![finding] }
    }

    pub(crate) fn not_asked() -> Self {
        Self { outcome: Outcome::NotAsked, findings: Vec::new() }
    }
}

/// What follows from the four parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overall {
    Accepted,
    AcceptedOnConditions,
    Refused,
    Undetermined,
}

/// Any *no* refuses; else any *undetermined* leaves it open; else conditions anywhere make it conditional; else it is
/// accepted. What was not asked or does not apply has no say.
pub(crate) fn overall(parts: [Outcome; 4]) -> Overall {
    if parts.contains(&Outcome::No) {
        Overall::Refused
    } else if parts.contains(&Outcome::Undetermined) {
        Overall::Undetermined
    } else if parts.contains(&Outcome::YesOnConditions) {
        Overall::AcceptedOnConditions
    } else {
        Overall::Accepted
    }
}

/// No certificate of this number is known: the finding of every part that rests on one.
pub(crate) fn unknown_certificate() -> Finding {
    Finding::new("certificate_unknown", "No certificate of this number is known here.")
}

/// Which revision of a catalogue was known at the moment that is asked about cannot be told: the finding of every part
/// that rests on one.
pub(crate) fn catalogue_not_known_then() -> Finding {
    Finding::new(
        "catalogue_not_known_then",
        "What the catalogue was at that moment cannot be told: ask for a `replay` at the revisions that a verdict of \
         then names.",
    )
}

/// What was presented states no number, so that no certificate could be looked up.
pub(crate) fn no_number() -> Finding {
    Finding::new("number_not_read", "What was presented states no certificate number that can be read.")
}

#[cfg(test)]
mod tests;
