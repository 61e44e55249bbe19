//! A process is a library call: telemetry, the caller's services, signals, drain, exit code.

use std::future::Future;
use std::process::ExitCode;

use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::server::{ServeError, Server};
use crate::telemetry::{self, TelemetryConfig};

/// What a process needs besides its services' own configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProcessConfig {
    /// Logs, traces, metrics.
    pub telemetry: TelemetryConfig,
    /// Threads that run the work. 0: one a core. 1: a single-threaded runtime, the fastest on one core.
    pub workers: usize,
}

/// Runs a process to its end: sets up the runtime and telemetry, lets `build` open stores and bind servers, serves them
/// until SIGTERM or SIGINT (or until the token handed to `build` is cancelled), drains, flushes telemetry.
///
/// The exit code is 0 after a clean end and 1 after a failure, which is logged.
pub fn run<B, F>(name: &'static str, config: &ProcessConfig, build: B) -> ExitCode
where
    B: FnOnce(CancellationToken) -> F,
    F: Future<Output = anyhow::Result<Vec<Server>>>,
{
    match try_run(name, config, build) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `{:#}` is the chain of causes on one line; `{:?}` would print a backtrace when one was captured.
            tracing::error!(error = format!("{error:#}"), "{name} failed");
            eprint_failure(name, &error);
            ExitCode::FAILURE
        }
    }
}

/// A failure before telemetry is up has no log to go to.
#[allow(clippy::print_stderr)]
fn eprint_failure(name: &str, error: &anyhow::Error) {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    eprintln!("{name}: {error:#}");
}

fn try_run<B, F>(name: &'static str, config: &ProcessConfig, build: B) -> anyhow::Result<()>
where
    B: FnOnce(CancellationToken) -> F,
    F: Future<Output = anyhow::Result<Vec<Server>>>,
{
    let runtime = runtime(config.workers)?;
    let result = runtime.block_on(async {
        let telemetry = telemetry::init(name, &config.telemetry)?;
        let shutdown = CancellationToken::new();
        let signals = tokio::spawn(cancel_on_signal(shutdown.clone()));
        // A signal during a long start (a migration) ends it too.
        let started = tokio::select! {
            started = build(shutdown.clone()) => started,
            () = shutdown.cancelled() => Ok(Vec::new()),
        };
        let served = match started {
            Ok(servers) => serve_all(servers, shutdown).await.map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        signals.abort();
        telemetry.shutdown().await;
        served
    });
    // Blocking work that hangs must not hold a process that has drained.
    runtime.shutdown_background();
    result
}

fn runtime(workers: usize) -> std::io::Result<Runtime> {
    match workers {
        0 => Builder::new_multi_thread().enable_all().build(),
        1 => Builder::new_current_thread().enable_all().build(),
        several => Builder::new_multi_thread().worker_threads(several).enable_all().build(),
    }
}

/// Cancels `shutdown` at the first SIGTERM or SIGINT; a second one ends the process at once.
async fn cancel_on_signal(shutdown: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::warn!("signals cannot be caught: the process will not drain");
        return;
    };
    for first in [true, false] {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        if first {
            tracing::info!(signal = name, "shutting down");
            shutdown.cancel();
        } else {
            tracing::warn!(signal = name, "a second signal: ending without a drain");
            std::process::exit(1);
        }
    }
}

/// Serves several servers at once until `shutdown`, then drains them all. When one fails, the others are drained too.
///
/// # Errors
/// The first failure.
pub async fn serve_all(
    servers: impl IntoIterator<Item = Server>,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let mut tasks = tokio::task::JoinSet::new();
    for server in servers {
        tasks.spawn(server.serve(shutdown.clone()));
    }
    let mut first = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let result = ended.unwrap_or_else(|panic| Err(ServeError::Config(format!("a server panicked: {panic}"))));
        if result.is_err() && first.is_ok() {
            shutdown.cancel();
            first = result;
        }
    }
    first
}

#[cfg(test)]
mod tests;
