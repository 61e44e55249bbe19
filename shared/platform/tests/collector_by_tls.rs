//! Traces reach a collector that speaks TLS alone.

mod support;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenlane_platform::client::{ClientConfig, connect};
use greenlane_platform::server::ServerConfig;
use greenlane_platform::telemetry::{self, TelemetryConfig};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use support::{ask, relay};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Identity, ServerTlsConfig};
use tonic::{Request, Response, Status};

const METHOD: &str = "greenlane.classification.v1.LookupService/GetCode";

/// The names of the spans that came.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<String>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes = request.into_inner().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        let names = scopes.flat_map(|scope| scope.spans).map(|span| span.name);
        self.0.lock().expect("no test panics here").extend(names);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_whose_authority_is_named_gets_traces_by_tls() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let collector = Collector::default();
    let [cert, key] = ["server.pem", "server.key"].map(|name| std::fs::read(file(name)).unwrap());
    let server = tonic::transport::Server::builder()
        .tls_config(ServerTlsConfig::new().identity(Identity::from_pem(cert, key)))
        .unwrap()
        .add_service(TraceServiceServer::new(collector.clone()));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let config = TelemetryConfig {
        otlp_endpoint: Some(format!("https://localhost:{port}")),
        otlp_ca: Some(file("ca.pem")),
        sampling_ratio: 1.0,
        flush_timeout_ms: 20_000,
        ..TelemetryConfig::default()
    };
    let telemetry = telemetry::init("test", &config).unwrap();

    let shutdown = CancellationToken::new();
    let relay = relay(&ServerConfig::loopback(), None).await.unwrap();
    let client = connect(&ClientConfig::to(relay.uri())).unwrap();
    let served = tokio::spawn(relay.serve(shutdown.clone()));
    ask(client).await.unwrap();
    shutdown.cancel();
    served.await.unwrap().unwrap();
    let told = telemetry::render_metrics();
    tokio::time::timeout(Duration::from_secs(40), telemetry.shutdown()).await.unwrap();

    let names = collector.0.lock().unwrap().clone();
    assert!(names.iter().any(|name| name == METHOD), "{names:?}");
    let mut remaining = told.lines().filter(|line| line.starts_with("greenlane_credential_remaining_seconds{"));
    let of_its_authority =
        |line: &str| line.contains("trusted authority") && line.contains("server_address=\"localhost\"");
    assert!(remaining.any(of_its_authority), "until when its authority is good: {told}");
}
