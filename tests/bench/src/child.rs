//! Child processes: started, waited for, asked what they cost, ended.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child as Process, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::cpu;
use crate::roles::{Ready, Role};

/// A server under measurement.
#[derive(Debug)]
pub struct Child {
    process: Process,
    /// What it said of itself.
    pub ready: Ready,
}

impl Child {
    /// Starts this program again in another role, on the server's core, and waits until it can be called.
    ///
    /// # Errors
    /// When it ends instead.
    pub fn start(role: Role, folder: &Path, peers: &[SocketAddr], apart: bool) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("finding this program")?;
        let log = folder.join(format!("{}.log", role.name()));
        let mut process = Command::new(program)
            .args(["--role", role.name(), "--folder"])
            .arg(folder)
            .args(apart.then_some("--apart"))
            .args(peers.iter().map(|peer| format!("--peer={peer}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("starting {}", role.name()))?;
        let out = process.stdout.take().context("the child's output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        if line.is_empty() {
            let _ = process.kill();
            let status = process.wait()?;
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("{} ended before it could be called: {status}\n{said}", role.name());
        }
        let ready = serde_json::from_str(&line).with_context(|| format!("what {} said: {line}", role.name()))?;
        Ok(Self { process, ready })
    }

    /// Its number.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// CPU time that it used so far.
    ///
    /// # Errors
    /// When it is gone.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        cpu::time_of(self.process.id())
    }

    /// The memory that it has, in bytes.
    ///
    /// # Errors
    /// When it is gone.
    pub fn memory(&self) -> anyhow::Result<u64> {
        status(self.process.id(), "VmRSS:")
    }

    /// The most memory that it had so far, in bytes.
    ///
    /// # Errors
    /// When it is gone.
    pub fn peak_memory(&self) -> anyhow::Result<u64> {
        peak_memory(self.process.id())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The most memory that a process had so far, in bytes.
///
/// # Errors
/// When it is gone.
pub fn peak_memory(process: u32) -> anyhow::Result<u64> {
    status(process, "VmHWM:")
}

/// A figure of a process's status in KiB, as bytes.
fn status(process: u32, name: &str) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).context("a process without memory")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().context("an unexpected status file")?;
    Ok(kib * 1024)
}
