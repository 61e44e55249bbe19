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
    /// What packs are to be believed by beside the signer.
    pub(crate) others: Vec<(Jwk, Option<DateTime<Utc>>)>,
    pub(crate) clock: Clock,
    pub(crate) good_for: TimeDelta,
}

/// A key that packs are to be believed by.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) jwk: Jwk,
    pub(crate) signs: bool,
    pub(crate) until: Option<DateTime<Utc>>,
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
        self.signer.as_ref().ok_or_else(|| Fault::no_key_of_service("equivalence", "recognition packs"))
    }

    /// The keys that packs are to be believed by now, the one that signs first, and the catalogue's revision.
    pub(crate) fn keys(&self) -> Result<(Vec<Key>, u64), Fault> {
        let key = |jwk: &Jwk, signs, until| {
            let id = jwk.key.thumbprint();
            Key { jwk: Jwk::new(jwk.key.clone(), id.clone()), id, signs, until }
        };
        let now = self.clock.now();
        let signer = self.signer()?.public_key();
        let mut keys = vec![key(&Jwk::new(signer.clone(), signer.thumbprint()), true, None)];
        for (jwk, until) in self.others.iter().filter(|(_, until)| until.is_none_or(|until| now <= until)) {
            // Whoever is both the one that signs and one of the others signs.
            if keys.iter().all(|known| known.jwk.key != jwk.key) {
                keys.push(key(jwk, false, *until));
            }
        }
        Ok((keys, self.catalogues.current().catalogue.revision()))
    }

    /// A pack of a revision, with the codes as they are now. What an earlier revision says is known to be overtaken when
    /// its pack is made: such a pack is for looking back.
    pub(crate) async fn make(&self, consistency: Consistency) -> Result<Made, Fault> {
        let signer = self.signer()?.clone();
        let loaded = self.catalogues.at(consistency).await?;
        let classification = self.codes().await?;
        let made_at = self.clock.now();
        let is_newest = loaded.catalogue.revision() >= self.catalogues.current().catalogue.revision();
        let good_for = if is_newest { self.good_for } else { TimeDelta::zero() };
        let good_until = made_at.checked_add_signed(good_for).unwrap_or(DateTime::<Utc>::MAX_UTC);
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
