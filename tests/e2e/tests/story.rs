//! The story of the demonstration, by hand, with the services as three processes on three ports.

use std::path::Path;

use anyhow::Context as _;
use greenlane_e2e::{Database, Installation, Run, greenlane};
use greenlane_platform::auth::issuer::TokenRequest;
use serde_json::Value;

struct Shell<'i> {
    installation: &'i Installation,
    arguments: Vec<String>,
}

impl<'i> Shell<'i> {
    fn new(installation: &'i Installation, token: &str) -> anyhow::Result<Self> {
        Ok(Self { installation, arguments: installation.client_arguments(token)? })
    }

    fn run(&self, command: &[&str]) -> anyhow::Result<Run> {
        let arguments = command.iter().copied().chain(self.arguments.iter().map(String::as_str));
        greenlane(self.installation.folder(), arguments)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_on_sqlite_certify_recognise_verify_catch_a_forgery_and_know_a_withdrawal() {
    story(Database::Sqlite).await.expect("the story runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_on_postgresql_certify_recognise_verify_catch_a_forgery_and_know_a_withdrawal() {
    story(Database::Postgres).await.expect("the story runs");
}

async fn story(database: Database) -> anyhow::Result<()> {
    let Some(installation) = Installation::start(database).await? else { return Ok(()) };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples/pv-module.yaml").canonicalize()?;
    let example = example.to_str().context("a path in UTF-8")?;

    let admin = Shell::new(&installation, &installation.admin())?;
    let found = admin.run(&["code", "search", "photovoltaic", "-o", "json"])?.expect(0).json()?;
    assert!(found["hits"].as_array().is_some_and(|hits| !hits.is_empty()), "{found}");
    admin
        .run(&["body", "create", "aurora-cert", "--display-name", "Aurora Certification", "--economy", "XA"])?
        .expect(0);
    admin.run(&["body", "key", "create", "bodies/aurora-cert"])?.expect(0);

    let body = TokenRequest::new("clerk", ["certificates.read", "certificates.write", "bodies.read"]);
    let body = Shell::new(&installation, &installation.mint(&body.for_body("bodies/aurora-cert")))?;
    let issue = ["certificate", "issue", "--body", "bodies/aurora-cert", "--file", example, "--request-id", "one"];
    let issued = body.run(&[&issue[..], &["-o", "json"]].concat())?.expect(0).json()?;
    let name = issued["certificate"]["name"].as_str().context("a name")?.to_owned();
    let again = body.run(&[&issue[..], &["-o", "json"]].concat())?.expect(0).json()?;
    assert_eq!(issued, again, "the same request has the same answer");
    assert!(issued["proof"]["checkpoint"].as_str().is_some_and(|note| note.contains('\n')), "{issued}");

    let other = TokenRequest::new("rival", ["certificates.read", "certificates.write"]);
    let other = Shell::new(&installation, &installation.mint(&other.for_body("bodies/rival")))?;
    let denied = other.run(&["certificate", "withdraw", &name, "--reason", "other", "--text", "envy"])?.expect(4);
    assert!(denied.stderr.contains("NOT_YOURS"), "{}", denied.stderr);

    let document = body.run(&["certificate", "get", &name, "--document"])?.expect(0).stdout;
    std::fs::write(installation.path("genuine.jwt"), &document)?;
    std::fs::write(installation.path("forged.jwt"), forge(document.trim())?)?;

    let customs = Shell::new(&installation, &installation.mint(&TokenRequest::new("customs", ["verify"])))?;
    let goods =
        ["--code", "HS2022:854143", "--origin", "XA", "--destination", "XB", "--model", "EX-450M", "-o", "json"];
    let verdict = customs.run(&[&["verify", &name][..], &goods].concat())?.expect(0).json()?;
    assert_eq!(verdict["verdict"]["outcome"], "VERDICT_OUTCOME_ACCEPTED", "{verdict}");
    let verdict = customs.run(&[&["verify", "genuine.jwt"][..], &goods].concat())?.expect(0).json()?;
    assert_eq!(part(&verdict, "authentic"), "PART_OUTCOME_YES", "{verdict}");
    let verdict = customs.run(&[&["verify", "forged.jwt"][..], &goods].concat())?.expect(10).json()?;
    assert_eq!(part(&verdict, "authentic"), "PART_OUTCOME_NO", "{verdict}");

    body.run(&["certificate", "suspend", &name, "--reason", "nonconformity", "--text", "t", "--remedy", "r"])?
        .expect(0);
    let verdict = customs.run(&[&["verify", &name][..], &goods].concat())?.expect(10).json()?;
    assert_eq!(part(&verdict, "inForce"), "PART_OUTCOME_NO", "{verdict}");
    body.run(&["certificate", "reinstate", &name, "--reason", "remedied"])?.expect(0);
    customs.run(&[&["verify", &name][..], &goods].concat())?.expect(0);

    body.run(&["certificate", "withdraw", &name, "--reason", "safety", "--text", "Cells crack.", "--confirm"])?
        .expect(0);
    let verdict = customs.run(&[&["verify", &name][..], &goods].concat())?.expect(10).json()?;
    assert_eq!(part(&verdict, "authentic"), "PART_OUTCOME_YES", "{verdict}");
    assert_eq!(part(&verdict, "inForce"), "PART_OUTCOME_NO", "{verdict}");
    let undone = body.run(&["certificate", "reinstate", &name, "--reason", "remedied"])?.expect(5);
    assert!(undone.stderr.contains("STATE_CONFLICT"), "{}", undone.stderr);
    let history = body.run(&["certificate", "history", &name, "-o", "json"])?.expect(0).json()?;
    assert_eq!(history["events"].as_array().map(Vec::len), Some(4), "{history}");
    Ok(())
}

fn part<'v>(verdict: &'v Value, name: &str) -> &'v str {
    verdict["verdict"][name]["outcome"].as_str().unwrap_or_default()
}

/// The document with one letter of its payload changed.
fn forge(document: &str) -> anyhow::Result<String> {
    let mut parts: Vec<_> = document.split('.').map(str::to_owned).collect();
    let payload = parts.get_mut(1).context("a JWT has three parts")?;
    let middle = payload.len() / 2;
    let letter = if payload.as_bytes()[middle] == b'A' { "B" } else { "A" };
    payload.replace_range(middle..=middle, letter);
    Ok(parts.join("."))
}
