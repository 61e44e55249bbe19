//! Reading disputes and steps.

use greenlane_api::equivalence::v1 as pb;
use greenlane_curation::{Contract as _, wire as shared};
use greenlane_platform::clock::Clock;
use greenlane_platform::violations::Violations;
use prost::Message as _;

use crate::api::changes::ChangesApi;
use crate::api::question;
use crate::app::disputes::Challenge;
use crate::domain::Question;
use crate::domain::change::Change;
use crate::domain::dispute::{Evidence, Matter, Member, Subject};

/// The most pieces of evidence of a statement.
const MAX_EVIDENCE: usize = 100;
/// The most fields of expertise of a member.
const MAX_EXPERTISE: usize = 20;
/// The most changes that an outcome is applied by.
const MAX_CHANGES: usize = 1_000;

pub(super) fn name(v: &mut Violations, field: &str, raw: &str) -> Option<String> {
    let [id] = v.resource_name::<1>(field, raw, "disputes/{dispute}")?;
    Some(format!("disputes/{id}"))
}

pub(super) fn matter(v: &mut Violations, raw: i32) -> Option<Matter> {
    match pb::DisputeMatter::try_from(raw) {
        Ok(pb::DisputeMatter::InterimEffect) => Some(Matter::Interim),
        Ok(pb::DisputeMatter::Outcome) => Some(Matter::Outcome),
        Ok(pb::DisputeMatter::Unspecified) => v.required("matter", None),
        Err(_) => {
            v.add("matter", "is not known");
            None
        }
    }
}

pub(super) fn challenge(v: &mut Violations, raw: Option<pb::Dispute>, clock: &Clock) -> Option<Challenge> {
    let mut v = v.scope("dispute");
    let raw = v.required("", raw)?;
    let subject = subject(&mut v, raw.subject, clock);
    let grounds = shared::text(&mut v, "grounds", &raw.grounds, true);
    let evidence = evidence(&mut v, "evidence", raw.evidence, 1);
    let fast_track_reason = shared::text(&mut v, "fast_track_reason", &raw.fast_track_reason, false);
    let interim_effect_reason = shared::text(&mut v, "interim_effect_reason", &raw.interim_effect_reason, false);
    let (subject, question) = subject?;
    Some(Challenge {
        subject,
        question,
        grounds: grounds?,
        evidence: evidence?,
        fast_track_reason: fast_track_reason?,
        interim_effect_reason: interim_effect_reason?,
    })
}

fn subject(v: &mut Violations, raw: Option<pb::DisputeSubject>, clock: &Clock) -> Option<(Subject, Option<Question>)> {
    use pb::dispute_subject::Subject as Raw;
    let mut v = v.scope("subject");
    let raw = v.required("", raw.and_then(|it| it.subject))?;
    match raw {
        Raw::Body(name) => Some((Subject::Body(body(&mut v, "body", &name)?), None)),
        Raw::Designation(name) => {
            let [id] = v.resource_name::<1>("designation", &name, "designations/{designation}")?;
            Some((Subject::Designation(format!("designations/{id}")), None))
        }
        Raw::Certificate(raw) => {
            let mut v = v.scope("certificate");
            let certificate = v.text("certificate", &raw.certificate, 1..=200);
            let body = body(&mut v, "body", &raw.body);
            let body_economy = v.economy("body_economy", &raw.body_economy);
            let body_economy = body_economy?.into_string();
            Some((Subject::Certificate { certificate: certificate?, body: body?, body_economy }, None))
        }
        Raw::Decision(raw) => {
            let mut v = v.scope("decision");
            let id = v.text("decision_id", &raw.decision_id, 1..=100);
            let dated = raw.question.as_ref().is_none_or(|question| !question.date.is_empty());
            v.check("question.date", dated, "is required");
            v.check("revision", raw.revision > 0, "is required");
            let encoded = raw.question.as_ref().map(|question| question.encode_to_vec()).unwrap_or_default();
            let question = question::question(&mut v.scope("question"), raw.question, clock)?;
            let (revision, classification_revision) = (raw.revision, raw.classification_revision);
            Some((Subject::Decision { id: id?, question: encoded, revision, classification_revision }, Some(question)))
        }
    }
}

fn body(v: &mut Violations, field: &str, raw: &str) -> Option<String> {
    let [id] = v.resource_name::<1>(field, raw, "bodies/{body}")?;
    Some(format!("bodies/{id}"))
}

/// A body or an economy; empty for any.
pub(super) fn respondent(v: &mut Violations, raw: &str) -> Option<String> {
    match raw {
        "" => Some(String::new()),
        _ if raw.starts_with("bodies/") => body(v, "respondent", raw),
        _ => question::economy(v, "respondent", raw).map(|it| it.as_str().to_owned()),
    }
}

pub(super) fn evidence(
    v: &mut Violations,
    field: &str,
    raw: Vec<pb::DisputeEvidence>,
    least: usize,
) -> Option<Vec<Evidence>> {
    let number = raw.len();
    if !v.check(field, (least..=MAX_EVIDENCE).contains(&number), format!("must be {least} to {MAX_EVIDENCE}")) {
        return None;
    }
    let mut all = Vec::with_capacity(number);
    for (index, raw) in raw.into_iter().enumerate() {
        let mut v = v.scope(format!("{field}[{index}]"));
        let hexadecimal =
            raw.sha256.len() == 64 && raw.sha256.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let hashed = v.check("sha256", hexadecimal, "must be 64 hexadecimal digits, lower case");
        let uri = v.text("uri", &raw.uri, 1..=2_000);
        let web = raw.uri.starts_with("https://");
        let web = v.check("uri", web || raw.uri.is_empty(), "must begin with https://");
        let text = v.text("text", &raw.text, 1..=2_000);
        if let (true, true, Some(uri), Some(text)) = (hashed, web, uri, text) {
            all.push(Evidence { sha256: raw.sha256, uri, text });
        }
    }
    (all.len() == number).then_some(all)
}

pub(super) fn members(v: &mut Violations, raw: Vec<pb::DisputePanelMember>) -> Option<Vec<Member>> {
    let number = raw.len();
    if !v.check("members", matches!(number, 3 | 5 | 7 | 9), "must be three, five, seven or nine") {
        return None;
    }
    let mut all = Vec::with_capacity(number);
    for (index, raw) in raw.into_iter().enumerate() {
        let mut v = v.scope(format!("members[{index}]"));
        let subject = v.text("subject", &raw.subject, 1..=500);
        let display_name = v.text("display_name", &raw.display_name, 1..=200);
        let economy = v.seat("economy", &raw.economy);
        let of_body = if raw.body.is_empty() { Some(None) } else { body(&mut v, "body", &raw.body).map(Some) };
        let fits = (1..=MAX_EXPERTISE).contains(&raw.expertise.len());
        v.check("expertise", fits, format!("must be 1 to {MAX_EXPERTISE}"));
        let mut expertise = Vec::new();
        for (index, text) in raw.expertise.iter().take(MAX_EXPERTISE).enumerate() {
            expertise.extend(v.text(&format!("expertise[{index}]"), text, 1..=200));
        }
        if let (Some(subject), Some(display_name), Some(economy), Some(body)) =
            (subject, display_name, economy, of_body)
        {
            all.push(Member { subject, display_name, economy: economy.into_string(), body, expertise });
        }
    }
    (all.len() == number).then_some(all)
}

pub(super) fn changes(v: &mut Violations, raw: &[pb::Change]) -> Option<Vec<Change>> {
    if !v.check("changes", raw.len() <= MAX_CHANGES, format!("at most {MAX_CHANGES}")) {
        return None;
    }
    let mut parse = ChangesApi::parser();
    let mut all = Vec::with_capacity(raw.len());
    for (index, raw) in raw.iter().enumerate() {
        all.extend(parse(v, &format!("changes[{index}]"), raw));
    }
    (all.len() == raw.len()).then_some(all)
}
