//! Where traces and metrics are sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use opentelemetry_otlp::{WithExportConfig, WithTonicConfig};
use tonic::transport::{Certificate, ClientTlsConfig};

use super::{TelemetryConfig, TelemetryError};
use crate::authorities::{self, TrustedFile};

/// How long one send may take.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// A collector that is spoken to by OTLP.
pub(super) struct Collector {
    endpoint: String,
    /// None: without TLS.
    tls: Option<ClientTlsConfig>,
    /// The file of its authorities that was named.
    ca: Option<PathBuf>,
}

impl Collector {
    /// The one that is configured, if one is.
    pub(super) fn configured(config: &TelemetryConfig) -> Result<Option<Self>, TelemetryError> {
        let Some(endpoint) = config.otlp_endpoint.clone() else { return Ok(None) };
        let ca = config.otlp_ca.clone();
        let tls = match endpoint.split_once("://") {
            Some(("https", _)) => Some(believing(ca.as_deref()).map_err(refused)?),
            Some(("http", _)) if ca.is_none() => None,
            Some(("http", _)) => return Err(refused(format!("without TLS, {endpoint:?} shows no certificate"))),
            _ => {
                let text = format!("otlp_endpoint {endpoint:?} is neither http://HOST:PORT nor https://HOST:PORT");
                return Err(TelemetryError::Config(text));
            }
        };
        Ok(Some(Self { endpoint, tls, ca }))
    }

    /// An exporter that sends to it.
    pub(super) fn receives<B: WithExportConfig + WithTonicConfig>(&self, exporter: B) -> B {
        let exporter = exporter.with_endpoint(self.endpoint.clone()).with_timeout(EXPORT_TIMEOUT);
        match &self.tls {
            Some(tls) => exporter.with_tls_config(tls.clone()),
            None => exporter,
        }
    }

    /// Tells until when the authorities are good that were named for it, for as long as somebody holds this.
    pub(super) fn tell_authorities(&self) -> Option<Arc<TrustedFile>> {
        let uri: Uri = self.endpoint.parse().ok()?;
        Some(TrustedFile::tell(self.ca.clone()?, uri.host()?))
    }
}

fn refused(why: String) -> TelemetryError {
    TelemetryError::Config(format!("otlp_ca: {why}"))
}

/// TLS with the authorities of this file, or of the system's, as they are now.
fn believing(ca: Option<&Path>) -> Result<ClientTlsConfig, String> {
    let ca = authorities::file(ca)?;
    authorities::roots(&ca)?;
    let pem = std::fs::read(&ca).map_err(|error| format!("{}: {error}", ca.display()))?;
    Ok(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)))
}
