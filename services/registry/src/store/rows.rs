//! Between rows and the domain.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::NaiveDate;
use greenlane_credential::ConfidentialField;
use greenlane_store::Micros;
use sea_orm::{DbErr, Set};

use super::entity::{body, body_key, certificate, event, log_entry, term, version};
use super::namesakes::name_sha256;
use super::{corrupt, packed, to_i64, to_u64};
use crate::domain::body::Body;
use crate::domain::certificate::{Head, Version, VersionBytes};
use crate::domain::content::Content;
use crate::domain::goods::folded;
use crate::domain::key::Key;
use crate::domain::life::{Event, Reason, State, Step};
use crate::domain::names::{BodyId, CertificateNumber};

pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("records of texts, dates and lists are JSON")
}

pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str, what: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Custom(format!("a stored {what} cannot be read: {error}")))
}

pub(super) fn to_version(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

pub(super) fn from_version(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

impl TryFrom<body::Model> for Body {
    type Error = DbErr;

    fn try_from(row: body::Model) -> Result<Self, DbErr> {
        Ok(Self {
            record: from_json(&row.record, "body")?,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            create_index: to_u64(row.create_index),
            latest_index: to_u64(row.latest_index),
        })
    }
}

/// A role as the filter column holds it.
pub(crate) fn role_text(role: crate::domain::body::Role) -> String {
    json(&role).trim_matches('"').to_owned()
}

/// All roles as the filter column holds them.
pub(crate) fn roles_text(body: &Body) -> String {
    let roles: Vec<String> = body.record.roles.iter().map(|role| role_text(*role)).collect();
    format!(" {} ", roles.join(" "))
}

pub(crate) fn body_row(body: &Body) -> body::ActiveModel {
    body::ActiveModel {
        id: Set(body.record.id.as_str().to_owned()),
        economy: Set(body.record.economy.clone()),
        record: Set(json(&body.record)),
        roles: Set(roles_text(body)),
        created_at: Set(body.created_at.into()),
        updated_at: Set(body.updated_at.into()),
        create_index: Set(to_i64(body.create_index)),
        latest_index: Set(to_i64(body.latest_index)),
        name_sha256: Set(Some(name_sha256(&body.record.display_name))),
        did_spelled: Set(Some(body.record.did_spelled())),
        names_index: Set(Some(to_i64(body.latest_index))),
    }
}

impl TryFrom<body_key::Model> for Key {
    type Error = DbErr;

    fn try_from(row: body_key::Model) -> Result<Self, DbErr> {
        Ok(Self {
            record: from_json(&row.record, "key")?,
            compromised_since: row.compromised_since.map(Micros::to_utc),
            created_at: row.created_at.into(),
            create_index: to_u64(row.create_index),
            latest_index: to_u64(row.latest_index),
        })
    }
}

pub(crate) fn key_row(key: &Key) -> body_key::ActiveModel {
    body_key::ActiveModel {
        id: Set(key.record.id.clone()),
        body: Set(key.record.body.as_str().to_owned()),
        record: Set(json(&key.record)),
        compromised_since: Set(key.compromised_since.map(Micros::from)),
        created_at: Set(key.created_at.into()),
        create_index: Set(to_i64(key.create_index)),
        latest_index: Set(to_i64(key.latest_index)),
    }
}

impl TryFrom<certificate::Model> for Head {
    type Error = DbErr;

    fn try_from(row: certificate::Model) -> Result<Self, DbErr> {
        Ok(Self {
            number: CertificateNumber::trusted(row.number),
            body: BodyId::trusted(row.body),
            state: State::from_str(&row.state).ok_or_else(|| corrupt("state"))?,
            version: to_version(row.version),
            granted_index: to_u64(row.granted_index),
            latest_index: to_u64(row.latest_index),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            effect_floor: row.effect_floor.map(Micros::to_utc),
            superseded_by: row.superseded_by.map(CertificateNumber::trusted),
            valid: (day(&row.valid_from)?, day(&row.valid_until)?),
        })
    }
}

fn day(text: &str) -> Result<NaiveDate, DbErr> {
    text.parse().map_err(|_| corrupt("date"))
}

pub(crate) fn certificate_row(head: &Head) -> certificate::ActiveModel {
    certificate::ActiveModel {
        granted_index: Set(to_i64(head.granted_index)),
        number: Set(head.number.as_str().to_owned()),
        body: Set(head.body.as_str().to_owned()),
        state: Set(head.state.as_str().to_owned()),
        version: Set(from_version(head.version)),
        latest_index: Set(to_i64(head.latest_index)),
        created_at: Set(head.created_at.into()),
        updated_at: Set(head.updated_at.into()),
        effect_floor: Set(head.effect_floor.map(Micros::from)),
        superseded_by: Set(head.superseded_by.as_ref().map(|number| number.as_str().to_owned())),
        valid_from: Set(head.valid.0.to_string()),
        valid_until: Set(head.valid.1.to_string()),
    }
}

/// A name as searches look for a part of it: both engines then agree about case.
pub(crate) fn lowered(text: &str) -> String {
    text.to_lowercase()
}

impl TryFrom<version::Model> for Version {
    type Error = DbErr;

    fn try_from(row: version::Model) -> Result<Self, DbErr> {
        Ok(Self {
            version: to_version(row.version),
            log_index: to_u64(row.log_index),
            recorded_at: row.recorded_at.into(),
            content: Arc::new(from_json(&row.content, "certificate")?),
            document: packed::unpack(&row.document).ok_or_else(|| corrupt("document"))?.into(),
            document_sha256: row.document_sha256.try_into().map_err(|_| corrupt("hash"))?,
            disclosures: disclosures(&row.disclosures)?,
            key: row.key_id,
        })
    }
}

fn disclosures(text: &str) -> Result<Vec<String>, DbErr> {
    if text.is_empty() { Ok(Vec::new()) } else { from_json(text, "disclosure") }
}

pub(super) fn disclosures_text(disclosures: &[String]) -> String {
    if disclosures.is_empty() { String::new() } else { json(&disclosures) }
}

/// What is stored of a version that states this, by this document; which may be packed already.
pub(crate) fn version_bytes(content: &Content, document: &str, packed: Option<Vec<u8>>) -> VersionBytes {
    VersionBytes { content: json(content), document: packed.unwrap_or_else(|| packed::pack(document)) }
}

pub(crate) fn version_row(head: &Head, version: &Version, bytes: &VersionBytes) -> version::ActiveModel {
    version::ActiveModel {
        log_index: Set(to_i64(version.log_index)),
        certificate: Set(to_i64(head.granted_index)),
        version: Set(from_version(version.version)),
        recorded_at: Set(version.recorded_at.into()),
        content: Set(bytes.content.clone()),
        document: Set(bytes.document.clone()),
        document_sha256: Set(version.document_sha256.to_vec()),
        disclosures: Set(disclosures_text(&version.disclosures)),
        key_id: Set(version.key.clone()),
    }
}

impl TryFrom<event::Model> for Event {
    type Error = DbErr;

    fn try_from(row: event::Model) -> Result<Self, DbErr> {
        let reason = match row.reason {
            Some(text) => Some(Reason::from_str(&text).ok_or_else(|| corrupt("reason"))?),
            None => None,
        };
        Ok(Self {
            log_index: to_u64(row.log_index),
            step: Step::from_str(&row.step).ok_or_else(|| corrupt("step"))?,
            reason,
            reason_text: row.reason_text,
            effective_at: row.effective_at.into(),
            recorded_at: row.recorded_at.into(),
            actor: row.actor,
            version: to_version(row.version),
            remedy: row.remedy,
            state_after: State::from_str(&row.state_after).ok_or_else(|| corrupt("state"))?,
        })
    }
}

pub(crate) fn event_row(head: &Head, event: &Event) -> event::ActiveModel {
    event::ActiveModel {
        log_index: Set(to_i64(event.log_index)),
        certificate: Set(to_i64(head.granted_index)),
        step: Set(event.step.as_str().to_owned()),
        reason: Set(event.reason.map(|reason| reason.as_str().to_owned())),
        reason_text: Set(event.reason_text.clone()),
        effective_at: Set(event.effective_at.into()),
        recorded_at: Set(event.recorded_at.into()),
        actor: Set(event.actor.clone()),
        version: Set(from_version(event.version)),
        remedy: Set(event.remedy.clone()),
        state_after: Set(event.state_after.as_str().to_owned()),
    }
}

/// Kinds of [`term`]s.
pub(crate) mod terms {
    pub(crate) const GTIN: &str = "gtin";
    pub(crate) const MODEL: &str = "model";
    pub(crate) const BATCH: &str = "batch";
    pub(crate) const SERIAL: &str = "serial";
    pub(crate) const STANDARD: &str = "standard";
    pub(crate) const HOLDER: &str = "holder";
    pub(crate) const SCHEME: &str = "scheme";
    pub(crate) const REFERENCE: &str = "reference";
    pub(crate) const GRANTED_ON: &str = "granted_on";
    /// Followed by the edition.
    pub(crate) const CODE: &str = "code:";
}

/// A kind and a text that a certificate can be found by.
pub(crate) type Term = (Cow<'static, str>, String);

/// What a certificate can be found by; some of it may be named twice.
pub(crate) fn terms_of(content: &Content) -> Vec<Term> {
    let mut found: Vec<Term> = vec![
        (terms::HOLDER.into(), lowered(&content.holder.name)),
        (terms::SCHEME.into(), content.scheme.scheme.clone()),
        (terms::GRANTED_ON.into(), content.granted_on.to_string()),
    ];
    // What is kept back is not found either.
    if !content.body_reference.is_empty() && !content.confidential.contains(&ConfidentialField::BodyReference) {
        found.push((terms::REFERENCE.into(), content.body_reference.clone()));
    }
    for product in &content.products {
        let id = &product.id;
        // A GTIN is padded to its longest form, so that one item has one text.
        if !id.gtin.is_empty() {
            found.push((terms::GTIN.into(), padded_gtin(&id.gtin)));
        }
        let models = product.models.iter().chain([&id.model]).map(|model| (terms::MODEL, model));
        for (kind, text) in models.chain([(terms::BATCH, &id.batch), (terms::SERIAL, &id.serial)]) {
            if !text.is_empty() {
                found.push((kind.into(), folded(text)));
            }
        }
        for code in &product.codes {
            found.push((format!("{}{}", terms::CODE, code.edition).into(), code.code.clone()));
        }
    }
    for document in &content.normative_documents {
        found.push((terms::STANDARD.into(), lowered(&document.edition)));
    }
    found
}

/// Certificates in one row of a term at most: such a row is short enough to stay where it is on both engines.
const MOST_IN_TERM: usize = 100;

/// The rows of a term of these certificates, named by the indices of their grants in their order.
pub(crate) fn term_rows((kind, value): &Term, certificates: &[i64]) -> Vec<term::ActiveModel> {
    let row = |some: &[i64]| term::ActiveModel {
        kind: Set(kind.clone().into_owned()),
        value: Set(value.clone()),
        first: Set(some[0]),
        certificates: Set(json(&some)),
    };
    certificates.chunks(MOST_IN_TERM).map(row).collect()
}

/// A GTIN in its longest form.
pub(crate) fn padded_gtin(gtin: &str) -> String {
    format!("{gtin:0>14}")
}

pub(crate) fn entry_row(index: u64, leaf: Vec<u8>, at: Micros, subject: String) -> log_entry::ActiveModel {
    log_entry::ActiveModel { idx: Set(to_i64(index)), leaf: Set(leaf), recorded_at: Set(at), subject: Set(subject) }
}
