//! Answers are on stdout and what is said of them on stderr; of what was only checked both say so.

use crate::{Shell, json::CHANGE};

#[test]
fn what_is_to_be_kept_in_mind_is_said_on_stderr_and_the_answer_is_on_stdout() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs");
    let suggested = run("code suggest machine --limit 1").expect(11);
    assert!(suggested.stdout.starts_with("Cannot tell from this description."), "{}", suggested.stdout);
    let translated = run("code translate HS2017:854140 --to HS2022").expect(0);
    assert!(translated.stdout.starts_with("HS2017:854140 to HS2022: "), "{}", translated.stdout);
    for run in [&suggested, &translated] {
        assert!(!run.stdout.contains("mind: "), "{}", run.stdout);
        assert!(run.stderr.lines().any(|line| line.starts_with("mind: ")), "{}", run.stderr);
    }
}

#[test]
fn the_figures_of_a_preview_are_on_stdout() {
    let shell = Shell::new().expect("it starts");
    std::fs::write(shell.folder.path().join("change.yaml"), CHANGE).expect("it is written");
    let draft = shell.run("change create --file change.yaml -o name").expect("it runs").expect(0).stdout;
    let preview = shell.run(&format!("change preview {}", draft.trim())).expect("it runs").expect(0);
    assert!(preview.stdout.starts_with("of 0 certificates in force"), "{}", preview.stdout);
    assert!(preview.stdout.contains("it changes no verdict"), "{}", preview.stdout);
    assert!(!preview.stderr.contains("certificates in force"), "{}", preview.stderr);
    assert!(preview.stderr.contains("no registry has reported"), "what it leaves open is talk: {}", preview.stderr);
}

#[test]
fn rows_of_a_watch_have_their_headings_also_where_none_comes() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(&format!("{words} --until-now -o csv")).expect("it runs").expect(0).stdout;
    for (words, headings) in [
        ("write-off watch --earliest", "REVISION,RECORDED,KIND,CERTIFICATE,DECLARATION,QUANTITY\n"),
        ("certificate watch --earliest", "REVISION,RECORDED,EVENT,CERTIFICATE,STATE AFTER,EFFECTIVE\n"),
        ("dispute watch --respondent bodies/nobody", "POSITION,DISPUTE,STATE,OPENED,ANSWER BY\n"),
    ] {
        assert_eq!(run(words), headings, "{words}");
    }
    for words in ["watch codes", "watch codes --earliest", "watch catalogue"] {
        let told = run(words);
        assert!(told.starts_with("REVISION,PUBLISHED\n") && told.lines().count() > 1, "{words}: {told}");
        assert_eq!(told.matches("REVISION").count(), 1, "{words}: {told}");
    }
}

#[test]
fn of_what_was_only_checked_the_table_says_that_nothing_was_changed() {
    checked().expect("it runs");
}

fn checked() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let key = shell.run("body key list aurora-cert -o name")?.expect(0).stdout;
    std::fs::write(shell.folder.path().join("change.yaml"), CHANGE)?;
    let clerk = "--token-file clerk.token";
    for (words, done) in [
        ("body create aurora-two --display-name A --economy XA".to_owned(), "--dry-run"),
        (format!("certificate suspend {certificate} --reason safety --remedy r --text t {clerk}"), "--dry-run"),
        ("change create --file change.yaml".to_owned(), "--dry-run"),
        // Not confirmed, it is a check too.
        (format!("certificate withdraw {certificate} --reason safety --text t {clerk}"), ""),
        (format!("body key retire {}", key.trim()), ""),
    ] {
        let told = shell.run(&format!("{words} {done}"))?.expect(0);
        let first = told.stdout.lines().next().unwrap_or_default();
        assert!(first.starts_with("Outcome ") && first.ends_with("checked only: nothing was changed"), "{told:?}");
    }
    let real = shell.run("change create --file change.yaml")?.expect(0).stdout;
    assert!(!real.contains("checked only"), "{real}");
    Ok(())
}
