//! The role of a verifier: no key, nothing written, the same verdicts.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::common::v1::{ErrorReason, ReadConsistency, read_consistency::Requirement};
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::verify_request::Subject;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_store::StoreError;
use greenlane_store::testing::TestDatabase;
use sea_orm::ConnectionTrait as _;
use tonic::Code;

use super::harness::{Served, any_port, codes, goods, now, order, question, serve, serve_with};
use super::life::withdrawal;
use super::status::get;
use crate::{Config, Migrator, Peers, Role, StartError, service};

greenlane_store::engine_tests!(Migrator:
    a_verifier_gives_the_verdict_that_the_registry_gives,
    a_withdrawal_is_known_to_a_verifier_within_a_second,
    a_read_at_a_revision_waits_and_then_says_which_one_there_is,
    a_standby_that_shows_an_earlier_state_is_not_believed,
    what_cannot_be_read_for_longer_than_it_may_be_is_not_taken_to_be_in_force,
    a_verifier_that_reads_another_tree_of_the_same_size_is_in_doubt,
    every_other_method_is_refused_by_the_role,
    a_verifier_writes_nothing_and_holds_no_key,
    a_verifier_that_is_told_another_key_says_nothing_is_in_force,
    a_verifier_without_the_logs_key_does_not_start,
    a_verifier_serves_the_page,
);

/// The log's key, as anybody is told it.
async fn key_of(served: &Served) -> String {
    let answer = served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner();
    answer.checkpoint.unwrap().verifier_key
}

async fn verifier(db: &TestDatabase, key: String, change: impl FnOnce(&mut Config)) -> Served {
    let nothing = Arc::new(tempfile::tempdir().unwrap());
    let in_role = |config: &mut Config| {
        config.role = Role::Verifier;
        config.log_verifier_key = key;
        config.revision_wait_ms = 30_000;
        change(config);
    };
    serve_with(db, Clock::settable(now()), nothing, in_role, Peers::default()).await
}

/// A registry with a certificate, and a verifier on its database.
async fn both(db: &TestDatabase) -> (Served, wire::IssueCertificateResponse, Served) {
    let registry = serve(db).await;
    registry.enrol("xa-lab").await;
    let issued = registry.issue("xa-lab", "one").await;
    let verifier = verifier(db, key_of(&registry).await, |_| {}).await;
    (registry, issued, verifier)
}

fn at_least(revision: u64) -> Option<ReadConsistency> {
    Some(ReadConsistency { requirement: Some(Requirement::AtLeastRevision(revision)) })
}

async fn a_verifier_gives_the_verdict_that_the_registry_gives(db: TestDatabase) {
    let (registry, issued, verifier) = both(&db).await;
    let certificate = issued.certificate.unwrap();
    for subject in [Subject::Certificate(certificate.name.clone()), Subject::Document(certificate.document.clone())] {
        let asked = wire::VerifyRequest {
            goods: Some(goods()),
            include_proof: true,
            consistency: at_least(issued.revision),
            ..question(subject)
        };
        let one = registry.verification().verify(asked.clone()).await.unwrap().into_inner();
        let other = verifier.verification().verify(asked).await.unwrap().into_inner();
        assert_eq!(codes(other.verdict.as_ref().unwrap().authentic.as_ref()), ["signature_valid", "logged"]);
        assert_eq!(one, other);
    }
    let request = wire::GetCheckpointRequest::default();
    let (one, other) = (registry.log().get_checkpoint(request).await, verifier.log().get_checkpoint(request).await);
    assert_eq!(one.unwrap().into_inner(), other.unwrap().into_inner());
}

async fn a_withdrawal_is_known_to_a_verifier_within_a_second(db: TestDatabase) {
    let (registry, issued, verifier) = both(&db).await;
    let name = issued.certificate.unwrap().name;
    assert_eq!(codes(verifier.verdict(&name).await.in_force.as_ref()), ["active"]);
    registry.certificates("bodies/xa-lab").withdraw_certificate(withdrawal(&name, "w")).await.unwrap();
    let began = std::time::Instant::now();
    while codes(verifier.verdict(&name).await.in_force.as_ref()) != ["withdrawn"] {
        assert!(began.elapsed() < Duration::from_secs(1), "a second has passed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn a_read_at_a_revision_waits_and_then_says_which_one_there_is(db: TestDatabase) {
    let (registry, issued, verifier) = both(&db).await;
    let name = issued.certificate.unwrap().name;
    let asked = |revision| wire::VerifyRequest {
        consistency: at_least(revision),
        ..question(Subject::Certificate(name.clone()))
    };
    // What is written while it waits is waited for.
    let mut waiting = verifier.verification();
    let later = asked(issued.revision + 1);
    let waiting = tokio::spawn(async move { waiting.verify(later).await });
    registry.issue("xa-lab", "two").await;
    assert_eq!(waiting.await.unwrap().unwrap().into_inner().revision, issued.revision + 1);
    // What is not written is waited for as long as was said.
    let briefly = |config: &mut Config| config.revision_wait_ms = 300;
    let impatient = self::verifier(&db, key_of(&registry).await, briefly).await;
    let refused = impatient.verification().verify(asked(issued.revision + 2)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::RevisionNotReached));
    let metadata = Fault::metadata_of(&refused);
    assert_eq!(metadata.get("revision").map(String::as_str), Some((issued.revision + 1).to_string().as_str()));
}

async fn a_standby_that_shows_an_earlier_state_is_not_believed(db: TestDatabase) {
    // The registry does not look: of its own database it would take the same for lost entries.
    let deaf = |config: &mut Config| config.poll_interval_ms = 3_600_000;
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let registry = serve_with(&db, Clock::settable(now()), keys, deaf, Peers::default()).await;
    registry.enrol("xa-lab").await;
    let issued = registry.issue("xa-lab", "one").await;
    let other = registry.issue("xa-lab", "two").await;
    let verifier = verifier(&db, key_of(&registry).await, any_port).await;
    let port = verifier.port();
    let name = issued.certificate.unwrap().name;
    let other = other.certificate.unwrap().name;
    let at = || wire::VerifyRequest {
        consistency: at_least(issued.revision),
        ..question(Subject::Certificate(name.clone()))
    };
    let proved = || wire::VerifyRequest { include_proof: true, ..at() };
    let entries = async |change: &'static str| {
        let moved: Result<(), StoreError> = db
            .store()
            .write("move_head", move |tx| {
                let text = format!("UPDATE log_head SET size = size {change}");
                Box::pin(async move { Ok(tx.execute_unprepared(&text).await.map(drop)?) })
            })
            .await;
        moved.unwrap();
    };
    let unavailable = async |asked| {
        let refused = verifier.verification().verify(asked).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    };
    // The verifier knows of the certificate's entry since its start, and reads its file for the first time.
    entries("- 1").await;
    unavailable(at()).await;
    entries("+ 1").await;
    assert_eq!(codes(verifier.verdict(&name).await.in_force.as_ref()), ["active"]);
    // What is in memory goes on being told; what has to be read, and what is not there, is not told meanwhile.
    entries("- 1").await;
    assert_eq!(codes(verifier.verdict(&name).await.in_force.as_ref()), ["active"]);
    unavailable(proved()).await;
    let listed = verifier.log().list_entries(wire::ListEntriesRequest::default()).await;
    assert_eq!(listed.unwrap_err().code(), Code::Unavailable);
    let nowhere = "/status/xa-lab/2/revocation";
    let paths = [nowhere, "/log/checkpoint", &format!("/{name}/proof?version=1"), &format!("/{other}")];
    for path in paths {
        let got = get(port, path, "").await;
        assert!(got.status == 503 && got.head.contains("retry-after: 1"), "{path}: {} {}", got.status, got.head);
    }
    assert!(get(port, &format!("/{other}"), "").await.body.contains("No answer at this moment"));
    entries("+ 1").await;
    let answered = verifier.verification().verify(proved()).await.unwrap().into_inner();
    assert_eq!(answered, registry.verification().verify(proved()).await.unwrap().into_inner());
    assert_eq!(get(port, nowhere, "").await.status, 404);
    assert_eq!(get(port, &format!("/{other}"), "").await.status, 200);
}

/// Asks until the outcome is this one.
async fn until(served: &Served, name: &str, outcome: wire::VerdictOutcome) -> wire::Verdict {
    let asked = async {
        loop {
            let verdict = served.verdict(name).await;
            if verdict.outcome() == outcome {
                return verdict;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked).await.expect("it comes to that")
}

async fn sql(db: &TestDatabase, statement: &'static str) {
    let run = db.store().write::<_, std::convert::Infallible, _>("sql", move |tx| {
        Box::pin(async move { Ok(tx.execute_unprepared(statement).await.map(drop)?) })
    });
    run.await.unwrap();
}

async fn what_cannot_be_read_for_longer_than_it_may_be_is_not_taken_to_be_in_force(db: TestDatabase) {
    let registry = serve(&db).await;
    registry.enrol("xa-lab").await;
    let name = registry.issue("xa-lab", "one").await.certificate.unwrap().name;
    let bound = |config: &mut Config| config.head_bound_seconds = 1;
    let verifier = verifier(&db, key_of(&registry).await, bound).await;
    let accepted = until(&verifier, &name, wire::VerdictOutcome::Accepted).await;
    for (broken, mended) in [
        ("ALTER TABLE log_head RENAME TO log_head_elsewhere", "ALTER TABLE log_head_elsewhere RENAME TO log_head"),
        // A standby that shows an earlier state, and stays there.
        ("UPDATE log_head SET size = size - 1", "UPDATE log_head SET size = size + 1"),
    ] {
        for attempt in 1.. {
            let began = std::time::Instant::now();
            sql(&db, broken).await;
            let doubtful = until(&verifier, &name, wire::VerdictOutcome::Undetermined).await;
            let doubted_after = began.elapsed();
            assert_eq!(codes(doubtful.in_force.as_ref()), ["head_not_read", "active"]);
            assert_eq!(doubtful.authentic, accepted.authentic);
            assert_ne!(doubtful.decision_id, accepted.decision_id);
            sql(&db, mended).await;
            let again = until(&verifier, &name, wire::VerdictOutcome::Accepted).await;
            assert_eq!(again.decision_id, accepted.decision_id, "nothing of the doubt stays");
            // The second runs from the last head that was read: where the machine stalled, long before it was broken.
            if doubted_after > Duration::from_millis(500) {
                break;
            }
            assert!(attempt < 10, "for a while it is told as it was");
        }
    }
}

async fn a_verifier_that_reads_another_tree_of_the_same_size_is_in_doubt(db: TestDatabase) {
    let (registry, issued, verifier) = both(&db).await;
    let name = issued.certificate.unwrap().name;
    let one = until(&verifier, &name, wire::VerdictOutcome::Accepted).await;
    sql(&db, "CREATE TABLE kept AS SELECT * FROM log_head").await;
    let another = registry.issue("xa-lab", "two").await;
    let caught_up = async {
        while verifier.verdict(&name).await.revisions.unwrap().registry < another.revision {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), caught_up).await.expect("it hears of the second one");
    sql(&db, "UPDATE log_head SET root = (SELECT root FROM kept)").await;
    let doubtful = until(&verifier, &name, wire::VerdictOutcome::Undetermined).await;
    assert_eq!(codes(doubtful.in_force.as_ref())[0], "records_in_doubt");
    assert_ne!(doubtful.decision_id, one.decision_id);
}

async fn every_other_method_is_refused_by_the_role(db: TestDatabase) {
    let (registry, issued, verifier) = both(&db).await;
    let before = key_of(&registry).await;
    let forbidden = |result: Result<(), tonic::Status>| {
        let status = result.unwrap_err();
        assert_eq!(
            (status.code(), Fault::reason_of(&status)),
            (Code::PermissionDenied, Some(ErrorReason::RoleForbids))
        );
        assert_eq!(Fault::metadata_of(&status).get("role").map(String::as_str), Some("verifier"), "{status:?}");
    };
    let name = issued.certificate.unwrap().name;
    let mut certificates = verifier.certificates("bodies/xa-lab");
    forbidden(certificates.issue_certificate(order("xa-lab", "two")).await.map(|_| ()));
    forbidden(certificates.withdraw_certificate(withdrawal(&name, "w")).await.map(|_| ()));
    forbidden(certificates.list_certificates(wire::ListCertificatesRequest::default()).await.map(|_| ()));
    forbidden(verifier.bodies().list_bodies(wire::ListBodiesRequest::default()).await.map(|_| ()));
    let bundle = wire::GetTrustBundleRequest::default();
    forbidden(verifier.verification().get_trust_bundle(bundle).await.map(|_| ()));
    forbidden(verifier.log().add_cosignature(wire::AddCosignatureRequest::default()).await.map(|_| ()));
    let stated = wire::VerifyRequest { include_statement: true, ..question(Subject::Certificate(name)) };
    forbidden(verifier.verification().verify(stated).await.map(|_| ()));
    assert_eq!(key_of(&registry).await, before);
}

async fn a_verifier_writes_nothing_and_holds_no_key(db: TestDatabase) {
    let (registry, issued, verifier) = both(&db).await;
    let folder = std::fs::read_dir(verifier.keys.path()).unwrap().filter_map(Result::ok);
    let files: Vec<_> = folder.map(|file| file.file_name().into_string().unwrap()).collect();
    assert!(files.iter().all(|name| name.starts_with("jwks")), "{files:?}");
    // The database it opened would refuse it.
    let read_only = greenlane_store::StoreConfig { read_only: true, ..db.config() };
    let store = greenlane_store::Store::open(&read_only).await.unwrap();
    let written: Result<(), greenlane_store::StoreError> = store
        .write("try_to_write", |tx| Box::pin(async move { Ok(crate::store::log::forget_signature(tx, 1).await?) }))
        .await;
    assert!(written.is_err());
    assert_eq!(verifier.verdict(&issued.certificate.unwrap().name).await.version, 1);
    drop(registry);
}

async fn a_verifier_that_is_told_another_key_says_nothing_is_in_force(db: TestDatabase) {
    let (_registry, issued, _) = both(&db).await;
    let signer: Arc<dyn greenlane_jose::Signer> = Arc::new(greenlane_jose::SigningKey::generate_ed25519());
    let name = greenlane_log::note::KeyName::new("registry.example.org/log").unwrap();
    let other = greenlane_log::note::NoteSigner::new(name, signer).unwrap();
    let verifier = verifier(&db, other.key().to_string(), |_| {}).await;
    let verdict = verifier.verdict(&issued.certificate.unwrap().name).await;
    assert_eq!(codes(verdict.in_force.as_ref())[0], "records_in_doubt");
    assert_eq!(verdict.outcome(), wire::VerdictOutcome::Undetermined);
}

async fn a_verifier_without_the_logs_key_does_not_start(db: TestDatabase) {
    let (registry, _, _) = both(&db).await;
    let key = key_of(&registry).await;
    for (key, origin, why) in [
        ("", "registry.example.org/log", "is required"),
        ("nonsense", "registry.example.org/log", "not a verifier key"),
        (key.as_str(), "another.example.org/log", "is not the key of log_origin"),
    ] {
        let config = Config {
            role: Role::Verifier,
            log_verifier_key: key.to_owned(),
            log_origin: origin.to_owned(),
            store: db.config(),
            ..Config::default()
        };
        let refused = service(&config, Clock::settable(now()), Peers::default()).await.unwrap_err();
        assert!(matches!(&refused, StartError::Verifier(text) if text.contains(why)), "{refused}");
        assert!(matches!(crate::migrate(&config).await, Err(StartError::Verifier(_))), "it changes no schema");
        crate::check(&config).await.unwrap();
    }
}

async fn a_verifier_serves_the_page(db: TestDatabase) {
    let (registry, issued, _) = both(&db).await;
    let verifier = verifier(&db, key_of(&registry).await, any_port).await;
    let port = verifier.port();
    let page = get(port, &format!("/{}", issued.certificate.unwrap().name), "").await;
    assert!(page.status == 200 && page.body.contains("In force"), "{}", page.body);
    let list = get(port, "/status/xa-lab/1/revocation", "").await;
    assert_eq!(list.status, 503, "lists are signed by the registry");
}
