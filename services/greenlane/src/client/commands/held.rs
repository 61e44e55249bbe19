//! Certificates that a product holds: their facts, or why they open no market whatever it makes of them.

use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::CertificateFacts,
    registry::v1::{
        BatchVerifyRequest, Certificate, CertificateState, PartOutcome, VerifyRequest, VerifyResult,
        verify_request::Subject, verify_result::Result as Answer,
    },
};
use tonic::{Code, Status};

use super::recognise::facts_of;
use crate::client::{Session, render::sentences};

/// How many a service verifies together.
const TOGETHER: usize = 1_000;

/// A certificate as a plan takes it.
pub(super) enum Held {
    Counts(CertificateFacts),
    /// It opens nothing on the date, and why.
    LeftOut(String),
}

/// Certificates in the registry with what each says, if it counts for these goods on this date (`YYYY-MM-DD`).
pub(super) async fn held(
    session: &Session,
    names: &[String],
    code: &CodeReference,
    date: &str,
) -> anyhow::Result<Vec<(Certificate, Held)>> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        found.push(facts_of(session, name).await?);
    }
    let certificates: Vec<&Certificate> = found.iter().map(|(certificate, _)| certificate).collect();
    let why = worth_nothing(session, &certificates, code, date).await?;
    let held = found.into_iter().zip(why).map(|((certificate, facts), why)| {
        let held = match why {
            Some(why) => Held::LeftOut(format!("{} is left out: {why}", certificate.name)),
            None => Held::Counts(facts),
        };
        (certificate, held)
    });
    Ok(held.collect())
}

/// Why each certificate is worth nothing for these goods on the date: by what it says, or by what the registry's verdict
/// says of it. None where it is not so.
pub(super) async fn worth_nothing(
    session: &Session,
    certificates: &[&Certificate],
    code: &CodeReference,
    date: &str,
) -> anyhow::Result<Vec<Option<String>>> {
    let mut why: Vec<_> = certificates.iter().map(|certificate| why_not(certificate, code, date)).collect();
    let open: Vec<usize> = (0..why.len()).filter(|at| why[*at].is_none()).collect();
    for open in open.chunks(TOGETHER) {
        let names: Vec<&str> = open.iter().map(|at| certificates[*at].name.as_str()).collect();
        for (at, reason) in open.iter().zip(refused(session, &names, date).await?) {
            why[*at] = reason;
        }
    }
    Ok(why)
}

/// Why verdicts say no to certificates on the date: their keys were compromised when they were signed, say, or the panel of
/// a dispute has put them without effect. All are asked about at once.
async fn refused(session: &Session, names: &[&str], date: &str) -> anyhow::Result<Vec<Option<String>>> {
    let ask = |name: &&str| VerifyRequest {
        subject: Some(Subject::Certificate((*name).to_owned())),
        date: date.to_owned(),
        ..Default::default()
    };
    let asked = BatchVerifyRequest { requests: names.iter().map(ask).collect(), consistency: None };
    let answer = match session.batches()?.batch_verify(asked).await {
        Ok(answer) => answer.into_inner(),
        // Who may read certificates need not have leave to verify them.
        Err(status) if status.code() == Code::PermissionDenied => return Ok(vec![None; names.len()]),
        Err(status) => return Err(status.into()),
    };
    answer.results.into_iter().map(denied).collect()
}

fn denied(result: VerifyResult) -> anyhow::Result<Option<String>> {
    let verdict = match result.result {
        Some(Answer::Response(answer)) => answer.verdict.unwrap_or_default(),
        // A date that is none is told where recognition is asked.
        Some(Answer::Error(error)) if error.code == Code::InvalidArgument as i32 => return Ok(None),
        Some(Answer::Error(error)) => return Err(Status::new(Code::from_i32(error.code), error.message).into()),
        None => return Err(Status::internal("the service gave no answer").into()),
    };
    let parts = [("it is not genuine", verdict.authentic), ("it is not in force", verdict.in_force)];
    let told = parts.into_iter().find_map(|(what, part)| {
        let part = part.filter(|part| part.outcome() == PartOutcome::No)?;
        Some(format!("{what}. {}", sentences(part.findings.iter().map(|finding| finding.message.as_str()))))
    });
    Ok(told)
}

/// Why a certificate opens no market for these goods on the date. Dates of one form compare as texts.
pub(super) fn why_not(certificate: &Certificate, code: &CodeReference, date: &str) -> Option<String> {
    let ended = match certificate.state() {
        CertificateState::Suspended => "it is suspended",
        CertificateState::Withdrawn => "the body has withdrawn it",
        CertificateState::Terminated => "it was ended at the holder's wish",
        CertificateState::Annulled => "it is void",
        CertificateState::Superseded => "another has taken its place",
        // These come with the date, which need not be today.
        CertificateState::Active
        | CertificateState::Expired
        | CertificateState::NotYetValid
        | CertificateState::Unspecified => "",
    };
    if !ended.is_empty() {
        return Some(ended.to_owned());
    }
    let content = certificate.content.as_ref()?;
    let from = if content.valid_from.is_empty() { &content.granted_on } else { &content.valid_from };
    if date < from.as_str() {
        return Some(format!("it is valid from {from} only"));
    }
    if date > content.valid_until.as_str() {
        return Some(format!("it is valid until {} only", content.valid_until));
    }
    let codes = || content.products.iter().flat_map(|product| &product.codes);
    let same_edition = |certified: &&CodeReference| certified.edition == code.edition;
    // Of codes in another edition only the services know how they lie to this one.
    let other = codes().next().is_some()
        && codes().all(|certified| same_edition(&certified))
        && !codes().any(|certified| code.code.starts_with(&certified.code));
    other.then(|| format!("it names other goods than {} {}", code.edition, code.code))
}
