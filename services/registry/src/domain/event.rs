//! The entries of the log: canonical JSON of identifiers, hashes and times. Nothing commercial enters it.

mod body;
mod publication;
mod trace;
mod write_off;

pub(crate) use body::{BodyEntry, KeyEvent};
pub(crate) use publication::PublicationEntry;
pub(crate) use trace::TraceEntry;

use chrono::{DateTime, Utc};
use greenlane_credential::ConfidentialField;
use greenlane_jose::canonical::Node;
use greenlane_jose::sha256;

use super::body::BodyRecord;
use super::contestation::ContestCommand;
use super::key::KeyRecord;
use super::life::{Reason, Step};
use super::names::{BodyId, CertificateNumber};
use super::write_off::WriteOff;

/// Version of the form of entries.
const FORM: u64 = 1;

/// What an entry says.
#[derive(Clone, Debug)]
pub(crate) enum Entry<'a> {
    Certificate(CertificateEntry<'a>),
    BodyCreated {
        body: &'a BodyRecord,
        at: DateTime<Utc>,
    },
    KeyCreated {
        key: &'a KeyRecord,
        at: DateTime<Utc>,
    },
    /// Confidential fields of a certificate that were forgotten, and when that was recorded.
    Erased(EraseEntry<'a>, DateTime<Utc>),
    /// What was heard of a dispute about a certificate, and when that was recorded.
    Contested(&'a ContestCommand, DateTime<Utc>),
    /// What happens to a registered body, and when that was recorded.
    Body(BodyEntry<'a>, DateTime<Utc>),
    /// An event of a product's life, and when it was recorded.
    Trace(TraceEntry<'a>, DateTime<Utc>),
    /// A record of the write-off ledger.
    WriteOff(&'a WriteOff),
    /// A published revision of a catalogue, and when it was recorded.
    Published(PublicationEntry<'a>, DateTime<Utc>),
}

/// A step of a certificate's life.
#[derive(Clone, Debug)]
pub(crate) struct CertificateEntry<'a> {
    pub(crate) step: Step,
    pub(crate) number: &'a CertificateNumber,
    pub(crate) body: &'a BodyId,
    pub(crate) version: u32,
    /// Of the version that the step made; none when it made none.
    pub(crate) document: Option<DocumentEntry<'a>>,
    pub(crate) reason: Option<Reason>,
    pub(crate) reason_text: &'a str,
    pub(crate) remedy: &'a str,
    pub(crate) effective_at: DateTime<Utc>,
    pub(crate) recorded_at: DateTime<Utc>,
}

/// Confidential fields that were forgotten.
#[derive(Clone, Debug)]
pub(crate) struct EraseEntry<'a> {
    pub(crate) number: &'a CertificateNumber,
    pub(crate) body: &'a BodyId,
    pub(crate) fields: &'a [ConfidentialField],
}

/// The document of a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DocumentEntry<'a> {
    pub(crate) sha256: &'a [u8; 32],
    pub(crate) key: &'a str,
}

impl Entry<'_> {
    /// The bytes that the log hashes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut members: Vec<(&'static str, Node<'static>)> = Vec::with_capacity(12);
        let mut put = |name, value| members.push((name, value));
        put("form", FORM.into());
        match self {
            Self::Certificate(entry) => entry.members(&mut put),
            Self::BodyCreated { body, at } => {
                put("event", "body.create".into());
                put("body", body.name().into());
                put("record_sha256", record_hash(body).into());
                put("recorded_at", instant(*at));
            }
            Self::Trace(entry, at) => {
                entry.members(&mut put);
                put("recorded_at", instant(*at));
            }
            Self::WriteOff(record) => {
                write_off::members(record, &mut put);
                put("recorded_at", instant(record.recorded_at));
            }
            Self::Erased(entry, at) => {
                put("event", "certificate.erase".into());
                put("certificate", entry.number.name().into());
                put("body", entry.body.name().into());
                put("fields", Node::list(entry.fields.iter().map(|field| field.as_str())));
                put("recorded_at", instant(*at));
            }
            Self::Contested(heard, at) => {
                put("event", "certificate.contest".into());
                put("certificate", heard.number.name().into());
                put("body", heard.body.name().into());
                put("dispute", heard.dispute.clone().into());
                put("turn", heard.turn.as_str().into());
                put("since", heard.since.to_string().into());
                if let Some(order) = heard.order {
                    put("without_effect_from", order.from.to_string().into());
                    if let Some(until) = order.until {
                        put("without_effect_until", until.to_string().into());
                    }
                }
                put("recorded_at", instant(*at));
            }
            Self::Published(entry, at) => {
                entry.members(&mut put);
                put("recorded_at", instant(*at));
            }
            Self::Body(entry, at) => {
                entry.members(&mut put);
                put("recorded_at", instant(*at));
            }
            Self::KeyCreated { key, at } => {
                put("event", "key.create".into());
                put("body", key.body.name().into());
                put("key", key.body.key_name(&key.id).into());
                put("public_jwk_sha256", hash_text(&key.public_jwk).into());
                put("valid_from", instant(key.valid_from));
                if let Some(until) = key.valid_until {
                    put("valid_until", instant(until));
                }
                put("recorded_at", instant(*at));
            }
        }
        Node::Object(members).to_vec(768).expect("strings and instants are canonical")
    }
}

impl CertificateEntry<'_> {
    fn members(&self, put: &mut impl FnMut(&'static str, Node<'static>)) {
        put("event", format!("certificate.{}", self.step.as_str()).into());
        put("certificate", self.number.name().into());
        put("body", self.body.name().into());
        put("version", self.version.into());
        if let Some(document) = &self.document {
            put("document_sha256", hex::encode(document.sha256).into());
            put("key", self.body.key_name(document.key).into());
        }
        if let Some(reason) = self.reason {
            put("reason", reason.as_str().into());
        }
        // The body's words stay out of the log; their hashes bind them to it.
        if !self.reason_text.is_empty() {
            put("reason_text_sha256", hash_text(self.reason_text).into());
        }
        if !self.remedy.is_empty() {
            put("remedy_sha256", hash_text(self.remedy).into());
        }
        put("effective_at", instant(self.effective_at));
        put("recorded_at", instant(self.recorded_at));
    }
}

impl BodyRecord {
    /// `bodies/{body}`.
    pub(crate) fn name(&self) -> String {
        self.id.name()
    }
}

fn hash_text(text: &str) -> String {
    hex::encode(sha256(text))
}

fn record_hash(record: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(record).expect("a record of texts is JSON");
    hex::encode(sha256(greenlane_jose::canonical::to_vec(&value).expect("a record of texts is canonical")))
}

/// RFC 3339 with microseconds, in UTC: a text, because JSON numbers are exact until the year 2255 only.
fn instant(at: DateTime<Utc>) -> Node<'static> {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true).into()
}

#[cfg(test)]
mod tests;
