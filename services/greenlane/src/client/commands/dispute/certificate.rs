//! A certificate that is challenged: of which body it is, and of which economy that is, its registry knows.

use greenlane_api::equivalence::v1::DisputedCertificate;
use greenlane_api::registry::v1::{
    GetBodyRequest, VerifyRequest, body_service_client::BodyServiceClient,
    verification_service_client::VerificationServiceClient, verify_request::Subject,
};
use greenlane_platform::fault::Fault;
use tonic::{Code, Status};

use super::super::certificate::name;
use crate::client::{Session, exit::Usage};

/// The certificate of a name or number; what is not given is asked of the registry.
pub(super) async fn disputed(
    session: &Session,
    certificate: &str,
    body: Option<&str>,
    economy: Option<&str>,
) -> anyhow::Result<DisputedCertificate> {
    let mut certificate = name(certificate);
    // Whoever holds a number may have it verified, while only its body and authorities read the certificate.
    let body = match body {
        Some(body) => body.to_owned(),
        None => {
            let request =
                VerifyRequest { subject: Some(Subject::Certificate(certificate.clone())), ..Default::default() };
            let answer = match VerificationServiceClient::new(session.registry()?).verify(request).await {
                Ok(answer) => answer.into_inner(),
                Err(status) if status.code() == Code::PermissionDenied => {
                    let why = format!(
                        "this token may not ask of which body {certificate} is, for which it needs the scope verify: give \
                         it as --body, and its economy as --body-economy"
                    );
                    anyhow::bail!(Usage(why));
                }
                Err(status) => return Err(status.into()),
            };
            let verdict = answer.verdict.unwrap_or_default();
            if verdict.certificate.is_empty() {
                return Err(Status::from(Fault::not_found(certificate)).into());
            }
            certificate = verdict.certificate;
            verdict.body
        }
    };
    let body_economy = match economy {
        Some(economy) => economy.to_owned(),
        None => {
            let request = GetBodyRequest { name: body.clone(), ..Default::default() };
            match BodyServiceClient::new(session.registry()?).get_body(request).await {
                Ok(answer) => answer.into_inner().body.unwrap_or_default().economy,
                Err(status) if status.code() == Code::PermissionDenied => {
                    let why = format!("this token may not ask of which economy {body} is: give it as --body-economy");
                    anyhow::bail!(Usage(why));
                }
                Err(status) => return Err(status.into()),
            }
        }
    };
    Ok(DisputedCertificate { certificate, body, body_economy })
}
