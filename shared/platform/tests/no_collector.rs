//! A collector that does not answer slows nothing and holds nothing.

mod support;

use std::time::Duration;

use greenlane_platform::client::{ClientConfig, connect};
use greenlane_platform::server::ServerConfig;
use greenlane_platform::telemetry::{self, TelemetryConfig};
use support::{ask, relay};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_and_the_process_ends_in_time_when_the_collector_is_silent() {
    // It accepts connections into its backlog and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = TelemetryConfig {
        otlp_endpoint: Some(format!("http://{}", silent.local_addr().unwrap())),
        sampling_ratio: 1.0,
        metrics_interval_seconds: 1,
        flush_timeout_ms: 300,
        ..TelemetryConfig::default()
    };
    let telemetry = telemetry::init("test", &config).unwrap();
    let shutdown = CancellationToken::new();
    let server = relay(&ServerConfig::loopback(), None).await.unwrap();
    let client = connect(&ClientConfig::to(server.uri())).unwrap();
    let served = tokio::spawn(server.serve(shutdown.clone()));
    for _ in 0..3_000 {
        ask(client.clone()).await.unwrap();
    }
    shutdown.cancel();
    served.await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(5), telemetry.shutdown()).await.unwrap();
}

#[test]
fn a_collector_by_tls_or_without_a_scheme_is_refused_with_a_way_out() {
    for endpoint in ["https://collector:4317", "collector:4317", ""] {
        let config = TelemetryConfig { otlp_endpoint: Some(endpoint.to_owned()), ..TelemetryConfig::default() };
        let refused = telemetry::init("test", &config).err().map(|error| error.to_string());
        let refused = refused.expect("such a collector is not spoken to");
        assert!(refused.starts_with(&format!("telemetry.otlp_endpoint {endpoint:?} is no http://")), "{refused}");
        assert!(refused.contains("one beside this process"), "{refused}");
    }
}
