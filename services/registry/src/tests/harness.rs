//! A registry that is served, and callers of it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_api::registry::v1::body_service_client::BodyServiceClient;
use greenlane_api::registry::v1::certificate_service_client::CertificateServiceClient;
use greenlane_api::registry::v1::log_service_client::LogServiceClient;
use greenlane_api::registry::v1::verification_service_client::VerificationServiceClient;
use greenlane_platform::auth::issuer::{LocalIssuer, TokenRequest};
use greenlane_platform::auth::{AuthConfig, Authenticator, IssuerConfig, JwksSource};
use greenlane_platform::client::{Client, ClientConfig, connect_in_process};
use greenlane_platform::clock::Clock;
use greenlane_platform::config::Secret;
use greenlane_platform::server::{InProcess, Server, ServerConfig};
use greenlane_store::testing::TestDatabase;
use tokio_util::sync::CancellationToken;

use crate::{Config, Peers, service};

/// A registry in this process, for as long as it is held.
pub(super) struct Served {
    pub(super) clock: Clock,
    pub(super) issuer: Arc<LocalIssuer>,
    pub(super) health: greenlane_platform::server::HealthState,
    server: InProcess,
    site: Option<u16>,
    stop: CancellationToken,
    task: Option<tokio::task::JoinHandle<()>>,
    pub(super) keys: Arc<tempfile::TempDir>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(super) fn now() -> DateTime<Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(super) const ALL: [&str; 10] = [
    "bodies.read",
    "bodies.write",
    "certificates.read",
    "certificates.write",
    "verify",
    "log.read",
    "trace.read",
    "trace.write",
    "write_offs.read",
    "write_offs.write",
];

/// A registry on a database, with keys of its own.
pub(super) async fn serve(db: &TestDatabase) -> Served {
    let keys = Arc::new(tempfile::tempdir().unwrap());
    serve_with(db, Clock::settable(now()), keys, |_| {}, Peers::default()).await
}

pub(super) async fn serve_with(
    db: &TestDatabase,
    clock: Clock,
    keys: Arc<tempfile::TempDir>,
    change: impl FnOnce(&mut Config),
    peers: Peers,
) -> Served {
    serve_by(db, clock, keys, change, peers, &ServerConfig::loopback()).await
}

/// The same, of a server that is set up otherwise.
pub(super) async fn serve_by(
    db: &TestDatabase,
    clock: Clock,
    keys: Arc<tempfile::TempDir>,
    change: impl FnOnce(&mut Config),
    peers: Peers,
    listening: &ServerConfig,
) -> Served {
    let mut config = Config {
        store: db.config(),
        key_directory: keys.path().join("keys"),
        poll_interval_ms: 20,
        ..Config::default()
    };
    change(&mut config);
    let built = service(&config, clock.clone(), peers).await.unwrap();
    let issuer = Arc::new(LocalIssuer::generate("https://id.example.org", "greenlane", Clock::system()));
    let jwks = keys.path().join(format!("jwks-{}.json", uuid::Uuid::now_v7()));
    issuer.write_jwks(&jwks).unwrap();
    let auth = AuthConfig {
        issuers: vec![IssuerConfig::new("https://id.example.org", JwksSource::File(jwks))],
        ..AuthConfig::default()
    };
    let authenticator = Authenticator::new(auth, Clock::system()).await.unwrap();
    let server = Server::bind(listening, authenticator, [built]).await.unwrap();
    let (in_process, health) = (server.in_process(), server.health());
    let site = server.site_address().map(|address| address.port());
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move { server.serve(stopped).await.unwrap() });
    Served { clock, issuer, health, server: in_process, site, stop, task: Some(task), keys }
}

/// Where a registry serves its site in a test: at a port of its own, which it tells.
pub(super) fn any_port(config: &mut Config) {
    config.http_listen = Some(([127, 0, 0, 1], 0).into());
}

/// How a caller calls it: with patience, on a machine that does much else.
fn to_registry() -> ClientConfig {
    ClientConfig { background_timeout_ms: Some(30_000), ..ClientConfig::to("http://registry") }
}

impl Served {
    /// The port of its site.
    pub(super) fn port(&self) -> u16 {
        self.site.unwrap()
    }

    /// Ends the registry and waits for its end.
    pub(super) async fn end(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap();
        }
    }

    /// A channel for a caller with these scopes, maybe acting for a body.
    pub(super) fn channel(&self, subject: &str, body: Option<&str>) -> Client {
        let mut request = TokenRequest::new(subject, ALL).valid_for(Duration::from_secs(3_600));
        if let Some(body) = body {
            request = request.for_body(body);
        }
        let token = Secret::from_value(self.issuer.mint(&request));
        let config = to_registry().with_token(token);
        connect_in_process(&config, self.server.clone()).unwrap()
    }

    /// A channel for a caller who may do no more than this.
    pub(super) fn channel_with(&self, scopes: &[&str]) -> Client {
        let request = TokenRequest::new("reader", scopes.iter().copied()).valid_for(Duration::from_secs(3_600));
        let config = to_registry().with_token(Secret::from_value(self.issuer.mint(&request)));
        connect_in_process(&config, self.server.clone()).unwrap()
    }

    /// A channel for a caller of an economy.
    pub(super) fn channel_of_economy(&self, economy: &str) -> Client {
        let request = TokenRequest::new("customs", ALL).valid_for(Duration::from_secs(3_600));
        let token = Secret::from_value(self.issuer.mint(&request.for_economy(economy)));
        let config = to_registry().with_token(token);
        connect_in_process(&config, self.server.clone()).unwrap()
    }

    /// The body service for an administrator of an economy.
    pub(super) fn bodies_of_economy(&self, economy: &str) -> BodyServiceClient<Client> {
        BodyServiceClient::new(self.channel_of_economy(economy))
    }

    pub(super) fn certificates(&self, body: &str) -> CertificateServiceClient<Client> {
        CertificateServiceClient::new(self.channel("clerk", Some(body)))
    }

    pub(super) fn bodies(&self) -> BodyServiceClient<Client> {
        BodyServiceClient::new(self.channel("keeper", None))
    }

    pub(super) fn verification(&self) -> VerificationServiceClient<Client> {
        VerificationServiceClient::new(self.channel("customs", None))
    }

    pub(super) fn log(&self) -> LogServiceClient<Client> {
        LogServiceClient::new(self.channel("auditor", None))
    }

    /// Registers a certification body and a key that the registry holds for it.
    pub(super) async fn enrol(&self, id: &str) {
        let body = self.bodies().create_body(new_body(id)).await.unwrap().into_inner().body.unwrap();
        assert_eq!(body.name, format!("bodies/{id}"));
        self.bodies().create_body_key(new_key(id)).await.unwrap();
    }

    /// Issues a certificate.
    pub(super) async fn issue(&self, body: &str, request_id: &str) -> wire::IssueCertificateResponse {
        self.certificates(&format!("bodies/{body}"))
            .issue_certificate(order(body, request_id))
            .await
            .unwrap()
            .into_inner()
    }

    /// Verifies a certificate without goods.
    pub(super) async fn verdict(&self, certificate: &str) -> wire::Verdict {
        let request = question(wire::verify_request::Subject::Certificate(certificate.to_owned()));
        self.verification().verify(request).await.unwrap().into_inner().verdict.unwrap()
    }
}

pub(super) fn new_body(id: &str) -> wire::CreateBodyRequest {
    wire::CreateBodyRequest {
        request_id: format!("body-{id}"),
        body_id: id.to_owned(),
        body: Some(wire::Body {
            display_name: format!("Certification body {id}"),
            economy: "XA".to_owned(),
            roles: vec![wire::BodyRole::CertificationBody.into()],
            ..wire::Body::default()
        }),
        ..wire::CreateBodyRequest::default()
    }
}

pub(super) fn new_key(id: &str) -> wire::CreateBodyKeyRequest {
    wire::CreateBodyKeyRequest {
        request_id: format!("key-{id}"),
        body: format!("bodies/{id}"),
        source: Some(wire::create_body_key_request::Source::Generate(wire::KeyAlgorithm::Eddsa.into())),
        ..wire::CreateBodyKeyRequest::default()
    }
}

pub(super) fn content() -> wire::CertificateContent {
    wire::CertificateContent {
        holder: Some(wire::Holder {
            name: "Example Solar Ltd".to_owned(),
            economy: "XA".to_owned(),
            ..wire::Holder::default()
        }),
        products: vec![wire::CertifiedProduct {
            name: "Sunrise 400".to_owned(),
            identification: Some(common::ProductIdentification {
                model: "SR-400".to_owned(),
                ..common::ProductIdentification::default()
            }),
            codes: vec![common::CodeReference { edition: "HS2022".to_owned(), code: "8541.43".to_owned() }],
            ..wire::CertifiedProduct::default()
        }],
        scheme: Some(wire::SchemeReference { scheme: "schemes/example-pv".to_owned(), level: String::new() }),
        normative_documents: vec![wire::NormativeDocument { edition: "EX 61215:2026".to_owned(), part: String::new() }],
        granted_on: "2026-01-10".to_owned(),
        valid_until: "2029-01-09".to_owned(),
        authorised_by: "Head of certification".to_owned(),
        scope: "Photovoltaic modules of the type named, as made at the site named.".to_owned(),
        ..wire::CertificateContent::default()
    }
}

pub(super) fn order(body: &str, request_id: &str) -> wire::IssueCertificateRequest {
    wire::IssueCertificateRequest {
        request_id: request_id.to_owned(),
        body: format!("bodies/{body}"),
        content: Some(content()),
        ..wire::IssueCertificateRequest::default()
    }
}

pub(super) fn question(subject: wire::verify_request::Subject) -> wire::VerifyRequest {
    wire::VerifyRequest { subject: Some(subject), ..wire::VerifyRequest::default() }
}

pub(super) fn goods() -> common::GoodsDeclaration {
    common::GoodsDeclaration {
        code: Some(common::CodeReference { edition: "HS2022".to_owned(), code: "854143".to_owned() }),
        origin: "XA".to_owned(),
        destination: "XB".to_owned(),
        product: Some(common::ProductIdentification {
            model: "SR-400".to_owned(),
            ..common::ProductIdentification::default()
        }),
        ..common::GoodsDeclaration::default()
    }
}

/// The codes of a part's findings.
pub(super) fn codes(part: Option<&wire::VerdictPart>) -> Vec<&str> {
    part.map(|part| part.findings.iter().map(|finding| finding.code.as_str()).collect()).unwrap_or_default()
}
