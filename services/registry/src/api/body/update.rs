//! Changes to what is registered: the record of a body, the validity of a key.

use std::time::Duration;

use chrono::{DateTime, Utc};
use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::super::consistency;
use super::super::issue::{Answer, Incoming};
use super::{Bodies, roles, website};
use crate::domain::body::BodyPatch;
use crate::domain::body_command::BodyCommand;
use crate::domain::command::Command;
use crate::domain::names::parse_key_name;
use crate::store::list;

/// What can change of a record.
const FIELDS: &[&str] = &["display_name", "economy", "roles", "website", "accreditation_number"];

/// How long the certificates of a key are counted, of which there may be millions.
const COUNTING: Duration = Duration::from_secs(3);

/// What a body does not decide of itself: it would give itself powers over others, or say what its accreditation body says.
const KEEPERS: [&str; 3] = ["economy", "roles", "accreditation_number"];

impl Bodies {
    pub(super) async fn update(
        &self,
        incoming: &Incoming<wire::UpdateBodyRequest>,
    ) -> Result<wire::UpdateBodyResponse, Fault> {
        let raw = &incoming.message;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let paths = v.update_mask(raw.update_mask.as_ref(), FIELDS);
        let body = v.required("body", raw.body.as_ref());
        if let Some(body) = body {
            self.may_change(&incoming.caller, &body.name).await?;
        }
        // Of a mask that is wrong, what it names rightly is looked at all the same.
        let named = raw.update_mask.iter().flat_map(|mask| &mask.paths);
        let named: Vec<String> = named.filter(|path| FIELDS.contains(&path.as_str())).cloned().collect();
        let parsed = body.and_then(|body| {
            let mut v = v.scope("body");
            let id = consistency::body(&mut v, "name", &body.name);
            let etag = v.text("etag", &body.etag, 0..=64);
            let patch = patch(&mut v, body, paths.as_ref().unwrap_or(&named));
            Some((id?, etag?, patch?))
        });
        let (request_id, paths, (id, etag, patch)) = v.finish_with(|| Some((request_id?, paths?, parsed?)))?;
        if let Some(economy) = &patch.economy {
            super::administers(&incoming.caller, economy)?;
        }
        if incoming.caller.body().is_some() && paths.iter().any(|path| KEEPERS.contains(&path.as_str())) {
            return Err(Fault::not_yours("body", "none"));
        }
        let command = Command::OfBody(BodyCommand::Update { id, patch, etag });
        let stamp = incoming.stamp.clone().with(&request_id);
        let answer = Answer::from(self.registry.perform(stamp.wants(command), raw.validate_only).await?);
        Ok(wire::UpdateBodyResponse { body: Some(answer.body()?), revision: answer.revision, proof: answer.proof })
    }

    pub(super) async fn retire_key(
        &self,
        incoming: &Incoming<wire::RetireBodyKeyRequest>,
    ) -> Result<wire::RetireBodyKeyResponse, Fault> {
        let raw = &incoming.message;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let name = v.parse("name", parse_key_name(&raw.name));
        let until = v.optional_timestamp("valid_until", raw.valid_until.as_ref());
        let (request_id, (body, key), until) = v.finish_with(|| Some((request_id?, name?, until?)))?;
        self.may_change(&incoming.caller, &body.name()).await?;
        let command = Command::OfBody(BodyCommand::RetireKey { body, key, until });
        let stamp = incoming.stamp.clone().with(&request_id);
        let answer = Answer::from(self.registry.perform(stamp.wants(command), raw.validate_only).await?);
        Ok(wire::RetireBodyKeyResponse { key: Some(answer.key()?), revision: answer.revision, proof: answer.proof })
    }

    pub(super) async fn revoke_key(
        &self,
        incoming: &Incoming<wire::RevokeBodyKeyRequest>,
    ) -> Result<wire::RevokeBodyKeyResponse, Fault> {
        let raw = &incoming.message;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let name = v.parse("name", parse_key_name(&raw.name));
        let since = v.timestamp("compromised_since", raw.compromised_since.as_ref());
        let reason_text = v.paragraphs("reason_text", &raw.reason_text, 1..=2_000);
        let (request_id, (body, key), since, reason_text) =
            v.finish_with(|| Some((request_id?, name?, since?, reason_text?)))?;
        self.may_change(&incoming.caller, &body.name()).await?;
        let command = Command::OfBody(BodyCommand::RevokeKey { body, key: key.clone(), since, reason_text });
        let stamp = incoming.stamp.clone().with(&request_id);
        let answer = Answer::from(self.registry.perform(stamp.wants(command), raw.validate_only).await?);
        Ok(wire::RevokeBodyKeyResponse {
            key: Some(answer.key()?),
            revision: answer.revision,
            proof: answer.proof,
            void_certificates: self.made_void(key, since).await,
        })
    }

    /// How many certificates a revocation makes void; none when that cannot be told in time: it stands all the same.
    async fn made_void(&self, key: String, since: DateTime<Utc>) -> Option<u64> {
        let counting = self.reader.read("count_made_void", move |tx| {
            let key = key.clone();
            Box::pin(async move { Ok(list::signed_since(tx, &key, since.into()).await?) })
        });
        match tokio::time::timeout(COUNTING, counting).await {
            Ok(Ok(counted)) => Some(counted),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the certificates of a revoked key could not be counted");
                None
            }
            Err(_) => None,
        }
    }
}

fn patch(v: &mut Violations, raw: &wire::Body, paths: &[String]) -> Option<BodyPatch> {
    let mut patch = BodyPatch::default();
    let mut good = true;
    for path in paths {
        good &= match path.as_str() {
            "display_name" => put(&mut patch.display_name, v.text("display_name", &raw.display_name, 1..=300)),
            "economy" => put(&mut patch.economy, v.seat("economy", &raw.economy).map(|economy| economy.into_string())),
            "roles" => put(&mut patch.roles, roles(v, &raw.roles)),
            "website" => put(&mut patch.website, website(v, &raw.website)),
            "accreditation_number" => {
                let number = v.text("accreditation_number", &raw.accreditation_number, 0..=100);
                put(&mut patch.accreditation_number, number)
            }
            _ => false,
        };
    }
    good.then_some(patch)
}

fn put<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    *field = value;
    field.is_some()
}
