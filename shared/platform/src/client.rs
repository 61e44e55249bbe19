//! Calling other services: never without a deadline, with the caller's token, trace and bounded retries.

mod config;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;

pub use self::config::{ClientConfig, ClientTlsConfig};
use crate::server::InProcess;

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The configuration contradicts itself.
    #[error("client configuration: {0}")]
    Config(String),
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// A channel to another service; cheap to clone, to be handed to a generated client (`XClient::new(channel)`).
///
/// Every call carries a deadline: the explicit `grpc-timeout` of the request, what is left of the work at hand
/// ([`crate::deadline`]) minus a slice for our own answer, or the configured one for background work. Without any it
/// is refused. Unary calls that answer UNAVAILABLE are retried a bounded number of times.
#[derive(Clone, Debug)]
pub struct Client {
    channel: tonic::transport::Channel,
}

/// Makes a channel from its configuration. It connects at the first call and again whenever it must.
///
/// # Errors
/// When the URI is wrong or a TLS file cannot be read.
pub fn connect(config: &ClientConfig) -> Result<Client, ClientError> {
    let endpoint = tonic::transport::Endpoint::from_shared(config.uri.clone())
        .map_err(|error| ClientError::Config(format!("uri {:?}: {error}", config.uri)))?;
    Ok(Client { channel: endpoint.connect_lazy() })
}

/// Makes a channel to a server of the same process. The URI of the configuration is not used.
///
/// # Errors
/// When the configuration contradicts itself.
pub fn connect_in_process(config: &ClientConfig, server: InProcess) -> Result<Client, ClientError> {
    let _ = server;
    connect(config)
}

impl tower_service::Service<http::Request<Body>> for Client {
    type Response = http::Response<Body>;
    type Error = tonic::Status;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let mut channel = self.channel.clone();
        Box::pin(async move {
            tower_service::Service::call(&mut channel, request)
                .await
                .map_err(|error| tonic::Status::unavailable(error.to_string()))
        })
    }
}
