//! Steps that make a new version: amendments and renewals.

use greenlane_api::registry::v1 as wire;
use greenlane_platform::auth::Caller;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;

use super::super::issue::{Incoming, Stamp};
use super::super::{consistency, content, render};
use super::{Certificates, RawSigning, not_found, signing, step};
use crate::app::mutation::WriteError;
use crate::app::revise::{Base, RevisionOrder};
use crate::domain::command::{Command, Refusal};
use crate::domain::content::Content;
use crate::domain::life::{Reason, Step};
use crate::domain::revision::{Amendment, amendment_faults, renewed, signs_again};

/// How often a new version is made anew when another one came between.
const ATTEMPTS: u32 = 4;

/// The fields that an amendment may name.
const FIELDS: [&str; 14] = [
    "holder",
    "products",
    "scheme",
    "normative_documents",
    "granted_on",
    "valid_from",
    "valid_until",
    "authorised_by",
    "scope",
    "sites",
    "body_reference",
    "remarks",
    "measurements",
    "confidential_fields",
];

/// What requests for new versions have in common.
struct Raw<'r> {
    validate_only: bool,
    name: &'r str,
    reason: i32,
    reason_text: &'r str,
    effective_time: Option<&'r prost_types::Timestamp>,
    etag: &'r str,
    promise: i32,
    witnesses: u32,
    signing: Option<RawSigning>,
    change: Change<'r>,
}

/// What is to become of the content.
enum Change<'r> {
    Amend { kind: i32, content: Option<&'r wire::CertificateContent>, mask: Option<&'r prost_types::FieldMask> },
    Renew { valid_until: &'r str, authorised_by: &'r str },
}

/// What an answer is made of.
type Done = (wire::Certificate, u64, Option<wire::LogProof>);

impl Certificates {
    pub(super) async fn amend(
        &self,
        incoming: &Incoming<wire::AmendCertificateRequest>,
    ) -> Result<wire::AmendCertificateResponse, Fault> {
        use wire::amend_certificate_request::Signing as S;
        let message = &incoming.message;
        let raw = Raw {
            validate_only: message.validate_only,
            name: &message.name,
            reason: message.reason,
            reason_text: &message.reason_text,
            effective_time: message.effective_time.as_ref(),
            etag: &message.etag,
            promise: message.promise,
            witnesses: message.witnesses,
            signing: message.signing.clone().map(|signing| match signing {
                S::SigningKey(key) => RawSigning::SigningKey(key),
                S::SignedDocument(document) => RawSigning::SignedDocument(document),
            }),
            change: Change::Amend {
                kind: message.kind,
                content: message.content.as_ref(),
                mask: message.update_mask.as_ref(),
            },
        };
        let (certificate, revision, proof) =
            self.revise(&incoming.caller, &incoming.request_id, &incoming.stamp, &raw).await?;
        Ok(wire::AmendCertificateResponse { certificate: Some(certificate), revision, proof })
    }

    pub(super) async fn renew(
        &self,
        incoming: &Incoming<wire::RenewCertificateRequest>,
    ) -> Result<wire::RenewCertificateResponse, Fault> {
        use wire::renew_certificate_request::Signing as S;
        let message = &incoming.message;
        let raw = Raw {
            validate_only: message.validate_only,
            name: &message.name,
            reason: message.reason,
            reason_text: &message.reason_text,
            effective_time: None,
            etag: &message.etag,
            promise: message.promise,
            witnesses: message.witnesses,
            signing: message.signing.clone().map(|signing| match signing {
                S::SigningKey(key) => RawSigning::SigningKey(key),
                S::SignedDocument(document) => RawSigning::SignedDocument(document),
            }),
            change: Change::Renew { valid_until: &message.valid_until, authorised_by: &message.authorised_by },
        };
        let (certificate, revision, proof) =
            self.revise(&incoming.caller, &incoming.request_id, &incoming.stamp, &raw).await?;
        Ok(wire::RenewCertificateResponse { certificate: Some(certificate), revision, proof })
    }

    async fn revise(&self, caller: &Caller, id: &str, stamp: &Stamp, raw: &Raw<'_>) -> Result<Done, Fault> {
        let mut attempt = 1;
        loop {
            match self.try_to_revise(caller, id, stamp, raw).await? {
                Ok(done) => return Ok(done),
                // Somebody else's version came between: this one is made of that one, if it can be.
                Err(moved) if attempt == ATTEMPTS => return Err(moved.into()),
                Err(_) => attempt += 1,
            }
            self.registry.published.catch_up(&self.reader.store).await?;
        }
    }

    /// One attempt; the inner error says that the certificate has moved meanwhile, or that another document was given
    /// the place in the status list that was chosen here.
    async fn try_to_revise(
        &self,
        caller: &Caller,
        id: &str,
        stamp: &Stamp,
        raw: &Raw<'_>,
    ) -> Result<Result<Done, Refusal>, Fault> {
        let mut v = Violations::new();
        let request_id = v.request_id(id);
        let number = consistency::certificate(&mut v, "name", raw.name, false);
        let reason = step::reason(&mut v, raw.reason, raw.reason_text);
        let effective_at = v.optional_timestamp("effective_time", raw.effective_time);
        if let Some(why) = self.registry.effect_fault(effective_at.flatten()) {
            v.add("effective_time", why);
        }
        let etag = v.text("etag", raw.etag, 0..=64);
        let promise = self.promise(&mut v, raw.promise, raw.witnesses);
        let base = match &number {
            Some(number) => self.registry.base(number).await?,
            None => None,
        };
        if let Some(base) = &base {
            // What is wrong with a change tells of what is there: to the body alone.
            own(caller, base)?;
        }
        let body = caller.body().unwrap_or_default();
        // A document that the body has signed stays in the place that it names.
        let is_made_here = !matches!(raw.signing, Some(RawSigning::SignedDocument(_)));
        let signing = signing(&mut v, raw.signing.clone(), body);
        let why = reason.as_ref().map(|(reason, _)| *reason);
        let changed = self.changed(&mut v, base.as_ref(), &raw.change, why);
        let known_id = request_id.clone();
        let parsed = v.finish_with(|| {
            // A certificate that is not there changes into nothing, which is no violation.
            let changed = if base.is_some() { Some(changed?) } else { None };
            Some((request_id?, number?, reason?, effective_at?, etag?, signing?, changed))
        });
        let prepared = match parsed {
            Err(fault) => Err(fault),
            Ok((_, number, (reason, reason_text), effective_at, etag, signing, changed)) => {
                let (Some(base), Some((step, content))) = (&base, changed) else { return Err(not_found(&number)) };
                let actor = caller.subject().to_owned();
                let order = RevisionOrder { step, content, signing, reason, reason_text, effective_at, etag, actor };
                self.registry.prepare_revision(base, order).await
            }
        };
        // A promise that is not offered any more is not given for what was done before either.
        let asked = known_id.map(|id| stamp.clone().with(&id)).zip(promise);
        let (outcome, promise) = match (prepared, asked) {
            (Ok(revision), Some((id, promise))) => {
                let mutation = id.wants(Command::Revise(Box::new(revision)));
                let done = match self.registry.perform(mutation, raw.validate_only).await {
                    Err(WriteError::Refused(moved @ Refusal::VersionMoved { .. })) => return Ok(Err(moved)),
                    Err(WriteError::Refused(taken @ Refusal::StatusIndexTaken)) if is_made_here => {
                        if let Some(base) = &base {
                            self.registry.slots.doubt(&base.body);
                        }
                        return Ok(Err(taken));
                    }
                    done => done.map_err(|error| {
                        let fault = Fault::from(error);
                        match &base {
                            Some(base) => fault.about(base.number.name()),
                            None => fault,
                        }
                    })?,
                };
                (done, promise)
            }
            (Err(refused), Some((id, promise))) => (self.registry.unless_done_before(&id, refused).await?, promise),
            (Err(refused), None) => return Err(refused),
            (Ok(_), None) => return Err(Fault::internal("a request id or promise was neither good nor refused")),
        };
        let answer = self.anchored(outcome, promise).await?;
        let mut certificate = answer.certificate()?;
        if answer.proof.is_none() {
            // The document and its hash were made for the check alone.
            certificate.document = String::new();
            certificate.disclosures = Vec::new();
            certificate.document_sha256 = bytes::Bytes::new();
        }
        Ok(Ok((certificate, answer.revision, answer.proof)))
    }

    /// The step, and the content after it.
    fn changed(
        &self,
        v: &mut Violations,
        base: Option<&Base>,
        change: &Change<'_>,
        why: Option<Reason>,
    ) -> Option<(Step, Content)> {
        match change {
            Change::Amend { kind, content: new, mask } => {
                let kind = v.enumeration("kind", *kind).and_then(amendment);
                let names_none = mask.is_none_or(|mask| mask.paths.is_empty());
                if names_none && kind.zip(why).is_some_and(|(kind, why)| signs_again(kind, why)) {
                    // What was good when it was granted stays what it is, whatever rules there are by now.
                    return Some((Step::Reissue, Content::clone(&base?.content)));
                }
                let mask = v.update_mask(*mask, &FIELDS);
                let new = v.required("content", *new);
                let (base, mask, new) = (base?, mask?, new?);
                let merged = merged(render::content(&base.content), new, &mask);
                let after = content::content(v, Some(merged), self.registry.clock.now())?;
                let (kind, why) = (kind?, why?);
                let faults = amendment_faults(kind, &base.content, &after, why);
                for (field, why) in &faults {
                    v.add(field, why);
                }
                faults.is_empty().then(|| (kind.step(), after))
            }
            Change::Renew { valid_until, authorised_by } => {
                let valid_until = v.date("valid_until", valid_until);
                let authorised_by = v.text("authorised_by", authorised_by, 1..=200);
                let (base, valid_until, authorised_by) = (base?, valid_until?, authorised_by?);
                match renewed(&base.content, valid_until, authorised_by, self.registry.clock.today()) {
                    Ok(content) => Some((Step::Renew, content)),
                    Err((field, why)) => {
                        v.add(field, why);
                        None
                    }
                }
            }
        }
    }
}

/// Only the body itself acts on its certificates.
fn own(caller: &Caller, base: &Base) -> Result<(), Fault> {
    let body = base.body.name();
    if caller.body() == Some(body.as_str()) { Ok(()) } else { Err(Fault::not_yours("body", body)) }
}

fn amendment(kind: wire::AmendmentKind) -> Option<Amendment> {
    Some(match kind {
        wire::AmendmentKind::Unspecified => return None,
        wire::AmendmentKind::ExtendScope => Amendment::ExtendScope,
        wire::AmendmentKind::ReduceScope => Amendment::ReduceScope,
        wire::AmendmentKind::Correct => Amendment::Correct,
    })
}

/// The content with the fields that the mask names taken from `new`.
fn merged(
    mut content: wire::CertificateContent,
    new: &wire::CertificateContent,
    mask: &[String],
) -> wire::CertificateContent {
    for field in mask {
        match field.as_str() {
            "holder" => content.holder.clone_from(&new.holder),
            "products" => content.products.clone_from(&new.products),
            "scheme" => content.scheme.clone_from(&new.scheme),
            "normative_documents" => content.normative_documents.clone_from(&new.normative_documents),
            "granted_on" => content.granted_on.clone_from(&new.granted_on),
            "valid_from" => content.valid_from.clone_from(&new.valid_from),
            "valid_until" => content.valid_until.clone_from(&new.valid_until),
            "authorised_by" => content.authorised_by.clone_from(&new.authorised_by),
            "scope" => content.scope.clone_from(&new.scope),
            "sites" => content.sites.clone_from(&new.sites),
            "body_reference" => content.body_reference.clone_from(&new.body_reference),
            "remarks" => content.remarks.clone_from(&new.remarks),
            "measurements" => content.measurements.clone_from(&new.measurements),
            "confidential_fields" => content.confidential_fields.clone_from(&new.confidential_fields),
            // The mask was held against the list of fields; a test holds that list against the contract.
            _ => {}
        }
    }
    content
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn every_field_of_the_content_can_be_amended() {
        let files = prost_types::FileDescriptorSet::decode(greenlane_api::DESCRIPTORS).unwrap().file;
        let mut messages = files.iter().flat_map(|file| &file.message_type);
        let content = messages.find(|message| message.name() == "CertificateContent").unwrap();
        let fields: Vec<&str> = content.field.iter().map(prost_types::FieldDescriptorProto::name).collect();
        assert_eq!(FIELDS.as_slice(), fields);
    }
}
