//! The registry is killed at random points under load, again and again. Whatever it acknowledged is kept outside it; after
//! each start nothing of that is missing, and in the end everything in the register is in the log and the other way
//! round, and no tree size was ever signed with two roots.
//!
//! How often is said by `GREENLANE_KILL_POINTS` (see tests/README.md).

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use greenlane_api::registry::v1::{
    CertificateReason, GetConsistencyProofRequest, LogProof, SuspendCertificateRequest,
    certificate_service_client::CertificateServiceClient, log_service_client::LogServiceClient,
};
use greenlane_e2e::{
    Database, Installation,
    certificates::{issue, pv_module, register_body},
    ledger::{Ledger, audit},
    log::{Head, hashes, head, verify_kept, verify_promise},
};
use greenlane_log::{Checkpoint, Hash, verify_consistency};
use greenlane_platform::client::Client;
use tokio::task::JoinSet;

const WORKERS: usize = 16;
/// The longest that the registry lives after its first acknowledgement.
const LONGEST_MS: u64 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_killed_at_random_points_on_sqlite_loses_nothing_acknowledged() {
    killed_at_random(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_killed_at_random_points_on_postgresql_loses_nothing_acknowledged() {
    killed_at_random(Database::Postgres).await.expect("the test runs");
}

/// A request whose answer may have been lost: it is sent again after the next start, with the same id.
#[derive(Clone, Debug)]
enum Asked {
    Issue(String),
    Suspend { id: String, name: String },
}

impl Asked {
    fn id(&self) -> &str {
        match self {
            Self::Issue(id) | Self::Suspend { id, .. } => id,
        }
    }

    /// The certificate's name, and the promise.
    async fn send(&self, client: &Client, body: &str) -> Result<(String, LogProof), tonic::Status> {
        let (certificate, proof) = match self {
            Self::Issue(id) => {
                let answer = issue(client.clone(), body, id, pv_module(&format!("EX-{id}"))).await?;
                (answer.certificate, answer.proof)
            }
            Self::Suspend { id, name } => {
                let request = SuspendCertificateRequest {
                    request_id: id.clone(),
                    name: name.clone(),
                    reason: CertificateReason::Nonconformity.into(),
                    remedy: "A new type test.".to_owned(),
                    ..SuspendCertificateRequest::default()
                };
                let answer = CertificateServiceClient::new(client.clone()).suspend_certificate(request).await?;
                let answer = answer.into_inner();
                (answer.certificate, answer.proof)
            }
        };
        Ok((certificate.unwrap_or_default().name, proof.unwrap_or_default()))
    }
}

/// The root that was signed for each tree size.
#[derive(Default)]
struct Roots(BTreeMap<u64, Hash>);

impl Roots {
    fn take(&mut self, size: u64, root: Hash) -> anyhow::Result<()> {
        let known = *self.0.entry(size).or_insert(root);
        anyhow::ensure!(known == root, "the tree of {size} entries was signed as {known} and as {root}");
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "gives the figures of the run")]
async fn killed_at_random(database: Database) -> anyhow::Result<()> {
    let points: usize = match std::env::var("GREENLANE_KILL_POINTS") {
        Ok(points) => points.parse().context("GREENLANE_KILL_POINTS is a number")?,
        Err(_) => 10,
    };
    let Some(mut installation) = Installation::prepare(database).await? else { return Ok(()) };
    installation.start_registry()?;
    let registry = installation.registry.as_ref().context("it was started")?;
    let body = register_body(registry.client(&installation.admin())?, "kill-body").await?;

    let began = Instant::now();
    let (mut ledger, mut roots, mut open) = (Ledger::new(), Roots::default(), Vec::new());
    let mut last: Option<Head> = None;
    for point in 0..points {
        let (answered, unknown) = load_until_killed(&mut installation, &body, point, std::mem::take(&mut open)).await?;
        open = unknown;
        installation.start_registry()?;
        let client = client(&installation, &body)?;
        let now = head(&client, 0).await?;
        roots.take(now.size, now.root)?;
        if let Some(last) = &last {
            let request = GetConsistencyProofRequest { old_tree_size: last.size, new_tree_size: now.size };
            let proof = LogServiceClient::new(client.clone()).get_consistency_proof(request).await?.into_inner();
            verify_consistency(last.size, &last.root, now.size, &now.root, &hashes(&proof.hashes)?)?;
        }
        for (id, (name, promised)) in &answered {
            verify_promise(promised, &now.key)?;
            let then = Checkpoint::open(promised.checkpoint.as_bytes(), &now.key, &[])?.checkpoint;
            roots.take(then.size, then.root)?;
            verify_kept(&client, promised, &now).await.with_context(|| format!("{id}: {name} is lost"))?;
        }
        ledger.extend(answered);
        last = Some(now);
    }
    // What was open at the last kill is asked again as well.
    let client = client(&installation, &body)?;
    for asked in open {
        let answered = asked.send(&client, &body).await?;
        ledger.insert(asked.id().to_owned(), answered);
    }
    let end = audit(&client, &ledger, last.as_slice()).await?;
    roots.take(end.size, end.root)?;
    println!(
        "{database:?}: killed {points} times, {} acknowledged, {} entries, {} tree sizes with one root each, {} s",
        ledger.len(),
        end.size,
        roots.0.len(),
        began.elapsed().as_secs()
    );
    Ok(())
}

fn client(installation: &Installation, body: &str) -> anyhow::Result<Client> {
    let registry = installation.registry.as_ref().context("the registry runs")?;
    registry.client(&installation.clerk(body))
}

/// Keeps the registry busy until it is killed, at a random moment after its first acknowledgement. Gives what was
/// acknowledged, and what is not known.
async fn load_until_killed(
    installation: &mut Installation,
    body: &str,
    point: usize,
    open: Vec<Asked>,
) -> anyhow::Result<(Ledger, Vec<Asked>)> {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let killed = Arc::new(AtomicBool::new(false));
    let mut workers = JoinSet::new();
    let mut shares: Vec<Vec<Asked>> = vec![Vec::new(); WORKERS];
    for (at, asked) in open.into_iter().enumerate() {
        shares[at % WORKERS].push(asked);
    }
    for (worker, mut share) in shares.into_iter().enumerate() {
        let (client, body) = (client(installation, body)?, body.to_owned());
        let (acknowledged, killed) = (Arc::clone(&acknowledged), Arc::clone(&killed));
        workers.spawn(async move {
            let (mut answered, mut count) = (Ledger::new(), 0);
            loop {
                let asked = share.pop().unwrap_or_else(|| {
                    count += 1;
                    Asked::Issue(format!("k{point}-{worker}-{count}"))
                });
                match asked.send(&client, &body).await {
                    Ok((name, promise)) => {
                        if let Asked::Issue(id) = &asked
                            && count % 3 == 0
                        {
                            share.push(Asked::Suspend { id: format!("{id}-s"), name: name.clone() });
                        }
                        answered.insert(asked.id().to_owned(), (name, promise));
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(status) => {
                        anyhow::ensure!(killed.load(Ordering::SeqCst), "nobody killed it: {status}");
                        share.push(asked);
                        return Ok((answered, share));
                    }
                }
            }
        });
    }
    let began = Instant::now();
    while acknowledged.load(Ordering::Relaxed) == 0 {
        anyhow::ensure!(began.elapsed() < greenlane_e2e::PATIENCE, "nothing is acknowledged");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let random = uuid::Uuid::new_v4().as_u128();
    tokio::time::sleep(Duration::from_micros((random % u128::from(LONGEST_MS * 1_000)).try_into()?)).await;
    killed.store(true, Ordering::SeqCst);
    installation.registry.take().context("the registry runs")?.kill()?;
    let (mut ledger, mut unknown) = (Ledger::new(), Vec::new());
    while let Some(worker) = workers.join_next().await {
        let (answered, share) = worker??;
        ledger.extend(answered);
        unknown.extend(share);
    }
    Ok((ledger, unknown))
}
