//! The `greenlane` command as people and scripts use it.

mod answers;
mod audit;
mod care;
mod certificate;
mod change;
mod completion;
mod confirm;
mod documents;
mod examples;
mod exits;
mod fed;
mod help;
mod hints;
mod honoured;
mod json;
mod lists;
mod login;
mod object;
mod offline;
mod pack;
mod proof;
mod running;
mod scenario;
mod serve;
mod setup;
mod several;
mod skew;
mod speed;
mod streams;
mod transcripts;
mod up;
mod watch;
mod widths;

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use greenlane_e2e::{PATIENCE, Run, Up, greenlane};
use tempfile::TempDir;

/// A folder with an installation of its own running in it.
struct Shell {
    folder: TempDir,
    _up: Up,
}

impl Shell {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("greenlane-cli-").tempdir()?;
        let up = Up::start(folder.path())?;
        let shell = Self { folder, _up: up };
        shell.settle()?;
        Ok(shell)
    }

    /// Waits until both catalogues' first revisions are on record, so that what comes next has its place in the log.
    fn settle(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.run("log checkpoint -o json")?.expect(0).json()?["checkpoint"]["treeSize"] != 2 {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "the catalogues are not on record");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Runs a command; its words are parted by blanks. A verdict is asked for again where equivalence did not answer in the
    /// second that it is given: a busy machine takes longer over a first decision.
    fn run(&self, words: &str) -> anyhow::Result<Run> {
        let asks = words.starts_with("verify ") && !words.contains("--trust");
        let begun = Instant::now();
        loop {
            let run = greenlane(self.folder.path(), words.split_whitespace())?;
            let unanswered = run.code == 11 && run.stdout.contains("The equivalence service did not answer");
            if !asks || !unanswered || begun.elapsed() > PATIENCE {
                return Ok(run);
            }
        }
    }

    /// A body with a key, its clerk's token in `clerk.token`, and a certificate, whose name is returned.
    fn certify(&self) -> anyhow::Result<String> {
        self.run("body create aurora-cert --display-name Aurora --economy XA")?.expect(0);
        self.run("body key create bodies/aurora-cert")?.expect(0);
        self.run(
            "token mint --subject clerk --scope certificates.read --scope certificates.write \
             --body bodies/aurora-cert --out clerk.token",
        )?
        .expect(0);
        let issued = self.run(&format!(
            "certificate issue --body bodies/aurora-cert --file {} --token-file clerk.token -o name",
            example()?
        ))?;
        Ok(issued.expect(0).stdout.trim().to_owned())
    }
}

fn example() -> anyhow::Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples/pv-module.yaml").canonicalize()?;
    Ok(path.to_str().context("a path in UTF-8")?.to_owned())
}
