//! The connection below a client: TCP, TLS, or a pipe to a server of the same process.

use std::path::Path;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tonic::transport::{Certificate, Channel, ClientTlsConfig as TonicTls, Endpoint, Identity, Uri};
use tower::service_fn;

use super::{ClientConfig, ClientError, ClientTlsConfig};
use crate::{authorities, server::InProcess};

/// Windows: what one call, and a whole connection, may receive before it is read.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// How often an idle connection is pinged, and how long the answer may take.
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A channel to the configured URI.
pub(super) fn to_uri(config: &ClientConfig) -> Result<Channel, ClientError> {
    let mut endpoint = endpoint(&config.uri, config)?;
    match (endpoint.uri().scheme_str(), &config.tls) {
        (Some("http"), None) => {}
        (Some("https"), tls) => {
            let tls = tls_config(&tls.clone().unwrap_or_default())?;
            endpoint = endpoint.tls_config(tls).map_err(|error| ClientError::Config(format!("tls: {error}")))?;
        }
        (Some("http"), Some(_)) => {
            return Err(ClientError::Config(format!("tls is configured, but {} is plain http", config.uri)));
        }
        _ => return Err(ClientError::Config(format!("{:?} is no http or https URI", config.uri))),
    }
    Ok(endpoint.connect_lazy())
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
    Ok(endpoint
        .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true))
}

fn tls_config(config: &ClientTlsConfig) -> Result<TonicTls, ClientError> {
    let ca = authorities::file(config.ca.as_deref()).map_err(|why| ClientError::Config(format!("tls.ca: {why}")))?;
    let mut tls = TonicTls::new().ca_certificate(Certificate::from_pem(read(&ca)?));
    match (&config.cert, &config.key) {
        (Some(cert), Some(key)) => tls = tls.identity(Identity::from_pem(read(cert)?, read(key)?)),
        (None, None) => {}
        _ => return Err(ClientError::Config("tls.cert and tls.key belong together".to_owned())),
    }
    if let Some(domain) = &config.domain {
        tls = tls.domain_name(domain.clone());
    }
    Ok(tls)
}

fn read(path: &Path) -> Result<Vec<u8>, ClientError> {
    std::fs::read(path).map_err(|source| ClientError::File { path: path.display().to_string(), source })
}
