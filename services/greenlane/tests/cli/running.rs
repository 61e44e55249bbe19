//! A command in the background that is fed and listened to line by line.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use anyhow::Context as _;
use greenlane_e2e::{PATIENCE, greenlane_path};

/// Killed when dropped.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Running {
    /// Starts it; its words are parted by blanks. What it says on stderr is heard like what it writes.
    pub(crate) fn start(folder: &Path, words: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(greenlane_path())
            .args(words.split_whitespace())
            .current_dir(folder)
            .env("GREENLANE_HOME", folder.join("home"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, lines) = mpsc::channel();
        hand_over(child.stdout.take().context("stdout is piped")?, sender.clone());
        hand_over(child.stderr.take().context("stderr is piped")?, sender);
        Ok(Self { stdin: child.stdin.take(), child, lines })
    }

    /// Types a line.
    pub(crate) fn say(&mut self, line: &str) -> anyhow::Result<()> {
        let stdin = self.stdin.as_mut().context("stdin is piped")?;
        Ok(stdin.write_all(format!("{line}\n").as_bytes())?)
    }

    /// The next line.
    pub(crate) fn hear(&self) -> anyhow::Result<String> {
        self.lines.recv_timeout(PATIENCE).context("no answer")
    }

    /// Waits for a line with this in it.
    pub(crate) fn wait_for(&self, text: &str) -> anyhow::Result<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).with_context(|| format!("no `{text}` in {seen:?}"))?;
            if line.contains(text) {
                return Ok(line);
            }
            seen.push(line);
        }
    }

    /// Types no more; the exit code.
    pub(crate) fn end(mut self) -> anyhow::Result<Option<i32>> {
        self.stdin = None;
        Ok(self.child.wait()?.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn hand_over(from: impl Read + Send + 'static, to: Sender<String>) {
    thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
}
