//! The whole catalogue, for bundles that decide without this service.

use greenlane_api::classification::v1::{ExportCatalogueRequest, ExportCatalogueResponse};
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use tonic::codegen::BoxStream;

use super::CodeSystems;
use crate::api::error;
use crate::{offline, store};

/// Bytes of one part.
const CHUNK_BYTES: usize = 256 * 1024;

impl CodeSystems {
    pub(super) async fn export(
        &self,
        request: ExportCatalogueRequest,
    ) -> Result<BoxStream<ExportCatalogueResponse>, Fault> {
        let mut v = Violations::new();
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let consistency = v.finish_with(|| consistency)?;
        let revision = self.catalogues.read(consistency).await.map_err(error::read)?.revision;
        let facts = self
            .catalogues
            .store()
            .read("export_catalogue", move |tx| Box::pin(async move { Ok(store::load(tx, revision).await?) }));
        let facts = facts.await.map_err(error::store)?;
        let bytes = offline::export(&facts).map_err(Fault::internal)?;
        let parts: Vec<Vec<u8>> = bytes.chunks(CHUNK_BYTES).map(<[u8]>::to_vec).collect();
        let messages =
            parts.into_iter().map(move |chunk| Ok(ExportCatalogueResponse { revision, chunk: chunk.into() }));
        Ok(Box::pin(futures_util::stream::iter(messages)))
    }
}
