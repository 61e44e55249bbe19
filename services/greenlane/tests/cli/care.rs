//! What nobody wants to lose or to say twice: local changes, whether something was written, where one is, and as whom.

use greenlane_e2e::greenlane_with;

use crate::Shell;

#[test]
fn pull_does_not_write_over_what_somebody_changed_since() {
    pull().expect("it runs");
}

fn pull() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.run("pull catalogue")?.expect(0);
    shell.run("pull catalogue")?.expect(0);
    let schemes = shell.folder.path().join("catalogue/schemes.yaml");
    let changed = std::fs::read_to_string(&schemes)? + "- scheme: {name: schemes/local}\n";
    std::fs::write(&schemes, &changed)?;

    let refused = shell.run("pull catalogue --kind schemes")?.expect(2).stderr;
    assert!(
        refused.contains("schemes.yaml changed since it was pulled") && refused.contains("--overwrite"),
        "{refused}"
    );
    assert_eq!(std::fs::read_to_string(&schemes)?, changed, "nothing is lost");
    shell.run("pull catalogue --kind schemes --overwrite")?.expect(0);
    assert!(!std::fs::read_to_string(&schemes)?.contains("schemes/local"));
    Ok(())
}

#[test]
fn a_folder_without_entries_is_said_to_be_one_and_what_prune_looks_at_is_told() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    std::fs::create_dir(shell.folder.path().join("empty")).expect("a folder");
    assert!(run("diff -f empty").expect(2).stderr.contains("there are no entries in empty"));
    run("pull catalogue").expect(0);
    std::fs::remove_file(shell.folder.path().join("catalogue/annexes.yaml")).expect("a file");
    let pruned = run("diff -f catalogue --prune").expect(0).stderr;
    assert!(pruned.contains("--prune looks at the kinds") && !pruned.contains("annexes"), "{pruned}");
    assert!(pruned.contains("nothing differs: "), "no difference is said, too: {pruned}");
}

#[test]
fn a_file_that_is_no_text_is_told_with_the_faults_of_the_others_and_a_folder_as_it_is_with_no_table() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    let folder = shell.folder.path().join("new");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("a.yaml"), b"- scheme:\n    name: schemes/a\n    kind: \xff\n").expect("a file");
    std::fs::write(folder.join("b.yaml"), "- schem: {name: schemes/b}\n").expect("a file");
    for words in ["diff -f new", "apply -f new --title New"] {
        let told = run(words).expect(2).stderr;
        assert!(told.contains("2 faults"), "{told}");
        assert!(told.contains("new/a.yaml:3:11: here the file is no text in UTF-8"), "{told}");
        assert!(told.contains("new/b.yaml:1:3: there is no field `schem` here; did you mean `scheme`?"), "{told}");
    }
    run("pull catalogue").expect(0);
    let same = run("apply -f catalogue --title Same").expect(0);
    assert_eq!(same.stdout, "");
    assert!(same.stderr.contains("nothing differs: no change set is needed"), "{}", same.stderr);
    assert!(!same.stderr.contains("there are none"), "{}", same.stderr);
}

#[test]
fn of_entries_that_do_not_differ_after_all_nothing_is_found() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    run("pull catalogue").expect(0);
    let path = shell.folder.path().join("catalogue/annexes.yaml");
    let pulled = std::fs::read_to_string(&path).expect("it was pulled");
    // What goes without saying is put in by the service.
    let said = |line: &&str| line.trim() != "origin_rule: any";
    let shorter: String = pulled.lines().filter(said).map(|line| format!("{line}\n")).collect();
    assert_ne!(shorter, pulled);
    std::fs::write(&path, shorter).expect("it is written");
    let same = run("apply -f catalogue/annexes.yaml --title Same").expect(0).stderr;
    assert!(same.contains("nothing differs: no change set is needed"), "{same}");
    assert!(!same.contains("no_common_owner"), "{same}");
}

#[test]
fn entries_as_yaml_are_as_pull_writes_them_and_can_be_compared_and_applied() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    run("pull catalogue").expect(0);
    let write = |name: &str, text: &str| std::fs::write(shell.folder.path().join(name), text).expect("it is written");
    for (kind, file) in [("schemes", "schemes"), ("edition-transitions", "edition_transitions")] {
        let listed = run(&format!("catalogue list {kind} -o yaml")).expect(0).stdout;
        let path = shell.folder.path().join(format!("catalogue/{file}.yaml"));
        let pulled = std::fs::read_to_string(path).expect("it was pulled");
        assert_eq!(Some(listed.as_str()), pulled.split_once('\n').map(|(_, entries)| entries), "{kind}");
        write("listed.yaml", &listed);
        assert!(run("diff -f listed.yaml").expect(0).stderr.contains("nothing differs"), "{kind}");
    }
    for words in ["get schemes/aurelian-pv-mark", "catalogue get schemes/aurelian-pv-mark"] {
        let got = run(&format!("{words} -o yaml")).expect(0).stdout;
        assert!(got.contains("  display_names:\n") && got.contains("kind: safety_and_performance\n"), "{got}");
        assert!(got.contains("known_from_revision: 1\n"), "{got}");
        write("got.yaml", &got);
        run("diff -f got.yaml").expect(0);
    }
    let first = run("catalogue list schemes -o yaml --limit 1").expect(0);
    assert!(first.stdout.matches("- scheme:").count() == 1 && first.stderr.contains("--all"), "{first:?}");
}

#[test]
fn a_check_says_that_nothing_was_written_once() {
    check().expect("it runs");
}

fn check() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let checked = shell.run("body create aurora-cert --display-name A --economy XA --dry-run")?.expect(0).stderr;
    assert_eq!(checked.matches("nothing is written").count(), 1, "{checked}");
    shell.run("body get aurora-cert")?.expect(3);
    let done = shell.run("body create aurora-cert --display-name A --economy XA")?.expect(0).stderr;
    assert!(!done.contains("nothing is written"), "{done}");
    let key = shell.run("body key create bodies/aurora-cert -o name")?.expect(0).stdout;
    let held = shell.run(&format!("body key retire {}", key.trim()))?.expect(0).stderr;
    assert_eq!(held.matches("nothing is written").count(), 1, "{held}");
    Ok(())
}

#[test]
fn an_import_tells_the_columns_of_its_layouts_and_the_place_of_a_fault_of_a_whole_row() {
    columns().expect("it runs");
}

fn columns() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let all = shell.run("code import --columns -o json")?.expect(0).json()?;
    let of = |format: &str| {
        let rows = all["columns"].as_array().into_iter().flatten().filter(|row| row["format"] == format);
        rows.filter(|row| row["required"] == true).map(|row| row["column"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("green-list-csv"), ["list", "code"]);
    assert_eq!(of("us-hts-csv")[0], "hts_code or HTS Number");
    let codes = shell.run("code import --columns --format codes-csv")?.expect(0).stdout;
    assert!(codes.contains("description_{language}") && !codes.contains("share_of_later"), "{codes}");
    shell.run("code import --columns --format uk-vague-terms")?.expect(2);
    shell.run("code import --format codes-csv")?.expect(2);
    let certificates = shell.run("certificate import --columns -o name")?.expect(0).stdout;
    assert!(certificates.contains("holder_name\n"), "{certificates}");

    std::fs::write(shell.folder.path().join("codes.csv"), "code,description_en\n8541,\n854x,Cells\n")?;
    let words = "code import --file codes.csv --format codes-csv --edition HS2022 --source https://example.org";
    let told = shell.run(&format!("{words} --dry-run"))?.expect(10).stderr;
    assert!(told.contains("line 2: The code has no description.\n"), "{told}");
    assert!(told.contains("line 3 code: A code "), "{told}");
    Ok(())
}

#[test]
fn a_check_of_an_import_reads_every_row_and_leaves_nothing_that_can_be_published() {
    import().expect("it runs");
}

fn import() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    std::fs::write(shell.folder.path().join("list.csv"), "list,edition,code\nours,HS2022,854143\nours,HS2022,8x\n")?;
    let words = "code import --file list.csv --format green-list-csv --source https://example.org --request-id once";
    let checked = shell.run(&format!("{words} --dry-run -o json"))?.expect(10);
    let import = &checked.json()?["import"];
    assert_eq!((&import["acceptedRows"], &import["refusedRows"]), (&1.into(), &1.into()), "{import}");
    assert_eq!(import["state"], "IMPORT_STATE_ABANDONED");
    assert!(checked.stderr.contains("none of it can be published"), "{}", checked.stderr);
    let real = shell.run(&format!("{words} -o json"))?.expect(10).json()?;
    assert_eq!(real["import"]["state"], "IMPORT_STATE_COMPLETE", "the same request id is still good: {real}");
    Ok(())
}

#[test]
fn a_context_says_where_goods_come_in_and_a_read_that_fails_names_its_trace() {
    here().expect("it runs");
}

fn here() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let ask = format!("verify {certificate} --code HS2022:854143 --origin XA -o json");
    let unsaid = shell.run(&ask)?.expect(2).stderr;
    assert!(unsaid.contains("--destination is missing"), "{unsaid}");

    shell.run("context set border --context greenlane-data/client.toml --here XB")?.expect(0);
    let file = shell.folder.path().join("greenlane-data/client.toml");
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, format!("economy = \"XB\"\n{text}"))?;
    let asked = shell.run(&ask)?;
    let elsewhere = shell.run(&format!("{ask} --destination XB"))?;
    assert_eq!(asked.json()?["verdict"]["recognised"], elsewhere.json()?["verdict"]["recognised"]);

    let missing = shell.run("body get nobody")?.expect(3).stderr;
    assert!(missing.contains("request id: ") && missing.contains("(its trace id)"), "{missing}");
    Ok(())
}

#[test]
fn what_the_environment_says_is_not_shown_as_if_it_had_to_be_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &[&str]| {
        let set = [("GREENLANE_CONTEXT", "nowhere.toml"), ("GREENLANE_ECONOMY", "XB")];
        greenlane_with(folder.path(), words.iter().copied(), set).expect("it runs")
    };
    for words in [&["certificate", "issue"][..], &["verify"], &["log", "check"], &["verify", "--daet", "x"]] {
        let told = run(words).expect(2).stderr;
        assert!(told.contains("Usage: greenlane ") && !told.contains("--context"), "{told}");
        assert!(!told.contains("--here"), "{told}");
    }
    // What is wrong with it is said.
    let told = greenlane_with(folder.path(), ["body", "list"], [("GREENLANE_ECONOMY", "Nowhere")]).expect("it runs");
    assert!(told.expect(2).stderr.contains("--here"));
    let told = greenlane_with(folder.path(), ["verify", "."], []).expect("it runs").expect(2).stderr;
    assert!(told.contains(". is a folder: name the files in it"), "{told}");
}

#[test]
fn a_token_that_is_given_for_a_file_is_refused_and_not_said_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = format!("eyJ{}.eyJ{}.{}", "a".repeat(20), "b".repeat(20), "c".repeat(40));
    let command = format!("certificate list --token-file {token}");
    let context = format!("context set border --token-file {token}");
    let bare = ("GREENLANE_TOKEN_FILE", token.as_str());
    let header = format!("Bearer {token}");
    let header = ("GREENLANE_TOKEN_FILE", header.as_str());
    let named = ("GREENLANE_CONTEXT", token.as_str());
    let address = ("GREENLANE_REGISTRY", token.as_str());
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("a file");
    write("wrong.toml", addresses() + &format!("token_file = \"{token}\"\n"));
    write("address.toml", addresses().replacen("http://127.0.0.1:9", &token, 1));
    write("economy.toml", addresses() + &format!("economy = \"{token}\"\n"));
    let flag = format!("certificate list --equivalence {token}");
    for (words, variables) in [
        (command.as_str(), &[][..]),
        (&context, &[]),
        ("certificate list", &[bare]),
        ("certificate list", &[header]),
        ("certificate list", &[named]),
        ("certificate list --context wrong.toml", &[]),
        ("certificate list --context address.toml", &[]),
        ("certificate list --context economy.toml", &[]),
        ("certificate list", &[address]),
        (&flag, &[]),
    ] {
        let told = greenlane_with(folder.path(), words.split_whitespace(), variables.iter().copied())
            .expect("it runs")
            .expect(2);
        assert!(told.stderr.contains("is a token itself"), "{}", told.stderr);
        assert!(!told.stderr.contains("eyJ") && !told.stdout.contains("eyJ"), "{}{}", told.stdout, told.stderr);
    }
    let contexts = greenlane_with(folder.path(), ["context", "list", "-o", "name"], []).expect("it runs").expect(0);
    assert_eq!(contexts.stdout, "");
}

fn addresses() -> String {
    ["registry", "equivalence", "classification"].map(|name| format!("{name} = \"http://127.0.0.1:9\"\n")).concat()
}

#[test]
fn a_wrong_context_file_is_wrong_usage_and_is_told_by_line_and_column_without_what_stands_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let token = format!("eyJ{}.eyJ{}.{}", "a".repeat(20), "b".repeat(20), "c".repeat(40));
    for (text, said) in [
        (format!("{token}\n"), "holds a token and is no context file: name it with --token-file"),
        (format!("Authorization: Bearer {token}\n"), "wrong.toml:1:"),
        (format!("GREENLANE_TOKEN={token}\n"), "wrong.toml:1:"),
        (
            format!("{}token = \"{token}\"\n", addresses()),
            "wrong.toml:4:1: this is not a context file: unknown field `token`",
        ),
        (format!("{}{token} = 1\n", addresses()), "a token stands here: write it to a file"),
        (format!("{}\"{token}\" = 1\n", addresses()), "a token stands here: write it to a file"),
        ("registry = \"http://127.0.0.1:9\"\n".to_owned(), "missing field `equivalence`"),
        (addresses().replacen("\"http://127.0.0.1:9\"", "5", 1), "this is not a context file: invalid type"),
    ] {
        std::fs::write(path("wrong.toml"), &text).expect("a file");
        let told =
            greenlane_with(folder.path(), ["certificate", "list", "--context", "wrong.toml"], []).expect("it runs");
        let told = told.expect(2);
        assert!(told.stderr.contains(said), "{}", told.stderr);
        assert!(!told.stderr.contains("eyJ") && !told.stdout.contains("eyJ"), "{}{}", told.stdout, told.stderr);
    }
    std::fs::write(path("wrong.toml"), b"registry = \"\xff\"\n").expect("a file");
    for name in ["wrong.toml", "./", "not-there.toml"] {
        greenlane_with(folder.path(), ["certificate", "list", "--context", name], []).expect("it runs").expect(2);
    }
}

#[test]
fn a_token_can_come_from_the_environment() {
    token().expect("it runs");
}

fn token() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let run = |token: &str| greenlane_with(shell.folder.path(), ["body", "list"], [("GREENLANE_TOKEN", token)]);
    let minted = shell.folder.path().join("other.token");
    shell.run("token mint --subject other --scope bodies.read --out other.token")?.expect(0);
    let good = std::fs::read_to_string(minted)?;
    run(good.trim())?.expect(0);
    // As a header has it.
    run(&format!("Bearer {}", good.trim()))?.expect(0);
    std::fs::write(shell.folder.path().join("header.token"), format!("Bearer {good}"))?;
    shell.run("body list --token-file header.token")?.expect(0);
    let shown = shell.run("context show --token-file header.token -o json")?.expect(0).json()?;
    assert_eq!(shown["token"]["subject"], "other", "{shown}");
    run("no.token.this")?.expect(4);
    Ok(())
}

#[test]
fn what_was_left_out_or_is_not_known_is_said_in_the_words_of_the_command_line() {
    words().expect("it runs");
}

fn words() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let open = "dispute open --about bodies/aurora-cert --grounds g";
    let refused = shell.run(open)?.expect(2).stderr;
    assert!(refused.contains("\n  --evidence: "), "{refused}");
    let plan = "plan --code HS2022:854143 --origin XA --body bodies/aurora-cert --body-economy XA --standard";
    let unknown = shell.run(&format!("{plan} IEC99999:2020 --destination XB"))?.expect(0).stderr;
    assert!(unknown.contains("the catalogue has no `IEC99999:2020`"), "{unknown}");
    let near = shell.run(&format!("{plan} IEC61215-1:2021 --destination XB"))?.expect(0).stderr;
    assert!(near.contains("did you mean `standards/iec-61215-1-2021`?"), "{near}");
    let known = shell.run(&format!("{plan} standards/iec-61215-1-2021 --destination XB"))?.expect(0).stderr;
    assert!(!known.contains("the catalogue has no"), "{known}");
    let economy = shell.run("body list --here Z9")?.expect(2).stderr;
    assert!(economy.contains("ISO 3166-1 alpha-2"), "{economy}");
    std::fs::write(shell.folder.path().join("manifest.csv"), "certificate,code\nGLXA4HP9Z1PPYMB35F,854143\n")?;
    let faulty = shell.run("manifest verify manifest.csv")?.expect(10).stdout;
    assert!(faulty.contains("GLXA4HP9Z1PPYMB35F") && faulty.contains("code: `854143`: write EDITION:CODE"), "{faulty}");
    shell.run("context set border --context greenlane-data/client.toml --here XB")?.expect(0);
    let address = shell.run("context set border --registry 127.0.0.1:7401")?.expect(2).stderr;
    assert!(address.contains("write it with http:// or https://"), "{address}");
    let nobody = shell.run("token mint --subject= --scope verify --out nobody.token")?.expect(2).stderr;
    assert!(nobody.contains("--subject"), "{nobody}");
    std::fs::write(shell.folder.path().join("empty.token"), "\n")?;
    let empty = shell.run("body list --token-file empty.token")?.expect(2).stderr;
    assert!(empty.contains("empty.token holds no token"), "{empty}");
    let unset = shell.run("context unset border here token-file -o json")?.expect(0).json()?;
    assert_eq!((&unset["here"], &unset["tokenFile"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    std::fs::write(shell.folder.path().join("other.toml"), "[registry.store]\nurl = \"sqlite:other.db\"\n")?;
    let backup = shell.run("backup registry --config other.toml --out copy")?.expect(2).stderr;
    assert!(backup.contains("there is no database") && backup.contains("other.toml leads there"), "{backup}");
    Ok(())
}

#[test]
fn answers_about_recognition_are_coloured_as_verdicts_are_and_only_for_eyes() {
    colours().expect("it runs");
}

fn colours() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let facts = "--scheme schemes/aurelian-pv-mark --body bodies/aurora-cert --body-economy XA --code HS2022:854143 --origin XA";
    for words in [
        format!("recognise {facts} --destination XB"),
        format!("explain {facts} --destination XB"),
        format!("plan {facts}"),
        "fairness --market XB --market XC".to_owned(),
    ] {
        let run = |variables: &[(&'static str, &'static str)]| {
            let words = words.split_whitespace();
            anyhow::Ok(greenlane_with(shell.folder.path(), words, variables.iter().copied())?.stdout)
        };
        let plain = run(&[])?;
        assert!(!plain.contains('\x1b'), "{words}: through a pipe: {plain}");
        let forced = run(&[("CLICOLOR_FORCE", "1")])?;
        assert!(forced.contains("\x1b["), "{words}: {forced}");
        assert_eq!(run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])?, plain, "{words}");
    }
    Ok(())
}

#[test]
fn pull_says_what_a_newer_revision_makes_of_local_changes() {
    newer().expect("it runs");
}

fn newer() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.run("pull catalogue")?.expect(0);
    let schemes = shell.folder.path().join("catalogue/schemes.yaml");
    std::fs::write(&schemes, std::fs::read_to_string(&schemes)? + "# ours\n")?;
    let alone = shell.run("pull catalogue")?.expect(2).stderr;
    assert!(!alone.contains("is published meanwhile"), "{alone}");
    std::fs::write(shell.folder.path().join("change.yaml"), crate::json::CHANGE)?;
    let draft = shell.run("change create --file change.yaml -o name")?.expect(0).stdout.trim().to_owned();
    shell.run(&format!("change propose {draft}"))?.expect(0);
    let mint = "token mint --subject r --scope catalogue.review --scope catalogue.publish --out r.token";
    shell.run(mint)?.expect(0);
    shell.run(&format!("change review {draft} --approve --token-file r.token"))?.expect(0);
    shell.run(&format!("change publish {draft} --confirm --token-file r.token"))?.expect(0);
    let newer = shell.run("pull catalogue")?.expect(2).stderr;
    assert!(newer.contains("revision 2 is published meanwhile") && newer.contains("--revision 1"), "{newer}");
    Ok(())
}
