//! DisputeService.

mod parse;
mod render;

use std::time::Duration;

use futures_util::StreamExt as _;
use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::dispute_service_server::DisputeService;
use greenlane_curation::{Asked, fault, wire as shared};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::Message as _;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::app::disputes::{Answer, Disputes, DrawnUp, Followed, Step};
use crate::domain::dispute::Dispute;
use crate::store::disputes::Wanted;

/// The handler.
pub(crate) struct DisputesApi {
    pub(crate) disputes: Disputes,
    pub(crate) bookmark_interval: Duration,
}

/// The body of a step's method: how its request is read, and how it is answered.
macro_rules! step {
    ($self:ident, $request:ident, |$v:ident, $raw:ident| etag $etag:expr, step $parse:expr) => {{
        let (asked, mut $raw) = Asked::of($request)?;
        let call = asked.call(&mut $raw.request_id, $raw.validate_only);
        let payload = $raw.encode_to_vec();
        let mut $v = Violations::new();
        let request_id = call.request_id(&mut $v);
        let name = parse::name(&mut $v, "name", &$raw.name);
        let etag: String = $etag;
        let step: Option<Step> = $parse;
        let (request_id, name, step) = $v.finish_with(|| Some((request_id?, name?, step?)))?;
        let mutation = call.mutation(&request_id, &payload);
        let answer = $self.disputes.step(mutation, name.clone(), etag, step).await;
        let Answer { dispute, revision, drawn_up } = answer.map_err(|error| fault(error).about(name))?;
        let dispute = Some(render::dispute(&dispute, $self.disputes.now())?);
        (dispute, revision, drawn_up)
    }};
}

#[tonic::async_trait]
impl DisputeService for DisputesApi {
    async fn open_dispute(
        &self,
        request: Request<pb::OpenDisputeRequest>,
    ) -> Result<Response<pb::OpenDisputeResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let challenge = parse::challenge(&mut v, request.dispute, self.disputes.changes.clock());
        let (request_id, challenge) = v.finish_with(|| Some((request_id?, challenge?)))?;
        if let Some(question) = &challenge.question {
            self.disputes.check_decision(&challenge.subject, question).await?;
        }
        let mutation = call.mutation(&request_id, &payload);
        let Answer { dispute, revision, .. } = self.disputes.open(mutation, challenge).await.map_err(fault)?;
        let mut dispute = render::dispute(&dispute, self.disputes.now())?;
        if request.validate_only {
            // It gets its name when it is opened.
            dispute.name.clear();
        }
        Ok(Response::new(pb::OpenDisputeResponse { dispute: Some(dispute), revision }))
    }

    async fn get_dispute(
        &self,
        request: Request<pb::GetDisputeRequest>,
    ) -> Result<Response<pb::GetDisputeResponse>, Status> {
        let mut v = Violations::new();
        let name = parse::name(&mut v, "name", &request.into_inner().name);
        let name = v.finish_with(|| name)?;
        let found = self.disputes.get(name).await.map_err(fault)?;
        let dispute = Some(render::dispute(&found, self.disputes.now())?);
        Ok(Response::new(pb::GetDisputeResponse { dispute, revision: self.disputes.revision() }))
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> Result<Response<pb::ListDisputesResponse>, Status> {
        let request = request.into_inner();
        let binding = PageBinding::new("/greenlane.equivalence.v1.DisputeService/ListDisputes")
            .with(&request.subject)
            .with(&request.respondent)
            .with([u8::from(request.open_only)]);
        let mut v = Violations::new();
        let size = v.page_size(request.page_size);
        let after = v.page_token::<(i64, String)>(&request.page_token, &binding);
        let subject = v.text("subject", &request.subject, 0..=200);
        let respondent = parse::respondent(&mut v, &request.respondent);
        let (size, after, subject, respondent) = v.finish_with(|| Some((size?, after?, subject?, respondent?)))?;
        let wanted = Wanted { subject, respondent, open_only: request.open_only };
        let found = self.disputes.list(wanted, after, size as u64 + 1).await;
        let found = found.map_err(Fault::from)?;
        let cursor = |last: &Dispute| (last.opened_at.timestamp_micros(), last.name.clone());
        let (found, next_page_token) = shared::cut(found, size, &binding, cursor)?;
        let now = self.disputes.now();
        let disputes = found.iter().map(|it| render::short(it, now)).collect::<Result<_, Fault>>()?;
        Ok(Response::new(pb::ListDisputesResponse { disputes, next_page_token, revision: self.disputes.revision() }))
    }

    async fn watch_disputes(
        &self,
        request: Request<pb::WatchDisputesRequest>,
    ) -> Result<Response<BoxStream<pb::WatchDisputesResponse>>, Status> {
        let request = request.into_inner();
        let mut v = Violations::new();
        let respondent = parse::respondent(&mut v, &request.respondent);
        let respondent = v.finish_with(|| respondent)?;
        let followed = Followed { respondent, certificates_only: request.certificates_only };
        let disputes = self.disputes.clone();
        if let Err(newest) = disputes.reach(request.after_position).await.map_err(Fault::from)? {
            return Err(Fault::revision_not_reached(request.after_position, newest).into());
        }
        let messages = self.disputes.watch(followed, request.after_position, self.bookmark_interval);
        let messages = messages.map(move |message| {
            let message = message.map_err(Fault::from)?;
            let dispute = message.dispute.map(|it| render::short(&it, disputes.now())).transpose()?;
            let bookmark = dispute.is_none();
            Ok(pb::WatchDisputesResponse { dispute, position: message.position, bookmark })
        });
        Ok(Response::new(Box::pin(messages)))
    }

    async fn answer_dispute(
        &self,
        request: Request<pb::AnswerDisputeRequest>,
    ) -> Result<Response<pb::AnswerDisputeResponse>, Status> {
        let (dispute, revision, _) = step!(self, request, |v, raw| etag raw.etag.clone(), step {
            let text = shared::text(&mut v, "text", &raw.text, true);
            let evidence = parse::evidence(&mut v, "evidence", raw.evidence, 0);
            text.zip(evidence).map(|(text, evidence)| Step::Answer { text, evidence })
        });
        Ok(Response::new(pb::AnswerDisputeResponse { dispute, revision }))
    }

    async fn object_to_dispute(
        &self,
        request: Request<pb::ObjectToDisputeRequest>,
    ) -> Result<Response<pb::ObjectToDisputeResponse>, Status> {
        let (dispute, revision, _) = step!(self, request, |v, raw| etag String::new(), step {
            let text = shared::text(&mut v, "text", &raw.text, true);
            let evidence = parse::evidence(&mut v, "evidence", raw.evidence, 0);
            text.zip(evidence).map(|(text, evidence)| Step::Object { text, evidence })
        });
        Ok(Response::new(pb::ObjectToDisputeResponse { dispute, revision }))
    }

    async fn appoint_dispute_panel(
        &self,
        request: Request<pb::AppointDisputePanelRequest>,
    ) -> Result<Response<pb::AppointDisputePanelResponse>, Status> {
        let (dispute, revision, _) = step!(self, request, |v, raw| etag raw.etag.clone(), step {
            parse::members(&mut v, raw.members).map(|members| Step::Appoint { members })
        });
        Ok(Response::new(pb::AppointDisputePanelResponse { dispute, revision }))
    }

    async fn decide_dispute(
        &self,
        request: Request<pb::DecideDisputeRequest>,
    ) -> Result<Response<pb::DecideDisputeResponse>, Status> {
        let (dispute, revision, _) = step!(self, request, |v, raw| etag String::new(), step {
            let matter = parse::matter(&mut v, raw.matter);
            let finding = shared::text(&mut v, "finding", &raw.finding, true);
            v.check("declares_no_interest", raw.declares_no_interest, "must be declared to vote");
            matter.zip(finding).map(|(matter, finding)| Step::Vote { matter, uphold: raw.uphold, finding })
        });
        Ok(Response::new(pb::DecideDisputeResponse { dispute, revision }))
    }

    async fn apply_dispute(
        &self,
        request: Request<pb::ApplyDisputeRequest>,
    ) -> Result<Response<pb::ApplyDisputeResponse>, Status> {
        let (dispute, revision, drawn_up) = step!(self, request, |v, raw| etag raw.etag.clone(), step {
            let matter = parse::matter(&mut v, raw.matter);
            let changes = parse::changes(&mut v, &raw.changes);
            matter.zip(changes).map(|(matter, changes)| Step::Apply { matter, changes })
        });
        let DrawnUp { change_set, checked } = drawn_up;
        let (findings, _, notification_duty) = render::found(checked);
        Ok(Response::new(pb::ApplyDisputeResponse { dispute, revision, change_set, findings, notification_duty }))
    }

    async fn close_dispute(
        &self,
        request: Request<pb::CloseDisputeRequest>,
    ) -> Result<Response<pb::CloseDisputeResponse>, Status> {
        let (dispute, revision, _) = step!(self, request, |v, raw| etag raw.etag.clone(), step {
            shared::text(&mut v, "text", &raw.text, true).map(|text| Step::Close { text })
        });
        Ok(Response::new(pb::CloseDisputeResponse { dispute, revision }))
    }

    async fn withdraw_dispute(
        &self,
        request: Request<pb::WithdrawDisputeRequest>,
    ) -> Result<Response<pb::WithdrawDisputeResponse>, Status> {
        let (dispute, revision, _) = step!(self, request, |v, raw| etag raw.etag.clone(), step {
            shared::text(&mut v, "text", &raw.text, false).map(|text| Step::Withdraw { text })
        });
        Ok(Response::new(pb::WithdrawDisputeResponse { dispute, revision }))
    }
}
