//! From facts to a signed document.

use greenlane_jose::compact::{self, NewHeader};
use greenlane_jose::{SignError, Signer, canonical};
use serde_json::{Map, Value, json};

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
    let payload = payload_as(profile, certificate)?;
    let kid = format!("{}#{}", certificate.issuer.did, signer.kid());
    let header = NewHeader { kid: Some(&kid), typ: Some(media_type(certificate)), cty: Some(CTY) };
    Ok(compact::sign(signer, header, &payload)?)
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
    let bytes = canonical::to_vec_with_decimals(&credential).expect("numbers were chosen to have a canonical form");
    if bytes.len() > MAX_PAYLOAD_BYTES { Err(BuildError::TooLarge) } else { Ok(bytes) }
}

fn credential(profile: Profile, certificate: &Certificate) -> Result<Value, BuildError> {
    check_uris(certificate)?;
    let Certificate { registry, number, version, issuer, status, facts, sealed } = certificate;
    let id = format!("{registry}/certificates/{}", escape(number));
    let name = format!("Certificate {number}");
    let mut credential = json!({
        "@context": [CONTEXTS[0], CONTEXTS[1], format!("{registry}/{CONTEXT_PATH}")],
        "type": TYPES,
        "id": id,
        "name": name,
        "issuer": {
            "type": ["CredentialIssuer"],
            "id": issuer.did,
            "name": issuer.name,
            "issuerAlsoKnownAs": [{
                "type": ["Party"],
                "id": format!("{registry}/{}", escape_path(&issuer.body)),
                "name": issuer.name,
                "registeredId": issuer.body.strip_prefix("bodies/").unwrap_or(&issuer.body),
            }],
        },
        "validFrom": format!("{}T00:00:00Z", facts.valid_from),
        "validUntil": format!("{}T23:59:59Z", facts.valid_until),
        "credentialSubject": attestation(certificate, &id, &name),
        FACTS_MEMBER: {
            "number": number,
            "version": version,
            "body": issuer.body,
            "facts": sealed.conceal(facts),
        },
    });
    if !sealed.is_empty() {
        credential[ALGORITHM] = SHA_256.into();
    }
    if let Some(status) = status {
        if status.index > canonical::MAX_INTEGER {
            return Err(BuildError::StatusIndex);
        }
        // UNTP writes the index as a number, W3C as a text.
        let revocation = status_entry("revocation", status.index.to_string().into(), &status.revocation);
        match profile {
            Profile::Untp => {
                credential["credentialStatus"] = status_entry("suspension", status.index.into(), &status.suspension);
                credential[FACTS_MEMBER]["status"] = json!([revocation]);
            }
            Profile::W3c => {
                let suspension = status_entry("suspension", status.index.to_string().into(), &status.suspension);
                credential["credentialStatus"] = json!([revocation, suspension]);
            }
        }
    }
    Ok(credential)
}

fn status_entry(purpose: &str, index: Value, list: &str) -> Value {
    json!({
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": index,
        "statusListCredential": list,
    })
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
fn attestation(certificate: &Certificate, id: &str, name: &str) -> Value {
    let Certificate { registry, issuer, facts, .. } = certificate;
    let level = issuer.accreditation.as_ref().map(|accreditation| accreditation.level).unwrap_or_default();
    let mut attestation = json!({
        "type": ["ConformityAttestation"],
        "id": format!("{id}#attestation"),
        "name": name,
        "description": facts.scope,
        "assessorLevel": "3rdParty",
        "assessmentLevel": level.as_str(),
        "attestationType": "certification",
        "issuedToParty": holder(facts, id),
        "referenceScheme": {
            "type": ["ConformityScheme"],
            "id": format!("{registry}/{}", escape_path(&facts.scheme.scheme)),
            "name": facts.scheme.scheme,
        },
        "conformityAssessment": [assessment(certificate, id, name)],
    });
    if !facts.scheme.level.is_empty() {
        attestation["profileScore"] = json!({"code": facts.scheme.level});
    }
    if let Some(accreditation) = &issuer.accreditation {
        attestation["authorisation"] = json!([{
            "name": accreditation.name,
            "issuingAuthority": {
                "type": ["Party"],
                "id": accreditation.authority_id,
                "name": accreditation.authority_name,
            },
        }]);
    }
    attestation
}

fn holder(facts: &Facts, id: &str) -> Value {
    let holder = &facts.holder;
    let mut party = json!({"type": ["Party"], "name": holder.name});
    if is_uri(&holder.identifier) {
        party["id"] = holder.identifier.as_str().into();
    } else {
        party["id"] = format!("{id}#holder").into();
        if !holder.identifier.is_empty() {
            party["registeredId"] = holder.identifier.as_str().into();
        }
    }
    party
}

fn assessment(certificate: &Certificate, id: &str, name: &str) -> Value {
    let Certificate { registry, facts, sealed, .. } = certificate;
    // What is kept back there does not stand here in the clear.
    let kept_back = sealed.fields.contains(&ConfidentialField::Measurements);
    let measurements = if kept_back { &[] } else { facts.measurements.as_slice() };
    let standards: Vec<Value> = facts
        .normative_documents
        .iter()
        .map(|document| {
            json!({
                "type": ["Standard"],
                "id": format!("{registry}/standards/{}", escape(&document.edition)),
                "name": document.edition,
            })
        })
        .collect();
    let products = facts.products.iter().enumerate();
    json!({
        "type": ["ConformityAssessment"],
        "id": format!("{id}#assessment"),
        "name": name,
        "assessmentDate": facts.granted_on.to_string(),
        "assessmentCriteria": [],
        "conformityTopic": [],
        "referenceStandard": standards,
        "assessedProduct": products.map(|(index, product)| assessed_product(product, index, id)).collect::<Vec<_>>(),
        "assessedPerformance": measurements.iter().enumerate().map(|(index, measurement)| {
            performance(measurement, index, id)
        }).collect::<Vec<_>>(),
        "conformance": true,
    })
}

fn assessed_product(product: &CertifiedProduct, index: usize, id: &str) -> Value {
    let identification = &product.identification;
    let mut described = json!({
        "type": ["Product"],
        "id": product_id(product).unwrap_or_else(|| format!("{id}#product-{}", index + 1)),
        "name": product.name,
    });
    let members = [
        ("modelNumber", &identification.model),
        ("batchNumber", &identification.batch),
        ("itemNumber", &identification.serial),
    ];
    for (name, text) in members {
        if !text.is_empty() {
            described[name] = text.as_str().into();
        }
    }
    json!({"product": described, "idVerifiedByCAB": true})
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

fn performance(measurement: &Measurement, index: usize, id: &str) -> Value {
    let metric_id =
        if is_uri(&measurement.metric) { measurement.metric.clone() } else { format!("{id}#metric-{}", index + 1) };
    let mut performance = Map::new();
    performance.insert(
        "metric".to_owned(),
        json!({"type": ["PerformanceMetric"], "id": metric_id, "name": measurement.metric}),
    );
    // UNTP wants a number. One that has no plain JSON form stays out here; the facts have it exactly.
    if let Some(value) = number(&measurement.value.amount) {
        performance.insert("measure".to_owned(), json!({"value": value, "unit": measurement.value.unit}));
    }
    Value::Object(performance)
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
