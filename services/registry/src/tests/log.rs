//! The log, as an auditor sees it.

use greenlane_api::registry::v1 as wire;
use greenlane_log::{Checkpoint, Frontier, Hash, hash_leaf, note::NoteKey, verify_consistency, verify_inclusion};
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::harness::{Served, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    the_entries_lead_to_the_signed_root,
    every_entry_and_every_earlier_tree_is_proved,
    a_changed_tile_stops_all_signing,
);

async fn checkpoint(served: &Served) -> (Checkpoint, NoteKey) {
    let answer = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    let answer = answer.checkpoint.unwrap();
    let key: NoteKey = answer.verifier_key.parse().unwrap();
    let signed = Checkpoint::open(answer.note.as_bytes(), &key, &[]).unwrap().checkpoint;
    assert_eq!(answer.root_hash, signed.root.to_vec());
    (signed, key)
}

async fn fill(served: &Served, count: usize) {
    served.enrol("xa-lab").await;
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..count {
        let mut certificates = served.certificates("bodies/xa-lab");
        let order = super::harness::order("xa-lab", &format!("c{index}"));
        calls.spawn(async move { certificates.issue_certificate(order).await.unwrap() });
    }
    calls.join_all().await;
}

async fn the_entries_lead_to_the_signed_root(db: TestDatabase) {
    let served = serve(&db).await;
    let (empty, _) = checkpoint(&served).await;
    assert_eq!((empty.size, empty.root), (0, greenlane_log::empty_root()));
    fill(&served, 300).await;
    let (head, _) = checkpoint(&served).await;
    assert_eq!(head.size, 302);
    let (mut frontier, mut token) = (Frontier::new(), String::new());
    loop {
        let request = wire::ListEntriesRequest { page_size: 100, page_token: token, ..Default::default() };
        let page = served.log().list_entries(request).await.unwrap().into_inner();
        for entry in &page.entries {
            assert_eq!(entry.index, frontier.size());
            frontier.append(hash_leaf(&entry.leaf));
        }
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((frontier.size(), frontier.root()), (head.size, head.root));
}

async fn every_entry_and_every_earlier_tree_is_proved(db: TestDatabase) {
    let served = serve(&db).await;
    let mut seen = Vec::new();
    served.enrol("xa-lab").await;
    for index in 0..5 {
        served.issue("xa-lab", &format!("c{index}")).await;
        seen.push(checkpoint(&served).await.0);
    }
    let newest = seen.last().unwrap();
    let hashes = |hashes: &[bytes::Bytes]| -> Vec<Hash> {
        hashes.iter().map(|hash| Hash::try_from(hash.as_ref()).unwrap()).collect()
    };
    for index in 0..newest.size {
        let request = wire::GetInclusionProofRequest { index, tree_size: 0 };
        let proof = served.log().get_inclusion_proof(request).await.unwrap().into_inner().proof.unwrap();
        let (leaf, way) = (hash_leaf(&proof.leaf), hashes(&proof.hashes));
        verify_inclusion(&leaf, index, newest.size, &way, &newest.root).unwrap();
    }
    for earlier in &seen {
        let request = wire::GetConsistencyProofRequest { old_tree_size: earlier.size, new_tree_size: 0 };
        let proof = served.log().get_consistency_proof(request).await.unwrap().into_inner();
        let way = hashes(&proof.hashes);
        verify_consistency(earlier.size, &earlier.root, newest.size, &newest.root, &way).unwrap();
    }
    let beyond = wire::GetInclusionProofRequest { index: newest.size, tree_size: 0 };
    assert_eq!(served.log().get_inclusion_proof(beyond).await.unwrap_err().code(), Code::NotFound);
}

async fn a_changed_tile_stops_all_signing(db: TestDatabase) {
    use greenlane_api::common::v1::ErrorReason;
    use greenlane_platform::fault::Fault;
    use sea_orm::ConnectionTrait as _;

    let served = serve(&db).await;
    fill(&served, 3).await;
    let (keys, clock) = (std::sync::Arc::clone(&served.keys), served.clock.clone());
    served.end().await;
    // Somebody rewrites history.
    db.store()
        .write::<_, std::convert::Infallible, _>("tamper", |tx| {
            Box::pin(async move {
                let zeros = "00".repeat(32 * 5);
                let literal = match tx.engine() {
                    greenlane_store::Engine::Sqlite => format!("x'{zeros}'"),
                    greenlane_store::Engine::Postgres => format!("'\\x{zeros}'::bytea"),
                };
                tx.execute_unprepared(&format!("UPDATE log_tile SET hashes = {literal}")).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let served = super::harness::serve_with(&db, clock, keys, |_| {}, crate::Peers::default()).await;
    let refused = served.certificates("bodies/xa-lab").issue_certificate(super::harness::order("xa-lab", "x")).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.code(), Fault::reason_of(&refused)),
        (Code::FailedPrecondition, Some(ErrorReason::LogInconsistent))
    );
    let causes = async {
        loop {
            let causes = served.health.causes();
            if causes.iter().any(|cause| cause.contains("LOG_INCONSISTENT")) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), causes).await.expect("health says so");
    assert!(!served.health.is_serving());
}
