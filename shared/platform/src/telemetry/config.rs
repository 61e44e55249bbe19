//! Configuration of telemetry.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

/// Configuration of logs, traces and metrics.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// How log lines are written, to stderr.
    pub log_format: LogFormat,
    /// Which lines are written: `info`, or by target as in `info,greenlane_store=debug`.
    pub level: String,
    /// An OTLP collector for traces and metrics: `http://host:4317`, or `https://host:4317` for TLS. None: nothing is sent.
    pub otlp_endpoint: Option<String>,
    /// PEM file of the authorities that the certificate of an `https` collector must come from [default: what
    /// `SSL_CERT_FILE` names, or the system's own]. This and the next two are read again when they were renewed, for
    /// connections that are made from then on.
    pub otlp_ca: Option<PathBuf>,
    /// PEM file of our own certificate chain, for an `https` collector that demands one.
    pub otlp_cert: Option<PathBuf>,
    /// PEM file of the private key of that certificate.
    pub otlp_key: Option<PathBuf>,
    /// The share of traces recorded, 0 to 1, when the caller has not decided.
    pub sampling_ratio: f64,
    /// How often metrics are sent to the collector.
    pub metrics_interval_seconds: u64,
    /// How long the last send may take when the process ends.
    pub flush_timeout_ms: u64,
    /// Further resource attributes, such as `deployment.environment.name`.
    pub resource: BTreeMap<String, String>,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Json,
            level: "info".to_owned(),
            otlp_endpoint: None,
            otlp_ca: None,
            otlp_cert: None,
            otlp_key: None,
            sampling_ratio: 0.1,
            metrics_interval_seconds: 30,
            flush_timeout_ms: 2_000,
            resource: BTreeMap::new(),
        }
    }
}
