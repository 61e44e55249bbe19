//! A plain HTTP/1.1 listener for what is public and not gRPC: documents, tiles.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::http1::{self, Bounds};
use super::share::{Holder, Shares};
use crate::telemetry::{DURATION_BOUNDARIES_SECONDS, TraceContext};

/// Connections at a time.
const MOST: usize = 1_024;
/// Those of one address.
const MOST_OF_ONE: usize = 128;
/// How long a request's headers may take, and its body.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
const BOUNDS: Bounds = Bounds { read: READ_TIMEOUT, write: Duration::from_secs(20), age: Duration::from_secs(300) };

/// Answers a request whose body was read. Its extensions have the peer's [`SocketAddr`].
pub type Answer = Arc<dyn Fn(Request<Bytes>) -> BoxFuture<'static, Response<Full<Bytes>>> + Send + Sync>;

/// Whether an address is a proxy of ours, through which many come.
pub type Trusted = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// What a request asked for, without what differs from one to the next: an answer has it in its extensions, for metrics.
#[derive(Clone, Copy, Debug)]
pub struct Route(pub &'static str);

/// What a service serves beside its calls.
pub(super) struct Site {
    pub(super) listen: SocketAddr,
    /// A larger body is refused.
    pub(super) max_body_bytes: usize,
    pub(super) trusted: Trusted,
    pub(super) answer: Answer,
}

impl Site {
    /// Serves until it is told to stop.
    pub(super) async fn serve(self, listener: TcpListener, address: SocketAddr, stop: CancellationToken) {
        tracing::info!(%address, "the HTTP listener is up");
        tokio::select! {
            () = stop.cancelled() => {}
            () = serve(listener, self.max_body_bytes, self.trusted, self.answer) => {}
        }
    }
}

async fn serve(listener: TcpListener, max_body_bytes: usize, trusted: Trusted, answer: Answer) {
    let places = Shares::of_connections(MOST, MOST_OF_ONE);
    let meter = Arc::new(Requests::new());
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the HTTP listener cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let holder = if trusted(peer.ip()) { Holder::Proxy } else { Holder::at(Some(peer.ip())) };
        let Some(place) = places.take(holder, true) else { continue };
        let (answer, meter) = (Arc::clone(&answer), Arc::clone(&meter));
        connections.spawn(async move {
            let service = service_fn(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer);
                let (answer, meter) = (Arc::clone(&answer), Arc::clone(&meter));
                async move { Ok::<_, Infallible>(meter.measured(request, max_body_bytes, &answer).await) }
            });
            http1::serve(stream, service, BOUNDS).await;
            drop(place);
        });
    }
}

/// The requests' instrument, named by OpenTelemetry's semantic conventions for HTTP.
struct Requests {
    duration: Histogram<f64>,
}

impl Requests {
    fn new() -> Self {
        let duration = opentelemetry::global::meter("greenlane.server")
            .f64_histogram("http.server.request.duration")
            .with_unit("s")
            .with_description("How long requests to the site took, by method, route and status.")
            .with_boundaries(DURATION_BOUNDARIES_SECONDS.to_vec())
            .build();
        Self { duration }
    }

    /// Answers in a trace of its own, which log lines tell: a stranger's is not gone on with.
    async fn measured(
        &self,
        request: Request<Incoming>,
        max_body_bytes: usize,
        answer: &Answer,
    ) -> Response<Full<Bytes>> {
        let (started, method) = (Instant::now(), method(request.method()));
        let mut trace = TraceContext::begun();
        let span = trace.begin_span(false, || {
            tracing::info_span!(
                target: "greenlane::http",
                "http.server",
                otel.name = method,
                otel.kind = "server",
                otel.status_code = tracing::field::Empty,
                http.request.method = method,
                http.route = tracing::field::Empty,
                http.response.status_code = tracing::field::Empty,
            )
        });
        let response = trace.scope(respond(request, max_body_bytes, answer).instrument(span.clone())).await;
        let status = response.status();
        let mut attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
        ];
        span.record("http.response.status_code", status.as_u16());
        if let Some(Route(route)) = response.extensions().get() {
            span.record("http.route", route);
            attributes.push(KeyValue::new("http.route", *route));
        }
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
            attributes.push(KeyValue::new("error.type", status.as_str().to_owned()));
        }
        self.duration.record(started.elapsed().as_secs_f64(), &attributes);
        response
    }
}

/// The method as the conventions name it: a stranger's own does not make a series.
fn method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

async fn respond(request: Request<Incoming>, max_body_bytes: usize, answer: &Answer) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let read = Limited::new(body, max_body_bytes).collect();
    match tokio::time::timeout(READ_TIMEOUT, read).await {
        Ok(Ok(body)) => answer(Request::from_parts(parts, body.to_bytes())).await,
        Ok(Err(_)) => status(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => status(StatusCode::REQUEST_TIMEOUT),
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests;
