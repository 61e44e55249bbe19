//! Our services, each through the platform's own process, telemetry and server, as `greenlane serve` runs them.

use std::future::Future;
use std::path::Path;
use std::process::ExitCode;

use greenlane_platform::auth::{Authenticator, Rule};
use greenlane_platform::clock::Clock;
use greenlane_platform::process::{self, ProcessConfig};
use greenlane_platform::server::{Server, ServerConfig, Service};
use greenlane_store::StoreConfig;

use super::echo::{self, Echo};
use super::{Ready, Role};
use crate::identity;

/// Anyone with a token may have an echo.
const ECHO_RULES: &[Rule] = &[Rule::authenticated(echo::PATH)];

/// Serves one of ours until told to stop.
pub(super) fn serve<B, F>(role: Role, folder: &Path, build: B) -> ExitCode
where
    B: FnOnce() -> F,
    F: Future<Output = anyhow::Result<Service>>,
{
    // One core, one thread: as the baselines.
    let config = ProcessConfig { workers: 1, ..ProcessConfig::default() };
    process::run(role.name(), &config, |_| async {
        let service = build().await?;
        let authenticator = Authenticator::new(identity::trust(folder), Clock::system()).await?;
        let server = Server::bind(&ServerConfig::loopback(), authenticator, [service]).await?;
        let (ready, health) = (Ready { address: server.address() }, server.health());
        tokio::spawn(async move {
            health.serving().await;
            ready.announce()
        });
        Ok(vec![server])
    })
}

/// The echo inside everything that our services stand in: what the platform itself costs.
pub(super) async fn platform() -> anyhow::Result<Service> {
    Ok(Service::new("echo", ECHO_RULES).grpc(|_| Echo { authenticator: None }))
}

/// Classification with its starter catalogue, on SQLite.
pub(super) async fn classification(folder: &Path) -> anyhow::Result<Service> {
    let store = StoreConfig::at(format!("sqlite:{}", folder.join("classification.db").display()));
    let config = greenlane_classification::Config { store, starter: true, ..Default::default() };
    greenlane_classification::migrate(&config).await?;
    Ok(greenlane_classification::service(&config, Clock::system()).await?)
}
