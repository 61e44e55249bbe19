//! Calling other services: never without a deadline, with our token, the caller's trace, and bounded retries.

mod body;
mod channel;
mod config;
mod metrics;
mod retry;
mod tls;
mod token;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Uri, header, request};
use http_body_util::{BodyExt as _, Full};
use tokio::time::{Instant, timeout_at};
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tower::ServiceExt as _;
use tracing::Instrument as _;

use self::body::ClientBody;
pub use self::config::{ClientConfig, ClientTlsConfig};
use self::metrics::{ClientMetrics, Finish};
use self::retry::Retries;
pub(crate) use self::retry::jitter;
pub(crate) use self::tls::Connector;
use self::token::Token;
pub use self::token::bare_token;
use crate::config::SecretError;
use crate::deadline;
use crate::expiry;
use crate::fault::Fault;
use crate::rpc::methods::{self, Shape};
use crate::rpc::timeout::{self, GRPC_TIMEOUT};
use crate::server::InProcess;
use crate::telemetry::TraceContext;

/// A call with less than this left is not sent.
const LEAST: Duration = Duration::from_micros(500);

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The configuration contradicts itself, or a file that it names cannot be used.
    #[error("client configuration: {0}")]
    Config(String),
    /// The token cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// A channel to another service; cheap to clone, to be handed to a generated client (`XClient::new(channel)`).
///
/// Every call carries a deadline, passed on as `grpc-timeout`: the explicit one of the request, what is left of the
/// work at hand ([`crate::deadline`]) minus a slice for our own answer, or the configured one for background work.
/// Without any it is refused. Unary calls that answer UNAVAILABLE are retried a bounded number of times: every mutation
/// of the contracts is idempotent on its request id.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    channel: Channel,
    /// Where to, as configured: for people.
    address: String,
    token: Option<Arc<Token>>,
    retries: Retries,
    metrics: ClientMetrics,
    timeout: Duration,
    background_timeout: Option<Duration>,
    stream_timeout: Duration,
    reserve: Duration,
    server: OnceLock<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("channel", &self.0.channel).finish_non_exhaustive()
    }
}

/// Makes a channel from its configuration, inside a Tokio runtime. It connects at the first call and again whenever it
/// must.
///
/// # Errors
/// When the URI is wrong, or a TLS file or the token's file cannot be read.
pub fn connect(config: &ClientConfig) -> Result<Client, ClientError> {
    Client::over(channel::to_uri(config)?, config.uri.clone(), config)
}

/// Makes a channel to a server of the same process. The URI of the configuration is not used.
///
/// # Errors
/// When the configuration contradicts itself, or the token's file cannot be read.
pub fn connect_in_process(config: &ClientConfig, server: InProcess) -> Result<Client, ClientError> {
    Client::over(channel::to_process(config, server)?, "this process".to_owned(), config)
}

impl Client {
    fn over(channel: Channel, address: String, config: &ClientConfig) -> Result<Self, ClientError> {
        let uri = address.parse::<Uri>().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or(&address).to_owned();
        let usual = if uri.as_ref().and_then(Uri::scheme_str) == Some("https") { 443 } else { 80 };
        let port = uri.as_ref().and_then(Uri::port_u16).unwrap_or(usual);
        let token = config.token.clone().map(Token::new).transpose()?.map(Arc::new);
        if let Some(token) = &token {
            expiry::tell("token", Some(&host), &Arc::downgrade(token), Token::validity);
        }
        Ok(Self(Arc::new(Inner {
            channel,
            address,
            token,
            retries: Retries::new(config.max_retries),
            metrics: ClientMetrics::new(host, port),
            timeout: Duration::from_millis(config.timeout_ms),
            background_timeout: config.background_timeout_ms.map(Duration::from_millis),
            stream_timeout: Duration::from_secs(config.stream_timeout_seconds),
            reserve: Duration::from_millis(config.reserve_ms),
            server: OnceLock::new(),
        })))
    }

    /// The version of the server, as its first answer told it: `0.1.0`. None before, and when it does not tell.
    pub fn server_version(&self) -> Option<&str> {
        self.0.server.get()?.strip_prefix("greenlane/")
    }
}

impl tower_service::Service<Request<Body>> for Client {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move { inner.call(request).await })
    }
}

impl Inner {
    async fn call(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let shape = methods::shape(request.uri().path()).unwrap_or(Shape::UNKNOWN);
        let until = self.deadline(request.headers(), shape)?;
        let (mut parts, body) = request.into_parts();
        if let Some(token) = &self.token
            && !parts.headers.contains_key(header::AUTHORIZATION)
        {
            parts.headers.insert(header::AUTHORIZATION, token.header().await);
        }

        let mut finish = Finish::new(&self.metrics, parts.uri.path());
        let trace = TraceContext::current();
        let span = match &trace {
            Some(trace) if trace.records() => self.metrics.span(&finish.method),
            _ => tracing::Span::none(),
        };
        let inject = || TraceContext::current().inspect(|trace| trace.inject(&mut parts.headers));
        span.in_scope(inject);
        finish.span = span.clone();

        let result = async {
            if shape.client_streaming {
                self.attempt(parts, body, until).await
            } else {
                let body = body.collect().await?.to_bytes();
                self.attempts(parts, body, until).await
            }
        }
        .instrument(span)
        .await;
        match result {
            Ok(response) => {
                let (mut parts, body) = response.into_parts();
                if let Some(server) = parts.headers.get(header::SERVER).and_then(|server| server.to_str().ok()) {
                    self.server.get_or_init(|| server.to_owned());
                }
                if http_body::Body::is_end_stream(&body) {
                    finish.with_headers(&mut parts.headers);
                    return Ok(Response::from_parts(parts, body));
                }
                Ok(Response::from_parts(parts, Body::new(ClientBody::new(body, until, finish))))
            }
            Err(status) => {
                finish.with_code(status.code());
                Err(status)
            }
        }
    }

    /// The deadline of a call that is about to be sent.
    fn deadline(&self, headers: &HeaderMap, shape: Shape) -> Result<Instant, Status> {
        let now = Instant::now();
        let explicit = timeout::read(headers)
            .map_err(|()| Status::from(Fault::internal("a grpc-timeout of our own making is malformed")))?;
        let outer = deadline::current().map(|outer| outer.checked_sub(self.reserve).unwrap_or(now));
        let usual = if shape.is_unary() { self.timeout } else { self.stream_timeout };
        let until = match (explicit, outer) {
            (Some(explicit), Some(outer)) => outer.min(now + explicit),
            (Some(explicit), None) => now + explicit,
            (None, Some(outer)) => outer.min(now + usual),
            (None, None) if !shape.is_unary() => now + usual,
            (None, None) => match self.background_timeout {
                Some(background) => now + background,
                None => {
                    let text = "a call without a deadline is not sent: run it inside deadline::within";
                    return Err(Fault::internal(text).into());
                }
            },
        };
        if until < now + LEAST {
            return Err(Fault::deadline_too_short().into());
        }
        Ok(until)
    }

    /// Sends a request whose body can be sent again.
    async fn attempts(&self, parts: request::Parts, body: Bytes, until: Instant) -> Result<Response<Body>, Status> {
        for attempt in 0.. {
            let result = self.attempt(parts.clone(), Body::new(Full::new(body.clone())), until).await;
            let failed = match &result {
                Ok(response) => Status::from_header_map(response.headers()).filter(|status| status.code() != Code::Ok),
                Err(status) => Some(status.clone()),
            };
            let delay = match failed {
                None => {
                    self.retries.succeeded();
                    None
                }
                Some(status) => self.retries.delay(attempt, body.len(), &status, until),
            };
            let Some(delay) = delay else { return result };
            tracing::debug!(attempt, delay_ms = delay.as_millis(), "an unavailable service is called again");
            tokio::time::sleep(delay).await;
        }
        Err(Fault::internal("retries have no end").into())
    }

    async fn attempt(&self, mut parts: request::Parts, body: Body, until: Instant) -> Result<Response<Body>, Status> {
        let left = until.saturating_duration_since(Instant::now());
        parts.headers.insert(GRPC_TIMEOUT, timeout::value(left));
        let mut channel = self.channel.clone();
        let sent = async {
            let ready = channel.ready().await?;
            tower_service::Service::call(ready, Request::from_parts(parts, body)).await
        };
        match timeout_at(until, sent).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(retry::transport_status(error, &self.address)),
            Err(_) => Err(Fault::deadline_too_short().into()),
        }
    }
}

#[cfg(test)]
mod tests;
