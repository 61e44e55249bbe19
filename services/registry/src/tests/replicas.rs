//! Several registries on one database: one log, and no certificate without an entry.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::registry::v1 as wire;
use greenlane_platform::clock::Clock;
use greenlane_store::testing::TestDatabase;

use super::harness::{Served, codes, now, order, serve, serve_with};
use super::life::withdrawal;
use crate::{Config, Migrator, Peers};

greenlane_store::engine_tests!(Migrator:
    two_registries_on_one_database_keep_one_log,
    a_request_is_done_once_whichever_registry_is_asked,
    what_one_withdraws_the_other_knows_within_a_second,
    what_is_answered_again_elsewhere_is_known_there_at_once,
);

async fn two(db: &TestDatabase) -> (Served, Served) {
    // On a machine that does much else one hears late of what the other wrote.
    let patient = |config: &mut Config| config.revision_wait_ms = 30_000;
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let first = serve_with(db, Clock::settable(now()), Arc::clone(&keys), patient, Peers::default()).await;
    let second = serve_with(db, Clock::settable(now()), keys, patient, Peers::default()).await;
    (first, second)
}

async fn two_registries_on_one_database_keep_one_log(db: TestDatabase) {
    let (first, second) = two(&db).await;
    first.enrol("xa-lab").await;
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..60 {
        let served = if index % 2 == 0 { &first } else { &second };
        let mut certificates = served.certificates("bodies/xa-lab");
        let order = order("xa-lab", &format!("c{index}"));
        calls.spawn(async move { certificates.issue_certificate(order).await.unwrap().into_inner() });
    }
    let answers = calls.join_all().await;
    let mut indices: Vec<u64> = answers.iter().map(|answer| answer.proof.as_ref().unwrap().index).collect();
    indices.sort_unstable();
    assert_eq!(indices, (2..62).collect::<Vec<u64>>(), "each index once, none left out");
    // One root for each size, whoever signed it.
    let mut roots = std::collections::HashMap::new();
    for proof in answers.iter().map(|answer| answer.proof.as_ref().unwrap()) {
        let text = proof.checkpoint.split("\n\n").next().unwrap().to_owned();
        assert_eq!(roots.entry(proof.tree_size).or_insert_with(|| text.clone()), &text);
    }
    // An auditor of either walks the same log.
    let entries = |served: &Served| {
        let mut log = served.log();
        async move {
            let request = wire::ListEntriesRequest { page_size: 1_000, ..Default::default() };
            log.list_entries(request).await.unwrap().into_inner().entries
        }
    };
    let reached = wire::GetCheckpointRequest { consistency: at_least(62) };
    second.log().get_checkpoint(reached).await.unwrap();
    first.log().get_checkpoint(reached).await.unwrap();
    assert_eq!(entries(&first).await, entries(&second).await);
}

fn at_least(revision: u64) -> Option<greenlane_api::common::v1::ReadConsistency> {
    use greenlane_api::common::v1::{ReadConsistency, read_consistency::Requirement};
    Some(ReadConsistency { requirement: Some(Requirement::AtLeastRevision(revision)) })
}

async fn a_request_is_done_once_whichever_registry_is_asked(db: TestDatabase) {
    let (first, second) = two(&db).await;
    first.enrol("xa-lab").await;
    let (one, two) = tokio::join!(first.issue("xa-lab", "same"), second.issue("xa-lab", "same"));
    assert_eq!(one, two);
    assert_eq!(second.issue("xa-lab", "other").await.revision, 4);
}

async fn what_one_withdraws_the_other_knows_within_a_second(db: TestDatabase) {
    let (first, second) = two(&db).await;
    first.enrol("xa-lab").await;
    let issued = first.issue("xa-lab", "one").await;
    let name = issued.certificate.unwrap().name;
    // The other one has it in memory.
    let request = wire::VerifyRequest {
        consistency: at_least(issued.revision),
        ..super::harness::question(wire::verify_request::Subject::Certificate(name.clone()))
    };
    let verdict = second.verification().verify(request).await.unwrap().into_inner().verdict.unwrap();
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Accepted);
    let withdrawn = first.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&name, "w")).await.unwrap();
    let known = async {
        while second.verdict(&name).await.outcome() != wire::VerdictOutcome::Refused {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // A loaded machine is given more time than the promise.
    tokio::time::timeout(Duration::from_secs(30), known).await.expect("the other registry hears of it");
    assert_eq!(second.verdict(&name).await.revisions.unwrap().registry, withdrawn.into_inner().revision);
}

async fn what_is_answered_again_elsewhere_is_known_there_at_once(db: TestDatabase) {
    let first = serve(&db).await;
    first.enrol("xa-lab").await;
    let keys = Arc::clone(&first.keys);
    let deaf = |config: &mut Config| config.poll_interval_ms = 3_600_000;
    let second = serve_with(&db, Clock::settable(now()), keys, deaf, Peers::default()).await;
    let issued = first.issue("xa-lab", "one").await;
    let name = &issued.certificate.as_ref().unwrap().name;
    assert_eq!(codes(second.verdict(name).await.authentic.as_ref()), ["certificate_unknown"], "it has not heard yet");
    assert_eq!(second.issue("xa-lab", "one").await, issued);
    assert_eq!(second.verdict(name).await.outcome(), wire::VerdictOutcome::Accepted);
}
