//! A served equivalence service, a classification service that can be switched off, and callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use greenlane_api::classification::v1 as classification;
use greenlane_api::classification::v1::code_system_service_server::{CodeSystemService, CodeSystemServiceServer};
use greenlane_api::classification::v1::lookup_service_server::{LookupService, LookupServiceServer};
use greenlane_api::common::v1 as common;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::auth::issuer::{LocalIssuer, TokenRequest};
use greenlane_platform::auth::{AuthConfig, Authenticator, IssuerConfig, JwksSource, Rule};
use greenlane_platform::client::{Client, ClientConfig, connect_in_process};
use greenlane_platform::clock::Clock;
use greenlane_platform::config::Secret;
use greenlane_platform::grpc;
use greenlane_platform::server::{InProcess, Server, ServerConfig, Service};
use greenlane_store::testing::TestDatabase;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::{Config, service};

pub(super) fn now() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// Classification, as far as it is asked here: HS2017 854140 became 854141 and 854143, and back.
#[derive(Default)]
pub(super) struct Classifier {
    pub(super) down: AtomicBool,
    /// It takes questions about codes and never answers.
    pub(super) silent: AtomicBool,
    pub(super) translations: AtomicUsize,
}

#[derive(Clone)]
struct Shared(Arc<Classifier>);

#[tonic::async_trait]
impl LookupService for Shared {
    async fn batch_get_codes(
        &self,
        request: Request<classification::BatchGetCodesRequest>,
    ) -> Result<Response<classification::BatchGetCodesResponse>, Status> {
        use classification::code_result::Result;
        if self.0.down.load(Ordering::SeqCst) {
            return Err(Status::unavailable("switched off"));
        }
        if self.0.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let result = |code: common::CodeReference| match code.code.starts_with("85") && code.edition == "HS2022" {
            true => Result::Code(classification::Code { reference: Some(code), ..Default::default() }),
            false => Result::NotFound(classification::CodeNotFound { code: Some(code), ..Default::default() }),
        };
        let results = request.into_inner().codes.into_iter();
        let results = results.map(|code| classification::CodeResult { result: Some(result(code)) }).collect();
        Ok(Response::new(classification::BatchGetCodesResponse { results, revision: 5 }))
    }

    async fn translate_code(
        &self,
        request: Request<classification::TranslateCodeRequest>,
    ) -> Result<Response<classification::TranslateCodeResponse>, Status> {
        if self.0.down.load(Ordering::SeqCst) {
            return Err(Status::unavailable("switched off"));
        }
        self.0.translations.fetch_add(1, Ordering::SeqCst);
        let request = request.into_inner();
        let code = request.code.unwrap();
        let targets = match code.code.as_str() {
            "999999" => return Err(Status::not_found("no such code")),
            itself if code.edition == request.target_edition => vec![itself],
            "854140" => vec!["854141", "854143"],
            "854149" => vec!["854143"],
            _ => return Err(Status::not_found("no such code")),
        };
        let edition = request.target_edition;
        let target = |code: &str| classification::TranslationTarget {
            code: Some(common::CodeReference { edition: edition.clone(), code: code.to_owned() }),
            ..Default::default()
        };
        let targets = targets.into_iter().map(target).collect();
        let translation = Some(classification::Translation { targets, ..Default::default() });
        Ok(Response::new(classification::TranslateCodeResponse { translation, revision: 5 }))
    }
}

/// Of HS2022 all is known, and no code but of chapter 85; of HS2017 a part.
#[tonic::async_trait]
impl CodeSystemService for Shared {
    async fn list_editions(
        &self,
        _: Request<classification::ListEditionsRequest>,
    ) -> Result<Response<classification::ListEditionsResponse>, Status> {
        let edition = |id: &str, partial| classification::Edition {
            name: format!("editions/{id}"),
            partial,
            ..Default::default()
        };
        let editions = vec![edition("HS2017", true), edition("HS2022", false)];
        Ok(Response::new(classification::ListEditionsResponse { editions, ..Default::default() }))
    }

    async fn watch_revisions(
        &self,
        _: Request<classification::WatchRevisionsRequest>,
    ) -> Result<Response<BoxStream<classification::WatchRevisionsResponse>>, Status> {
        let classifier = self.0.clone();
        let messages = futures_util::stream::unfold(true, move |first| {
            let classifier = classifier.clone();
            async move {
                if !first {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                if classifier.down.load(Ordering::SeqCst) {
                    return None;
                }
                let message = classification::WatchRevisionsResponse { revision: 5, ..Default::default() };
                Some((Ok(message), false))
            }
        });
        Ok(Response::new(Box::pin(messages)))
    }
}

const CLASSIFICATION_RULES: &[Rule] = &[
    Rule::public("/greenlane.classification.v1.LookupService/TranslateCode"),
    Rule::public("/greenlane.classification.v1.LookupService/BatchGetCodes"),
    Rule::public("/greenlane.classification.v1.LookupService/SearchCodes"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/ListEditions"),
    Rule::public("/greenlane.classification.v1.CodeSystemService/WatchRevisions"),
];

async fn serve_classification(classifier: Arc<Classifier>, stop: CancellationToken) -> Client {
    let authenticator = Authenticator::new(AuthConfig::default(), Clock::system()).await.unwrap();
    let built = Service::new("classification", CLASSIFICATION_RULES)
        .grpc(grpc!(LookupServiceServer::new(Shared(classifier.clone()))))
        .grpc(grpc!(CodeSystemServiceServer::new(Shared(classifier))));
    let server = Server::bind(&ServerConfig::loopback(), authenticator, [built]).await.unwrap();
    let in_process = server.in_process();
    tokio::spawn(async move { server.serve(stop).await.unwrap() });
    let config = ClientConfig { max_retries: 0, timeout_ms: 30_000, ..ClientConfig::to("http://classification") };
    connect_in_process(&config, in_process).unwrap()
}

/// The service in this process, for as long as it is held.
pub(super) struct Served {
    pub(super) classifier: Arc<Classifier>,
    pub(super) clock: Clock,
    issuer: LocalIssuer,
    server: InProcess,
    stop: CancellationToken,
    _keys: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(super) async fn serve(db: &TestDatabase) -> Served {
    serve_with(db, |_| {}).await
}

/// The same, which waits long for a revision: on a machine that does much else it hears late of what is published.
pub(super) async fn serve_patiently(db: &TestDatabase) -> Served {
    serve_with(db, |config| config.revision_wait_ms = 20_000).await
}

pub(super) async fn serve_with(db: &TestDatabase, change: impl FnOnce(&mut Config)) -> Served {
    serve_beside(db, Classifier::default(), change).await
}

pub(super) async fn serve_beside(
    db: &TestDatabase,
    classifier: Classifier,
    change: impl FnOnce(&mut Config),
) -> Served {
    let mut config = Config { store: db.config(), poll_interval_ms: 20, ..Config::default() };
    change(&mut config);
    let stop = CancellationToken::new();
    let classifier = Arc::new(classifier);
    let channel = serve_classification(classifier.clone(), stop.clone()).await;
    let clock = Clock::settable(now());
    let built = service(&config, clock.clone(), Some(channel)).await.unwrap();
    let keys = tempfile::tempdir().unwrap();
    let issuer = LocalIssuer::generate("https://id.example.org", "greenlane", Clock::system());
    let jwks = keys.path().join("jwks.json");
    issuer.write_jwks(&jwks).unwrap();
    let auth = AuthConfig {
        issuers: vec![IssuerConfig::new("https://id.example.org", JwksSource::File(jwks))],
        ..AuthConfig::default()
    };
    let authenticator = Authenticator::new(auth, Clock::system()).await.unwrap();
    let server = Server::bind(&ServerConfig::loopback(), authenticator, [built]).await.unwrap();
    let in_process = server.in_process();
    let stopped = stop.clone();
    tokio::spawn(async move { server.serve(stopped).await.unwrap() });
    Served { classifier, clock, issuer, server: in_process, stop, _keys: keys }
}

const ALL: [&str; 5] = ["catalogue.read", "catalogue.propose", "catalogue.review", "catalogue.publish", "recognise"];

impl Served {
    /// A channel for a caller that acts for an economy.
    pub(super) fn channel(&self, subject: &str, economy: &str) -> Client {
        self.channel_with(TokenRequest::new(subject, ALL).for_economy(economy))
    }

    pub(super) fn channel_with(&self, request: TokenRequest) -> Client {
        let token = Secret::from_value(self.issuer.mint(&request));
        // With patience, on a machine that does much else.
        let config = ClientConfig { background_timeout_ms: Some(30_000), ..ClientConfig::to("http://equivalence") };
        connect_in_process(&config.with_token(token), self.server.clone()).unwrap()
    }

    pub(super) fn recognition(&self) -> pb::recognition_service_client::RecognitionServiceClient<Client> {
        pb::recognition_service_client::RecognitionServiceClient::new(self.channel("customs", "XB"))
    }

    pub(super) fn catalogue(&self) -> pb::catalogue_service_client::CatalogueServiceClient<Client> {
        pb::catalogue_service_client::CatalogueServiceClient::new(self.channel("reader", "XB"))
    }

    pub(super) fn changes(&self, subject: &str) -> pb::change_service_client::ChangeServiceClient<Client> {
        pb::change_service_client::ChangeServiceClient::new(self.channel(subject, "XB"))
    }
}

/// The question of the starter's story.
pub(super) fn question(destination: &str) -> pb::RecognitionQuestion {
    pb::RecognitionQuestion {
        certificate: Some(pb::CertificateFacts {
            schemes: vec![pb::CertifiedScheme { scheme: "schemes/aurelian-pv-mark".into(), level: "A".into() }],
            standard_editions: vec!["IEC 61215-1:2021".into(), "IEC 61730-1:2016".into()],
            body: "bodies/aurora-cert".into(),
            body_economy: "XA".into(),
            ..Default::default()
        }),
        code: Some(common::CodeReference { edition: "HS2022".into(), code: "854143".into() }),
        origin: "XA".into(),
        destination: destination.into(),
        ..Default::default()
    }
}

pub(super) fn exactly(revision: u64) -> Option<common::ReadConsistency> {
    Some(common::ReadConsistency {
        requirement: Some(common::read_consistency::Requirement::ExactlyRevision(revision)),
    })
}

pub(super) fn at_least(revision: u64) -> Option<common::ReadConsistency> {
    Some(common::ReadConsistency {
        requirement: Some(common::read_consistency::Requirement::AtLeastRevision(revision)),
    })
}
