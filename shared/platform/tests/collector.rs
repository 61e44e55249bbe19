//! Traces and metrics reach a collector: one trace across two services, and every call counted.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenlane_platform::client::{ClientConfig, connect};
use greenlane_platform::server::ServerConfig;
use greenlane_platform::telemetry::{self, TelemetryConfig};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::Span;
use support::{ask, relay};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

const METHOD: &str = "greenlane.classification.v1.LookupService/GetCode";

#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    metrics: Arc<Mutex<Vec<String>>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes = request.into_inner().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        self.spans.lock().expect("no test panics here").extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let scopes = request.into_inner().resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
        self.metrics.lock().expect("no test panics here").extend(names);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_spans_two_services_and_every_call_is_counted() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let collector = Collector::default();
    let server = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(collector.clone()))
        .add_service(MetricsServiceServer::new(collector.clone()));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let config = TelemetryConfig {
        otlp_endpoint: Some(endpoint),
        sampling_ratio: 1.0,
        flush_timeout_ms: 20_000,
        ..TelemetryConfig::default()
    };
    let telemetry = telemetry::init("test", &config).unwrap();

    let shutdown = CancellationToken::new();
    let last = relay(&ServerConfig::loopback(), None).await.unwrap();
    let to_last = connect(&ClientConfig::to(last.uri())).unwrap();
    let first = relay(&ServerConfig::loopback(), Some(to_last)).await.unwrap();
    let to_first = connect(&ClientConfig::to(first.uri())).unwrap();
    let served = [last, first].map(|server| tokio::spawn(server.serve(shutdown.clone())));
    ask(to_first.clone()).await.unwrap();

    shutdown.cancel();
    for server in served {
        server.await.unwrap().unwrap();
    }
    let pulled = telemetry::render_metrics();
    tokio::time::timeout(Duration::from_secs(40), telemetry.shutdown()).await.unwrap();

    let spans: Vec<_> = collector.spans.lock().unwrap().iter().filter(|span| span.name == METHOD).cloned().collect();
    let by_kind = |kind: i32| spans.iter().filter(move |span| span.kind == kind).collect::<Vec<_>>();
    let (servers, clients) = (by_kind(2), by_kind(3));
    assert_eq!(servers.len(), 2, "{spans:#?}");
    let inner = clients
        .iter()
        .find(|client| servers.iter().any(|server| server.span_id == client.parent_span_id))
        .expect("the call of the first service to the last is a child of the call it serves");
    let callee = servers.iter().find(|server| server.parent_span_id == inner.span_id);
    let callee = callee.expect("the last service's span is a child of the client's");
    assert_eq!(callee.trace_id, inner.trace_id);
    assert!(servers.iter().all(|server| server.trace_id == inner.trace_id), "one trace");

    assert!(collector.metrics.lock().unwrap().iter().any(|name| name == "rpc.server.call.duration"));
    let line = pulled.lines().find(|line| line.starts_with("rpc_server_call_duration_seconds_count"));
    let line = line.unwrap_or_else(|| panic!("{pulled}"));
    assert!(line.contains("rpc_response_status_code=\"OK\"") && line.contains(METHOD), "{line}");
    assert!(line.ends_with(" 2"), "two calls were served: {line}");
}
