//! A published revision of the catalogue is what the registry's verdicts rest on within a second, although the registry
//! remembers what it was told.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use greenlane_e2e::{
    Database, Installation, Run,
    certificates::{AURORA, goods, issue, question, recognised_module, register_body, verify},
    greenlane, until,
};
use greenlane_platform::auth::issuer::TokenRequest;
use serde_json::json;

/// Revisions that are published: the machine may be busy with something else at one of them, not at most.
const PUBLISHED: usize = 5;
const BOUND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_revision_is_what_the_registry_answers_by_within_a_second() {
    for database in [Database::Sqlite, Database::Postgres] {
        publish_and_watch(database).await.expect("the test runs");
    }
}

fn run(installation: &Installation, token: &str, words: &str) -> anyhow::Result<Run> {
    let mut arguments: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    arguments.extend(installation.client_arguments(token)?);
    greenlane(installation.folder(), arguments)
}

async fn publish_and_watch(database: Database) -> anyhow::Result<()> {
    let Some(installation) = Installation::start(database).await? else { return Ok(()) };
    let (admin, reviewer) = (installation.admin(), installation.mint(&TokenRequest::new("reviewer", ["admin"])));
    let registry = installation.registry.as_ref().context("it runs")?;
    let body = register_body(registry.client(&admin)?, AURORA).await?;
    let clerk = registry.client(&installation.clerk(&body))?;
    let issued = issue(clerk.clone(), &body, "one", recognised_module("EX-1")).await?;
    let name = issued.certificate.context("a certificate")?.name;
    let ask = || question(&name, Some(goods("HS2022", "854143", "XB")));

    let mut waits = Vec::new();
    for number in 0..PUBLISHED {
        let remembered = async || {
            let verdict = verify(clerk.clone(), ask()).await?;
            Ok(verdict.freshness.is_some_and(|it| it.from_snapshot).then_some(()))
        };
        until("the decision is remembered", remembered).await?;
        let found = run(&installation, &admin, "catalogue get requirements/xb-pv-qualification -o json")?;
        let mut requirement = found.expect(0).json()?["requirement"].clone();
        requirement["title"] = json!(format!("Design qualification, text {number}"));
        let change = json!({ "title": "A text", "changes": [{ "upsert": { "requirement": requirement } }] });
        std::fs::write(installation.path("change.json"), change.to_string())?;
        let draft = run(&installation, &admin, "change create --file change.json -o name")?.expect(0);
        let draft = draft.stdout.trim();
        run(&installation, &admin, &format!("change propose {draft}"))?.expect(0);
        run(&installation, &reviewer, &format!("change review {draft} --approve"))?.expect(0);
        let published = run(&installation, &reviewer, &format!("change publish {draft} --confirm -o json"))?.expect(0);
        let acknowledged = Instant::now();
        let revision = published.json()?["revision"].as_u64().context("a revision")?;
        let answered = async || {
            let verdict = verify(clerk.clone(), ask()).await?;
            let by = verdict.revisions.map_or(0, |revisions| revisions.equivalence);
            Ok((by >= revision).then_some(()))
        };
        until("the registry answers by the revision", answered).await?;
        waits.push(acknowledged.elapsed());
    }
    waits.sort();
    assert!(waits[PUBLISHED / 2] < BOUND, "{waits:?}");
    Ok(())
}
