//! ChangeService.

use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::change_service_server::ChangeService;
use greenlane_platform::audit::Origin;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::{PageBinding, RequestId, Violations};
use greenlane_store::idempotency::payload_hash;
use prost::Message;
use tonic::{Request, Response, Status};

use super::{error, wire};
use crate::app::changes::{Changes, Draft, Mutation, Step};
use crate::domain::change::{Change, ChangeFinding};
use crate::domain::change_set::{ChangeSet, State};

const MAX_CHANGES: usize = 10_000;

/// The handler.
pub(crate) struct ChangesApi {
    pub(crate) changes: Changes,
}

#[tonic::async_trait]
impl ChangeService for ChangesApi {
    async fn create_change_set(
        &self,
        request: Request<pb::CreateChangeSetRequest>,
    ) -> Result<Response<pb::CreateChangeSetResponse>, Status> {
        let (who, mut request) = who(request)?;
        let id = std::mem::take(&mut request.request_id);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = v.request_id(&id);
        let draft = draft(&mut v, request.change_set);
        let (request_id, draft) = v.finish_with(|| Some((request_id?, draft?)))?;
        let mutation = who.mutation(&request_id, request.validate_only, &payload);
        let answer = self.changes.create(mutation, draft).await.map_err(error::change)?;
        let change_set = Some(render(&answer.change_set)?);
        Ok(Response::new(pb::CreateChangeSetResponse { change_set, revision: answer.revision }))
    }

    async fn get_change_set(
        &self,
        request: Request<pb::GetChangeSetRequest>,
    ) -> Result<Response<pb::GetChangeSetResponse>, Status> {
        let mut v = Violations::new();
        let name = name(&mut v, &request.into_inner().name);
        let name = v.finish_with(|| name)?;
        let change_set = self.changes.get(name).await.map_err(error::change)?;
        let change_set = Some(render(&change_set)?);
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
        let limit = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1);
        let mut found = self.changes.list(state, author, after, limit).await.map_err(error::change)?;
        let more = found.len() > size;
        found.truncate(size);
        let next_page_token = match found.last() {
            Some(last) if more => binding.token(&(last.created_at.timestamp_micros(), &last.name))?,
            _ => String::new(),
        };
        let change_sets = found.iter().map(render).collect::<Result<_, Fault>>()?;
        Ok(Response::new(pb::ListChangeSetsResponse { change_sets, next_page_token, revision: self.revision() }))
    }

    async fn validate_change_set(
        &self,
        request: Request<pb::ValidateChangeSetRequest>,
    ) -> Result<Response<pb::ValidateChangeSetResponse>, Status> {
        let mut v = Violations::new();
        let name = name(&mut v, &request.into_inner().name);
        let name = v.finish_with(|| name)?;
        let (findings, revision) = self.changes.validate(name).await.map_err(error::change)?;
        let findings = findings.into_iter().map(finding).collect();
        Ok(Response::new(pb::ValidateChangeSetResponse { findings, revision }))
    }

    async fn propose_change_set(
        &self,
        request: Request<pb::ProposeChangeSetRequest>,
    ) -> Result<Response<pb::ProposeChangeSetResponse>, Status> {
        let (who, mut request) = who(request)?;
        let id = std::mem::take(&mut request.request_id);
        let (change_set, revision) = self
            .step(&who, &id, request.validate_only, request.encode_to_vec(), request.name, request.etag, Step::Propose)
            .await?;
        Ok(Response::new(pb::ProposeChangeSetResponse { change_set, revision }))
    }

    async fn review_change_set(
        &self,
        request: Request<pb::ReviewChangeSetRequest>,
    ) -> Result<Response<pb::ReviewChangeSetResponse>, Status> {
        let (who, mut request) = who(request)?;
        let id = std::mem::take(&mut request.request_id);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let least = usize::from(!request.approve);
        let comment = v.paragraphs("comment", &request.comment, least..=20_000);
        let comment = v.finish_with(|| comment)?;
        let step = Step::Review { approve: request.approve, comment };
        let (change_set, revision) =
            self.step(&who, &id, request.validate_only, payload, request.name, request.etag, step).await?;
        Ok(Response::new(pb::ReviewChangeSetResponse { change_set, revision }))
    }

    async fn publish_change_set(
        &self,
        request: Request<pb::PublishChangeSetRequest>,
    ) -> Result<Response<pb::PublishChangeSetResponse>, Status> {
        let (who, mut request) = who(request)?;
        let id = std::mem::take(&mut request.request_id);
        let (change_set, revision) = self
            .step(&who, &id, request.validate_only, request.encode_to_vec(), request.name, request.etag, Step::Publish)
            .await?;
        Ok(Response::new(pb::PublishChangeSetResponse { change_set, revision }))
    }
}

impl ChangesApi {
    fn revision(&self) -> u64 {
        self.changes.catalogues.current().catalogue.revision()
    }

    #[allow(clippy::too_many_arguments)] // what the three step requests have in common, field by field
    async fn step(
        &self,
        who: &Who,
        request_id: &str,
        validate_only: bool,
        payload: Vec<u8>,
        raw_name: String,
        etag: String,
        step: Step,
    ) -> Result<(Option<pb::ChangeSet>, u64), Fault> {
        let mut v = Violations::new();
        let request_id = v.request_id(request_id);
        let name = name(&mut v, &raw_name);
        let (request_id, name) = v.finish_with(|| Some((request_id?, name?)))?;
        let mutation = who.mutation(&request_id, validate_only, &payload);
        let answer = self.changes.step(mutation, name, etag, step).await.map_err(error::change)?;
        Ok((Some(render(&answer.change_set)?), answer.revision))
    }
}

struct Who {
    caller: std::sync::Arc<Caller>,
    origin: Origin,
}

impl Who {
    fn mutation(&self, request_id: &RequestId, validate_only: bool, payload: &[u8]) -> Mutation {
        Mutation {
            caller: self.caller.clone(),
            origin: self.origin.clone(),
            request_id: request_id.as_str().to_owned(),
            validate_only,
            payload: payload_hash(payload),
        }
    }
}

fn who<T>(request: Request<T>) -> Result<(Who, T), Fault> {
    let who = Who { caller: Caller::of(&request)?, origin: Origin::of(&request) };
    Ok((who, request.into_inner()))
}

fn name(v: &mut Violations, raw: &str) -> Option<String> {
    let [id] = v.resource_name::<1>("name", raw, "changeSets/{change_set}")?;
    Some(format!("changeSets/{id}"))
}

fn draft(v: &mut Violations, raw: Option<pb::ChangeSet>) -> Option<Draft> {
    let mut v = v.scope("change_set");
    let raw = v.required("", raw)?;
    let title = v.text("title", &raw.title, 1..=300);
    let reason = v.paragraphs("reason", &raw.reason, 0..=20_000);
    let urgency_reason = v.paragraphs("urgency_reason", &raw.urgency_reason, 0..=20_000);
    let number = raw.changes.len();
    v.check("changes", (1..=MAX_CHANGES).contains(&number), format!("must be 1 to {MAX_CHANGES}"));
    let mut changes = Vec::with_capacity(number.min(MAX_CHANGES));
    for (index, raw) in raw.changes.iter().take(MAX_CHANGES).enumerate() {
        let field = format!("changes[{index}]");
        if raw.change.is_none() {
            v.add(&field, "must upsert or retire an entry");
            continue;
        }
        changes.extend(v.parse(&field, wire::to_domain::<_, Change>(raw)));
    }
    Some(Draft { title: title?, reason: reason?, urgency_reason: urgency_reason?, changes })
}

fn finding(finding: ChangeFinding) -> pb::ChangeFinding {
    pb::ChangeFinding {
        code: finding.code.to_owned(),
        change_index: u32::try_from(finding.index).unwrap_or(u32::MAX),
        entry: finding.entry,
        field: finding.field,
        message: finding.message,
    }
}

fn render(change_set: &ChangeSet) -> Result<pb::ChangeSet, Fault> {
    let changes = change_set.changes.iter().map(wire::to_wire).collect::<Result<_, _>>()?;
    let reviews = change_set.reviews.iter().map(|review| pb::ChangeReview {
        reviewer: review.reviewer.clone(),
        approved: review.approved,
        comment: review.comment.clone(),
        reviewed_at: Some(timestamp(review.at)),
    });
    Ok(pb::ChangeSet {
        name: change_set.name.clone(),
        title: change_set.title.clone(),
        reason: change_set.reason.clone(),
        changes,
        state: change_set.state.number(),
        author: change_set.author.clone(),
        created_at: Some(timestamp(change_set.created_at)),
        proposed_at: change_set.proposed_at.map(timestamp),
        reviews: reviews.collect(),
        published_revision: change_set.published_revision,
        published_at: change_set.published_at.map(timestamp),
        publisher: change_set.publisher.clone(),
        notification: None,
        reverts: String::new(),
        urgency_reason: change_set.urgency_reason.clone(),
        etag: change_set.etag(),
    })
}
