//! A verification as a page for the customs file: the question, the verdict with its four parts and their reasons, what
//! it was computed from, and the proof, which anybody can check later without the registry.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use greenlane_api::{
    common::v1::{Finding, GoodsDeclaration},
    registry::v1::{
        LogProof, PartOutcome, ProofBundle, Verdict, VerdictOutcome, VerdictPart, VerifyRequest, VerifyResponse,
        verify_request::Subject,
    },
};

use crate::client::{
    html::{escape, page},
    render::label,
    verdict,
};

const STYLE: &str = "\
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1b1b;background:#fff}\
h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}\
table{border-collapse:collapse;width:100%}\
th,td{border:1px solid #c8c8c8;padding:.35rem .6rem;text-align:left;vertical-align:top}\
th{width:13rem;background:#f6f6f6;font-weight:600}\
.verdict{font-size:1.25rem;font-weight:700;padding:.6rem .8rem;margin:.8rem 0;border-left:.5rem solid}\
.yes{background:#e3f4e3;border-color:#2c7a3d}.conditions{background:#fdf5d8;border-color:#b07d00}\
.no{background:#fbe3e0;border-color:#a8201a}.open{background:#ececec;border-color:#777}\
ul{margin:0;padding-left:1.1rem}code{font:.85rem/1.3 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}\
.code{color:#666;font-size:.85rem}details{margin:.4rem 0}\
@media print{body{margin:0;max-width:none}details>*{display:block}.verdict,td,th{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

/// When and by whom it was asked.
pub(super) struct Asked<'a> {
    pub(super) at: DateTime<Utc>,
    /// The registry's address, or whose bundle it was.
    pub(super) of: &'a str,
}

/// The page.
pub(super) fn html(request: &VerifyRequest, answer: &VerifyResponse, asked: &Asked<'_>) -> String {
    let verdict = answer.verdict.clone().unwrap_or_default();
    let mut body = String::from("<h1>Verification report</h1>\n");
    let at = asked.at.to_rfc3339_opts(SecondsFormat::Secs, true);
    // Writing to a text cannot fail.
    let _ = writeln!(body, "<p>Made on {at} with greenlane {}.</p>", env!("CARGO_PKG_VERSION"));
    let class = match verdict.outcome() {
        VerdictOutcome::Accepted => "yes",
        VerdictOutcome::AcceptedOnConditions => "conditions",
        VerdictOutcome::Refused => "no",
        VerdictOutcome::Undetermined | VerdictOutcome::Unspecified => "open",
    };
    let _ = writeln!(body, "<p class=\"verdict {class}\">{}</p>", escape(verdict::outcome(&verdict)));
    rows(&mut body, "What was asked", &question(request, asked));
    parts(&mut body, &verdict);
    rows(&mut body, "The certificate", &certificate(&verdict));
    rows(&mut body, "What the verdict was computed from", &basis(answer, &verdict));
    proof(&mut body, answer.proof.as_ref());
    if !answer.statement.is_empty() {
        block(&mut body, "Signed statement of the verdict", &answer.statement);
    }
    page(&format!("Verification report: {}", verdict.certificate), STYLE, &body)
}

type Row = (&'static str, String);

fn rows(body: &mut String, title: &str, rows: &[Row]) {
    let _ = writeln!(body, "<h2>{title}</h2>\n<table>");
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(body, "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", escape(value));
    }
    body.push_str("</table>\n");
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
        ("GTIN", product.gtin),
        ("Model", product.model),
        ("Batch", product.batch),
        ("Serial number", product.serial),
    ]
}

/// The four parts, each with its reasons.
fn parts(body: &mut String, verdict: &Verdict) {
    body.push_str("<h2>The four parts</h2>\n<table>\n");
    for (name, part) in verdict::parts(verdict) {
        let class = match part.map_or(PartOutcome::Unspecified, VerdictPart::outcome) {
            PartOutcome::Yes => "yes",
            PartOutcome::YesOnConditions => "conditions",
            PartOutcome::No => "no",
            _ => "open",
        };
        let reasons = part.map(|part| part.findings.as_slice()).unwrap_or_default();
        let _ = writeln!(
            body,
            "<tr><th scope=\"row\">{name}</th><td class=\"{class}\">{}</td><td>{}</td></tr>",
            escape(verdict::part(part)),
            list(reasons)
        );
    }
    body.push_str("</table>\n");
}

fn list(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let parameters: Vec<_> = finding.parameters.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let parameters = if parameters.is_empty() { String::new() } else { format!(": {}", parameters.join(", ")) };
        let _ = write!(
            text,
            "<li>{} <span class=\"code\">({}{})</span></li>",
            escape(&finding.message),
            escape(&finding.code),
            escape(&parameters)
        );
    }
    if text.is_empty() { text } else { format!("<ul>{text}</ul>") }
}

fn certificate(verdict: &Verdict) -> Vec<Row> {
    let version = if verdict.version == 0 { String::new() } else { verdict.version.to_string() };
    vec![
        ("Certificate", verdict.certificate.clone()),
        ("Issued by", verdict.body.clone()),
        ("State on the date", label(verdict.state().as_str_name()).unwrap_or_default().to_owned()),
        ("Version judged", version),
        ("Date judged", verdict.date.clone()),
    ]
}

fn basis(answer: &VerifyResponse, verdict: &Verdict) -> Vec<Row> {
    let revisions = verdict.revisions.unwrap_or_default();
    let freshness = verdict.freshness.unwrap_or_default();
    let signed = freshness.checkpoint_time.and_then(|at| DateTime::from_timestamp(at.seconds, 0));
    let age = freshness.equivalence_age.map(|age| format!("{} seconds", age.seconds)).unwrap_or_default();
    vec![
        ("Registry revision", answer.revision.to_string()),
        ("Equivalence revision", revisions.equivalence.to_string()),
        ("Classification revision", revisions.classification.to_string()),
        ("Checkpoint signed", signed.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()),
        ("Age of the recognition", age),
        ("Decision", verdict.decision_id.clone()),
        ("Recognition decision", verdict.recognition_decision_id.clone()),
    ]
}

/// The signed document, and for each entry of the log its way to the signed root.
fn proof(body: &mut String, proof: Option<&ProofBundle>) {
    body.push_str("<h2>Proof</h2>\n");
    let Some(proof) = proof else {
        body.push_str("<p>None: the certificate is not known, or it was verified offline.</p>\n");
        return;
    };
    block(body, "Signed document", &proof.document);
    let named = [
        ("Entry of the version that was judged", &proof.version_proof),
        ("Entry of the signing key", &proof.key_proof),
    ];
    for (title, entry) in named {
        if let Some(entry) = entry {
            block(body, title, &logged(entry));
        }
    }
    for (index, entry) in proof.event_proofs.iter().enumerate() {
        block(body, &format!("Entry of a later event ({})", index + 1), &logged(entry));
    }
}

fn logged(proof: &LogProof) -> String {
    let mut text = format!("index {} in a tree of {}\n", proof.index, proof.tree_size);
    let _ = writeln!(text, "entry {}", String::from_utf8_lossy(&proof.leaf));
    for hash in &proof.hashes {
        let _ = writeln!(text, "hash {}", hex::encode(hash));
    }
    text + &proof.checkpoint
}

fn block(body: &mut String, title: &str, text: &str) {
    let _ = writeln!(
        body,
        "<details><summary>{}</summary><pre><code>{}</code></pre></details>",
        escape(title),
        escape(text)
    );
}
