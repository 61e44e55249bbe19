//! PackService.

use greenlane_api::equivalence::v1 as pb;
use greenlane_api::equivalence::v1::pack_service_server::PackService;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::revisions::timestamp;
use greenlane_platform::violations::Violations;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::app::packs::{Made, Packs};

/// Bytes of one part.
const CHUNK_BYTES: usize = 256 * 1024;

/// The handler.
pub(crate) struct PacksApi {
    pub(crate) packs: Packs,
}

#[tonic::async_trait]
impl PackService for PacksApi {
    async fn get_recognition_pack(
        &self,
        request: Request<pb::GetRecognitionPackRequest>,
    ) -> Result<Response<BoxStream<pb::GetRecognitionPackResponse>>, Status> {
        let mut v = Violations::new();
        let consistency = Consistency::parse(&mut v, request.into_inner().consistency.as_ref());
        let consistency = v.finish_with(|| consistency)?;
        let Made { bytes, revision, classification_revision, good_until, key_id } =
            self.packs.make(consistency).await?;
        let parts: Vec<Vec<u8>> = bytes.chunks(CHUNK_BYTES).map(<[u8]>::to_vec).collect();
        let messages = parts.into_iter().map(move |chunk| {
            Ok(pb::GetRecognitionPackResponse {
                revision,
                chunk: chunk.into(),
                classification_revision,
                good_until: Some(timestamp(good_until)),
                key_id: key_id.clone(),
            })
        });
        Ok(Response::new(Box::pin(futures_util::stream::iter(messages))))
    }

    async fn get_pack_key(
        &self,
        _: Request<pb::GetPackKeyRequest>,
    ) -> Result<Response<pb::GetPackKeyResponse>, Status> {
        let (keys, revision) = self.packs.keys()?;
        let signs = keys.iter().find(|key| key.signs).map(|key| (key.id.clone(), key.jwk.to_json()));
        let (key_id, jwk) = signs.unwrap_or_default();
        let keys = keys.into_iter().map(|key| pb::PackKey {
            key_id: key.id,
            jwk: key.jwk.to_json(),
            signs: key.signs,
            believed_until: key.until.map(timestamp),
        });
        Ok(Response::new(pb::GetPackKeyResponse { key_id, jwk, revision, keys: keys.collect() }))
    }
}
