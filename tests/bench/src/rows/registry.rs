//! The registry's rows: verify and issue.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use greenlane_api::registry::v1::body_service_client::BodyServiceClient;
use greenlane_api::registry::v1::certificate_service_client::CertificateServiceClient;
use greenlane_api::registry::v1::create_body_key_request::Source;
use greenlane_api::registry::v1::verify_request::Subject;
use greenlane_api::registry::v1::{
    Body, BodyRole, Certificate, CreateBodyKeyRequest, CreateBodyRequest, IssueCertificateResponse, KeyAlgorithm,
    PartOutcome, VerifyRequest, VerifyResponse,
};
use greenlane_platform::auth::issuer::TokenRequest;
use prost::Message;

use super::{Cycle, Prepared, Setting, facts};
use crate::roles::Role;
use crate::wire::Requests;

const VERIFY: &str = "/greenlane.registry.v1.VerificationService/Verify";
const ISSUE: &str = "/greenlane.registry.v1.CertificateService/IssueCertificate";
/// Certificates that are asked about in turn: the hot ones.
const CERTIFICATES: usize = 1_000;

/// Customs asks about certificates by number, for goods as declared.
pub(super) async fn verify(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    let certificates = certificates(setting, role).await?;
    questions(setting, role, certificates.into_iter().map(|certificate| Subject::Certificate(certificate.name)))
}

/// Customs presents the documents themselves.
pub(super) async fn verify_document(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    let certificates = certificates(setting, role).await?;
    questions(setting, role, certificates.into_iter().map(|certificate| Subject::Document(certificate.document)))
}

fn questions(setting: &Setting<'_>, role: Role, subjects: impl Iterator<Item = Subject>) -> anyhow::Result<Prepared> {
    let question =
        |subject| VerifyRequest { subject: Some(subject), goods: Some(facts::goods()), ..VerifyRequest::default() };
    let messages = subjects.map(|subject| question(subject).encode_to_vec()).collect();
    let requests = Cycle::new(messages, |_, answer| {
        let verdict = VerifyResponse::decode(answer)?.verdict.context("no verdict")?;
        let parts = [&verdict.authentic, &verdict.in_force, &verdict.covers_goods, &verdict.recognised];
        let yes = parts.iter().all(|part| part.as_ref().is_some_and(|part| part.outcome() == PartOutcome::Yes));
        ensure!(yes, "not accepted: {verdict:?}");
        Ok(())
    });
    let token = setting.identity.mint(TokenRequest::new("customs", ["verify"]).for_economy(facts::DESTINATION));
    Ok(Prepared { target: setting.target(role, VERIFY, Some(token))?, requests: Box::new(requests) })
}

/// A body issues: each certificate signed, logged, durable.
pub(super) async fn issue(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    body(setting, role).await?;
    let target = setting.target(role, ISSUE, Some(certifier(setting)))?;
    Ok(Prepared { target, requests: Box::new(Issues { next: AtomicU64::new(0) }) })
}

/// Certificates that differ in their request id.
struct Issues {
    next: AtomicU64,
}

impl Requests for Issues {
    fn message(&self, out: &mut Vec<u8>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let request = facts::issue(format!("issue-{number}"));
        // A vector takes as much as it is given.
        let _ = request.encode(out);
        number
    }

    fn check(&self, _: u64, answer: &[u8]) -> anyhow::Result<()> {
        let answer = IssueCertificateResponse::decode(answer)?;
        let certificate = answer.certificate.context("no certificate")?;
        ensure!(!certificate.document.is_empty(), "no document");
        ensure!(answer.proof.is_some(), "no proof");
        Ok(())
    }
}

fn certifier(setting: &Setting<'_>) -> String {
    let scopes = ["certificates.write", "certificates.read"];
    setting.identity.mint(TokenRequest::new("certifier", scopes).for_body(facts::BODY))
}

/// A body with a key that the registry holds. Made once: the request ids are always the same.
async fn body(setting: &Setting<'_>, role: Role) -> anyhow::Result<()> {
    let admin = setting.identity.mint(TokenRequest::new("admin", ["admin"]));
    let mut bodies = BodyServiceClient::new(setting.channel(role).await?);
    let record = Body {
        display_name: "Aurora Certification".into(),
        economy: facts::BODY_ECONOMY.into(),
        roles: vec![BodyRole::CertificationBody.into()],
        ..Body::default()
    };
    let request = CreateBodyRequest {
        request_id: "bench-body".into(),
        body_id: facts::BODY_ID.into(),
        body: Some(record),
        ..CreateBodyRequest::default()
    };
    bodies.create_body(super::authorized(request, &admin)?).await.context("creating a body")?;
    let request = CreateBodyKeyRequest {
        request_id: "bench-key".into(),
        body: facts::BODY.into(),
        source: Some(Source::Generate(KeyAlgorithm::Eddsa.into())),
        ..CreateBodyKeyRequest::default()
    };
    bodies.create_body_key(super::authorized(request, &admin)?).await.context("creating a key")?;
    Ok(())
}

async fn certificates(setting: &Setting<'_>, role: Role) -> anyhow::Result<Vec<Certificate>> {
    body(setting, role).await?;
    let token = certifier(setting);
    let channel = setting.channel(role).await?;
    let issued = (0..CERTIFICATES).map(|number| {
        let mut client = CertificateServiceClient::new(channel.clone());
        let request = super::authorized(facts::issue(format!("hot-{number}")), &token);
        async move {
            let answer = client.issue_certificate(request?).await.context("issuing a certificate")?.into_inner();
            answer.certificate.context("no certificate")
        }
    });
    futures_util::stream::iter(issued).buffer_unordered(64).try_collect().await
}
