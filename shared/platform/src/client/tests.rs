use std::sync::atomic::Ordering;
use std::time::Duration;

use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use greenlane_api::classification::v1::lookup_service_server::LookupServiceServer;
use tonic::{Code, Request};

use super::{Client, ClientConfig, connect, connect_in_process};
use crate::auth::issuer::{LocalIssuer, TokenRequest};
use crate::auth::{AuthConfig, Authenticator, IssuerConfig, JwksSource, Rule};
use crate::clock::Clock;
use crate::config::Secret;
use crate::deadline;
use crate::fault::{ErrorReason, Fault};
use crate::grpc;
use crate::server::{Server, ServerConfig, Service};
use crate::testing::{Echo, Running, code, public, request, start};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

fn to(server: &Running) -> ClientConfig {
    ClientConfig::to(server.uri.clone())
}

/// A service that calls another one.
async fn chain(last: &Echo) -> (Running, Running) {
    let last = start(&ServerConfig::loopback(), public(last)).await;
    let next = connect(&to(&last)).unwrap();
    let first = Echo { next: Some(next), ..Echo::default() };
    (start(&ServerConfig::loopback(), public(&first)).await, last)
}

#[tokio::test]
async fn a_chain_of_services_shares_one_deadline_and_each_keeps_a_slice() {
    let (first, _last) = chain(&Echo::default()).await;
    let mut client = LookupServiceClient::new(first.channel().await);
    let mut call = Request::new(request("call remaining_ms"));
    call.set_timeout(Duration::from_secs(3));
    let left: u64 = code(client.get_code(call).await.unwrap()).parse().unwrap();
    assert!(left <= 3_000 - ClientConfig::default().reserve_ms, "left {left}");
    assert!(left > 1_000, "left {left}");
}

#[tokio::test]
async fn a_chain_under_a_short_deadline_is_given_up_everywhere() {
    let last = Echo::default();
    let (first, _last) = chain(&last).await;
    // Not through tonic's own channel, which calls its own timer CANCELLED.
    let mut client = LookupServiceClient::new(connect(&to(&first)).unwrap());
    let warm = client.get_code(request("call hello")).await.unwrap();
    assert_eq!(code(warm), "hello");
    last.seen.until_ended(1).await;

    let mut call = Request::new(request("call forever"));
    call.metadata_mut().insert("grpc-timeout", "50m".parse().unwrap());
    let status = client.get_code(call).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    // Either it never got so far, or it was dropped there too.
    let begun = *last.seen.begun.borrow();
    last.seen.until_ended(begun).await;
}

#[tokio::test]
async fn a_token_file_that_is_not_there_is_told_before_any_call() {
    let missing = std::path::Path::new("/nowhere/greenlane/token");
    let error = connect(&ClientConfig::to("http://127.0.0.1:1").with_token(Secret::from_file(missing))).unwrap_err();
    assert!(error.to_string().contains("/nowhere/greenlane/token"), "{error}");
}

#[tokio::test]
async fn a_call_with_nothing_left_is_not_sent() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    let mut client = LookupServiceClient::new(connect(&to(&server)).unwrap());
    let spent = deadline::within(Duration::from_millis(1), async { client.get_code(request("hello")).await });
    let status = spent.await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::DeadlineTooShort));
    assert_eq!(*echo.seen.begun.borrow(), 0);
}

#[tokio::test]
async fn a_call_without_any_deadline_is_refused() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    let config = ClientConfig { background_timeout_ms: None, ..to(&server) };
    let mut client = LookupServiceClient::new(connect(&config).unwrap());
    assert_eq!(client.get_code(request("hello")).await.unwrap_err().code(), Code::Internal);
    assert_eq!(*echo.seen.begun.borrow(), 0);
    let bounded = deadline::within(Duration::from_secs(5), async { client.get_code(request("hello")).await });
    assert_eq!(code(bounded.await.unwrap()), "hello");
}

#[tokio::test]
async fn the_trace_goes_along_a_chain() {
    let (first, _last) = chain(&Echo::default()).await;
    let mut client = LookupServiceClient::new(first.channel().await);
    let mut call = Request::new(request("call trace_id"));
    call.metadata_mut().insert("traceparent", TRACEPARENT.parse().unwrap());
    assert_eq!(code(client.get_code(call).await.unwrap()), "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test]
async fn an_unavailable_service_is_called_again_until_it_answers() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    let mut client = LookupServiceClient::new(connect(&to(&server)).unwrap());
    assert_eq!(code(client.get_code(request("unavailable 2")).await.unwrap()), "at last");
    assert_eq!(echo.seen.unavailable.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn retries_are_bounded() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    let mut client = LookupServiceClient::new(connect(&to(&server)).unwrap());
    let status = client.get_code(request("unavailable 100")).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NotServing));
    assert_eq!(echo.seen.unavailable.load(Ordering::SeqCst), 1 + ClientConfig::default().max_retries as usize);
}

#[tokio::test]
async fn retries_stop_when_they_only_add_to_the_load() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    let mut client = LookupServiceClient::new(connect(&to(&server)).unwrap());
    for _ in 0..30 {
        let _ = client.get_code(request("unavailable 1000")).await.unwrap_err();
    }
    // 30 calls and the 20 retries that were saved up; not 90.
    assert_eq!(echo.seen.unavailable.load(Ordering::SeqCst), 50);
}

#[tokio::test]
async fn a_failure_that_is_not_unavailability_is_not_repeated() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    let mut client = LookupServiceClient::new(connect(&to(&server)).unwrap());
    assert_eq!(client.get_code(request("fail")).await.unwrap_err().code(), Code::Internal);
    assert_eq!(*echo.seen.begun.borrow(), 1);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unavailable_and_is_found_when_it_comes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut client = LookupServiceClient::new(connect(&ClientConfig::to(format!("http://{address}"))).unwrap());
    assert_eq!(client.get_code(request("hello")).await.unwrap_err().code(), Code::Unavailable);
    let config = ServerConfig { listen: address, ..ServerConfig::loopback() };
    let _server = start(&config, public(&Echo::default())).await;
    assert_eq!(code(client.get_code(request("hello")).await.unwrap()), "hello");
}

const SCOPED: &[Rule] = &[Rule::scope("/greenlane.classification.v1.LookupService/GetCode", "codes.read")];

/// A server whose one method needs a scope, and who gives tokens for it.
async fn guarded(folder: &std::path::Path) -> (Running, LocalIssuer) {
    let issuer = LocalIssuer::generate("https://issuer.example.org", "greenlane", Clock::system());
    let jwks = folder.join("jwks.json");
    issuer.write_jwks(&jwks).unwrap();
    let trusted = IssuerConfig::new("https://issuer.example.org", JwksSource::File(jwks));
    let config = AuthConfig { issuers: vec![trusted], ..AuthConfig::default() };
    let authenticator = Authenticator::new(config, Clock::system()).await.unwrap();
    let service = Service::new("echo", SCOPED).grpc(grpc!(LookupServiceServer::new(Echo::default())));
    let server = Server::bind(&ServerConfig::loopback(), authenticator, [service]).await.unwrap();
    (Running::of(server), issuer)
}

async fn hello(client: &Client) -> Result<String, tonic::Status> {
    LookupServiceClient::new(client.clone()).get_code(request("hello")).await.map(code)
}

#[tokio::test]
async fn an_in_process_channel_meets_the_same_authorization_as_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let (server, issuer) = guarded(folder.path()).await;
    let token = |scope: &'static str| Secret::from_value(issuer.mint(&TokenRequest::new("customs", [scope])));
    let config = ClientConfig::default();
    let channel = |config: &ClientConfig| connect_in_process(config, server.in_process.clone()).unwrap();

    let status = hello(&channel(&config)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::TokenMissing));
    let wrong = config.clone().with_token(token("verify"));
    let status = hello(&channel(&wrong)).await.unwrap_err();
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::ScopeMissing));
    let right = config.clone().with_token(token("codes.read"));
    assert_eq!(hello(&channel(&right)).await.unwrap(), "hello");
    assert_eq!(hello(&connect(&ClientConfig { uri: server.uri.clone(), ..right }).unwrap()).await.unwrap(), "hello");
    let header = format!("Bearer {}\n", issuer.mint(&TokenRequest::new("customs", ["codes.read"])));
    let as_a_header_has_it = config.with_token(Secret::from_value(header));
    assert_eq!(hello(&channel(&as_a_header_has_it)).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_token_file_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (server, issuer) = guarded(folder.path()).await;
    let file = folder.path().join("token");
    std::fs::write(&file, "not a token\n").unwrap();
    let client = connect(&to(&server).with_token(Secret::from_file(&file))).unwrap();
    assert_eq!(hello(&client).await.unwrap_err().code(), Code::Unauthenticated);
    std::fs::write(&file, issuer.mint(&TokenRequest::new("customs", ["codes.read"])) + "\n").unwrap();
    tokio::time::timeout(Duration::from_secs(20), async {
        while hello(&client).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
    // A file that is gone for a moment does not stop us.
    std::fs::remove_file(&file).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(hello(&client).await.unwrap(), "hello");
}

#[tokio::test]
async fn an_in_process_channel_to_a_server_that_has_ended_is_unavailable() {
    let server = start(&ServerConfig::loopback(), public(&Echo::default())).await;
    let client = connect_in_process(&ClientConfig::default(), server.in_process.clone()).unwrap();
    assert_eq!(hello(&client).await.unwrap(), "hello");
    assert!(server.end_within(Duration::from_secs(15)).await);
    assert_eq!(hello(&client).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_uri_that_cannot_be_meant_is_refused() {
    for uri in ["", "ftp://example.org", "not a uri"] {
        assert!(connect(&ClientConfig::to(uri)).is_err(), "{uri:?}");
    }
}

#[tokio::test]
async fn a_client_learns_the_version_of_the_server_from_its_answers() {
    let server = start(&ServerConfig::loopback(), public(&Echo::default())).await;
    let client = connect(&ClientConfig { background_timeout_ms: Some(30_000), ..to(&server) }).unwrap();
    assert_eq!(client.server_version(), None);
    LookupServiceClient::new(client.clone()).get_code(request("fail")).await.unwrap_err();
    assert_eq!(client.server_version(), Some(env!("CARGO_PKG_VERSION")), "a refusal tells it too");
}
