//! H5: one limit for all connections, both message sizes, bounded decompression.

use std::time::Duration;

use greenlane_api::classification::v1::WatchRevisionsRequest;
use greenlane_api::classification::v1::code_system_service_client::CodeSystemServiceClient;
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use crate::fault::{ErrorReason, Fault};
use crate::server::ServerConfig;
use crate::testing::{Echo, code, public, request, start};

fn assert_overloaded(status: &Status) {
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(Fault::reason_of(status), Some(ErrorReason::Overloaded));
    assert_eq!(Fault::metadata_of(status).get("limit").map(String::as_str), Some("concurrency"));
    let retry = status.get_details_retry_info().and_then(|info| info.retry_delay);
    assert!(retry.is_some_and(|delay| delay > Duration::ZERO));
}

#[tokio::test]
async fn many_connections_share_one_limit_and_the_rest_are_told_when_to_come_back() {
    let echo = Echo::default();
    let config = ServerConfig { max_concurrent_calls: 3, ..ServerConfig::loopback() };
    let server = start(&config, public(&echo)).await;
    let mut held = Vec::new();
    for count in 1..=3 {
        let mut client = LookupServiceClient::new(server.channel().await);
        held.push(tokio::spawn(async move { client.get_code(request("hold")).await }));
        echo.seen.until_begun(count).await;
    }
    for _ in 0..3 {
        let mut client = LookupServiceClient::new(server.channel().await);
        assert_overloaded(&client.get_code(request("hello")).await.unwrap_err());
    }
    // Health answers when calls do not.
    HealthClient::new(server.channel().await).check(HealthCheckRequest::default()).await.unwrap();

    echo.seen.release.notify_waiters();
    for call in held {
        assert_eq!(code(call.await.unwrap().unwrap()), "held");
    }
    let mut client = LookupServiceClient::new(server.channel().await);
    assert_eq!(code(client.get_code(request("hello")).await.unwrap()), "hello");
}

#[tokio::test]
async fn a_stranger_that_holds_all_it_can_does_not_stop_those_with_a_token() {
    let echo = Echo::default();
    let config = ServerConfig { max_concurrent_calls: 64, ..ServerConfig::loopback() };
    let server = start(&config, public(&echo)).await;
    let client = LookupServiceClient::new(server.channel().await);
    let mut calls = JoinSet::new();
    for _ in 0..80 {
        let mut client = client.clone();
        calls.spawn(async move { client.get_code(request("hold")).await });
    }
    // It has half of the strangers' quarter.
    for _ in 8..80 {
        assert_overloaded(&calls.join_next().await.unwrap().unwrap().unwrap_err());
    }
    echo.seen.until_begun(8).await;
    let mut known = tonic::Request::new(request("hello"));
    known.metadata_mut().insert("authorization", "Bearer a.b.c".parse().unwrap());
    let told = client.clone().get_code(known).await.unwrap_err();
    assert_eq!(told.code(), Code::Unauthenticated, "its token was looked at");
    echo.seen.release.notify_waiters();
    while let Some(call) = calls.join_next().await {
        assert_eq!(code(call.unwrap().unwrap()), "held");
    }
}

#[tokio::test]
async fn streams_have_a_limit_of_their_own_and_take_no_calls_place() {
    let echo = Echo::default();
    let config = ServerConfig { max_concurrent_streams: 1, max_concurrent_calls: 1, ..ServerConfig::loopback() };
    let server = start(&config, public(&echo)).await;
    let channel = server.channel().await;
    let mut streams = CodeSystemServiceClient::new(channel.clone());
    let open = streams.watch_revisions(WatchRevisionsRequest::default()).await.unwrap();
    assert_overloaded(&streams.watch_revisions(WatchRevisionsRequest::default()).await.unwrap_err());
    let mut calls = LookupServiceClient::new(channel);
    assert_eq!(code(calls.get_code(request("hello")).await.unwrap()), "hello");
    drop(open);
    echo.seen.until_ended(2).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed() {
    let config = ServerConfig { max_connections: 1, ..ServerConfig::loopback() };
    let server = start(&config, public(&Echo::default())).await;
    let first = server.channel().await;
    HealthClient::new(first).check(HealthCheckRequest::default()).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    let read = tokio::time::timeout(Duration::from_secs(20), second.read(&mut [0; 64])).await.unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "the second connection is closed");
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_with_its_reason() {
    let config = ServerConfig { max_decode_bytes: 10_000, ..ServerConfig::loopback() };
    let server = start(&config, public(&Echo::default())).await;
    let mut client = LookupServiceClient::new(server.channel().await);
    let status = client.get_code(request(&"x".repeat(10_001))).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::MessageTooLarge));
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_sent() {
    let config = ServerConfig { max_encode_bytes: 10_000, ..ServerConfig::loopback() };
    let server = start(&config, public(&Echo::default())).await;
    let mut client = LookupServiceClient::new(server.channel().await);
    let status = client.get_code(request("big 10001")).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::MessageTooLarge));
    assert_eq!(code(client.get_code(request("hello")).await.unwrap()), "hello");
}

#[tokio::test]
async fn a_gzip_bomb_is_unpacked_no_further_than_the_limit() {
    let server = start(&ServerConfig::loopback(), public(&Echo::default())).await;
    let mut client = LookupServiceClient::new(server.channel().await).send_compressed(CompressionEncoding::Gzip);
    assert_eq!(code(client.get_code(request("hello")).await.unwrap()), "hello");
    let bomb = request(&"0".repeat(64 << 20));
    let status = client.get_code(bomb).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::MessageTooLarge));
}
