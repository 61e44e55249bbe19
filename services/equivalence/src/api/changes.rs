//! ChangeService.

mod impact;
mod render;

use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::change_service_server::ChangeService;
use greenlane_curation::{Answer, Asked, Filter, State, Step, Workflow, fault, wire};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::Message;
use tonic::{Request, Response, Status};

use crate::app::changes::CuratedCatalogue;
use crate::app::impact::Impacts;
use crate::domain::change::Change;

/// The handler.
pub(crate) struct ChangesApi {
    pub(crate) changes: Workflow<CuratedCatalogue>,
    pub(crate) impacts: Impacts,
}

#[tonic::async_trait]
impl ChangeService for ChangesApi {
    async fn create_change_set(
        &self,
        request: Request<pb::CreateChangeSetRequest>,
    ) -> Result<Response<pb::CreateChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let draft = render::draft(&mut v, request.change_set);
        let (request_id, draft) = v.finish_with(|| Some((request_id?, draft?)))?;
        let answer = self.changes.create(call.mutation(&request_id, &payload), draft).await.map_err(fault)?;
        let (findings, tightening, _) = self.changes.check(answer.change_set.changes.clone()).await.map_err(fault)?;
        let findings = findings.into_iter().map(render::finding).collect();
        let tightening = tightening.into_iter().map(render::tightening).collect();
        let (change_set, revision) = rendered(answer)?;
        Ok(Response::new(pb::CreateChangeSetResponse { change_set, revision, findings, tightening }))
    }

    async fn get_change_set(
        &self,
        request: Request<pb::GetChangeSetRequest>,
    ) -> Result<Response<pb::GetChangeSetResponse>, Status> {
        let name = named(&request.into_inner().name)?;
        let change_set = self.changes.get(name).await.map_err(fault)?;
        let change_set = Some(render::change_set(&change_set)?);
        Ok(Response::new(pb::GetChangeSetResponse { change_set, revision: self.revision() }))
    }

    async fn list_change_sets(
        &self,
        request: Request<pb::ListChangeSetsRequest>,
    ) -> Result<Response<pb::ListChangeSetsResponse>, Status> {
        let request = request.into_inner();
        let binding = PageBinding::new("/greenlane.equivalence.v1.ChangeService/ListChangeSets")
            .with(request.state.to_be_bytes())
            .with(&request.author);
        let mut v = Violations::new();
        let size = v.page_size(request.page_size);
        let after = v.page_token::<(i64, String)>(&request.page_token, &binding);
        let state = State::from_number(request.state);
        v.check("state", request.state == 0 || state.is_some(), "is not known");
        let author = v.text("author", &request.author, 0..=500);
        let (size, after, author) = v.finish_with(|| Some((size?, after?, author?)))?;
        let found = self.changes.list(Filter { state, author }, after, one_more(size)).await.map_err(fault)?;
        let cursor =
            |last: &greenlane_curation::ChangeSet<Change>| (last.created_at.timestamp_micros(), last.name.clone());
        let (found, next_page_token) = wire::cut(found, size, &binding, cursor)?;
        let change_sets = found.iter().map(render::change_set).collect::<Result<_, Fault>>()?;
        Ok(Response::new(pb::ListChangeSetsResponse { change_sets, next_page_token, revision: self.revision() }))
    }

    async fn update_change_set(
        &self,
        request: Request<pb::UpdateChangeSetRequest>,
    ) -> Result<Response<pb::UpdateChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let mask = wire::mask(&mut v, request.update_mask.as_ref().map(|mask| mask.paths.as_slice()));
        let mut scope = v.scope("change_set");
        let raw = scope.required("", request.change_set);
        let parsed = raw.and_then(|raw| {
            let name = wire::name(&mut scope, "name", &raw.name);
            let texts = (raw.title.as_str(), raw.reason.as_str(), raw.urgency_reason.as_str());
            let update = wire::update(&mut scope, mask?, texts, &raw.changes, render::change);
            Some((name?, raw.etag, update?))
        });
        drop(scope);
        let (request_id, (name, etag, update)) = v.finish_with(|| Some((request_id?, parsed?)))?;
        let mutation = call.mutation(&request_id, &payload);
        let (change_set, revision) = rendered(self.changes.update(mutation, name, etag, update).await.map_err(fault)?)?;
        Ok(Response::new(pb::UpdateChangeSetResponse { change_set, revision }))
    }

    async fn validate_change_set(
        &self,
        request: Request<pb::ValidateChangeSetRequest>,
    ) -> Result<Response<pb::ValidateChangeSetResponse>, Status> {
        let name = named(&request.into_inner().name)?;
        let (findings, tightening, revision) = self.changes.validate(name).await.map_err(fault)?;
        let findings = findings.into_iter().map(render::finding).collect();
        let tightening = tightening.into_iter().map(render::tightening).collect();
        Ok(Response::new(pb::ValidateChangeSetResponse { findings, revision, tightening }))
    }

    async fn preview_impact(
        &self,
        request: Request<pb::PreviewImpactRequest>,
    ) -> Result<Response<pb::PreviewImpactResponse>, Status> {
        Ok(Response::new(impact::preview(&self.impacts, request.into_inner()).await?))
    }

    async fn report_use(
        &self,
        request: Request<pb::ReportUseRequest>,
    ) -> Result<Response<pb::ReportUseResponse>, Status> {
        Ok(Response::new(impact::report(&self.impacts, request).await?))
    }

    async fn diff_change_set(
        &self,
        request: Request<pb::DiffChangeSetRequest>,
    ) -> Result<Response<pb::DiffChangeSetResponse>, Status> {
        let name = named(&request.into_inner().name)?;
        let (diffs, revision) = self.changes.diff(name).await.map_err(fault)?;
        let diffs = diffs.into_iter().map(render::diff).collect();
        Ok(Response::new(pb::DiffChangeSetResponse { diffs, revision }))
    }

    async fn propose_change_set(
        &self,
        request: Request<pb::ProposeChangeSetRequest>,
    ) -> Result<Response<pb::ProposeChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let answer = self.changes.asked_step(call, payload, &request.name, request.etag, Step::Propose).await?;
        let (change_set, revision) = rendered(answer)?;
        Ok(Response::new(pb::ProposeChangeSetResponse { change_set, revision }))
    }

    async fn notify_change_set(
        &self,
        request: Request<pb::NotifyChangeSetRequest>,
    ) -> Result<Response<pb::NotifyChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let step = |v: &mut Violations| wire::notify(v, &request.comments_until);
        let answer = self.changes.asked_step_with(call, payload, &request.name, request.etag, step).await?;
        let (change_set, revision) = rendered(answer)?;
        Ok(Response::new(pb::NotifyChangeSetResponse { change_set, revision }))
    }

    async fn comment_on_change_set(
        &self,
        request: Request<pb::CommentOnChangeSetRequest>,
    ) -> Result<Response<pb::CommentOnChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let name = wire::name(&mut v, "name", &request.name);
        let text = wire::text(&mut v, "text", &request.text, true);
        let (request_id, name, text) = v.finish_with(|| Some((request_id?, name?, text?)))?;
        let mutation = call.mutation(&request_id, &payload);
        let (comment, revision) = self.changes.comment(mutation, name, text).await.map_err(fault)?;
        Ok(Response::new(pb::CommentOnChangeSetResponse { comment: Some(render::comment(comment)), revision }))
    }

    async fn list_change_comments(
        &self,
        request: Request<pb::ListChangeCommentsRequest>,
    ) -> Result<Response<pb::ListChangeCommentsResponse>, Status> {
        let request = request.into_inner();
        let binding =
            PageBinding::new("/greenlane.equivalence.v1.ChangeService/ListChangeComments").with(&request.name);
        let mut v = Violations::new();
        let name = wire::name(&mut v, "name", &request.name);
        let size = v.page_size(request.page_size);
        let after = v.page_token::<(i64, String)>(&request.page_token, &binding);
        let (name, size, after) = v.finish_with(|| Some((name?, size?, after?)))?;
        let found = self.changes.comments(name, after, one_more(size)).await.map_err(fault)?;
        let cursor = |last: &greenlane_curation::Comment| (last.at.timestamp_micros(), last.id.clone());
        let (found, next_page_token) = wire::cut(found, size, &binding, cursor)?;
        let comments = found.into_iter().map(render::comment).collect();
        Ok(Response::new(pb::ListChangeCommentsResponse { comments, next_page_token, revision: self.revision() }))
    }

    async fn review_change_set(
        &self,
        request: Request<pb::ReviewChangeSetRequest>,
    ) -> Result<Response<pb::ReviewChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let step = |v: &mut Violations| wire::review(v, request.approve, &request.comment);
        let answer = self.changes.asked_step_with(call, payload, &request.name, request.etag, step).await?;
        let (change_set, revision) = rendered(answer)?;
        Ok(Response::new(pb::ReviewChangeSetResponse { change_set, revision }))
    }

    async fn publish_change_set(
        &self,
        request: Request<pb::PublishChangeSetRequest>,
    ) -> Result<Response<pb::PublishChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let answer = self.changes.asked_step(call, payload, &request.name, request.etag, Step::Publish).await?;
        let (change_set, revision) = rendered(answer)?;
        Ok(Response::new(pb::PublishChangeSetResponse { change_set, revision }))
    }

    async fn withdraw_change_set(
        &self,
        request: Request<pb::WithdrawChangeSetRequest>,
    ) -> Result<Response<pb::WithdrawChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let step = |v: &mut Violations| wire::withdraw(v, &request.comment);
        let answer = self.changes.asked_step_with(call, payload, &request.name, request.etag, step).await?;
        let (change_set, revision) = rendered(answer)?;
        Ok(Response::new(pb::WithdrawChangeSetResponse { change_set, revision }))
    }

    async fn revert_change_set(
        &self,
        request: Request<pb::RevertChangeSetRequest>,
    ) -> Result<Response<pb::RevertChangeSetResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let name = wire::name(&mut v, "name", &request.name);
        let reason = wire::text(&mut v, "reason", &request.reason, true);
        let (request_id, name, reason) = v.finish_with(|| Some((request_id?, name?, reason?)))?;
        let mutation = call.mutation(&request_id, &payload);
        let (change_set, revision) = rendered(self.changes.revert(mutation, name, reason).await.map_err(fault)?)?;
        Ok(Response::new(pb::RevertChangeSetResponse { change_set, revision }))
    }
}

impl ChangesApi {
    fn revision(&self) -> u64 {
        self.changes.curated().catalogues.current().catalogue.revision()
    }
}

fn named(raw: &str) -> Result<String, Fault> {
    let mut v = Violations::new();
    let name = wire::name(&mut v, "name", raw);
    v.finish_with(|| name)
}

fn rendered(answer: Answer<Change>) -> Result<(Option<pb::ChangeSet>, u64), Fault> {
    Ok((Some(render::change_set(&answer.change_set)?), answer.revision))
}

/// One row more than a page has, to see whether there is another page.
fn one_more(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1)
}
