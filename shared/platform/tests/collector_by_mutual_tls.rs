//! Traces reach a collector that demands a certificate.

#[path = "support/collector.rs"]
mod collector;
mod support;

use std::time::Duration;

use collector::{Collector, file, is_told};
use greenlane_platform::telemetry::{self, TelemetryConfig};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_demands_a_certificate_is_shown_ours_as_it_is_when_we_connect() {
    let authority = || Certificate::from_pem(std::fs::read(file("ca.pem")).unwrap());
    let collector = Collector::default();
    let endpoint = collector.serve(ServerTlsConfig::new().client_ca_root(authority())).await;
    // Nobody is let in without one, or with one of another authority.
    let believing = ClientTlsConfig::new().ca_certificate(authority());
    let [cert, key] = ["workloads/other.pem", "workloads/other.key"].map(|name| std::fs::read(file(name)).unwrap());
    for tls in [believing.clone(), believing.identity(Identity::from_pem(cert, key))] {
        let channel = Endpoint::from_shared(endpoint.clone()).unwrap().tls_config(tls).unwrap().connect_lazy();
        let refused = TraceServiceClient::new(channel).export(ExportTraceServiceRequest::default()).await;
        assert!(refused.is_err(), "{refused:?}");
    }

    let folder = tempfile::tempdir().unwrap();
    let own = |name: &str| folder.path().join(name);
    let become_whom = |who: &str| {
        for ending in ["pem", "key"] {
            std::fs::copy(file(&format!("{who}.{ending}")), own(&format!("own.{ending}"))).unwrap();
        }
    };
    become_whom("workloads/other");
    let config = TelemetryConfig {
        otlp_endpoint: Some(endpoint),
        otlp_ca: Some(file("ca.pem")),
        otlp_cert: Some(own("own.pem")),
        otlp_key: Some(own("own.key")),
        sampling_ratio: 1.0,
        flush_timeout_ms: 20_000,
        ..TelemetryConfig::default()
    };
    let telemetry = telemetry::init("test", &config).unwrap();
    // Files are looked at again after two seconds.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    become_whom("client");

    let told = collector.gets_a_call(telemetry).await;
    assert!(is_told(&told, "client certificate"), "until when ours is good: {told}");
    assert!(is_told(&told, "trusted authority"), "until when its authority is good: {told}");
}
