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

/// An answer as a line: its outcome, and why it is not a plain yes. Programs get the verdict too.
pub(crate) fn line(named: &str, result: Option<&VerifyResult>, output: Output) -> anyhow::Result<Value> {
    let Some(found) = verdict_of(result) else {
        let error = result.and_then(|result| match &result.result {
            Some(Answer::Error(error)) => Some(error.clone()),
            _ => None,
        });
        let error = error.unwrap_or_default();
        // The message repeats what is wrong with the fields.
        let fields = error.field_violations.iter().map(|it| format!("{}: {}", it.field, it.description));
        let fields = fields.collect::<Vec<_>>().join("; ");
        let why = if fields.is_empty() { error.message } else { fields };
        return Ok(json!({ "certificate": named, "outcome": "FAULTY", "why": why }));
    };
    let certificate = if found.certificate.is_empty() { named } else { &found.certificate };
    let mut line = json!({ "certificate": certificate, "outcome": outcome(found), "why": why(found) });
    if matches!(output, Output::Json | Output::Yaml) {
        line["verdict"] = render::to_json(found)?;
    } else {
        for (name, part) in ["authentic", "inForce", "coversGoods", "recognised"].into_iter().zip(parts(found)) {
            line[name] = super::part(part.1).to_lowercase().into();
        }
    }
    Ok(line)
}

/// The first reason of each part that is not a plain yes.
fn why(verdict: &Verdict) -> String {
    let open = |part: &&VerdictPart| {
        matches!(part.outcome(), PartOutcome::No | PartOutcome::Undetermined | PartOutcome::YesOnConditions)
    };
    let parts = parts(verdict).into_iter().filter_map(|(name, part)| Some((name, part.filter(|it| open(it))?)));
    let reasons = parts.map(|(name, part)| {
        let reason = part.findings.first().map(|finding| finding.message.as_str()).unwrap_or_default();
        format!("{name}: {reason}")
    });
    reasons.collect::<Vec<_>>().join(" ")
}
