//! `BodyService`.

mod key;
mod statement;
mod update;

use std::sync::Arc;

use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::body_service_server::BodyService;
use greenlane_credential::did_web;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use tonic::{Request, Response, Status};

use super::issue::{Answer, Incoming};
use super::{consistency, render};
use crate::app::document;
use crate::app::read::Reader;
use crate::app::registry::Registry;
use crate::domain::body::{BodyRecord, Role};
use crate::domain::command::Command;
use crate::domain::did;
use crate::domain::names::BodyId;
use crate::store::list;

/// An administrator of an economy keeps what belongs to that economy; one of none keeps the whole register.
fn administers(caller: &Caller, economy: &str) -> Result<(), Fault> {
    if caller.economy().is_some_and(|own| own != economy) { Err(Fault::not_yours("economy", economy)) } else { Ok(()) }
}

/// The service.
#[derive(Clone)]
pub(crate) struct Bodies {
    pub(crate) registry: Arc<Registry>,
    pub(crate) reader: Reader,
}

#[tonic::async_trait]
impl BodyService for Bodies {
    async fn create_body(
        &self,
        request: Request<wire::CreateBodyRequest>,
    ) -> Result<Response<wire::CreateBodyResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.create(&incoming).await;
        Ok(Response::new(answer?))
    }

    async fn get_body(
        &self,
        request: Request<wire::GetBodyRequest>,
    ) -> Result<Response<wire::GetBodyResponse>, Status> {
        let raw = request.into_inner();
        let mut v = Violations::new();
        let id = consistency::body(&mut v, "name", &raw.name);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (id, freshness) = v.finish_with(|| Some((id?, freshness?)))?;
        let revision = self.reader.settle(freshness).await.map_err(Fault::from)?;
        let file = self.registry.body_file(&id).await?;
        let body = file.body_at(revision).ok_or_else(|| Fault::not_found(id.name()))?;
        Ok(Response::new(wire::GetBodyResponse { body: Some(render::body(body, true)), revision }))
    }

    async fn list_bodies(
        &self,
        request: Request<wire::ListBodiesRequest>,
    ) -> Result<Response<wire::ListBodiesResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn create_body_key(
        &self,
        request: Request<wire::CreateBodyKeyRequest>,
    ) -> Result<Response<wire::CreateBodyKeyResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.create_key(&incoming).await;
        Ok(Response::new(answer?))
    }

    async fn update_body(
        &self,
        request: Request<wire::UpdateBodyRequest>,
    ) -> Result<Response<wire::UpdateBodyResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.update(&incoming).await;
        Ok(Response::new(answer?))
    }

    async fn retire_body_key(
        &self,
        request: Request<wire::RetireBodyKeyRequest>,
    ) -> Result<Response<wire::RetireBodyKeyResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.retire_key(&incoming).await;
        Ok(Response::new(answer?))
    }

    async fn revoke_body_key(
        &self,
        request: Request<wire::RevokeBodyKeyRequest>,
    ) -> Result<Response<wire::RevokeBodyKeyResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.revoke_key(&incoming).await;
        Ok(Response::new(answer?))
    }

    async fn create_accreditation_scope(
        &self,
        request: Request<wire::CreateAccreditationScopeRequest>,
    ) -> Result<Response<wire::CreateAccreditationScopeResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.create_scope(&incoming).await;
        Ok(Response::new(answer?))
    }

    async fn list_accreditation_scopes(
        &self,
        request: Request<wire::ListAccreditationScopesRequest>,
    ) -> Result<Response<wire::ListAccreditationScopesResponse>, Status> {
        Ok(Response::new(self.list_scopes(request.into_inner()).await?))
    }

    async fn suspend_accreditation_scope(
        &self,
        request: Request<wire::SuspendAccreditationScopeRequest>,
    ) -> Result<Response<wire::SuspendAccreditationScopeResponse>, Status> {
        statement::step_scope!(self, request, Suspend => SuspendAccreditationScopeResponse)
    }

    async fn reinstate_accreditation_scope(
        &self,
        request: Request<wire::ReinstateAccreditationScopeRequest>,
    ) -> Result<Response<wire::ReinstateAccreditationScopeResponse>, Status> {
        statement::step_scope!(self, request, Reinstate => ReinstateAccreditationScopeResponse)
    }

    async fn create_designation(
        &self,
        request: Request<wire::CreateDesignationRequest>,
    ) -> Result<Response<wire::CreateDesignationResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.designate(&incoming).await;
        Ok(Response::new(answer?))
    }

    async fn list_designations(
        &self,
        request: Request<wire::ListDesignationsRequest>,
    ) -> Result<Response<wire::ListDesignationsResponse>, Status> {
        Ok(Response::new(self.designations(request.into_inner()).await?))
    }

    async fn suspend_designation(
        &self,
        request: Request<wire::SuspendDesignationRequest>,
    ) -> Result<Response<wire::SuspendDesignationResponse>, Status> {
        statement::step_designation!(self, request, Suspend => SuspendDesignationResponse)
    }

    async fn reinstate_designation(
        &self,
        request: Request<wire::ReinstateDesignationRequest>,
    ) -> Result<Response<wire::ReinstateDesignationResponse>, Status> {
        statement::step_designation!(self, request, Reinstate => ReinstateDesignationResponse)
    }

    async fn contest_designation(
        &self,
        request: Request<wire::ContestDesignationRequest>,
    ) -> Result<Response<wire::ContestDesignationResponse>, Status> {
        statement::step_designation!(self, request, Contest => ContestDesignationResponse)
    }

    async fn settle_designation(
        &self,
        request: Request<wire::SettleDesignationRequest>,
    ) -> Result<Response<wire::SettleDesignationResponse>, Status> {
        statement::step_designation!(self, request, Settle => SettleDesignationResponse)
    }

    async fn withdraw_designation(
        &self,
        request: Request<wire::WithdrawDesignationRequest>,
    ) -> Result<Response<wire::WithdrawDesignationResponse>, Status> {
        statement::step_designation!(self, request, Withdraw => WithdrawDesignationResponse)
    }

    async fn get_body_key(
        &self,
        request: Request<wire::GetBodyKeyRequest>,
    ) -> Result<Response<wire::GetBodyKeyResponse>, Status> {
        Ok(Response::new(self.get_key(request.into_inner()).await?))
    }

    async fn list_body_keys(
        &self,
        request: Request<wire::ListBodyKeysRequest>,
    ) -> Result<Response<wire::ListBodyKeysResponse>, Status> {
        Ok(Response::new(self.list_keys(request.into_inner()).await?))
    }
}

impl Bodies {
    /// Whether a caller may change what is recorded of a body: one who acts for a body, that body; one who acts for an
    /// economy, the bodies of that economy; one who acts for neither keeps the register.
    async fn may_change(&self, caller: &Caller, body: &str) -> Result<(), Fault> {
        if caller.body().is_some() {
            return consistency::must_be(caller, body);
        }
        match BodyId::from_name(body) {
            Ok(id) if caller.economy().is_some() => {
                administers(caller, &self.registry.body_file(&id).await?.body.record.economy)
            }
            _ => Ok(()),
        }
    }

    async fn create(&self, incoming: &Incoming<wire::CreateBodyRequest>) -> Result<wire::CreateBodyResponse, Fault> {
        let raw = &incoming.message;
        // Whoever acts for a body does not decide what bodies there are, its own included.
        if incoming.caller.body().is_some() {
            return Err(Fault::not_yours("body", format!("bodies/{}", raw.body_id)));
        }
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let id = v.parse("body_id", BodyId::new(&raw.body_id));
        let record = self.record(&mut v, id, raw.body.clone());
        let (request_id, record) = v.finish_with(|| Some((request_id?, record?)))?;
        administers(&incoming.caller, &record.economy)?;
        let id = incoming.stamp.clone().with(&request_id);
        let outcome = self.registry.perform(id.wants(Command::CreateBody(record)), raw.validate_only).await?;
        let answer = Answer::from(outcome);
        Ok(wire::CreateBodyResponse { body: Some(answer.body()?), revision: answer.revision, proof: answer.proof })
    }

    fn record(&self, v: &mut Violations, id: Option<BodyId>, raw: Option<wire::Body>) -> Option<BodyRecord> {
        let raw = v.required("body", raw)?;
        let mut v = v.scope("body");
        let display_name = v.text("display_name", &raw.display_name, 1..=300);
        let economy = v.seat("economy", &raw.economy);
        let roles = roles(&mut v, &raw.roles);
        let website = website(&mut v, &raw.website);
        let accreditation_number = v.text("accreditation_number", &raw.accreditation_number, 0..=100);
        let did = if raw.did.is_empty() {
            id.as_ref().and_then(|id| v.parse("did", document::did(&self.registry.public_url, id)))
        } else {
            let own = id.as_ref().and_then(|id| document::did(&self.registry.public_url, id).ok());
            match own.filter(|own| did::same(own, &raw.did)) {
                Some(own) => Some(own),
                None => v.parse("did", did::canonical(&raw.did)).filter(|did| {
                    v.check("did", !self.serves(did), "is one that this registry serves for somebody else")
                }),
            }
        };
        Some(BodyRecord {
            id: id?,
            display_name: display_name?,
            economy: economy?.into_string(),
            roles: roles?,
            website: website?,
            did: did?,
            accreditation_number: accreditation_number?,
        })
    }

    /// Whether an identifier, in its one spelling, is this registry's, or lies below it, where its bodies have theirs.
    fn serves(&self, did: &str) -> bool {
        let Ok(own) = did_web(&self.registry.public_url, &[]) else { return false };
        let own = did::canonical(&own).unwrap_or(own);
        did.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }

    async fn list(&self, raw: wire::ListBodiesRequest) -> Result<wire::ListBodiesResponse, Fault> {
        let mut v = Violations::new();
        let binding = PageBinding::new("ListBodies").with(raw.role.to_be_bytes()).with(&raw.economy);
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<String>(&raw.page_token, &binding);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let role = if raw.role == 0 { Some(None) } else { v.enumeration::<wire::BodyRole>("role", raw.role).map(role) };
        let economy = v.optional_economy("economy", &raw.economy);
        let (page_size, after, freshness, role, economy) =
            v.finish_with(|| Some((page_size?, after?, freshness?, role?, economy?)))?;
        let revision = self.reader.settle(freshness).await?;
        let economy = economy.map(|economy| economy.into_string());
        let wanted = economy.clone();
        let mut bodies = self
            .reader
            .read("list_bodies", move |tx| {
                let (economy, after) = (economy.clone(), after.clone());
                Box::pin(async move {
                    let limit = page_size as u64 + 1;
                    Ok(list::bodies(tx, role, economy.as_deref(), revision, after.as_deref(), limit).await?)
                })
            })
            .await?;
        let more = bodies.len() > page_size;
        bodies.truncate(page_size);
        let next_page_token = match bodies.last() {
            Some(last) if more => binding.token(&last.record.id.as_str())?,
            _ => String::new(),
        };
        let mut known = Vec::with_capacity(bodies.len());
        for mut body in bodies {
            if body.latest_index >= revision {
                let file = self.registry.body_file(&body.record.id).await?;
                let Some(then) = file.body_at(revision) else { continue };
                let record = &then.record;
                let holds = role.is_none_or(|role| record.roles.contains(&role))
                    && wanted.as_ref().is_none_or(|economy| record.economy == *economy);
                if !holds {
                    continue;
                }
                body = then.clone();
            }
            known.push(render::body(&body, true));
        }
        Ok(wire::ListBodiesResponse { bodies: known, next_page_token, revision })
    }
}

fn website(v: &mut Violations, raw: &str) -> Option<String> {
    let website = v.text("website", raw, 0..=300)?;
    let good = website.is_empty() || website.starts_with("https://");
    v.check("website", good, "must begin with https://").then_some(website)
}

fn roles(v: &mut Violations, raw: &[i32]) -> Option<Vec<Role>> {
    if raw.is_empty() {
        v.add("roles", "is required");
        return None;
    }
    let parsed: Vec<Option<Role>> = raw
        .iter()
        .enumerate()
        .map(|(index, raw)| v.enumeration::<wire::BodyRole>(&format!("roles[{index}]"), *raw).and_then(role))
        .collect();
    let mut roles: Vec<Role> = parsed.into_iter().collect::<Option<_>>()?;
    roles.sort();
    roles.dedup();
    Some(roles)
}

fn role(raw: wire::BodyRole) -> Option<Role> {
    Some(match raw {
        wire::BodyRole::Unspecified => return None,
        wire::BodyRole::CertificationBody => Role::CertificationBody,
        wire::BodyRole::DesignatingAuthority => Role::DesignatingAuthority,
        wire::BodyRole::AccreditationBody => Role::AccreditationBody,
        wire::BodyRole::SchemeOwner => Role::SchemeOwner,
        wire::BodyRole::CustomsAuthority => Role::CustomsAuthority,
    })
}
