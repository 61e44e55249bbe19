//! A database that was put back to an earlier state: the log does not sign another history.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use sea_orm::ConnectionTrait as _;
use tonic::Code;

use super::harness::{Served, codes, order, serve, serve_with};
use crate::{Config, Migrator, begin_new_log};

greenlane_store::engine_tests!(Migrator:
    a_database_that_goes_back_under_a_running_registry_stops_all_signing,
    a_database_that_went_back_while_the_registry_was_down_stops_all_signing,
    a_database_that_goes_back_is_found_out_by_reading_alone,
    another_tree_of_the_same_size_is_found_out_by_reading_alone,
    a_new_log_that_the_database_refuses_leaves_the_old_ones_key_and_checkpoint_where_they_are,
);

pub(super) async fn sql(db: &TestDatabase, statement: &str) {
    let statement = statement.to_owned();
    let run = db.store().write::<_, std::convert::Infallible, _>("sql", move |tx| {
        let statement = statement.clone();
        Box::pin(async move { Ok(tx.execute_unprepared(&statement).await.map(|_| ())?) })
    });
    run.await.unwrap();
}

/// The head goes back to where it was when `then` ran.
async fn go_back(db: &TestDatabase) {
    let set = ["size", "root", "note", "signed_at"].map(|column| format!("{column} = (SELECT {column} FROM kept)"));
    sql(db, &format!("UPDATE log_head SET {}", set.join(", "))).await;
}

async fn keep_head(db: &TestDatabase) {
    sql(db, "CREATE TABLE kept AS SELECT * FROM log_head").await;
}

async fn refused(served: &Served, request_id: &str) -> String {
    let answer = served.certificates("bodies/xa-lab").issue_certificate(order("xa-lab", request_id)).await;
    let status = answer.unwrap_err();
    assert_eq!(
        (status.code(), Fault::reason_of(&status)),
        (Code::FailedPrecondition, Some(ErrorReason::LogInconsistent))
    );
    served.health.causes().join("\n")
}

async fn a_database_that_goes_back_under_a_running_registry_stops_all_signing(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    keep_head(&db).await;
    served.issue("xa-lab", "lost").await;
    go_back(&db).await;
    refused(&served, "another-history").await;
    let told = async {
        while !served.health.causes().iter().any(|cause| cause.contains("put back to an earlier state")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("health says so");
}

async fn a_new_log_that_the_database_refuses_leaves_the_old_ones_key_and_checkpoint_where_they_are(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let keys = Arc::clone(&served.keys);
    served.end().await;
    let directory = keys.path().join("keys");
    let there = || ["log.jwk", "log.checkpoint"].map(|name| std::fs::read(directory.join(name)).ok());
    let before = there();
    let config = Config {
        store: db.config(),
        key_directory: directory.clone(),
        log_origin: "registry.example.org/log-2".to_owned(),
        ..Config::default()
    };
    assert!(before.iter().all(Option::is_some));

    // As from a role that may not delete from it.
    sql(&db, "ALTER TABLE log_checkpoint RENAME TO out_of_reach").await;
    begin_new_log(&config).await.unwrap_err();
    assert_eq!(there(), before);

    sql(&db, "ALTER TABLE out_of_reach RENAME TO log_checkpoint").await;
    let begun = begin_new_log(&config).await.unwrap();
    assert_eq!(there(), [None, None]);
    assert_eq!(begun.kept.len(), 2, "{begun:?}");
    assert!(begun.kept.iter().all(|path| path.exists()));
}

/// Waits until a certificate that was in force is not taken for that any more, and health says why.
async fn doubted(served: &Served, name: &str, why: &str) {
    let doubted = async {
        loop {
            let verdict = served.verdict(name).await;
            if verdict.outcome() == wire::VerdictOutcome::Undetermined {
                assert_eq!(codes(verdict.in_force.as_ref())[0], "records_in_doubt");
                return;
            }
            assert_eq!(verdict.outcome(), wire::VerdictOutcome::Accepted);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), doubted).await.expect("nothing is accepted");
    let told = async {
        while !served.health.causes().iter().any(|cause| cause.contains(why)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("health says so");
}

async fn a_database_that_goes_back_is_found_out_by_reading_alone(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let name = served.issue("xa-lab", "kept").await.certificate.unwrap().name;
    keep_head(&db).await;
    served.issue("xa-lab", "lost").await;
    assert_eq!(served.verdict(&name).await.outcome(), wire::VerdictOutcome::Accepted);
    go_back(&db).await;
    doubted(&served, &name, "put back to an earlier state").await;
    let status = served.certificates("bodies/xa-lab").issue_certificate(order("xa-lab", "other")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::LogInconsistent));
}

async fn another_tree_of_the_same_size_is_found_out_by_reading_alone(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    keep_head(&db).await;
    let name = served.issue("xa-lab", "kept").await.certificate.unwrap().name;
    assert_eq!(served.verdict(&name).await.outcome(), wire::VerdictOutcome::Accepted);
    sql(&db, "UPDATE log_head SET root = (SELECT root FROM kept)").await;
    doubted(&served, &name, "another tree of").await;
}

async fn a_database_that_went_back_while_the_registry_was_down_stops_all_signing(db: TestDatabase) {
    let served = serve(&db).await;
    served.enrol("xa-lab").await;
    let kept = served.issue("xa-lab", "kept").await.certificate.unwrap().name;
    keep_head(&db).await;
    served.issue("xa-lab", "lost").await;
    let (keys, clock) = (Arc::clone(&served.keys), served.clock.clone());
    served.end().await;
    go_back(&db).await;
    let again = || serve_with(&db, clock.clone(), Arc::clone(&keys), |_| {}, crate::Peers::default());
    let served = again().await;
    refused(&served, "another-history").await;
    // Reading goes on, and takes nothing for in force: a withdrawal may be among what was lost.
    let verdict = served.verdict(&kept).await;
    assert_eq!((verdict.certificate.as_str(), verdict.outcome()), (kept.as_str(), wire::VerdictOutcome::Undetermined));
    assert_eq!(codes(verdict.in_force.as_ref())[0], "records_in_doubt");
    served.end().await;
    // What was signed is what is compared: without that nobody could tell.
    std::fs::remove_file(keys.path().join("keys/log.checkpoint")).unwrap();
    let served = again().await;
    assert!(!served.health.causes().iter().any(|cause| cause.contains("LOG_INCONSISTENT")));
}
