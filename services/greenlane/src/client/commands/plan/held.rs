//! Certificates that a product holds: their facts, or why they open no market.

use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{CertificateFacts, CertifiedScheme},
    registry::v1::{
        Certificate, CertificateState, GetBodyRequest, GetCertificateRequest, body_service_client::BodyServiceClient,
        certificate_service_client::CertificateServiceClient,
    },
};

use crate::client::Session;

/// A certificate as a plan takes it.
pub(super) enum Held {
    Counts(CertificateFacts),
    /// It opens nothing on the date, and why.
    LeftOut(String),
}

/// What a certificate in the registry says, if it counts for these goods on this date (`YYYY-MM-DD`).
pub(super) async fn held(session: &Session, name: &str, code: &CodeReference, date: &str) -> anyhow::Result<Held> {
    let name = if name.contains('/') { name.to_owned() } else { format!("certificates/{name}") };
    let request = GetCertificateRequest { name, ..Default::default() };
    let mut registry = CertificateServiceClient::new(session.registry()?);
    let certificate = registry.get_certificate(request).await?.into_inner().certificate.unwrap_or_default();
    if let Some(why) = why_not(&certificate, code, date) {
        return Ok(Held::LeftOut(format!("{} is left out: {why}", certificate.name)));
    }
    let body = GetBodyRequest { name: certificate.body.clone(), ..Default::default() };
    let body = BodyServiceClient::new(session.registry()?).get_body(body).await?.into_inner().body;
    let content = certificate.content.unwrap_or_default();
    let scheme = content.scheme.map(|it| CertifiedScheme { scheme: it.scheme, level: it.level });
    Ok(Held::Counts(CertificateFacts {
        schemes: scheme.into_iter().collect(),
        standard_editions: content.normative_documents.into_iter().map(|it| it.edition).collect(),
        body: certificate.body,
        body_economy: body.unwrap_or_default().economy,
        granted_on: content.granted_on,
        ..Default::default()
    }))
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
