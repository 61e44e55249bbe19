//! New versions of a certificate: what they are made of, and their documents.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_platform::fault::Fault;

use super::issue::{Next, Signed, Signing};
use super::registry::Registry;
use crate::domain::command::Revision;
use crate::domain::content::Content;
use crate::domain::life::{Reason, Step};
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::verdict::authentic::Stored;
use crate::store::rows;

/// What the next version of a certificate is made of: the version that its last event made or left.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) number: CertificateNumber,
    pub(crate) body: BodyId,
    pub(crate) version: u32,
    /// The newest version: another one when the newest was overtaken before it took effect.
    pub(crate) newest: u32,
    pub(crate) content: Arc<Content>,
}

impl Base {
    /// The version after all that there are.
    pub(crate) fn next(&self) -> Next {
        Next { number: self.number.clone(), version: self.newest + 1 }
    }
}

/// A new version that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct RevisionOrder {
    pub(crate) step: Step,
    pub(crate) content: Content,
    pub(crate) signing: Signing,
    pub(crate) reason: Reason,
    pub(crate) reason_text: String,
    pub(crate) effective_at: Option<DateTime<Utc>>,
    pub(crate) etag: String,
    pub(crate) actor: String,
}

impl Registry {
    /// What a new version of this certificate would be made of; none when there is no such certificate. What is on
    /// record otherwise than the logged document states it is signed anew in no version.
    pub(crate) async fn base(&self, number: &CertificateNumber) -> Result<Option<Base>, Fault> {
        let Some(file) = self.published.files().certificate(&self.store, number).await? else { return Ok(None) };
        let (number, body) = (file.number.clone(), file.body.clone());
        let newest = file.versions.last().map(|version| version.version);
        let last = file.events.last().map(|event| event.version);
        let base = file.versions.iter().find(|version| Some(version.version) == last);
        let Some((newest, base)) = newest.zip(base) else { return Ok(None) };
        if base.stored != Stored::Sound {
            let message = format!("the record of `{}` is not what its logged document states", number.name());
            return Err(Fault::state_conflict(number.name(), "contradictory", "new version").with_message(message));
        }
        Ok(Some(Base { number, body, version: base.version, newest, content: Arc::clone(&base.content) }))
    }

    /// The step that an order asks for, its document signed and checked.
    pub(crate) async fn prepare_revision(&self, base: &Base, order: RevisionOrder) -> Result<Revision, Fault> {
        let file = self.body_file(&base.body).await?;
        let Signed { number, document, disclosures, status, key } =
            self.document(&file, &order.content, Some(&base.next()), order.signing).await?;
        let bytes = rows::version_bytes(&order.content, &document.text, document.packed).into();
        Ok(Revision {
            number,
            body: base.body.clone(),
            step: order.step,
            base_version: base.version,
            base_content: Arc::clone(&base.content),
            version: base.next().version,
            content: Arc::new(order.content),
            bytes,
            document_sha256: document.sha256,
            document: document.text.into(),
            disclosures,
            status,
            key,
            reason: order.reason,
            reason_text: order.reason_text,
            effective_at: order.effective_at,
            etag: order.etag,
            actor: order.actor,
        })
    }
}
