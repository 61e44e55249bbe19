//! `TraceService`.

mod parse;
mod stream;

use std::collections::BTreeSet;
use std::sync::Arc;

use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::trace_service_server::TraceService;
use greenlane_credential::ConfidentialField;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::issue::{Answer, Incoming, Stamp};
use super::{consistency, content, render};
use crate::app::files::VersionFile;
use crate::app::read::Reader;
use crate::app::registry::Registry;
use crate::app::trace::gather;
use crate::domain::certificate::current_version;
use crate::domain::command::Command;
use crate::domain::contestation::without_effect;
use crate::domain::goods::ProductId;
use crate::domain::key::Key;
use crate::domain::life::{Standing, State, standing};
use crate::domain::names::BodyId;
use crate::domain::trace::footprint::{
    Certified, Claim, Comparison, Footprint, claim, compare, footprint, other_reporter,
};
use crate::domain::trace::{is_of, parse_trace_name};
use crate::domain::verdict::Outcome;
use crate::domain::verdict::authentic::{Judged, Presented, judge};
use crate::store::trace::{self, TraceFilter};

/// Reporters that can be asked for.
const MAX_REPORTERS: usize = 100;

/// The service.
#[derive(Clone)]
pub(crate) struct Traces {
    pub(crate) registry: Arc<Registry>,
    pub(crate) reader: Reader,
}

#[tonic::async_trait]
impl TraceService for Traces {
    async fn record_trace_event(
        &self,
        request: Request<wire::RecordTraceEventRequest>,
    ) -> Result<Response<wire::RecordTraceEventResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let wire::RecordTraceEventRequest { validate_only, event, .. } = incoming.message.clone();
        let answer = self
            .record(&incoming.caller, &incoming.request_id, incoming.stamp.clone(), event, validate_only)
            .await
            .and_then(|answer| {
                let event = Some(render::trace_event(answer.trace()?, answer.proof.is_some()));
                Ok(wire::RecordTraceEventResponse { event, revision: answer.revision, proof: answer.proof })
            });
        Ok(Response::new(answer?))
    }

    async fn import_trace_events(
        &self,
        request: Request<Streaming<wire::ImportTraceEventsRequest>>,
    ) -> Result<Response<BoxStream<wire::ImportTraceEventsResponse>>, Status> {
        stream::import(self.clone(), request)
    }

    async fn get_trace_event(
        &self,
        request: Request<wire::GetTraceEventRequest>,
    ) -> Result<Response<wire::GetTraceEventResponse>, Status> {
        Ok(Response::new(self.get(request.into_inner()).await?))
    }

    async fn list_trace_events(
        &self,
        request: Request<wire::ListTraceEventsRequest>,
    ) -> Result<Response<wire::ListTraceEventsResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn get_footprint(
        &self,
        request: Request<wire::GetFootprintRequest>,
    ) -> Result<Response<wire::GetFootprintResponse>, Status> {
        let raw = request.into_inner();
        let mut v = Violations::new();
        let product = required_product(&mut v, raw.product);
        let reporters = reporters(&mut v, &raw.reporters);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (product, reporters, freshness) = v.finish_with(|| Some((product?, reporters?, freshness?)))?;
        let revision = self.reader.settle(freshness).await.map_err(Fault::from)?;
        let footprint = self.footprint(&product, reporters, revision).await?;
        Ok(Response::new(wire::GetFootprintResponse {
            footprint: Some(render::footprint(&footprint, &product)),
            revision,
        }))
    }

    async fn compare_footprint(
        &self,
        request: Request<wire::CompareFootprintRequest>,
    ) -> Result<Response<wire::CompareFootprintResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.compare(&caller, request.into_inner()).await?))
    }
}

impl Traces {
    /// Records an event.
    async fn record(
        &self,
        caller: &Caller,
        request_id: &str,
        stamp: Stamp,
        event: Option<wire::TraceEvent>,
        validate_only: bool,
    ) -> Result<Answer, Fault> {
        let mut v = Violations::new();
        let request_id = v.request_id(request_id);
        let event = v.required("event", event);
        if let Some(event) = &event {
            consistency::must_be(caller, &event.reporter)?;
        }
        let now = self.registry.clock.now();
        let parsed = event.and_then(|event| parse::event(&mut v.scope("event"), event, now));
        let (request_id, (record, document)) = v.finish_with(|| Some((request_id?, parsed?)))?;
        let id = stamp.with(&request_id);
        let command = match self.registry.prepare_trace(record, document).await {
            Ok(command) => command,
            // A key has been retired since: what was done stays done.
            Err(fault) => return Ok(Answer::from(self.registry.unless_done_before(&id, fault).await?)),
        };
        let command = Command::Trace(Box::new(command));
        Ok(Answer::from(self.registry.perform(id.wants(command), validate_only).await?))
    }

    async fn get(&self, raw: wire::GetTraceEventRequest) -> Result<wire::GetTraceEventResponse, Fault> {
        let mut v = Violations::new();
        let index = v.parse("name", parse_trace_name(&raw.name));
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (index, freshness) = v.finish_with(|| Some((index?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        let found = self
            .reader
            .read("get_trace_event", move |tx| {
                Box::pin(async move { Ok(trace::by_index(tx, &[index].into()).await?.pop()) })
            })
            .await?;
        let event = found.filter(|event| event.index < revision).ok_or_else(|| Fault::not_found(&raw.name))?;
        Ok(wire::GetTraceEventResponse { event: Some(render::trace_event(&event, true)), revision })
    }

    async fn list(&self, raw: wire::ListTraceEventsRequest) -> Result<wire::ListTraceEventsResponse, Fault> {
        let mut v = Violations::new();
        let asked = raw.product.clone().unwrap_or_default();
        let binding = PageBinding::new("ListTraceEvents")
            .with(&asked.gtin)
            .with(&asked.model)
            .with(&asked.batch)
            .with(&asked.serial)
            .with(raw.stage.to_be_bytes())
            .with(&raw.reporter);
        let product = content::product_id(&mut v, "product", asked);
        let stage = if raw.stage == 0 { Some(None) } else { parse::stage(&mut v, "stage", raw.stage).map(Some) };
        let reporter = consistency::optional_body(&mut v, "reporter", &raw.reporter);
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<u64>(&raw.page_token, &binding);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (filter, page_size, after, freshness) = v.finish_with(|| {
            let filter = TraceFilter { product: product?, stage: stage?, reporter: reporter? };
            Some((filter, page_size?, after?, freshness?))
        })?;
        let revision = self.reader.settle(freshness).await?;
        let mut events = self
            .reader
            .read("list_trace_events", move |tx| {
                let filter = filter.clone();
                Box::pin(async move { Ok(trace::list(tx, &filter, revision, after, page_size as u64 + 1).await?) })
            })
            .await?;
        let more = events.len() > page_size;
        events.truncate(page_size);
        let next_page_token = match events.last() {
            Some(last) if more => binding.token(&last.index)?,
            _ => String::new(),
        };
        let events = events.iter().map(|event| render::trace_event(event, true)).collect();
        Ok(wire::ListTraceEventsResponse { events, next_page_token, revision })
    }

    async fn footprint(
        &self,
        product: &ProductId,
        reporters: BTreeSet<BodyId>,
        revision: u64,
    ) -> Result<Footprint, Fault> {
        let mut gathered = gather(&self.reader, product.clone(), revision).await?;
        gathered.reporters = reporters;
        footprint(&gathered, product)
            .ok_or_else(|| Fault::not_found("traceEvents").with_message("there are no events of this product"))
    }

    async fn compare(
        &self,
        caller: &Caller,
        raw: wire::CompareFootprintRequest,
    ) -> Result<wire::CompareFootprintResponse, Fault> {
        let mut v = Violations::new();
        let product = required_product(&mut v, raw.product);
        let number = consistency::certificate(&mut v, "certificate", &raw.certificate, false);
        let reporters = reporters(&mut v, &raw.reporters);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (product, number, reporters, freshness) =
            v.finish_with(|| Some((product?, number?, reporters?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        let file = self.registry.published.files().certificate(&self.reader.store, &number).await?;
        let file = file.ok_or_else(|| Fault::not_found(number.name()))?;
        consistency::own_or_unbound(caller, &file.body.name()).map_err(|denied| denied.about(number.name()))?;
        let (events, today) = (file.events_at(revision), self.registry.clock.today());
        let current = current_version(events, today);
        let version = file.versions_at(revision).iter().find(|version| version.version == current);
        let version = version.ok_or_else(|| Fault::not_found(number.name()))?;
        let footprint = self.footprint(&product, reporters, revision).await?;
        // Who may not read certificates does not hear here what one keeps back.
        let kept_back = version.content.confidential.contains(&ConfidentialField::Measurements)
            && caller.body().is_none()
            && !caller.has_scope("certificates.read");
        let claim = if kept_back { Claim::Nothing } else { claim(&version.content) };
        let claimed = claim.told();
        let names_product = version.content.products.iter().any(|certified| {
            let models = certified.models.iter().chain([&certified.id.model]);
            let is_model = models.filter(|model| !model.is_empty()).any(|model| {
                is_of(&ProductId { model: model.clone(), ..certified.id.clone() }, &wider(&product, &certified.id))
            });
            is_model || is_of(&certified.id, &wider(&product, &certified.id))
        });
        let valid = (version.content.valid_from, version.content.valid_until);
        let body = self.registry.body_file(&file.body).await?;
        let not_in_force = match standing(events, valid, today) {
            _ if !without_effect(file.contestations_at(revision), today).is_empty() => Some("without_effect"),
            Some(Standing::Stored(State::Active)) => void(version, body.key_at(&version.key, revision), revision),
            other => Some(other.map_or("not_known_then", Standing::as_str)),
        };
        let certified = Certified { claim, kept_back, names_product, not_in_force };
        let (comparison, mut findings) = compare(&footprint, &certified);
        if matches!(comparison, Comparison::Consistent | Comparison::ExceedsClaim) {
            findings.extend(other_reporter(&footprint, &file.body));
        }
        Ok(wire::CompareFootprintResponse {
            footprint: Some(render::footprint(&footprint, &product)),
            claimed_kg_co2e_per_unit: claimed.map(|claim| claim.to_string()).unwrap_or_default(),
            comparison: match comparison {
                Comparison::Consistent => wire::FootprintComparison::Consistent,
                Comparison::ExceedsClaim => wire::FootprintComparison::ExceedsClaim,
                Comparison::Undetermined => wire::FootprintComparison::Undetermined,
                Comparison::NoClaim => wire::FootprintComparison::NoClaim,
            }
            .into(),
            findings: findings.into_iter().map(render::finding).collect(),
            revision,
        })
    }
}

/// Why what is in force is void all the same, if it is: as verdicts tell it, since its document is not authentic.
fn void(version: &VersionFile, key: Option<&Key>, tree_size: u64) -> Option<&'static str> {
    let VersionFile { stored, recorded_at, log_index, .. } = *version;
    let part = judge(&Presented::Number, Some(Judged { stored, key, recorded_at, log_index, tree_size }));
    let why = part.findings.first().filter(|_| part.outcome == Outcome::No);
    why.map(|finding| finding.code)
}

/// What is asked of a product, without what its certificate does not limit itself to.
fn wider(asked: &ProductId, certified: &ProductId) -> ProductId {
    let keep = |asked: &String, certified: &String| if certified.is_empty() { String::new() } else { asked.clone() };
    ProductId {
        gtin: keep(&asked.gtin, &certified.gtin),
        model: asked.model.clone(),
        batch: keep(&asked.batch, &certified.batch),
        serial: keep(&asked.serial, &certified.serial),
    }
}

/// Whose events are to count; empty for all.
fn reporters(v: &mut Violations, raw: &[String]) -> Option<BTreeSet<BodyId>> {
    let fits = v.check("reporters", raw.len() <= MAX_REPORTERS, format!("at most {MAX_REPORTERS}"));
    let read = raw.iter().take(MAX_REPORTERS).enumerate();
    let read: Vec<_> = read.map(|(at, raw)| consistency::body(v, &format!("reporters[{at}]"), raw)).collect();
    read.into_iter().collect::<Option<BTreeSet<BodyId>>>().filter(|_| fits)
}

fn required_product(
    v: &mut Violations,
    raw: Option<greenlane_api::common::v1::ProductIdentification>,
) -> Option<ProductId> {
    let product = content::product_id(v, "product", raw.unwrap_or_default())?;
    v.check("product", !product.is_empty(), "is required: a GTIN, a model, a batch or a serial").then_some(product)
}
