//! The registry's rows: verify, issue, import.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
use greenlane_api::registry::v1::body_service_client::BodyServiceClient;
use greenlane_api::registry::v1::certificate_service_client::CertificateServiceClient;
use greenlane_api::registry::v1::create_body_key_request::Source;
use greenlane_api::registry::v1::verify_request::Subject;
use greenlane_api::registry::v1::{
    BatchVerifyRequest, BatchVerifyResponse, Body, BodyRole, Certificate, CreateBodyKeyRequest, CreateBodyRequest,
    ImportCertificatesRequest, ImportCertificatesResponse, IssueCertificateResponse, KeyAlgorithm, PartOutcome,
    StreamVerifyRequest, StreamVerifyResponse, VerifyRequest, VerifyResponse, VerifyResult, verify_result,
};
use greenlane_platform::auth::issuer::TokenRequest;
use prost::Message;

use super::{Cycle, Prepared, Setting, Streamed, TOGETHER, facts};
use crate::roles::Role;
use crate::wire::{Requests, framed, messages};

const VERIFY: &str = "/greenlane.registry.v1.VerificationService/Verify";
const ISSUE: &str = "/greenlane.registry.v1.CertificateService/IssueCertificate";
const BATCH: &str = "/greenlane.registry.v1.VerificationService/BatchVerify";
const STREAM: &str = "/greenlane.registry.v1.VerificationService/StreamVerify";
const IMPORT: &str = "/greenlane.registry.v1.CertificateService/ImportCertificates";
/// Rows of an import in one call: as many as a stream's first window holds.
const ROWS: u32 = 60;
/// Certificates that are asked about in turn: the hot ones.
const CERTIFICATES: usize = 1_000;

/// Customs asks about certificates by number, for goods as declared.
pub(super) async fn verify(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    let certificates = certificates(setting, role).await?;
    questions(setting, role, certificates.iter().map(by_number).map(question))
}

/// The same at a revision that is named: such a verdict is given anew each time.
pub(super) async fn verify_anew(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    let certificates = certificates(setting, role).await?;
    let newest = certificates.iter().map(|certificate| certificate.latest_revision).max().unwrap_or_default();
    let consistency = ReadConsistency { requirement: Some(Requirement::ExactlyRevision(newest)) };
    let at = |subject| VerifyRequest { consistency: Some(consistency), ..question(subject) };
    questions(setting, role, certificates.iter().map(by_number).map(at))
}

/// Customs presents the documents themselves.
pub(super) async fn verify_document(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    let certificates = certificates(setting, role).await?;
    let documents = certificates.into_iter().map(|certificate| Subject::Document(certificate.document));
    questions(setting, role, documents.map(question))
}

/// A manifest at a time.
pub(super) async fn verify_batch(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    let certificates = certificates(setting, role).await?;
    let messages = certificates.chunks_exact(TOGETHER as usize).map(|together| {
        let requests = together.iter().map(|certificate| question(by_number(certificate))).collect();
        BatchVerifyRequest { requests, consistency: None }.encode_to_vec()
    });
    let requests = Cycle::new(messages.collect(), |_, answer| {
        let results = BatchVerifyResponse::decode(answer)?.results;
        ensure!(results.len() == TOGETHER as usize, "{} results", results.len());
        results.into_iter().try_for_each(answered)
    });
    Ok(Prepared::many(setting.target(role, BATCH, Some(customs(setting)))?, requests, TOGETHER))
}

/// A manifest in a stream.
pub(super) async fn verify_stream(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    let certificates = certificates(setting, role).await?;
    let messages = certificates.iter().map(|certificate| {
        let request = StreamVerifyRequest { tag: String::new(), request: Some(question(by_number(certificate))) };
        request.encode_to_vec()
    });
    let requests = Streamed::new(messages.collect(), TOGETHER as usize, |answers| {
        ensure!(answers.len() == TOGETHER as usize, "{} results", answers.len());
        answers
            .iter()
            .try_for_each(|answer| answered(StreamVerifyResponse::decode(*answer)?.result.context("no result")?))
    });
    Ok(Prepared::many(setting.target(role, STREAM, Some(customs(setting)))?, requests, TOGETHER))
}

fn questions(
    setting: &Setting<'_>,
    role: Role,
    requests: impl Iterator<Item = VerifyRequest>,
) -> anyhow::Result<Prepared> {
    let messages = requests.map(|request| request.encode_to_vec()).collect();
    let requests = Cycle::new(messages, |_, answer| accepted(&VerifyResponse::decode(answer)?));
    Ok(Prepared::single(setting.target(role, VERIFY, Some(customs(setting)))?, requests))
}

/// About goods as declared, for a certificate by its name.
pub(crate) fn question_by_name(name: &str) -> VerifyRequest {
    question(Subject::Certificate(name.to_owned()))
}

fn question(subject: Subject) -> VerifyRequest {
    VerifyRequest { subject: Some(subject), goods: Some(facts::goods()), ..VerifyRequest::default() }
}

fn by_number(certificate: &Certificate) -> Subject {
    Subject::Certificate(certificate.name.clone())
}

pub(crate) fn customs(setting: &Setting<'_>) -> String {
    setting.identity.mint(TokenRequest::new("customs", ["verify"]).for_economy(facts::DESTINATION))
}

fn answered(result: VerifyResult) -> anyhow::Result<()> {
    match result.result.context("neither verdict nor error")? {
        verify_result::Result::Response(response) => accepted(&response),
        verify_result::Result::Error(error) => anyhow::bail!("refused: {error:?}"),
    }
}

pub(crate) fn accepted(response: &VerifyResponse) -> anyhow::Result<()> {
    let verdict = response.verdict.as_ref().context("no verdict")?;
    let parts = [&verdict.authentic, &verdict.in_force, &verdict.covers_goods, &verdict.recognised];
    let yes = parts.iter().all(|part| part.as_ref().is_some_and(|part| part.outcome() == PartOutcome::Yes));
    ensure!(yes, "not accepted: {verdict:?}");
    Ok(())
}

/// A body issues: each certificate signed, logged, durable.
pub(super) async fn issue(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    body(setting, role).await?;
    let target = setting.target(role, ISSUE, Some(certifier(setting)))?;
    Ok(Prepared::single(target, Issues { next: AtomicU64::new(0) }))
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
        // The baseline's rows are as long as what is stored: when this grows or shrinks, so must they.
        let bytes = certificate.document.len();
        ensure!(bytes.abs_diff(facts::DOCUMENT) < facts::DOCUMENT / 10, "a document of {bytes} bytes");
        ensure!(answer.proof.is_some(), "no proof");
        Ok(())
    }
}

/// A body brings in what it has issued before.
pub(super) async fn import(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    body(setting, role).await?;
    let target = setting.target(role, IMPORT, Some(certifier(setting)))?;
    Ok(Prepared::many(target, Imports { next: AtomicU64::new(0) }, ROWS).one_by_one())
}

/// A row of a back catalogue; rows differ in their request id.
pub(crate) fn import_row(number: u64) -> ImportCertificatesRequest {
    let issue = facts::issue(format!("import-{number}"));
    ImportCertificatesRequest {
        request_id: issue.request_id,
        body: issue.body,
        content: issue.content,
        row: number,
        ..ImportCertificatesRequest::default()
    }
}

/// Rows that differ in their request id, so many in a call.
struct Imports {
    next: AtomicU64,
}

impl Requests for Imports {
    fn message(&self, out: &mut Vec<u8>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // A vector takes as much as it is given.
        let _ = import_row(number).encode(out);
        number
    }

    fn body(&self, out: &mut Vec<u8>) -> anyhow::Result<u64> {
        let mut number = 0;
        for _ in 0..ROWS {
            number = framed(out, |out| self.message(out))?;
        }
        Ok(number)
    }

    fn check(&self, _: u64, answer: &[u8]) -> anyhow::Result<()> {
        let told = ImportCertificatesResponse::decode(answer)?;
        ensure!(told.accepted == u64::from(ROWS), "not all rows were accepted: {told:?}");
        Ok(())
    }

    fn check_body(&self, number: u64, body: &[u8]) -> anyhow::Result<()> {
        self.check(number, messages(body)?.last().context("no answer")?)
    }
}

pub(crate) fn certifier(setting: &Setting<'_>) -> String {
    let scopes = ["certificates.write", "certificates.read"];
    setting.identity.mint(TokenRequest::new("certifier", scopes).for_body(facts::BODY))
}

/// A body with a key that the registry holds. Made once: the request ids are always the same.
pub(crate) async fn body(setting: &Setting<'_>, role: Role) -> anyhow::Result<()> {
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
