//! `greenlane up` as a child process.

use std::{
    ffi::OsStr,
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    net::Ipv4Addr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tokio::net::TcpSocket;

use crate::greenlane_path;

/// How long the process may take to come up, or to end, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ports of an installation that is started more than once. They are held and not listened at: nobody else is given them
/// in between.
#[derive(Debug)]
pub struct HeldPorts(Vec<(&'static str, TcpSocket)>);

impl HeldPorts {
    /// A free port for each service.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn new() -> anyhow::Result<Self> {
        let hold = |service: &'static str| -> anyhow::Result<(&'static str, TcpSocket)> {
            let held = TcpSocket::new_v4()?;
            held.set_reuseaddr(true)?;
            held.bind((Ipv4Addr::LOCALHOST, 0).into())?;
            Ok((service, held))
        };
        let held = ["registry", "equivalence", "classification"].into_iter().map(hold);
        Ok(Self(held.collect::<Result<_, _>>()?))
    }

    /// What makes `greenlane up` listen there, and at any port for HTTP.
    ///
    /// # Errors
    /// When the system does not tell a port.
    pub fn arguments(&self) -> anyhow::Result<Vec<String>> {
        let mut arguments = vec!["--http-port".to_owned(), "0".to_owned()];
        for (service, held) in &self.0 {
            arguments.extend([format!("--{service}-port"), held.local_addr()?.port().to_string()]);
        }
        Ok(arguments)
    }
}

/// A running `greenlane up`; killed when dropped.
#[derive(Debug)]
pub struct Up {
    child: Child,
    announcement: String,
}

impl Up {
    /// Starts it in a folder on free ports, with its data in `greenlane-data` there, and waits until it has said how to
    /// go on: from then on it takes calls.
    ///
    /// # Errors
    /// When it ends before; its stderr is in the error.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let any = ["--registry-port", "0", "--equivalence-port", "0", "--classification-port", "0", "--http-port", "0"];
        Self::start_with(folder, any)
    }

    /// The same with other arguments.
    ///
    /// # Errors
    /// When it ends before; its stderr is in the error.
    pub fn start_with<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> anyhow::Result<Self> {
        let errors = folder.join("up.stderr");
        let mut command = Command::new(greenlane_path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENLANE_")) {
            command.env_remove(name);
        }
        let mut child = command
            .arg("up")
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?)
            .spawn()?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                sender.send(line).ok();
            }
        });
        let deadline = Instant::now() + PATIENCE;
        let mut announcement = String::new();
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            announcement.push_str(&line);
            announcement.push('\n');
            if line.starts_with("Stop with") {
                return Ok(Self { child, announcement });
            }
        }
        child.kill().ok();
        let status = child.wait()?;
        let mut said = String::new();
        File::open(&errors)?.read_to_string(&mut said)?;
        bail!("`greenlane up` ended with {status} before it was up\n{announcement}{said}")
    }

    /// What it printed when it came up.
    pub fn announcement(&self) -> &str {
        &self.announcement
    }

    /// Sends it a signal (`INT`, `TERM`) and returns its exit code.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(mut self, signal: &str) -> anyhow::Result<i32> {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status()?;
        anyhow::ensure!(sent.success(), "kill failed");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code().unwrap_or(-1));
            }
            anyhow::ensure!(Instant::now() < deadline, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
