//! The examples of the help run, on the data of the README's story.

use std::{
    path::Path,
    process::{Command, Output},
};

use anyhow::Context as _;
use greenlane_e2e::greenlane_path;

use crate::{Shell, help};

/// The certificate's number in the examples.
const NUMBER: &str = "GLXA4HP9Z1PPYMB35F";

/// What cannot be run here: it goes on until it is stopped, asks somebody else, or stands for more than is said.
const NOT_RUN: &[&str] = &["…", "login", "context ", "dispute watch --respondent", "dispute.yaml", "questions.ndjson"];

/// What makes a file that other examples read comes before them.
const MAKE: &[&str] = &[
    "greenlane token mint",
    "greenlane bundle",
    "greenlane pack --out",
    "greenlane log checkpoint",
    "greenlane log inclusion",
    "greenlane verify certificate.jwt --statement-out",
    "greenlane verify certificate.jwt --proof-out",
];

/// Files that the examples read and that somebody has already.
const FILES: &[(&str, &str)] = &[
    ("report.pdf", "a report"),
    ("photo.jpg", "a photograph"),
    ("manifest.csv", "certificate,code,origin,model\nNUMBER,HS2022:854143,XA,EX-450M\n"),
    (
        "portfolio.csv",
        "code,origin,body,body_economy,standard\nHS2022:854143,XA,bodies/aurora-cert,XA,standards/iec-61215-1-2021\n",
    ),
];

#[test]
fn every_example_of_the_help_runs_on_the_story_of_the_readme() {
    examples().expect("they run");
}

fn examples() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let number = certificate.trim_start_matches("certificates/");
    let document = shell.run(&format!("certificate get {number} --document"))?.expect(0).stdout;
    let write = |name: &str, text: &str| std::fs::write(shell.folder.path().join(name), text);
    write("certificate.jwt", &document)?;
    for (name, text) in FILES {
        write(name, &text.replace("NUMBER", number))?;
    }
    let mut found = Vec::new();
    walk(&[], &mut found);
    found.sort();
    found.dedup();
    found.sort_by_key(|line| !MAKE.iter().any(|begin| line.starts_with(begin)));
    assert!(found.len() > 20, "{found:#?}");
    let mut failed = String::new();
    for line in found.iter().filter(|line| !NOT_RUN.iter().any(|it| line.contains(it))) {
        let ran = sh(shell.folder.path(), &line.replace(NUMBER, number))?;
        if !ran.status.success() {
            failed.push_str(&format!("$ {line}\n{}[{}]\n", String::from_utf8_lossy(&ran.stderr), ran.status));
        }
    }
    assert!(failed.is_empty(), "{failed}");
    Ok(())
}

fn sh(folder: &Path, line: &str) -> anyhow::Result<Output> {
    let command = greenlane_path();
    let bin = command.parent().context("the command is in a folder")?;
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut sh = Command::new("sh");
    sh.args(["-c", line]).current_dir(folder).env("PATH", path).env("GREENLANE_HOME", folder.join("home"));
    Ok(sh.output()?)
}

/// The examples of a command and of those below it, each on one line.
fn walk(words: &[String], found: &mut Vec<String>) {
    let text = help::help(words);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix("  greenlane ") else { continue };
        let mut whole = format!("greenlane {rest}");
        while let Some(begun) = whole.strip_suffix('\\') {
            whole = format!("{}{}", begun, lines.next().unwrap_or_default().trim_start());
        }
        let next = lines.peek().copied().unwrap_or_default();
        let is_whole = next.is_empty() || !next.starts_with("  ") || next.starts_with("  greenlane ");
        assert!(is_whole, "an example is broken where nobody may break it: {whole}\n{next}");
        found.push(whole);
    }
    for name in help::commands(words) {
        walk(&[words, &[name]].concat(), found);
    }
}
