//! The write queue: groups, poison, overload.

use std::sync::Arc;

use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use sea_orm::ConnectionTrait as _;
use tonic::Code;

use super::harness::{Served, now, order, serve, serve_with};
use super::life::withdrawal;
use crate::{Migrator, Peers};

greenlane_store::engine_tests!(Migrator:
    a_refused_mutation_fails_alone,
    a_mutation_that_the_database_refuses_fails_alone,
    a_full_queue_says_when_to_come_back,
    what_was_done_before_is_answered_as_then_among_what_is_new,
);

async fn revision(served: &Served) -> u64 {
    served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner().revision
}

async fn a_refused_mutation_fails_alone(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "first").await.certificate.unwrap().name;
    let mut good = tokio::task::JoinSet::new();
    let mut bad = tokio::task::JoinSet::new();
    for index in 0..20 {
        let mut certificates = served.certificates("bodies/xa-lab");
        let order = order("xa-lab", &format!("c{index}"));
        good.spawn(async move { certificates.issue_certificate(order).await });
        let mut certificates = served.certificates("bodies/xa-lab");
        let step = withdrawal(&name, &format!("w{index}"));
        bad.spawn(async move { certificates.withdraw_certificate(step).await });
    }
    assert!(good.join_all().await.iter().all(Result::is_ok));
    let withdrawn = bad.join_all().await;
    assert_eq!(withdrawn.iter().filter(|result| result.is_ok()).count(), 1, "it is withdrawn once");
    for refused in withdrawn.into_iter().filter_map(Result::err) {
        assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::StateConflict));
    }
    assert_eq!(revision(&served).await, 24);
}

async fn a_mutation_that_the_database_refuses_fails_alone(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    // A rule that the registry does not know of: whoever breaks it is refused by the database alone.
    db.store()
        .write::<_, std::convert::Infallible, _>("poison", |tx| {
            Box::pin(async move {
                tx.execute_unprepared(
                    "CREATE UNIQUE INDEX poison ON certificate (valid_until) WHERE valid_until = '2029-09-09'",
                )
                .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..30 {
        let mut certificates = served.certificates("bodies/xa-lab");
        let mut order = order("xa-lab", &format!("c{index}"));
        if index % 10 == 0 {
            order.content.as_mut().unwrap().valid_until = "2029-09-09".to_owned();
        }
        calls.spawn(async move { certificates.issue_certificate(order).await });
    }
    let results = calls.join_all().await;
    let refused: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(refused.len(), 2, "one of the three is fine");
    assert!(refused.iter().all(|status| status.code() == Code::Internal));
    assert_eq!(revision(&served).await, 30);
    let listed = wire::ListCertificatesRequest { page_size: 100, ..Default::default() };
    let listed = served.certificates("bodies/xa-lab").list_certificates(listed).await.unwrap().into_inner();
    assert_eq!(listed.certificates.len(), 28, "nothing is half-written");
}

async fn a_full_queue_says_when_to_come_back(db: TestDatabase) {
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let small = |config: &mut crate::Config| (config.write_queue, config.group_limit) = (1, 1);
    let served = serve_with(&db, Clock::settable(now()), keys, small, Peers::default()).await;
    served.enrol("xa-lab").await;
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..60 {
        let mut certificates = served.certificates("bodies/xa-lab");
        let order = order("xa-lab", &format!("c{index}"));
        calls.spawn(async move { certificates.issue_certificate(order).await });
    }
    let results = calls.join_all().await;
    let refused: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(!refused.is_empty(), "sixty at once are more than one that waits");
    for status in &refused {
        assert_eq!(
            (status.code(), Fault::reason_of(status)),
            (Code::ResourceExhausted, Some(ErrorReason::WriteQueueFull))
        );
        assert!(Fault::retry_after_of(status).is_some());
    }
    assert_eq!(revision(&served).await, 2 + (60 - refused.len()) as u64, "what was refused was not written");
}

async fn what_was_done_before_is_answered_as_then_among_what_is_new(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let mut first = Vec::new();
    for index in 0..10 {
        first.push(served.issue("xa-lab", &format!("c{index}")).await);
    }
    let step = withdrawal(&first[0].certificate.as_ref().unwrap().name, "w");
    let withdraw = |step: wire::WithdrawCertificateRequest| {
        let mut certificates = served.certificates("bodies/xa-lab");
        async move { certificates.withdraw_certificate(step).await.unwrap().into_inner() }
    };
    let withdrawn = withdraw(step.clone()).await;
    // Twice: the second time it is expected.
    for round in 0..2 {
        let mut calls = tokio::task::JoinSet::new();
        for index in 0..20 + round {
            let mut certificates = served.certificates("bodies/xa-lab");
            let order = order("xa-lab", &format!("c{index}"));
            calls.spawn(async move { (index, certificates.issue_certificate(order).await.unwrap().into_inner()) });
        }
        // By the rules it could not be done a second time.
        let withdrawing = withdraw(step.clone());
        let (answers, again) = tokio::join!(calls.join_all(), withdrawing);
        assert_eq!(again, withdrawn);
        let known = answers.into_iter().filter(|(index, _)| *index < 10);
        known.for_each(|(index, answer)| assert_eq!(answer, first[index]));
        assert_eq!(revision(&served).await, 2 + 20 + round as u64 + 1, "each is done once");
    }
}
