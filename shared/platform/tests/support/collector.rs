//! A collector of traces that speaks TLS alone, for tests.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greenlane_platform::client::{ClientConfig, connect};
use greenlane_platform::server::ServerConfig;
use greenlane_platform::telemetry::{self, Telemetry};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Identity, ServerTlsConfig};
use tonic::{Request, Response, Status};

use crate::support::{ask, relay};

const METHOD: &str = "greenlane.classification.v1.LookupService/GetCode";

pub(crate) fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

/// The names of the spans that came.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Vec<String>>>);

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

impl Collector {
    /// Served with the certificate of `localhost`, and what else is said of TLS. Its address.
    pub(crate) async fn serve(&self, tls: ServerTlsConfig) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let [cert, key] = ["server.pem", "server.key"].map(|name| std::fs::read(file(name)).expect("it is there"));
        let server = tonic::transport::Server::builder()
            .tls_config(tls.identity(Identity::from_pem(cert, key)))
            .expect("TLS that can be used")
            .add_service(TraceServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        format!("https://localhost:{port}")
    }

    /// A call that is traced comes here before the process's telemetry ends. The metrics as they were told before that.
    pub(crate) async fn gets_a_call(&self, telemetry: Telemetry) -> String {
        let shutdown = CancellationToken::new();
        let relay = relay(&ServerConfig::loopback(), None).await.expect("it binds");
        let client = connect(&ClientConfig::to(relay.uri())).expect("an address");
        let served = tokio::spawn(relay.serve(shutdown.clone()));
        ask(client).await.expect("an answer");
        shutdown.cancel();
        served.await.expect("no panic").expect("it ends well");
        let told = telemetry::render_metrics();
        tokio::time::timeout(Duration::from_secs(40), telemetry.shutdown()).await.expect("in time");

        let names = self.0.lock().expect("no test panics here").clone();
        assert!(names.iter().any(|name| name == METHOD), "{names:?}");
        told
    }
}

/// Whether it is told until when something of this kind is good, towards the collector.
pub(crate) fn is_told(told: &str, kind: &str) -> bool {
    let mut remaining = told.lines().filter(|line| line.starts_with("greenlane_credential_remaining_seconds{"));
    remaining.any(|line| line.contains(kind) && line.contains("server_address=\"localhost\""))
}
