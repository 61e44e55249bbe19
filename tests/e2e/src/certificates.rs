//! A body with a key, and certificates for it.

use greenlane_api::{
    common::v1::{CodeReference, GoodsDeclaration, ProductIdentification},
    registry::v1::{
        Body, BodyRole, CertificateContent, CertificateReason, CertifiedProduct, CreateBodyKeyRequest,
        CreateBodyRequest, Holder, IssueCertificateRequest, IssueCertificateResponse, KeyAlgorithm, NormativeDocument,
        SchemeReference, Verdict, VerdictPart, VerifyRequest, WithdrawCertificateRequest, WithdrawCertificateResponse,
        body_service_client::BodyServiceClient, certificate_service_client::CertificateServiceClient,
        create_body_key_request::Source, verification_service_client::VerificationServiceClient,
        verify_request::Subject,
    },
};
use greenlane_platform::client::Client;
use tonic::Status;

/// Registers a certification body with a key that the registry holds for it; returns its name.
///
/// # Errors
/// What the registry answers.
pub async fn register_body(registry: Client, id: &str) -> Result<String, Status> {
    let mut bodies = BodyServiceClient::new(registry);
    let body = Body {
        display_name: format!("Example body {id}"),
        economy: "XA".to_owned(),
        roles: vec![BodyRole::CertificationBody.into()],
        website: "https://example.org".to_owned(),
        ..Body::default()
    };
    let request = CreateBodyRequest {
        request_id: format!("create-{id}"),
        body_id: id.to_owned(),
        body: Some(body),
        validate_only: false,
    };
    let name = bodies.create_body(request).await?.into_inner().body.map(|body| body.name).unwrap_or_default();
    let request = CreateBodyKeyRequest {
        request_id: format!("key-{id}"),
        body: name.clone(),
        source: Some(Source::Generate(KeyAlgorithm::Eddsa.into())),
        ..Default::default()
    };
    bodies.create_body_key(request).await?;
    Ok(name)
}

/// The facts of a certificate for a photovoltaic module, made up.
pub fn pv_module(model: &str) -> CertificateContent {
    CertificateContent {
        holder: Some(Holder {
            name: "Example Solar Ltd".to_owned(),
            address: "1 Example Street, Exampletown".to_owned(),
            economy: "XA".to_owned(),
            ..Holder::default()
        }),
        products: vec![CertifiedProduct {
            name: "Photovoltaic module".to_owned(),
            identification: Some(ProductIdentification { model: model.to_owned(), ..Default::default() }),
            codes: vec![CodeReference { edition: "HS2022".to_owned(), code: "854143".to_owned() }],
            ..CertifiedProduct::default()
        }],
        scheme: Some(SchemeReference { scheme: "schemes/example-pv".to_owned(), level: String::new() }),
        normative_documents: vec![NormativeDocument { edition: "IEC 61215-1:2021".to_owned(), part: String::new() }],
        granted_on: "2026-01-15".to_owned(),
        valid_until: "2031-01-14".to_owned(),
        authorised_by: "Head of certification".to_owned(),
        scope: "Design qualification and type approval of photovoltaic modules".to_owned(),
        ..CertificateContent::default()
    }
}

/// Issues one certificate.
///
/// # Errors
/// What the registry answers.
pub async fn issue(
    registry: Client,
    body: &str,
    request_id: &str,
    content: CertificateContent,
) -> Result<IssueCertificateResponse, Status> {
    let request = IssueCertificateRequest {
        request_id: request_id.to_owned(),
        body: body.to_owned(),
        content: Some(content),
        ..Default::default()
    };
    CertificateServiceClient::new(registry).issue_certificate(request).await.map(tonic::Response::into_inner)
}

/// The body of the starter catalogue's story.
pub const AURORA: &str = "aurora-cert";

/// A module that the story's market `XB` recognises when [`AURORA`] certified it.
pub fn recognised_module(model: &str) -> CertificateContent {
    let document = |edition: &str| NormativeDocument { edition: edition.to_owned(), part: String::new() };
    CertificateContent {
        scheme: Some(SchemeReference { scheme: "schemes/aurelian-pv-mark".to_owned(), level: "A".to_owned() }),
        normative_documents: vec![document("IEC 61215-1:2021"), document("IEC 61730-1:2016")],
        ..pv_module(model)
    }
}

/// Modules `EX-1` from `XA`, declared today.
pub fn goods(edition: &str, code: &str, destination: &str) -> GoodsDeclaration {
    GoodsDeclaration {
        code: Some(CodeReference { edition: edition.to_owned(), code: code.to_owned() }),
        origin: "XA".to_owned(),
        destination: destination.to_owned(),
        product: Some(ProductIdentification { model: "EX-1".to_owned(), ..Default::default() }),
        ..GoodsDeclaration::default()
    }
}

/// The question about a certificate by its name, and goods.
pub fn question(name: &str, goods: Option<GoodsDeclaration>) -> VerifyRequest {
    VerifyRequest { subject: Some(Subject::Certificate(name.to_owned())), goods, ..VerifyRequest::default() }
}

/// Verifies.
///
/// # Errors
/// What the registry answers.
pub async fn verify(registry: Client, request: VerifyRequest) -> Result<Verdict, Status> {
    let answer = VerificationServiceClient::new(registry).verify(request).await?.into_inner();
    Ok(answer.verdict.unwrap_or_default())
}

/// The codes of a part's findings.
pub fn codes(part: Option<&VerdictPart>) -> Vec<&str> {
    part.map(|part| part.findings.iter().map(|finding| finding.code.as_str()).collect()).unwrap_or_default()
}

/// The request to withdraw a certificate.
pub fn withdrawal(name: &str, request_id: &str) -> WithdrawCertificateRequest {
    WithdrawCertificateRequest {
        request_id: request_id.to_owned(),
        name: name.to_owned(),
        reason: CertificateReason::Safety.into(),
        reason_text: "Cells crack.".to_owned(),
        ..WithdrawCertificateRequest::default()
    }
}

/// Withdraws a certificate.
///
/// # Errors
/// What the registry answers.
pub async fn withdraw(registry: Client, name: &str, id: &str) -> Result<WithdrawCertificateResponse, Status> {
    let withdrawn = CertificateServiceClient::new(registry).withdraw_certificate(withdrawal(name, id)).await;
    withdrawn.map(tonic::Response::into_inner)
}
