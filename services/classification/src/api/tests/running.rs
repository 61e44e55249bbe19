//! The service while a test asks it.

use std::sync::Arc;

use chrono::{TimeZone, Utc};
use greenlane_api::classification::v1::WatchRevisionsRequest;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::green_list_service_client::GreenListServiceClient;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::common::v1::CodeReference;
use greenlane_platform::auth::issuer::{LocalIssuer, TokenRequest};
use greenlane_platform::auth::{AuthConfig, Authenticator, IssuerConfig, JwksSource};
use greenlane_platform::client::{Client, ClientConfig, connect_in_process};
use greenlane_platform::clock::Clock;
use greenlane_platform::config::Secret;
use greenlane_platform::server::{InProcess, Server, ServerConfig};
use greenlane_store::testing::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::Config;

/// A running service.
pub(super) struct Running {
    pub(super) clock: Clock,
    in_process: InProcess,
    issuer: LocalIssuer,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    /// The issuer's public keys.
    _keys: tempfile::NamedTempFile,
}

impl Running {
    /// Starts the service on a database, with the starter catalogue.
    pub(super) async fn start(db: &TestDatabase) -> Self {
        Self::with(Config { poll_interval_ms: 20, revision_wait_ms: 50, store: db.config(), ..Config::default() }).await
    }

    /// Starts the service as configured.
    pub(super) async fn with(config: Config) -> Self {
        let clock = Clock::settable(Utc.with_ymd_and_hms(2026, 6, 1, 12, 0, 0).unwrap());
        let audience = AuthConfig::default().audience;
        let issuer = LocalIssuer::generate("https://issuer.example.org", audience, clock.clone());
        let keys = tempfile::NamedTempFile::new().unwrap();
        issuer.write_jwks(keys.path()).unwrap();
        let trusted = IssuerConfig::new(issuer.issuer(), JwksSource::File(keys.path().to_owned()));
        let auth = AuthConfig { issuers: vec![trusted], ..AuthConfig::default() };
        let authenticator: Arc<Authenticator> = Authenticator::new(auth, clock.clone()).await.unwrap();
        let service = crate::service(&config, clock.clone()).await.unwrap();
        let server = Server::bind(&ServerConfig::loopback(), authenticator, [service]).await.unwrap();
        let in_process = server.in_process();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let serving = tokio::spawn(async move { server.serve(stop).await.unwrap() });
        Self { clock, in_process, issuer, shutdown, serving, _keys: keys }
    }

    /// A client whose token has these scopes.
    pub(super) fn client(&self, scopes: &[&str]) -> Client {
        self.client_of("tester", scopes)
    }

    /// The same of somebody else.
    pub(super) fn client_of(&self, subject: &str, scopes: &[&str]) -> Client {
        self.connect(&TokenRequest::new(subject, scopes.iter().copied()))
    }

    /// The same of somebody in an economy.
    pub(super) fn client_in(&self, economy: &str, subject: &str, scopes: &[&str]) -> Client {
        self.connect(&TokenRequest::new(subject, scopes.iter().copied()).for_economy(economy))
    }

    fn connect(&self, request: &TokenRequest) -> Client {
        let token = self.issuer.mint(request);
        let config = ClientConfig {
            token: Some(Secret::from_value(token)),
            background_timeout_ms: Some(30_000),
            ..ClientConfig::default()
        };
        connect_in_process(&config, self.in_process.clone()).unwrap()
    }

    pub(super) fn lookup(&self) -> LookupServiceClient<Client> {
        LookupServiceClient::new(self.client(&["codes.read"]))
    }

    pub(super) fn code_systems(&self) -> CodeSystemServiceClient<Client> {
        CodeSystemServiceClient::new(self.client(&["codes.read"]))
    }

    pub(super) fn green_lists(&self) -> GreenListServiceClient<Client> {
        GreenListServiceClient::new(self.client(&["codes.read"]))
    }

    /// Waits until it serves a revision.
    pub(super) async fn reach(&self, revision: u64) {
        let request = || WatchRevisionsRequest { after_revision: 0 };
        let mut stream = self.code_systems().watch_revisions(request()).await.unwrap().into_inner();
        while stream.message().await.unwrap().unwrap().revision < revision {}
    }

    /// Ends it.
    pub(super) async fn end(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap();
    }
}

pub(super) fn code(edition: &str, code: &str) -> Option<CodeReference> {
    Some(CodeReference { edition: edition.to_owned(), code: code.to_owned() })
}

/// The digits of codes.
pub(super) fn digits<'c>(codes: impl IntoIterator<Item = Option<&'c CodeReference>>) -> Vec<&'c str> {
    codes.into_iter().map(|code| code.unwrap().code.as_str()).collect()
}
