//! Making recognition packs.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use greenlane_api::classification::v1::ExportCatalogueRequest;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_jose::{Jwk, Signer};
use greenlane_platform::client::Client;
use greenlane_platform::clock::Clock;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;

use super::catalogue::Catalogues;
use crate::offline;
use crate::pack::{self, Contents};

/// Makes packs.
#[derive(Clone)]
pub(crate) struct Packs {
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) classification: Client,
    pub(crate) signer: Option<Arc<dyn Signer>>,
    pub(crate) clock: Clock,
    pub(crate) good_for: TimeDelta,
}

/// A pack that was made.
pub(crate) struct Made {
    pub(crate) bytes: Vec<u8>,
    pub(crate) revision: u64,
    pub(crate) classification_revision: u64,
    pub(crate) good_until: DateTime<Utc>,
    pub(crate) key_id: String,
}

impl Packs {
    fn signer(&self) -> Result<&Arc<dyn Signer>, Fault> {
        self.signer.as_ref().ok_or_else(|| Fault::no_signing_key("the equivalence service"))
    }

    /// The public key, its thumbprint, and the catalogue's revision.
    pub(crate) fn key(&self) -> Result<(Jwk, String, u64), Fault> {
        let signer = self.signer()?;
        let key_id = signer.public_key().thumbprint();
        let jwk = Jwk::new(signer.public_key().clone(), key_id.clone());
        Ok((jwk, key_id, self.catalogues.current().catalogue.revision()))
    }

    /// A pack of a revision, with the codes as they are now.
    pub(crate) async fn make(&self, consistency: Consistency) -> Result<Made, Fault> {
        let signer = self.signer()?.clone();
        let loaded = self.catalogues.at(consistency).await?;
        let classification = self.codes().await?;
        let made_at = self.clock.now();
        let good_until = made_at.checked_add_signed(self.good_for).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let made = tokio::task::spawn_blocking(move || {
            let exported = offline::export(&loaded.catalogue).map_err(Fault::internal)?;
            let equivalence = (loaded.catalogue.revision(), exported);
            let (revision, classification_revision) = (equivalence.0, classification.0);
            let contents = Contents { equivalence, classification, made_at, good_until };
            let bytes = pack::write(&contents, &*signer).map_err(Fault::internal)?;
            let key_id = signer.public_key().thumbprint();
            Ok(Made { bytes, revision, classification_revision, good_until, key_id })
        });
        made.await.map_err(Fault::internal)?
    }

    async fn codes(&self) -> Result<(u64, Vec<u8>), Fault> {
        let unavailable = |status: tonic::Status| Fault::dependency_unavailable("classification", status);
        let mut client = CodeSystemServiceClient::new(self.classification.clone());
        let mut parts =
            client.export_catalogue(ExportCatalogueRequest::default()).await.map_err(unavailable)?.into_inner();
        let mut exported = (0, Vec::new());
        while let Some(part) = parts.message().await.map_err(unavailable)? {
            exported.0 = part.revision;
            exported.1.extend_from_slice(&part.chunk);
        }
        Ok(exported)
    }
}
