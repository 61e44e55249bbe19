//! A server that runs while a test does.

use std::sync::Arc;
use std::time::Duration;

use greenlane_api::classification::v1::code_system_service_server::CodeSystemServiceServer;
use greenlane_api::classification::v1::lookup_service_server::LookupServiceServer;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use super::Echo;
use crate::auth::{AuthConfig, Authenticator, Rule};
use crate::clock::Clock;
use crate::grpc;
use crate::server::{HealthState, InProcess, ServeError, Server, ServerConfig, Service};

const PUBLIC: &[Rule] = &[
    Rule::public("/greenlane.classification.v1.LookupService/GetCode"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/WatchRevisions"),
];

/// A running server.
pub(crate) struct Running {
    pub(crate) uri: String,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) metrics: Option<std::net::SocketAddr>,
    pub(crate) health: HealthState,
    pub(crate) in_process: InProcess,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), ServeError>>,
}

/// The scripted service, open to anyone.
pub(crate) fn public(echo: &Echo) -> Service {
    Service::new("echo", PUBLIC)
        .grpc(grpc!(LookupServiceServer::new(echo.clone())))
        .grpc(grpc!(CodeSystemServiceServer::new(echo.clone())))
}

/// An authenticator that believes no token.
pub(crate) async fn authenticator() -> Arc<Authenticator> {
    Authenticator::new(AuthConfig::default(), Clock::system()).await.unwrap()
}

/// Starts a server of this service.
pub(crate) async fn start(config: &ServerConfig, service: Service) -> Running {
    Running::of(Server::bind(config, authenticator().await, [service]).await.unwrap())
}

impl Running {
    /// Runs a server that is bound.
    pub(crate) fn of(server: Server) -> Self {
        let shutdown = CancellationToken::new();
        Self {
            uri: server.uri(),
            address: server.address(),
            metrics: server.metrics_address(),
            health: server.health(),
            in_process: server.in_process(),
            task: tokio::spawn(server.serve(shutdown.clone())),
            shutdown,
        }
    }

    /// A bare channel to it, on a connection of its own.
    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(self.uri.clone()).unwrap().connect().await.unwrap()
    }

    /// Tells it to end and waits, at most so long. Whether it ended.
    pub(crate) async fn end_within(self, bound: Duration) -> bool {
        self.shutdown.cancel();
        tokio::time::timeout(bound, self.task).await.is_ok_and(|ended| ended.is_ok_and(|served| served.is_ok()))
    }
}
