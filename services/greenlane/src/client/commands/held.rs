//! Certificates that a product holds: their facts, or why they open no market whatever it makes of them.

use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::CertificateFacts,
    registry::v1::{
        Certificate, CertificateState, PartOutcome, VerifyRequest,
        verification_service_client::VerificationServiceClient, verify_request::Subject,
    },
};
use tonic::Code;

use super::recognise::facts_of;
use crate::client::Session;

/// A certificate as a plan takes it.
pub(super) enum Held {
    Counts(CertificateFacts),
    /// It opens nothing on the date, and why.
    LeftOut(String),
}

/// What a certificate in the registry says, if it counts for these goods on this date (`YYYY-MM-DD`).
pub(super) async fn held(session: &Session, name: &str, code: &CodeReference, date: &str) -> anyhow::Result<Held> {
    let (certificate, facts) = facts_of(session, name).await?;
    Ok(match worth_nothing(session, &certificate, code, date).await? {
        Some(why) => Held::LeftOut(format!("{} is left out: {why}", certificate.name)),
        None => Held::Counts(facts),
    })
}

/// Why a certificate is worth nothing for these goods on the date: by what it says, or since it is not genuine.
pub(super) async fn worth_nothing(
    session: &Session,
    certificate: &Certificate,
    code: &CodeReference,
    date: &str,
) -> anyhow::Result<Option<String>> {
    match why_not(certificate, code, date) {
        Some(why) => Ok(Some(why)),
        None => not_genuine(session, certificate).await,
    }
}

/// Why a certificate is not genuine: its key was compromised when it was signed, say.
async fn not_genuine(session: &Session, certificate: &Certificate) -> anyhow::Result<Option<String>> {
    let subject = Some(Subject::Certificate(certificate.name.clone()));
    let asked = VerifyRequest { subject, ..Default::default() };
    let answer = match VerificationServiceClient::new(session.registry()?).verify(asked).await {
        Ok(answer) => answer.into_inner(),
        // Who may read certificates need not have leave to verify them.
        Err(status) if status.code() == Code::PermissionDenied => return Ok(None),
        Err(status) => return Err(status.into()),
    };
    let authentic = answer.verdict.unwrap_or_default().authentic.unwrap_or_default();
    let why = || authentic.findings.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>().join(" ");
    Ok((authentic.outcome() == PartOutcome::No).then(|| format!("it is not genuine. {}", why())))
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
