//! Commands that are fed line by line answer each line when it is there.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

use anyhow::Context as _;
use greenlane_e2e::{PATIENCE, greenlane_path};

use crate::Shell;

/// A command whose stdin stays open; killed when dropped.
struct Fed {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Fed {
    fn start(shell: &Shell, words: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(greenlane_path())
            .args(words.split_whitespace())
            .current_dir(shell.folder.path())
            .env("GREENLANE_HOME", shell.folder.path().join("home"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("stdout is piped")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|it| sender.send(it)));
        Ok(Self { stdin: child.stdin.take(), child, lines })
    }

    fn say(&mut self, line: &str) -> anyhow::Result<()> {
        let stdin = self.stdin.as_mut().context("stdin is piped")?;
        Ok(stdin.write_all(format!("{line}\n").as_bytes())?)
    }

    fn hear(&self) -> anyhow::Result<String> {
        self.lines.recv_timeout(PATIENCE).context("no answer")
    }

    /// No more is said; the exit code.
    fn end(mut self) -> anyhow::Result<Option<i32>> {
        self.stdin = None;
        Ok(self.child.wait()?.code())
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn each_line_is_answered_before_the_next_one_is_typed() {
    feed().expect("it runs");
}

fn feed() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;

    let mut manifest = Fed::start(&shell, "manifest verify - -o csv")?;
    manifest.say("certificate")?;
    manifest.say(&certificate)?;
    assert_eq!(manifest.hear()?, "LINE,CERTIFICATE,OUTCOME,WHY");
    assert!(manifest.hear()?.starts_with(&format!("2,{certificate},ACCEPTED,")));
    manifest.say("GLXA4HP9Z1PPYMB35F")?;
    assert!(manifest.hear()?.starts_with("3,GLXA4HP9Z1PPYMB35F,REFUSED,"));
    assert_eq!(manifest.end()?, Some(10));

    let mut portfolio = Fed::start(&shell, "manifest recognise - --destination XB -o csv")?;
    portfolio.say("body,code,origin,scheme")?;
    portfolio.say("aurora-cert,HS2022:854143,XA,schemes/aurelian-pv-mark")?;
    assert_eq!(portfolio.hear()?, "LINE,DESTINATION,OUTCOME,WHY");
    assert!(portfolio.hear()?.starts_with("2,XB,"));
    portfolio.end()?;

    let mut call = Fed::start(&shell, "call VerificationService/StreamVerify -")?;
    call.say(&format!(r#"{{"tag": "a", "request": {{"certificate": "{certificate}"}}}}"#))?;
    assert!(call.hear()?.contains(r#""tag":"a""#));
    call.say(&format!(r#"{{"tag": "b", "request": {{"certificate": "{certificate}"}}}}"#))?;
    assert!(call.hear()?.contains(r#""tag":"b""#));
    call.say(r#"{"tagg": "c"}"#)?;
    assert_eq!(call.end()?, Some(2), "what is no request is wrong usage");
    Ok(())
}
