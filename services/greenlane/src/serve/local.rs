//! The three services in one process, on embedded SQLite. The same services and the same stack as apart; only the
//! channels between them stay in the process.

use std::{net::SocketAddr, sync::Arc};

use greenlane_platform::{
    auth::{Authenticator, issuer::TokenRequest},
    client::{Client, ClientConfig, ClientError, connect_in_process},
    clock::Clock,
    config::Secret,
    server::{Server, ServerConfig, Service},
};
use greenlane_registry::Peers;
use greenlane_store::StoreConfig;

use super::data::DataDir;

/// Where the three listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) registry: u16,
    pub(crate) equivalence: u16,
    pub(crate) classification: u16,
    /// The registry's plain HTTP; none when it is not served.
    pub(crate) http: Option<u16>,
}

impl Ports {
    /// Free ones, without HTTP.
    pub(crate) const ANY: Self = Self { registry: 0, equivalence: 0, classification: 0, http: None };
}

/// Channels to the three, with an administrator's token.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) registry: Client,
    pub(crate) equivalence: Client,
    pub(crate) classification: Client,
}

/// The three, bound and not serving yet.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) registry: Server,
    pub(crate) equivalence: Server,
    pub(crate) classification: Server,
    world: World,
}

impl Local {
    /// Brings the schemas up, opens the databases, binds the listeners.
    pub(crate) async fn build(data: &DataDir, ports: Ports) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let authenticator = Authenticator::new(data.auth()?, clock.clone()).await?;
        let mut tokens = Vec::new();
        let mut token = |subject: &str, scopes: &[&str]| {
            let request = TokenRequest::new(subject, scopes.iter().copied());
            tokens.push(request.clone());
            data.token(request).map(Secret::from_file)
        };
        let admin = token("admin", &["admin"])?;
        let for_equivalence = token("equivalence", &["codes.read"])?;
        let for_registry = token("registry", &["recognise", "use.report", "catalogue.read", "codes.read"])?;
        let renewing = data.clone();
        let bind = async |port: u16, service: Service| {
            let config = ServerConfig { listen: local(port), ..ServerConfig::default() };
            Server::bind(&config, Arc::clone(&authenticator), [service]).await
        };

        let config = greenlane_classification::Config {
            store: StoreConfig::at(data.database("classification")),
            ..Default::default()
        };
        greenlane_classification::migrate(&config).await?;
        let service = greenlane_classification::service(&config, clock.clone())
            .await?
            .background("tokens", move |stop| renewing.renew_tokens(tokens, stop));
        let classification = bind(ports.classification, service).await?;

        let peer = ClientConfig::default().with_token(for_equivalence);
        let channel = connect_in_process(&peer, classification.in_process())?;
        let config = greenlane_equivalence::Config {
            store: StoreConfig::at(data.database("equivalence")),
            pack_key_file: Some(data.path("keys/equivalence-pack.jwk")),
            ..Default::default()
        };
        greenlane_equivalence::migrate(&config).await?;
        let service = greenlane_equivalence::service(&config, clock.clone(), Some(channel)).await?;
        let equivalence = bind(ports.equivalence, service).await?;

        let peer = ClientConfig::default().with_token(for_registry);
        let channel = connect_in_process(&peer, equivalence.in_process())?;
        let codes = connect_in_process(&peer, classification.in_process())?;
        let config = greenlane_registry::Config {
            store: StoreConfig::at(data.database("registry")),
            key_directory: data.path("keys"),
            http_listen: ports.http.map(local),
            ..Default::default()
        };
        greenlane_registry::migrate(&config).await?;
        let peers = Peers { equivalence: Some(channel), classification: Some(codes) };
        let service = greenlane_registry::service(&config, clock, peers).await?;
        let registry = bind(ports.registry, service).await?;

        let client = |server: &Server| {
            connect_in_process(&ClientConfig::default().with_token(admin.clone()), server.in_process())
        };
        let world = World {
            registry: client(&registry)?,
            equivalence: client(&equivalence)?,
            classification: client(&classification)?,
        };
        Ok(Self { registry, equivalence, classification, world })
    }

    /// A channel to the registry with another token.
    pub(crate) fn registry_as(&self, token: Secret) -> Result<Client, ClientError> {
        connect_in_process(&ClientConfig::default().with_token(token), self.registry.in_process())
    }

    /// Channels to the three, and the servers to be served.
    pub(crate) fn into_parts(self) -> (World, Vec<Server>) {
        (self.world, vec![self.classification, self.equivalence, self.registry])
    }
}

/// The address of a port on this machine; 0 is a free one.
fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
