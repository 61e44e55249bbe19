//! The README's commands: those of its story are run as they stand there, and its two commands are those that CI runs.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use greenlane_e2e::{Run, Up, greenlane_path};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the checkout is there")
}

fn readme() -> String {
    fs::read_to_string(checkout().join("README.md")).expect("the README is there")
}

/// The `sh` blocks of a Markdown text up to its next heading.
fn blocks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line) {
            (None, "```sh") => open = Some(String::new()),
            (Some(_), "```") => found.extend(open.take()),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, line) if line.starts_with('#') => break,
            (None, _) => {}
        }
    }
    found
}

/// The commands of a block: comments left out, continued lines joined.
fn commands(block: &str) -> Vec<String> {
    let joined = block.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split(" # ").next().unwrap_or_default().trim().to_owned());
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// A folder that looks like a checkout where `greenlane` is on the path.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("greenlane-readme-").tempdir()?;
        symlink(checkout().join("deploy"), folder.path().join("deploy"))?;
        fs::create_dir(folder.path().join("bin"))?;
        symlink(greenlane_path(), folder.path().join("bin/greenlane"))?;
        Ok(Self(folder))
    }

    /// Runs a command line as a shell with `-e` and `pipefail` would.
    fn run(&self, line: &str) -> anyhow::Result<Run> {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENLANE_")) {
            command.env_remove(name);
        }
        let output = command
            .args(["-e", "-u", "-o", "pipefail", "-c", line])
            .env("PATH", format!("{}:{path}", self.0.path().join("bin").display()))
            .current_dir(self.0.path())
            .output()?;
        Ok(Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

#[test]
fn the_readmes_story_by_hand_runs_as_it_is_written() {
    tell().expect("the story runs");
}

fn tell() -> anyhow::Result<()> {
    let readme = readme();
    let (_, story) = readme.split_once("<!-- story:").context("the README marks its story")?;
    let story = blocks(story).iter().flat_map(|block| commands(block)).collect::<Vec<_>>();
    let folder = Folder::new()?;
    let up = Up::start(folder.0.path())?;
    let mut told = Vec::new();
    for line in story {
        let run = folder.run(&line)?;
        assert_eq!(run.code, 0, "$ {line}\n{}{}", run.stdout, run.stderr);
        told.push((line, run.stdout));
    }
    let said = |start: &str| -> Vec<&str> {
        told.iter().filter(|(line, _)| line.starts_with(start)).map(|(_, said)| said.as_str()).collect()
    };

    let [by_number, by_document, withdrawn] = said("greenlane verify")[..] else {
        panic!("the story verifies three times: {told:?}")
    };
    for accepted in [by_number, by_document] {
        assert!(accepted.contains("ACCEPTED") && !accepted.contains("REFUSED"), "{accepted}");
        assert!(accepted.contains("recognised here     yes"), "{accepted}");
    }
    assert!(withdrawn.contains("REFUSED") && withdrawn.contains("refused, exit code 10"), "{withdrawn}");
    assert!(said("greenlane code search")[0].contains("8541.43"), "the module's code is found");
    assert!(said("greenlane code translate")[0].contains("854140"), "its older code is found");
    assert!(said("greenlane certificate issue")[0].starts_with("certificates/GL"), "the certificate's name is printed");
    assert!(said("greenlane certificate history")[0].contains("Surveillance found cracked cells."), "the reason stays");
    assert!(said("greenlane log checkpoint")[0].contains('—'), "the checkpoint is signed");
    assert_eq!(up.stop("INT")?, 0, "Ctrl-C ends it cleanly");
    Ok(())
}

#[test]
fn the_readmes_two_commands_are_those_that_ci_runs() {
    let readme = readme();
    let (_, section) = readme.split_once("## Two commands\n").expect("the README has two commands");
    let both = blocks(section).iter().flat_map(|block| commands(block)).collect::<Vec<_>>();
    assert_eq!(both.len(), 2, "{both:?}");
    let ci = fs::read_to_string(checkout().join(".ci/run")).expect("CI is a script");
    for command in both {
        let runs = ci.lines().any(|line| !line.trim_start().starts_with('#') && line.contains(&command));
        assert!(runs, "CI does not run `{command}`");
    }
}
