//! The log as an auditor follows it.

use anyhow::Context as _;

use crate::Shell;

#[test]
fn an_audit_goes_on_where_it_ended_and_halts_on_a_fork() {
    audit().expect("it runs");
}

fn audit() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let seen = shell.run("log checkpoint")?.expect(0).stdout;
    std::fs::write(shell.folder.path().join("seen.txt"), &seen)?;
    let first = shell.run("log audit --state audit.json -o json --certificates")?.expect(0).json()?;
    assert_eq!((&first["certificates"], &first["certificatesCompared"]), (&1.into(), &1.into()), "{first}");
    let withdraw =
        format!("certificate withdraw {certificate} --reason safety --text t --confirm --token-file clerk.token");
    shell.run(&withdraw)?.expect(0);
    let next = shell.run("log audit --state audit.json -o json --certificates")?.expect(0).json()?;
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
    // Another log's key; a file that is no checkpoint.
    let foreign = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    shell.run(&format!("log audit --log-key {foreign}"))?.expect(10);
    shell.run("log audit --checkpoint audit.json")?.expect(2);
    Ok(())
}
