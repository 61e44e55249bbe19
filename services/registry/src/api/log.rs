//! `LogService`.

use std::sync::Arc;

use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::log_service_server::LogService;
use greenlane_log::note::MAX_NOTE_BYTES;
use greenlane_log::{Checkpoint, hash_leaf};
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use tonic::{Request, Response, Status};

use super::issue::Incoming;
use super::{consistency, render};
use crate::app::cosign::Cosigner;
use crate::app::log::LogWriter;
use crate::app::read::{Freshness, Reader};
use crate::store::{cosign, log};

/// The service.
#[derive(Clone)]
pub(crate) struct Logs {
    pub(crate) reader: Reader,
    pub(crate) log: Arc<LogWriter>,
    pub(crate) cosigner: Arc<Cosigner>,
    /// The verifier key of this registry as a witness. Empty where it is none.
    pub(crate) witness_key: String,
}

#[tonic::async_trait]
impl LogService for Logs {
    async fn get_checkpoint(
        &self,
        request: Request<wire::GetCheckpointRequest>,
    ) -> Result<Response<wire::GetCheckpointResponse>, Status> {
        let mut v = Violations::new();
        let freshness = consistency::freshness(&mut v, request.into_inner().consistency.as_ref());
        let freshness = v.finish_with(|| freshness)?;
        Ok(Response::new(self.checkpoint(freshness).await?))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<wire::GetInclusionProofRequest>,
    ) -> Result<Response<wire::GetInclusionProofResponse>, Status> {
        Ok(Response::new(self.inclusion(request.into_inner()).await?))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<wire::GetConsistencyProofRequest>,
    ) -> Result<Response<wire::GetConsistencyProofResponse>, Status> {
        Ok(Response::new(self.consistency(request.into_inner()).await?))
    }

    async fn list_entries(
        &self,
        request: Request<wire::ListEntriesRequest>,
    ) -> Result<Response<wire::ListEntriesResponse>, Status> {
        Ok(Response::new(self.entries(request.into_inner()).await?))
    }

    async fn add_cosignature(
        &self,
        request: Request<wire::AddCosignatureRequest>,
    ) -> Result<Response<wire::AddCosignatureResponse>, Status> {
        let incoming = Incoming::new(request, |message| &mut message.request_id)?;
        let answer = self.cosign(&incoming).await;
        Ok(Response::new(answer?))
    }

    async fn list_cosignatures(
        &self,
        request: Request<wire::ListCosignaturesRequest>,
    ) -> Result<Response<wire::ListCosignaturesResponse>, Status> {
        Ok(Response::new(self.cosignatures(request.into_inner()).await?))
    }
}

/// Cosignatures that come with a checkpoint.
const MAX_COSIGNATURES: u64 = 100;

impl Logs {
    async fn cosign(
        &self,
        incoming: &Incoming<wire::AddCosignatureRequest>,
    ) -> Result<wire::AddCosignatureResponse, Fault> {
        let raw = &incoming.message;
        let mut v = Violations::new();
        let request_id = v.request_id(&incoming.request_id);
        let fits = !raw.note.is_empty() && raw.note.len() <= MAX_NOTE_BYTES;
        v.check("note", fits, format!("must be a checkpoint with signatures, of at most {MAX_NOTE_BYTES} bytes"));
        let request_id = v.finish_with(|| request_id)?;
        let id = incoming.stamp.clone().with(&request_id);
        let taken = self.cosigner.take(&raw.note, Some(id), raw.validate_only).await?;
        Ok(wire::AddCosignatureResponse {
            cosignature: Some(render::cosignature(&taken)),
            revision: self.reader.published.revision(),
        })
    }

    async fn cosignatures(&self, raw: wire::ListCosignaturesRequest) -> Result<wire::ListCosignaturesResponse, Fault> {
        let mut v = Violations::new();
        let binding = PageBinding::new("ListCosignatures").with(raw.tree_size.to_be_bytes());
        let page_size = v.page_size(raw.page_size);
        let after = v.page_token::<(u64, String)>(&raw.page_token, &binding);
        let (page_size, after) = v.finish_with(|| Some((page_size?, after?)))?;
        let wanted = raw.tree_size;
        let mut found = self
            .reader
            .read("list_cosignatures", move |tx| {
                let after = after.clone();
                Box::pin(async move {
                    // Later pages are of the size of the first.
                    let size = match (&after, wanted) {
                        (Some((size, _)), _) => *size,
                        (None, 0) => cosign::newest(tx).await?.unwrap_or_default(),
                        (None, size) => size,
                    };
                    let after = after.as_ref().map(|(_, key)| key.as_str());
                    Ok(cosign::list(tx, size, after, page_size as u64 + 1).await?)
                })
            })
            .await?;
        let more = found.len() > page_size;
        found.truncate(page_size);
        let next_page_token = match found.last() {
            Some(last) if more => binding.token(&(last.size, last.key.as_str()))?,
            _ => String::new(),
        };
        Ok(wire::ListCosignaturesResponse {
            cosignatures: found.iter().map(render::cosignature).collect(),
            next_page_token,
            revision: self.reader.published.revision(),
        })
    }

    async fn checkpoint(&self, freshness: Freshness) -> Result<wire::GetCheckpointResponse, Fault> {
        let revision = self.reader.settle(freshness).await?;
        let head = self.reader.published.head();
        let (size, note, signed_at) = match freshness {
            Freshness::Latest | Freshness::AtLeast(_) => (head.size, head.note.clone(), head.signed_at),
            Freshness::Exactly(exactly) => {
                let found = self
                    .reader
                    .read("get_checkpoint", move |tx| Box::pin(async move { Ok(log::checkpoint(tx, exactly).await?) }))
                    .await?;
                // Checkpoints are signed for groups of entries: not every size has one.
                let (note, signed_at) = found.ok_or_else(|| Fault::not_found(format!("checkpoints/{revision}")))?;
                (exactly, note, signed_at)
            }
        };
        let text = note.split_once("\n\n").map_or("", |(text, _)| text);
        let root = Checkpoint::parse(&format!("{text}\n")).map_err(Fault::internal)?.root;
        let checkpoint = wire::Checkpoint {
            tree_size: size,
            root_hash: bytes::Bytes::copy_from_slice(root.as_ref()),
            origin: self.log.origin().to_owned(),
            note,
            sign_time: Some(render::timestamp(signed_at.to_utc())),
            verifier_key: self.log.verifier_key().to_string(),
        };
        let cosignatures = self
            .reader
            .read("read_cosignatures", move |tx| {
                Box::pin(async move { Ok(cosign::list(tx, size, None, MAX_COSIGNATURES).await?) })
            })
            .await?;
        let cosignatures = cosignatures.iter().map(render::cosignature).collect();
        Ok(wire::GetCheckpointResponse {
            checkpoint: Some(checkpoint),
            revision: size,
            cosignatures,
            witness_key: self.witness_key.clone(),
        })
    }

    async fn inclusion(&self, raw: wire::GetInclusionProofRequest) -> Result<wire::GetInclusionProofResponse, Fault> {
        let head = self.reader.published.head();
        let size = if raw.tree_size == 0 { head.size } else { raw.tree_size };
        if size > head.size {
            return Err(Fault::invalid(
                "tree_size",
                format!("must be at most {}, the size of the newest tree", head.size),
            ));
        }
        if raw.index >= size {
            return Err(Fault::not_found(format!("entries/{}", raw.index)));
        }
        let index = raw.index;
        let (hashes, entry) = self
            .reader
            .read("get_inclusion_proof", move |tx| {
                Box::pin(async move {
                    let hashes = log::inclusion_proof(tx, index, size).await?;
                    Ok((hashes, log::entries(tx, index, size, 1).await?.pop()))
                })
            })
            .await?;
        let leaf = entry.ok_or_else(|| Fault::internal("an entry of the log is missing"))?.leaf;
        let checkpoint = if size == head.size { head.note.clone() } else { String::new() };
        let proof =
            wire::LogProof { index, tree_size: size, hashes: render::hashes(&hashes), checkpoint, leaf: leaf.into() };
        Ok(wire::GetInclusionProofResponse { proof: Some(proof), revision: head.size })
    }

    async fn consistency(
        &self,
        raw: wire::GetConsistencyProofRequest,
    ) -> Result<wire::GetConsistencyProofResponse, Fault> {
        let head = self.reader.published.head();
        let new = if raw.new_tree_size == 0 { head.size } else { raw.new_tree_size };
        let old = raw.old_tree_size;
        let mut v = Violations::new();
        v.check("old_tree_size", (1..=new).contains(&old), format!("must be from 1 to {new}, the later size"));
        v.check("new_tree_size", new <= head.size, format!("must be at most {}, the newest tree's", head.size));
        v.finish()?;
        let hashes = self
            .reader
            .read("get_consistency_proof", move |tx| {
                Box::pin(async move { Ok(log::consistency_proof(tx, old, new).await?) })
            })
            .await?;
        Ok(wire::GetConsistencyProofResponse {
            new_tree_size: new,
            hashes: render::hashes(&hashes),
            checkpoint: if new == head.size { head.note.clone() } else { String::new() },
            revision: head.size,
        })
    }

    async fn entries(&self, raw: wire::ListEntriesRequest) -> Result<wire::ListEntriesResponse, Fault> {
        let mut v = Violations::new();
        let binding = PageBinding::new("ListEntries").with(raw.start_index.to_be_bytes());
        let page_size = v.page_size(raw.page_size);
        let next = v.page_token::<u64>(&raw.page_token, &binding);
        let (page_size, next) = v.finish_with(|| Some((page_size?, next?)))?;
        let start = next.unwrap_or(raw.start_index);
        let size = self.reader.published.revision();
        let entries = self
            .reader
            .read("list_entries", move |tx| {
                Box::pin(async move { Ok(log::entries(tx, start, size, page_size as u64).await?) })
            })
            .await?;
        let next_page_token = match entries.last() {
            Some(last) if last.index + 1 < size => binding.token(&(last.index + 1))?,
            _ => String::new(),
        };
        let entries = entries
            .into_iter()
            .map(|entry| wire::LogEntry {
                index: entry.index,
                leaf_hash: hash_leaf(&entry.leaf).to_vec().into(),
                leaf: entry.leaf.into(),
                record_time: Some(render::timestamp(entry.recorded_at.to_utc())),
            })
            .collect();
        Ok(wire::ListEntriesResponse { entries, next_page_token, revision: size })
    }
}
