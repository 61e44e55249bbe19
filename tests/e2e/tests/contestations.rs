//! A dispute about a certificate: opened at the equivalence service, told by the registry's verdicts while it is open, and
//! followed by the body that has to answer it.

use anyhow::Context as _;
use greenlane_e2e::{
    Database, Installation, Run,
    certificates::{AURORA, issue, question, recognised_module, register_body, verify},
    greenlane, until,
};
use greenlane_platform::auth::issuer::TokenRequest;
use serde_json::json;

fn run(installation: &Installation, token: &str, words: &str) -> anyhow::Result<Run> {
    let mut arguments: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    arguments.extend(installation.client_arguments(token)?);
    greenlane(installation.folder(), arguments)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_about_a_certificate_is_told_with_its_verdicts_until_it_is_over() {
    for database in [Database::Sqlite, Database::Postgres] {
        contested(database).await.expect("the test runs");
    }
}

async fn contested(database: Database) -> anyhow::Result<()> {
    let Some(installation) = Installation::start(database).await? else { return Ok(()) };
    let registry = installation.registry.as_ref().context("it runs")?;
    let body = register_body(registry.client(&installation.admin())?, AURORA).await?;
    let client = registry.client(&installation.clerk(&body))?;
    let issued = issue(client.clone(), &body, "one", recognised_module("EX-1")).await?;
    let name = issued.certificate.context("a certificate")?.name;
    let told = async |code: &str, expected: bool| {
        let answered = async || {
            let verdict = verify(client.clone(), question(&name, None)).await?;
            let findings = verdict.in_force.map(|part| part.findings).unwrap_or_default();
            Ok((findings.iter().any(|finding| finding.code == code) == expected).then_some(()))
        };
        until(&format!("{code} is told: {expected}"), answered).await
    };
    told("contested", false).await?;

    let challenger = installation.mint(&TokenRequest::new("challenger", ["admin"]).for_economy("XF"));
    let challenge = json!({
        "subject": { "certificate": { "certificate": name, "body": body, "bodyEconomy": "XA" } },
        "grounds": "Its results cannot be reproduced.",
        "evidence": [{ "sha256": "0".repeat(64), "uri": "https://example.org/report.pdf", "text": "A second test." }],
    });
    std::fs::write(installation.path("challenge.json"), challenge.to_string())?;
    let dispute = run(&installation, &challenger, "dispute open --file challenge.json -o name")?.expect(0);
    let dispute = dispute.stdout.trim().to_owned();
    told("contested", true).await?;

    let counsel = installation.mint(&TokenRequest::new("counsel", ["catalogue.read"]).for_body(&body));
    let watched = run(&installation, &counsel, &format!("dispute watch --respondent {body} --count 1 -o name"))?;
    assert_eq!(watched.expect(0).stdout.trim(), dispute);
    run(&installation, &challenger, &format!("dispute withdraw {dispute} --confirm --text Mended."))?.expect(0);
    told("contested", false).await
}
