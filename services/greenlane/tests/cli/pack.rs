//! Recognition where there is no network.

use std::process::Command;

use anyhow::Context as _;
use greenlane_e2e::greenlane_path;

use crate::Shell;

#[test]
fn a_pack_gives_the_decisions_of_the_service_without_a_network() {
    offline().expect("it runs");
}

fn offline() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let told = shell.run("pack --out recognition.pack -o json")?.expect(0).json()?;
    assert!(told["goodUntil"].as_str().is_some_and(|until| until.ends_with('Z')), "{told}");
    let key = told["keyId"].as_str().context("a key")?.to_owned();
    let facts = "--body bodies/aurora-cert --body-economy XA --origin XA";
    let mut compared = 0;
    for question in [
        "--standard IEC61215-1:2021 --code HS2022:854143 --destination XB",
        "--standard IEC61215-1:2021 --code HS2022:854143 --destination XB --destination XC --destination XF",
        "--scheme schemes/aurelian-pv-mark=A --code HS2022:854143 --destination XB --destination XF",
        // Translated with the codes that the pack carries.
        "--standard IEC61215-1:2021 --code HS2017:854140 --destination XB",
        "--standard IEC61215-1:2021 --code HS2022:999999 --destination XB",
        "--standard IEC61215-1:2021 --code HS2022:854143 --destination XB --date 2021-01-01",
        "--standard IEC61215-1:2021 --code HS2022:854143 --destination EU --destination AU",
    ] {
        let online = shell.run(&format!("recognise {facts} {question} -o json"))?;
        let offline =
            shell.run(&format!("recognise {facts} {question} -o json --pack recognition.pack --pack-key {key}"))?;
        assert_eq!(offline.code, online.code, "{question}: {}", offline.stderr);
        assert!(offline.stderr.contains("good until"), "{}", offline.stderr);
        let (mut online, mut offline) = (online.json()?, offline.json()?);
        for answer in [&mut online, &mut offline] {
            // How fresh the service's knowledge is belongs to the moment, not to the decision.
            answer.as_object_mut().context("an object")?.remove("freshness");
        }
        assert_eq!(offline, online, "{question}");
        compared += 1;
    }
    assert_eq!(compared, 7);

    let foreign = shell.run(&format!(
        "recognise {facts} --standard IEC61215-1:2021 --code HS2022:854143 --destination XB \
         --pack recognition.pack --pack-key other"
    ))?;
    assert!(foreign.expect(2).stderr.contains("not by the one that is trusted"));
    let whole = std::fs::read(shell.folder.path().join("recognition.pack"))?;
    std::fs::write(shell.folder.path().join("cut.pack"), &whole[..whole.len() - 20])?;
    let question = "--standard IEC61215-1:2021 --code HS2022:854143 --destination XB";
    shell.run(&format!("recognise {facts} {question} --pack cut.pack"))?.expect(2);

    // Beside a trust bundle, in place of what that carries.
    let certificate = shell.certify()?;
    shell.run("bundle --out customs.bundle")?.expect(0);
    let goods = "--code HS2022:854143 --origin XA --destination XB --model EX-450M";
    let verify = format!("verify {certificate} {goods} --trust customs.bundle");
    let alone = shell.run(&format!("{verify} -o json"))?.expect(0).json()?;
    let with = shell.run(&format!("{verify} --pack recognition.pack --pack-key {key} -o json"))?.expect(0).json()?;
    assert_eq!(with["verdict"]["recognised"], alone["verdict"]["recognised"]);

    // Also of a market that the bundle was made without, whatever the bundle's own catalogue would say.
    shell.run("bundle --out here.bundle --destination XB")?.expect(0);
    let goods = "--code HS2022:854143 --origin XA --destination XC --model EX-450M -o json";
    let there = shell.run(&format!("verify {certificate} {goods}"))?;
    let verify = format!("verify {certificate} {goods} --trust here.bundle");
    let here = shell.run(&format!("{verify} --pack recognition.pack"))?;
    let recognised = |run: &greenlane_e2e::Run| Ok::<_, anyhow::Error>(run.json()?["verdict"]["recognised"].clone());
    assert_eq!((here.code, recognised(&here)?), (there.code, recognised(&there)?));
    let left_open = recognised(&shell.run(&verify)?.expect(11))?;
    let findings = left_open["findings"].as_array().context("findings")?;
    assert_eq!(findings.len(), 1, "that nobody is there to ask is no help: {left_open}");
    assert_eq!(findings[0]["code"], "destination_not_in_bundle");

    let unshared = Command::new("unshare").args(["-rn", "true"]).status();
    if unshared.is_ok_and(|status| status.success()) {
        let words = format!("recognise {facts} {question} --pack recognition.pack");
        let cut = Command::new("unshare")
            .arg("-rn")
            .arg(greenlane_path())
            .args(words.split_whitespace())
            .current_dir(shell.folder.path())
            .output()?;
        // Not recognised, as the service says: decided all the same.
        assert_eq!(cut.status.code(), Some(10), "{}", String::from_utf8_lossy(&cut.stderr));
        assert!(!cut.stdout.is_empty());
    }
    Ok(())
}

#[test]
fn a_pack_of_an_earlier_revision_decides_nothing_of_now_alone_or_beside_a_newer_bundle() {
    overtaken().expect("it runs");
}

fn overtaken() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    shell.run("pack --out before.pack")?.expect(0);
    std::fs::write(shell.folder.path().join("change.yaml"), crate::json::CHANGE)?;
    let draft = shell.run("change create --file change.yaml -o name")?.expect(0).stdout.trim().to_owned();
    shell.run(&format!("change propose {draft}"))?.expect(0);
    let mint = "token mint --subject r --scope catalogue.review --scope catalogue.publish --out r.token";
    shell.run(mint)?.expect(0);
    shell.run(&format!("change review {draft} --approve --token-file r.token"))?.expect(0);
    shell.run(&format!("change publish {draft} --confirm --token-file r.token"))?.expect(0);
    shell.run("pack --out earlier.pack --revision 1")?.expect(0);
    shell.run("pack --out newest.pack --revision 2")?.expect(0);
    shell.run("bundle --out customs.bundle")?.expect(0);

    let question = "--standard IEC61215-1:2021 --code HS2022:854143 --body bodies/aurora-cert --body-economy XA \
                    --origin XA --destination XB -o json";
    let recognise = |pack: &str, more: &str| shell.run(&format!("recognise {question} --pack {pack} {more}"));
    let online = shell.run(&format!("recognise {question}"))?;
    assert_ne!(online.code, 11, "it is decided");
    assert_eq!(recognise("newest.pack", "")?.code, online.code);
    let earlier = recognise("earlier.pack", "")?.expect(11);
    assert!(earlier.stdout.contains("pack_not_good"), "{}", earlier.stdout);
    let behind = recognise("newest.pack", "--date 2199-01-01")?.expect(11);
    assert!(behind.stdout.contains("pack_not_good"), "{}", behind.stdout);

    let goods = "--code HS2022:854143 --origin XA --destination XB --model EX-450M";
    let verify =
        |pack: &str| shell.run(&format!("verify {certificate} {goods} --trust customs.bundle --pack {pack} -o json"));
    let older = verify("before.pack")?;
    assert!(older.stdout.contains("pack_older_than_bundle"), "{}", older.stdout);
    let newest = verify("newest.pack")?;
    assert_eq!(newest.code, shell.run(&format!("verify {certificate} {goods}"))?.code);
    assert!(!newest.stdout.contains("pack_"), "{}", newest.stdout);
    Ok(())
}
