//! New versions of a certificate.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Applied, Change, World, conflict};
use crate::domain::certificate::{Version, etag};
use crate::domain::command::{Done, Refusal, Revision};
use crate::domain::event::{CertificateEntry, DocumentEntry, Entry};
use crate::domain::key::KeyStanding;
use crate::domain::life::Event;

impl World {
    pub(super) fn revise(&mut self, command: &Revision, index: u64, now: DateTime<Utc>) -> Result<Applied, Refusal> {
        let number = &command.number;
        let known = self.certificates.get_mut(number).ok_or_else(|| Refusal::UnknownCertificate(number.clone()))?;
        let known = Arc::make_mut(known);
        if known.head.body != command.body {
            return Err(Refusal::NotYours(known.head.body.clone()));
        }
        let current = etag(known.head.latest_index);
        if !command.etag.is_empty() && command.etag != current {
            return Err(Refusal::EtagMismatch { number: number.clone(), etag: current });
        }
        let (ground, effective_at) = known.ground(command.step, command.effective_at, now)?;
        let Some(state_after) = ground.after(command.step) else {
            return Err(conflict(number, ground.upon, command.step, now));
        };
        // The document was built on another version than the one that is there now, or under a number that is taken, or
        // of what was erased meanwhile: written now, it would say again what nobody is to be shown any more.
        let version = known.head.version + 1;
        if (ground.upon.version, version) != (command.base_version, command.version)
            || known.version().content != command.base_content
        {
            return Err(Refusal::VersionMoved { number: number.clone(), etag: current });
        }
        let key = self.keys.get(&command.key).filter(|key| key.record.body == command.body);
        if key.is_none_or(|key| key.standing_at(now) != KeyStanding::Good) {
            return Err(Refusal::NoSigningKey(command.body.clone()));
        }
        // The last check: what is refused after it would leave the place taken.
        if !self.slots.insert((command.body.clone(), command.status)) {
            return Err(Refusal::StatusIndexTaken);
        }
        let leaf = Entry::Certificate(CertificateEntry {
            step: command.step,
            number,
            body: &command.body,
            version,
            document: Some(DocumentEntry { sha256: &command.document_sha256, key: &command.key }),
            reason: Some(command.reason),
            reason_text: &command.reason_text,
            remedy: "",
            effective_at,
            recorded_at: now,
        })
        .to_bytes();
        let event = Event {
            log_index: index,
            step: command.step,
            reason: Some(command.reason),
            reason_text: command.reason_text.clone(),
            effective_at,
            recorded_at: now,
            actor: command.actor.clone(),
            version,
            remedy: String::new(),
            state_after,
        };
        let previous_index = known.step(&event);
        let content = &command.content;
        known.head.version = version;
        known.head.valid = (known.head.valid.0.min(content.valid_from), known.head.valid.1.max(content.valid_until));
        let newest = Version {
            version,
            log_index: index,
            recorded_at: now,
            content: Arc::clone(content),
            document: Arc::clone(&command.document),
            document_sha256: command.document_sha256,
            disclosures: command.disclosures.clone(),
            key: command.key.clone(),
        };
        known.versions.push(newest.clone());
        let done = Done::Certificate(Arc::new(known.snapshot()));
        let change = Change::Revised {
            head: Box::new(known.head.clone()),
            version: Box::new(newest),
            bytes: Arc::clone(&command.bytes),
            status: command.status,
            event,
            previous_index,
        };
        Ok(Applied { change, leaf, done })
    }
}
