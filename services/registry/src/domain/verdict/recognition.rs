//! Does the market of destination recognise it?

use super::{Finding, Outcome, Part, catalogue_not_known_then, unknown_certificate};

/// What the equivalence service decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decided {
    Recognised,
    OnConditions,
    Partial,
    InformationOnly,
    NotRecognised,
    NoRequirementApplies,
    Undetermined,
}

/// A decision of the equivalence service, with its reasons already worded as findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) decided: Decided,
    pub(crate) decision_id: String,
    pub(crate) equivalence_revision: u64,
    pub(crate) classification_revision: u64,
    /// Conditions, nearest misses, missing facts.
    pub(crate) findings: Vec<Finding>,
}

/// Why there is no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoDecision {
    /// The equivalence service did not answer, and nothing fresh enough was known.
    Unavailable,
    /// The equivalence service refused the question.
    Refused,
    /// This registry is not connected to one.
    NotConnected,
    /// Which revisions of the catalogues were known at the moment that was asked about cannot be told.
    NotKnownThen,
}

/// The part. `decision` is none when no certificate is known.
pub(crate) fn judge(decision: Option<Result<&Decision, NoDecision>>) -> Part {
    let decision = match decision {
        None => return Part::because(Outcome::Undetermined, unknown_certificate()),
        Some(Err(why)) => return Part::because(Outcome::Undetermined, unavailable(why)),
        Some(Ok(decision)) => decision,
    };
    let (outcome, code, message) = match decision.decided {
        Decided::Recognised => (Outcome::Yes, "recognised", "The market recognises the certificate."),
        Decided::OnConditions => (
            Outcome::YesOnConditions,
            "recognised_on_conditions",
            "The market recognises the certificate once the conditions are met.",
        ),
        Decided::Partial => {
            (Outcome::No, "partly_recognised", "The market recognises the certificate for a part of what it requires.")
        }
        Decided::InformationOnly => {
            (Outcome::No, "information_only", "The market takes note of the certificate and no more.")
        }
        Decided::NotRecognised => (Outcome::No, "not_recognised", "The market does not recognise the certificate."),
        Decided::NoRequirementApplies => {
            (Outcome::NotApplicable, "no_requirement_applies", "The market requires nothing of these goods.")
        }
        Decided::Undetermined => (
            Outcome::Undetermined,
            "recognition_undetermined",
            "Whether the market recognises the certificate cannot be said.",
        ),
    };
    let mut findings = Vec::with_capacity(1 + decision.findings.len());
    findings.push(Finding::new(code, message));
    findings.extend(decision.findings.iter().cloned());
    Part::new(outcome, findings)
}

fn unavailable(why: NoDecision) -> Finding {
    match why {
        NoDecision::Unavailable => Finding::new(
            "recognition_unavailable",
            "The equivalence service did not answer, and nothing fresh enough was known here.",
        ),
        NoDecision::Refused => {
            Finding::new("recognition_undetermined", "The equivalence service cannot decide about these facts.")
        }
        NoDecision::NotConnected => {
            Finding::new("recognition_unavailable", "There is no equivalence service to ask here.")
        }
        NoDecision::NotKnownThen => catalogue_not_known_then(),
    }
}
