//! Verification where there is no network.

use std::process::Command;

use anyhow::Context as _;
use greenlane_e2e::greenlane_path;
use serde_json::Value;

use crate::Shell;

#[test]
fn a_bundle_gives_the_verdicts_of_the_services_without_a_network() {
    offline().expect("it runs");
}

/// The verdict, but for how fresh the facts are.
fn verdict(mut answer: Value) -> anyhow::Result<Value> {
    let verdict = answer.get_mut("verdict").context("a verdict")?;
    verdict.as_object_mut().context("an object")?.remove("freshness");
    Ok(verdict.take())
}

/// A verdict for the file: signed, checked without asking anybody, and not to be altered.
fn statement(shell: &Shell, certificate: &str) -> anyhow::Result<()> {
    let asked = shell.run(&format!("verify {certificate} --statement-out case.jwt -o json"))?.expect(0);
    let key = shell.run("log checkpoint -o json")?.expect(0).json()?["checkpoint"]["verifierKey"].clone();
    let key = key.as_str().context("a key")?;
    for trust in ["--trust customs.bundle".to_owned(), format!("--log-key {key}")] {
        let read = shell.run(&format!("verify --statement case.jwt {trust} -o json"))?.expect(0);
        assert_eq!(read.json()?["verdict"], asked.json()?["verdict"]);
        assert!(read.stderr.contains("stated by did:web:registry.example.org"), "{}", read.stderr);
    }
    let text = std::fs::read_to_string(shell.folder.path().join("case.jwt"))?;
    let (head, signature) = text.rsplit_once('.').context("a signature")?;
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    std::fs::write(shell.folder.path().join("altered-case.jwt"), format!("{head}.{other}{}", &signature[1..]))?;
    let refused = shell.run("verify --statement altered-case.jwt --trust customs.bundle")?.expect(10);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("NOT GENUINE"), "{}", refused.stderr);
    shell.run("verify --statement certificate.jwt --trust customs.bundle")?.expect(2);
    shell.run("verify --statement case.jwt")?.expect(2);
    shell.run(&format!("verify {certificate} --log-key {key}"))?.expect(2);
    Ok(())
}

fn offline() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let document = shell.run(&format!("certificate get {certificate} --document"))?.expect(0).stdout;
    std::fs::write(shell.folder.path().join("certificate.jwt"), &document)?;
    let altered = document.replacen("eyJ", "eyK", 1);
    std::fs::write(shell.folder.path().join("altered.jwt"), altered)?;
    let told = shell.run("bundle --out customs.bundle -o json")?.expect(0).json()?;
    assert!(told["goodUntil"].as_str().is_some_and(|until| until.ends_with('Z')), "{told}");
    assert!(told["revisions"]["equivalence"].as_u64() > Some(0), "{told}");

    let goods = "--origin XA --model EX-450M";
    let mut compared = 0;
    for subject in [certificate.as_str(), "certificate.jwt", "altered.jwt"] {
        for question in [
            String::new(),
            format!("{goods} --code HS2022:854143 --destination XB"),
            format!("{goods} --code HS2022:854143 --destination XF"),
            format!("{goods} --code HS2017:854140 --destination XB"),
            format!("{goods} --code HS2022:850231 --destination XB"),
            "--code HS2022:854143 --origin XA --destination XB --serial 1".to_owned(),
        ] {
            let online = shell.run(&format!("verify {subject} {question} -o json"))?;
            let offline = shell.run(&format!("verify {subject} {question} -o json --trust customs.bundle"))?;
            assert_eq!(offline.code, online.code, "{subject} {question}: {}", offline.stderr);
            if online.stdout.is_empty() {
                continue;
            }
            assert!(offline.stderr.contains("good until"), "{}", offline.stderr);
            assert_eq!(verdict(offline.json()?)?, verdict(online.json()?)?, "{subject} {question}");
            compared += 1;
        }
    }
    assert!(compared >= 18, "{compared} verdicts were compared");

    // What comes until a day behind its term is not in the bundle.
    let ahead = format!("verify {certificate} {goods} --code HS2022:854143 --destination XB --date 2040-01-01");
    shell.run(&ahead)?.expect(10);
    let open = shell.run(&format!("{ahead} --trust customs.bundle"))?.expect(11).stdout;
    assert!(open.contains("lies behind the time for which the trust bundle is good"), "{open}");

    // A number that the bundle does not have may be of a certificate that was issued since.
    shell.run("verify GLXA4HP9Z1PPYMB35F")?.expect(10);
    let open = shell.run("verify GLXA4HP9Z1PPYMB35F --trust customs.bundle")?.expect(11).stdout;
    assert!(open.contains("UNDETERMINED") && open.contains("Ask the registry, or get a newer bundle."), "{open}");

    statement(&shell, &certificate)?;

    // What happens after the bundle was made is not in it: it goes on telling its own moment.
    let withdraw =
        format!("certificate withdraw {certificate} --reason safety --text t --confirm --token-file clerk.token");
    shell.run(&withdraw)?.expect(0);
    shell.run(&format!("verify {certificate}"))?.expect(10);
    shell.run(&format!("verify {certificate} --trust customs.bundle"))?.expect(0);

    // Another log's key, a bundle that is cut off.
    let key = shell.run("log checkpoint -o json")?.expect(0).json()?["checkpoint"]["verifierKey"].clone();
    let key = key.as_str().context("a key")?.to_owned();
    shell.run(&format!("verify certificate.jwt --trust customs.bundle --log-key {key}"))?.expect(0);
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let refused = shell.run(&format!("verify certificate.jwt --trust customs.bundle --log-key {other}"))?.expect(2);
    assert!(refused.stderr.contains("not of the one that is trusted"), "{}", refused.stderr);
    let whole = std::fs::read(shell.folder.path().join("customs.bundle"))?;
    std::fs::write(shell.folder.path().join("cut.bundle"), &whole[..whole.len() - 20])?;
    shell.run("verify certificate.jwt --trust cut.bundle")?.expect(2);
    shell.run("bundle --out some.bundle --body bodies/nobody")?.expect(3);

    without_network(&shell)
}

/// In a network namespace of its own there is not even a loopback that is up.
fn without_network(shell: &Shell) -> anyhow::Result<()> {
    let unshare = |command: &str| {
        let mut run = Command::new("unshare");
        run.args(["-rn", command]).current_dir(shell.folder.path());
        run
    };
    if !unshare("true").status().is_ok_and(|status| status.success()) {
        #[expect(clippy::print_stderr, reason = "says why a part of the test did nothing")]
        {
            eprintln!("skipped: there is no `unshare -rn` here");
        }
        return Ok(());
    }
    let binary = greenlane_path().to_str().context("a path in UTF-8")?.to_owned();
    let goods = ["--code", "HS2022:854143", "--origin", "XA", "--destination", "XB", "--model", "EX-450M"];
    let offline =
        unshare(&binary).args(["verify", "certificate.jwt", "--trust", "customs.bundle"]).args(goods).output()?;
    assert_eq!(offline.status.code(), Some(0), "{}", String::from_utf8_lossy(&offline.stderr));
    assert!(String::from_utf8_lossy(&offline.stdout).contains("ACCEPTED"));
    let online = unshare(&binary).args(["verify", "certificate.jwt"]).args(goods).output()?;
    assert_eq!(online.status.code(), Some(75), "there is no network indeed");
    Ok(())
}
