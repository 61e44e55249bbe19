//! A verdict, for eyes.

pub(crate) mod line;

use chrono::NaiveDate;
use comfy_table::Cell;
use greenlane_api::{
    common::v1::{Finding, Revisions},
    registry::v1::{PartOutcome, Verdict, VerdictOutcome, VerdictPart, VerifyResponse},
};
use greenlane_platform::clock::Clock;

use super::{
    exit::with_flags,
    render::{bare_table, colour, stacked_sentences, tidy},
};

/// One word for an outcome.
pub(crate) fn outcome(verdict: &Verdict) -> &'static str {
    match verdict.outcome() {
        VerdictOutcome::Accepted => "ACCEPTED",
        VerdictOutcome::AcceptedOnConditions => "ACCEPTED ON CONDITIONS",
        VerdictOutcome::Refused => "REFUSED",
        VerdictOutcome::Undetermined | VerdictOutcome::Unspecified => "UNDETERMINED",
    }
}

/// One word for a part.
pub(crate) fn part(part: Option<&VerdictPart>) -> &'static str {
    match part.map_or(PartOutcome::Unspecified, VerdictPart::outcome) {
        PartOutcome::Yes => "yes",
        PartOutcome::YesOnConditions => "on conditions",
        PartOutcome::No => "NO",
        PartOutcome::Undetermined => "undetermined",
        PartOutcome::NotAsked | PartOutcome::Unspecified => "not asked",
        PartOutcome::NotApplicable => "nothing demanded",
    }
}

/// The four parts with their names, in order.
pub(crate) fn parts(verdict: &Verdict) -> [(&'static str, Option<&VerdictPart>); 4] {
    [
        ("authentic", verdict.authentic.as_ref()),
        ("in force", verdict.in_force.as_ref()),
        ("covers these goods", verdict.covers_goods.as_ref()),
        ("recognised here", verdict.recognised.as_ref()),
    ]
}

/// The revisions of the services that had a part in it.
fn asked(revisions: &Revisions) -> String {
    let revisions = [
        ("registry", revisions.registry),
        ("equivalence", revisions.equivalence),
        ("classification", revisions.classification),
    ];
    let asked = revisions.into_iter().filter(|(_, revision)| *revision > 0);
    asked.map(|(service, revision)| format!("{service} {revision}")).collect::<Vec<_>>().join(", ")
}

/// What is left of the certified quantity of each product that may be meant: `40 of 100 C62 of Example module`.
pub(crate) fn left(verdict: &Verdict) -> Vec<String> {
    let findings = verdict.covers_goods.iter().flat_map(|part| &part.findings);
    findings.filter(|finding| finding.code == "quantity_left").map(quantity_left).collect()
}

fn quantity_left(finding: &Finding) -> String {
    let of = |key: &str| finding.parameters.get(key).map(String::as_str).unwrap_or_default();
    format!("{} of {} {} of {}", of("left"), of("certified"), of("unit"), of("product"))
}

/// A reason, with the numbers that it speaks of, and the flags by which a question says what it lacks.
fn told(finding: &Finding) -> String {
    match finding.code.as_str() {
        "quantity_left" => format!("Not written off: {}.", quantity_left(finding)),
        "product_not_declared" => by_flags(&finding.message, "--model, --gtin, --batch, --serial"),
        "destination_not_in_bundle" => by_flags(&finding.message, "--pack"),
        "nearest_miss" => with_flags(&finding.message),
        _ => finding.message.clone(),
    }
}

/// A sentence with the flags that it speaks of, before its point.
fn by_flags(sentence: &str, flags: &str) -> String {
    match sentence.strip_suffix('.') {
        Some(bare) => format!("{bare} ({flags})."),
        None => format!("{sentence} ({flags})"),
    }
}

/// The verdict as a table: the outcome, then each part with its reasons. `named` is what was asked about.
pub(crate) fn table(verdict: &Verdict, named: &str) -> String {
    let mut table = bare_table();
    table.add_row([
        Cell::new("VERDICT"),
        colour::cell(outcome(verdict)),
        Cell::new(if verdict.certificate.is_empty() { named } else { &verdict.certificate }),
    ]);
    for (name, value) in parts(verdict) {
        let reasons: Vec<_> = value.map(|part| part.findings.iter().map(told).collect()).unwrap_or_default();
        table.add_row([Cell::new(name), colour::cell(part(value)), Cell::new(stacked_sentences(&reasons))]);
    }
    // Of today it goes without saying.
    if verdict.date != Clock::system().today().to_string() {
        table.add_row(["on the date".to_owned(), String::new(), verdict.date.clone()]);
    }
    if let Some(revisions) = &verdict.revisions {
        table.add_row(["at revisions".to_owned(), String::new(), asked(revisions)]);
    }
    table.add_row(["decision".to_owned(), String::new(), verdict.decision_id.clone()]);
    tidy(&mut table)
}

/// What is to be said of a verdict of a day that is still to come: nothing in it tells, as whoever asks again at the same
/// revision is given the same.
pub(crate) fn ahead(date: &str, today: NaiveDate) -> Option<String> {
    // As texts they are in the order of the days.
    (*date > *today.to_string()).then(|| format!("{date} lies ahead: the verdict is of what is known by now"))
}

/// An older registry passes over the day that is asked about without goods, and judges the day that it is: what it says then
/// is no answer.
pub(crate) fn of_the_day(asked: &str, answer: &VerifyResponse) -> Result<(), String> {
    let judged = answer.verdict.as_ref().map(|verdict| verdict.date.as_str()).unwrap_or_default();
    if asked.is_empty() || judged == asked {
        return Ok(());
    }
    Err(format!(
        "the registry judged the day {judged} and not {asked}: its version does not know --date without goods; name the goods \
         too, or have it brought up to date"
    ))
}
