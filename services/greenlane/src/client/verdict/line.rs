//! A verdict as one line of many.

use greenlane_api::registry::v1::{
    PartOutcome, Verdict, VerdictOutcome, VerdictPart, VerifyResult, verify_result::Result as Answer,
};
use serde_json::{Value, json};

use super::{outcome, parts};
use crate::client::{
    exit::Exit,
    render::{self, Output},
};

/// How many there are of each outcome.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) undetermined: u64,
    pub(crate) faulty: u64,
}

impl Tally {
    /// Counts an answer; whether it is accepted.
    pub(crate) fn count(&mut self, result: Option<&VerifyResult>) -> bool {
        let outcome = verdict_of(result).map(Verdict::outcome);
        match outcome {
            Some(VerdictOutcome::Accepted | VerdictOutcome::AcceptedOnConditions) => self.accepted += 1,
            Some(VerdictOutcome::Refused) => self.refused += 1,
            Some(VerdictOutcome::Undetermined | VerdictOutcome::Unspecified) => self.undetermined += 1,
            None => self.faulty += 1,
        }
        matches!(outcome, Some(VerdictOutcome::Accepted | VerdictOutcome::AcceptedOnConditions))
    }

    /// The worst of them.
    pub(crate) fn exit(&self) -> Exit {
        match (self.refused + self.faulty, self.undetermined) {
            (0, 0) => Exit::Done,
            (0, _) => Exit::Undetermined,
            _ => Exit::No,
        }
    }

    /// All of them in one line.
    pub(crate) fn text(&self) -> String {
        let Self { accepted, refused, undetermined, faulty } = self;
        format!("{accepted} accepted, {refused} refused, {undetermined} undetermined, {faulty} faulty")
    }
}

fn verdict_of(result: Option<&VerifyResult>) -> Option<&Verdict> {
    match result?.result.as_ref()? {
        Answer::Response(response) => response.verdict.as_ref(),
        Answer::Error(_) => None,
    }
}

/// Whether nothing was asked of goods.
pub(crate) fn is_without_goods(result: Option<&VerifyResult>) -> bool {
    let part = verdict_of(result).and_then(|verdict| verdict.covers_goods.as_ref());
    part.is_none_or(|part| part.outcome() == PartOutcome::NotAsked)
}

/// An answer as a line: its outcome, and why it is not a plain yes. Programs get the verdict too.
pub(crate) fn line(named: &str, result: Option<&VerifyResult>, output: Output) -> anyhow::Result<Value> {
    // Programs find again what they asked about.
    let asked = if output == Output::Table { short(named) } else { named.to_owned() };
    let Some(found) = verdict_of(result) else {
        let error = result.and_then(|result| match &result.result {
            Some(Answer::Error(error)) => Some(error.clone()),
            _ => None,
        });
        let error = error.unwrap_or_default();
        // The message repeats what is wrong with the fields, which files and flags call by their last names.
        let fields = error.field_violations.iter().map(|it| format!("{}: {}", bare(&it.field), it.description));
        let fields = fields.collect::<Vec<_>>().join("; ");
        let why = if fields.is_empty() { error.message } else { fields };
        return Ok(json!({ "certificate": named, "subject": asked, "outcome": "FAULTY", "why": why }));
    };
    let certificate = if found.certificate.is_empty() { named } else { &found.certificate };
    let mut line =
        json!({ "certificate": certificate, "subject": asked, "outcome": outcome(found), "why": why(found) });
    if matches!(output, Output::Json | Output::Yaml) {
        line["verdict"] = render::to_json(found)?;
    } else {
        for (name, part) in ["authentic", "inForce", "coversGoods", "recognised"].into_iter().zip(parts(found)) {
            line[name] = super::part(part.1).to_lowercase().into();
        }
        line["left"] = super::left(found).join("; ").into();
    }
    Ok(line)
}

/// What was asked about, for eyes: all of a number or of the name of a file, and of an offline code how it begins.
pub(crate) fn short(named: &str) -> String {
    const MOST: usize = 64;
    if !named.starts_with("GL1:") || named.chars().count() <= MOST {
        return named.to_owned();
    }
    named.chars().take(MOST).chain(['…']).collect()
}

/// What a column or a flag calls a field: `goods.product.model` is `model`.
fn bare(field: &str) -> &str {
    let field = field.split_once("goods.").map_or(field, |(_, field)| field);
    field.strip_prefix("product.").unwrap_or(field)
}

/// Codes of findings that speak for the certificate, or that have no say in the outcome of their part.
const NO_FAULT: [&str; 14] = [
    "signature_valid",
    "logged",
    "active",
    "later_step",
    "contested",
    "contestation_upheld",
    "code_covered",
    "product_matched",
    "quantity_left",
    "serial_written_off",
    "recognised",
    "route",
    "recognised_on_conditions",
    "not_recognised",
];
/// Those that leave a part open, and so do not decide that it is *no*.
const OPEN: [&str; 5] = [
    "code_can_be_covered",
    "code_other_edition",
    "product_not_declared",
    "product_not_comparable",
    "origin_not_comparable",
];

/// The reasons that decide each part that is not a plain yes; what several parts have in common is told once.
fn why(verdict: &Verdict) -> String {
    let mut told: Vec<(Vec<&str>, String)> = Vec::new();
    for (name, part) in parts(verdict) {
        let Some(part) = part else { continue };
        let reasons = match part.outcome() {
            PartOutcome::No | PartOutcome::Undetermined | PartOutcome::YesOnConditions => {
                render::sentences(decisive(part))
            }
            _ => continue,
        };
        match told.iter_mut().find(|(_, known)| *known == reasons) {
            Some((names, _)) => names.push(name),
            None => told.push((vec![name], reasons)),
        }
    }
    let told: Vec<String> = told.iter().map(|(names, reasons)| format!("{}: {reasons}", names.join(", "))).collect();
    render::sentences(told.iter().map(String::as_str))
}

/// The findings that make a part what it is; the first one where none says so itself. One that a newer service has and we
/// do not know may well be it.
fn decisive(part: &VerdictPart) -> Vec<&str> {
    let is_no = part.outcome() == PartOutcome::No;
    let decides = |code: &str| !(NO_FAULT.contains(&code) || is_no && OPEN.contains(&code));
    let decisive: Vec<_> =
        part.findings.iter().filter(|it| decides(&it.code)).map(|finding| finding.message.as_str()).collect();
    if !decisive.is_empty() {
        return decisive;
    }
    part.findings.first().map(|finding| finding.message.as_str()).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use greenlane_api::common::v1::Finding;

    use super::*;

    fn part(outcome: PartOutcome, findings: &[(&str, &str)]) -> Option<VerdictPart> {
        let finding = |(code, message): &(&str, &str)| Finding {
            code: (*code).into(),
            message: (*message).into(),
            ..Finding::default()
        };
        Some(VerdictPart { outcome: outcome.into(), findings: findings.iter().map(finding).collect() })
    }

    const COVERED: (&str, &str) = ("code_covered", "The certificate names this code.");

    #[test]
    fn the_reason_of_a_line_is_what_decided_and_none_that_speaks_for_it() {
        let of = |outcome, findings: &[(&str, &str)]| {
            why(&Verdict { covers_goods: part(outcome, findings), ..Verdict::default() })
        };
        let other = ("product_not_matched", "Another product.");
        let open = ("product_not_declared", "Which, was not declared.");
        assert_eq!(of(PartOutcome::No, &[COVERED, other]), "covers these goods: Another product.");
        assert_eq!(of(PartOutcome::Undetermined, &[COVERED, open]), "covers these goods: Which, was not declared.");
        let no = ("code_not_covered", "Other codes.");
        assert_eq!(of(PartOutcome::No, &[no, open]), "covers these goods: Other codes.");
        assert_eq!(of(PartOutcome::No, &[("new_here", "New."), COVERED]), "covers these goods: New.");
        assert_eq!(of(PartOutcome::No, &[COVERED]), "covers these goods: The certificate names this code.");
        assert_eq!(of(PartOutcome::Yes, &[COVERED]), "");
        let force = [("active", "In force."), ("continued_under_conditions", "Test monthly.")];
        let verdict = Verdict { in_force: part(PartOutcome::YesOnConditions, &force), ..Verdict::default() };
        assert_eq!(why(&verdict), "in force: Test monthly.");
    }

    #[test]
    fn reasons_are_told_apart_whether_they_end_with_a_point_or_not() {
        let findings = [("scheme_unknown", "the catalogue does not know a"), ("x", "It is not b."), ("y", "Nor c.")];
        let verdict = Verdict { recognised: part(PartOutcome::Undetermined, &findings), ..Verdict::default() };
        assert_eq!(why(&verdict), "recognised here: the catalogue does not know a; It is not b. Nor c.");
    }

    #[test]
    fn what_several_parts_have_in_common_is_told_once() {
        let unknown = [("certificate_unknown", "No such certificate.")];
        let verdict = Verdict {
            authentic: part(PartOutcome::No, &unknown),
            in_force: part(PartOutcome::No, &unknown),
            covers_goods: part(PartOutcome::Undetermined, &unknown),
            ..Verdict::default()
        };
        assert_eq!(why(&verdict), "authentic, in force, covers these goods: No such certificate.");
    }
}
