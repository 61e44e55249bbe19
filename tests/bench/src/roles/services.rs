//! Our services, each through the platform's own process, telemetry and server, as `greenlane serve` runs them.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use greenlane_platform::auth::{Authenticator, Rule};
use greenlane_platform::client::{Client, ClientConfig, connect};
use greenlane_platform::clock::Clock;
use greenlane_platform::config::Secret;
use greenlane_platform::process::{self, ProcessConfig};
use greenlane_platform::server::{Server, ServerConfig, Service};
use greenlane_registry::Peers;
use greenlane_store::StoreConfig;

use super::echo::{self, Echo};
use super::insert::Engine;
use super::{Ready, Role};
use crate::{database, identity};

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
    let store = sqlite(folder, "classification");
    let config = greenlane_classification::Config { store, starter: true, ..Default::default() };
    greenlane_classification::migrate(&config).await?;
    Ok(greenlane_classification::service(&config, Clock::system()).await?)
}

/// Classification with whatever its database has: what is imported stays for the next start.
pub(super) async fn classification_whole(folder: &Path) -> anyhow::Result<Service> {
    let store = sqlite(folder, "classification-whole");
    let config = greenlane_classification::Config { store, starter: true, ..Default::default() };
    greenlane_classification::migrate(&config).await?;
    Ok(greenlane_classification::service(&config, Clock::system()).await?)
}

/// Equivalence with its starter catalogue, on SQLite.
pub(super) async fn equivalence(folder: &Path, peers: &[SocketAddr]) -> anyhow::Result<Service> {
    let config =
        greenlane_equivalence::Config { store: sqlite(folder, "equivalence"), starter: true, ..Default::default() };
    greenlane_equivalence::migrate(&config).await?;
    greenlane_equivalence::service(&config, Clock::system(), Some(client(folder, peers)?)).await
}

/// A registry with nothing in it.
pub(super) async fn registry(engine: Engine, folder: &Path, peers: &[SocketAddr]) -> anyhow::Result<Service> {
    let (store, keys) = match engine {
        Engine::Sqlite => (sqlite(folder, "registry"), "keys-sqlite"),
        Engine::Postgres => (StoreConfig::at(database::fresh_postgres().await?), "keys-postgres"),
    };
    let config = greenlane_registry::Config { store, key_directory: folder.join(keys), ..Default::default() };
    greenlane_registry::migrate(&config).await?;
    let peers = Peers { equivalence: Some(client(folder, peers)?), classification: None };
    Ok(greenlane_registry::service(&config, Clock::system(), peers).await?)
}

fn sqlite(folder: &Path, service: &str) -> StoreConfig {
    StoreConfig::at(format!("sqlite:{}", folder.join(format!("{service}.db")).display()))
}

/// A channel to the one service that is called.
fn client(folder: &Path, peers: &[SocketAddr]) -> anyhow::Result<Client> {
    let peer = peers.first().context("the service to call was not named")?;
    let token = Secret::from_file(identity::service_token(folder));
    Ok(connect(&ClientConfig::to(format!("http://{peer}")).with_token(token))?)
}
