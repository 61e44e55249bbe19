//! Where traces and metrics are sent.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use opentelemetry_otlp::{WithExportConfig, WithTonicConfig};

use super::{TelemetryConfig, TelemetryError};
use crate::authorities;
use crate::client::{ClientConfig, ClientTlsConfig, Connector};
use crate::tls;

/// How long one send may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// A collector that is spoken to by OTLP.
pub(super) struct Collector {
    endpoint: String,
    /// None: without TLS.
    tls: Option<Arc<Connector>>,
}

impl Collector {
    /// The one that is configured, if one is.
    pub(super) fn configured(config: &TelemetryConfig) -> Result<Option<Self>, TelemetryError> {
        let Some(endpoint) = config.otlp_endpoint.clone() else { return Ok(None) };
        let tls = match endpoint.split_once("://") {
            Some(("https", _)) => Some(Arc::new(connector(&endpoint, config)?)),
            Some(("http", _)) => {
                let files =
                    [("otlp_ca", &config.otlp_ca), ("otlp_cert", &config.otlp_cert), ("otlp_key", &config.otlp_key)];
                if let Some((setting, _)) = files.into_iter().find(|(_, file)| file.is_some()) {
                    let why = format!("without TLS, {endpoint:?} shows no certificate and asks for none");
                    return Err(refused(setting, &why));
                }
                None
            }
            _ => {
                let text = format!("otlp_endpoint {endpoint:?} is neither http://HOST:PORT nor https://HOST:PORT");
                return Err(TelemetryError::Config(text));
            }
        };
        Ok(Some(Self { endpoint, tls }))
    }

    /// An exporter that sends to it, made on a Tokio runtime.
    pub(super) fn receives<B: WithExportConfig + WithTonicConfig>(&self, exporter: B) -> B {
        let exporter = exporter.with_endpoint(self.endpoint.clone()).with_timeout(EXPORT_TIMEOUT);
        let Some(tls) = &self.tls else { return exporter };
        // Without the pings of channels between services: collectors, of gRPC in Go, hang up on whoever sends many.
        let channel = tls.clone().channel(|plain| plain.timeout(EXPORT_TIMEOUT).connect_timeout(EXPORT_TIMEOUT));
        exporter.with_channel(channel)
    }

    /// Tells until when the certificate is good that it is shown, and the authorities that were named for it: as metrics,
    /// for as long as something is sent to it.
    pub(super) fn tell(&self) {
        if let Some(tls) = &self.tls {
            tls.tell();
        }
    }
}

fn refused(setting: &str, why: &str) -> TelemetryError {
    TelemetryError::Config(format!("{setting}: {why}"))
}

/// Makes connections to it, with the files as they are by then. What cannot be used now is refused by its setting.
fn connector(endpoint: &str, config: &TelemetryConfig) -> Result<Connector, TelemetryError> {
    let TelemetryConfig { otlp_ca, otlp_cert, otlp_key, .. } = config;
    let believed = authorities::file(otlp_ca.as_deref()).and_then(|ca| authorities::roots(&ca));
    believed.map_err(|why| refused("otlp_ca", &why))?;
    match (otlp_cert, otlp_key) {
        (Some(cert), Some(key)) => {
            tls::certificates(cert).map_err(|why| refused("otlp_cert", &why))?;
            tls::key(key).map_err(|why| refused("otlp_key", &why))?;
        }
        (None, None) => {}
        (Some(_), None) => return Err(refused("otlp_cert", "without otlp_key")),
        (None, Some(_)) => return Err(refused("otlp_key", "without otlp_cert")),
    }
    let uri = endpoint.parse::<Uri>().map_err(|error| no_address(endpoint, &error))?;
    let (ca, cert, key) = (otlp_ca.clone(), otlp_cert.clone(), otlp_key.clone());
    let tls = ClientTlsConfig { ca, cert, key, ..ClientTlsConfig::default() };
    let to_it = ClientConfig { tls: Some(tls), ..ClientConfig::to(endpoint) };
    Connector::new(&uri, &to_it).map_err(|why| no_address(endpoint, &why))
}

fn no_address(endpoint: &str, why: &dyn Display) -> TelemetryError {
    TelemetryError::Config(format!("otlp_endpoint {endpoint:?}: {why}"))
}
