//! Proofs of the log as files.

use anyhow::Context as _;
use greenlane_jose::{Signer as _, SigningKey};
use greenlane_log::note::{KeyName, Note, NoteKey, SignatureType};
use greenlane_log::{ProofText, cosign, hash_leaf};

use crate::Shell;

#[test]
fn a_proof_is_kept_in_a_file_and_checked_by_whoever_has_the_logs_key_and_asks_nobody() {
    kept().expect("it runs");
}

fn kept() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let read = |name: &str| std::fs::read(shell.folder.path().join(name));
    let write = |name: &str, bytes: &[u8]| std::fs::write(shell.folder.path().join(name), bytes);
    let document = shell.run(&format!("certificate get {certificate} --document"))?.expect(0).stdout;
    write("certificate.jwt", document.as_bytes())?;
    let told = shell.run(&format!("verify {certificate} --proof-out case.tlog-proof -o json"))?.expect(0);
    assert!(told.stderr.contains("the proof is in case.tlog-proof"), "{}", told.stderr);
    assert!(told.json()?.get("proof").is_none(), "what was not asked for is not printed");
    let unknown = shell.run("verify GLXA4HP9Z1PPYMB35F --proof-out none.tlog-proof")?.expect(10).stderr;
    assert!(unknown.contains("no proof is kept"), "{unknown}");
    shell.run("bundle --out customs.bundle")?.expect(0);
    let key = shell.run("log checkpoint -o json")?.expect(0).json()?["checkpoint"]["verifierKey"].clone();
    let key = key.as_str().context("a key")?.to_owned();
    assert_eq!(shell.run("log key -o name")?.expect(0).stdout.trim(), key);
    assert_eq!(shell.run("log key -o json")?.expect(0).json()?["witnessKey"], "", "it witnesses nothing");

    // No service is at this address.
    let check = |words: &str| shell.run(&format!("log check {words} --registry http://127.0.0.1:1"));
    let proved = check(&format!("case.tlog-proof --log-key {key} -o json"))?.expect(0).json()?;
    assert_eq!(proved["entry"]["certificate"], certificate.as_str(), "{proved}");
    assert_eq!(proved["entry"]["event"], "certificate.grant", "{proved}");
    for words in ["--trust customs.bundle".to_owned(), format!("--trust customs.bundle --log-key {key}")] {
        let table = check(&format!("case.tlog-proof --document certificate.jwt {words}"))?.expect(0).stdout;
        assert!(table.contains("certificate.grant") && table.contains(&certificate), "{table}");
        let said = check(&format!("case.tlog-proof {words}"))?.expect(0).stderr;
        assert!(said.contains("PROVED: entry ") && !said.contains("NOT PROVED"), "{said}");
    }
    let unsaid = check("case.tlog-proof")?.expect(2).stderr;
    assert!(unsaid.contains("--log-key <KEY>|--trust <BUNDLE>"), "{unsaid}");
    let own = check("case.tlog-proof --document case.tlog-proof --trust customs.bundle")?.expect(10);
    assert!(own.stdout.is_empty() && own.stderr.contains("NOT PROVED"), "{}", own.stderr);

    // Every entry, with its own bytes and no others.
    let kept = shell.run("log inclusion 0 --out first.tlog-proof -o json")?.expect(0).json()?;
    assert_eq!((&kept["index"], &kept["file"]), (&0.into(), &"first.tlog-proof".into()), "{kept}");
    shell.run("log inclusion 1 --out other.tlog-proof")?.expect(0);
    for name in ["first", "other"] {
        let proof = ProofText::parse(&read(&format!("{name}.tlog-proof"))?)?;
        write(&format!("{name}.json"), &proof.extra.context("an entry")?)?;
    }
    write("first.json", &[read("first.json")?, b"\n".to_vec()].concat())?;
    for (entry, code) in [("first.json", 0), ("other.json", 10)] {
        check(&format!("first.tlog-proof --entry {entry} --log-key {key}"))?.expect(code);
    }
    // In a tree of before that was signed; there is none of a size that was not.
    shell.run("log inclusion 0 --size 2 --out earlier.tlog-proof")?.expect(0);
    assert_eq!(check(&format!("earlier.tlog-proof --log-key {key} -o json"))?.expect(0).json()?["treeSize"], 2);
    assert!(shell.run("log inclusion 0 --size 2 -o json")?.expect(0).json()?["proof"]["checkpoint"].is_string());
    shell.run("log inclusion 9 --out none.tlog-proof")?.expect(3);

    // Another log's key; what is no key; a file that is no proof.
    let foreign = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert!(check(&format!("first.tlog-proof --log-key {foreign}"))?.expect(10).stderr.contains("NOT PROVED"));
    check("first.tlog-proof --log-key nobody")?.expect(2);
    check("first.tlog-proof")?.expect(2);
    check(&format!("certificate.jwt --log-key {key}"))?.expect(2);

    changed(&shell, &key)?;
    // Without the entry in it, as other programs write it.
    let text = String::from_utf8(read("first.tlog-proof")?)?;
    let proof = ProofText::parse(text.as_bytes())?;
    write("bare.tlog-proof", ProofText { extra: None, ..proof.clone() }.to_text().as_bytes())?;
    assert!(check(&format!("bare.tlog-proof --log-key {key}"))?.expect(2).stderr.contains("--entry"));
    check(&format!("bare.tlog-proof --entry first.json --log-key {key}"))?.expect(0);
    witnessed(&shell, &key, &proof)
}

/// A changed line of a proof is never taken for good.
fn changed(shell: &Shell, key: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(shell.folder.path().join("first.tlog-proof"))?;
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let middle = line.char_indices().nth(line.chars().count() / 2).context("a character")?;
        let other = if middle.1 == 'B' { 'C' } else { 'B' };
        let mut altered: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        altered[at].replace_range(middle.0..middle.0 + middle.1.len_utf8(), &other.to_string());
        std::fs::write(shell.folder.path().join("changed.tlog-proof"), altered.join("\n") + "\n")?;
        let run = shell.run(&format!("log check changed.tlog-proof --log-key {key}"))?;
        assert!(matches!(run.code, 2 | 10) && run.stdout.is_empty(), "line {at}: {} {}", run.code, run.stderr);
    }
    Ok(())
}

/// A witness that is named must have cosigned.
fn witnessed(shell: &Shell, log: &str, proof: &ProofText) -> anyhow::Result<()> {
    let (name, signer) = (KeyName::new("witness.example.org/w1")?, SigningKey::generate_ed25519());
    let witness = NoteKey::new(name.clone(), SignatureType::CosignatureV1, signer.public_key().clone())?;
    let check = |file: &str| shell.run(&format!("log check {file} --log-key {log} --witness {witness} -o json"));
    assert!(check("first.tlog-proof")?.expect(10).stderr.contains("witness.example.org/w1 has not cosigned"));
    let mut note = Note::parse(proof.checkpoint.as_bytes())?;
    note.add(cosign(&name, &signer, note.text(), 1_700_000_000)?);
    let cosigned = ProofText { checkpoint: note.to_text(), ..proof.clone() };
    std::fs::write(shell.folder.path().join("cosigned.tlog-proof"), cosigned.to_text())?;
    let told = check("cosigned.tlog-proof")?.expect(0).json()?;
    assert_eq!(told["cosignatures"][0]["signTime"], "2023-11-14T22:13:20Z", "{told}");
    assert_eq!(told["leafHash"], hash_leaf(proof.extra.as_deref().unwrap_or_default()).to_string(), "{told}");
    // A log's key is no witness's.
    shell.run(&format!("log check first.tlog-proof --log-key {log} --witness {log}"))?.expect(2);
    Ok(())
}
