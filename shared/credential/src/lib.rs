//! What bodies and exporters hold in their hands: certificate numbers, signed documents, status lists.
//!
//! A document is a UNTP 0.7.0 Digital Conformity Credential in a W3C Verifiable Credentials 2.0 envelope, secured as a
//! JWT ([VC-JOSE-COSE](https://www.w3.org/TR/vc-jose-cose/)). [`sign_document`] writes one from typed facts,
//! [`Presented`] reads one strictly, [`verify_document`] does both steps of checking it.

mod document;
mod number;
mod offline;
mod sd_jwt;
mod status_list;

pub use document::{
    Accreditation, AssessmentLevel, BuildError, Certificate, CertifiedProduct, Code, ConfidentialField, DidError,
    DocumentError, Facts, Finding, Holder, Issuer, KeyReference, Measurement, NormativeDocument, Presented,
    ProductIdentification, Profile, Quantity, Scheme, Sealed, SerialRange, SignDocumentError, Site, StatusEntry,
    Verified, context_document, did_web, media_type, payload, payload_as, sign_document, sign_document_as,
    sign_document_in_parts, verify_document,
};
pub use number::{CertificateNumber, NumberError, Prefix, Run};
pub use offline::{OFFLINE_PREFIX, OfflineError, from_offline, to_offline};
pub use sd_jwt::{Disclosure, SdJwtError, join as with_disclosures, split as split_disclosures};
pub use status_list::{MIN_ENTRIES, StatusList, StatusListCredential, StatusListError, StatusPurpose};
