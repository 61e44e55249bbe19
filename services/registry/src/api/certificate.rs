//! `CertificateService`.

mod erase;
mod import;
mod list;
mod promise;
mod qr;
mod revise;
mod step;
mod versions;
mod watch;

use std::sync::Arc;

use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::certificate_service_server::CertificateService;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::issue::Incoming;
use super::{consistency, content, render};
use crate::app::cosigned::Cosigned;
use crate::app::issue::{IssueOrder, Signing};
use crate::app::read::Reader;
use crate::app::registry::Registry;
use crate::app::unknown::Unknown;
use crate::domain::names::parse_key_name;

/// The service.
#[derive(Clone)]
pub(crate) struct Certificates {
    pub(crate) registry: Arc<Registry>,
    pub(crate) reader: Reader,
    pub(crate) serves_status_lists: bool,
    pub(crate) cosigned: Arc<Cosigned>,
    pub(crate) unknown: Arc<Unknown>,
}

#[tonic::async_trait]
impl CertificateService for Certificates {
    async fn prepare_certificate(
        &self,
        request: Request<wire::PrepareCertificateRequest>,
    ) -> Result<Response<wire::PrepareCertificateResponse>, Status> {
        let caller = Caller::of(&request)?;
        let raw = request.into_inner();
        consistency::must_be(&caller, &raw.body)?;
        let mut v = Violations::new();
        let body = consistency::body(&mut v, "body", &raw.body);
        let content = content::content(&mut v, raw.content, self.registry.clock.now());
        let key = v.parse("key", parse_key_name(&raw.key));
        if let (Some(body), Some((of, _))) = (&body, &key) {
            v.check("key", of == body, "must be a key of the body");
        }
        let number = consistency::optional_certificate(&mut v, "certificate", &raw.certificate);
        let (body, content, (_, key), number) = v.finish_with(|| Some((body?, content?, key?, number?)))?;
        let next = match &number {
            None => None,
            Some(number) => {
                let base = self.registry.base(number).await?.ok_or_else(|| not_found(number))?;
                consistency::must_be(&caller, &base.body.name())?;
                Some(base.next())
            }
        };
        let prepared = self.registry.prepare_document(&body, &content, &key, next.as_ref()).await?;
        Ok(Response::new(wire::PrepareCertificateResponse {
            certificate_number: prepared.number.as_str().to_owned(),
            signing_input: prepared.signing_input,
            disclosures: prepared.disclosures,
            revision: self.reader.published.revision(),
        }))
    }

    async fn issue_certificate(
        &self,
        request: Request<wire::IssueCertificateRequest>,
    ) -> Result<Response<wire::IssueCertificateResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        Ok(Response::new(self.issue(incoming).await?))
    }

    async fn get_certificate(
        &self,
        request: Request<wire::GetCertificateRequest>,
    ) -> Result<Response<wire::GetCertificateResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.get(&caller, request.into_inner()).await?))
    }

    async fn list_certificates(
        &self,
        request: Request<wire::ListCertificatesRequest>,
    ) -> Result<Response<wire::ListCertificatesResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.list(&caller, request.into_inner()).await?))
    }

    async fn list_certificate_events(
        &self,
        request: Request<wire::ListCertificateEventsRequest>,
    ) -> Result<Response<wire::ListCertificateEventsResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.list_events(&caller, request.into_inner()).await?))
    }

    async fn list_certificate_versions(
        &self,
        request: Request<wire::ListCertificateVersionsRequest>,
    ) -> Result<Response<wire::ListCertificateVersionsResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.list_versions(&caller, request.into_inner()).await?))
    }

    async fn amend_certificate(
        &self,
        request: Request<wire::AmendCertificateRequest>,
    ) -> Result<Response<wire::AmendCertificateResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        Ok(Response::new(self.amend(&incoming).await?))
    }

    async fn renew_certificate(
        &self,
        request: Request<wire::RenewCertificateRequest>,
    ) -> Result<Response<wire::RenewCertificateResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        Ok(Response::new(self.renew(&incoming).await?))
    }

    async fn erase_confidential_fields(
        &self,
        request: Request<wire::EraseConfidentialFieldsRequest>,
    ) -> Result<Response<wire::EraseConfidentialFieldsResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        Ok(Response::new(self.erase(&incoming).await?))
    }

    async fn import_certificates(
        &self,
        request: Request<Streaming<wire::ImportCertificatesRequest>>,
    ) -> Result<Response<BoxStream<wire::ImportCertificatesResponse>>, Status> {
        Ok(Response::new(self.import(request)?))
    }

    async fn get_certificate_qr(
        &self,
        request: Request<wire::GetCertificateQrRequest>,
    ) -> Result<Response<wire::GetCertificateQrResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.qr(&caller, request.into_inner()).await?))
    }

    async fn watch_certificates(
        &self,
        request: Request<wire::WatchCertificatesRequest>,
    ) -> Result<Response<BoxStream<wire::WatchCertificatesResponse>>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.watch(&caller, request.into_inner()).await?))
    }

    async fn suspend_certificate(
        &self,
        request: Request<wire::SuspendCertificateRequest>,
    ) -> Result<Response<wire::SuspendCertificateResponse>, Status> {
        step::perform!(self, request, Suspend => SuspendCertificateResponse.overtaken_events, |raw| Some(("remedy", raw.remedy.as_str())))
    }

    async fn reinstate_certificate(
        &self,
        request: Request<wire::ReinstateCertificateRequest>,
    ) -> Result<Response<wire::ReinstateCertificateResponse>, Status> {
        step::perform!(self, request, Reinstate => ReinstateCertificateResponse, |_raw| None)
    }

    async fn withdraw_certificate(
        &self,
        request: Request<wire::WithdrawCertificateRequest>,
    ) -> Result<Response<wire::WithdrawCertificateResponse>, Status> {
        step::perform!(self, request, Withdraw => WithdrawCertificateResponse.overtaken_events, |_raw| None)
    }

    async fn continue_certificate(
        &self,
        request: Request<wire::ContinueCertificateRequest>,
    ) -> Result<Response<wire::ContinueCertificateResponse>, Status> {
        step::perform!(self, request, ContinueUnderConditions => ContinueCertificateResponse, |raw| {
            Some(("conditions", raw.conditions.as_str()))
        })
    }

    async fn terminate_certificate(
        &self,
        request: Request<wire::TerminateCertificateRequest>,
    ) -> Result<Response<wire::TerminateCertificateResponse>, Status> {
        step::perform!(self, request, Terminate => TerminateCertificateResponse.overtaken_events, |_raw| None)
    }

    async fn annul_certificate(
        &self,
        request: Request<wire::AnnulCertificateRequest>,
    ) -> Result<Response<wire::AnnulCertificateResponse>, Status> {
        step::perform!(self, request, Annul => AnnulCertificateResponse, |_raw| None)
    }
}

use wire::issue_certificate_request::Signing as RawSigning;

impl Certificates {
    async fn issue(
        &self,
        incoming: Incoming<wire::IssueCertificateRequest>,
    ) -> Result<wire::IssueCertificateResponse, Fault> {
        let Incoming { message: raw, caller, request_id, stamp } = incoming;
        consistency::must_be(&caller, &raw.body)?;
        let mut v = Violations::new();
        let request_id = v.request_id(&request_id);
        let body = consistency::body(&mut v, "body", &raw.body);
        let content = content::content(&mut v, raw.content, self.registry.clock.now());
        let signing = signing(&mut v, raw.signing, &raw.body);
        let promise = self.promise(&mut v, raw.promise, raw.witnesses);
        let (request_id, body, content, signing, promise) =
            v.finish_with(|| Some((request_id?, body?, content?, signing?, promise?)))?;
        let id = stamp.with(&request_id);
        let actor = caller.subject().to_owned();
        let content = Arc::new(content);
        let order = IssueOrder { body, content: Arc::clone(&content), signing, actor };
        let (granted, unknown) =
            tokio::join!(self.registry.grant(order, id, raw.validate_only), self.unknown.findings(&content));
        let answer = self.anchored(granted?, promise).await?;
        let mut certificate = answer.certificate()?;
        if answer.proof.is_none() {
            // The number, the document and its hash were made for the check alone.
            certificate = wire::Certificate {
                content: certificate.content,
                body: certificate.body,
                state: certificate.state,
                version: certificate.version,
                signing_key: certificate.signing_key,
                ..wire::Certificate::default()
            };
        }
        Ok(wire::IssueCertificateResponse {
            certificate: Some(certificate),
            revision: answer.revision,
            proof: answer.proof,
            findings: unknown.into_iter().map(render::finding).collect(),
        })
    }
}

fn signing(v: &mut Violations, raw: Option<RawSigning>, body: &str) -> Option<Signing> {
    use RawSigning as Raw;
    match raw {
        None => Some(Signing::Newest),
        Some(Raw::SigningKey(name)) => {
            let (of, key) = v.parse("signing_key", parse_key_name(&name))?;
            v.check("signing_key", of.name() == body, "must be a key of the body").then_some(Signing::Key(key))
        }
        Some(Raw::SignedDocument(text)) => consistency::document(v, "signed_document", &text).map(Signing::Document),
    }
}

/// No certificate of this number is known at the revision.
pub(super) fn not_found(number: &crate::domain::names::CertificateNumber) -> Fault {
    Fault::not_found(number.name())
}
