//! A verification for the customs file: the question, the verdict with its four parts and their reasons, what it was
//! computed from, and the proof, which anybody can check later without the registry. As a page of HTML, or as PDF.

mod html;
mod pdf;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use greenlane_api::{
    common::v1::{Finding, GoodsDeclaration},
    registry::v1::{
        LogProof, PartOutcome, ProofBundle, Verdict, VerdictOutcome, VerdictPart, VerifyRequest, VerifyResponse,
        verify_request::Subject,
    },
};

pub(super) use self::{html::html, pdf::pdf};
use crate::client::{
    render::{label, several},
    verdict,
};

/// When and by whom it was asked.
pub(super) struct Asked<'a> {
    pub(super) at: DateTime<Utc>,
    /// The registry's address, or whose bundle it was.
    pub(super) of: &'a str,
}

/// How something came out, as far as it has a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Yes,
    Conditions,
    No,
    Open,
}

type Row = (&'static str, String);

/// One of the four parts, with its reasons: each in words, and its code with the parameters.
struct Part {
    name: &'static str,
    class: Class,
    word: &'static str,
    reasons: Vec<(String, String)>,
}

/// What stands in a report, whatever it is written as.
pub(super) struct Report {
    certificate: String,
    made: String,
    outcome: (&'static str, Class),
    question: Vec<Row>,
    parts: Vec<Part>,
    certified: Vec<Row>,
    basis: Vec<Row>,
    /// What proves it: what each piece is, and the piece.
    proof: Vec<(String, String)>,
    /// The signed statement of the verdict, if one was asked for.
    statement: String,
}

impl Report {
    /// Of an answer to a question.
    pub(super) fn new(request: &VerifyRequest, answer: &VerifyResponse, asked: &Asked<'_>) -> Self {
        let verdict = answer.verdict.clone().unwrap_or_default();
        let class = match verdict.outcome() {
            VerdictOutcome::Accepted => Class::Yes,
            VerdictOutcome::AcceptedOnConditions => Class::Conditions,
            VerdictOutcome::Refused => Class::No,
            VerdictOutcome::Undetermined | VerdictOutcome::Unspecified => Class::Open,
        };
        let at = asked.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self {
            made: format!("Made on {at} with greenlane {}.", env!("CARGO_PKG_VERSION")),
            outcome: (verdict::outcome(&verdict), class),
            question: told(question(request, asked)),
            parts: verdict::parts(&verdict).into_iter().map(|(name, part)| Part::new(name, part)).collect(),
            certified: told(certificate(&verdict, asked)),
            basis: told(basis(answer, &verdict)),
            proof: proof(answer.proof.as_ref()),
            statement: answer.statement.clone(),
            certificate: verdict.certificate,
        }
    }

    fn title(&self) -> String {
        format!("Verification report: {}", self.certificate)
    }
}

impl Part {
    fn new(name: &'static str, part: Option<&VerdictPart>) -> Self {
        let class = match part.map_or(PartOutcome::Unspecified, VerdictPart::outcome) {
            PartOutcome::Yes => Class::Yes,
            PartOutcome::YesOnConditions => Class::Conditions,
            PartOutcome::No => Class::No,
            _ => Class::Open,
        };
        let findings = part.map(|part| part.findings.as_slice()).unwrap_or_default();
        Self { name, class, word: verdict::part(part), reasons: findings.iter().map(reason).collect() }
    }
}

fn reason(finding: &Finding) -> (String, String) {
    let parameters: Vec<_> = finding.parameters.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let parameters = if parameters.is_empty() { String::new() } else { format!(": {}", parameters.join(", ")) };
    (finding.message.clone(), format!("{}{parameters}", finding.code))
}

/// The rows that say something.
fn told(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn question(request: &VerifyRequest, asked: &Asked<'_>) -> Vec<Row> {
    let presented = match &request.subject {
        Some(Subject::Certificate(number)) => ("Certificate", number.clone()),
        Some(Subject::QrText(text)) => ("Text of the QR code", text.clone()),
        Some(Subject::Document(_)) => ("Certificate", "the presented document".to_owned()),
        None => ("Certificate", String::new()),
    };
    let mut rows = vec![("Answered by", asked.of.to_owned()), presented];
    match &request.goods {
        Some(goods) => rows.extend(declared(goods)),
        None => rows.push(("Goods", "not declared: only the certificate was asked about".to_owned())),
    }
    rows
}

fn declared(goods: &GoodsDeclaration) -> Vec<Row> {
    let code = goods.code.clone().unwrap_or_default();
    let product = goods.product.clone().unwrap_or_default();
    vec![
        ("Commodity code", format!("{} {}", code.edition, code.code)),
        ("Origin", goods.origin.clone()),
        ("Destination", goods.destination.clone()),
        ("Date declared", goods.date.clone()),
        ("Placed on the market", goods.placed_on_market_on.clone()),
        ("Manufactured", goods.manufactured_on.clone()),
        ("GTIN", product.gtin),
        ("Model", product.model),
        ("Batch", product.batch),
        ("Serial number", product.serial),
    ]
}

fn certificate(verdict: &Verdict, asked: &Asked<'_>) -> Vec<Row> {
    let version = if verdict.version == 0 { String::new() } else { verdict.version.to_string() };
    vec![
        ("Certificate", verdict.certificate.clone()),
        ("Issued by", verdict.body.clone()),
        ("State on the date", label(verdict.state().as_str_name()).unwrap_or_default().to_owned()),
        ("Version judged", version),
        ("Date judged", verdict::ahead(&verdict.date, asked.at.date_naive()).unwrap_or_else(|| verdict.date.clone())),
    ]
}

fn basis(answer: &VerifyResponse, verdict: &Verdict) -> Vec<Row> {
    let revisions = verdict.revisions.unwrap_or_default();
    let freshness = verdict.freshness.unwrap_or_default();
    let signed = freshness.checkpoint_time.and_then(|at| DateTime::from_timestamp(at.seconds, 0));
    // A service that had no part in it has no revision.
    let asked = |revision: u64| if revision == 0 { String::new() } else { revision.to_string() };
    let age = freshness
        .equivalence_age
        .map(|age| several(u64::try_from(age.seconds).unwrap_or_default(), "second"))
        .unwrap_or_default();
    vec![
        ("Registry revision", answer.revision.to_string()),
        ("Equivalence revision", asked(revisions.equivalence)),
        ("Classification revision", asked(revisions.classification)),
        ("Checkpoint signed", signed.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()),
        ("Age of the recognition", age),
        ("Decision", verdict.decision_id.clone()),
        ("Recognition decision", verdict.recognition_decision_id.clone()),
    ]
}

/// The signed document, and for each entry of the log its way to the signed root.
fn proof(proof: Option<&ProofBundle>) -> Vec<(String, String)> {
    let Some(proof) = proof else { return Vec::new() };
    let mut pieces = vec![("Signed document".to_owned(), proof.document.clone())];
    let named = [
        ("Entry of the version that was judged", &proof.version_proof),
        ("Entry of the signing key", &proof.key_proof),
    ];
    pieces.extend(named.into_iter().filter_map(|(title, entry)| Some((title.to_owned(), logged(entry.as_ref()?)))));
    let later = proof.event_proofs.iter().enumerate();
    pieces.extend(later.map(|(index, entry)| (format!("Entry of a later event ({})", index + 1), logged(entry))));
    pieces
}

fn logged(proof: &LogProof) -> String {
    let mut text = format!("index {} in a tree of {}\n", proof.index, proof.tree_size);
    let _ = writeln!(text, "entry {}", String::from_utf8_lossy(&proof.leaf));
    for hash in &proof.hashes {
        let _ = writeln!(text, "hash {}", hex::encode(hash));
    }
    text + &proof.checkpoint
}
