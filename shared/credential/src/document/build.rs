//! From facts to a signed document.

use greenlane_jose::canonical::Node;
use greenlane_jose::compact::{self, NewHeader, Signed};
use greenlane_jose::{SignError, Signer, canonical};
use serde_json::{Value, json};

use super::facts::{Certificate, CertifiedProduct, Facts, Measurement};
use super::iri::{escape, is_uri};
use super::sealed::ConfidentialField;
use super::{CONTEXT_PATH, CONTEXTS, CTY, FACTS_MEMBER, Profile, SD_TYP, TYP, TYPES};
use crate::sd_jwt::{ALGORITHM, SHA_256};

/// The largest payload. In base64, with header and signature, it stays below what readers accept.
const MAX_PAYLOAD_BYTES: usize = 700 * 1024;

/// The longest identifier of an issuer: with a key's after it, it fits the limit of `kid`.
const MAX_DID_BYTES: usize = 400;

/// Why a document cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A text that must be a URI is none.
    #[error("{0} must be an absolute URI")]
    NotUri(&'static str),
    /// The issuer's identifier is not a DID, or too long for a header.
    #[error("issuer.did must be a decentralised identifier of at most {MAX_DID_BYTES} bytes")]
    NotDid,
    /// The status index is larger than JSON numbers carry exactly.
    #[error("the status list index is out of range")]
    StatusIndex,
    /// The document would be larger than readers accept.
    #[error("the document would be larger than {MAX_PAYLOAD_BYTES} bytes")]
    TooLarge,
}

/// Why a document cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignDocumentError {
    /// It cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The signer failed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// The context that defines the extension member, for the registry to serve at `/contexts/certificate-v1.jsonld`.
/// The facts are one JSON literal: they are read as JSON, never as linked data.
pub fn context_document() -> Value {
    json!({"@context": {
        "@protected": true,
        FACTS_MEMBER: {"@id": "urn:greenlane:certificate-facts:v1", "@type": "@json"},
    }})
}

/// Builds a document and signs it with the body's key. The header's `kid` is `<did>#<kid of the signer>`.
pub fn sign_document(certificate: &Certificate, signer: &dyn Signer) -> Result<String, SignDocumentError> {
    sign_document_as(Profile::Untp, certificate, signer)
}

/// As [`sign_document`], in a profile.
pub fn sign_document_as(
    profile: Profile,
    certificate: &Certificate,
    signer: &dyn Signer,
) -> Result<String, SignDocumentError> {
    Ok(signed_as(profile, certificate, signer)?.text)
}

/// As [`sign_document`], with the parts that the document encodes.
pub fn sign_document_in_parts(certificate: &Certificate, signer: &dyn Signer) -> Result<Signed, SignDocumentError> {
    signed_as(Profile::Untp, certificate, signer)
}

fn signed_as(profile: Profile, certificate: &Certificate, signer: &dyn Signer) -> Result<Signed, SignDocumentError> {
    let payload = payload_as(profile, certificate)?;
    let kid = format!("{}#{}", certificate.issuer.did, signer.kid());
    let header = NewHeader { kid: Some(&kid), typ: Some(media_type(certificate)), cty: Some(CTY) };
    Ok(compact::sign_in_parts(signer, header, payload)?)
}

/// The media type of a document, without `application/`: what its header's `typ` says.
pub fn media_type(certificate: &Certificate) -> &'static str {
    if certificate.sealed.is_empty() { TYP } else { SD_TYP }
}

/// The canonical bytes of the credential: what a body that signs with a key of its own signs.
pub fn payload(certificate: &Certificate) -> Result<Vec<u8>, BuildError> {
    payload_as(Profile::Untp, certificate)
}

/// As [`payload`], in a profile.
pub fn payload_as(profile: Profile, certificate: &Certificate) -> Result<Vec<u8>, BuildError> {
    let credential = credential(profile, certificate)?;
    let bytes = credential.to_vec_with_decimals(CAPACITY).expect("numbers were chosen to have a canonical form");
    if bytes.len() > MAX_PAYLOAD_BYTES { Err(BuildError::TooLarge) } else { Ok(bytes) }
}

/// Most payloads are shorter.
const CAPACITY: usize = 6 * 1024;

pub(super) fn credential(profile: Profile, certificate: &Certificate) -> Result<Node<'_>, BuildError> {
    check_uris(certificate)?;
    let Certificate { registry, number, version, issuer, status, facts, sealed } = certificate;
    let id = format!("{registry}/certificates/{}", escape(number));
    let name = format!("Certificate {number}");
    let also_known_as = Node::object([
        ("id", format!("{registry}/{}", escape_path(&issuer.body)).into()),
        ("name", (&issuer.name).into()),
        ("registeredId", issuer.body.strip_prefix("bodies/").unwrap_or(&issuer.body).into()),
        ("type", Node::Texts(&["Party"])),
    ]);
    let issued_by = Node::object([
        ("id", (&issuer.did).into()),
        ("issuerAlsoKnownAs", Node::List(vec![also_known_as])),
        ("name", (&issuer.name).into()),
        ("type", Node::Texts(&["CredentialIssuer"])),
    ]);
    let context = format!("{registry}/{CONTEXT_PATH}");
    let mut stated: Vec<(&str, Node<'_>)> = Vec::with_capacity(5);
    stated.extend([
        ("body", (&issuer.body).into()),
        ("facts", sealed.conceal(facts)),
        ("number", number.into()),
        ("version", (*version).into()),
    ]);
    let mut members: Vec<(&str, Node<'_>)> = Vec::with_capacity(11);
    members.push(("@context", Node::List(vec![CONTEXTS[0].into(), CONTEXTS[1].into(), context.into()])));
    if !sealed.is_empty() {
        members.push((ALGORITHM, SHA_256.into()));
    }
    if let Some(status) = status {
        if status.index > canonical::MAX_INTEGER {
            return Err(BuildError::StatusIndex);
        }
        // UNTP writes the index as a number, W3C as a text.
        let revocation = status_entry("revocation", status.index.to_string().into(), &status.revocation);
        match profile {
            Profile::Untp => {
                let suspension = status_entry("suspension", status.index.into(), &status.suspension);
                members.push(("credentialStatus", suspension));
                stated.push(("status", Node::List(vec![revocation])));
            }
            Profile::W3c => {
                let suspension = status_entry("suspension", status.index.to_string().into(), &status.suspension);
                members.push(("credentialStatus", Node::List(vec![revocation, suspension])));
            }
        }
    }
    members.extend([
        ("credentialSubject", attestation(certificate, &id, &name)),
        (FACTS_MEMBER, Node::Object(stated)),
        ("id", id.into()),
        ("issuer", issued_by),
        ("name", name.into()),
        ("type", Node::Texts(&TYPES)),
        ("validFrom", format!("{}T00:00:00Z", facts.valid_from).into()),
        ("validUntil", format!("{}T23:59:59Z", facts.valid_until).into()),
    ]);
    Ok(Node::Object(members))
}

fn status_entry<'a>(purpose: &'a str, index: Node<'a>, list: &'a str) -> Node<'a> {
    Node::object([
        ("statusListCredential", list.into()),
        ("statusListIndex", index),
        ("statusPurpose", purpose.into()),
        ("type", "BitstringStatusListEntry".into()),
    ])
}

fn check_uris(certificate: &Certificate) -> Result<(), BuildError> {
    let did = &certificate.issuer.did;
    if !did.starts_with("did:") || did.contains('#') || did.len() > MAX_DID_BYTES || !is_uri(did) {
        return Err(BuildError::NotDid);
    }
    let mut uris = vec![("registry", &certificate.registry)];
    if let Some(accreditation) = &certificate.issuer.accreditation {
        uris.push(("issuer.accreditation.authority_id", &accreditation.authority_id));
    }
    if let Some(status) = &certificate.status {
        uris.push(("status.suspension", &status.suspension));
        uris.push(("status.revocation", &status.revocation));
    }
    match uris.into_iter().find(|(_, text)| !is_uri(text)) {
        Some((what, _)) => Err(BuildError::NotUri(what)),
        None => Ok(()),
    }
}

/// The UNTP view of the certificate: what other implementations read.
fn attestation<'a>(certificate: &'a Certificate, id: &str, name: &str) -> Node<'a> {
    let Certificate { registry, issuer, facts, .. } = certificate;
    let level = issuer.accreditation.as_ref().map(|accreditation| accreditation.level).unwrap_or_default();
    let scheme = Node::object([
        ("id", format!("{registry}/{}", escape_path(&facts.scheme.scheme)).into()),
        ("name", (&facts.scheme.scheme).into()),
        ("type", Node::Texts(&["ConformityScheme"])),
    ]);
    let mut attestation: Vec<(&str, Node<'_>)> = Vec::with_capacity(12);
    attestation.extend([
        ("assessmentLevel", level.as_str().into()),
        ("assessorLevel", "3rdParty".into()),
        ("attestationType", "certification".into()),
        ("conformityAssessment", Node::List(vec![assessment(certificate, id, name)])),
        ("description", (&facts.scope).into()),
        ("id", format!("{id}#attestation").into()),
        ("issuedToParty", holder(facts, id)),
        ("name", name.to_owned().into()),
        ("referenceScheme", scheme),
        ("type", Node::Texts(&["ConformityAttestation"])),
    ]);
    if !facts.scheme.level.is_empty() {
        attestation.push(("profileScore", Node::object([("code", (&facts.scheme.level).into())])));
    }
    if let Some(accreditation) = &issuer.accreditation {
        let authority = Node::object([
            ("type", Node::Texts(&["Party"])),
            ("id", (&accreditation.authority_id).into()),
            ("name", (&accreditation.authority_name).into()),
        ]);
        let authorisation = Node::object([("name", (&accreditation.name).into()), ("issuingAuthority", authority)]);
        attestation.push(("authorisation", Node::List(vec![authorisation])));
    }
    Node::Object(attestation)
}

fn holder<'a>(facts: &'a Facts, id: &str) -> Node<'a> {
    let holder = &facts.holder;
    let name = ("name", (&holder.name).into());
    let kind = ("type", Node::Texts(&["Party"]));
    if is_uri(&holder.identifier) {
        return Node::object([("id", (&holder.identifier).into()), name, kind]);
    }
    let id = ("id", format!("{id}#holder").into());
    if holder.identifier.is_empty() {
        return Node::object([id, name, kind]);
    }
    Node::object([id, name, ("registeredId", (&holder.identifier).into()), kind])
}

fn assessment<'a>(certificate: &'a Certificate, id: &str, name: &str) -> Node<'a> {
    let Certificate { registry, facts, sealed, .. } = certificate;
    // What is kept back there does not stand here in the clear.
    let kept_back = sealed.fields.contains(&ConfidentialField::Measurements);
    let measurements = if kept_back { &[] } else { facts.measurements.as_slice() };
    let standards = facts.normative_documents.iter().map(|document| {
        Node::object([
            ("id", format!("{registry}/standards/{}", escape(&document.edition)).into()),
            ("name", (&document.edition).into()),
            ("type", Node::Texts(&["Standard"])),
        ])
    });
    let products = facts.products.iter().enumerate().map(|(index, product)| assessed_product(product, index, id));
    let measured = measurements.iter().enumerate().map(|(index, measurement)| performance(measurement, index, id));
    Node::object([
        ("assessedPerformance", Node::list(measured)),
        ("assessedProduct", Node::list(products)),
        ("assessmentCriteria", Node::List(Vec::new())),
        ("assessmentDate", facts.granted_on.to_string().into()),
        ("conformance", true.into()),
        ("conformityTopic", Node::List(Vec::new())),
        ("id", format!("{id}#assessment").into()),
        ("name", name.to_owned().into()),
        ("referenceStandard", Node::list(standards)),
        ("type", Node::Texts(&["ConformityAssessment"])),
    ])
}

fn assessed_product<'a>(product: &'a CertifiedProduct, index: usize, id: &str) -> Node<'a> {
    let identification = &product.identification;
    let mut described: Vec<(&str, Node<'_>)> = vec![
        ("type", Node::Texts(&["Product"])),
        ("id", product_id(product).unwrap_or_else(|| format!("{id}#product-{}", index + 1)).into()),
        ("name", (&product.name).into()),
    ];
    let members = [
        ("modelNumber", &identification.model),
        ("batchNumber", &identification.batch),
        ("itemNumber", &identification.serial),
    ];
    described.extend(members.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, text.into())));
    Node::object([("product", Node::Object(described)), ("idVerifiedByCAB", true.into())])
}

/// A product with a GTIN as a GS1 Digital Link.
fn product_id(product: &CertifiedProduct) -> Option<String> {
    let identification = &product.identification;
    if identification.gtin.is_empty() {
        return None;
    }
    let mut link = format!("https://id.gs1.org/01/{:0>14}", escape(&identification.gtin));
    for (key, text) in [("10", &identification.batch), ("21", &identification.serial)] {
        if !text.is_empty() {
            link.push_str(&format!("/{key}/{}", escape(text)));
        }
    }
    Some(link)
}

fn performance<'a>(measurement: &'a Measurement, index: usize, id: &str) -> Node<'a> {
    let metric_id: Node<'_> = match is_uri(&measurement.metric) {
        true => (&measurement.metric).into(),
        false => format!("{id}#metric-{}", index + 1).into(),
    };
    let metric = Node::object([
        ("type", Node::Texts(&["PerformanceMetric"])),
        ("id", metric_id),
        ("name", (&measurement.metric).into()),
    ]);
    let mut performance: Vec<(&str, Node<'_>)> = vec![("metric", metric)];
    // UNTP wants a number. One that has no plain JSON form stays out here; the facts have it exactly.
    if let Some(value) = number(&measurement.value.amount) {
        let unit = (&measurement.value.unit).into();
        performance.push(("measure", Node::object([("value", Node::Value(value)), ("unit", unit)])));
    }
    Node::Object(performance)
}

fn number(amount: &str) -> Option<Value> {
    let value: Value = match amount.parse::<i64>() {
        Ok(integer) => integer.into(),
        Err(_) => amount.parse::<f64>().ok().filter(|value| value.is_finite())?.into(),
    };
    canonical::to_vec_with_decimals(&value).ok().map(|_| value)
}

/// A resource name as a path: each segment escaped.
fn escape_path(name: &str) -> String {
    name.split('/').map(escape).collect::<Vec<_>>().join("/")
}
