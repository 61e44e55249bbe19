//! One way to serve: bind, prove health, run, drain. Services differ only in the [`Service`] they hand over.
//!
//! What a call passes, from the outside in: the connection (handshake in time, greatest age), the edge (trace, shared
//! limits, deadline, panics), authentication and authorization, the handler. Accepting is written here on hyper's
//! HTTP/2 because the server that tonic offers cannot end while one connection stays silent, and bounds neither
//! streams nor slow readers.

mod admin;
mod body;
mod bytewise;
mod config;
mod connection;
mod edge;
mod errors;
mod finish;
mod gate;
mod health;
mod http1;
mod in_process;
mod io;
mod routes;
mod run;
mod service;
mod share;
mod site;
mod slot;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tonic::body::Body;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;
use tower_layer::Layer as _;

#[doc(hidden)]
pub use tonic::codec::CompressionEncoding::Gzip;

pub use self::bytewise::{AnswerBytes, Bytewise, InBytes, decoded, fields};
pub use self::config::{Limits, ServerConfig, TlsConfig};
use self::connection::Connections;
use self::edge::Edge;
pub use self::errors::TRACE_ID;
pub use self::health::HealthState;
pub use self::in_process::InProcess;
use self::routes::Routes;
use self::service::{Background, Plain, Probe};
pub use self::service::{Health, Service};
pub use self::site::{Answer, Route, Trusted};
use crate::audit::{AuditSink, TracingSink};
use crate::auth::{AuthLayer, Authenticator, AuthorizationTable, INFRASTRUCTURE_RULES, Role, Rule};

/// What went wrong while binding or serving.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration or the services' rules contradict themselves.
    #[error("server configuration: {0}")]
    Config(String),
    /// An address could not be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A certificate or key could not be read or used.
    #[error("TLS: {0}")]
    Tls(String),
}

/// A server that is bound and not serving yet.
pub struct Server {
    config: ServerConfig,
    listener: TcpListener,
    address: SocketAddr,
    admin: Option<(TcpListener, SocketAddr)>,
    site: Option<SocketAddr>,
    tls: Option<Arc<tls::Tls>>,
    in_process: InProcess,
    pipes: in_process::Incoming,
    edge: Arc<Edge>,
    connections: Connections,
    health: HealthState,
    probes: Vec<(&'static str, Probe)>,
    background: Vec<(&'static str, Background)>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Binds the listeners and builds the stack. Nothing is accepted before [`Server::serve`].
    ///
    /// # Errors
    /// When an address cannot be bound, TLS material cannot be read, or the configuration contradicts itself.
    pub async fn bind(
        config: &ServerConfig,
        authenticator: Arc<Authenticator>,
        services: impl IntoIterator<Item = Service>,
    ) -> Result<Self, ServeError> {
        config.check().map_err(ServeError::Config)?;
        let tls = config.tls.as_ref().map(tls::Tls::new).transpose()?.map(Arc::new);
        let services: Vec<_> = services.into_iter().collect();
        // Collected, so that this future stays `Send`: a service is not `Sync`.
        let names: Vec<(_, Vec<_>)> = services
            .iter()
            .map(|service| (service.name, service.grpc.iter().map(|(name, _)| *name).collect()))
            .collect();
        let health = HealthState::new(names).await;

        let stack = Stack { limits: config.limits(), authenticator };
        let mut routes = Routes::new(stack.fallback(&services)?);
        stack.infrastructure(&mut routes, &services, &health, config.reflection)?;
        let (mut probes, mut background, mut sites) = (Vec::new(), Vec::new(), Vec::new());
        for mut service in services {
            probes.push((service.name, service.probe.clone()));
            sites.extend(service.site.take());
            background.extend(stack.add(&mut routes, service)?);
        }

        let (listener, address) = listen(config.listen).await?;
        let admin = match config.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let mut site_address = None;
        for site in sites {
            let (listener, address) = listen(site.listen).await?;
            let serve: Background = Box::new(move |stop| Box::pin(site.serve(listener, address, stop)));
            background.push(("http", serve));
            site_address = site_address.or(Some(address));
        }
        let (in_process, pipes) = InProcess::pair();
        Ok(Self {
            edge: Arc::new(Edge::new(config, routes)),
            connections: Connections::new(config),
            config: config.clone(),
            listener,
            address,
            admin,
            site: site_address,
            tls,
            in_process,
            pipes,
            health,
            probes,
            background,
        })
    }

    /// The address that clients connect to: with the port that was chosen when the configuration said 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URI that clients on this machine connect to.
    pub fn uri(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// The address of the admin listener (`/metrics`, `/healthz`, `/readyz`), when there is one.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|(_, address)| *address)
    }

    /// The address of the plain HTTP listener of its first service with a [site](Service::site).
    pub fn site_address(&self) -> Option<SocketAddr> {
        self.site
    }

    /// A connector that reaches this server without a socket: the same stack, the same authentication.
    pub fn in_process(&self) -> InProcess {
        self.in_process.clone()
    }

    /// The server's health, to watch.
    pub fn health(&self) -> HealthState {
        self.health.clone()
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let fail = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(fail)?;
    let bound = listener.local_addr().map_err(fail)?;
    Ok((listener, bound))
}

/// What every handler is wrapped in.
struct Stack {
    limits: Limits,
    authenticator: Arc<Authenticator>,
}

impl Stack {
    fn auth(&self, rules: &[&[Rule]], audit: Arc<dyn AuditSink>, role: Option<Role>) -> Result<AuthLayer, ServeError> {
        let table = AuthorizationTable::new(rules.iter().copied().flatten())
            .map_err(|error| ServeError::Config(error.to_string()))?;
        let clock = self.authenticator.clock().clone();
        Ok(AuthLayer::in_role(self.authenticator.clone(), Arc::new(table), audit, clock, role))
    }

    /// Answers paths that no service has: refuses and audits them, as any call without a rule.
    fn fallback(&self, services: &[Service]) -> Result<Arc<dyn service::Route>, ServeError> {
        let audit = services.iter().find_map(|service| service.audit.clone());
        let auth = self.auth(&[], audit.unwrap_or_else(|| Arc::new(TracingSink)), None)?;
        Ok(Arc::new(Plain(auth.layer(Nothing))))
    }

    fn add(&self, routes: &mut Routes, service: Service) -> Result<Vec<(&'static str, Background)>, ServeError> {
        let audit = service.audit.clone().unwrap_or_else(|| Arc::new(TracingSink));
        let auth = self.auth(&[service.rules], audit, service.role)?;
        if service.role.is_some() {
            for name in service.missing() {
                routes.add(name, service.rules, false, Arc::new(Plain(auth.layer(Nothing))));
            }
        }
        for (name, build) in service.grpc {
            if !routes.add(name, service.rules, false, build(&self.limits, &auth)) {
                return Err(ServeError::Config(format!("two gRPC services of the name {name}")));
            }
        }
        Ok(service.background)
    }

    /// Health and reflection.
    fn infrastructure(
        &self,
        routes: &mut Routes,
        services: &[Service],
        health: &HealthState,
        reflection: bool,
    ) -> Result<(), ServeError> {
        let auth = self.auth(&[INFRASTRUCTURE_RULES], Arc::new(TracingSink), None)?;
        let server = HealthServer::new(HealthService::from_health_reporter(health.reporter()));
        routes.add("grpc.health.v1.Health", &[], true, Arc::new(Plain(auth.layer(server))));
        if reflection {
            let fail = |error: tonic_reflection::server::Error| ServeError::Config(format!("reflection: {error}"));
            let v1 = reflect(services).build_v1().map_err(fail)?;
            let v1alpha = reflect(services).build_v1alpha().map_err(fail)?;
            routes.add("grpc.reflection.v1.ServerReflection", &[], true, Arc::new(Plain(auth.layer(v1))));
            routes.add("grpc.reflection.v1alpha.ServerReflection", &[], true, Arc::new(Plain(auth.layer(v1alpha))));
        }
        Ok(())
    }
}

/// Reflection over all contracts, naming the services that are served here.
fn reflect(services: &[Service]) -> tonic_reflection::server::Builder<'static> {
    let mut builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(greenlane_api::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health");
    for (name, _) in services.iter().flat_map(|service| &service.grpc) {
        builder = builder.with_service_name(*name);
    }
    builder
}

/// The handler behind a path that does not exist; authorization refuses before it is reached.
#[derive(Clone)]
struct Nothing;

impl tower_service::Service<http::Request<Body>> for Nothing {
    type Response = http::Response<Body>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let fault = crate::fault::Fault::not_implemented(request.uri().path());
        std::future::ready(Ok(tonic::Status::from(fault).into_http()))
    }
}

#[cfg(test)]
mod tests;
