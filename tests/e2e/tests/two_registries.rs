//! Two registries, two processes, one database: one log, and what one does the other knows.

use std::{collections::BTreeSet, time::Instant};

use anyhow::Context as _;
use greenlane_api::registry::v1::{LogProof, VerdictOutcome};
use greenlane_e2e::{
    Database, Installation, Process,
    certificates::{AURORA, codes, issue, pv_module, question, register_body, verify, withdraw},
    log::{all_certificates, all_entries, head, verify_kept, verify_promise},
    until,
};
use greenlane_platform::client::Client;
use tokio::task::JoinSet;

const ISSUES: usize = 200;
const WORKERS: usize = 8;
const TWICE: usize = 20;
const WITHDRAWALS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_registries_on_one_sqlite_file_keep_one_log() {
    one_log(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_registries_on_one_postgresql_database_keep_one_log() {
    one_log(Database::Postgres).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_sent_to_two_registries_on_one_sqlite_file_gives_one_certificate() {
    one_certificate(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_sent_to_two_registries_on_one_postgresql_database_gives_one_certificate() {
    one_certificate(Database::Postgres).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_is_known_where_it_was_made_at_once_and_soon_at_the_other_registry_on_sqlite() {
    withdrawal_is_known(Database::Sqlite).await.expect("the test runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_is_known_where_it_was_made_at_once_and_soon_at_the_other_registry_on_postgresql() {
    withdrawal_is_known(Database::Postgres).await.expect("the test runs");
}

/// Two registries, and the name of a body that may issue at both.
struct Pair {
    installation: Installation,
    second: Process,
    body: String,
}

impl Pair {
    async fn start(database: Database) -> anyhow::Result<Option<Self>> {
        let Some(mut installation) = Installation::prepare(database).await? else { return Ok(None) };
        installation.start_registry()?;
        let second = installation.start_another_registry()?;
        let admin = installation.registry.as_ref().context("it runs")?.client(&installation.admin())?;
        let body = register_body(admin, AURORA).await?;
        Ok(Some(Self { installation, second, body }))
    }

    /// A clerk's channel to each.
    fn clerks(&self) -> anyhow::Result<[Client; 2]> {
        let token = self.installation.clerk(&self.body);
        let first = self.installation.registry.as_ref().context("it runs")?;
        Ok([first.client(&token)?, self.second.client(&token)?])
    }
}

async fn one_log(database: Database) -> anyhow::Result<()> {
    let Some(pair) = Pair::start(database).await? else { return Ok(()) };
    let clerks = pair.clerks()?;
    let before = head(&clerks[0], 0).await?.size;
    let mut workers = JoinSet::new();
    for worker in 0..2 * WORKERS {
        let (clerk, body) = (clerks[worker % 2].clone(), pair.body.clone());
        workers.spawn(async move {
            let mut issued = Vec::new();
            for n in (worker..ISSUES).step_by(2 * WORKERS) {
                let answer = issue(clerk.clone(), &body, &format!("issue-{n}"), pv_module(&format!("EX-{n}"))).await?;
                issued.push((answer.certificate.context("a certificate")?.name, answer.proof.context("a proof")?));
            }
            anyhow::Ok(issued)
        });
    }
    let mut issued: Vec<(String, LogProof)> = Vec::new();
    while let Some(done) = workers.join_next().await {
        issued.extend(done??);
    }

    let indices: BTreeSet<u64> = issued.iter().map(|(_, proof)| proof.index).collect();
    let after = before + ISSUES as u64;
    assert_eq!(indices, (before..after).collect(), "every index once, none left out");
    let heads = [head(&clerks[0], after).await?, head(&clerks[1], after).await?];
    assert_eq!((heads[0].size, heads[0].root), (heads[1].size, heads[1].root), "one tree");
    assert_eq!(heads[0].key, heads[1].key, "signed by one key");
    for (n, (_, promised)) in issued.iter().enumerate() {
        verify_promise(promised, &heads[0].key)?;
        // Whoever gave the promise, the other keeps it.
        verify_kept(&clerks[n % 2], promised, &heads[n % 2]).await?;
    }
    assert_eq!(all_entries(&clerks[0]).await?, all_entries(&clerks[1]).await?, "an auditor of either reads the same");
    let certificates = all_certificates(&clerks[1]).await?;
    let names: BTreeSet<_> = issued.iter().map(|(name, _)| name).collect();
    assert_eq!(certificates.keys().collect::<BTreeSet<_>>(), names);
    Ok(())
}

async fn one_certificate(database: Database) -> anyhow::Result<()> {
    let Some(pair) = Pair::start(database).await? else { return Ok(()) };
    let clerks = pair.clerks()?;
    let mut twice = JoinSet::new();
    for n in 0..TWICE {
        let ([first, second], body) = (clerks.clone(), pair.body.clone());
        twice.spawn(async move {
            let (id, content) = (format!("same-{n}"), pv_module(&format!("EX-{n}")));
            let (one, two) =
                tokio::join!(issue(first, &body, &id, content.clone()), issue(second, &body, &id, content));
            anyhow::Ok((one?, two?))
        });
    }
    let mut names = BTreeSet::new();
    while let Some(answers) = twice.join_next().await {
        let (one, two) = answers??;
        assert_eq!(one, two, "the same answer, proof and all");
        names.insert(one.certificate.context("a certificate")?.name);
    }
    assert_eq!(names.len(), TWICE);
    head(&clerks[1], head(&clerks[0], 0).await?.size).await?;
    for clerk in &clerks {
        assert_eq!(all_certificates(clerk).await?.into_keys().collect::<BTreeSet<_>>(), names);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "says how long it took, which a loaded machine cannot be held to")]
async fn withdrawal_is_known(database: Database) -> anyhow::Result<()> {
    let Some(pair) = Pair::start(database).await? else { return Ok(()) };
    let [first, second] = pair.clerks()?;
    for n in 0..WITHDRAWALS {
        let issued = issue(first.clone(), &pair.body, &format!("issue-{n}"), pv_module("EX")).await?;
        let name = issued.certificate.context("a certificate")?.name;
        // The other one has it in memory, as in force.
        until("the other registry knows of the certificate", async || {
            let verdict = verify(second.clone(), question(&name, None)).await?;
            Ok((verdict.outcome() == VerdictOutcome::Accepted).then_some(()))
        })
        .await?;

        withdraw(first.clone(), &name, &format!("withdraw-{n}")).await?;
        let acknowledged = Instant::now();
        let here = verify(first.clone(), question(&name, None)).await?;
        assert_eq!(codes(here.in_force.as_ref()), ["withdrawn"], "at once where it was made");
        assert_eq!(here.outcome(), VerdictOutcome::Refused);
        // The promise is one second; a loaded machine is given more, and the time is printed.
        until("the other registry knows of the withdrawal", async || {
            let there = verify(second.clone(), question(&name, None)).await?;
            Ok((there.outcome() == VerdictOutcome::Refused).then_some(()))
        })
        .await?;
        println!("{database:?}: known at the other registry after {:?}", acknowledged.elapsed());
    }
    Ok(())
}
