//! From a presented document back to facts. What is read is not to be believed before its signature is verified.

use greenlane_jose::compact::{self, Compact, CompactError, Limits};
use greenlane_jose::{Algorithm, BadSignature, PublicKey, json};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::facts::{Accreditation, AssessmentLevel, Certificate, Facts, Issuer, StatusEntry};
use super::sealed::Sealed;
use super::{CONTEXTS, CTY, FACTS_MEMBER, Profile, SD_TYP, TYP, TYPES, build};
use crate::sd_jwt::{self, ALGORITHM, Disclosure, SdJwtError};

/// Why a text is not a document that could be verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not a strict compact JWS.
    #[error("not a signed document: {0}")]
    Compact(#[from] CompactError),
    /// A header or payload member is missing, of the wrong type, or not what the profile asks for.
    #[error("member {0:?} is missing or not as the profile asks")]
    Member(&'static str),
    /// A member that has no place in this profile.
    #[error("member {0:?} has no place in this document")]
    Forbidden(&'static str),
    /// The signature is not by the key that it was to be verified with.
    #[error("the signature is not by the key that it names")]
    Signature,
    /// The key that signed is named as another party's than the issuer.
    #[error("the key is not the issuer's")]
    ForeignKey,
    /// The exact facts are malformed.
    #[error("the facts are malformed: {0}")]
    Facts(String),
    /// What other implementations read differs from the exact facts.
    #[error("the document contradicts itself at {0}")]
    Contradiction(String),
    /// What is disclosed with it does not belong to it.
    #[error(transparent)]
    Disclosures(#[from] SdJwtError),
}

/// A key as a document names it: a DID URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReference {
    /// The issuer's identifier.
    pub did: String,
    /// The key among the issuer's: what follows the `#`.
    pub key: String,
}

/// A presented document, read but not verified.
#[derive(Clone, Debug)]
pub struct Presented<'a> {
    compact: Compact<'a>,
    key: KeyReference,
    profile: Profile,
    certificate: Certificate,
    disclosures: Vec<Disclosure>,
}

/// JWT claims that would say something beside the credential; validity is in `validFrom` and `validUntil` alone.
const FORBIDDEN_CLAIMS: [&str; 4] = ["vc", "vp", "exp", "nbf"];

/// JWT claims that may stand beside the credential, and the part of it that each must repeat. VC-JOSE-COSE recommends
/// that they do not conflict; others may well read issuer and number there.
const REPEATED_CLAIMS: [(&str, &str); 3] = [("iss", "/issuer/id"), ("jti", "/id"), ("sub", "/credentialSubject/id")];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FactsMember {
    number: String,
    version: u32,
    body: String,
    facts: Facts,
    /// The status entries that `credentialStatus` has no room for.
    #[serde(default)]
    status: Vec<Value>,
}

impl<'a> Presented<'a> {
    /// Reads a document, with the disclosures that are presented with it. Signature apart, everything is checked here:
    /// the JWS, the header (`typ` vc+jwt, or vc+sd-jwt when it keeps fields back, `cty` vc, a `kid` that is a DID URL of
    /// the issuer), the envelope, the facts, and that the parts which other implementations read say the same as the
    /// facts.
    pub fn read(text: &'a str) -> Result<Self, DocumentError> {
        // People paste documents with a newline at the end.
        let (document, disclosures) = sd_jwt::split(text.trim_ascii())?;
        let compact = compact::parse_strict(document.as_bytes(), &Limits::DOCUMENT)?;
        let typ = if compact.claims.contains_key(ALGORITHM) { SD_TYP } else { TYP };
        if compact.header.typ.as_deref() != Some(typ) {
            return Err(DocumentError::Member("typ"));
        }
        if compact.header.cty.as_deref().is_some_and(|cty| cty != CTY) {
            return Err(DocumentError::Member("cty"));
        }
        let key = match compact.header.kid.split_once('#') {
            Some((did, key)) if did.starts_with("did:") && !key.is_empty() => {
                KeyReference { did: did.to_owned(), key: key.to_owned() }
            }
            _ => return Err(DocumentError::Member("kid")),
        };
        if let Some(name) = FORBIDDEN_CLAIMS.into_iter().find(|name| compact.claims.contains_key(*name)) {
            return Err(DocumentError::Forbidden(name));
        }
        let mut disclosed = compact.claims.clone();
        sd_jwt::reveal(&mut disclosed, &disclosures)?;
        let certificate = read_certificate(&disclosed, sealed(&compact.claims, &disclosures)?)?;
        if certificate.issuer.did != key.did {
            return Err(DocumentError::ForeignKey);
        }
        // Of a document without places in status lists both profiles are the same.
        let profile = if compact.claims.get("credentialStatus").is_some_and(Value::is_array) {
            Profile::W3c
        } else {
            Profile::Untp
        };
        check_consistency(profile, &certificate, &compact.claims)?;
        Ok(Self { compact, key, profile, certificate, disclosures })
    }

    /// The key that is said to have signed.
    pub fn key(&self) -> &KeyReference {
        &self.key
    }

    /// The algorithm of its signature.
    pub fn algorithm(&self) -> Algorithm {
        self.compact.header.alg
    }

    /// In whose words it names its places in status lists.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The bytes that are signed as its payload.
    pub fn payload(&self) -> &[u8] {
        &self.compact.payload
    }

    /// What the document states.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What was presented with it of what it keeps back.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// Verifies the signature with the key that [`key`](Self::key) names, as the caller trusts it.
    pub fn verify(&self, key: &PublicKey) -> Result<(), BadSignature> {
        self.compact.verify(key)
    }

    /// What the document states, owned.
    pub fn into_certificate(self) -> Certificate {
        self.certificate
    }
}

/// What the facts keep back.
fn sealed(claims: &Map<String, Value>, disclosures: &[Disclosure]) -> Result<Sealed, DocumentError> {
    let facts = claims.get(FACTS_MEMBER).and_then(|member| member.get("facts")).and_then(Value::as_object);
    let facts = facts.ok_or(DocumentError::Member(FACTS_MEMBER))?;
    Sealed::of(facts, disclosures).ok_or(DocumentError::Disclosures(SdJwtError::Digests))
}

fn read_certificate(claims: &Map<String, Value>, sealed: Sealed) -> Result<Certificate, DocumentError> {
    check_context(claims)?;
    let types = array(claims, "type")?;
    if !TYPES.iter().all(|name| types.iter().any(|item| item == name)) {
        return Err(DocumentError::Member("type"));
    }
    let member = claims.get(FACTS_MEMBER).cloned().ok_or(DocumentError::Member(FACTS_MEMBER))?;
    let member: FactsMember =
        serde_json::from_value(member).map_err(|error| DocumentError::Facts(short(&error.to_string())))?;
    let id = text(claims, "id")?;
    let suffix = format!("/certificates/{}", super::iri::escape(&member.number));
    let registry = id.strip_suffix(&suffix).ok_or(DocumentError::Member("id"))?;
    let issuer = object(claims, "issuer")?;
    Ok(Certificate {
        registry: registry.to_owned(),
        number: member.number,
        version: member.version,
        issuer: Issuer {
            did: text(issuer, "id")?.to_owned(),
            name: text(issuer, "name")?.to_owned(),
            body: member.body,
            accreditation: accreditation(object(claims, "credentialSubject")?)?,
        },
        status: status(claims, &member.status)?,
        facts: member.facts,
        sealed,
    })
}

fn check_context(claims: &Map<String, Value>) -> Result<(), DocumentError> {
    let context = array(claims, "@context")?;
    let fixed =
        context.len() >= CONTEXTS.len() && CONTEXTS.iter().zip(context).all(|(expected, item)| item == expected);
    if fixed { Ok(()) } else { Err(DocumentError::Member("@context")) }
}

fn accreditation(subject: &Map<String, Value>) -> Result<Option<Accreditation>, DocumentError> {
    let Some(listed) = subject.get("authorisation") else { return Ok(None) };
    let wrong = || DocumentError::Member("authorisation");
    let [Value::Object(endorsement)] = listed.as_array().ok_or_else(wrong)?.as_slice() else { return Err(wrong()) };
    let authority = object(endorsement, "issuingAuthority")?;
    let level = text(subject, "assessmentLevel")?;
    let level = AssessmentLevel::ALL.into_iter().find(|known| known.as_str() == level);
    Ok(Some(Accreditation {
        name: text(endorsement, "name")?.to_owned(),
        authority_id: text(authority, "id")?.to_owned(),
        authority_name: text(authority, "name")?.to_owned(),
        level: level.ok_or(DocumentError::Member("assessmentLevel"))?,
    }))
}

/// The status entries: the one that UNTP has room for and the one beside the facts, or both where W3C has them.
fn status(claims: &Map<String, Value>, others: &[Value]) -> Result<Option<StatusEntry>, DocumentError> {
    let wrong = || DocumentError::Member("credentialStatus");
    if !claims.contains_key("credentialStatus") {
        return if others.is_empty() { Ok(None) } else { Err(wrong()) };
    }
    let (entry, other) = match (&claims["credentialStatus"], others) {
        (Value::Object(entry), [Value::Object(other)]) => (entry, other),
        (Value::Array(both), []) => {
            let [Value::Object(other), Value::Object(entry)] = both.as_slice() else { return Err(wrong()) };
            (entry, other)
        }
        _ => return Err(wrong()),
    };
    let index = status_index(entry)?;
    if status_index(other)? != index {
        return Err(DocumentError::Member("statusListIndex"));
    }
    let list = |entry| text(entry, "statusListCredential").map(str::to_owned);
    Ok(Some(StatusEntry { index, suspension: list(entry)?, revocation: list(other)? }))
}

/// UNTP writes the index as an integer; W3C's own profile as a string of digits: both are read.
fn status_index(entry: &Map<String, Value>) -> Result<u64, DocumentError> {
    let wrong = DocumentError::Member("statusListIndex");
    match entry.get("statusListIndex") {
        Some(Value::Number(number)) => number.as_u64().ok_or(wrong),
        Some(Value::String(digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map_err(|_| wrong)
        }
        _ => Err(wrong),
    }
}

/// Builds the credential anew from what was read and finds the first member that differs. Members that we do not write
/// (a render method, say) may stand beside; those that we write must be equal.
fn check_consistency(
    profile: Profile,
    certificate: &Certificate,
    claims: &Map<String, Value>,
) -> Result<(), DocumentError> {
    let rebuilt = build::payload_as(profile, certificate).map_err(|error| DocumentError::Facts(error.to_string()))?;
    let rebuilt = json::parse(&rebuilt, Limits::DOCUMENT.max_depth).expect("what was just written is strict JSON");
    let repeated = REPEATED_CLAIMS.into_iter().filter_map(|(name, path)| Some((name, path, claims.get(name)?)));
    for (name, path, claim) in repeated {
        if rebuilt.pointer(path) != Some(claim) {
            return Err(DocumentError::Contradiction(format!("/{name}")));
        }
    }
    match difference(&rebuilt, &Value::Object(claims.clone())) {
        None => Ok(()),
        Some(path) => Err(DocumentError::Contradiction(path)),
    }
}

/// Where `actual` lacks or changes something of `expected`.
fn difference(expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => expected.iter().find_map(|(name, value)| {
            let Some(other) = actual.get(name) else { return Some(format!("/{name}")) };
            if name == "statusListIndex" && (other.is_string() || other.is_number()) {
                // Either representation: that the index is the same was seen when it was read.
                return None;
            }
            difference(value, other).map(|path| format!("/{name}{path}"))
        }),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => expected
            .iter()
            .zip(actual)
            .enumerate()
            .find_map(|(index, (value, other))| difference(value, other).map(|path| format!("/{index}{path}"))),
        (expected, actual) if expected == actual => None,
        _ => Some(String::new()),
    }
}

/// The beginning of an error's text, which may repeat what the sender wrote.
fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

fn text<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, DocumentError> {
    members.get(name).and_then(Value::as_str).ok_or(DocumentError::Member(name))
}

fn array<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a Vec<Value>, DocumentError> {
    members.get(name).and_then(Value::as_array).ok_or(DocumentError::Member(name))
}

fn object<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a Map<String, Value>, DocumentError> {
    members.get(name).and_then(Value::as_object).ok_or(DocumentError::Member(name))
}
