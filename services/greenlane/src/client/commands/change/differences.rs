//! In what the decisions differ that a change set would change: those of one kind together.

use comfy_table::Cell;
use greenlane_api::equivalence::v1::{DecisionImpact, RecognitionCondition, RecognitionOutcome};

use crate::client::{
    recognition,
    render::{bare_table, colour, stacked_sentences, tidy},
};

/// A row for each market and each way in which its decisions differ, in the order of the examples; nothing of none.
pub(super) fn table(examples: &[DecisionImpact]) -> String {
    let mut rows: Vec<(Row, u64)> = Vec::new();
    for example in examples {
        let row = Row::of(example);
        match rows.iter_mut().find(|(known, _)| *known == row) {
            Some((_, decisions)) => *decisions += 1,
            None => rows.push((row, 1)),
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let mut table = bare_table();
    table.set_header(["MARKET", "NOW", "AFTER", "WHAT DIFFERS", "DECISIONS"].map(colour::heading));
    for (Row { market, before, after, differs }, decisions) in rows {
        let cells = [market, before.to_owned(), after.to_owned()].map(colour::cell);
        table.add_row(cells.into_iter().chain([Cell::new(stacked_sentences(&differs)), Cell::new(decisions)]));
    }
    format!("\n{}", tidy(&mut table))
}

#[derive(PartialEq, Eq)]
struct Row {
    market: String,
    before: &'static str,
    after: &'static str,
    differs: Vec<String>,
}

impl Row {
    fn of(example: &DecisionImpact) -> Self {
        let mut differs = Vec::new();
        match (example.demanded_before, example.demanded_after) {
            (false, true) => differs.push("demanded now".to_owned()),
            (true, false) => differs.push("demanded no more".to_owned()),
            (false, false) if [example.before(), example.after()].into_iter().any(is_missed) => {
                differs.push("honoured, not demanded: it has no say in whether goods may enter".to_owned());
            }
            (true, true) | (false, false) => {}
        }
        let asked = |what: &str, it: &RecognitionCondition| format!("{what}: {} ({})", it.description, it.origin);
        differs.extend(example.conditions_added.iter().map(|it| asked("asked as well", it)));
        differs.extend(example.conditions_removed.iter().map(|it| asked("asked no more", it)));
        Self {
            market: example.question.as_ref().map(|it| it.destination.clone()).unwrap_or_default(),
            before: recognition::outcome(example.before()),
            after: recognition::outcome(example.after()),
            differs,
        }
    }
}

/// Whether something was asked and is not met, at least not in full.
fn is_missed(outcome: RecognitionOutcome) -> bool {
    match outcome {
        RecognitionOutcome::Partial | RecognitionOutcome::InformationOnly | RecognitionOutcome::NotRecognised => true,
        RecognitionOutcome::Recognised
        | RecognitionOutcome::RecognisedOnConditions
        | RecognitionOutcome::NoRequirementApplies
        | RecognitionOutcome::Undetermined
        | RecognitionOutcome::Unspecified => false,
    }
}

#[cfg(test)]
mod tests {
    use greenlane_api::equivalence::v1::RecognitionQuestion;

    use super::*;

    #[test]
    fn decisions_that_differ_alike_are_one_row_with_the_conditions_that_come_and_go() {
        let condition = |text: &str| RecognitionCondition {
            description: text.into(),
            origin: "annexes/xa-xd-pv".into(),
            ..Default::default()
        };
        let example = |market: &str, added: &[&str], removed: &[&str]| DecisionImpact {
            question: Some(RecognitionQuestion { destination: market.into(), ..Default::default() }),
            before: RecognitionOutcome::RecognisedOnConditions.into(),
            after: RecognitionOutcome::RecognisedOnConditions.into(),
            conditions_added: added.iter().map(|it| condition(it)).collect(),
            conditions_removed: removed.iter().map(|it| condition(it)).collect(),
            ..Default::default()
        };
        let salt = example("XD", &[], &["Salt mist test at severity 6."]);
        let told = table(&[salt.clone(), salt, example("XB", &["A label."], &[])]);
        let lines: Vec<&str> = told.trim().lines().collect();
        assert_eq!(lines.len(), 3, "{told}");
        assert!(lines[1].contains("asked no more: Salt mist test at severity 6. (annexes/xa-xd-pv)"), "{told}");
        assert!(lines[1].starts_with("XD") && lines[1].ends_with('2'), "{told}");
        assert!(lines[2].starts_with("XB") && lines[2].contains("asked as well: A label."), "{told}");
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn what_is_only_honoured_is_said_to_have_no_say_in_whether_goods_may_enter() {
        let example = |demanded: bool| DecisionImpact {
            before: RecognitionOutcome::NoRequirementApplies.into(),
            after: RecognitionOutcome::NotRecognised.into(),
            demanded_after: demanded,
            ..Default::default()
        };
        assert!(table(&[example(false)]).contains("honoured, not demanded"));
        let demanded = table(&[example(true)]);
        assert!(demanded.contains("demanded now") && !demanded.contains("honoured"), "{demanded}");
    }
}
