//! A recognition decision, for eyes.

use std::collections::BTreeSet;

use greenlane_api::{
    common::v1::Finding,
    equivalence::v1::{
        Demand, NearestMiss, RecognitionDecision, RecognitionOutcome, RecognitionRoute, RequirementResult,
    },
};

use super::{
    exit::with_flags,
    render::{bare_table, colour, label, stacked_sentences, tidy},
};

/// A few words for an outcome.
pub(crate) fn outcome(outcome: RecognitionOutcome) -> &'static str {
    match outcome {
        RecognitionOutcome::Recognised => "recognised",
        RecognitionOutcome::RecognisedOnConditions => "recognised on conditions",
        RecognitionOutcome::Partial => "recognised in part",
        RecognitionOutcome::InformationOnly => "for information only",
        RecognitionOutcome::NotRecognised => "NOT RECOGNISED",
        RecognitionOutcome::NoRequirementApplies => "no requirement applies",
        RecognitionOutcome::Undetermined | RecognitionOutcome::Unspecified => "undetermined",
    }
}

/// A few words for what an outcome comes to where it speaks of what is honoured alone: that has no say in whether goods may
/// enter.
pub(crate) fn words(of: RecognitionOutcome, demand: Demand) -> &'static str {
    match demand {
        Demand::None if !is_open(of) => "nothing demanded",
        Demand::None | Demand::Unknown | Demand::Unspecified => outcome(entry(of, demand)),
    }
}

/// The outcome by which goods may enter or not: of what is demanded.
pub(crate) fn entry(of: RecognitionOutcome, demand: Demand) -> RecognitionOutcome {
    match demand {
        Demand::None if !is_open(of) => RecognitionOutcome::NoRequirementApplies,
        Demand::Unknown if !is_open(of) => RecognitionOutcome::Undetermined,
        Demand::None | Demand::Unknown | Demand::Unspecified => of,
    }
}

/// Whether goods may enter, or gain what is honoured, once the conditions are fulfilled.
pub(crate) fn is_open(outcome: RecognitionOutcome) -> bool {
    match outcome {
        RecognitionOutcome::Recognised
        | RecognitionOutcome::RecognisedOnConditions
        | RecognitionOutcome::NoRequirementApplies => true,
        RecognitionOutcome::Partial
        | RecognitionOutcome::InformationOnly
        | RecognitionOutcome::NotRecognised
        | RecognitionOutcome::Undetermined
        | RecognitionOutcome::Unspecified => false,
    }
}

/// Why, as a command tells it: what would mend it is said by flags.
pub(crate) fn told(decision: &RecognitionDecision) -> Vec<String> {
    reasons(decision).iter().map(|line| with_flags(line)).collect()
}

/// Why: the best route, or the nearest miss, or what is missing; one line each.
pub(crate) fn reasons(decision: &RecognitionDecision) -> Vec<String> {
    let (mut lines, mut said) = (Vec::new(), BTreeSet::new());
    if let Some(best) = &decision.best_route {
        lines.push(route(best));
    }
    let unmet: Vec<_> = decision.requirements.iter().filter(|result| result.route.is_none()).collect();
    for result in &unmet {
        lines.extend(missed(result));
        for Finding { message, .. } in &result.findings {
            if said.insert(message) {
                let lacks = |it: &&&RequirementResult| it.findings.iter().any(|other| other.message == *message);
                lines.push(match unmet.iter().filter(lacks).count() {
                    0 | 1 => message.clone(),
                    several => format!("{message} (so for {several} requirements)"),
                });
            }
        }
    }
    for condition in &decision.conditions {
        lines.push(format!("condition: {}", condition.description));
    }
    for finding in &decision.findings {
        // What a requirement lacks is told with it.
        if said.insert(&finding.message) {
            lines.push(finding.message.clone());
        }
    }
    lines
}

/// Decisions as a table, one a destination.
pub(crate) fn table<'d>(decisions: impl IntoIterator<Item = (&'d str, &'d RecognitionDecision)>) -> String {
    let mut table = bare_table();
    for (destination, decision) in decisions {
        let cells = [destination, words(decision.outcome(), decision.demand()), &stacked_sentences(&told(decision))];
        table.add_row(cells.map(colour::cell));
    }
    tidy(&mut table)
}

/// One line for a route.
pub(crate) fn route(route: &RecognitionRoute) -> String {
    let mut text = format!("{} ", route.certified);
    for link in &route.links {
        text.push_str(&format!("-> {} ({}) ", link.to, label(link.degree().as_str_name()).unwrap_or_default()));
    }
    if route.arrangement.is_empty() {
        text.push_str(&format!("is accepted by {}", route.requirement));
    } else {
        text.push_str(&format!("is accepted by {} through {}", route.requirement, route.annex));
    }
    if !route.legal_reference.is_empty() {
        text.push_str(&format!(" [{}]", route.legal_reference));
    }
    for it in &route.exemptions {
        text.push_str(&format!("; stock exempt from {}: {}", it.edition_transition, it.reason));
    }
    text
}

fn missed(result: &RequirementResult) -> Vec<String> {
    let mut lines = Vec::new();
    let kind = if result.mandatory { "demanded" } else { "honoured" };
    lines.push(format!("{kind} by {}: {} ({})", result.market, result.title, result.requirement));
    if let Some(NearestMiss { reason, mend, .. }) = &result.nearest_miss {
        lines.push(format!("nearest miss: {reason}"));
        lines.push(format!("what would mend it: {mend}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_requirements_lack_is_said_once_with_their_number() {
        let finding =
            |code: &str| Finding { code: code.into(), message: "no translation".into(), ..Default::default() };
        let lacking = RequirementResult { findings: vec![finding("code_unknown")], ..Default::default() };
        let mut decision = RecognitionDecision {
            requirements: vec![lacking; 3],
            findings: vec![finding("code_unknown"), finding("other")],
            ..Default::default()
        };
        let said = |decision: &RecognitionDecision| {
            let mut lines = reasons(decision);
            lines.retain(|line| line.starts_with("no translation"));
            lines
        };
        assert_eq!(said(&decision), ["no translation (so for 3 requirements)"]);
        decision.requirements.truncate(1);
        assert_eq!(said(&decision), ["no translation"]);
        decision.requirements.clear();
        assert_eq!(said(&decision), ["no translation"], "of an economy it may be said twice by other codes");
    }

    #[test]
    fn what_is_only_honoured_has_no_say_in_whether_goods_may_enter() {
        for missed in
            [RecognitionOutcome::Partial, RecognitionOutcome::InformationOnly, RecognitionOutcome::NotRecognised]
        {
            assert_eq!(words(missed, Demand::None), "nothing demanded");
            assert!(is_open(entry(missed, Demand::None)));
            assert_eq!(words(missed, Demand::Unknown), "undetermined");
            assert_eq!(entry(missed, Demand::Unknown), RecognitionOutcome::Undetermined);
            assert_eq!(words(missed, Demand::Unspecified), outcome(missed));
            assert!(!is_open(entry(missed, Demand::Unspecified)));
        }
        for demand in [Demand::None, Demand::Unknown, Demand::Unspecified] {
            assert_eq!(words(RecognitionOutcome::Recognised, demand), "recognised");
        }
    }
}
