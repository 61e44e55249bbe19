//! The log as an auditor follows it.

use anyhow::Context as _;

use greenlane_api::registry::v1::{Checkpoint, GetCheckpointResponse};
use greenlane_e2e::{PATIENCE, greenlane};

use crate::{
    Shell,
    change::publish,
    skew::{answered, serve},
};

#[test]
fn a_log_that_does_not_sign_by_the_key_that_it_tells_is_accused() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let serving = serve(|path, _| path.ends_with("/GetCheckpoint").then(contradicting));
    let address = runtime.block_on(serving).expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| {
        let audit = format!("log audit {words} --registry http://{address}");
        greenlane(folder.path(), audit.split_whitespace()).expect("it runs")
    };
    let halted = run("").expect(10);
    assert!(halted.stderr.starts_with("HALT: ") && halted.stderr.contains("example.org/log"), "{}", halted.stderr);
    // Against a key that somebody named it says nothing of the log.
    let told = run(&format!("--log-key {OTHER}")).expect(2).stderr;
    assert!(told.contains("does not fit the log that was asked") && !told.contains("HALT"), "{told}");
}

/// A key of somebody else.
const OTHER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

/// The answer of GetCheckpoint of a log that tells that key, and signs by another.
fn contradicting() -> Vec<u8> {
    let key = greenlane_jose::SigningKey::generate_ed25519();
    let name = greenlane_log::note::KeyName::new("example.org/log").expect("a name");
    let signer = greenlane_log::note::NoteSigner::new(name, std::sync::Arc::new(key)).expect("a signer");
    let tree = greenlane_log::Checkpoint::new("example.org/log", 2, greenlane_log::hash_leaf(b"entry"));
    let checkpoint = Checkpoint {
        note: tree.sign(&signer).expect("a note").to_text(),
        verifier_key: OTHER.to_owned(),
        ..Default::default()
    };
    answered(&GetCheckpointResponse { checkpoint: Some(checkpoint), ..Default::default() })
}

#[test]
fn a_catalogue_that_is_not_what_is_on_record_is_found_by_an_audit() {
    catalogues().expect("it runs");
}

fn catalogues() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    publish(&shell)?;
    let audit = |shell: &Shell| shell.run("log audit --state audit.json --catalogues -o json");
    let begun = std::time::Instant::now();
    let sound = loop {
        let sound = audit(&shell)?.expect(0).json()?;
        if sound["publications"] == 3 {
            break sound;
        }
        anyhow::ensure!(begun.elapsed() < PATIENCE, "the revision is not on record: {sound}");
    };
    assert_eq!((&sound["publicationsCompared"], &sound["publishedTwice"]), (&3.into(), &0.into()), "{sound}");
    let table = shell.run("log audit --state audit.json --catalogues")?.expect(0).stdout;
    assert!(table.contains("Compared with their services"), "{table}");

    // As if the log said otherwise than the service.
    let path = shell.folder.path().join("audit.json");
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    let other = |field: &str, value: &str| {
        let mut kept = kept.clone();
        kept["auditor"]["publications"]["equivalence"]["2"][field] = value.into();
        std::fs::write(&path, kept.to_string())?;
        anyhow::Ok(audit(&shell)?.expect(10).stderr)
    };
    let changed = other("changes_sha256", &"00".repeat(32))?;
    assert!(changed.starts_with("HALT: revision 2 of equivalence, entry 2: changeSets/"), "{changed}");
    assert!(changed.contains("does not change what is on record"), "{changed}");
    let replaced = other("change_set", "changeSets/other")?;
    assert!(replaced.contains("and on record is changeSets/other"), "{replaced}");
    Ok(())
}

#[test]
fn an_audit_goes_on_where_it_ended_and_halts_on_a_fork() {
    audit().expect("it runs");
}

fn audit() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let seen = shell.run("log checkpoint")?.expect(0).stdout;
    std::fs::write(shell.folder.path().join("seen.txt"), &seen)?;
    let first = shell.run("log audit --state audit.json -o json --certificates --catalogues")?.expect(0);
    assert!(first.stderr.contains("taken at its word: name --log-key"), "{}", first.stderr);
    let first = first.json()?;
    assert_eq!((&first["certificates"], &first["certificatesCompared"]), (&1.into(), &1.into()), "{first}");
    assert_eq!((&first["publications"], &first["publicationsCompared"]), (&2.into(), &2.into()), "{first}");
    let withdraw =
        format!("certificate withdraw {certificate} --reason safety --text t --confirm --token-file clerk.token");
    shell.run(&withdraw)?.expect(0);
    let next = shell.run("log audit --state audit.json -o json --certificates")?.expect(0);
    assert!(!next.stderr.contains("taken at its word"), "it was kept: {}", next.stderr);
    let next = next.json()?;
    assert_eq!(next["entriesRead"], 1, "{next}");
    shell.run("log audit --checkpoint seen.txt --state audit.json --certificates")?.expect(0);

    // A checkpoint that the log's own key has signed for another tree: of this size, and of a larger one.
    let key = greenlane_jose::SigningKey::load(&shell.folder.path().join("greenlane-data/keys/log.jwk"))?;
    let origin = seen.lines().next().context("an origin")?.to_owned();
    let name = greenlane_log::note::KeyName::new(&origin)?;
    let signer = greenlane_log::note::NoteSigner::new(name, std::sync::Arc::new(key))?;
    for (size, why) in [(2, "the log has forked"), (99, "the log has lost entries")] {
        let other = greenlane_log::Checkpoint::new(&origin, size, greenlane_log::hash_leaf(b"other")).sign(&signer)?;
        std::fs::write(shell.folder.path().join("other.txt"), other.to_text())?;
        let halted = shell.run("log audit --checkpoint other.txt --state audit.json")?.expect(10);
        assert!(halted.stderr.starts_with("HALT: ") && halted.stderr.contains(why), "{}", halted.stderr);
        assert!(halted.stderr.contains(&other.to_text()), "the proof is told: {}", halted.stderr);
    }
    // A file that is no checkpoint.
    shell.run("log audit --checkpoint audit.json")?.expect(2);

    // Another log's key, or the state of another log, is nothing that this one has done.
    let other = Shell::new()?;
    let theirs = other.run("log checkpoint -o json")?.expect(0).json()?["checkpoint"]["verifierKey"].clone();
    let theirs = theirs.as_str().context("a key")?;
    other.run("log audit --state theirs.json")?.expect(0);
    std::fs::copy(other.folder.path().join("theirs.json"), shell.folder.path().join("theirs.json"))?;
    let ours = shell.run("log checkpoint -o json")?.expect(0).json()?["checkpoint"]["verifierKey"].clone();
    let ours = ours.as_str().context("a key")?;
    for (words, why) in [
        (format!("--log-key {theirs}"), "the key of --log-key does not fit the log that was asked"),
        (
            "--log-key PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".to_owned(),
            "the key of --log-key does not fit",
        ),
        ("--state theirs.json".to_owned(), "the key that was kept in theirs.json does not fit"),
        (format!("--state theirs.json --log-key {ours}"), "the state that was kept is of another log"),
    ] {
        let told = shell.run(&format!("log audit {words}"))?.expect(2).stderr;
        assert!(told.contains(why) && !told.contains("HALT"), "{words}: {told}");
    }
    Ok(())
}
