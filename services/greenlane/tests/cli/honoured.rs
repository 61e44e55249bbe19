//! What a market only honours has no say in whether goods may enter, whoever is asked.

use std::time::Instant;

use anyhow::Context as _;
use greenlane_e2e::PATIENCE;
use serde_json::Value;

use crate::Shell;

/// XF, of which the starter catalogue holds all that it asks, begins to honour results of its own bodies.
const HONOURED: &str = "\
- requirement:
    name: requirements/xf-honoured
    market: XF
    title: An invented label
    mandatory: false
    codes:
      - { code: { edition: HS2022, code: \"854143\" } }
    acceptances:
      - target: { name: standards/iec-61215-1-2021 }
        bodies: { economies: [XF] }
    validity: { from: \"2026-01-01\" }
    source: { example: true }
";

#[test]
fn what_a_market_newly_honours_bars_no_goods_at_the_border_in_a_plan_or_offline() {
    newly_honoured().expect("it runs");
}

/// The part of a verdict about the market, with the codes of its findings.
fn recognised(answer: &Value) -> (Value, Vec<String>) {
    let part = &answer["verdict"]["recognised"];
    let findings = part["findings"].as_array().into_iter().flatten();
    (part["outcome"].clone(), findings.filter_map(|it| Some(it["code"].as_str()?.to_owned())).collect())
}

/// Publishes what a file says of XF.
pub(crate) fn publish(shell: &Shell, file: &str) -> anyhow::Result<()> {
    let draft = shell.run(&format!("apply -f {file} --title Honour -o name"))?.expect(0).stdout.trim().to_owned();
    shell.run(&format!("change propose {draft}"))?.expect(0);
    let mint = "token mint --subject r --economy XF --scope catalogue.review --scope catalogue.publish --out r.token";
    shell.run(mint)?.expect(0);
    shell.run(&format!("change review {draft} --approve --token-file r.token"))?.expect(0);
    shell.run(&format!("change publish {draft} --confirm --token-file r.token"))?.expect(0);
    Ok(())
}

fn newly_honoured() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let goods = |destination: &str| format!("--code HS2022:854143 --origin XA --destination {destination}");
    let verify = format!("verify {certificate} {} --model EX-450M", goods("XF"));
    let before = shell.run(&format!("{verify} -o json"))?.expect(0).json()?;
    let (outcome, codes) = recognised(&before);
    assert_eq!(
        (outcome, &codes[..]),
        ("PART_OUTCOME_NOT_APPLICABLE".into(), &["no_requirement_applies".to_owned()][..])
    );

    std::fs::write(shell.folder.path().join("honoured.yaml"), HONOURED)?;
    let said = shell.run("apply -f honoured.yaml --title Honour --dry-run")?.expect(0).stderr;
    assert!(said.contains("it does not tighten access"), "{said}");
    publish(&shell, "honoured.yaml")?;

    // Accepted before and after: on no day in between is it refused.
    let begun = Instant::now();
    let after = loop {
        let answer = shell.run(&format!("{verify} -o json"))?.expect(0).json()?;
        if recognised(&answer).1 != codes {
            break answer;
        }
        anyhow::ensure!(begun.elapsed() < PATIENCE, "the registry did not hear of it: {answer}");
    };
    assert_eq!(after["verdict"]["outcome"], "VERDICT_OUTCOME_ACCEPTED", "{after}");
    let (outcome, codes) = recognised(&after);
    assert_eq!((outcome, codes[0].as_str()), ("PART_OUTCOME_NOT_APPLICABLE".into(), "nothing_demanded"), "{after}");
    assert!(codes.iter().any(|it| it == "nearest_miss"), "what is honoured is told beside it: {after}");
    let told = shell.run(&verify)?.expect(0).stdout;
    assert!(told.contains("nothing demanded  The market demands nothing of these goods"), "{told}");

    let asked = format!("--certificate {certificate} {}", goods("XF"));
    for command in ["recognise", "explain"] {
        let told = shell.run(&format!("{command} {asked}"))?.expect(0).stdout;
        assert!(told.contains("nothing demanded") && told.contains("honoured by XF"), "{command}: {told}");
    }
    let decided = shell.run(&format!("recognise {asked} -o json"))?.expect(0).json()?;
    let decision = &decided["decision"];
    assert_eq!(
        (&decision["outcome"], &decision["demand"]),
        (&Value::from("RECOGNITION_OUTCOME_NOT_RECOGNISED"), &Value::from("DEMAND_NONE"),)
    );
    let plan = shell.run(&format!("plan {asked}"))?.expect(0).stdout;
    assert!(plan.contains("nothing demanded") && plan.contains("1 of 1 market is open."), "{plan}");
    assert_eq!(shell.run(&format!("plan {asked} -o name"))?.expect(0).stdout, "XF\n");

    // Where the catalogue may lack what the market demands, what it honours does not tell whether goods may enter.
    let lacking = "the catalogue may lack requirements of AU for these goods";
    let asked = format!("--certificate {certificate} {}", goods("AU"));
    for command in ["recognise", "explain"] {
        let told = shell.run(&format!("{command} {asked}"))?.expect(11).stdout;
        assert!(told.contains("undetermined") && told.contains("honoured by AU"), "{command}: {told}");
    }
    let plan = shell.run(&format!("plan {asked} -o csv"))?.expect(11).stdout;
    assert!(plan.contains("AU,undetermined,") && plan.contains(",not met,"), "{plan}");
    let open = shell.run(&format!("verify {certificate} {} --model EX-450M", goods("AU")))?.expect(11).stdout;
    assert!(open.contains(lacking), "{open}");

    // Without a network it is the same.
    shell.run("bundle --out customs.bundle")?.expect(0);
    let made = shell.run("pack --out recognition.pack -o json")?.expect(0).json()?;
    let key = made["keyId"].as_str().context("a key")?;
    for (destination, code) in [("XF", 0), ("AU", 11)] {
        let verify = format!("verify {certificate} {} --model EX-450M -o json", goods(destination));
        let online = shell.run(&verify)?.expect(code).json()?;
        let offline = shell.run(&format!("{verify} --trust customs.bundle"))?.expect(code).json()?;
        assert_eq!(offline["verdict"]["recognised"], online["verdict"]["recognised"], "{destination}");
        let facts = "--standard IEC61215-1:2021 --body bodies/aurora-cert --body-economy XA";
        let recognise = format!("recognise {facts} {} -o json", goods(destination));
        let online = shell.run(&recognise)?.expect(code).json()?;
        let offline = format!("{recognise} --pack recognition.pack --pack-key {key}");
        let offline = shell.run(&offline)?.expect(code).json()?;
        assert_eq!(offline["decision"], online["decision"], "{destination}");
    }
    Ok(())
}
