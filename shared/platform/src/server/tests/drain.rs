//! H2: nothing that a client does or leaves undone holds a process that was told to end.

use std::time::Duration;

use greenlane_api::classification::v1::WatchRevisionsRequest;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::fault::{ErrorReason, Fault};
use crate::server::ServerConfig;
use crate::testing::{Echo, code, public, request, start};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const GRACE: Duration = Duration::from_secs(2);
const WITHIN: Duration = Duration::from_secs(3);

fn config() -> ServerConfig {
    ServerConfig { drain_seconds: GRACE.as_secs(), ..ServerConfig::loopback() }
}

/// Waits until the server has taken the connection, by making another one behind it and using that.
async fn accepted(server: &crate::testing::Running) {
    let mut client = HealthClient::new(server.channel().await);
    client.check(HealthCheckRequest::default()).await.unwrap();
}

#[tokio::test]
async fn a_silent_tcp_connection_does_not_hold_the_drain() {
    let server = start(&config(), public(&Echo::default())).await;
    let _silent = TcpStream::connect(server.address).await.unwrap();
    accepted(&server).await;
    assert!(server.end_within(WITHIN).await);
}

#[tokio::test]
async fn a_connection_that_sent_only_the_preface_does_not_hold_the_drain() {
    let server = start(&config(), public(&Echo::default())).await;
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all(PREFACE).await.unwrap();
    accepted(&server).await;
    assert!(server.end_within(WITHIN).await);
}

#[tokio::test]
async fn an_open_health_watch_does_not_hold_the_drain_and_hears_of_it_first() {
    let server = start(&config(), public(&Echo::default())).await;
    server.health.serving().await;
    let mut client = HealthClient::new(server.channel().await);
    let mut watch = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status, ServingStatus::Serving as i32);
    let (ended, heard) = tokio::join!(server.end_within(WITHIN), watch.message());
    assert!(ended);
    assert_eq!(heard.unwrap().unwrap().status, ServingStatus::NotServing as i32);
}

#[tokio::test]
async fn a_watch_is_told_to_come_back_when_the_server_drains() {
    let echo = Echo::default();
    let server = start(&config(), public(&echo)).await;
    let mut client = CodeSystemServiceClient::new(server.channel().await);
    let mut watch = client.watch_revisions(WatchRevisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().revision, 1);
    let (ended, told) = tokio::join!(server.end_within(WITHIN), watch.message());
    assert!(ended);
    assert_eq!(told.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_stream_that_always_has_more_to_say_is_told_to_come_back_too() {
    let server = start(&config(), public(&Echo::default())).await;
    let mut client = CodeSystemServiceClient::new(server.channel().await);
    let mut stream = client.watch_revisions(WatchRevisionsRequest { after_revision: 1 }).await.unwrap().into_inner();
    assert!(stream.message().await.unwrap().is_some());
    let told = async {
        loop {
            if let Err(status) = stream.message().await {
                return status;
            }
        }
    };
    let (ended, told) = tokio::join!(server.end_within(Duration::from_secs(20)), told);
    assert!(ended);
    assert_eq!(Fault::reason_of(&told), Some(ErrorReason::NotServing), "{told:?}");
}

#[tokio::test]
async fn a_call_in_work_is_finished_before_the_process_ends() {
    let echo = Echo::default();
    let server = start(&config(), public(&echo)).await;
    let mut client = LookupServiceClient::new(server.channel().await);
    let held = tokio::spawn(async move { client.get_code(request("hold")).await });
    echo.seen.until_begun(1).await;
    server.shutdown.cancel();
    echo.seen.release.notify_one();
    assert_eq!(code(held.await.unwrap().unwrap()), "held");
    assert!(server.end_within(WITHIN).await);
}

#[tokio::test]
async fn a_call_that_never_ends_is_cut_at_the_deadline() {
    let echo = Echo::default();
    let server = start(&ServerConfig { drain_seconds: 1, ..config() }, public(&echo)).await;
    let mut client = LookupServiceClient::new(server.channel().await);
    let call = tokio::spawn(async move { client.get_code(request("forever")).await });
    echo.seen.until_begun(1).await;
    assert!(server.end_within(Duration::from_secs(10)).await);
    assert!(call.await.unwrap().is_err());
    echo.seen.until_ended(1).await;
}

#[tokio::test]
async fn a_connection_without_a_handshake_is_closed_in_time() {
    let config = ServerConfig { handshake_timeout_ms: 50, ..config() };
    let server = start(&config, public(&Echo::default())).await;
    for sent in [&b""[..], PREFACE] {
        let mut connection = TcpStream::connect(server.address).await.unwrap();
        connection.write_all(sent).await.unwrap();
        let mut received = Vec::new();
        // The server's own SETTINGS may come; the end must.
        let ended = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut received)).await;
        assert!(ended.is_ok(), "{} bytes sent", sent.len());
    }
}

#[tokio::test]
async fn an_old_connection_is_replaced_without_a_failed_call() {
    let config = ServerConfig { connection_max_age_seconds: 1, connection_grace_seconds: 1, ..config() };
    let echo = Echo::default();
    let server = start(&config, public(&echo)).await;
    let mut client =
        LookupServiceClient::new(crate::client::connect(&crate::client::ClientConfig::to(server.uri.clone())).unwrap());
    let until = tokio::time::Instant::now() + Duration::from_millis(2_500);
    while tokio::time::Instant::now() < until {
        assert_eq!(code(client.get_code(request("hello")).await.unwrap()), "hello");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
