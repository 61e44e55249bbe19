//! What every call meets: trace, deadline, panics, authorization, and errors with their reasons.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use greenlane_api::classification::v1::lookup_service_client::LookupServiceClient;
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tonic::body::Body;
use tonic::{Code, Request, Status};
use tower::ServiceExt as _;

use crate::fault::{ErrorReason, Fault};
use crate::server::{ServerConfig, TRACE_ID};
use crate::testing::{Echo, Running, code, public, request, start};

const GET_CODE: &str = "/greenlane.classification.v1.LookupService/GetCode";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

async fn server() -> Running {
    start(&ServerConfig::loopback(), public(&Echo::default())).await
}

/// A call made by hand; its status.
async fn raw(server: &Running, path: &str, timeout: Option<&str>, frame: &'static [u8]) -> Status {
    let mut request = http::Request::post(format!("{}{path}", server.uri)).header("content-type", "application/grpc");
    if let Some(timeout) = timeout {
        request = request.header("grpc-timeout", timeout);
    }
    sent(server, request.body(Full::new(Bytes::from_static(frame))).unwrap()).await
}

async fn sent<B>(server: &Running, request: http::Request<B>) -> Status
where
    B: http_body::Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
{
    // Not through tonic, whose channel would end the call at its deadline itself.
    let stream = TokioIo::new(TcpStream::connect(server.address).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let trailers = body.collect().await.unwrap().trailers().cloned().unwrap_or_default();
    Status::from_header_map(&parts.headers).or_else(|| Status::from_header_map(&trailers)).unwrap()
}

#[tokio::test]
async fn a_call_keeps_the_trace_it_came_with_and_gets_one_otherwise() {
    let server = server().await;
    let mut client = LookupServiceClient::new(server.channel().await);
    let mut traced = Request::new(request("trace_id"));
    traced.metadata_mut().insert("traceparent", TRACEPARENT.parse().unwrap());
    assert_eq!(code(client.get_code(traced).await.unwrap()), "0af7651916cd43dd8448eb211c80319c");
    let own = code(client.get_code(request("trace_id")).await.unwrap());
    assert_eq!(own.len(), 32);
    assert_ne!(own, "0".repeat(32));
}

#[tokio::test]
async fn an_error_carries_the_trace_id() {
    let server = server().await;
    let mut client = LookupServiceClient::new(server.channel().await);
    let mut failing = Request::new(request("fail"));
    failing.metadata_mut().insert("traceparent", TRACEPARENT.parse().unwrap());
    let status = client.get_code(failing).await.unwrap_err();
    assert_eq!(status.metadata().get(TRACE_ID.as_str()).unwrap(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::Internal));
    assert!(!status.message().contains("as told"), "the operator's text stays here");
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_connection_lives_on() {
    let server = server().await;
    let mut client = LookupServiceClient::new(server.channel().await);
    let status = client.get_code(request("panic")).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::Internal));
    assert!(!status.message().contains("as told"));
    assert_eq!(code(client.get_code(request("hello")).await.unwrap()), "hello");
}

#[tokio::test]
async fn a_handler_knows_its_deadline_and_one_is_set_when_the_caller_sets_none() {
    let config = ServerConfig { request_timeout_ms: 20_000, ..ServerConfig::loopback() };
    let server = start(&config, public(&Echo::default())).await;
    let mut client = LookupServiceClient::new(server.channel().await);
    for (asked, most) in [(None, 20_000), (Some(8), 8_000), (Some(3_600), 20_000)] {
        let mut call = Request::new(request("remaining_ms"));
        if let Some(seconds) = asked {
            call.set_timeout(Duration::from_secs(seconds));
        }
        let left: u64 = code(client.get_code(call).await.unwrap()).parse().unwrap();
        assert!(left <= most && left > most / 2, "asked {asked:?} left {left}");
    }
}

#[tokio::test]
async fn a_call_is_ended_at_its_deadline_and_its_handler_dropped() {
    let echo = Echo::default();
    let server = start(&ServerConfig::loopback(), public(&echo)).await;
    // "forever", framed by hand, so that the server and not the client ends the call.
    let status = raw(&server, GET_CODE, Some("100m"), b"\x00\x00\x00\x00\x09\x12\x07forever").await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::DeadlineTooShort));
    echo.seen.until_ended(1).await;
}

#[tokio::test]
async fn a_call_whose_message_does_not_come_is_ended_and_gives_its_place_back() {
    let config = ServerConfig { message_timeout_ms: 300, max_concurrent_calls: 1, ..ServerConfig::loopback() };
    let server = start(&config, public(&Echo::default())).await;
    let begun = std::time::Instant::now();
    // Nothing at all, and a part of the message.
    let part = Ok(Frame::data(Bytes::from_static(b"\x00\x00\x00\x00\x09\x12")));
    for frames in [Vec::new(), vec![part]] {
        let body = StreamBody::new(stream::iter(frames).chain(stream::pending()));
        let call = http::Request::post(format!("{}{GET_CODE}", server.uri)).header("content-type", "application/grpc");
        let status = sent(&server, call.body(body).unwrap()).await;
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
        let mut client = LookupServiceClient::new(server.channel().await);
        assert_eq!(code(client.get_code(request("hello")).await.unwrap()), "hello");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "not only at its deadline");
}

#[tokio::test]
async fn a_call_whose_message_has_come_may_take_longer_than_the_message_could() {
    let echo = Echo::default();
    let config = ServerConfig { message_timeout_ms: 200, ..ServerConfig::loopback() };
    let server = start(&config, public(&echo)).await;
    let mut client = LookupServiceClient::new(server.channel().await);
    let call = tokio::spawn(async move { client.get_code(request("hold")).await });
    echo.seen.until_begun(1).await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    echo.seen.release.notify_waiters();
    assert_eq!(code(call.await.unwrap().unwrap()), "held");
}

#[tokio::test]
async fn a_call_that_cannot_finish_is_not_begun() {
    let echo = Echo::default();
    let config = ServerConfig { min_request_time_ms: 5, ..ServerConfig::loopback() };
    let server = start(&config, public(&echo)).await;
    let status = raw(&server, GET_CODE, Some("4m"), b"\x00\x00\x00\x00\x00").await;
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::DeadlineTooShort));
    assert_eq!(*echo.seen.begun.borrow(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_the_callers_fault() {
    let server = server().await;
    for (timeout, frame) in [
        (Some("soon"), &b"\x00\x00\x00\x00\x00"[..]),
        (None, b"\x00\x00\x00\x00\x02\x0a\xff"),
        (None, b"\x01\x00\x00\x00\x02\x0a\xff"),
        (None, b"\x07\x00\x00\x00\x00"),
        (None, b"\x00\x00\x00\x00\x09\x0a"),
    ] {
        let status = raw(&server, GET_CODE, timeout, frame).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{frame:?}: {status:?}");
        assert_eq!(Fault::reason_of(&status), Some(ErrorReason::FieldViolations), "{frame:?}");
        let message = status.message();
        assert!(!message.starts_with(':') && !message.contains("while sending"), "{frame:?}: {message}");
    }
}

#[tokio::test]
async fn a_method_without_a_rule_is_denied_whether_it_exists_or_not() {
    let server = server().await;
    for path in [
        "/greenlane.classification.v1.LookupService/SearchCodes",
        "/greenlane.classification.v1.LookupService/Nothing",
        "/no.Service/Nothing",
        "/",
    ] {
        let status = raw(&server, path, None, b"\x00\x00\x00\x00\x00").await;
        assert_eq!(status.code(), Code::PermissionDenied, "{path}");
        assert_eq!(Fault::reason_of(&status), Some(ErrorReason::NoRule), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_grpc_is_told_so_in_http() {
    let server = server().await;
    let get = http::Request::get(format!("{}{GET_CODE}", server.uri)).body(Body::empty()).unwrap();
    let refused = server.channel().await.oneshot(get).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["allow"].as_bytes()), (405, b"POST".as_slice()));
    let json = http::Request::post(format!("{}{GET_CODE}", server.uri))
        .header("content-type", "application/json")
        .body(Body::empty())
        .unwrap();
    assert_eq!(server.channel().await.oneshot(json).await.unwrap().status(), 415);
}

#[tokio::test]
async fn reflection_names_what_is_served_and_both_versions_answer() {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    use tonic_reflection::pb::{v1, v1alpha};

    let server = server().await;
    let list = v1::ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut answers = ServerReflectionClient::new(server.channel().await)
        .server_reflection_info(tokio_stream::iter([list]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(services) = answer else { panic!("{answer:?}") };
    let names: Vec<_> = services.service.iter().map(|service| service.name.as_str()).collect();
    assert!(names.contains(&"greenlane.classification.v1.LookupService"), "{names:?}");
    assert!(!names.contains(&"greenlane.registry.v1.CertificateService"), "{names:?}");

    let symbol = v1alpha::ServerReflectionRequest {
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
            "greenlane.classification.v1.LookupService".to_owned(),
        )),
        ..Default::default()
    };
    let mut answers = v1alpha::server_reflection_client::ServerReflectionClient::new(server.channel().await)
        .server_reflection_info(tokio_stream::iter([symbol]))
        .await
        .unwrap()
        .into_inner();
    assert!(answers.message().await.unwrap().is_some());
}
