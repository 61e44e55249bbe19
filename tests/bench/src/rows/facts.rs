//! The starter catalogue's invented photovoltaic module and its certificate: what every row is about.

use greenlane_api::common::v1::{CodeReference, GoodsDeclaration, ProductIdentification};
use greenlane_api::registry::v1::{
    CertificateContent, CertifiedProduct, Holder, IssueCertificateRequest, NormativeDocument, SchemeReference,
};

/// The issuing body's identifier.
pub(super) const BODY_ID: &str = "aurora-cert";
/// Its resource name.
pub(super) const BODY: &str = "bodies/aurora-cert";
/// Its economy: user-assigned, so no real one.
pub(super) const BODY_ECONOMY: &str = "XA";
/// The market that is asked: it recognises through an arrangement and an equivalence.
pub(super) const DESTINATION: &str = "XC";
/// What was certified.
pub(super) const STANDARDS: &[&str] = &["IEC 61215-1:2021", "IEC 61730-1:2016"];
/// The scheme that it was certified in.
pub(super) const SCHEME: &str = "schemes/aurelian-pv-mark";
/// The level that was reached in it.
pub(super) const LEVEL: &str = "A";

/// Bytes that the registry stores for one of these certificates: the values of all columns of all rows that an issue
/// writes, together. What the document encodes is 3,500 of them; the facts, the log's leaf, audit and search terms are the
/// rest.
pub(super) const STORED: usize = 5_400;
/// Bytes of its document, as it is handed out.
pub(super) const DOCUMENT: usize = 4_650;

/// Photovoltaic modules.
pub(super) fn code() -> CodeReference {
    CodeReference { edition: "HS2022".into(), code: "854143".into() }
}

/// Modules at the border.
pub(super) fn goods() -> GoodsDeclaration {
    GoodsDeclaration {
        code: Some(code()),
        origin: BODY_ECONOMY.into(),
        destination: DESTINATION.into(),
        product: Some(ProductIdentification { model: "EX-450M".into(), ..ProductIdentification::default() }),
        ..GoodsDeclaration::default() // today
    }
}

/// A request to issue: the facts of one certificate, as a body sends them.
pub(super) fn issue(request_id: String) -> IssueCertificateRequest {
    let product = CertifiedProduct {
        name: "EX-450M photovoltaic module".into(),
        identification: goods().product,
        codes: vec![code()],
        models: vec!["EX-440M".into(), "EX-445M".into()],
        ..CertifiedProduct::default()
    };
    let content = CertificateContent {
        holder: Some(Holder {
            name: "Example Solar Ltd".into(),
            address: "1 Example Road, Exampletown".into(),
            economy: BODY_ECONOMY.into(),
            identifier: "https://register.example.org/companies/4711".into(),
        }),
        products: vec![product],
        scheme: Some(SchemeReference { scheme: SCHEME.into(), level: LEVEL.into() }),
        normative_documents: STANDARDS
            .iter()
            .map(|edition| NormativeDocument { edition: (*edition).into(), part: String::new() })
            .collect(),
        granted_on: "2026-01-15".into(),
        valid_from: "2026-01-15".into(),
        valid_until: "2031-01-14".into(),
        authorised_by: "Head of certification".into(),
        scope: "Design qualification and safety of crystalline silicon photovoltaic modules for outdoor use".into(),
        ..CertificateContent::default()
    };
    IssueCertificateRequest { request_id, body: BODY.into(), content: Some(content), ..Default::default() }
}
