//! The connection below a client: TCP, TLS, or a pipe to a server of the same process.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use super::tls::Connector;
use super::{ClientConfig, ClientError};
use crate::server::InProcess;

/// Windows: what one call, and a whole connection, may receive before it is read.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// How often an idle connection is pinged, and how long the answer may take.
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A channel to the configured URI.
pub(super) fn to_uri(config: &ClientConfig) -> Result<Channel, ClientError> {
    let there = endpoint(&config.uri, config)?;
    match (there.uri().scheme_str(), &config.tls) {
        (Some("http"), None) => Ok(there.connect_lazy()),
        (Some("https"), _) => over_tls(there.uri(), config),
        (Some("http"), Some(_)) => {
            Err(ClientError::Config(format!("tls is configured, but {} is plain http", config.uri)))
        }
        _ => Err(ClientError::Config(format!("{:?} is no http or https URI", config.uri))),
    }
}

fn over_tls(uri: &Uri, config: &ClientConfig) -> Result<Channel, ClientError> {
    let connector = Connector::new(uri, config).map_err(|why| ClientError::Config(format!("tls: {why}")))?;
    connector.tell();
    Ok(Arc::new(connector).channel(|plain| settled(plain, config)))
}

/// A channel to a server of the same process.
pub(super) fn to_process(config: &ClientConfig, server: InProcess) -> Result<Channel, ClientError> {
    let endpoint = endpoint("http://in-process", config)?;
    Ok(endpoint.connect_with_connector_lazy(service_fn(move |_: Uri| {
        let server = server.clone();
        async move { server.connect().await.map(TokioIo::new) }
    })))
}

fn endpoint(uri: &str, config: &ClientConfig) -> Result<Endpoint, ClientError> {
    let endpoint =
        Endpoint::from_shared(uri.to_owned()).map_err(|error| ClientError::Config(format!("uri {uri:?}: {error}")))?;
    Ok(settled(endpoint, config))
}

fn settled(endpoint: Endpoint, config: &ClientConfig) -> Endpoint {
    endpoint
        .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
}
