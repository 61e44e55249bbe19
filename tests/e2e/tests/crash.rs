//! The registry is killed in the middle of a thousand issues, and comes back: nothing acknowledged is missing, nothing
//! is in the registry that is not in the log, and what was acknowledged is proven by the log as it is now.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use greenlane_e2e::{
    Database, Installation,
    certificates::{issue, pv_module, register_body},
    ledger::{Ledger, audit},
    log::all_certificates,
};
use greenlane_platform::client::Client;

const BODY: &str = "bodies/crash-body";
const ISSUES: usize = 1_000;
const IN_FLIGHT: usize = 64;
/// How many acknowledgements are awaited before each kill.
const KILL_AFTER: [usize; 2] = [150, 450];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_killed_amid_issues_on_sqlite_loses_nothing_acknowledged_and_leaves_nothing_unlogged() {
    killed_amid_issues(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_killed_amid_issues_on_postgresql_loses_nothing_acknowledged_and_leaves_nothing_unlogged() {
    killed_amid_issues(Database::Postgres).await.expect("the test runs");
}

async fn killed_amid_issues(database: Database) -> anyhow::Result<()> {
    let Some(mut installation) = Installation::prepare(database).await? else { return Ok(()) };
    installation.start_registry()?;
    let registry = installation.registry.as_ref().expect("it was started");
    let body = register_body(registry.client(&installation.admin())?, "crash-body").await?;
    assert_eq!(body, BODY);

    let mut ledger = Ledger::new();
    let mut checkpoints = Vec::new();
    for kill_after in KILL_AFTER {
        issue_until_killed(&mut installation, &body, &mut ledger, Some(kill_after)).await?;
        installation.start_registry()?;
        checkpoints.push(audit(&client(&installation)?, &ledger, &checkpoints).await?);
    }
    // The rest, and every request that was in flight at a kill again: the same id gives the same certificate.
    issue_until_killed(&mut installation, &body, &mut ledger, None).await?;
    assert_eq!(ledger.len(), ISSUES, "each request is acknowledged in the end");
    audit(&client(&installation)?, &ledger, &checkpoints).await?;

    let names: BTreeSet<_> = ledger.values().map(|(name, _)| name).collect();
    assert_eq!(names.len(), ISSUES, "each request has a certificate of its own");
    let certificates = all_certificates(&client(&installation)?).await?;
    assert_eq!(certificates.len(), ISSUES, "a repeated request makes no second certificate");
    Ok(())
}

fn client(installation: &Installation) -> anyhow::Result<Client> {
    let registry = installation.registry.as_ref().ok_or_else(|| anyhow::anyhow!("the registry runs"))?;
    registry.client(&installation.clerk(BODY))
}

/// Issues what the ledger lacks; kills the registry once `kill_after` more were acknowledged.
async fn issue_until_killed(
    installation: &mut Installation,
    body: &str,
    ledger: &mut Ledger,
    kill_after: Option<usize>,
) -> anyhow::Result<()> {
    let missing: Vec<_> = (0..ISSUES).map(|n| format!("issue-{n}")).filter(|id| !ledger.contains_key(id)).collect();
    let missing = Arc::new(missing);
    let next = Arc::new(AtomicUsize::new(0));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (missing, next, acknowledged) = (missing.clone(), next.clone(), acknowledged.clone());
        let (client, body) = (client(installation)?, body.to_owned());
        workers.spawn(async move {
            let mut answered = Vec::new();
            while let Some(id) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                match issue(client.clone(), &body, id, pv_module(&format!("EX-{id}"))).await {
                    Ok(answer) => {
                        let name = answer.certificate.map(|certificate| certificate.name).unwrap_or_default();
                        answered.push((id.clone(), (name, answer.proof.unwrap_or_default())));
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    // Killed: this one is unknown. The next start asks again with the same id.
                    Err(_) if kill_after.is_some() => break,
                    Err(status) => panic!("nobody killed it: {status}"),
                }
            }
            answered
        });
    }
    if let Some(kill_after) = kill_after {
        while acknowledged.load(Ordering::Relaxed) < kill_after {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let registry = installation.registry.take().ok_or_else(|| anyhow::anyhow!("the registry runs"))?;
        registry.kill()?;
    }
    while let Some(answered) = workers.join_next().await {
        ledger.extend(answered?);
    }
    Ok(())
}
