//! A whole scenario as a script: a new annex, from the proposal to the first certificate recognised under it.

use std::{path::Path, process::Command};

use anyhow::Context as _;
use greenlane_e2e::greenlane_path;

use crate::Shell;

#[test]
fn a_new_annex_goes_from_its_file_to_the_first_certificate_recognised_under_it() {
    scenario().expect("it runs");
}

#[test]
fn it_goes_the_same_way_where_the_story_of_the_readme_was_told_before() {
    let shell = Shell::new().expect("it starts");
    shell.certify().expect("a body, its key and a certificate");
    told(&shell).expect("it runs");
}

fn scenario() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    told(&shell)?;
    // Told again, it says what is there already, and goes on from there.
    let (said, talk) = run(&shell)?;
    for part in ["The annex is there already", "annexes/xa-xe-pv-modules  unchanged", "GL/N/XF/2"] {
        assert!(said.contains(part), "`{part}` is not in:\n{said}\n{talk}");
    }
    assert!(!said.contains("annexes/xa-xe-pv-modules  created"), "{said}");
    Ok(())
}

/// Runs the script to its end. Gives what it said to stdout and to stderr.
fn run(shell: &Shell) -> anyhow::Result<(String, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples/new-annex/run.sh").canonicalize()?;
    let command = greenlane_path();
    let folder = command.parent().context("the command is in a folder")?;
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let run = Command::new("sh").arg(&script).current_dir(shell.folder.path()).env("PATH", path).output()?;
    let (said, talk) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{}\n{said}\n{talk}", run.status);
    Ok((said.into_owned(), talk.into_owned()))
}

fn told(shell: &Shell) -> anyhow::Result<()> {
    let (said, talk) = run(shell)?;
    for part in [
        "+ annexes/xa-xe-pv-modules",
        "annexes/xa-xe-pv-modules  would be created",
        "annexes/xa-xe-pv-modules  unchanged",
        "GL/N/XF/1",
        "Bodies of XA should be accepted too.",
    ] {
        assert!(said.contains(part), "`{part}` is not in:\n{said}\n{talk}");
    }
    for part in ["FOUR_EYES", "nothing differs", "comments are taken until"] {
        assert!(talk.contains(part), "`{part}` is not in:\n{said}\n{talk}");
    }
    Ok(())
}
