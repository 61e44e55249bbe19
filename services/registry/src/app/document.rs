//! Building, signing and reading the documents that certificates are handed out as.

use std::sync::Arc;

use greenlane_credential::{
    Certificate, Facts, Issuer, Presented, Profile, Sealed, SignDocumentError, StatusEntry, StatusPurpose, did_web,
    sign_document_as, sign_document_in_parts,
};
use greenlane_jose::{Signer, sha256};

use crate::domain::body::Body;
use crate::domain::content::Content;
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::status::{ENTRIES, Slot};
use crate::store::packed;

/// A document and its hash, which the log names.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) sha256: [u8; 32],
    /// What was presented with it of what it keeps back, with tildes around each; empty when there was nothing.
    pub(crate) disclosures: String,
    /// As it is stored, of one that was just signed here.
    pub(crate) packed: Option<Vec<u8>>,
}

impl Document {
    /// A document as it was presented; white space around it does not count.
    pub(crate) fn presented(text: &str) -> Self {
        let text = text.trim_ascii();
        let (text, disclosures) = text.split_at(text.find('~').unwrap_or(text.len()));
        Self { text: text.to_owned(), sha256: sha256(text), disclosures: disclosures.to_owned(), packed: None }
    }

    /// The hash of all that was presented: what was put behind the document makes another question of it.
    pub(crate) fn presented_sha256(&self) -> [u8; 32] {
        if self.disclosures.is_empty() { self.sha256 } else { sha256(self.whole()) }
    }

    /// As it was presented.
    pub(crate) fn whole(&self) -> String {
        format!("{}{}", self.text, self.disclosures)
    }
}

/// The identifier that this registry serves for a body.
pub(crate) fn did(public_url: &str, body: &BodyId) -> Result<String, String> {
    did_web(public_url, &["bodies", body.as_str()]).map_err(|error| error.to_string())
}

/// Where this registry serves a status list of a body.
pub(crate) fn status_list(public_url: &str, body: &BodyId, list: u32, purpose: StatusPurpose) -> String {
    format!("{public_url}/status/{}/{list}/{}", body.as_str(), purpose.as_str())
}

fn status_entry(public_url: &str, body: &BodyId, slot: Slot) -> StatusEntry {
    StatusEntry {
        index: slot.index.into(),
        suspension: status_list(public_url, body, slot.list, StatusPurpose::Suspension),
        revocation: status_list(public_url, body, slot.list, StatusPurpose::Revocation),
    }
}

/// The place that an entry names, if it is one in a list of this body that this registry serves.
pub(crate) fn slot(public_url: &str, body: &BodyId, entry: &StatusEntry) -> Option<Slot> {
    let list = entry.revocation.rsplit('/').nth(1)?.parse().ok().filter(|list| *list > 0)?;
    let index = u32::try_from(entry.index).ok().filter(|index| *index < ENTRIES)?;
    let slot = Slot { list, index };
    (status_entry(public_url, body, slot) == *entry).then_some(slot)
}

/// What the document of a version states.
pub(crate) fn certificate(
    public_url: &str,
    number: &CertificateNumber,
    version: u32,
    body: &Body,
    content: &Content,
    slot: Slot,
    sealed: Sealed,
) -> Certificate {
    Certificate {
        registry: public_url.to_owned(),
        number: number.as_str().to_owned(),
        version,
        issuer: Issuer {
            did: body.record.did.clone(),
            name: body.record.display_name.clone(),
            body: body.record.id.name(),
            accreditation: None,
        },
        status: Some(status_entry(public_url, &body.record.id, slot)),
        facts: facts(content),
        sealed,
    }
}

/// What a document of this content keeps back, under fresh salts.
pub(crate) fn seal(content: &Content) -> (Sealed, Vec<String>) {
    if content.confidential.is_empty() {
        return (Sealed::default(), Vec::new());
    }
    let (sealed, disclosures) = Sealed::new(&facts(content), content.confidential.iter().copied());
    (sealed, disclosures.iter().map(|disclosure| disclosure.text().to_owned()).collect())
}

/// Builds and signs.
pub(crate) fn sign(certificate: &Certificate, signer: &Arc<dyn Signer>) -> Result<Document, SignDocumentError> {
    let signed = sign_document_in_parts(certificate, signer.as_ref())?;
    let packed = Some(packed::pack_signed(&signed));
    Ok(Document { sha256: sha256(&signed.text), text: signed.text, disclosures: String::new(), packed })
}

/// The same document in W3C's profile.
pub(crate) fn restate(document: &str, signer: &Arc<dyn Signer>) -> Result<String, String> {
    let read = Presented::read(document).map_err(|error| error.to_string())?;
    sign_document_as(Profile::W3c, read.certificate(), signer.as_ref()).map_err(|error| error.to_string())
}

/// The facts in the document's own types.
pub(crate) fn facts(content: &Content) -> Facts {
    use greenlane_credential as c;
    let quantity = |quantity: &crate::domain::content::Quantity| c::Quantity {
        amount: quantity.amount.clone(),
        unit: quantity.unit.clone(),
    };
    Facts {
        holder: c::Holder {
            name: content.holder.name.clone(),
            address: content.holder.address.clone(),
            economy: content.holder.economy.clone(),
            identifier: content.holder.identifier.clone(),
        },
        products: content
            .products
            .iter()
            .map(|product| c::CertifiedProduct {
                name: product.name.clone(),
                identification: c::ProductIdentification {
                    gtin: product.id.gtin.clone(),
                    model: product.id.model.clone(),
                    batch: product.id.batch.clone(),
                    serial: product.id.serial.clone(),
                },
                codes: product
                    .codes
                    .iter()
                    .map(|code| c::Code { edition: code.edition.clone(), code: code.code.clone() })
                    .collect(),
                serial_ranges: product
                    .serial_ranges
                    .iter()
                    .map(|range| c::SerialRange { first: range.first.clone(), last: range.last.clone() })
                    .collect(),
                quantity: product.quantity.as_ref().map(quantity),
                origin: product.origin.clone(),
                models: product.models.clone(),
            })
            .collect(),
        scheme: c::Scheme { scheme: content.scheme.scheme.clone(), level: content.scheme.level.clone() },
        normative_documents: content
            .normative_documents
            .iter()
            .map(|document| c::NormativeDocument { edition: document.edition.clone(), part: document.part.clone() })
            .collect(),
        granted_on: content.granted_on,
        valid_from: content.valid_from,
        valid_until: content.valid_until,
        authorised_by: content.authorised_by.clone(),
        scope: content.scope.clone(),
        sites: content
            .sites
            .iter()
            .map(|site| c::Site {
                name: site.name.clone(),
                address: site.address.clone(),
                economy: site.economy.clone(),
            })
            .collect(),
        body_reference: content.body_reference.clone(),
        remarks: content.remarks.clone(),
        measurements: content
            .measurements
            .iter()
            .map(|measurement| c::Measurement {
                metric: measurement.metric.clone(),
                value: quantity(&measurement.value),
                method: measurement.method.clone(),
            })
            .collect(),
    }
}
