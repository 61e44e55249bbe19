//! Witnesses: asked, serving others, and what they find out.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_jose::{Signer, SigningKey};
use greenlane_log::note::{KeyName, NoteKey, NoteSigner, SignatureType};
use greenlane_log::{Checkpoint, cosign, hash_leaf};
use greenlane_platform::clock::Clock;
use greenlane_platform::fault::Fault;
use greenlane_platform::outbound::Outbound;
use greenlane_platform::telemetry::{self, TelemetryConfig};
use greenlane_store::StoreConfig;
use greenlane_store::testing::TestDatabase;

use super::harness::{Served, any_port, new_body, now, serve_with};
use crate::{Config, Migrator, Peers, WitnessConfig};

greenlane_store::engine_tests!(Migrator:
    a_cosignature_is_taken_once_and_listed_with_its_checkpoint,
    what_is_no_cosignature_of_a_known_witness_is_refused,
    a_larger_tree_that_this_log_signed_stops_all_signing_for_good,
    a_registry_is_cosigned_by_another_and_the_site_shows_it,
    a_registry_that_lost_entries_is_found_by_its_witness_before_it_signs,
    a_witness_that_is_out_of_reach_is_told_by_metrics_until_it_cosigns_again,
);

/// A witness that signs by hand.
pub(super) struct Witness {
    name: KeyName,
    signer: Arc<dyn Signer>,
}

impl Witness {
    fn new() -> Self {
        Self::named("witness.example.org/w1")
    }

    pub(super) fn named(name: &str) -> Self {
        Self { name: KeyName::new(name).unwrap(), signer: Arc::new(SigningKey::generate_ed25519()) }
    }

    pub(super) fn key(&self) -> String {
        let key = self.signer.public_key().clone();
        NoteKey::new(self.name.clone(), SignatureType::CosignatureV1, key).unwrap().to_string()
    }

    pub(super) fn config(&self, url: Option<String>) -> Vec<WitnessConfig> {
        vec![WitnessConfig { key: self.key(), url }]
    }

    /// The note with its cosignature.
    pub(super) fn cosign(&self, note: &str) -> String {
        let text = format!("{}\n", note.split_once("\n\n").unwrap().0);
        format!("{note}{}", cosign(&self.name, self.signer.as_ref(), &text, 1_800_000_000).unwrap().to_line())
    }
}

async fn serve_witnessed(db: &TestDatabase, change: impl FnOnce(&mut Config)) -> Served {
    let keys = Arc::new(tempfile::tempdir().unwrap());
    serve_with(db, Clock::settable(now()), keys, change, Peers::default()).await
}

pub(super) async fn head(served: &Served) -> wire::GetCheckpointResponse {
    served.log().get_checkpoint(wire::GetCheckpointRequest::default()).await.unwrap().into_inner()
}

pub(super) fn cosignature(note: String, request_id: &str) -> wire::AddCosignatureRequest {
    wire::AddCosignatureRequest { request_id: request_id.to_owned(), validate_only: false, note }
}

async fn a_cosignature_is_taken_once_and_listed_with_its_checkpoint(db: TestDatabase) {
    let witness = Witness::new();
    let served = serve_witnessed(&db, |config| config.witnesses = witness.config(None)).await;
    served.bodies().create_body(new_body("xa-lab")).await.unwrap();
    let note = head(&served).await.checkpoint.unwrap().note;
    let checked = wire::AddCosignatureRequest { validate_only: true, ..cosignature(witness.cosign(&note), "dry") };
    served.log().add_cosignature(checked).await.unwrap();
    assert!(head(&served).await.cosignatures.is_empty());
    for _ in 0..2 {
        let answer = served.log().add_cosignature(cosignature(witness.cosign(&note), "c1")).await.unwrap();
        let taken = answer.into_inner().cosignature.unwrap();
        assert_eq!((taken.witness.as_str(), taken.tree_size), ("witness.example.org/w1", 1));
        assert_eq!(taken.sign_time.unwrap().seconds, 1_800_000_000);
    }
    let found = head(&served).await.cosignatures;
    assert_eq!(found.len(), 1);
    let listed = served.log().list_cosignatures(wire::ListCosignaturesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.cosignatures, found);
    // Whoever knows the keys verifies note and line together.
    let (log, key) = (head(&served).await.checkpoint.unwrap().verifier_key, witness.key());
    let whole = format!("{note}{}", found[0].signature_line);
    let opened = Checkpoint::open(whole.as_bytes(), &log.parse().unwrap(), &[key.parse().unwrap()]).unwrap();
    assert_eq!(opened.cosignatures.len(), 1);
}

async fn what_is_no_cosignature_of_a_known_witness_is_refused(db: TestDatabase) {
    let witness = Witness::new();
    let served = serve_witnessed(&db, |config| config.witnesses = witness.config(None)).await;
    let note = head(&served).await.checkpoint.unwrap().note;
    let stranger = Witness::new().cosign(&note).replace("w1", "w2");
    let foreign =
        NoteSigner::new(KeyName::new("registry.example.org/log").unwrap(), Arc::new(SigningKey::generate_ed25519()));
    let foreign = Checkpoint::new("registry.example.org/log", 9, hash_leaf(b"x")).sign(&foreign.unwrap()).unwrap();
    for (index, wrong) in
        [note.clone(), stranger, witness.cosign(&foreign.to_text()), "nonsense".to_owned(), String::new()]
            .into_iter()
            .enumerate()
    {
        let refused = served.log().add_cosignature(cosignature(wrong, &format!("r{index}"))).await.unwrap_err();
        assert_eq!(Fault::violations_of(&refused)[0].field, "note", "{index}");
    }
    served.bodies().create_body(new_body("xa-lab")).await.expect("it signs on");
}

/// The key of a log that is served, from its directory.
fn log_signer(served: &Served) -> NoteSigner {
    let key = SigningKey::load(&served.keys.path().join("keys/log.jwk")).unwrap();
    NoteSigner::new(KeyName::new("registry.example.org/log").unwrap(), Arc::new(key)).unwrap()
}

async fn a_larger_tree_that_this_log_signed_stops_all_signing_for_good(db: TestDatabase) {
    let witness = Witness::new();
    let served = serve_witnessed(&db, |config| config.witnesses = witness.config(None)).await;
    served.bodies().create_body(new_body("xa-lab")).await.unwrap();
    let lost = Checkpoint::new("registry.example.org/log", 7, hash_leaf(b"lost")).sign(&log_signer(&served)).unwrap();
    let told = cosignature(witness.cosign(&lost.to_text()), "c1");
    let stopped = served.log().add_cosignature(told).await.unwrap_err();
    assert_eq!(Fault::reason_of(&stopped), Some(common::ErrorReason::LogInconsistent));
    let refused = served.bodies().create_body(new_body("xa-other")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::LogInconsistent));
    // Reading goes on, here and after a new start, which signs nothing either.
    assert_eq!(head(&served).await.revision, 1);
    let keys = Arc::clone(&served.keys);
    served.end().await;
    let again = serve_with(&db, Clock::settable(now()), keys, |_| {}, Peers::default()).await;
    let refused = again.bodies().create_body(new_body("xa-other")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::LogInconsistent));
    assert_eq!(head(&again).await.revision, 1);
}

async fn get(port: u16, path: &str) -> http::Response<bytes::Bytes> {
    let url = format!("http://127.0.0.1:{port}{path}");
    Outbound::new(&url, None, Duration::from_secs(30), 1 << 20).unwrap().get("*/*").await.unwrap()
}

/// A database beside the one of the test.
async fn elsewhere(folder: &tempfile::TempDir, name: &str) -> StoreConfig {
    let store = StoreConfig::at(format!("sqlite:{}", folder.path().join(name).display()));
    crate::migrate(&Config { store: store.clone(), ..Config::default() }).await.unwrap();
    store
}

/// A registry that witnesses the log of this key, and its own key as a witness.
async fn serve_witness(db: &TestDatabase, folder: &tempfile::TempDir, log: &str) -> (Served, String) {
    let keys = Arc::new(tempfile::tempdir().unwrap());
    serve_witness_with(db, folder, log, (0, "other.example.org/witness", keys)).await
}

/// The same under a name, with a key that may be there already.
pub(super) async fn serve_witness_with(
    db: &TestDatabase,
    folder: &tempfile::TempDir,
    log: &str,
    (port, name, keys): (u16, &str, Arc<tempfile::TempDir>),
) -> (Served, String) {
    let store = elsewhere(folder, "witness.db").await;
    let witness = |config: &mut Config| {
        config.store = store;
        config.witnessed_logs = vec![log.to_owned()];
        config.http_listen = Some(([127, 0, 0, 1], port).into());
        config.log_origin = "other.example.org/log".to_owned();
        config.witness_name = name.to_owned();
    };
    let served = serve_with(db, Clock::settable(now()), keys, witness, Peers::default()).await;
    let key = SigningKey::load(&served.keys.path().join("keys/witness.jwk")).unwrap();
    let name = KeyName::new(name).unwrap();
    let key = NoteKey::new(name, SignatureType::CosignatureV1, key.public_key().clone()).unwrap();
    (served, key.to_string())
}

/// Waits until the newest checkpoint is cosigned.
async fn cosigned(served: &Served) {
    for _ in 0..200 {
        if !head(served).await.cosignatures.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is not cosigned in time");
}

async fn a_registry_is_cosigned_by_another_and_the_site_shows_it(db: TestDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let first = serve_with(&db, Clock::settable(now()), Arc::clone(&keys), |_| {}, Peers::default()).await;
    let log_key = head(&first).await.checkpoint.unwrap().verifier_key;
    first.end().await;
    let (witness, witness_key) = serve_witness(&db, &folder, &log_key).await;
    let url = Some(format!("http://127.0.0.1:{}/witness", witness.port()));
    let witnessed = |config: &mut Config| {
        config.witnesses = vec![WitnessConfig { key: witness_key.clone(), url }];
        config.witness_interval_ms = 20;
        any_port(config);
    };
    let served = serve_with(&db, Clock::settable(now()), keys, witnessed, Peers::default()).await;
    assert_eq!(
        (head(&witness).await.witness_key, head(&served).await.witness_key),
        (witness_key.clone(), String::new())
    );
    let port = served.port();
    for id in ["xa-lab", "xa-other", "xa-third"] {
        served.enrol(id).await;
        cosigned(&served).await;
    }
    let note = get(port, "/log/checkpoint").await;
    assert_eq!(note.headers()["content-type"], "text/plain; charset=utf-8");
    let opened = Checkpoint::open(note.body(), &log_key.parse().unwrap(), &[witness_key.parse().unwrap()]).unwrap();
    assert_eq!((opened.checkpoint.size, opened.cosignatures.len()), (6, 1));

    // The tree from its tiles alone.
    let entries = get(port, "/log/tile/entries/000.p/6").await;
    let leaves = greenlane_log::bundle::decode(entries.body()).unwrap();
    let mut frontier = greenlane_log::Frontier::new();
    leaves.iter().for_each(|leaf| frontier.append(hash_leaf(leaf)));
    assert_eq!(frontier.root(), opened.checkpoint.root);
    let tile = get(port, "/log/tile/0/000.p/6").await;
    let hashes: Vec<u8> = leaves.iter().flat_map(|leaf| hash_leaf(leaf).to_vec()).collect();
    assert_eq!(tile.body().to_vec(), hashes);
    assert!(tile.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    for missing in ["/log/tile/0/000", "/log/tile/0/001.p/1", "/log/tile/0/000.p/7", "/log/tile/entries/000.p/7", "/x"]
    {
        assert_eq!(get(port, missing).await.status(), http::StatusCode::NOT_FOUND, "{missing}");
    }
    let did: serde_json::Value = serde_json::from_slice(get(port, "/bodies/xa-lab/did.json").await.body()).unwrap();
    assert_eq!(did["id"], "did:web:registry.example.org:bodies:xa-lab");
    assert_eq!(did["assertionMethod"][0], did["verificationMethod"][0]["id"]);
    assert!(did["verificationMethod"][0]["publicKeyJwk"]["d"].is_null(), "the public half alone");
    let own: serde_json::Value = serde_json::from_slice(get(port, "/.well-known/did.json").await.body()).unwrap();
    assert_eq!(own["id"], "did:web:registry.example.org");
    assert_eq!(get(port, "/contexts/certificate-v1.jsonld").await.status(), http::StatusCode::OK);
    assert_eq!(get(port, "/bodies/nobody/did.json").await.status(), http::StatusCode::NOT_FOUND);
}

async fn a_registry_that_lost_entries_is_found_by_its_witness_before_it_signs(db: TestDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let restored = elsewhere(&folder, "restored.db").await;
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let first = serve_with(&db, Clock::settable(now()), Arc::clone(&keys), |_| {}, Peers::default()).await;
    let log_key = head(&first).await.checkpoint.unwrap().verifier_key;
    first.end().await;
    let (witness, witness_key) = serve_witness(&db, &folder, &log_key).await;
    let witnessed = |config: &mut Config| {
        let url = Some(format!("http://127.0.0.1:{}/witness", witness.port()));
        config.witnesses = vec![WitnessConfig { key: witness_key.clone(), url }];
        config.witness_interval_ms = 20;
    };
    let served = serve_with(&db, Clock::settable(now()), Arc::clone(&keys), witnessed, Peers::default()).await;
    served.enrol("xa-lab").await;
    cosigned(&served).await;
    served.end().await;
    // The same registry, with the same keys, on a database of before; what it keeps beside its keys was put back too.
    std::fs::remove_file(keys.path().join("keys/log.checkpoint")).unwrap();
    let on_restored = |config: &mut Config| {
        witnessed(config);
        config.store = restored;
    };
    let back = serve_with(&db, Clock::settable(now()), keys, on_restored, Peers::default()).await;
    let refused = back.bodies().create_body(new_body("xa-lab")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&refused), Some(common::ErrorReason::LogInconsistent));
    assert_eq!(head(&back).await.revision, 0);
}

/// What a metric says of a witness, waited for.
async fn told(metric: &str, labels: &[&str], is_so: impl Fn(f64) -> bool) {
    let mut last = String::new();
    for _ in 0..600 {
        last = telemetry::render_metrics();
        let mut lines = last.lines().filter(|line| line.starts_with(&format!("{metric}{{")));
        let line = lines.find(|line| labels.iter().all(|label| line.contains(label)));
        if line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).is_some_and(&is_so) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{metric} of {labels:?} is not told in time:\n{last}");
}

async fn a_witness_that_is_out_of_reach_is_told_by_metrics_until_it_cosigns_again(db: TestDatabase) {
    let quiet = TelemetryConfig { level: "off".to_owned(), ..TelemetryConfig::default() };
    telemetry::init("registry", &quiet).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(tempfile::tempdir().unwrap());
    let first = serve_with(&db, Clock::settable(now()), Arc::clone(&keys), |_| {}, Peers::default()).await;
    let log_key = head(&first).await.checkpoint.unwrap().verifier_key;
    first.end().await;
    // Held and not listened at: nobody else is given it while the witness is away.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.set_reuseaddr(true).unwrap();
    held.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let port = held.local_addr().unwrap().port();
    let name = format!("w{port}.example.org/witness");
    let of_witness = Arc::new(tempfile::tempdir().unwrap());
    let serve_again = || serve_witness_with(&db, &folder, &log_key, (port, &name, Arc::clone(&of_witness)));
    let (witness, key) = serve_again().await;
    witness.end().await;
    let witnessed = |config: &mut Config| {
        config.witnesses = vec![WitnessConfig { key, url: Some(format!("http://127.0.0.1:{port}/witness")) }];
        config.witness_interval_ms = 20;
    };
    let served = serve_with(&db, Clock::settable(now()), keys, witnessed, Peers::default()).await;
    served.enrol("xa-lab").await;
    let (behind, requests) = ("greenlane_registry_witness_behind_seconds", "greenlane_registry_witness_requests_total");
    let label = format!("witness=\"{name}\"");
    told(behind, &[&label], |seconds| seconds > 0.2).await;
    told(requests, &[&label, "outcome=\"unreachable\""], |count| count > 2.0).await;
    let (_witness, _) = serve_again().await;
    cosigned(&served).await;
    told(behind, &[&label], |seconds| seconds == 0.0).await;
    told(requests, &[&label, "outcome=\"cosigned\""], |count| count >= 1.0).await;
}
