//! What a change would do is told before it is done, from what the registry reports: then it is done, and so it is.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use greenlane_e2e::{Database, Installation, PATIENCE, Run, greenlane};
use greenlane_platform::auth::issuer::TokenRequest;
use serde_json::{Value, json};

struct Shell<'i> {
    installation: &'i Installation,
    arguments: Vec<String>,
}

impl<'i> Shell<'i> {
    fn new(installation: &'i Installation, token: &str) -> anyhow::Result<Self> {
        Ok(Self { installation, arguments: installation.client_arguments(token)? })
    }

    fn run(&self, words: &str) -> anyhow::Result<Run> {
        let arguments = words.split_whitespace().chain(self.arguments.iter().map(String::as_str));
        greenlane(self.installation.folder(), arguments)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_registry_reports_what_a_preview_counts_and_the_change_does_it() {
    for database in [Database::Sqlite, Database::Postgres] {
        preview(database).await.expect("the preview is right");
    }
}

async fn preview(database: Database) -> anyhow::Result<()> {
    let Some(mut installation) = Installation::prepare(database).await? else { return Ok(()) };
    installation.set("registry", "use_report_interval_seconds = 1");
    installation.start_classification()?;
    installation.start_equivalence()?;
    installation.start_registry()?;
    let installation = installation;
    let admin = Shell::new(&installation, &installation.admin())?;
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples/pv-module.yaml").canonicalize()?;
    admin.run("body create aurora-cert --display-name Aurora --economy XA")?.expect(0);
    admin.run("body key create bodies/aurora-cert")?.expect(0);
    let clerk = Shell::new(&installation, &installation.clerk("bodies/aurora-cert"))?;
    let issue = format!("certificate issue --body bodies/aurora-cert --file {} -o name", example.display());
    let certificate = clerk.run(&issue)?.expect(0).stdout.trim().to_owned();
    let verify = format!("verify {certificate} --code HS2022:854143 --origin XA --destination XE --model EX-450M");
    for _ in 0..3 {
        clerk.run(&verify)?.expect(10);
    }

    // XE accepts its own bodies only; it is to accept everybody's, by the standard that the certificate is to.
    let found = admin.run("catalogue get requirements/xe-pv-qualification -o json")?.expect(0).json()?;
    let mut requirement = found["requirement"].clone();
    let acceptances = requirement["acceptances"].as_array_mut().context("acceptances")?;
    acceptances.push(json!({ "target": { "name": "standards/iec-61215-1-2021" }, "bodies": { "any": true } }));
    let change = json!({ "title": "Accept all", "changes": [{ "upsert": { "requirement": requirement } }] });
    std::fs::write(installation.path("change.json"), change.to_string())?;
    let draft = admin.run("change create --file change.json -o name")?.expect(0).stdout.trim().to_owned();

    let preview = previewed(&admin, &draft)?;
    let totals = &preview["totals"];
    assert_eq!((&totals["certificatesGaining"], &totals["certificatesLosing"]), (&json!(1), &json!(0)), "{preview}");
    assert_eq!((&totals["holders"], &totals["markets"]), (&json!(1), &json!(1)), "{preview}");
    assert_eq!(totals["recentVerificationsGaining"], json!(3), "{preview}");
    assert_eq!(preview["markets"][0]["market"], "XE", "{preview}");
    let reports = preview["useReports"].as_array().context("reports")?;
    assert!(reports.len() == 1 && reports[0]["reportedAt"].is_string(), "{preview}");
    let example = &preview["examples"][0];
    assert_eq!(example["before"], "RECOGNITION_OUTCOME_NOT_RECOGNISED", "{preview}");
    assert_eq!(example["after"], "RECOGNITION_OUTCOME_RECOGNISED", "{preview}");

    admin.run(&format!("change propose {draft}"))?.expect(0);
    let reviewer = TokenRequest::new("reviewer", ["admin"]);
    let reviewer = Shell::new(&installation, &installation.mint(&reviewer))?;
    reviewer.run(&format!("change review {draft} --approve"))?.expect(0);
    reviewer.run(&format!("change publish {draft} --confirm"))?.expect(0);
    let began = Instant::now();
    while clerk.run(&verify)?.code != 0 {
        ensure!(began.elapsed() < PATIENCE, "the certificate is still not recognised in XE");
    }
    Ok(())
}

/// The preview, once the registry has reported the certificate and the three verifications.
fn previewed(admin: &Shell<'_>, draft: &str) -> anyhow::Result<Value> {
    let began = Instant::now();
    loop {
        let preview = admin.run(&format!("change preview {draft} -o json"))?.expect(0).json()?;
        if preview["certificatesExamined"] == json!(1) && preview["questionsExamined"] == json!(3) {
            return Ok(preview);
        }
        ensure!(began.elapsed() < PATIENCE, "not reported: {preview}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
