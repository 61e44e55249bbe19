//! The registry's log and certificates as an auditor reads them: page by page, and proven.

use std::collections::BTreeMap;

use greenlane_api::{
    common::v1::{ReadConsistency, read_consistency::Requirement},
    registry::v1::{
        GetCheckpointRequest, GetInclusionProofRequest, ListCertificatesRequest, ListEntriesRequest, LogProof,
        certificate_service_client::CertificateServiceClient, log_service_client::LogServiceClient,
    },
};
use greenlane_log::{Checkpoint, Hash, hash_leaf, note::NoteKey, verify_inclusion};
use greenlane_platform::client::Client;

/// Size and root of a log, as signed, and the key that signed them.
#[derive(Clone, Debug)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// The log's key.
    pub key: NoteKey,
}

/// The signed head, at this revision at least.
///
/// # Errors
/// What the registry answers; when the signature does not hold.
pub async fn head(client: &Client, at_least: u64) -> anyhow::Result<Head> {
    let consistency = Some(ReadConsistency { requirement: Some(Requirement::AtLeastRevision(at_least)) });
    let request = GetCheckpointRequest { consistency: consistency.filter(|_| at_least > 0) };
    let answer = LogServiceClient::new(client.clone()).get_checkpoint(request).await?.into_inner();
    let checkpoint = answer.checkpoint.unwrap_or_default();
    let key: NoteKey = checkpoint.verifier_key.parse()?;
    let opened = Checkpoint::open(checkpoint.note.as_bytes(), &key, &[])?.checkpoint;
    let head = Head { size: checkpoint.tree_size, root: hash(&checkpoint.root_hash)?, key };
    anyhow::ensure!((opened.size, opened.root) == (head.size, head.root), "the note says what the answer says");
    Ok(head)
}

/// Holds a promise against itself: its own checkpoint is signed by the log's key, and its leaf is in that tree.
///
/// # Errors
/// When it does not hold.
pub fn verify_promise(promised: &LogProof, key: &NoteKey) -> anyhow::Result<()> {
    let then = Checkpoint::open(promised.checkpoint.as_bytes(), key, &[])?.checkpoint;
    anyhow::ensure!(then.size == promised.tree_size, "the promise is of the checkpoint's tree");
    let leaf = hash_leaf(&promised.leaf);
    verify_inclusion(&leaf, promised.index, promised.tree_size, &hashes(&promised.hashes)?, &then.root)?;
    Ok(())
}

/// Holds a promise against the log as it is at a later head.
///
/// # Errors
/// When it does not hold, and what the registry answers.
pub async fn verify_kept(client: &Client, promised: &LogProof, head: &Head) -> anyhow::Result<()> {
    let request = GetInclusionProofRequest { index: promised.index, tree_size: head.size };
    let now = LogServiceClient::new(client.clone()).get_inclusion_proof(request).await?.into_inner();
    let path = hashes(&now.proof.unwrap_or_default().hashes)?;
    verify_inclusion(&hash_leaf(&promised.leaf), promised.index, head.size, &path, &head.root)?;
    Ok(())
}

/// Every certificate by its name, with the revision that granted it.
///
/// # Errors
/// What the registry answers; when it lists a name twice.
pub async fn all_certificates(client: &Client) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut certificates = CertificateServiceClient::new(client.clone());
    let mut request = ListCertificatesRequest { page_size: 1_000, ..Default::default() };
    let mut all = BTreeMap::new();
    loop {
        let page = certificates.list_certificates(request.clone()).await?.into_inner();
        for certificate in page.certificates {
            let twice = all.insert(certificate.name.clone(), certificate.granted_revision);
            anyhow::ensure!(twice.is_none(), "{} is listed twice", certificate.name);
        }
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}

/// Every leaf, in order.
///
/// # Errors
/// What the registry answers; when an index is missing or comes twice.
pub async fn all_entries(client: &Client) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut log = LogServiceClient::new(client.clone());
    let mut request = ListEntriesRequest { page_size: 1_000, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = log.list_entries(request.clone()).await?.into_inner();
        for entry in page.entries {
            anyhow::ensure!(entry.index == all.len() as u64, "entry {} stands at place {}", entry.index, all.len());
            all.push(entry.leaf.to_vec());
        }
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}

/// Hashes from an answer.
///
/// # Errors
/// When one has another length.
pub fn hashes(all: &[impl AsRef<[u8]>]) -> anyhow::Result<Vec<Hash>> {
    all.iter().map(|bytes| hash(bytes.as_ref())).collect()
}

fn hash(bytes: &[u8]) -> anyhow::Result<Hash> {
    Ok(Hash::try_from(bytes)?)
}
