//! The promise WITNESSED: an answer that waits for cosignatures and carries them.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::common::v1::ErrorReason;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::certificate_service_client::CertificateServiceClient;
use greenlane_log::note::NoteKey;
use greenlane_log::{Hash, ProofText, SignedCheckpoint, hash_leaf};
use greenlane_platform::client::Client;
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::cosign::{Witness, cosignature, head, serve_witness_with};
use super::harness::{Served, now, order, serve_with};
use super::life::suspension;
use super::revise::renewal;
use crate::{Config, Migrator, Peers, WitnessConfig};

greenlane_store::engine_tests!(Migrator:
    an_answer_that_was_promised_witnesses_carries_their_signatures_and_verifies_offline,
    a_witness_that_is_away_leaves_the_entry_standing_and_the_same_request_is_answered_once_it_is_back,
    what_another_replica_was_given_ends_the_wait_here,
    more_witnesses_than_are_configured_are_refused_and_nothing_is_written,
    what_is_only_checked_waits_for_no_witness,
);

/// A registry that witnesses, at a port of its own, and may be away.
struct Neighbour {
    folder: tempfile::TempDir,
    keys: Arc<tempfile::TempDir>,
    /// Not listened at: nobody else is given the port while it is away.
    _held: tokio::net::TcpSocket,
    port: u16,
    name: String,
}

impl Neighbour {
    fn new() -> Self {
        let held = tokio::net::TcpSocket::new_v4().unwrap();
        held.set_reuseaddr(true).unwrap();
        held.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let port = held.local_addr().unwrap().port();
        Self {
            folder: tempfile::tempdir().unwrap(),
            keys: Arc::new(tempfile::tempdir().unwrap()),
            _held: held,
            port,
            name: format!("w{port}.example.org/witness"),
        }
    }

    /// It begins to witness the log of this key. Also gives its own.
    async fn serve(&self, db: &TestDatabase, log: &str) -> (Served, String) {
        serve_witness_with(db, &self.folder, log, (self.port, &self.name, Arc::clone(&self.keys))).await
    }
}

/// A registry with three witnesses.
struct Witnessed {
    served: Served,
    log: String,
    neighbours: Vec<(Neighbour, Option<Served>)>,
    keys: Vec<NoteKey>,
}

impl Witnessed {
    async fn serve(db: &TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        let keys = Arc::new(tempfile::tempdir().unwrap());
        let first = serve_with(db, Clock::settable(now()), Arc::clone(&keys), |_| {}, Peers::default()).await;
        let log = head(&first).await.checkpoint.unwrap().verifier_key;
        first.end().await;
        let (mut neighbours, mut configured) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let neighbour = Neighbour::new();
            let (served, key) = neighbour.serve(db, &log).await;
            configured.push(WitnessConfig { key, url: Some(format!("http://127.0.0.1:{}/witness", neighbour.port)) });
            neighbours.push((neighbour, Some(served)));
        }
        let of_witnesses: Vec<NoteKey> = configured.iter().map(|witness| witness.key.parse().unwrap()).collect();
        let witnessed = |config: &mut Config| {
            config.witnesses = configured;
            change(config);
        };
        let served = serve_with(db, Clock::settable(now()), keys, witnessed, Peers::default()).await;
        served.enrol("xa-lab").await;
        Self { served, log, neighbours, keys: of_witnesses }
    }

    /// What a proof proves to whoever has the keys and asks nobody.
    fn proved(&self, proof: &wire::LogProof) -> SignedCheckpoint {
        proved(proof, &self.log, &self.keys)
    }
}

fn proved(proof: &wire::LogProof, log: &str, witnesses: &[NoteKey]) -> SignedCheckpoint {
    let hashes = proof.hashes.iter().map(|hash| Hash::try_from(hash.as_ref()).unwrap()).collect();
    let text = ProofText { extra: None, index: proof.index, hashes, checkpoint: proof.checkpoint.clone() }.to_text();
    let read = ProofText::parse(text.as_bytes()).unwrap();
    let signed = read.verify(&hash_leaf(&proof.leaf), &log.parse().unwrap(), witnesses).unwrap();
    assert_eq!(signed.checkpoint.size, proof.tree_size);
    signed
}

fn order_for(witnesses: u32, request_id: &str) -> wire::IssueCertificateRequest {
    wire::IssueCertificateRequest {
        promise: wire::LogPromise::Witnessed.into(),
        witnesses,
        ..order("xa-lab", request_id)
    }
}

async fn an_answer_that_was_promised_witnesses_carries_their_signatures_and_verifies_offline(db: TestDatabase) {
    // Nobody is asked but when somebody waits.
    let all = Witnessed::serve(&db, |config| config.witness_interval_ms = 3_600_000).await;
    let mut body = all.served.certificates("bodies/xa-lab");
    let answer = body.issue_certificate(order_for(2, "one")).await.unwrap().into_inner();
    assert_eq!(answer.revision, 3);
    let proof = answer.proof.unwrap();
    assert_eq!(proof.index, 2);
    assert!(all.proved(&proof).cosignatures.len() >= 2, "{}", proof.checkpoint);
    let name = answer.certificate.unwrap().name;

    let renew = wire::RenewCertificateRequest {
        promise: wire::LogPromise::Witnessed.into(),
        ..renewal(&name, "r", "2030-01-09")
    };
    let renewed = body.renew_certificate(renew).await.unwrap().into_inner();
    assert!(!all.proved(&renewed.proof.unwrap()).cosignatures.is_empty(), "none named is one");
    let suspend = wire::SuspendCertificateRequest {
        promise: wire::LogPromise::Witnessed.into(),
        witnesses: 3,
        ..suspension(&name, "s")
    };
    let suspended = body.suspend_certificate(suspend).await.unwrap().into_inner();
    assert_eq!(all.proved(&suspended.proof.unwrap()).cosignatures.len(), 3);

    let mut many = tokio::task::JoinSet::new();
    for index in 0..40 {
        let mut body = all.served.certificates("bodies/xa-lab");
        many.spawn(async move { body.issue_certificate(order_for(2, &format!("c{index}"))).await });
    }
    for answer in many.join_all().await {
        let proof = answer.unwrap().into_inner().proof.unwrap();
        assert!(all.proved(&proof).cosignatures.len() >= 2, "{}", proof.checkpoint);
    }
    // Who asks for no more is given no more.
    let proof = all.served.issue("xa-lab", "plain").await.proof.unwrap();
    assert!(all.proved(&proof).cosignatures.is_empty());
}

/// Asks again for the same until it is witnessed: on a machine that does much else signatures come late.
async fn issued(
    body: &mut CertificateServiceClient<Client>,
    order: wire::IssueCertificateRequest,
) -> wire::IssueCertificateResponse {
    let asked = async {
        loop {
            match body.issue_certificate(order.clone()).await {
                Ok(answer) => return answer.into_inner(),
                Err(status) => assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotWitnessed), "{status:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked).await.expect("it is witnessed")
}

async fn a_witness_that_is_away_leaves_the_entry_standing_and_the_same_request_is_answered_once_it_is_back(
    db: TestDatabase,
) {
    let mut all = Witnessed::serve(&db, |config| {
        config.witness_interval_ms = 20;
        config.witness_wait_ms = 500;
    })
    .await;
    all.neighbours[1].1.take().unwrap().end().await;
    let mut body = all.served.certificates("bodies/xa-lab");
    let two_are_heard = async {
        loop {
            let late = body.issue_certificate(order_for(3, "one")).await.unwrap_err();
            if Fault::metadata_of(&late).get("cosigned").is_none_or(|cosigned| cosigned == "2") {
                return late;
            }
        }
    };
    let late = tokio::time::timeout(Duration::from_secs(30), two_are_heard).await.expect("two cosign");
    assert_eq!((late.code(), Fault::reason_of(&late)), (Code::Unavailable, Some(ErrorReason::NotWitnessed)));
    assert!(Fault::retry_after_of(&late).is_some());
    let told = Fault::metadata_of(&late);
    let told = |key: &str| told[key].as_str();
    assert_eq!((told("index"), told("cosigned"), told("wanted")), ("2", "2", "3"));
    let name = told("resource").to_owned();
    let request = wire::GetCertificateRequest { name: name.clone(), ..wire::GetCertificateRequest::default() };
    let standing = body.get_certificate(request).await.unwrap().into_inner().certificate.unwrap();
    assert_eq!(standing.state(), wire::CertificateState::Active);
    // Two are there: who asks for two has them.
    let two = issued(&mut body, order_for(2, "two")).await;
    assert_eq!(all.proved(&two.proof.unwrap()).cosignatures.len(), 2);

    let (back, _) = all.neighbours[1].0.serve(&db, &all.log).await;
    all.neighbours[1].1 = Some(back);
    let answer = issued(&mut body, order_for(3, "one")).await;
    assert_eq!((answer.certificate.unwrap().name, answer.revision), (name, 3));
    let proof = answer.proof.unwrap();
    assert_eq!((proof.index, all.proved(&proof).cosignatures.len()), (2, 3));
    assert_eq!(head(&all.served).await.revision, 4, "it is there once");
}

async fn what_another_replica_was_given_ends_the_wait_here(db: TestDatabase) {
    let witnesses = ["w1.example.org", "w2.example.org"].map(Witness::named);
    let configured: Vec<WitnessConfig> = witnesses.iter().flat_map(|witness| witness.config(None)).collect();
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let serve = || {
        let (configured, keys) = (configured.clone(), Arc::clone(&keys));
        let change = move |config: &mut Config| config.witnesses = configured;
        serve_with(&db, Clock::settable(now()), keys, change, Peers::default())
    };
    let (here, there) = (serve().await, serve().await);
    here.enrol("xa-lab").await;
    let mut body = here.certificates("bodies/xa-lab");
    let waiting = tokio::spawn(async move { body.issue_certificate(order_for(2, "one")).await });
    let note = loop {
        let newest = head(&there).await;
        if newest.revision == 3 {
            break newest.checkpoint.unwrap().note;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    for (index, witness) in witnesses.iter().enumerate() {
        let given = cosignature(witness.cosign(&note), &format!("c{index}"));
        there.log().add_cosignature(given).await.unwrap();
    }
    let answer = waiting.await.unwrap().unwrap().into_inner();
    let known: Vec<NoteKey> = witnesses.iter().map(|witness| witness.key().parse().unwrap()).collect();
    let log = head(&here).await.checkpoint.unwrap().verifier_key;
    assert_eq!(proved(answer.proof.as_ref().unwrap(), &log, &known).cosignatures.len(), 2);
    // Asked again anywhere, later, it is the same answer.
    there.issue("xa-lab", "another").await;
    let again = there.certificates("bodies/xa-lab").issue_certificate(order_for(2, "one")).await.unwrap();
    assert_eq!(again.into_inner(), answer);
}

/// The one field that is refused, and how.
async fn refusal(served: &Served, request: wire::IssueCertificateRequest) -> (String, String) {
    let status = served.certificates("bodies/xa-lab").issue_certificate(request).await.unwrap_err();
    let violations = Fault::violations_of(&status);
    assert_eq!(violations.len(), 1, "{status:?}");
    (violations[0].field.clone(), violations[0].description.clone())
}

async fn more_witnesses_than_are_configured_are_refused_and_nothing_is_written(db: TestDatabase) {
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let witnesses = ["w1.example.org", "w2.example.org"].map(Witness::named);
    let changing = Witness::named("w2.example.org");
    // A witness whose key is being changed has two, and is one all the same.
    let all = witnesses.iter().chain([&changing]);
    let configured: Vec<WitnessConfig> = all.flat_map(|witness| witness.config(None)).collect();
    let change = |config: &mut Config| config.witnesses = configured;
    let served = serve_with(&db, Clock::settable(now()), Arc::clone(&keys), change, Peers::default()).await;
    served.enrol("xa-lab").await;
    let (field, why) = refusal(&served, order_for(3, "one")).await;
    assert_eq!(field, "witnesses");
    assert!(why.contains("at most 2"), "{why}");
    let unasked = wire::IssueCertificateRequest { promise: 0, ..order_for(1, "one") };
    assert_eq!(refusal(&served, unasked).await.0, "witnesses");
    assert_eq!(head(&served).await.revision, 2);
    served.end().await;
    let served = serve_with(&db, Clock::settable(now()), keys, |_| {}, Peers::default()).await;
    let (field, why) = refusal(&served, order_for(1, "one")).await;
    assert_eq!(field, "promise");
    assert!(why.contains("no witness"), "{why}");
    assert_eq!(head(&served).await.revision, 2);
}

async fn what_is_only_checked_waits_for_no_witness(db: TestDatabase) {
    let keys = Arc::new(tempfile::tempdir().unwrap());
    // It cosigns nothing by itself.
    let configured = Witness::named("w1.example.org").config(None);
    let change = |config: &mut Config| config.witnesses = configured;
    let served = serve_with(&db, Clock::settable(now()), keys, change, Peers::default()).await;
    served.enrol("xa-lab").await;
    let trial = wire::IssueCertificateRequest { validate_only: true, ..order_for(1, "one") };
    let mut body = served.certificates("bodies/xa-lab");
    // Who waits for one waits in vain, and is told so.
    let checked = body.issue_certificate(trial).await.unwrap();
    assert_eq!(checked.into_inner().proof, None);
    assert_eq!(head(&served).await.revision, 2);
}
