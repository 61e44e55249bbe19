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
    assert!(missing.contains("trace id: "), "{missing}");
    Ok(())
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
    run("no.token.this")?.expect(4);
    Ok(())
}
