//! Backup and restore of SQLite databases, rehearsed: while a registry writes, and back to an earlier state, which the
//! log notices; and the two ways out. The keys alone, beside PostgreSQL's own backups.

use std::path::{Path, PathBuf};

use greenlane_e2e::{
    Database, Installation, Process, Run,
    certificates::{issue, pv_module, register_body},
    greenlane,
    log::{all_certificates, head, verify_kept},
};
use greenlane_platform::client::Client;

const BODY: &str = "bodies/backup-body";

fn command(installation: &Installation, verb: &str, config: &Path, more: &[&str]) -> anyhow::Result<Run> {
    let config = config.display().to_string();
    let arguments = [&[verb, "registry", "--config", &config, "-o", "json"], more].concat();
    greenlane(installation.folder(), arguments)
}

fn client(registry: &Process, installation: &Installation) -> anyhow::Result<Client> {
    registry.client(&installation.clerk(BODY))
}

async fn issue_some(client: &Client, prefix: &str, count: usize) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for number in 0..count {
        let issued = issue(client.clone(), BODY, &format!("{prefix}-{number}"), pv_module("EX-1")).await?;
        names.push(issued.certificate.unwrap_or_default().name);
    }
    Ok(names)
}

/// An installation whose registry serves, with a body; and its configuration.
async fn begin() -> anyhow::Result<(Installation, Process, PathBuf)> {
    Ok(begin_on(Database::Sqlite).await?.expect("SQLite is always there"))
}

async fn begin_on(database: Database) -> anyhow::Result<Option<(Installation, Process, PathBuf)>> {
    let Some(installation) = Installation::prepare(database).await? else { return Ok(None) };
    let config = installation.configure("registry", None)?;
    greenlane(installation.folder(), ["migrate", "registry", "--config", &config.display().to_string()])?.expect(0);
    let registry = Process::start("registry", &config)?;
    assert_eq!(register_body(registry.client(&installation.admin())?, "backup-body").await?, BODY);
    Ok(Some((installation, registry, config)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_registry_that_writes_is_of_one_moment_and_comes_back_whole() {
    writes_go_on().await.expect("the test runs");
}

async fn writes_go_on() -> anyhow::Result<()> {
    let (installation, registry, config) = begin().await?;
    let before = issue_some(&client(&registry, &installation)?, "before", 5).await?;
    let (writer, folder) = (client(&registry, &installation)?, installation.path("backup").display().to_string());
    let writing = tokio::spawn(async move { issue_some(&writer, "meanwhile", 30).await });
    let backup = command(&installation, "backup", &config, &["--out", &folder, "--keys"])?.expect(0).json()?;
    assert_eq!(backup["service"], "registry");
    writing.await??;
    let in_use = command(&installation, "restore", &config, &["--from", &folder, "--confirm", "registry"])?.expect(1);
    assert!(in_use.stderr.contains("is in use: stop the service first"), "{}", in_use.stderr);
    registry.kill()?;

    // Another machine: nothing but the backup.
    let elsewhere = Installation::prepare(Database::Sqlite).await?.expect("SQLite is always there");
    let config = elsewhere.configure("registry", None)?;
    let checked = command(&elsewhere, "restore", &config, &["--from", &folder])?.expect(0);
    assert!(checked.stderr.contains("nothing is written without --confirm registry"), "{}", checked.stderr);
    let check = ["migrate", "registry", "--check", "--config", &config.display().to_string()];
    greenlane(elsewhere.folder(), check)?.expect(1);
    let other = command(&elsewhere, "restore", &config, &["--from", &folder, "--confirm", "equivalence"])?.expect(2);
    assert!(other.stderr.contains("--confirm registry"), "{}", other.stderr);
    let confirmed = ["--from", &folder, "--confirm", "registry"];
    let restored = command(&elsewhere, "restore", &config, &confirmed)?.expect(0).json()?;
    assert_eq!(restored["moved_aside"], serde_json::Value::Null, "{restored}");
    assert!(restored["keys"].as_u64() >= Some(2), "the log's key and the body's: {restored}");
    let check = ["migrate", "registry", "--check", "--config", &config.display().to_string()];
    greenlane(elsewhere.folder(), check)?.expect(0);
    let registry = Process::start("registry", &config)?;
    let client = client(&registry, &elsewhere)?;
    let certificates = all_certificates(&client).await?;
    assert!(before.iter().all(|name| certificates.contains_key(name)), "what was acknowledged before is there");
    assert_eq!(head(&client, 0).await?.size, 2 + certificates.len() as u64, "each entry has its certificate");
    issue_some(&client, "after", 1).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_registry_that_signed_more_refuses_to_sign_until_the_entries_are_back_or_a_new_log_begins() {
    rolled_back().await.expect("the test runs");
}

async fn rolled_back() -> anyhow::Result<()> {
    let (installation, registry, config) = begin().await?;
    issue_some(&client(&registry, &installation)?, "early", 3).await?;
    let back_up = |name: &str| -> anyhow::Result<String> {
        let folder = installation.path(name).display().to_string();
        command(&installation, "backup", &config, &["--out", &folder])?.expect(0);
        Ok(folder)
    };
    let early = back_up("early")?;
    let promised = issue(client(&registry, &installation)?, BODY, "late", pv_module("EX-1")).await?;
    let promised = promised.proof.expect("an answer has its proof");
    let late = back_up("late")?;
    registry.terminate()?;

    let restored =
        command(&installation, "restore", &config, &["--from", &early, "--confirm", "registry"])?.expect(0).json()?;
    let aside = restored["moved_aside"].as_str().map(Path::new).expect("what was there is moved aside");
    assert!(aside.exists());
    let registry = Process::start("registry", &config)?;
    let refused = issue(client(&registry, &installation)?, BODY, "again", pv_module("EX-1")).await;
    let refused = refused.expect_err("nothing is signed");
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition, "{refused:?}");
    // Reading goes on meanwhile.
    assert_eq!(all_certificates(&client(&registry, &installation)?).await?.len(), 3);
    registry.terminate()?;

    // The first way out: the entries are not lost.
    command(&installation, "restore", &config, &["--from", &late, "--confirm", "registry"])?.expect(0);
    let registry = Process::start("registry", &config)?;
    let reader = client(&registry, &installation)?;
    issue_some(&reader, "again", 1).await?;
    verify_kept(&reader, &promised, &head(&reader, 0).await?).await?;
    registry.terminate()?;

    // The second: they are, and a log of another name goes on with what is left.
    command(&installation, "restore", &config, &["--from", &early, "--confirm", "registry"])?.expect(0);
    let same =
        command(&installation, "restore", &config, &["--new-log", "--confirm", "registry.example.org/log"])?.expect(1);
    assert!(same.stderr.contains("give the new log a name of its own"), "{}", same.stderr);
    let mut text = std::fs::read_to_string(&config)?;
    text = text.replace("[registry]\n", "[registry]\nlog_origin = \"registry.example.org/log-2\"\n");
    std::fs::write(&config, text)?;
    let begun = command(&installation, "restore", &config, &["--new-log", "--confirm", "registry.example.org/log-2"])?
        .expect(0)
        .json()?;
    assert_eq!(begun["old_log"], "registry.example.org/log", "{begun}");
    assert_eq!(begun["entries"], 5, "{begun}");
    let registry = Process::start("registry", &config)?;
    let reader = client(&registry, &installation)?;
    let began = head(&reader, 0).await?;
    assert_eq!(began.size, 5);
    let issued = issue(reader.clone(), BODY, "new", pv_module("EX-1")).await?.proof.expect("a proof");
    assert!(issued.checkpoint.starts_with("registry.example.org/log-2\n"), "{}", issued.checkpoint);
    verify_kept(&reader, &issued, &head(&reader, 0).await?).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_lost_come_back_from_a_backup_of_keys_alone_and_the_log_goes_on() {
    keys_alone(Database::Sqlite).await.expect("the test runs on SQLite");
    keys_alone(Database::Postgres).await.expect("the test runs on PostgreSQL");
}

async fn keys_alone(database: Database) -> anyhow::Result<()> {
    let Some((installation, registry, config)) = begin_on(database).await? else { return Ok(()) };
    let issued = issue(client(&registry, &installation)?, BODY, "before", pv_module("EX-1")).await?;
    let promised = issued.proof.expect("an answer has its proof");
    let folder = installation.path("only-keys").display().to_string();
    let only_keys = ["--out", &folder, "--keys-only"];
    let made = command(&installation, "backup", &config, &only_keys)?.expect(0).json()?;
    assert!(made["keys"].as_u64() >= Some(2) && made.get("database").is_none(), "{made}");
    registry.terminate()?;

    std::fs::remove_dir_all(installation.path("keys"))?;
    let from = ["--from", &folder];
    command(&installation, "restore", &config, &from)?.expect(0);
    assert!(!installation.path("keys").exists(), "a check writes nothing");
    let confirmed = [&from[..], &["--confirm", "registry"]].concat();
    let restored = command(&installation, "restore", &config, &confirmed)?.expect(0).json()?;
    assert_eq!(restored["keys"], made["keys"], "{restored}");
    assert!(installation.path("keys/log.checkpoint").exists(), "what was signed last is known again");

    let registry = Process::start("registry", &config)?;
    let client = client(&registry, &installation)?;
    issue_some(&client, "after", 1).await?;
    verify_kept(&client, &promised, &head(&client, 0).await?).await
}
