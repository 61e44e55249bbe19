//! A recognition decision, for eyes.

use greenlane_api::equivalence::v1::{
    NearestMiss, RecognitionDecision, RecognitionOutcome, RecognitionRoute, RequirementResult,
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
    let mut lines = Vec::new();
    if let Some(best) = &decision.best_route {
        lines.push(route(best));
    }
    for result in &decision.requirements {
        if result.route.is_none() {
            lines.extend(unmet(result));
        }
    }
    for condition in &decision.conditions {
        lines.push(format!("condition: {}", condition.description));
    }
    for finding in &decision.findings {
        // What a requirement lacks is told with it.
        if !lines.contains(&finding.message) {
            lines.push(finding.message.clone());
        }
    }
    lines
}

/// Decisions as a table, one a destination.
pub(crate) fn table<'d>(decisions: impl IntoIterator<Item = (&'d str, &'d RecognitionDecision)>) -> String {
    let mut table = bare_table();
    for (destination, decision) in decisions {
        let cells = [destination, outcome(decision.outcome()), &stacked_sentences(&told(decision))];
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

fn unmet(result: &RequirementResult) -> Vec<String> {
    let mut lines = Vec::new();
    let kind = if result.mandatory { "demanded" } else { "honoured" };
    lines.push(format!("{kind} by {}: {} ({})", result.market, result.title, result.requirement));
    if let Some(NearestMiss { reason, mend, .. }) = &result.nearest_miss {
        lines.push(format!("nearest miss: {reason}"));
        lines.push(format!("what would mend it: {mend}"));
    }
    lines.extend(result.findings.iter().map(|finding| finding.message.clone()));
    lines
}
