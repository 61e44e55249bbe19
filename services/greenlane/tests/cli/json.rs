//! Every command prints JSON that parses, YAML that says the same, and names that are names.

use std::{collections::BTreeSet, path::Path};

use crate::{Shell, example, help};

/// What serves, and has no answer to print; and what has tests of its own, with databases to work on.
const WITHOUT_ANSWER: [&str; 9] = ["up", "serve", "migrate", "health", "backup", "restore", "login", "logout", "tui"];

/// Each command with arguments that it answers; `CERT`, `KEY`, `FILE`, `DRAFT`, `OTHER`, `CODES`, `WAITING`, `SCOPE`, `MANDATE` stand for
/// names that are made on the way. Behind them: how it ends.
const COMMANDS: &[(&str, &str, i32)] = &[
    ("demo", "", 0),
    (
        "token mint",
        "--subject clerk --scope certificates.write --body bodies/aurora-cert --out clerk.token --overwrite",
        0,
    ),
    ("token jwks", "--out jwks.json", 0),
    ("code get", "HS2022:854143", 0),
    ("code search", "photovoltaic module --list apec-54", 0),
    ("code translate", "HS2022:854143 --to HS2017", 0),
    ("code list", "HS2022 --under 8541", 0),
    ("code correlations", "HS2017 HS2022 --limit 5", 0),
    ("code suggest", "photovoltaic cells", 0),
    ("code teach", "--file examples.yaml --confirm --request-id teach", 0),
    ("code compare", "HS2022:854143 HS2017:854140", 0),
    ("code rehearse", "HS2017:854140 HS2017:850231 --to HS2022", 0),
    ("code import", "--file list.csv --format green-list-csv --source https://example.org --request-id import", 0),
    ("code imports", "", 0),
    ("code faults", "IMPORT", 0),
    ("code abandon", "IMPORT --confirm --request-id abandon", 0),
    ("code change create", "--file codes.yaml --request-id code-draft", 0),
    ("code change get", "CODES", 0),
    ("code change list", "", 0),
    ("code change validate", "CODES", 0),
    ("code change update", "CODES --file title.yaml --request-id code-update", 0),
    ("code change diff", "CODES", 0),
    ("code change preview", "CODES", 0),
    ("code change propose", "CODES --request-id code-propose", 0),
    ("code change review", "CODES --approve --request-id code-review --token-file reviewer.token", 0),
    ("code change publish", "CODES --confirm --request-id code-publish --token-file reviewer.token", 0),
    ("code change revert", "CODES --reason wrong --request-id code-revert", 0),
    ("code change notify", "WAITING --request-id code-notify", 0),
    ("code change comment", "WAITING --text fine --request-id code-comment", 0),
    ("code change comments", "WAITING", 0),
    ("code change withdraw", "WAITING --confirm --request-id code-withdraw", 0),
    ("edition get", "HS2022", 0),
    ("edition list", "", 0),
    ("edition systems", "", 0),
    ("edition revisions", "", 0),
    ("tag", "trade.csv --out tagged.csv --faults faults.csv", 0),
    ("stats", "tagged.csv --svg plots", 0),
    ("list get", "apec-54", 0),
    ("list list", "", 0),
    ("list entries", "apec-54", 0),
    ("list check", "HS2022:854143", 0),
    ("list versions", "apec-54", 0),
    ("list project", "oecd-cleg --to HS2022 --on 2027-01-01", 0),
    ("list compare", "apec-54@1 oecd-cleg --in HS2022 --on 2027-01-01 --other-on 2028-01-01", 0),
    ("list combine", "union apec-54 oecd-cleg --in HS2022 --on 2027-01-01", 0),
    ("list lint", "--file codes.csv --edition HS2022", 10),
    ("list reference", "apec-54 oecd-cleg=2 --in HS2022 --threshold 2 --never 854142 --on 2027-01-01", 0),
    ("catalogue get", "schemes/aurelian-pv-mark", 0),
    ("catalogue list", "requirements --where market=XB", 0),
    ("catalogue schema", "", 0),
    ("pack", "--keys", 0),
    ("schema", "certificate", 0),
    ("pull", "pulled", 0),
    ("diff", "-f annex.yaml", 10),
    ("apply", "-f annex.yaml --title Annex --request-id apply", 0),
    ("change create", "--file change.yaml --request-id draft", 0),
    ("change get", "DRAFT", 0),
    ("change list", "--state draft", 0),
    ("change validate", "DRAFT", 0),
    ("change update", "DRAFT --file title.yaml --request-id update", 0),
    ("change diff", "DRAFT", 0),
    ("change preview", "DRAFT", 0),
    ("change propose", "DRAFT --request-id propose", 0),
    ("change review", "DRAFT --approve --request-id review --token-file reviewer.token", 0),
    ("change publish", "DRAFT --confirm --request-id publish --token-file reviewer.token", 0),
    ("change revert", "DRAFT --reason wrong --request-id revert", 0),
    ("change notify", "OTHER --request-id notify", 0),
    ("change comment", "OTHER --text fine --request-id comment", 0),
    ("change comments", "OTHER", 0),
    ("change withdraw", "OTHER --confirm --request-id withdraw", 0),
    (
        "dispute open",
        "--about designations/aurora-xa-xc-pv --grounds g --evidence change.yaml --at https://example.org/r --shows s \
         --interim-effect danger --request-id open --token-file challenger.token",
        0,
    ),
    ("dispute get", "DISPUTE", 0),
    ("dispute list", "--open --respondent XA", 0),
    ("dispute watch", "--count 1 --until-now", 0),
    ("watch disputes", "--count 1", 0),
    ("dispute answer", "DISPUTE --text t --request-id answer --token-file respondent.token", 0),
    ("dispute object", "DISPUTE --text t --request-id object --token-file bystander.token", 0),
    ("dispute panel", "DISPUTE --file panel.yaml --request-id panel --token-file chair.token", 0),
    (
        "dispute decide",
        "DISPUTE --matter interim-effect --uphold --finding f --declare-no-interest --request-id vote \
         --confirm --token-file ana.token",
        0,
    ),
    ("dispute apply", "DISPUTE --matter interim-effect --request-id apply --token-file ana.token", 0),
    ("dispute withdraw", "SECOND --text t --confirm --request-id withdraw --token-file challenger.token", 0),
    ("untp scheme", "--base https://equivalence.example.org", 0),
    (
        "untp anchor",
        "designations/aurora-xa-xc-pv --base https://equivalence.example.org --issuer did:web:a.example.org \
         --subject did:web:b.example.org --key greenlane-data/keys/equivalence-pack.jwk",
        0,
    ),
    ("pack", "--out recognition.pack", 0),
    ("alert subscribe", "--title Everything --request-id subscribe", 0),
    ("alert get", "SUBSCRIPTION", 0),
    ("alert subscriptions", "", 0),
    ("alert list", "SUBSCRIPTION --certificates", 0),
    ("alert watch", "SUBSCRIPTION --count 1", 0),
    ("watch alerts", "SUBSCRIPTION --count 1", 0),
    ("alert unsubscribe", "SUBSCRIPTION --confirm --request-id unsubscribe", 0),
    ("code alert subscribe", "--title Everything --request-id subscribe", 0),
    ("code alert get", "SUBSCRIPTION", 0),
    ("code alert subscriptions", "", 0),
    ("code alert list", "SUBSCRIPTION --certificates", 0),
    ("code alert watch", "SUBSCRIPTION --count 1", 0),
    ("watch code-alerts", "SUBSCRIPTION --count 1", 0),
    ("code alert unsubscribe", "SUBSCRIPTION --confirm --request-id unsubscribe", 0),
    (
        "recognise",
        "--standard IEC61215-1:2021 --body bodies/aurora-cert --body-economy XA --code HS2022:854143 --origin XA \
         --destination XB --destination XF",
        10,
    ),
    (
        "plan",
        "--standard IEC61215-1:2021 --body bodies/aurora-cert --body-economy XA --code HS2022:854143 --origin XA",
        0,
    ),
    ("fairness", "--market XB --market XC", 0),
    ("catalogue trace", "standards/iec-61730-1-2016", 0),
    ("body create", "aurora-cert --display-name Aurora --economy XA --request-id body", 0),
    ("body get", "bodies/aurora-cert", 0),
    ("body list", "--economy XA", 0),
    ("body key create", "bodies/aurora-cert --request-id key", 0),
    ("body key get", "KEY", 0),
    ("body key list", "bodies/aurora-cert", 0),
    ("certificate prepare", "--body bodies/aurora-cert --file FILE --key KEY --token-file clerk.token", 0),
    ("certificate issue", "--body bodies/aurora-cert --file FILE --request-id issue --token-file clerk.token", 0),
    ("certificate get", "CERT", 0),
    ("get", "schemes/aurelian-pv-mark", 0),
    (
        "explain",
        "--certificate CERT --code HS2022:854143 --origin XA --destination XB --revision 1 --classification-revision 1",
        0,
    ),
    ("manifest verify", "manifest.csv --destination XB", 10),
    ("manifest recognise", "portfolio.csv --destination XB", 10),
    ("watch certificates", "--earliest --count 1 --until-now", 0),
    ("watch catalogue", "--count 1", 0),
    ("watch codes", "--count 1", 0),
    ("certificate list", "", 0),
    ("certificate qr", "CERT", 0),
    ("certificate print", "CERT --out certificate.pdf --font FONT", 0),
    ("verify", "CERT --code HS2022:854143 --origin XA --destination XB --model EX-450M --proof", 0),
    (
        "certificate suspend",
        "CERT --reason nonconformity --text t --remedy r --request-id suspend --token-file clerk.token",
        0,
    ),
    ("certificate reinstate", "CERT --reason remedied --request-id reinstate --token-file clerk.token", 0),
    (
        "certificate amend",
        "CERT --kind correct --file amend.yaml --reason mistake --request-id amend --token-file clerk.token",
        0,
    ),
    (
        "certificate renew",
        "CERT --valid-until 2040-01-01 --authorised-by Head --reason ordinary --request-id renew --token-file clerk.token",
        0,
    ),
    ("certificate versions", "CERT", 0),
    (
        "certificate continue",
        "CERT --conditions c --reason other --text t --request-id continue --token-file clerk.token",
        0,
    ),
    (
        "write-off record",
        "CERT --economy XB --declaration 26XB1/1 --quantity 5:C62 --request-id wo --token-file customs.token",
        0,
    ),
    (
        "write-off reject",
        "CERT --economy XB --declaration 26XB2/1 --reason other --text t --request-id wr --confirm --token-file customs.token",
        0,
    ),
    ("write-off get", "WRITEOFF --token-file customs.token", 0),
    ("write-off list", "--kind use", 0),
    ("write-off balance", "CERT", 0),
    ("write-off watch", "--earliest --count 1 --until-now", 0),
    ("watch write-offs", "--earliest --count 1 --until-now", 0),
    ("write-off reverse", "WRITEOFF --text t --confirm --request-id wv --token-file customs.token", 0),
    ("certificate terminate", "CERT --reason holder-request --dry-run --request-id end --token-file clerk.token", 0),
    (
        "certificate withdraw",
        "CERT --reason safety --text t --confirm --request-id withdraw --token-file clerk.token",
        0,
    ),
    ("certificate erase", "KEPT --field sites --confirm KEPT --request-id erase --token-file clerk.token", 0),
    ("certificate annul", "CERT --reason fraud --confirm CERT --request-id annul --token-file clerk.token", 0),
    ("certificate import", "rows.csv --body bodies/aurora-cert --token-file clerk.token", 0),
    ("certificate watch", "--earliest --count 1 --until-now", 0),
    ("certificate history", "CERT", 0),
    ("trace record", "--file event.yaml --request-id trace --token-file reporter.token", 0),
    ("trace import", "--file events.yaml --confirm --token-file reporter.token", 0),
    ("trace get", "TRACE", 0),
    ("trace list", "--model EX-450M --stage production", 0),
    ("trace footprint", "--model EX-450M", 0),
    ("trace compare", "CERT --model EX-450M", 11),
    ("body update", "bodies/aurora-cert --website https://aurora.example.org --request-id update", 0),
    ("body key retire", "KEY --until 2090-01-01T00:00:00Z --confirm --request-id retire", 0),
    ("body key revoke", "KEY --since 2026-01-01T00:00:00Z --text stolen --confirm KEY --request-id revoke", 0),
    (
        "body accreditation create",
        "bodies/aurora-cert --by bodies/accreditor --scheme schemes/aurelian-pv-mark --from 2026-01-01 \
         --until 2029-12-31 --request-id accredit",
        0,
    ),
    ("body accreditation suspend", "SCOPE --on 2026-03-01 --text t --request-id pause", 0),
    ("body accreditation reinstate", "SCOPE --on 2026-04-01 --text t --request-id resume", 0),
    ("body accreditation list", "bodies/aurora-cert", 0),
    (
        "body designation create",
        "bodies/aurora-cert --by bodies/authority --arrangement arrangements/xa-xb --from 2026-01-01 \
         --request-id designate --token-file authority.token",
        0,
    ),
    ("body designation suspend", "MANDATE --on 2026-03-01 --text t --request-id ds --token-file authority.token", 0),
    ("body designation reinstate", "MANDATE --on 2026-04-01 --text t --request-id dr --token-file authority.token", 0),
    ("body designation contest", "MANDATE --on 2026-04-02 --text t --request-id dc", 0),
    ("body designation settle", "MANDATE --on 2026-04-03 --text t --request-id dt", 0),
    (
        "body designation withdraw",
        "MANDATE --on 2026-05-01 --text t --confirm --request-id dw --token-file authority.token",
        0,
    ),
    ("body designation list", "bodies/aurora-cert", 0),
    ("bundle", "--out customs.bundle", 0),
    ("log checkpoint", "", 0),
    ("log key", "", 0),
    ("log entries", "", 0),
    ("log inclusion", "1", 0),
    ("log inclusion", "1 --out entry.tlog-proof", 0),
    ("log check", "entry.tlog-proof --trust customs.bundle", 0),
    ("log consistency", "1", 0),
    ("log audit", "--state audit.json --certificates --catalogues", 0),
    ("log cosignatures", "", 0),
    ("call", "LogService/GetCheckpoint", 0),
    ("completion", "zsh", 0),
    ("manual", "", 0),
    ("doctor", "", 0),
    ("version", "", 0),
    ("context set", "border --registry http://registry.example.org", 0),
    ("context use", "border", 0),
    ("context unset", "border here", 0),
    ("context list", "", 0),
    ("context show", "", 0),
    ("context remove", "border", 0),
];

/// An event of a product's life.
const EVENT: &str = "\
reporter: bodies/aurora-cert
product: { model: EX-450M }
stage: LIFE_CYCLE_STAGE_PRODUCTION
event_time: \"2026-05-01T10:00:00Z\"
economy: XA
declared_units: { amount: \"100\", unit: C62 }
emissions_kg_co2e_per_unit: \"4.5\"
";

/// A panel without an interest.
pub(crate) const PANEL: &str = "\
members:
  - { subject: ana, displayName: Ana, economy: NZ, expertise: [IEC 61215] }
  - { subject: ben, displayName: Ben, economy: NZ, expertise: [IEC 61730] }
  - { subject: cho, displayName: Cho, economy: KR, expertise: [conformity assessment] }
";

pub(crate) const CHANGE: &str = "\
title: Accept a standard
reason: They are the same.
changes:
  - upsert:
      equivalence:
        name: equivalences/example
        from: { name: standards/iec-61215-1-2021 }
        to: { name: standards/iec-61730-1-2016 }
        degree: EQUIVALENCE_DEGREE_IDENTICAL
        validity: { from: \"2026-01-01\" }
        source: { uri: \"https://example.org\", note: Invented., retrieved_on: \"2026-01-01\", example: true }
";

const TRADE: &str = "\
refYear,flowCode,reporterDesc,partnerDesc,cmdCode,primaryValue
2023,M,Canada,Peru,854143,33827
2023,M,Canada,Chile,850231,100
";

const EXAMPLES: &str = "\
examples:
  - description: Sun catcher 9000
    code: { edition: HS2022, code: \"854143\" }
    decided_on: \"2024-01-01\"
    source: { uri: \"https://example.org\", note: Invented., example: true }
";

pub(crate) const CODES: &str = "\
title: Keep a list of our own
reason: To show how.
changes:
  - put_green_list:
      name: greenLists/example
      titles: [{ language: en, text: An invented list }]
      edition: editions/HS2022
      source: { note: Invented., example: true }
  - put_entry:
      name: greenLists/example/entries/854143
      code: { edition: HS2022, code: \"854143\" }
";

/// The commands that have no commands below them.
fn leaves() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let below =
            if WITHOUT_ANSWER.contains(&words.join(" ").as_str()) { Vec::new() } else { help::commands(&words) };
        if below.is_empty() {
            found.insert(words.join(" "));
        }
        open.extend(below.into_iter().map(|name| [words.clone(), vec![name]].concat()));
    }
    found.retain(|leaf| !WITHOUT_ANSWER.contains(&leaf.as_str()));
    found
}

#[test]
fn every_command_prints_json_that_parses_yaml_that_says_the_same_and_names() {
    run_all().expect("they run");
}

fn run_all() -> anyhow::Result<()> {
    let run: BTreeSet<_> = COMMANDS.iter().map(|(command, ..)| (*command).to_owned()).collect();
    let mut all = leaves();
    // Takes what only a witness can make: the registry has tests of that.
    all.remove("log cosign");
    // Takes the sixty days in which objections are taken: equivalence has tests of that.
    all.remove("dispute close");
    assert_eq!(run, all, "each command is run here");

    let shell = Shell::new()?;
    std::fs::write(shell.folder.path().join("change.yaml"), CHANGE)?;
    std::fs::write(shell.folder.path().join("codes.csv"), "code,apec\n854140,1\n854143,1\n")?;
    std::fs::write(shell.folder.path().join("examples.yaml"), EXAMPLES)?;
    std::fs::write(shell.folder.path().join("rows.csv"), crate::certificate::ROWS)?;
    std::fs::write(shell.folder.path().join("amend.yaml"), "scope: Other words.\nremarks: \"\"\n")?;
    std::fs::write(shell.folder.path().join("trade.csv"), TRADE)?;
    std::fs::write(shell.folder.path().join("portfolio.csv"), crate::several::PORTFOLIO)?;
    shell
        .run("token mint --subject reviewer --scope catalogue.review --scope catalogue.publish --out reviewer.token")?
        .expect(0);
    for (id, role) in [("accreditor", "accreditation-body"), ("authority", "designating-authority")] {
        shell.run(&format!("body create {id} --display-name {id} --economy XA --role {role}"))?.expect(0);
    }
    shell
        .run("token mint --subject authority --scope bodies.write --body bodies/authority --out authority.token")?
        .expect(0);
    std::fs::copy(
        Path::new(&example()?).with_file_name("new-annex").join("annex.yaml"),
        shell.folder.path().join("annex.yaml"),
    )?;
    std::fs::write(shell.folder.path().join("title.yaml"), "title: Accept the standard\n")?;
    let other = shell.run("change create --file change.yaml -o name")?.expect(0).stdout.trim().to_owned();
    shell.run(&format!("change propose {other}"))?.expect(0);
    for (subject, scope, economy) in [
        ("challenger", "catalogue.propose", "XF"),
        ("respondent", "catalogue.propose", "XA"),
        ("bystander", "catalogue.propose", "AU"),
        ("chair", "catalogue.review", "NZ"),
        ("ana", "catalogue.review", "NZ"),
        ("ben", "catalogue.review", "NZ"),
    ] {
        let mint = format!("token mint --subject {subject} --scope {scope} --economy {economy} --out {subject}.token");
        shell.run(&mint)?.expect(0);
    }
    std::fs::write(shell.folder.path().join("panel.yaml"), PANEL)?;
    let second = shell
        .run(
            "dispute open --about bodies/aurora-cert --grounds g --evidence change.yaml --at https://example.org/r \
             --shows s --token-file challenger.token -o name",
        )?
        .expect(0)
        .stdout
        .trim()
        .to_owned();
    let mut dispute = String::new();
    let list = "list,edition,code\nours,HS2022,854143\n";
    std::fs::write(shell.folder.path().join("list.csv"), list)?;
    std::fs::write(shell.folder.path().join("codes.yaml"), CODES)?;
    let waiting = CODES.replace("greenLists/example", "greenLists/second");
    std::fs::write(shell.folder.path().join("waiting.yaml"), waiting)?;
    let waiting = shell.run("code change create --file waiting.yaml -o name")?.expect(0).stdout.trim().to_owned();
    shell.run(&format!("code change propose {waiting}"))?.expect(0);
    let (mut codes, mut subscription) = (String::new(), String::new());
    let (mut certificate, mut key, mut draft) = (String::new(), String::new(), String::new());
    let mut import = String::new();
    let (mut scope, mut mandate, mut trace) = (String::new(), String::new(), String::new());
    std::fs::write(shell.folder.path().join("event.yaml"), EVENT)?;
    let events =
        format!("-{}", EVENT.lines().map(|line| format!("  {line}\n")).collect::<String>().replacen(' ', "", 1));
    std::fs::write(shell.folder.path().join("events.yaml"), events)?;
    shell.run("token mint --subject r --scope trace.write --body bodies/aurora-cert --out reporter.token")?.expect(0);
    let customs =
        "token mint --subject c --scope write_offs.write --scope write_offs.read --economy XB --out customs.token";
    shell.run(customs)?.expect(0);
    let (mut write_off, mut kept) = (String::new(), String::new());
    let confidential = std::fs::read_to_string(example()?)? + "confidential_fields: [sites]\n";
    std::fs::write(shell.folder.path().join("kept.yaml"), confidential)?;
    let mut called = BTreeSet::new();
    for (command, arguments, code) in COMMANDS {
        if *command == "certificate erase" {
            let issue = "certificate issue --body bodies/aurora-cert --file kept.yaml --token-file clerk.token -o name";
            shell.run(issue)?.expect(0).stdout.trim().clone_into(&mut kept);
        }
        let arguments = arguments.replace("KEPT", &kept).replace("CERT", &certificate).replace("KEY", &key);
        let arguments = arguments.replace("FILE", &example()?).replace("DRAFT", &draft).replace("OTHER", &other);
        let arguments = arguments.replace("CODES", &codes).replace("WRITEOFF", &write_off);
        let arguments = arguments.replace("SUBSCRIPTION", &subscription);
        let arguments = arguments.replace("DISPUTE", &dispute).replace("SECOND", &second);
        let arguments = arguments.replace("FONT", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fonts/page.ttf"));
        let arguments = arguments.replace("WAITING", &waiting).replace("IMPORT", &import);
        let arguments = arguments.replace("SCOPE", &scope).replace("MANDATE", &mandate).replace("TRACE", &trace);
        let run = |output: &str| {
            if *command == "context remove" {
                shell.run("context set border")?.expect(0);
            }
            shell.run(&format!("{command} {arguments} -o {output}"))
        };
        let json = run("json --verbose")?.expect(*code);
        called.extend(calls(&json.stderr));
        let value = json.json()?;
        assert!(value.is_object(), "{command}: {value}");
        assert!(!json.stdout.contains("\"nextPageToken\": null"), "{command}");

        let yaml = run("yaml")?.expect(*code).stdout;
        let yaml: serde_json::Value = serde_yaml_ng::from_str(&yaml)?;
        if *command == "catalogue list" {
            assert!(yaml.is_array(), "a list of entries, as files have them: {yaml}");
        } else {
            assert_eq!(keys(&yaml), keys(&value), "{command}: YAML has the fields of JSON");
        }

        // Of any answer no name is known.
        let names = run("name")?.expect(if *command == "call" { 2 } else { *code }).stdout;
        if !matches!(
            *command,
            "call"
                | "code faults"
                | "change validate"
                | "change preview"
                | "log cosignatures"
                | "code change validate"
                // A trial makes nothing.
                | "certificate import"
        ) {
            assert!(!names.is_empty(), "{command} prints a name");
            for name in names.lines() {
                let like_a_name = !name.is_empty() && !name.contains([' ', '{', '"']);
                assert!(like_a_name, "{command} -o name prints `{name}`");
            }
        }
        let name = names.trim().to_owned();
        match *command {
            "certificate issue" => {
                certificate = name;
                let lines = format!("certificate,code,origin\n{certificate},HS2022:854143,XA\n,,\n");
                std::fs::write(shell.folder.path().join("manifest.csv"), lines)?;
            }
            "body key create" => key = name,
            "code import" => import = name,
            "change create" => draft = name,
            "code change create" => codes = name,
            "alert subscribe" | "code alert subscribe" => subscription = name,
            "dispute open" => dispute = name,
            "dispute decide" => {
                let other = format!(
                    "dispute decide {dispute} --matter interim-effect --uphold --finding f --declare-no-interest \
                     --confirm --token-file ben.token"
                );
                shell.run(&other)?.expect(0);
            }
            "body accreditation create" => scope = name,
            "body designation create" => mandate = name,
            "trace record" => trace = name,
            "write-off record" => write_off = name,
            _ => {}
        }
        let csv = run("csv")?.expect(*code).stdout;
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
        assert!(rows.records().all(|row| row.is_ok()) && csv.lines().count() >= 1, "{command} -o csv prints {csv}");
        let header = csv.lines().next().unwrap_or_default();
        assert_eq!(header, header.to_uppercase(), "{command} -o csv has headings as all have");

        let table = run("table")?.expect(*code).stdout;
        assert!(!table.contains("_UNSPECIFIED") && !table.contains("CERTIFICATE_"), "{command}: {table}");
    }
    for more in MORE {
        called.extend(calls(&shell.run(&format!("{more} --verbose"))?.stderr));
    }
    let uncalled: Vec<_> = methods().into_iter().filter(|method| !called.contains(method)).collect();
    let uncalled: Vec<_> = uncalled
        .iter()
        .map(String::as_str)
        .filter(|it| ![NOT_FOR_PEOPLE, NOT_RUN_HERE].concat().contains(it))
        .collect();
    assert!(uncalled.is_empty(), "no command calls {uncalled:?}");
    let told = help::help(&["call".to_owned()]);
    for method in NOT_FOR_PEOPLE {
        assert!(!called.contains(*method), "{method} has a command");
        let mut parts = method.rsplit('.');
        let (name, service) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        assert!(told.contains(&format!("{service}/{name}")), "the help of `call` tells of {method}");
    }
    for method in NOT_RUN_HERE {
        assert!(!called.contains(*method), "{method} is run here");
    }
    Ok(())
}

/// What no command calls. The help of `call` says of each which command has what it is for.
const NOT_FOR_PEOPLE: &[&str] = &[
    // Whole code systems for programs: of people, `code list`, `code correlations` and `list entries` are asked, and
    // `bundle` and `pack` have them for where there is no network.
    "greenlane.classification.v1.CodeSystemService.ExportCatalogue",
    // Registries tell it of themselves, with keys that mean nothing to others: `change preview` says what it comes to.
    "greenlane.equivalence.v1.ChangeService.ReportUse",
];

/// What has a command that cannot be run here: `log cosign`, `dispute close`.
const NOT_RUN_HERE: &[&str] =
    &["greenlane.equivalence.v1.DisputeService.CloseDispute", "greenlane.registry.v1.LogService.AddCosignature"];

/// Commands that call what those above do not.
const MORE: &[&str] = &[
    "get economies/APEC",
    "get bodies/aurelia-standards-authority",
    "get standards/iec-61215-1-2021",
    "get editionTransitions/cn-gb-31241-2022",
    "get equivalences/gb-t-24025-2009-to-iso-14025",
    "get arrangements/apec-eemra",
    "get annexes/asean-eee-results",
    "get designations/aurora-xa-xc-pv",
    "get requirements/xb-pv-qualification",
    "get codeSystems/hs",
    "pack --key",
    "code get HS2022:854143 HS2022:854142",
    "code translate HS2022:854143 HS2022:854142 --to HS2017",
    "verify GLXA4HP9Z1PPYMB35F GLXA3G0ZY61T79ZF3Z",
    "recognise --scheme schemes/aurelian-pv-mark --body bodies/aurora-cert --body-economy XA --code HS2022:854143 \
     --origin XA --destination XB",
];

/// Every method of the contracts.
fn methods() -> BTreeSet<String> {
    let pool = prost_reflect::DescriptorPool::decode(greenlane_api::DESCRIPTORS).expect("our own descriptors");
    let ours = pool.services().filter(|service| service.full_name().starts_with("greenlane."));
    ours.flat_map(|service| service.methods().map(|method| method.full_name().to_owned()).collect::<Vec<_>>()).collect()
}

/// The methods that a command says it has called, which did not fail.
fn calls(stderr: &str) -> Vec<String> {
    let calls = stderr.lines().filter_map(|line| line.strip_prefix("call "));
    calls.filter_map(|call| call.split(' ').next()).map(|method| method.replace('/', ".")).collect()
}

/// The names of fields, whether they are written as in JSON or as in files.
fn keys(value: &serde_json::Value) -> BTreeSet<String> {
    let plain = |name: &String| name.replace('_', "").to_lowercase();
    value.as_object().map(|fields| fields.keys().map(plain).collect()).unwrap_or_default()
}
