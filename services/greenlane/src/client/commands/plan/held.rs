//! Certificates that a product holds: their facts, or why they open no market.

use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::CertificateFacts,
    registry::v1::{Certificate, CertificateState},
};

use crate::client::{Session, commands::recognise::facts_of};

/// A certificate as a plan takes it.
pub(super) enum Held {
    Counts(CertificateFacts),
    /// It opens nothing on the date, and why.
    LeftOut(String),
}

/// What a certificate in the registry says, if it counts for these goods on this date (`YYYY-MM-DD`).
pub(super) async fn held(session: &Session, name: &str, code: &CodeReference, date: &str) -> anyhow::Result<Held> {
    let (certificate, facts) = facts_of(session, name).await?;
    if let Some(why) = why_not(&certificate, code, date) {
        return Ok(Held::LeftOut(format!("{} is left out: {why}", certificate.name)));
    }
    Ok(Held::Counts(facts))
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
