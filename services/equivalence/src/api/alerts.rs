//! AlertService.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::alert_service_server::AlertService;
use greenlane_curation::{Asked, fault, wire as shared};
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::Message as _;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::{question, wire};
use crate::app::alerts::{Alerts, Message, Told};
use crate::domain::alert::{Concerns, Interest, Item, Subscription};
use crate::domain::equivalence::TargetKey;

/// The most codes, markets or schemes of a subscription.
const MAX_INTERESTS: usize = 100;

/// The handler.
pub(crate) struct AlertsApi {
    pub(crate) alerts: Arc<Alerts>,
    pub(crate) bookmark_interval: Duration,
}

#[tonic::async_trait]
impl AlertService for AlertsApi {
    async fn create_subscription(
        &self,
        request: Request<pb::CreateSubscriptionRequest>,
    ) -> Result<Response<pb::CreateSubscriptionResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let parsed = subscription(&mut v, request.subscription, &self.alerts);
        let (request_id, (title, interest)) = v.finish_with(|| Some((request_id?, parsed?)))?;
        let mutation = call.mutation(&request_id, &payload);
        let (made, revision) = self.alerts.subscribe(mutation, title, interest).await.map_err(fault)?;
        Ok(Response::new(pb::CreateSubscriptionResponse { subscription: Some(render(made)), revision }))
    }

    async fn get_subscription(
        &self,
        request: Request<pb::GetSubscriptionRequest>,
    ) -> Result<Response<pb::GetSubscriptionResponse>, Status> {
        let caller = Caller::of(&request)?;
        let name = named("name", &request.into_inner().name)?;
        let found = self.alerts.get(&caller, &name).await?;
        let revision = self.alerts.revision();
        Ok(Response::new(pb::GetSubscriptionResponse { subscription: Some(render(found)), revision }))
    }

    async fn list_subscriptions(
        &self,
        request: Request<pb::ListSubscriptionsRequest>,
    ) -> Result<Response<pb::ListSubscriptionsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let binding = PageBinding::new("/greenlane.equivalence.v1.AlertService/ListSubscriptions");
        let mut v = Violations::new();
        let size = v.page_size(request.page_size);
        let after = v.page_token::<(i64, String)>(&request.page_token, &binding);
        let (size, after) = v.finish_with(|| Some((size?, after?)))?;
        let found = self.alerts.list(&caller, after, size as u64 + 1).await.map_err(Fault::from)?;
        let cursor = |last: &Subscription| (last.created_at.timestamp_micros(), last.name.clone());
        let (found, next_page_token) = shared::cut(found, size, &binding, cursor)?;
        let subscriptions = found.into_iter().map(render).collect();
        let revision = self.alerts.revision();
        Ok(Response::new(pb::ListSubscriptionsResponse { subscriptions, next_page_token, revision }))
    }

    async fn delete_subscription(
        &self,
        request: Request<pb::DeleteSubscriptionRequest>,
    ) -> Result<Response<pb::DeleteSubscriptionResponse>, Status> {
        let (asked, mut request) = Asked::of(request)?;
        let call = asked.call(&mut request.request_id, request.validate_only);
        let payload = request.encode_to_vec();
        let mut v = Violations::new();
        let request_id = call.request_id(&mut v);
        let name = name(&mut v, "name", &request.name);
        let (request_id, name) = v.finish_with(|| Some((request_id?, name?)))?;
        let mutation = call.mutation(&request_id, &payload);
        let ended = self.alerts.unsubscribe(mutation, name.clone()).await;
        let (ended, revision) = ended.map_err(|error| fault(error).about(name))?;
        Ok(Response::new(pb::DeleteSubscriptionResponse { subscription: Some(render(ended)), revision }))
    }

    async fn list_alerts(
        &self,
        request: Request<pb::ListAlertsRequest>,
    ) -> Result<Response<pb::ListAlertsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let binding = PageBinding::new("/greenlane.equivalence.v1.AlertService/ListAlerts")
            .with(&request.subscription)
            .with(request.after_position.to_be_bytes());
        let mut v = Violations::new();
        let name = name(&mut v, "subscription", &request.subscription);
        let size = v.page_size(request.page_size);
        let after = v.page_token::<u64>(&request.page_token, &binding);
        let (name, size, after) = v.finish_with(|| Some((name?, size?, after?)))?;
        let subscription = self.alerts.get(&caller, &name).await?;
        // What is due today is told today, whether or not the service has looked since midnight.
        self.alerts.keep().await.map_err(Fault::from)?;
        let after = after.unwrap_or(request.after_position);
        let page = self.alerts.page(&subscription.interest, after, size).await.map_err(Fault::from)?;
        let next_page_token = if page.more { binding.token(&page.position)? } else { String::new() };
        Ok(Response::new(pb::ListAlertsResponse {
            alerts: page.told.into_iter().map(alert).collect::<Result<_, _>>()?,
            next_page_token,
            revision: self.alerts.revision(),
            position: page.position,
            look_ahead_days: self.alerts.look_ahead_days(),
        }))
    }

    async fn watch_alerts(
        &self,
        request: Request<pb::WatchAlertsRequest>,
    ) -> Result<Response<BoxStream<pb::WatchAlertsResponse>>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let name = named("subscription", &request.subscription)?;
        self.alerts.get(&caller, &name).await?;
        let look_ahead_days = self.alerts.look_ahead_days();
        let messages = self.alerts.clone().watch(caller, name, request.after_position, self.bookmark_interval).map(
            move |message| {
                let Message { told, position } = message?;
                let bookmark = told.is_none();
                let alert = told.map(alert).transpose()?;
                Ok(pb::WatchAlertsResponse { alert, position, bookmark, look_ahead_days })
            },
        );
        Ok(Response::new(Box::pin(messages)))
    }
}

fn name(v: &mut Violations, field: &str, raw: &str) -> Option<String> {
    let [id] = v.resource_name::<1>(field, raw, "subscriptions/{subscription}")?;
    Some(format!("subscriptions/{id}"))
}

fn named(field: &str, raw: &str) -> Result<String, Fault> {
    let mut v = Violations::new();
    let name = name(&mut v, field, raw);
    v.finish_with(|| name)
}

/// Title and interest. Names that the catalogue does not have are refused: whoever mistypes one would hear nothing.
fn subscription(v: &mut Violations, raw: Option<pb::AlertSubscription>, alerts: &Alerts) -> Option<(String, Interest)> {
    let mut v = v.scope("subscription");
    let raw = v.required("", raw)?;
    let title = v.text("title", &raw.title, 0..=300);
    let mut fine = true;
    for (field, number) in [
        ("codes", raw.codes.len()),
        ("markets", raw.markets.len()),
        ("schemes", raw.schemes.len()),
        ("origins", raw.origins.len()),
    ] {
        fine &= v.check(field, number <= MAX_INTERESTS, format!("at most {MAX_INTERESTS}"));
    }
    if !fine {
        return None;
    }
    let mut interest = Interest::default();
    let in_catalogue = |interest: Interest| alerts.unknown(&interest).is_empty();
    for (index, code) in raw.codes.into_iter().enumerate() {
        interest.codes.extend(question::code(&mut v, &format!("codes[{index}]"), Some(code)));
    }
    let mut economies = |list: &str, raw: &[String]| {
        let mut found = Vec::new();
        for (index, economy) in raw.iter().enumerate() {
            let field = format!("{list}[{index}]");
            let Some(economy) = question::economy(&mut v, &field, economy) else { continue };
            let known = in_catalogue(Interest { markets: vec![economy.clone()], ..Interest::default() });
            v.check(&field, known, "is not in the catalogue");
            found.push(economy);
        }
        found
    };
    interest.markets = economies("markets", &raw.markets);
    interest.origins = economies("origins", &raw.origins);
    for (index, scheme) in raw.schemes.iter().enumerate() {
        let field = format!("schemes[{index}]");
        let Some(scheme) = v.parse(&field, TargetKey::parse(scheme)) else { continue };
        let known = in_catalogue(Interest { schemes: vec![scheme.clone()], ..Interest::default() });
        v.check(&field, known, "is not in the catalogue");
        interest.schemes.push(scheme);
    }
    Some((title?, interest))
}

fn render(subscription: Subscription) -> pb::AlertSubscription {
    let Interest { codes, markets, schemes, origins } = subscription.interest;
    let code = |code: crate::domain::code::CodeReference| greenlane_api::common::v1::CodeReference {
        edition: code.edition.to_string(),
        code: code.code.to_string(),
    };
    pb::AlertSubscription {
        name: subscription.name,
        title: subscription.title,
        codes: codes.into_iter().map(code).collect(),
        markets: markets.iter().map(|it| it.as_str().to_owned()).collect(),
        schemes: schemes.iter().map(ToString::to_string).collect(),
        created_at: Some(timestamp(subscription.created_at)),
        origins: origins.iter().map(|it| it.as_str().to_owned()).collect(),
    }
}

fn alert(told: Told) -> Result<pb::Alert, Fault> {
    let Told { position, alert, concerns } = told;
    let items =
        concerns.into_iter().filter_map(|(index, concerns)| alert.items.get(index).map(|it| item(it, concerns)));
    Ok(pb::Alert {
        items: items.collect::<Result<_, _>>()?,
        name: alert.name,
        position,
        kind: alert.kind.number(),
        raised_at: Some(timestamp(alert.raised_at)),
        title: alert.title,
        change_set: alert.change_set,
        notification_symbol: alert.notification_symbol,
        comments_until: alert.comments_until.map(|day| day.to_string()).unwrap_or_default(),
        revision: alert.revision,
    })
}

fn item(item: &Item, concerns: Concerns) -> Result<pb::AlertItem, Fault> {
    let reach = &item.reach;
    let markets = reach.markets.iter().flatten().map(|it| it.as_str().to_owned());
    let codes = reach.codes.iter().flatten().map(wire::to_wire);
    let schemes = reach.targets.iter().flatten().map(ToString::to_string);
    Ok(pb::AlertItem {
        entry: item.entry.clone(),
        field: item.field.clone(),
        what: item.what.clone(),
        from: item.from.map(|day| day.to_string()).unwrap_or_default(),
        legal_reference: item.legal_reference.clone(),
        to_do: item.to_do.clone(),
        tightens: item.tightens,
        markets: markets.collect(),
        codes: codes.collect::<Result<_, _>>()?,
        schemes: schemes.collect(),
        uncertain: concerns == Concerns::Perhaps,
        all_markets: reach.markets.is_none(),
        all_codes: reach.codes.is_none(),
        all_schemes: reach.targets.is_none(),
        origins: reach.origins.iter().flatten().map(|it| it.as_str().to_owned()).collect(),
        all_origins: reach.origins.is_none(),
    })
}
