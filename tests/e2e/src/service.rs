//! A service as a process of its own.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use greenlane_platform::client::{Client, ClientConfig, connect};
use greenlane_platform::config::Secret;

use crate::greenlane_path;

/// How long a process may take to listen, or to end, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `greenlane serve …`; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Process {
    /// Starts a service with a configuration file and waits until it says where it listens.
    ///
    /// # Errors
    /// When it ends before.
    pub fn start(service: &str, config: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(greenlane_path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENLANE_")) {
            command.env_remove(name);
        }
        let mut child = command
            .args(["serve", service, "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let (sender, lines) = mpsc::channel();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&log);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
                // Nobody listens after the start; the pipe must be emptied all the same.
                sender.send(line).ok();
            }
        });
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Some(address) = address(&line, "listening") {
                return Ok(Self { child, address, log, reader: Some(reader) });
            }
            seen.push(line);
        }
        child.kill().ok();
        child.wait().ok();
        bail!("{service} does not listen:\n{}", seen.join("\n"))
    }

    /// The lines of its log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has not ended.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URI.
    pub fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it serves plain HTTP. None: nowhere.
    pub fn site(&self) -> Option<SocketAddr> {
        self.log().iter().find_map(|line| address(line, "the HTTP listener is up"))
    }

    /// A sample of its metrics, by name and labels as Prometheus reads them: `name_total{label="value"}`, of which there
    /// may be more labels. None: there is no such sample.
    ///
    /// # Errors
    /// When it does not tell its metrics.
    pub fn metric(&self, name: &str, label: &str) -> anyhow::Result<Option<f64>> {
        let log = self.log();
        let at = log.iter().find_map(|line| address(line, "the admin listener is up")).context("no admin listener")?;
        let mut connection = TcpStream::connect(at)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.write_all(b"GET /metrics HTTP/1.1\r\nhost: metrics\r\nconnection: close\r\n\r\n")?;
        let mut told = String::new();
        connection.read_to_string(&mut told)?;
        let sample = told
            .lines()
            .find(|line| line.split_once('{').is_some_and(|(found, labels)| found == name && labels.contains(label)));
        let value = sample.and_then(|sample| sample.rsplit_once(' ')).map(|(_, value)| value.parse()).transpose()?;
        Ok(value)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A channel to it, with this token.
    ///
    /// # Errors
    /// When the address is none.
    pub fn client(&self, token: &str) -> anyhow::Result<Client> {
        Ok(connect(&self.client_config().with_token(Secret::from_value(token)))?)
    }

    /// A channel to it without a token.
    ///
    /// # Errors
    /// When the address is none.
    pub fn client_without_token(&self) -> anyhow::Result<Client> {
        Ok(connect(&self.client_config())?)
    }

    fn client_config(&self) -> ClientConfig {
        ClientConfig { timeout_ms: 60_000, background_timeout_ms: Some(60_000), ..ClientConfig::to(self.uri()) }
    }

    /// Ends it as a power cut would: SIGKILL, nothing is flushed.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end (SIGTERM) and returns its exit code and how long it took.
    ///
    /// # Errors
    /// When it does not end.
    pub fn terminate(self) -> anyhow::Result<(i32, Duration)> {
        self.terminate_with_log().map(|(code, elapsed, _)| (code, elapsed))
    }

    /// The same, and its whole log.
    ///
    /// # Errors
    /// When it does not end.
    pub fn terminate_with_log(mut self) -> anyhow::Result<(i32, Duration, Vec<String>)> {
        let begun = Instant::now();
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        anyhow::ensure!(status.success(), "kill failed");
        loop {
            if let Some(status) = self.child.try_wait()? {
                let elapsed = begun.elapsed();
                if let Some(reader) = self.reader.take() {
                    // It ends with the process's end of the pipe.
                    reader.join().ok();
                }
                return Ok((status.code().unwrap_or(-1), elapsed, self.log()));
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The address in a line of the JSON log that has this message.
fn address(line: &str, message: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").unwrap_or(&line);
    if fields.get("message")?.as_str()? != message {
        return None;
    }
    fields.get("address")?.as_str()?.parse().ok()
}
