//! H4: streams are bounded in age and idleness, and a reader that does not read is cut.

use std::time::Duration;

use greenlane_api::classification::v1::WatchRevisionsRequest;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use tonic::transport::Endpoint;
use tonic::{Code, Request};

use crate::auth::issuer::{LocalIssuer, TokenRequest};
use crate::auth::{AuthConfig, Authenticator, IssuerConfig, JwksSource};
use crate::clock::Clock;
use crate::fault::{ErrorReason, Fault};
use crate::server::{Server, ServerConfig};
use crate::testing::{Echo, Running, public, start};

const FAST: WatchRevisionsRequest = WatchRevisionsRequest { after_revision: 1 };
const ONE_THEN_SILENT: WatchRevisionsRequest = WatchRevisionsRequest { after_revision: 0 };

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut() {
    let echo = Echo::default();
    let config = ServerConfig { stream_idle_timeout_seconds: 1, ..ServerConfig::loopback() };
    let server = start(&config, public(&echo)).await;
    let channel =
        Endpoint::from_shared(server.uri.clone()).unwrap().initial_stream_window_size(65_535).connect().await.unwrap();
    let stream = CodeSystemServiceClient::new(channel).watch_revisions(FAST).await.unwrap();
    echo.seen.until_ended(1).await;
    drop(stream);
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_at_its_own_deadline_too() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    let channel = server.channel().await;
    let mut request = Request::new(FAST);
    request.set_timeout(Duration::from_millis(1_500));
    let stream = CodeSystemServiceClient::new(channel).watch_revisions(request).await.unwrap();
    echo.seen.until_ended(1).await;
    drop(stream);
}

#[tokio::test]
async fn a_stream_on_which_nothing_moves_is_ended_with_a_status() {
    let echo = Echo::default();
    let config = ServerConfig { stream_idle_timeout_seconds: 1, ..ServerConfig::loopback() };
    let server = start(&config, public(&echo)).await;
    let mut client = CodeSystemServiceClient::new(server.channel().await);
    let mut stream = client.watch_revisions(ONE_THEN_SILENT).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().revision, 1);
    assert_eq!(stream.message().await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_stream_older_than_allowed_is_ended_and_may_be_opened_again() {
    let echo = Echo::default();
    let config = ServerConfig { stream_max_age_seconds: 1, ..ServerConfig::loopback() };
    let server = start(&config, public(&echo)).await;
    let mut client = CodeSystemServiceClient::new(server.channel().await);
    for _ in 0..2 {
        let mut stream = client.watch_revisions(ONE_THEN_SILENT).await.unwrap().into_inner();
        assert_eq!(stream.message().await.unwrap().unwrap().revision, 1);
        let status = stream.message().await.unwrap_err();
        assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotServing));
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it() {
    let clock = Clock::system();
    let issuer = LocalIssuer::generate("https://issuer.test", "greenlane", clock.clone());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    issuer.write_jwks(&file).unwrap();
    let issuers = vec![IssuerConfig::new("https://issuer.test", JwksSource::File(file))];
    let config = AuthConfig { issuers, leeway_seconds: 0, ..AuthConfig::default() };
    let authenticator = Authenticator::new(config, clock).await.unwrap();
    let services = [public(&Echo::default())];
    let server = Running::of(Server::bind(&ServerConfig::loopback(), authenticator, services).await.unwrap());
    let mut client = CodeSystemServiceClient::new(server.channel().await);
    let mut watch = async |seconds: u64| {
        let token = issuer.mint(&TokenRequest::new("clerk", ["codes.read"]).valid_for(Duration::from_secs(seconds)));
        let mut request = Request::new(ONE_THEN_SILENT);
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        let mut stream = client.watch_revisions(request).await.unwrap().into_inner();
        assert_eq!(stream.message().await.unwrap().unwrap().revision, 1);
        tokio::time::timeout(Duration::from_secs(5), stream.message()).await
    };
    let status = watch(3).await.unwrap().unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotServing));
    assert!(watch(3_600).await.is_err(), "another goes on");
}

#[tokio::test]
async fn a_callers_deadline_ends_a_stream_with_deadline_exceeded() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    let mut client = CodeSystemServiceClient::new(server.channel().await);
    let mut request = Request::new(ONE_THEN_SILENT);
    // Written by hand: tonic's own client would end the call itself.
    request.metadata_mut().insert("grpc-timeout", "1500m".parse().unwrap());
    let mut stream = client.watch_revisions(request).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().revision, 1);
    let status = stream.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    echo.seen.until_ended(1).await;
}
