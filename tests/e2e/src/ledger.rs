//! What a registry said, kept outside it, and held against what it says later.

use std::collections::BTreeMap;

use anyhow::Context as _;
use greenlane_api::registry::v1::{
    GetCertificateRequest, GetConsistencyProofRequest, LogProof, certificate_service_client::CertificateServiceClient,
    log_service_client::LogServiceClient,
};
use greenlane_log::verify_consistency;
use greenlane_platform::client::Client;

use crate::log::{Head, all_certificates, all_entries, hashes, head, verify_kept, verify_promise};

/// Request id to certificate name and proof.
pub type Ledger = BTreeMap<String, (String, LogProof)>;

/// How many questions are asked at a time.
const IN_FLIGHT: usize = 64;

/// Holds the registry against the ledger and against its own log; returns its head.
///
/// # Errors
/// What the registry answers, and what it lacks.
///
/// # Panics
/// When the register and the log are not the same.
pub async fn audit(client: &Client, ledger: &Ledger, earlier: &[Head]) -> anyhow::Result<Head> {
    let head = head(client, 0).await?;
    for old in earlier {
        let request = GetConsistencyProofRequest { old_tree_size: old.size, new_tree_size: head.size };
        let proof = LogServiceClient::new(client.clone()).get_consistency_proof(request).await?.into_inner();
        verify_consistency(old.size, &old.root, head.size, &head.root, &hashes(&proof.hashes)?)?;
    }

    let mut kept = tokio::task::JoinSet::new();
    for (id, (name, promised)) in ledger {
        // What the answer promised holds by itself …
        verify_promise(promised, &head.key)?;
        // … and in the log as it is now, and the certificate is there.
        let (client, head) = (client.clone(), head.clone());
        let (id, name, promised) = (id.clone(), name.clone(), promised.clone());
        kept.spawn(async move {
            verify_kept(&client, &promised, &head).await.with_context(|| id.clone())?;
            let request = GetCertificateRequest { name, ..Default::default() };
            CertificateServiceClient::new(client).get_certificate(request).await.with_context(|| id)?;
            anyhow::Ok(())
        });
        if kept.len() >= IN_FLIGHT {
            kept.join_next().await.context("one is in flight")???;
        }
    }
    while let Some(kept) = kept.join_next().await {
        kept??;
    }

    // Every certificate that the registry has is granted by an entry of the log.
    let entries = all_entries(client).await?;
    assert_eq!(entries.len() as u64, head.size, "the log has no holes");
    let certificates = all_certificates(client).await?;
    for (name, granted_revision) in &certificates {
        let leaf = entries.get(usize::try_from(granted_revision - 1)?).map(Vec::as_slice).unwrap_or_default();
        let number = name.trim_start_matches("certificates/");
        assert!(String::from_utf8_lossy(leaf).contains(number), "{name} is granted by entry {}", granted_revision - 1);
    }
    let entries_with_certificate = entries.iter().filter(|leaf| is_grant(leaf)).count();
    assert_eq!(entries_with_certificate, certificates.len(), "no entry without its certificate");
    Ok(head)
}

fn is_grant(leaf: &[u8]) -> bool {
    let leaf: serde_json::Value = serde_json::from_slice(leaf).unwrap_or_default();
    leaf.get("kind")
        .or_else(|| leaf.get("event"))
        .and_then(|kind| kind.as_str())
        .is_some_and(|kind| kind.contains("grant"))
}
