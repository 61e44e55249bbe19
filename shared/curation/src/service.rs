//! `ChangeService`, once for all packages that have it: their messages have the same names and the same fields, and are
//! types of their own all the same, so that the handlers are written by a macro.

/// Implements the `ChangeService` of a package for a [`Contract`]. Methods that one package has alone stand in braces
/// behind it; they are methods of the service's trait.
///
/// ```ignore
/// greenlane_curation::change_service!(pb, ChangesApi, {});
/// ```
#[macro_export]
macro_rules! change_service {
    ($pb:ident, $api:ty, { $($more:tt)* }) => {
        // The steps that answer with the change set alone: method, messages, and what of the request the step is made of.
        $crate::change_service!(@with $pb, $api, { $($more)* }, [
            notify_change_set(NotifyChangeSetRequest) -> NotifyChangeSetResponse:
                |v, request| wire::notify(v, &request.comments_until);
            review_change_set(ReviewChangeSetRequest) -> ReviewChangeSetResponse:
                |v, request| wire::review(v, request.approve, &request.comment);
            publish_change_set(PublishChangeSetRequest) -> PublishChangeSetResponse: |_, _| Some(Step::Publish);
            withdraw_change_set(WithdrawChangeSetRequest) -> WithdrawChangeSetResponse:
                |v, request| wire::withdraw(v, &request.comment);
        ]);
    };
    (
        @with $pb:ident, $api:ty, { $($more:tt)* },
        [$($method:ident($request:ident) -> $response:ident: $step:expr;)*]
    ) => {
        const _: () = {
            use ::greenlane_platform::fault::Fault;
            use ::greenlane_platform::revisions::timestamp;
            use ::greenlane_platform::violations::{PageBinding, Violations};
            use ::prost::Message as _;
            use ::tonic::{Request, Response, Status};
            use $crate::{
                Answer, Asked, ChangeSet, Contract, Curated, Filter, State, Step, fault, one_more, wire,
            };

            type Change = <<$api as Contract>::Curated as Curated>::Change;

            #[::tonic::async_trait]
            impl $pb::change_service_server::ChangeService for $api {
                async fn create_change_set(
                    &self,
                    request: Request<$pb::CreateChangeSetRequest>,
                ) -> Result<Response<$pb::CreateChangeSetResponse>, Status> {
                    let (asked, mut request) = Asked::of(request)?;
                    let call = asked.call(&mut request.request_id, request.validate_only);
                    let payload = request.encode_to_vec();
                    let mut v = Violations::new();
                    let request_id = call.request_id(&mut v);
                    let mut scope = v.scope("change_set");
                    let raw = scope.required("", request.change_set);
                    let draft = raw.and_then(|raw| {
                        let texts = (raw.title.as_str(), raw.reason.as_str(), raw.urgency_reason.as_str());
                        wire::draft(&mut scope, texts, &raw.changes, <Self as Contract>::parser())
                    });
                    drop(scope);
                    let (request_id, draft) = v.finish_with(|| Some((request_id?, draft?)))?;
                    let mutation = call.mutation(&request_id, &payload);
                    let answer = self.workflow().create(mutation, draft).await.map_err(fault)?;
                    let (checked, _) = self.workflow().check(answer.change_set.clone()).await.map_err(fault)?;
                    let (findings, tightening, notification_duty) = found(checked);
                    let (change_set, revision) = answered(answer)?;
                    Ok(Response::new($pb::CreateChangeSetResponse {
                        change_set,
                        revision,
                        findings,
                        tightening,
                        notification_duty,
                    }))
                }

                async fn get_change_set(
                    &self,
                    request: Request<$pb::GetChangeSetRequest>,
                ) -> Result<Response<$pb::GetChangeSetResponse>, Status> {
                    let name = wire::named(&request.into_inner().name)?;
                    let change_set = self.workflow().get(name).await.map_err(fault)?;
                    let change_set = Some(rendered(&change_set)?);
                    Ok(Response::new($pb::GetChangeSetResponse { change_set, revision: self.revision() }))
                }

                async fn list_change_sets(
                    &self,
                    request: Request<$pb::ListChangeSetsRequest>,
                ) -> Result<Response<$pb::ListChangeSetsResponse>, Status> {
                    let request = request.into_inner();
                    let binding =
                        bound("ListChangeSets").with(request.state.to_be_bytes()).with(&request.author);
                    let mut v = Violations::new();
                    let size = v.page_size(request.page_size);
                    let after = v.page_token::<(i64, String)>(&request.page_token, &binding);
                    let state = State::from_number(request.state);
                    v.check("state", request.state == 0 || state.is_some(), "is not known");
                    let author = v.text("author", &request.author, 0..=500);
                    let (size, after, author) = v.finish_with(|| Some((size?, after?, author?)))?;
                    let filter = Filter { state, author };
                    let found = self.workflow().list(filter, after, one_more(size)).await.map_err(fault)?;
                    let cursor =
                        |last: &ChangeSet<Change>| (last.created_at.timestamp_micros(), last.name.clone());
                    let (found, next_page_token) = wire::cut(found, size, &binding, cursor)?;
                    let change_sets = found.iter().map(rendered).collect::<Result<_, Fault>>()?;
                    let revision = self.revision();
                    Ok(Response::new($pb::ListChangeSetsResponse { change_sets, next_page_token, revision }))
                }

                async fn update_change_set(
                    &self,
                    request: Request<$pb::UpdateChangeSetRequest>,
                ) -> Result<Response<$pb::UpdateChangeSetResponse>, Status> {
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
                        let update = wire::update(&mut scope, mask?, texts, &raw.changes, <Self as Contract>::parser());
                        Some((name?, raw.etag, update?))
                    });
                    drop(scope);
                    let (request_id, (name, etag, update)) = v.finish_with(|| Some((request_id?, parsed?)))?;
                    let mutation = call.mutation(&request_id, &payload);
                    let answer = self.workflow().update(mutation, name, etag, update).await.map_err(fault)?;
                    let (change_set, revision) = answered(answer)?;
                    Ok(Response::new($pb::UpdateChangeSetResponse { change_set, revision }))
                }

                async fn validate_change_set(
                    &self,
                    request: Request<$pb::ValidateChangeSetRequest>,
                ) -> Result<Response<$pb::ValidateChangeSetResponse>, Status> {
                    let name = wire::named(&request.into_inner().name)?;
                    let (checked, revision) = self.workflow().validate(name).await.map_err(fault)?;
                    let (findings, tightening, notification_duty) = found(checked);
                    Ok(Response::new($pb::ValidateChangeSetResponse {
                        findings,
                        revision,
                        tightening,
                        notification_duty,
                    }))
                }

                async fn diff_change_set(
                    &self,
                    request: Request<$pb::DiffChangeSetRequest>,
                ) -> Result<Response<$pb::DiffChangeSetResponse>, Status> {
                    let request = request.into_inner();
                    let binding = bound("DiffChangeSet").with(&request.name);
                    let mut v = Violations::new();
                    let name = wire::name(&mut v, "name", &request.name);
                    let size = v.page_size(request.page_size);
                    let from = v.page_token::<usize>(&request.page_token, &binding);
                    let (name, size, from) = v.finish_with(|| Some((name?, size?, from?.unwrap_or(0))))?;
                    let (diffs, revision) = self.workflow().diff(name).await.map_err(fault)?;
                    let next_page_token = match diffs.len() > from.saturating_add(size) {
                        true => binding.token(&(from + size))?,
                        false => String::new(),
                    };
                    let diffs = diffs.into_iter().skip(from).take(size).map(<Self as Contract>::render_diff).collect();
                    Ok(Response::new($pb::DiffChangeSetResponse { diffs, next_page_token, revision }))
                }

                async fn propose_change_set(
                    &self,
                    request: Request<$pb::ProposeChangeSetRequest>,
                ) -> Result<Response<$pb::ProposeChangeSetResponse>, Status> {
                    let (asked, mut request) = Asked::of(request)?;
                    let call = asked.call(&mut request.request_id, request.validate_only);
                    let payload = request.encode_to_vec();
                    let etag = std::mem::take(&mut request.etag);
                    let of = (request.name.as_str(), etag);
                    let mut answer = wire::step(self, call, payload, of, |_| Some(Step::Propose)).await?;
                    let (findings, tightening, notification_duty) = found(std::mem::take(&mut answer.checked));
                    let (change_set, revision) = answered(answer)?;
                    Ok(Response::new($pb::ProposeChangeSetResponse {
                        change_set,
                        revision,
                        findings,
                        tightening,
                        notification_duty,
                    }))
                }

                async fn comment_on_change_set(
                    &self,
                    request: Request<$pb::CommentOnChangeSetRequest>,
                ) -> Result<Response<$pb::CommentOnChangeSetResponse>, Status> {
                    let (asked, mut request) = Asked::of(request)?;
                    let call = asked.call(&mut request.request_id, request.validate_only);
                    let payload = request.encode_to_vec();
                    let mut v = Violations::new();
                    let request_id = call.request_id(&mut v);
                    let name = wire::name(&mut v, "name", &request.name);
                    let text = wire::text(&mut v, "text", &request.text, true);
                    let (request_id, name, text) = v.finish_with(|| Some((request_id?, name?, text?)))?;
                    let mutation = call.mutation(&request_id, &payload);
                    let (made, revision) = self.workflow().comment(mutation, name, text).await.map_err(fault)?;
                    let comment = Some(comment(made));
                    Ok(Response::new($pb::CommentOnChangeSetResponse { comment, revision }))
                }

                async fn list_change_comments(
                    &self,
                    request: Request<$pb::ListChangeCommentsRequest>,
                ) -> Result<Response<$pb::ListChangeCommentsResponse>, Status> {
                    let request = request.into_inner();
                    let binding = bound("ListChangeComments").with(&request.name);
                    let mut v = Violations::new();
                    let name = wire::name(&mut v, "name", &request.name);
                    let size = v.page_size(request.page_size);
                    let after = v.page_token::<(i64, String)>(&request.page_token, &binding);
                    let (name, size, after) = v.finish_with(|| Some((name?, size?, after?)))?;
                    let found = self.workflow().comments(name, after, one_more(size)).await.map_err(fault)?;
                    let cursor = |last: &$crate::Comment| (last.at.timestamp_micros(), last.id.clone());
                    let (found, next_page_token) = wire::cut(found, size, &binding, cursor)?;
                    let comments = found.into_iter().map(comment).collect();
                    let revision = self.revision();
                    Ok(Response::new($pb::ListChangeCommentsResponse { comments, next_page_token, revision }))
                }

                async fn revert_change_set(
                    &self,
                    request: Request<$pb::RevertChangeSetRequest>,
                ) -> Result<Response<$pb::RevertChangeSetResponse>, Status> {
                    let (asked, mut request) = Asked::of(request)?;
                    let call = asked.call(&mut request.request_id, request.validate_only);
                    let payload = request.encode_to_vec();
                    let mut v = Violations::new();
                    let request_id = call.request_id(&mut v);
                    let name = wire::name(&mut v, "name", &request.name);
                    let reason = wire::text(&mut v, "reason", &request.reason, true);
                    let urgency = wire::text(&mut v, "urgency_reason", &request.urgency_reason, false);
                    let (request_id, name, reason, urgency) =
                        v.finish_with(|| Some((request_id?, name?, reason?, urgency?)))?;
                    let mutation = call.mutation(&request_id, &payload);
                    let answer = self.workflow().revert(mutation, name, reason, urgency).await.map_err(fault)?;
                    let (change_set, revision) = answered(answer)?;
                    Ok(Response::new($pb::RevertChangeSetResponse { change_set, revision }))
                }

                $(
                    async fn $method(
                        &self,
                        request: Request<$pb::$request>,
                    ) -> Result<Response<$pb::$response>, Status> {
                        let (asked, mut request) = Asked::of(request)?;
                        let call = asked.call(&mut request.request_id, request.validate_only);
                        let payload = request.encode_to_vec();
                        let etag = std::mem::take(&mut request.etag);
                        let step: fn(&mut Violations, &$pb::$request) -> Option<Step> = $step;
                        let of = (request.name.as_str(), etag);
                        let answer = wire::step(self, call, payload, of, |v| step(v, &request)).await?;
                        let (change_set, revision) = answered(answer)?;
                        Ok(Response::new($pb::$response { change_set, revision }))
                    }
                )*

                $($more)*
            }

            fn bound(method: &str) -> PageBinding {
                PageBinding::new(&format!("/{}/{method}", $pb::change_service_server::SERVICE_NAME))
            }

            fn answered(answer: Answer<Change>) -> Result<(Option<$pb::ChangeSet>, u64), Fault> {
                Ok((Some(rendered(&answer.change_set)?), answer.revision))
            }

            $crate::found!(found, $pb);

            fn comment(comment: $crate::Comment) -> $pb::ChangeComment {
                $pb::ChangeComment {
                    author: comment.author,
                    economy: comment.economy,
                    text: comment.text,
                    commented_at: Some(timestamp(comment.at)),
                }
            }

            fn notified(notification: &$crate::Notification) -> $pb::ChangeNotification {
                let addenda = notification.addenda.iter().map(|addendum| $pb::NotificationAddendum {
                    symbol: addendum.symbol.clone(),
                    text: addendum.text.clone(),
                    notified_at: Some(timestamp(addendum.notified_at)),
                });
                $pb::ChangeNotification {
                    symbol: notification.symbol.clone(),
                    text: notification.text.clone(),
                    notified_at: Some(timestamp(notification.notified_at)),
                    comments_until: notification.comments_until.to_string(),
                    articles: notification.articles.clone(),
                    addenda: addenda.collect(),
                }
            }

            fn rendered(change_set: &ChangeSet<Change>) -> Result<$pb::ChangeSet, Fault> {
                let reviews = change_set.reviews.iter().map(|review| $pb::ChangeReview {
                    reviewer: review.reviewer.clone(),
                    approved: review.approved,
                    comment: review.comment.clone(),
                    reviewed_at: Some(timestamp(review.at)),
                });
                let mut rendered = $pb::ChangeSet::default();
                rendered.name.clone_from(&change_set.name);
                rendered.title.clone_from(&change_set.title);
                rendered.reason.clone_from(&change_set.reason);
                rendered.changes = change_set.changes.iter().map(<$api as Contract>::render).collect::<Result<_, _>>()?;
                rendered.state = change_set.state.number();
                rendered.author.clone_from(&change_set.author);
                rendered.created_at = Some(timestamp(change_set.created_at));
                rendered.proposed_at = change_set.proposed_at.map(timestamp);
                rendered.reviews = reviews.collect();
                rendered.published_revision = change_set.published_revision;
                rendered.published_at = change_set.published_at.map(timestamp);
                rendered.publisher.clone_from(&change_set.publisher);
                rendered.notification = change_set.notification.as_ref().map(notified);
                rendered.reverts.clone_from(&change_set.reverts);
                rendered.urgency_reason.clone_from(&change_set.urgency_reason);
                rendered.etag = change_set.etag();
                rendered.withdrawal_reason.clone_from(&change_set.withdrawal_reason);
                <$api as Contract>::complete(&mut rendered, change_set);
                Ok(rendered)
            }
        };
    };
}

/// A function of this name and visibility that renders what was found of a change set: findings, what it tightens, and
/// whether it must be notified.
#[macro_export]
macro_rules! found {
    ($visible:vis $name:ident, $pb:ident) => {
        $visible fn $name(
            checked: $crate::Checked,
        ) -> (Vec<$pb::ChangeFinding>, Vec<$pb::Tightening>, Option<$pb::NotificationDuty>) {
            let finding = |it: $crate::Finding| $pb::ChangeFinding {
                blocking: it.is_blocking(),
                code: it.code.into_owned(),
                change_index: u32::try_from(it.index).unwrap_or(u32::MAX),
                entry: it.entry,
                field: it.field,
                message: it.message,
            };
            let tightened =
                |it: $crate::Tightening| $pb::Tightening { entry: it.entry, what: it.what, field: it.field };
            let duty = $pb::NotificationDuty {
                required: checked.duty.required,
                reason: checked.duty.reason,
                earliest_publication: checked.duty.earliest.map(|day| day.to_string()).unwrap_or_default(),
            };
            let findings = checked.findings.into_iter().map(finding).collect();
            (findings, checked.tightening.into_iter().map(tightened).collect(), Some(duty))
        }
    };
}
