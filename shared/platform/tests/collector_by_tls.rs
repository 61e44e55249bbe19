//! Traces reach a collector that speaks TLS alone.

#[path = "support/collector.rs"]
mod collector;
mod support;

use collector::{Collector, file, is_told};
use greenlane_platform::telemetry::{self, TelemetryConfig};
use tonic::transport::ServerTlsConfig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_whose_authority_is_named_gets_traces_by_tls() {
    let collector = Collector::default();
    let config = TelemetryConfig {
        otlp_endpoint: Some(collector.serve(ServerTlsConfig::new()).await),
        otlp_ca: Some(file("ca.pem")),
        sampling_ratio: 1.0,
        flush_timeout_ms: 20_000,
        ..TelemetryConfig::default()
    };
    let telemetry = telemetry::init("test", &config).unwrap();

    let told = collector.gets_a_call(telemetry).await;
    assert!(is_told(&told, "trusted authority"), "until when its authority is good: {told}");
    assert!(!is_told(&told, "client certificate"), "it is shown none: {told}");
}
