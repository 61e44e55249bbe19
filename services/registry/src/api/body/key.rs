//! Keys of bodies.

use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::create_body_key_request::Source;
use greenlane_jose::jwk::JwkError;
use greenlane_jose::{Algorithm, Jwk, KeyType, PublicKey, Signer, SigningKey, enrol};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};

use super::super::issue::{Answer, Incoming};
use super::super::{consistency, render};
use super::Bodies;
use crate::app::keyring::{Keyring, NewKey};
use crate::app::mutation::WriteError;
use crate::domain::command::{Command, Done};
use crate::domain::key::{Custody, Key, KeyRecord};
use crate::domain::names::parse_key_name;

/// A JWK is a few hundred bytes.
const MAX_JWK_BYTES: usize = 4_096;

/// A key to be registered, and its private half when the registry made it.
enum NewBodyKey {
    Given(PublicKey),
    Made(Box<SigningKey>),
    /// A well-formed JWK of a kind that is refused: of a reason of its own, once all fields are found good.
    Refused(String),
}

impl Bodies {
    pub(super) async fn create_key(
        &self,
        incoming: &Incoming<wire::CreateBodyKeyRequest>,
    ) -> Result<wire::CreateBodyKeyResponse, Fault> {
        let raw = &incoming.message;
        self.may_change(&incoming.caller, &raw.body).await?;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let body = consistency::body(&mut v, "body", &raw.body);
        let valid_from = v.optional_timestamp("valid_from", raw.valid_from.as_ref());
        let valid_until = v.optional_timestamp("valid_until", raw.valid_until.as_ref());
        let now = self.registry.clock.now();
        let window = valid_from.zip(valid_until).map(|(from, until)| (from.unwrap_or(now), until));
        if let Some((from, Some(until))) = window {
            v.check("valid_until", until > from, "must be after valid_from");
        }
        let source = v.required("source", raw.source.as_ref());
        let key = match source {
            Some(Source::PublicJwk(text)) => public_key(&mut v, text),
            Some(Source::Generate(algorithm)) => generate(&mut v, *algorithm),
            None => None,
        };
        let (request_id, body, (valid_from, valid_until), key) =
            v.finish_with(|| Some((request_id?, body?, window?, key?)))?;
        let (public, made) = match key {
            NewBodyKey::Given(public) => (public, None),
            NewBodyKey::Made(made) => (made.public_key().clone(), Some(made)),
            NewBodyKey::Refused(why) => return Err(Fault::key_refused(why)),
        };
        enrol::check(&public).map_err(|error| Fault::key_refused(error.to_string()))?;
        let file = self.registry.body_file(&body).await?;
        let id = public.thumbprint();
        let algorithm = if public.key_type() == KeyType::P256 { Algorithm::Es256 } else { Algorithm::EdDSA };
        let jwk = greenlane_jose::canonical::to_string(&public.to_jwk_value()).map_err(Fault::internal)?;
        let record = KeyRecord {
            verification_method: format!("{}#{id}", file.body.record.did),
            body,
            id: id.clone(),
            algorithm: algorithm.as_str().to_owned(),
            public_jwk: jwk,
            custody: if made.is_some() { Custody::Registry } else { Custody::Body },
            valid_from,
            valid_until,
        };
        // The private half is on disk before anything says that the key exists: the other way round a crash would leave
        // a registered key that nobody has.
        let would_be_made = raw.validate_only && made.is_some();
        let kept = made.filter(|_| !raw.validate_only);
        if let Some(made) = &kept {
            self.registry.keyring.keep(made).map_err(Fault::internal)?;
        }
        let stamp = incoming.stamp.clone().with(&request_id);
        let outcome = self.registry.perform(stamp.wants(Command::CreateKey(record)), raw.validate_only).await;
        let answer = outcome.map(Answer::from);
        if kept.is_some() {
            // Refused, or done before with another key: this one will never be registered. While it is not known what
            // became of it, it stays.
            let unwanted = match &answer {
                Ok(answer) => !matches!(&answer.done, Done::Key(registered) if registered.record.id == id),
                Err(WriteError::Refused(_) | WriteError::RequestIdReused(_) | WriteError::QueueFull) => true,
                Err(WriteError::LogInconsistent(_) | WriteError::Unavailable(_) | WriteError::Internal(_)) => false,
            };
            if unwanted {
                self.registry.keyring.forget(&id);
            }
        }
        let answer = answer?;
        let mut key = answer.key()?;
        if would_be_made && answer.proof.is_none() {
            // The one that is made when it is registered is another.
            key.name.clear();
            key.public_jwk.clear();
            key.verification_method.clear();
        }
        Ok(wire::CreateBodyKeyResponse { key: Some(key), revision: answer.revision, proof: answer.proof })
    }

    pub(super) async fn get_key(&self, raw: wire::GetBodyKeyRequest) -> Result<wire::GetBodyKeyResponse, Fault> {
        let mut v = Violations::new();
        let name = v.parse("name", parse_key_name(&raw.name));
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let ((body, key), freshness) = v.finish_with(|| Some((name?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        let file = self.registry.body_file(&body).await?;
        let key = file.key_at(&key, revision).ok_or_else(|| Fault::not_found(&raw.name))?;
        Ok(wire::GetBodyKeyResponse { key: Some(render::key(key, true)), revision })
    }

    pub(super) async fn list_keys(&self, raw: wire::ListBodyKeysRequest) -> Result<wire::ListBodyKeysResponse, Fault> {
        let mut v = Violations::new();
        let binding = PageBinding::new("ListBodyKeys").with(&raw.body);
        let body = consistency::body(&mut v, "body", &raw.body);
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<u64>(&raw.page_token, &binding);
        let freshness = consistency::freshness(&mut v, raw.consistency.as_ref());
        let (body, page_size, after, freshness) = v.finish_with(|| Some((body?, page_size?, after?, freshness?)))?;
        let revision = self.reader.settle(freshness).await?;
        let file = self.registry.body_file(&body).await?;
        if file.body_at(revision).is_none() {
            return Err(Fault::not_found(body.name()));
        }
        let after = |key: &&Key| after.is_none_or(|after| key.create_index > after);
        let mut keys: Vec<&Key> = file.keys_at(revision).filter(after).take(page_size + 1).collect();
        let more = keys.len() > page_size;
        keys.truncate(page_size);
        let next_page_token = match keys.last() {
            Some(last) if more => binding.token(&last.create_index)?,
            _ => String::new(),
        };
        let keys = keys.into_iter().map(|key| render::key(key, true)).collect();
        Ok(wire::ListBodyKeysResponse { keys, next_page_token, revision })
    }
}

fn public_key(v: &mut Violations, text: &str) -> Option<NewBodyKey> {
    if text.is_empty() || text.len() > MAX_JWK_BYTES {
        v.add("public_jwk", format!("must be a JWK of at most {MAX_JWK_BYTES} bytes"));
        return None;
    }
    match Jwk::parse(text.as_bytes()) {
        Ok(jwk) => Some(NewBodyKey::Given(jwk.key)),
        Err(error @ (JwkError::Key(_) | JwkError::Unsupported(_))) => Some(NewBodyKey::Refused(error.to_string())),
        Err(error) => {
            v.add("public_jwk", error);
            None
        }
    }
}

fn generate(v: &mut Violations, algorithm: i32) -> Option<NewBodyKey> {
    let kind = match v.enumeration::<wire::KeyAlgorithm>("generate", algorithm)? {
        wire::KeyAlgorithm::Unspecified => return None,
        wire::KeyAlgorithm::Eddsa => NewKey::EdDsa,
        wire::KeyAlgorithm::Es256 => NewKey::Es256,
    };
    Some(NewBodyKey::Made(Box::new(Keyring::generate(kind))))
}
