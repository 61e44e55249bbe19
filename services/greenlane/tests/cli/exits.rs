//! Exit codes, and what a failure says.

use greenlane_e2e::Run;

use crate::Shell;

/// Where nobody listens.
const NOWHERE: &str = "--registry http://127.0.0.1:9";

#[test]
fn each_way_to_end_has_its_exit_code_and_says_why_on_stderr() {
    try_all().expect("they run");
}

fn try_all() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let goods = "--code HS2022:854143 --origin XA --destination XB --model EX-450M";
    let refused = |run: Run| {
        assert!(run.stdout.is_empty(), "talk goes to stderr: {}", run.stdout);
        run.stderr
    };

    // 0
    shell.run(&format!("verify {certificate} {goods}"))?.expect(0);

    // 2: what clap finds, what the server finds, what is wrong with a file.
    refused(shell.run("verify")?.expect(2));
    assert!(refused(shell.run("tui")?.expect(2)).contains("the browser needs a terminal"));
    let text = refused(shell.run("body create Aur! --display-name x --economy XAA --request-id r1")?.expect(2));
    assert!(text.starts_with("error: body create: "), "{text}");
    assert!(text.contains("\n  body_id: ") && text.contains("\n  reason: FIELD_VIOLATIONS\n"), "{text}");
    assert!(text.contains("\n  request id: r1\n"), "{text}");
    std::fs::write(shell.folder.path().join("wrong.yaml"), "holder: { nom: x }\n")?;
    let text = refused(shell.run("certificate issue --body bodies/aurora-cert --file wrong.yaml")?.expect(2));
    assert!(text.contains("wrong.yaml is no CertificateContent"), "{text}");
    assert!(text.contains("wrong.yaml:1:11: there is no field `nom` here; there are name, address"), "{text}");

    let example = std::fs::read_to_string(crate::example()?)?;
    let example = example.replace("economy: XA", "economy: Nowhere").replace("granted_on: ", "granted_on: x");
    std::fs::write(shell.folder.path().join("refused.yaml"), &example)?;
    let text = refused(
        shell
            .run("certificate issue --body bodies/aurora-cert --file refused.yaml --token-file clerk.token")?
            .expect(2),
    );
    let line = |of: &str| example.lines().position(|line| line.trim_start().starts_with(of)).map_or(0, |at| at + 1);
    for (field, start) in [("content.granted_on", "granted_on:"), ("content.holder.economy", "economy: Nowhere")] {
        let column = example.lines().nth(line(start) - 1).and_then(|it| it.find(": ")).unwrap_or_default() + 3;
        let place = format!("\n  refused.yaml:{}:{column}: {field}: ", line(start));
        assert!(text.contains(&place), "{place} in {text}");
    }

    // Of a file that is not there: where it was looked for.
    let text = refused(shell.run("certificate issue --body bodies/aurora-cert --file nowhere.yaml")?.expect(2));
    assert!(text.contains("\nhint: files are looked for from where the command is started: "), "{text}");

    // 3
    let text = refused(shell.run("get aurora-cert")?.expect(3));
    assert!(text.contains("nothing is called `aurora-cert`; did you mean bodies/aurora-cert?"), "{text}");
    let text = refused(shell.run("body get bodies/nobody")?.expect(3));
    assert!(text.contains("bodies/nobody") && text.contains("\n  reason: RESOURCE_NOT_FOUND\n"), "{text}");

    for nothing in ["get foo", "get nothing/foo", "get codes/854143", "get codes/HS2022:999999"] {
        refused(shell.run(nothing)?.expect(3));
    }
    let text = refused(shell.run("get keys")?.expect(2));
    assert!(text.contains("to list: greenlane body key list BODY"), "{text}");
    for words in ["get codes/HS2022:854143", "get scheme aurelian-pv-mark", "get certificate CERT"] {
        shell.run(&words.replace("CERT", certificate.trim_start_matches("certificates/")))?.expect(0);
    }

    // 4: somebody else's certificate; no token.
    let withdraw = format!("certificate withdraw {certificate} --reason safety --text t");
    let text = refused(shell.run(&withdraw)?.expect(4));
    assert!(text.contains("\n  reason: NOT_YOURS\n") && text.contains("\nhint: act with a token for"), "{text}");
    assert!(text.contains("\n  request id: "), "a fresh request id is told too: {text}");
    std::fs::write(shell.folder.path().join("bad.token"), "not.a.token")?;
    let text = refused(shell.run("body list --token-file bad.token")?.expect(4));
    assert!(text.contains("\n  reason: TOKEN_INVALID\n") && text.contains("\nhint: "), "{text}");
    assert!(text.contains("(its trace id)"), "a read has no other: {text}");

    // A body that nobody knows is no other's.
    let slip = format!("certificate issue --body bodies/auroa --file {}", crate::example()?);
    let text = refused(shell.run(&slip)?.expect(4));
    assert!(text.contains("\nhint: there is no bodies/auroa; did you mean bodies/aurora-cert?\n"), "{text}");
    // Whoever may not look at bodies is told of their own, and to mint no token for one that nobody knows.
    let text = refused(shell.run(&format!("{slip} --token-file clerk.token"))?.expect(4));
    assert!(text.contains("\nhint: the token acts for bodies/aurora-cert; did you mean that?\n"), "{text}");
    let other = slip.replace("auroa", "borealis");
    let text = refused(shell.run(&format!("{other} --token-file clerk.token"))?.expect(4));
    assert!(text.contains("acts for bodies/aurora-cert alone") && !text.contains("token mint"), "{text}");

    let renew = format!("certificate renew {certificate} --valid-until 2020-01-01 --authorised-by x --reason ordinary");
    let text = refused(shell.run(&format!("{renew} --token-file clerk.token"))?.expect(2));
    assert!(text.contains("\n  --valid-until: must") && !text.contains("valid_until"), "{text}");

    // 5
    let create = "body create aurora-cert --display-name Other --economy XA";
    let text = refused(shell.run(create)?.expect(5));
    assert!(text.contains("\n  reason: RESOURCE_EXISTS\n"), "{text}");

    // 10 and 11 are answers, on stdout.
    let date = "--date 2040-01-01";
    let no = shell.run(&format!("verify {certificate} {goods} {date}"))?.expect(10);
    assert!(no.stdout.contains("REFUSED"), "{}", no.stdout);
    assert_eq!(no.stderr, "2040-01-01 lies ahead: the verdict is of what is known by now\n");
    // Of a day alone: whether it counts then.
    let alone = shell.run(&format!("verify {certificate} {date}"))?.expect(10).stdout;
    assert!(alone.contains("not asked") && alone.contains("2040-01-01"), "{alone}");
    shell
        .run(&format!("verify {certificate} --date {}", greenlane_platform::clock::Clock::system().today()))?
        .expect(0);
    // From nowhere that is known: a slip gets no yes.
    let nowhere = "--code HS2022:854143 --origin ZZ --destination XB";
    let unsure = shell.run(&format!("recognise --certificate {certificate} {nowhere}"))?.expect(11).stdout;
    assert!(unsure.contains("undetermined") && unsure.contains("does not know the economy ZZ"), "{unsure}");
    let elsewhere = "--code HS2022:854143 --origin XA --destination QQ";
    shell.run(&format!("recognise --certificate {certificate} {elsewhere}"))?.expect(11);
    for asked in [nowhere, elsewhere, "--code HS2022:854143 --origin ZZ"] {
        for output in ["table", "json"] {
            shell.run(&format!("plan {asked} -o {output}"))?.expect(11);
        }
    }
    // Of goods from nowhere the same is true in every market, and is said once.
    let plan = shell.run("plan --code HS2022:854143 --origin ZZ")?.expect(11).stdout;
    assert_eq!(plan.matches("Cannot be told, for").count(), 1, "{plan}");
    // But what is worth nothing is a no there too.
    for command in ["recognise", "explain"] {
        let no = shell.run(&format!("{command} --certificate {certificate} {nowhere} {date}"))?.expect(10);
        assert!(no.stderr.contains("is worth nothing, whatever markets recognise: it is valid until"), "{}", no.stderr);
    }
    let unsure = shell.run(&format!("verify {certificate} {nowhere} --model EX-450M -o json"))?;
    assert_eq!(unsure.json()?["verdict"]["recognised"]["outcome"], "PART_OUTCOME_UNDETERMINED");

    let unknown = "--code HS2012:854140 --origin XA --destination XB";
    let unsure = shell.run(&format!("verify {certificate} {unknown} --model EX-450M"))?.expect(11);
    assert!(unsure.stdout.contains("UNDETERMINED") && unsure.stderr.is_empty(), "{} {}", unsure.stdout, unsure.stderr);
    let asked = "recognise --scheme schemes/ecolabel --body bodies/x --body-economy XA";
    shell.run(&format!("{asked} --code HS2022:854143 --origin XA --destination XB"))?.expect(10);
    shell.run(&format!("{asked} {unknown}"))?.expect(11);

    // 75
    let text = refused(shell.run(&format!("{withdraw} --request-id again {NOWHERE}"))?.expect(75));
    assert!(text.contains("\nhint: is it running"), "{text}");
    assert!(text.contains("\nhint: repeat it with --request-id again"), "{text}");

    // Who has no context is told so.
    let elsewhere = tempfile::tempdir()?;
    let text = greenlane_e2e::greenlane(elsewhere.path(), ["body", "list"])?.expect(75).stderr;
    assert!(text.contains("no context is chosen and greenlane-data/client.toml is not here"), "{text}");

    // A file that is not there is named wrongly.
    let text = refused(shell.run("certificate issue --body bodies/aurora-cert --file missing.yaml")?.expect(2));
    assert!(text.contains("cannot read missing.yaml") && text.contains("\n  caused by: "), "{text}");

    for words in ["body list --context missing.toml", "stats missing.csv", "tag missing.csv --out out.csv"] {
        let text = refused(shell.run(words)?.expect(2));
        assert!(text.contains("missing."), "{text}");
    }

    // Nor may what is written take the place of what is read.
    let table = shell.folder.path().join("rows.csv");
    std::fs::write(&table, "period,code,value\n2023,854143,1\n")?;
    for words in ["tag rows.csv --faults rows.csv", "tag rows.csv --out ./rows.csv"] {
        let text = refused(shell.run(words)?.expect(2));
        assert!(text.contains("would write over the table"), "{text}");
        assert!(std::fs::read_to_string(&table)?.ends_with("854143,1\n"), "it is as it was");
    }

    // Nor is there a context of that name.
    refused(shell.run("context use nowhere")?.expect(3));
    refused(shell.run("body list --context nowhere")?.expect(3));

    std::fs::write(shell.folder.path().join("wrong.toml"), "nonsense")?;
    let text = refused(shell.run("body list --context wrong.toml")?.expect(2));
    assert!(text.contains("wrong.toml"), "{text}");

    // 1
    std::fs::create_dir_all(shell.folder.path().join("home/current-context"))?;
    let text = refused(shell.run("body list")?.expect(1));
    assert!(text.contains("cannot read which context is chosen"), "{text}");
    Ok(())
}

#[test]
fn where_nobody_hears_what_is_said_the_exit_code_is_the_same() {
    let said_to_nobody = |words: &str| -> anyhow::Result<Option<i32>> {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let folder = tempfile::tempdir()?;
        let mut command = std::process::Command::new(greenlane_e2e::greenlane_path());
        command.args(words.split_whitespace()).current_dir(folder.path()).env("GREENLANE_HOME", folder.path());
        Ok(command.stdout(writer.try_clone()?).stderr(writer).status()?.code())
    };
    for (words, code) in [
        ("body list --registry http://127.0.0.1:9", 75),
        ("stats missing.csv", 2),
        ("context use nowhere", 3),
        ("--help", 0),
        ("nonsense", 2),
    ] {
        assert_eq!(said_to_nobody(words).expect("it runs"), Some(code), "{words}");
    }
}

#[test]
fn a_dry_run_is_asked_of_the_server_and_changes_nothing() {
    dry_run().expect("it runs");
}

fn dry_run() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.run("body create aurora-cert --display-name Aurora --economy XA --dry-run")?.expect(0);
    shell.run("body create Aur! --display-name Aurora --economy XA --dry-run")?.expect(2);
    assert!(shell.run("body list -o name")?.expect(0).stdout.is_empty());
    Ok(())
}
