//! What proves a certificate's standing to somebody who believes nobody: its entries and its key's in the log, and how the
//! log has grown since an earlier visit.

use std::sync::Arc;

use greenlane_log::Hash;
use greenlane_store::StoreError;

use super::mutation::LogReceipt;
use super::read::Reader;
use super::recall;
use crate::domain::names::CertificateNumber;
use crate::store::{list, log};

/// Entries of a certificate that are proved at most: the newest, and the one that made the version.
const MOST: usize = 1_000;

/// The evidence, all of it in one tree.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) checkpoint: Arc<str>,
    /// The certificate's entries, in the order of the log.
    pub(crate) events: Vec<LogReceipt>,
    /// The registration of the key that signed the version, and what became of the key last.
    pub(crate) key_events: Vec<LogReceipt>,
    /// The key, as it was registered: canonical JSON.
    pub(crate) public_jwk: String,
    /// The version's document.
    pub(crate) document: String,
    /// The size of an earlier tree, and what proves that this one begins with it.
    pub(crate) growth: Option<(u64, Vec<Hash>)>,
}

/// The evidence for a version of a certificate at a revision; none when there was no such version.
pub(crate) async fn evidence(
    reader: &Reader,
    number: &CertificateNumber,
    version: u32,
    revision: u64,
    earlier: Option<u64>,
) -> Result<Option<Evidence>, StoreError> {
    let number = number.clone();
    reader
        .read("read_evidence", move |tx| {
            let number = number.clone();
            Box::pin(async move {
                let size = log::checkpoint_at(tx, revision).await?;
                let versions = list::versions(tx, &number).await?;
                let judged = versions.into_iter().find(|row| row.version == version && row.log_index < size);
                let Some(judged) = judged else { return Ok(None) };
                let Some(key) = list::key(tx, &judged.key).await? else { return Ok(None) };
                let all = list::events(tx, &number, None, None).await?;
                let known: Vec<u64> = all.iter().map(|event| event.log_index).filter(|index| *index < size).collect();
                let newest = known.len().saturating_sub(MOST);
                let mut indices: Vec<u64> =
                    known[..newest].iter().copied().filter(|index| *index == judged.log_index).collect();
                indices.extend_from_slice(&known[newest..]);
                let events = indices.len();
                indices.push(key.create_index);
                indices.extend(Some(key.latest_index).filter(|index| *index != key.create_index && *index < size));
                let mut proofs = recall::proofs(tx, &indices, size).await?;
                let key_events = proofs.split_off(events);
                let growth = match earlier.filter(|earlier| (1..=size).contains(earlier)) {
                    Some(earlier) => Some((earlier, log::consistency_proof(tx, earlier, size).await?)),
                    None => None,
                };
                Ok(proofs.first().map(|first| Arc::clone(&first.checkpoint)).map(|checkpoint| Evidence {
                    checkpoint,
                    events: proofs,
                    key_events,
                    public_jwk: key.record.public_jwk,
                    document: judged.document.as_ref().to_owned(),
                    growth,
                }))
            })
        })
        .await
}
