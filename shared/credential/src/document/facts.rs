//! What a certificate's document states, as types. Texts are taken as they are: the service's domain has checked them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::sealed::Sealed;

/// Everything that goes into a document. The same value always gives the same payload bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Address of the registry without a trailing slash: `https://registry.example.org`. Identifiers are built on it.
    pub registry: String,
    /// The certificate number in its canonical form.
    pub number: String,
    /// Which version of the certificate: 1 as granted.
    pub version: u32,
    /// The body that states it.
    pub issuer: Issuer,
    /// Where the status is published, if it is.
    pub status: Option<StatusEntry>,
    /// What the body states about the products; of a document that was read, as far as it is disclosed.
    pub facts: Facts,
    /// What the document keeps back of it.
    pub sealed: Sealed,
}

/// The certification body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Its decentralised identifier: `did:web:…`. The key that signs is `<did>#<key>`.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Its resource name: `bodies/{body}`.
    pub body: String,
    /// Who accredited it for this scope, if that is to be stated.
    pub accreditation: Option<Accreditation>,
}

/// An accreditation of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accreditation {
    /// What it was accredited for: `ISO/IEC 17065, PV modules`.
    pub name: String,
    /// Address that identifies the accreditation body.
    pub authority_id: String,
    /// Name of the accreditation body.
    pub authority_name: String,
    /// What stands behind it.
    pub level: AssessmentLevel,
}

/// What stands behind an assessment (UNTP `assessmentLevel`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssessmentLevel {
    /// Nobody else vouches for it.
    #[default]
    NoEndorsement,
    /// The scheme's owner approved the body.
    SchemeCab,
    /// An authority of the economy approved it by a benchmark of its own.
    AuthorityBenchmark,
    /// An accreditation under a global recognition arrangement (ILAC, IAF).
    AuthorityGlobalMra,
    /// Peer assessment among authorities.
    AuthorityPeer,
}

impl AssessmentLevel {
    /// Every level.
    pub const ALL: [Self; 5] =
        [Self::NoEndorsement, Self::SchemeCab, Self::AuthorityBenchmark, Self::AuthorityGlobalMra, Self::AuthorityPeer];

    /// The term of the UNTP vocabulary.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEndorsement => "no-endorsement",
            Self::SchemeCab => "scheme-cab",
            Self::AuthorityBenchmark => "authority-benchmark",
            Self::AuthorityGlobalMra => "authority-globalmra",
            Self::AuthorityPeer => "authority-peer",
        }
    }
}

/// Where a document's status is published: at one index of two Bitstring Status Lists.
///
/// UNTP has room for one entry in `credentialStatus`. It names the list of purpose `suspension`, whose bit is set for as
/// long as the document must not be accepted, for good or for now: so a reader of that one entry misses nothing. The
/// other entry stands beside the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusEntry {
    /// Index of the bit in both lists.
    pub index: u64,
    /// Address of the list of purpose `suspension`.
    pub suspension: String,
    /// Address of the list of purpose `revocation`.
    pub revocation: String,
}

/// What the body states about the products: the documentation that ISO/IEC 17065 clause 7.7 asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// Who it was granted to.
    pub holder: Holder,
    /// The certified products, at least one.
    pub products: Vec<CertifiedProduct>,
    /// The scheme, and the level reached in it.
    pub scheme: Scheme,
    /// The normative documents that the products conform to.
    pub normative_documents: Vec<NormativeDocument>,
    /// The day it was granted.
    pub granted_on: NaiveDate,
    /// First day of validity.
    pub valid_from: NaiveDate,
    /// Last day of validity.
    pub valid_until: NaiveDate,
    /// Who authorised it.
    pub authorised_by: String,
    /// The scope in words.
    pub scope: String,
    /// Where the products are made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Site>,
    /// The body's own number, if any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body_reference: String,
    /// Conditions and limits stated on the certificate.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remarks: String,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measurements: Vec<Measurement>,
}

/// Who a certificate was granted to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Holder {
    /// Registered name.
    pub name: String,
    /// Postal address in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// ISO 3166-1 alpha-2.
    pub economy: String,
    /// Identifier in a public register, as a URI.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub identifier: String,
}

/// One certified product, or one set of items of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertifiedProduct {
    /// Trade name.
    pub name: String,
    /// What tells it from others.
    pub identification: ProductIdentification,
    /// The goods that it may be declared as.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<Code>,
    /// The serial numbers covered, if not all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial_ranges: Vec<SerialRange>,
    /// How much is covered, if limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Economy of origin, if limited to one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// Further models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
}

/// What tells one product from another. Empty texts are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProductIdentification {
    /// GS1 Global Trade Item Number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub gtin: String,
    /// Model or type.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Batch or lot.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub batch: String,
    /// Serial number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub serial: String,
}

/// A commodity code in an edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Code {
    /// `HS2022`, for example.
    pub edition: String,
    /// Without separators.
    pub code: String,
}

/// A run of serial numbers, both ends covered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SerialRange {
    /// First.
    pub first: String,
    /// Last.
    pub last: String,
}

/// An amount with its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quantity {
    /// A decimal number: digits, at most one point.
    pub amount: String,
    /// Unit code of UN/ECE Recommendation 20.
    pub unit: String,
}

/// Something measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Measurement {
    /// What was measured, in words or as a URI.
    pub metric: String,
    /// The value.
    pub value: Quantity,
    /// The normative document that says how.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub method: String,
}

/// A place where products are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Site {
    /// Name.
    pub name: String,
    /// Postal address in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// ISO 3166-1 alpha-2.
    pub economy: String,
}

/// Scheme and level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scheme {
    /// `schemes/{scheme}`.
    pub scheme: String,
    /// The level, if the scheme has levels.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub level: String,
}

/// A normative document in one edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NormativeDocument {
    /// `IEC 61215-1:2021`, for example.
    pub edition: String,
    /// Clauses or parts, if not the whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
}
