//! A command as the beginning of a trace: when the environment names a collector, as OpenTelemetry's specification has it.

use std::path::PathBuf;

use greenlane_platform::telemetry::{self, TelemetryConfig};
use tracing::Instrument as _;

/// Where spans are sent.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Files of an `https` collector, which say nothing of others: its authorities, and our own certificate and key.
const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

/// Does the work of the command of this name; with a collector, as a span that the services' spans are below.
pub(crate) async fn traced<F: Future>(name: &str, work: F) -> F::Output {
    let endpoint = std::env::var(ENDPOINT).ok().filter(|endpoint| !endpoint.is_empty());
    let Some(endpoint) = endpoint else { return work.await };
    let is_tls = endpoint.starts_with("https://");
    let file = |name: &str| std::env::var_os(name).filter(|path| is_tls && !path.is_empty()).map(PathBuf::from);
    let config = TelemetryConfig {
        otlp_endpoint: Some(endpoint),
        otlp_ca: file(CERTIFICATE),
        otlp_cert: file(CLIENT_CERTIFICATE),
        otlp_key: file(CLIENT_KEY),
        sampling_ratio: 1.0,
        // Spans alone: what a command has to tell people it tells them itself.
        level: "off,greenlane::command=info,greenlane::rpc=info".to_owned(),
        ..TelemetryConfig::default()
    };
    // A trace that cannot be sent keeps no command from being done.
    let Ok(telemetry) = telemetry::init("greenlane", &config) else { return work.await };
    let span = tracing::info_span!(target: "greenlane::command", "command", otel.name = name, otel.kind = "internal");
    let done = work.instrument(span).await;
    telemetry.shutdown().await;
    done
}
