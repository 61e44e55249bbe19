//! What a service crate hands over to be served.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tower_layer::Layer as _;

use super::site::Site;
use super::{Answer, Limits, Trusted};
use crate::audit::AuditSink;
use crate::auth::{AuthLayer, Role, Rule};

/// The result of a health probe: `Err` says why the service cannot serve.
pub type Health = Result<(), String>;

pub(super) type Probe = Arc<dyn Fn() -> BoxFuture<'static, Health> + Send + Sync>;
pub(super) type Background = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>;
type Build = Box<dyn FnOnce(&Limits, &AuthLayer) -> Arc<dyn Route> + Send>;

/// One gRPC service behind a uniform face.
pub(super) trait Route: Send + Sync {
    /// Answers one call.
    fn call(&self, request: http::Request<Body>) -> BoxFuture<'static, http::Response<Body>>;
}

/// A service of ours (registry, equivalence, classification): its gRPC services, who may call them, how to tell
/// whether it can serve, and the work that goes on beside the calls.
///
/// ```ignore
/// Service::new("registry", RULES)
///     .grpc(grpc!(CertificateServiceServer::new(certificates)))
///     .grpc(grpc!(VerificationServiceServer::new(verification)))
///     .probe(move || { let store = store.clone(); async move { store.ping().await.map_err(|e| e.to_string()) } })
///     .background("sequencer", move |stop| sequencer.run(stop))
///     .audit(audit)
/// ```
pub struct Service {
    pub(super) name: &'static str,
    pub(super) rules: &'static [Rule],
    pub(super) grpc: Vec<(&'static str, Build)>,
    pub(super) probe: Probe,
    pub(super) background: Vec<(&'static str, Background)>,
    pub(super) site: Option<Site>,
    pub(super) audit: Option<Arc<dyn AuditSink>>,
    pub(super) role: Option<Role>,
}

impl Service {
    /// A service of this name whose calls these rules allow. A call that no rule allows is denied.
    pub fn new(name: &'static str, rules: &'static [Rule]) -> Self {
        Self {
            name,
            rules,
            grpc: Vec::new(),
            probe: Arc::new(|| Box::pin(std::future::ready(Ok(())))),
            background: Vec::new(),
            site: None,
            audit: None,
            role: None,
        }
    }

    /// Adds a gRPC service. Use the [`grpc!`](crate::grpc) macro, which sets the message sizes.
    #[must_use]
    pub fn grpc<S, B>(mut self, build: B) -> Self
    where
        B: FnOnce(&Limits) -> S + Send + 'static,
        S: tower_service::Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.grpc.push((S::NAME, Box::new(move |limits, auth| Arc::new(Plain(auth.layer(build(limits)))))));
        self
    }

    /// How to tell whether the service can serve: called every `probe_interval_ms`, cut off after `probe_timeout_ms`.
    /// Health is NOT_SERVING until it first succeeds.
    #[must_use]
    pub fn probe<P, F>(mut self, probe: P) -> Self
    where
        P: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Health> + Send + 'static,
    {
        self.probe = Arc::new(move || Box::pin(probe()));
        self
    }

    /// Work that goes on while the service runs. It is told to stop after the last call was drained. If it ends
    /// before, the service is no longer healthy.
    #[must_use]
    pub fn background<W, F>(mut self, name: &'static str, work: W) -> Self
    where
        W: FnOnce(CancellationToken) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        self.background.push((name, Box::new(move |stop| Box::pin(work(stop)))));
        self
    }

    /// What is public and not gRPC, served as plain HTTP/1.1 at an address of its own until background work is told to
    /// stop. A body of more than `max_body_bytes` is refused. One address has a part of the connections, unless it is
    /// `trusted`.
    #[must_use]
    pub fn site(mut self, listen: SocketAddr, max_body_bytes: usize, trusted: Trusted, answer: Answer) -> Self {
        self.site = Some(Site { listen, max_body_bytes, trusted, answer });
        self
    }

    /// Where refusals are recorded. Without it they go to the log.
    #[must_use]
    pub fn audit(mut self, sink: Arc<dyn AuditSink>) -> Self {
        self.audit = Some(sink);
        self
    }

    /// Serves only these methods, in a role of this name. Its rules' other methods, whether a gRPC service of theirs was
    /// added or not, are refused with `ROLE_FORBIDS`.
    #[must_use]
    pub fn in_role(mut self, role: &'static str, serves: &'static [&'static str]) -> Self {
        self.role = Some((role, serves));
        self
    }

    /// The gRPC services of the rules that were not added.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.rules.iter().filter_map(|rule| rule.method[1..].split('/').next()).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| self.grpc.iter().all(|(there, _)| there != name));
        names
    }

    /// The service's name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grpc: Vec<_> = self.grpc.iter().map(|(name, _)| name).collect();
        f.debug_struct("Service").field("name", &self.name).field("grpc", &grpc).finish_non_exhaustive()
    }
}

/// A generated server as a [`Route`].
pub(super) struct Plain<S>(pub(super) S);

impl<S> Route for Plain<S>
where
    S: tower_service::Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
{
    fn call(&self, request: http::Request<Body>) -> BoxFuture<'static, http::Response<Body>> {
        let answer = self.0.clone().call(request);
        Box::pin(async move {
            match answer.await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        })
    }
}

/// Wraps a generated server (`XServer::new(handler)`) for [`Service::grpc`](crate::server::Service::grpc): sets both
/// message sizes and accepts gzip.
#[macro_export]
macro_rules! grpc {
    ($server:expr) => {{
        let server = $server;
        move |limits: &$crate::server::Limits| {
            server
                .max_decoding_message_size(limits.max_decode_bytes)
                .max_encoding_message_size(limits.max_encode_bytes)
                .accept_compressed($crate::server::Gzip)
        }
    }};
}
