//! Where verification finds its facts: in the registry's database, or in a bundle that a registry made.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use greenlane_store::{Micros, StoreError};

use super::bundle::{Header, Trusted};
use super::files::{BodyFile, CertificateFile};
use super::log::LogWriter;
use super::read::Reader;
use crate::domain::content::SerialRange;
use crate::domain::names::{BodyId, CertificateNumber};
use crate::domain::verdict::bundled::Extent;
use crate::domain::verdict::force::Doubt;
use crate::domain::write_off::ledger::Ledger;
use crate::store::log;
use crate::store::write_off::{self, Asked};

/// The facts.
pub(crate) enum Source {
    Registry { reader: Reader, log: Arc<LogWriter> },
    Bundle(Arc<Trusted>),
}

/// What comes after a bundle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Later<'a> {
    /// The address of the registry, which newer documents state; none where the bundle does not tell it.
    pub(crate) registry: Option<&'a str>,
    /// Nothing that comes after is recorded before.
    pub(crate) from: DateTime<Utc>,
}

impl Source {
    /// The newest revision here.
    pub(crate) fn revision(&self) -> u64 {
        match self {
            Self::Registry { reader, .. } => reader.published.revision(),
            Self::Bundle(bundle) => bundle.header.revision,
        }
    }

    /// Why later steps may be missing here, if so.
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        match self {
            Self::Registry { log, .. } if log.is_broken() => Some(Doubt::Records),
            Self::Registry { reader, .. } => reader.published.is_unheard().then_some(Doubt::Unheard),
            Self::Bundle(_) => None,
        }
    }

    /// How much of a registry is here.
    pub(crate) fn extent(&self) -> Extent {
        match self {
            Self::Registry { .. } => Extent::Whole,
            Self::Bundle(bundle) => {
                Extent::Bundle { made_at: bundle.header.made_at, some_bodies: !bundle.header.bodies.is_empty() }
            }
        }
    }

    /// What is told of whatever came after the facts here; none where they are all that there is.
    pub(crate) fn later(&self) -> Option<Later<'_>> {
        match self {
            Self::Registry { .. } => None,
            Self::Bundle(bundle) => {
                let Header { registry, checkpoint_at, .. } = &bundle.header;
                Some(Later { registry: (!registry.is_empty()).then_some(registry), from: *checkpoint_at })
            }
        }
    }

    /// Waits until a revision is here. On failure gives the one that is.
    pub(crate) async fn reach(&self, required: u64) -> Result<(), u64> {
        match self {
            Self::Registry { reader, .. } => reader.published.reach(required, reader.wait).await,
            Self::Bundle(bundle) if required <= bundle.header.revision => Ok(()),
            Self::Bundle(bundle) => Err(bundle.header.revision),
        }
    }

    /// The revision at a moment. A bundle knows no more of moments than that it was made.
    pub(crate) async fn revision_at(&self, moment: DateTime<Utc>) -> Result<u64, StoreError> {
        match self {
            Self::Registry { reader, .. } => {
                let moment = Micros::from(moment);
                let known = reader
                    .read("size_at", move |tx| Box::pin(async move { Ok(log::size_at(tx, moment).await?) }))
                    .await?;
                Ok(known.min(reader.published.revision()))
            }
            Self::Bundle(bundle) => Ok(bundle.header.revision),
        }
    }

    /// When the newest checkpoint here was signed.
    pub(crate) fn checkpoint_time(&self) -> Micros {
        match self {
            Self::Registry { reader, .. } => reader.published.head().signed_at,
            Self::Bundle(bundle) => bundle.header.checkpoint_at.into(),
        }
    }

    /// A certificate's file.
    pub(crate) async fn certificate(
        &self,
        number: &CertificateNumber,
    ) -> Result<Option<Arc<CertificateFile>>, StoreError> {
        match self {
            Self::Registry { reader, .. } => reader.published.files().certificate(&reader.store, number).await,
            Self::Bundle(bundle) => Ok(bundle.certificates.get(number.as_str()).cloned()),
        }
    }

    /// What was written off against a certificate by a revision; of serial numbers, whether this one was, if one is named.
    /// A bundle does not tell.
    pub(crate) async fn ledger(
        &self,
        number: &CertificateNumber,
        revision: u64,
        serial: &str,
    ) -> Result<Ledger, StoreError> {
        let Self::Registry { reader, .. } = self else { return Ok(Ledger::default()) };
        let asked = if serial.is_empty() { Asked::None } else { Asked::Among(SerialRange::one(serial)) };
        let number = number.clone();
        let read = reader.read("read_ledger", move |tx| {
            let (number, asked) = (number.clone(), asked.clone());
            Box::pin(async move { Ok(write_off::ledger_at(tx, &number, revision, &asked).await?) })
        });
        read.await
    }

    /// A body's file.
    pub(crate) async fn body(&self, id: &BodyId) -> Result<Option<Arc<BodyFile>>, StoreError> {
        match self {
            Self::Registry { reader, .. } => reader.published.files().body(&reader.store, id).await,
            Self::Bundle(bundle) => Ok(bundle.bodies.get(id.as_str()).cloned()),
        }
    }

    /// The number of the certificate that a logged document is of, if it is remembered.
    pub(crate) fn number_of(&self, document_sha256: &[u8; 32]) -> Option<CertificateNumber> {
        match self {
            Self::Registry { reader, .. } => reader.published.files().number_of(document_sha256),
            Self::Bundle(_) => None,
        }
    }

    /// Remembers which certificate a logged document is of.
    pub(crate) fn remember_document(&self, document_sha256: [u8; 32], number: &CertificateNumber) {
        match self {
            Self::Registry { reader, .. } => reader.published.files().remember_document(document_sha256, number),
            Self::Bundle(_) => {}
        }
    }
}
