//! `AlertService`, once for all packages that have it: their messages have the same names and the same fields, but for
//! what a subscription names and what an alert's items say.

/// Implements the `AlertService` of a package for an [`AlertContract`](crate::alerts::AlertContract).
///
/// ```ignore
/// greenlane_curation::alert_service!(pb, AlertsApi);
/// ```
#[macro_export]
macro_rules! alert_service {
    ($pb:ident, $api:ty) => {
        const _: () = {
            use ::futures_util::StreamExt as _;
            use ::greenlane_platform::auth::Caller;
            use ::greenlane_platform::fault::Fault;
            use ::greenlane_platform::revisions::timestamp;
            use ::greenlane_platform::violations::{PageBinding, Violations};
            use ::prost::Message as _;
            use ::tonic::codegen::BoxStream;
            use ::tonic::{Request, Response, Status};
            use $crate::alerts::contract::{name, named};
            use $crate::alerts::{AlertContract, Alerting, Message, Subscription, Told};
            use $crate::{Asked, fault, one_more, wire};

            type Item = <<$api as AlertContract>::Alerting as Alerting>::Item;
            type Interest = <<$api as AlertContract>::Alerting as Alerting>::Interest;

            #[::tonic::async_trait]
            impl $pb::alert_service_server::AlertService for $api {
                async fn create_subscription(
                    &self,
                    request: Request<$pb::CreateSubscriptionRequest>,
                ) -> Result<Response<$pb::CreateSubscriptionResponse>, Status> {
                    let (asked, mut request) = Asked::of(request)?;
                    let call = asked.call(&mut request.request_id, request.validate_only);
                    let payload = request.encode_to_vec();
                    let mut v = Violations::new();
                    let request_id = call.request_id(&mut v);
                    let raw = v.required("subscription", request.subscription);
                    let parsed = raw.and_then(|raw| self.parse(&mut v, raw));
                    let (request_id, (title, interest)) = v.finish_with(|| Some((request_id?, parsed?)))?;
                    let mutation = call.mutation(&request_id, &payload);
                    let (mut made, revision) =
                        self.alerts().subscribe(mutation, title, interest).await.map_err(fault)?;
                    if request.validate_only {
                        // It gets its name when it is made.
                        made.name.clear();
                    }
                    let subscription = Some(<Self as AlertContract>::subscription(made));
                    Ok(Response::new($pb::CreateSubscriptionResponse { subscription, revision }))
                }

                async fn get_subscription(
                    &self,
                    request: Request<$pb::GetSubscriptionRequest>,
                ) -> Result<Response<$pb::GetSubscriptionResponse>, Status> {
                    let caller = Caller::of(&request)?;
                    let name = named("name", &request.into_inner().name)?;
                    let found = self.alerts().get(&caller, &name).await?;
                    let subscription = Some(<Self as AlertContract>::subscription(found));
                    let revision = self.alerts().revision();
                    Ok(Response::new($pb::GetSubscriptionResponse { subscription, revision }))
                }

                async fn list_subscriptions(
                    &self,
                    request: Request<$pb::ListSubscriptionsRequest>,
                ) -> Result<Response<$pb::ListSubscriptionsResponse>, Status> {
                    let caller = Caller::of(&request)?;
                    let request = request.into_inner();
                    let binding = bound("ListSubscriptions");
                    let mut v = Violations::new();
                    let size = v.page_size(request.page_size);
                    let after = v.page_token::<(i64, String)>(&request.page_token, &binding);
                    let (size, after) = v.finish_with(|| Some((size?, after?)))?;
                    let found = self.alerts().list(&caller, after, one_more(size)).await.map_err(Fault::from)?;
                    let cursor =
                        |last: &Subscription<Interest>| (last.created_at.timestamp_micros(), last.name.clone());
                    let (found, next_page_token) = wire::cut(found, size, &binding, cursor)?;
                    let subscriptions = found.into_iter().map(<Self as AlertContract>::subscription).collect();
                    let revision = self.alerts().revision();
                    Ok(Response::new($pb::ListSubscriptionsResponse { subscriptions, next_page_token, revision }))
                }

                async fn delete_subscription(
                    &self,
                    request: Request<$pb::DeleteSubscriptionRequest>,
                ) -> Result<Response<$pb::DeleteSubscriptionResponse>, Status> {
                    let (asked, mut request) = Asked::of(request)?;
                    let call = asked.call(&mut request.request_id, request.validate_only);
                    let payload = request.encode_to_vec();
                    let mut v = Violations::new();
                    let request_id = call.request_id(&mut v);
                    let name = name(&mut v, "name", &request.name);
                    let (request_id, name) = v.finish_with(|| Some((request_id?, name?)))?;
                    let mutation = call.mutation(&request_id, &payload);
                    let ended = self.alerts().unsubscribe(mutation, name.clone()).await;
                    let (ended, revision) = ended.map_err(|error| fault(error).about(name))?;
                    let subscription = Some(<Self as AlertContract>::subscription(ended));
                    Ok(Response::new($pb::DeleteSubscriptionResponse { subscription, revision }))
                }

                async fn list_alerts(
                    &self,
                    request: Request<$pb::ListAlertsRequest>,
                ) -> Result<Response<$pb::ListAlertsResponse>, Status> {
                    let caller = Caller::of(&request)?;
                    let request = request.into_inner();
                    let binding =
                        bound("ListAlerts").with(&request.subscription).with(request.after_position.to_be_bytes());
                    let mut v = Violations::new();
                    let name = name(&mut v, "subscription", &request.subscription);
                    let size = v.page_size(request.page_size);
                    let after = v.page_token::<u64>(&request.page_token, &binding);
                    let (name, size, after) = v.finish_with(|| Some((name?, size?, after?)))?;
                    let alerts = self.alerts();
                    let subscription = alerts.get(&caller, &name).await?;
                    // What is due today is told today, whether or not the service has looked since midnight.
                    alerts.keep().await.map_err(Fault::from)?;
                    let after = after.unwrap_or(request.after_position);
                    let page = alerts.page(&subscription.interest, after, size).await.map_err(Fault::from)?;
                    let next_page_token = if page.more { binding.token(&page.position)? } else { String::new() };
                    Ok(Response::new($pb::ListAlertsResponse {
                        alerts: page.told.into_iter().map(told).collect::<Result<_, _>>()?,
                        next_page_token,
                        revision: alerts.revision(),
                        position: page.position,
                        look_ahead_days: alerts.look_ahead_days(),
                    }))
                }

                async fn watch_alerts(
                    &self,
                    request: Request<$pb::WatchAlertsRequest>,
                ) -> Result<Response<BoxStream<$pb::WatchAlertsResponse>>, Status> {
                    let caller = Caller::of(&request)?;
                    let request = request.into_inner();
                    let name = named("subscription", &request.subscription)?;
                    let alerts = self.alerts().clone();
                    alerts.get(&caller, &name).await?;
                    let look_ahead_days = alerts.look_ahead_days();
                    let messages = alerts.watch(caller, name, request.after_position, self.bookmark_interval());
                    let messages = messages.map(move |message| {
                        let Message { told: alert, position } = message?;
                        let bookmark = alert.is_none();
                        let alert = alert.map(told).transpose()?;
                        Ok($pb::WatchAlertsResponse { alert, position, bookmark, look_ahead_days })
                    });
                    Ok(Response::new(Box::pin(messages)))
                }
            }

            fn bound(method: &str) -> PageBinding {
                PageBinding::new(&format!("/{}/{method}", $pb::alert_service_server::SERVICE_NAME))
            }

            fn told(told: Told<Item>) -> Result<$pb::Alert, Fault> {
                let Told { position, alert, concerns, omitted } = told;
                let items =
                    concerns.into_iter().filter_map(|(index, concerns)| Some((alert.items.get(index)?, concerns)));
                let items = items.map(|(item, concerns)| <$api as AlertContract>::item(item, concerns));
                Ok($pb::Alert {
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
                    omitted_items: u32::try_from(omitted).unwrap_or(u32::MAX),
                })
            }
        };
    };
}
