//! One call, from its headers to its response: trace, limits, deadline, authorization, handler, end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, Method as HttpMethod, Request, Response, StatusCode, header};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tracing::Instrument as _;

use super::body::{EdgeBody, panicked};
use super::finish::{Finish, ServerMetrics};
use super::routes::{Kind, Method, Routes};
use super::share::{Holder, Place, Shares};
use super::slot::{DrainSignals, Expiry, Slot, drained};
use super::{ServerConfig, errors};
use crate::audit::Peer;
use crate::auth::{CertificateThumbprint, EndAfter};
use crate::deadline;
use crate::fault::Fault;
use crate::rpc::timeout;
use crate::telemetry::TraceContext;

/// Streams of health and reflection that may be open at a time: they do not take the services' own places.
const INFRASTRUCTURE_STREAMS: usize = 256;
/// Whose server it is, and its version, for clients that want to know what they talk to.
const SERVER: HeaderValue = HeaderValue::from_static(concat!("greenlane/", env!("CARGO_PKG_VERSION")));
/// What an overloaded server asks its callers to wait.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// What all connections of a server share.
pub(super) struct Edge {
    routes: Routes,
    calls: Shares,
    streams: Shares,
    infrastructure: Shares,
    request_timeout: Duration,
    message_timeout: Duration,
    min_request_time: Duration,
    stream_idle: Duration,
    stream_max_age: Duration,
    pub(super) metrics: Arc<ServerMetrics>,
    pub(super) drain: DrainSignals,
}

/// Who is at the other end of a connection.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) peer: Peer,
    /// None within this process.
    pub(super) address: Option<IpAddr>,
    /// The certificate that it showed in its TLS handshake.
    pub(super) certificate: Option<CertificateThumbprint>,
}

impl Edge {
    pub(super) fn new(config: &ServerConfig, routes: Routes) -> Self {
        Self {
            routes,
            calls: Shares::new(config.max_concurrent_calls),
            streams: Shares::new(config.max_concurrent_streams),
            infrastructure: Shares::new(INFRASTRUCTURE_STREAMS),
            message_timeout: Duration::from_millis(config.message_timeout_ms),
            request_timeout: Duration::from_millis(config.request_timeout_ms),
            min_request_time: Duration::from_millis(config.min_request_time_ms),
            stream_idle: Duration::from_secs(config.stream_idle_timeout_seconds),
            stream_max_age: Duration::from_secs(config.stream_max_age_seconds),
            metrics: Arc::new(ServerMetrics::new()),
            drain: DrainSignals::default(),
        }
    }

    /// Answers one call.
    pub(super) async fn answer(
        self: Arc<Self>,
        client: Client,
        request: Request<Incoming>,
    ) -> Result<Response<EdgeBody>, Infallible> {
        if let Some(refusal) = not_grpc(&request) {
            return Ok(refusal);
        }
        let started = std::time::Instant::now();
        let slot = Slot::current();
        let method = self.routes.find(request.uri().path());
        let (mut trace, remote) = TraceContext::of_call(request.headers(), &method.path);
        let span = trace.begin_span(remote, || span(&method));
        let (response, place) =
            trace.clone().scope(self.run(client, request, &method, &slot).instrument(span.clone())).await;

        let (mut parts, body) = response.into_parts();
        parts.headers.insert(header::SERVER, SERVER);
        let finish = Finish {
            metrics: self.metrics.clone(),
            method: method.clone(),
            started,
            trace,
            span,
            place,
            audit: parts.extensions.remove(),
            counted: false,
        };
        if body.is_end_stream() {
            finish.with_status(&mut parts.headers);
            return Ok(Response::from_parts(parts, EdgeBody::empty()));
        }
        let drained = self.drain_signal(&method).map(drained);
        Ok(Response::from_parts(parts, EdgeBody::new(body, slot, finish, drained)))
    }

    fn drain_signal(&self, method: &Method) -> Option<&tokio_util::sync::CancellationToken> {
        match method.kind {
            Kind::Unary => None,
            Kind::Stream => Some(&self.drain.streams),
            Kind::Endless => Some(&self.drain.endless),
        }
    }

    /// Admits the call and runs its handler, or refuses it.
    async fn run(
        &self,
        client: Client,
        request: Request<Incoming>,
        method: &Method,
        slot: &Arc<Slot>,
    ) -> (Response<Body>, Option<Place>) {
        let holder = Holder::of(request.headers(), client.address);
        let (place, until) = match self.admit(method, request.headers(), holder, slot) {
            Ok(admitted) => admitted,
            Err(fault) => return (Status::from(fault).into_http(), None),
        };
        let unary = method.kind == Kind::Unary;
        let mut request = request.map(|inner| Body::new(MovingBody { inner, slot: slot.clone(), unary }));
        request.extensions_mut().insert(client.peer);
        if !unary {
            let slot = slot.clone();
            request.extensions_mut().insert(EndAfter(Arc::new(move |left| slot.end_after(left, Expiry::Age))));
        }
        if let Some(certificate) = client.certificate {
            request.extensions_mut().insert(certificate);
        }

        // The handler's code runs inside the future, so that a panic of any part of it is caught.
        let call = deadline::at(until, async move { method.call(request).await });
        let mut call = pin!(AssertUnwindSafe(call).catch_unwind());
        let outcome = poll_fn(|cx| match slot.expired() {
            Some(why) => Poll::Ready(Err(why)),
            None => call.as_mut().poll(cx).map(Ok),
        })
        .await;
        let response = match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => panicked(&*panic).into_http(),
            Err(why) => errors::expired(why).into_http(),
        };
        (response, place)
    }

    /// Takes a place for the call and sets its bounds.
    fn admit(
        &self,
        method: &Method,
        headers: &HeaderMap,
        holder: Holder,
        slot: &Slot,
    ) -> Result<(Option<Place>, Instant), Fault> {
        let asked = timeout::read(headers)
            .map_err(|()| Fault::invalid("grpc-timeout", "is not digits and a unit, as the gRPC protocol says"))?;
        let longest = if method.kind == Kind::Unary { self.request_timeout } else { self.stream_max_age };
        let (bound, means) = match asked {
            Some(asked) if asked < longest => (asked, Expiry::Deadline),
            _ if method.kind == Kind::Unary => (longest, Expiry::Deadline),
            _ => (longest, Expiry::Age),
        };
        if bound < self.min_request_time {
            return Err(Fault::deadline_too_short());
        }
        let shares = match method.kind {
            Kind::Unary if method.infrastructure => None,
            Kind::Unary => Some(&self.calls),
            _ if method.infrastructure => Some(&self.infrastructure),
            _ => Some(&self.streams),
        };
        let full = || Fault::overloaded("concurrency", RETRY_AFTER);
        let place = shares.map(|shares| shares.take(holder, method.mutation).ok_or_else(full)).transpose()?;
        let until = Instant::now() + bound;
        slot.set_deadline(until, means);
        match method.kind {
            Kind::Unary => slot.set_idle(self.message_timeout),
            Kind::Stream | Kind::Endless if method.infrastructure => {}
            Kind::Stream | Kind::Endless => slot.set_idle(self.stream_idle),
        }
        Ok((place, until))
    }
}

fn span(method: &Method) -> tracing::Span {
    let name = &method.path[1..];
    tracing::info_span!(
        target: "greenlane::rpc",
        "rpc.server",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        rpc.system.name = "grpc",
        rpc.method = name,
        rpc.response.status_code = tracing::field::Empty,
        error.type = tracing::field::Empty,
    )
}

/// The answer to what is not a gRPC call at all.
fn not_grpc<B>(request: &Request<B>) -> Option<Response<EdgeBody>> {
    let status = if request.method() != HttpMethod::POST {
        StatusCode::METHOD_NOT_ALLOWED
    } else if !is_grpc(request.headers()) {
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    } else {
        return None;
    };
    let mut response = Response::new(EdgeBody::empty());
    *response.status_mut() = status;
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    Some(response)
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.and_then(|kind| kind.strip_prefix(b"application/grpc"))
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// What a caller sends: each frame that comes in counts as movement. The one message of a unary call must not be long in
/// coming, since the call has a place meanwhile; what its answer may take is told by the deadline alone.
struct MovingBody {
    inner: Incoming,
    slot: Arc<Slot>,
    unary: bool,
}

impl http_body::Body for MovingBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(None) if self.unary => self.slot.end_idle(),
            Poll::Ready(Some(_)) if self.unary && self.inner.is_end_stream() => self.slot.end_idle(),
            Poll::Ready(_) => self.slot.moved(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
