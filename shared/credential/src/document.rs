//! Certificates as signed documents.

mod build;
mod facts;
mod iri;
mod members;
mod read;
mod sealed;
mod verify;

pub use build::{
    BuildError, SignDocumentError, context_document, media_type, payload, payload_as, sign_document, sign_document_as,
    sign_document_in_parts,
};
pub use facts::{
    Accreditation, AssessmentLevel, Certificate, CertifiedProduct, Code, Facts, Holder, Issuer, Measurement,
    NormativeDocument, ProductIdentification, Quantity, Scheme, SerialRange, Site, StatusEntry,
};
pub use iri::{DidError, did_web};
pub use read::{DocumentError, KeyReference, Presented};
pub use sealed::{ConfidentialField, Sealed};
pub use verify::{Finding, Verified, verify_document};

/// In whose words a document names its places in status lists. UNTP 0.7.0 has room for one entry, with the index as a
/// number; W3C's Bitstring Status List writes the index as a text, and takes several entries. All else is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The document that is issued, and that the log names.
    #[default]
    Untp,
    /// The same facts for readers that know W3C's form only.
    W3c,
}

/// The media type in the header's `typ`, without `application/`.
pub(crate) const TYP: &str = "vc+jwt";

/// The same of a document that keeps fields back (VC-JOSE-COSE, SD-JWT).
const SD_TYP: &str = "vc+sd-jwt";

/// The media type in the header's `cty`, without `application/`.
pub(crate) const CTY: &str = "vc";

/// The contexts that UNTP 0.7.0 fixes, in this order.
pub(crate) const CONTEXTS: [&str; 2] =
    ["https://www.w3.org/ns/credentials/v2", "https://vocabulary.uncefact.org/untp/0.7.0/context/"];

/// The types that UNTP 0.7.0 asks for.
const TYPES: [&str; 2] = ["DigitalConformityCredential", "VerifiableCredential"];

/// The member that carries the exact facts, defined by a context of our own.
const FACTS_MEMBER: &str = "greenlaneCertificate";

/// Where the context that defines [`FACTS_MEMBER`] is served, under the registry's address.
const CONTEXT_PATH: &str = "contexts/certificate-v1.jsonld";

#[cfg(test)]
pub(crate) mod tests;
