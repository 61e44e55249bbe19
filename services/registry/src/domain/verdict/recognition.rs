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

/// What the market demands of the goods, where what was decided is about what it honours alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    Nothing,
    Unknown,
}

/// A decision of the equivalence service, with its reasons already worded as findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) decided: Decided,
    /// None where what was decided says it.
    pub(crate) demand: Option<Demand>,
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
    let (outcome, code, message) = match decision.demand {
        Some(demand) => entry(demand, decision.decided),
        None => by_what_was_decided(decision.decided),
    };
    let mut findings = Vec::with_capacity(1 + decision.findings.len());
    findings.push(Finding::new(code, message));
    findings.extend(decision.findings.iter().cloned());
    Part::new(outcome, findings)
}

fn by_what_was_decided(decided: Decided) -> (Outcome, &'static str, &'static str) {
    match decided {
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
    }
}

/// What is voluntary has no say in whether goods may enter: where it is not met, what the market demands decides.
fn entry(demand: Demand, decided: Decided) -> (Outcome, &'static str, &'static str) {
    match (demand, decided) {
        // What is honoured is met, or nothing is.
        (_, Decided::Recognised | Decided::OnConditions | Decided::NoRequirementApplies) => {
            by_what_was_decided(decided)
        }
        (Demand::Nothing, Decided::NotRecognised) => (
            Outcome::NotApplicable,
            "nothing_demanded",
            "The market demands nothing of these goods; what it honours is not met.",
        ),
        (Demand::Nothing, Decided::Partial) => (
            Outcome::NotApplicable,
            "nothing_demanded",
            "The market demands nothing of these goods; what it honours is met in part.",
        ),
        (Demand::Nothing, Decided::InformationOnly) => (
            Outcome::NotApplicable,
            "nothing_demanded",
            "The market demands nothing of these goods; by what it honours it takes note of the certificate and no more.",
        ),
        (Demand::Nothing, Decided::Undetermined) => (
            Outcome::NotApplicable,
            "nothing_demanded",
            "The market demands nothing of these goods; whether what it honours is met cannot be said.",
        ),
        (Demand::Unknown, Decided::NotRecognised | Decided::Partial | Decided::InformationOnly) => (
            Outcome::Undetermined,
            "demand_unknown",
            "Whether the market demands anything of these goods cannot be said; what it honours is not met in full.",
        ),
        (Demand::Unknown, Decided::Undetermined) => (
            Outcome::Undetermined,
            "demand_unknown",
            "Neither whether the market demands anything of these goods nor whether what it honours is met can be said.",
        ),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Decided; 7] = [
        Decided::Recognised,
        Decided::OnConditions,
        Decided::Partial,
        Decided::InformationOnly,
        Decided::NotRecognised,
        Decided::NoRequirementApplies,
        Decided::Undetermined,
    ];

    fn part(decided: Decided, demand: Option<Demand>) -> Part {
        let decision = Decision {
            decided,
            demand,
            decision_id: String::new(),
            equivalence_revision: 1,
            classification_revision: 0,
            findings: vec![Finding::new("nearest_miss", "So near.")],
        };
        judge(Some(Ok(&decision)))
    }

    #[test]
    fn what_the_market_only_honours_bars_no_goods() {
        let outcomes = |demand| ALL.map(|decided| part(decided, demand).outcome);
        let (yes, on, no, open, none) =
            (Outcome::Yes, Outcome::YesOnConditions, Outcome::No, Outcome::Undetermined, Outcome::NotApplicable);
        assert_eq!(outcomes(None), [yes, on, no, no, no, none, open]);
        assert_eq!(outcomes(Some(Demand::Nothing)), [yes, on, none, none, none, none, none]);
        assert_eq!(outcomes(Some(Demand::Unknown)), [yes, on, open, open, open, none, open]);
    }

    #[test]
    fn that_nothing_is_demanded_is_said_beside_what_is_missed() {
        let told = |demand| -> Vec<&str> {
            part(Decided::NotRecognised, Some(demand)).findings.iter().map(|it| it.code).collect()
        };
        assert_eq!(told(Demand::Nothing), ["nothing_demanded", "nearest_miss"]);
        assert_eq!(told(Demand::Unknown), ["demand_unknown", "nearest_miss"]);
    }
}
