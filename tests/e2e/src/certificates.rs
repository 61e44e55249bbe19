//! A body with a key, and certificates for it.

use greenlane_api::{
    common::v1::{CodeReference, ProductIdentification},
    registry::v1::{
        Body, BodyRole, CertificateContent, CertifiedProduct, CreateBodyKeyRequest, CreateBodyRequest, Holder,
        IssueCertificateRequest, IssueCertificateResponse, KeyAlgorithm, NormativeDocument, SchemeReference,
        body_service_client::BodyServiceClient, certificate_service_client::CertificateServiceClient,
        create_body_key_request::Source,
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
